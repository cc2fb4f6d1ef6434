"""The DCGAN of PyTorch's examples, trained there for a few steps, and what adjoint makes of its weights: pictures, and the
weights and moments after a step of both networks on the same images and noise.

Source: github.com/pytorch/examples, dcgan/main.py, at 64 pixels; its names of weights, its losses, its order of steps."""
import math
import pathlib
import tempfile

import numpy
import torch
from safetensors.torch import load_file, save_file
from torch import nn

NOISE, WIDTH, CHANNELS, BATCH, RATE = 100, 16, 3, 16, 0.05


class Network(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.main = nn.Sequential(*layers)

    def forward(self, x):
        return self.main(x)


def networks():
    def up(inputs, outputs, stride=2, padding=1):
        return nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)

    def down(inputs, outputs):
        return nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, inplace=True)

    generator = Network(*up(NOISE, WIDTH * 8, 1, 0), *up(WIDTH * 8, WIDTH * 4), *up(WIDTH * 4, WIDTH * 2),
                        *up(WIDTH * 2, WIDTH), nn.ConvTranspose2d(WIDTH, CHANNELS, 4, 2, 1, bias=False), nn.Tanh())
    discriminator = Network(nn.Conv2d(CHANNELS, WIDTH, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True),
                            *down(WIDTH, WIDTH * 2), *down(WIDTH * 2, WIDTH * 4), *down(WIDTH * 4, WIDTH * 8),
                            nn.Conv2d(WIDTH * 8, 1, 4, 1, 0, bias=False), nn.Sigmoid())
    for network in (generator, discriminator):
        for module in network.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.normal_(module.weight, 0.0, 0.02)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1.0, 0.02)
    return generator, discriminator


def step(generator, discriminator, images, noise, make_optimizer):
    loss = nn.BCELoss()
    real, fake = torch.ones(len(images)), torch.zeros(len(images))
    of_generator, of_discriminator = make_optimizer(generator.parameters()), make_optimizer(discriminator.parameters())
    generator.train(), discriminator.train()
    of_discriminator.zero_grad()
    loss(discriminator(images).view(-1), real).backward()
    drawn = generator(noise)
    loss(discriminator(drawn.detach()).view(-1), fake).backward()
    of_discriminator.step()
    of_generator.zero_grad()
    loss(discriminator(drawn).view(-1), real).backward()
    of_generator.step()


def philox(key, counter):
    """Philox 4x32 with 10 rounds: two numbers of 64 bits. Source: Salmon et al., SC 2011."""
    low = 0xFFFFFFFF
    a, b, c, d = (counter >> shift & low for shift in (0, 32, 64, 96))
    k, l = key & low, key >> 32
    for _ in range(10):
        left, right = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = right >> 32 ^ b ^ k, right & low, left >> 32 ^ d ^ l, left & low
        k, l = k + 0x9E3779B9 & low, l + 0xBB67AE85 & low
    return a | b << 32, c | d << 32


def training_noise(seed, step, count):
    """The noise that adjoint draws in a step of training, as framework/tensor/random.h describes it."""
    stream = philox(seed, (step | 1 << 63) | 3 << 64)[0]  # of the steps is stream 3 of the run
    numbers = []
    for index in range((count + 1) // 2):
        first, second = ((bits // 4096 + 0.5) * 2.0**-52 for bits in philox(seed, index | stream << 64))
        radius, angle = math.sqrt(-2 * math.log(first)), 2 * math.pi * second
        numbers += [radius * math.cos(angle), radius * math.sin(angle)]
    return torch.tensor(numbers[:count], dtype=torch.float64).float()


def state_of(generator, discriminator):
    """The weights of both in one file."""
    return {f"{part}.{name}": tensor for part, network in (("generator", generator), ("discriminator", discriminator))
            for name, tensor in network.state_dict().items()}


def differences(adjoint, difference):
    """What is compared, how much it differs, and how much it may; `adjoint` runs the program with its arguments,
    `difference` compares two arrays."""
    torch.manual_seed(1)
    generator, discriminator = networks()
    adam = lambda parameters: torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999))
    for _ in range(5):  # so that moments and weights are not those of the start
        step(generator, discriminator, torch.rand(BATCH, CHANNELS, 64, 64) * 2 - 1, torch.randn(BATCH, NOISE, 1, 1), adam)
    settings = ["image-size=64", f"channels={CHANNELS}", f"width={WIDTH}"]
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        save_file(generator.state_dict(), place / "netG.safetensors")
        noise = torch.randn(64, NOISE, 1, 1)
        numpy.save(place / "noise.npy", noise.reshape(64, NOISE).numpy())
        adjoint("sample", "--weights", place / "netG.safetensors", "--model", "dcgan", "--set", *settings, "--noise",
                place / "noise.npy", "--npy", place / "drawn.npy")
        generator.eval()
        with torch.no_grad():
            drawn = (generator(noise) / 2 + 0.5).permute(0, 2, 3, 1).numpy()
        yield "64 pictures", difference(numpy.load(place / "drawn.npy"), drawn), 2e-6

        save_file(state_of(generator, discriminator), place / "both.safetensors")
        images = torch.randint(0, 256, (BATCH, 64, 64, CHANNELS), dtype=torch.uint8)
        numpy.savez(place / "images.npz", x_train=images.numpy(), x_test=images.numpy())
        adjoint("train", "dcgan", "--dataset", place / "images.npz", "--validation", 0, "--init", place / "both.safetensors",
                "--width", WIDTH, "--batch-size", BATCH, "--max-steps", 1, "--optimizer", "sgd", "--momentum", 0, "--lr", RATE,
                "--schedule", "constant", "--real-label", 1, "--seed", 1, "--out", place / "run")
        step(generator, discriminator, images.permute(0, 3, 1, 2) / 255 * 2 - 1,
             training_noise(1, 0, BATCH * NOISE).view(BATCH, NOISE, 1, 1), lambda p: torch.optim.SGD(p, lr=RATE))
        save_file(state_of(generator, discriminator), place / "stepped.safetensors")
        adjoint("weights", place / "stepped.safetensors", "--model", "dcgan", "--set", *settings, "--safetensors",
                place / "theirs.safetensors")
        ours, theirs = load_file(place / "run/weights.safetensors"), load_file(place / "theirs.safetensors")
        for part in ("generator", "discriminator"):
            found = [difference(ours[name].numpy(), theirs[name].numpy()) for name in theirs if name.startswith(part)]
            yield f"{part} after a step", max(found), 1e-5  # of five passes, forward and backward
