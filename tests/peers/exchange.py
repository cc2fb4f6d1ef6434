"""Exports every model of adjoint, and compares what onnxruntime, PyTorch and Keras make of it with adjoint's own output."""
import argparse
import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
import torch
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


def exported(run, part, directory):
    """An input and adjoint's output, of a part that is written into the directory in all ways."""
    adjoint("export", "--run", run, "--onnx", directory / "model.onnx", "--pytorch", directory / "pytorch", "--keras",
            directory / "keras", "--example", directory / "example.npz", *(["--part", part] if part else []))
    example = numpy.load(directory / "example.npz")
    return example["input"], example["output"]


def main():
    parser = argparse.ArgumentParser(prog="tests/peers/exchange", description=__doc__)
    parser.add_argument("--only", default="", metavar="REGEX", type=re.compile, help="models in whose name this is found")
    only = parser.parse_args().only
    worst = 0.0
    print(f"{'model':<18}{'part':<15}" + "".join(f"{peer:>14}" for peer in PEERS))
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
                print(f"{name:<18}{part or 'whole':<15}" + "".join(f"{each:>14.1e}" for each in found), flush=True)
    print(f"largest difference: {worst:.1e}, relative to the largest number of an output")
    sys.exit(worst > LARGEST)


if __name__ == "__main__":
    main()
