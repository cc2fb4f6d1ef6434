"""Small runs of every model, which tests/interrupt disturbs, tests/invariance repeats elsewhere, and tests/compilers repeats by
another compiler."""
import os
import pathlib
import subprocess
import zipfile

BUILT = pathlib.Path(__file__).resolve().parent.parent / "build/train/adjoint"
ADJOINT = pathlib.Path(os.environ.get("ADJOINT_PROGRAM") or BUILT).absolute()
SETTINGS = "--batch-size 16 --epochs 3 --save-steps 7 --log-steps 3"
AUGMENTED = " --augment shift,rotate --ema 0.9"
MODELS = {
    "dcgan": "--width 16" + AUGMENTED,
    "autoencoder": "--width 4 --latent 4 --noise 0.1 --schedule plateau" + AUGMENTED,
    "vae": "--width 4 --latent 4 --optimizer rmsprop" + AUGMENTED,
    "classifier": "--patience 1" + AUGMENTED,
    "linear": "--optimizer sgd --momentum 0.9" + AUGMENTED,
    "wgan-gp": "--width 8 --lr-discriminator 1e-4" + AUGMENTED,
    "rbm": "--width 4",
    "super-resolution": "--width 4",
    "unet": "--width 2 --max-steps 40",
}


def train(model, *words):
    return [ADJOINT, "train", model, "--quiet", *words]


def begin(model, data, run):
    dataset = "scenes" if model == "unet" else data
    return train(model, "--dataset", dataset, *SETTINGS.split(), *MODELS[model].split(), "--out", run)


def contents(run):
    """What a seed decides: weights, metrics and the last pictures."""
    last = max(run.glob("samples/epoch-*.png"), default=None)
    files = [*run.glob("*.safetensors"), *run.glob("metrics.*"), *([last] if last else [])]
    return {file.name: file.read_bytes() for file in files}


def digits(directory):
    """Four hundred drawn digits with their labels, as NumPy would save them."""
    names = ["images.npy", "labels.npy"]
    subprocess.run([ADJOINT, "digits", "--count", "400", "--npy", names[0], "--labels", names[1]], cwd=directory, check=True,
                   stdout=subprocess.DEVNULL)
    with zipfile.ZipFile(directory / "digits.npz", "w") as archive:
        for name in names:
            archive.write(directory / name, name)
    return directory / "digits.npz"
