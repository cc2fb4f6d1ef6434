"""Exports every model of adjoint, compares what onnxruntime, PyTorch and Keras make of it with adjoint's own output, and
reads the exported weights again; takes a DCGAN from PyTorch, and compares its pictures and a step of its training."""
import argparse
import importlib.util
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy
import onnx
import onnxruntime
import pytorch_dcgan
import torch
from safetensors import safe_open
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ADJOINT = ROOT / "build/train/adjoint"
LARGEST = 2e-6  # of the differences, relative to the largest number of an output

# A name, the model, settings beside the defaults, and parts of it.
MODELS = [
    ("autoencoder", "autoencoder", [], ["", "encoder", "decoder"]),
    ("tied", "autoencoder", ["--tied"], ["", "encoder", "decoder"]),
    ("resize", "autoencoder", ["--upsample", "resize"], ["", "decoder"]),
    ("shuffle", "autoencoder", ["--upsample", "shuffle"], ["", "decoder"]),
    ("unpool", "autoencoder", ["--upsample", "unpool"], ["", "decoder"]),
    ("vae", "vae", [], ["", "encoder", "decoder"]),
    ("dcgan", "dcgan", [], ["generator", "discriminator"]),
    ("conditional", "dcgan", ["--conditional"], ["generator", "discriminator"]),
    ("wgan-gp", "wgan-gp", [], ["generator", "critic"]),
    ("classifier", "classifier", [], [""]),
    ("linear", "linear", [], [""]),
    ("unet", "unet", ["--dataset", "scenes"], [""]),
    ("super-resolution", "super-resolution", ["--scale", "3"], [""]),
    ("rbm", "rbm", [], [""]),
]


def adjoint(*arguments):
    result = subprocess.run([ADJOINT, *map(str, arguments)], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"adjoint {' '.join(map(str, arguments))}\n{result.stderr}")


def module_of(directory):
    spec = importlib.util.spec_from_file_location("model", directory / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_onnxruntime(directory, x):
    model = onnx.load(directory / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(directory / "model.onnx", providers=["CPUExecutionProvider"])
    return session.run(None, {"input": x})[0]


def by_pytorch(directory, x):
    classes = [each for each in vars(module_of(directory)).values()
               if isinstance(each, type) and issubclass(each, torch.nn.Module)]
    model = classes[0]()
    model.load_state_dict(load_file(directory / "model.safetensors"))
    model.eval()
    with torch.no_grad():
        return model(torch.from_numpy(x)).numpy()


def by_keras(directory, x):
    images = x.ndim == 4
    y = module_of(directory).load(directory / "weights.npz").predict(x.transpose(0, 2, 3, 1) if images else x, verbose=0)
    return y.transpose(0, 3, 1, 2) if y.ndim == 4 else y


PEERS = {"onnxruntime": by_onnxruntime, "PyTorch": by_pytorch, "Keras": by_keras}


def difference(ours, theirs):
    if ours.shape != theirs.shape:
        return float("inf")
    return float(numpy.abs(ours - theirs).max() / max(numpy.abs(ours).max(), 1e-30))


def comes_home(run, model, directory):
    """Whether the weights that were exported are the run's own, bit for bit, once adjoint has read them again."""
    own = load_arrays(run / "weights.safetensors")
    with safe_open(run / "weights.safetensors", "numpy") as file:
        lines = file.metadata()["adjoint.settings"].splitlines()
    settings = [re.sub("['\"\\[\\]]", "", line).replace(" = ", "=").replace(", ", ",") for line in lines]
    for exported in (directory / "pytorch/model.safetensors", directory / "keras/weights.npz"):
        home = directory / "home.safetensors"
        adjoint("weights", exported, "--model", model, "--set", *settings, "--safetensors", home)
        found = {name: array for name, array in load_arrays(home).items() if name in own}  # and matrices of interpolation
        if not found or any(array.tobytes() != own[name].tobytes() for name, array in found.items()):
            return False
    return True


def exported(run, part, directory):
    """An input and adjoint's output, of a part that is written into the directory in all ways."""
    adjoint("export", "--run", run, "--onnx", directory / "model.onnx", "--pytorch", directory / "pytorch", "--keras",
            directory / "keras", "--example", directory / "example.npz", *(["--part", part] if part else []))
    example = numpy.load(directory / "example.npz")
    return example["input"], example["output"]


def picture(run, file):
    """A PNG of the same noise as adjoint draws it, and as onnxruntime does by the exported generator."""
    with tempfile.TemporaryDirectory() as place:
        directory = pathlib.Path(place)
        adjoint("sample", "--run", run, "--count", 64, "--npy", directory / "ours.npy", "--write-noise", directory / "noise.npy")
        adjoint("export", "--run", run, "--part", "generator", "--onnx", directory / "model.onnx")
        ours = numpy.load(directory / "ours.npy")
        noise = numpy.load(directory / "noise.npy").transpose(0, 3, 1, 2)
        theirs = by_onnxruntime(directory, noise).transpose(0, 2, 3, 1) / 2 + 0.5
    print(f"largest difference: {difference(ours, theirs):.1e}")
    grids = [images.reshape(8, 8, *images.shape[1:]).transpose(0, 2, 1, 3, 4) for images in (ours, theirs)]
    grids = [grid.reshape(grid.shape[0] * grid.shape[1], -1, grid.shape[4]) for grid in grids]
    both = numpy.concatenate([grids[0], numpy.ones_like(grids[0][:, :16]), grids[1]], axis=1)
    pixels = (both.clip(0, 1) * 255).round().astype(numpy.uint8)
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def main():
    parser = argparse.ArgumentParser(prog="tests/peers/exchange", description=__doc__)
    parser.add_argument("--only", default="", metavar="REGEX", type=re.compile, help="models in whose name this is found")
    parser.add_argument("--picture", nargs=2, metavar=("RUN", "FILE.png"),
                        help="draw a run's generator by adjoint, left, and by onnxruntime, and do no more")
    options = parser.parse_args()
    if options.picture:
        return picture(*map(pathlib.Path, options.picture))
    only = options.only
    worst, all_home = 0.0, True
    print(f"{'model':<18}{'part':<15}" + "".join(f"{peer:>14}" for peer in PEERS) + f"{'home':>8}")
    for name, model, settings, parts in MODELS:
        if not only.search(name):
            continue
        with tempfile.TemporaryDirectory() as place:
            run = pathlib.Path(place) / "run"
            data = [] if "--dataset" in settings else ["--dataset", "digits"]
            adjoint("train", model, *data, *settings, "--max-steps", 20, "--out", run)
            for part in parts:
                directory = pathlib.Path(place) / (part or "whole")
                directory.mkdir()
                x, y = exported(run, part, directory)
                where = {"onnxruntime": directory, "PyTorch": directory / "pytorch", "Keras": directory / "keras"}
                found = [difference(y, peer(where[each], x)) for each, peer in PEERS.items()]
                worst = max(worst, *found)
                home = comes_home(run, model, directory)
                all_home = all_home and home
                print(f"{name:<18}{part or 'whole':<15}" + "".join(f"{each:>14.1e}" for each in found)
                      + f"{'same' if home else 'OTHER':>8}", flush=True)
    if only.search("pytorch-dcgan"):
        for what, found, largest in pytorch_dcgan.differences(adjoint, difference):
            all_home = all_home and found <= largest
            print(f"{'PyTorch DCGAN':<18}{what:<30}{found:>13.1e}", flush=True)
    print(f"largest difference: {worst:.1e}, relative to the largest number of an output")
    sys.exit(worst > LARGEST or not all_home)


if __name__ == "__main__":
    main()
