"""The models that `adjoint bench` measures, in PyTorch: a step of each, as PyTorch is fastest. Images lie in memory as
channels_last, and Adam is fused."""
import math

import torch
from torch import nn
from torch.nn import functional as F

NOISE, WIDTH = 100, 64
IMAGES = {"": (28, 1), "64": (64, 3), "128": (128, 3)}  # height and width, channels: by the end of a model's name


def up(inputs, outputs, kernel, stride, padding):
    return nn.ConvTranspose2d(inputs, outputs, kernel, stride, padding, bias=False)


def down(inputs, outputs, kernel=4, stride=2, padding=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)


def doublings(size):
    """How often 4×4 pixels are doubled to come to this size."""
    return math.ceil(math.log2(size / 4))


def generator(size, channels):
    inputs, outputs = NOISE, WIDTH << doublings(size) - 1
    layers = []
    for level in range(doublings(size)):
        kernel = 3 if size == 28 and level == 1 else 4  # from 4 to 7
        layers += [up(inputs, outputs, kernel, *((2, 1) if level else (1, 0))), nn.BatchNorm2d(outputs), nn.ReLU(True)]
        inputs, outputs = outputs, outputs // 2
    return nn.Sequential(*layers, up(inputs, channels, 4, 2, 1), nn.Tanh())


def discriminator(size, channels):
    layers = [down(channels, WIDTH), nn.LeakyReLU(0.2, True)]
    width = WIDTH
    for _ in range(doublings(size) - 1):
        layers += [down(width, 2 * width), nn.BatchNorm2d(2 * width), nn.LeakyReLU(0.2, True)]
        width *= 2
    return nn.Sequential(*layers, down(width, 1, 3 if size == 28 else 4, 1, 0), nn.Flatten())


def autoencoder():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, 2, 1), nn.ReLU(True), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU(True),
        nn.Flatten(), nn.Linear(64 * 7 * 7, 16), nn.Linear(16, 64 * 7 * 7), nn.ReLU(True), nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 64, 3, 2, 1, 1), nn.ReLU(True), nn.ConvTranspose2d(64, 32, 3, 2, 1, 1), nn.ReLU(True),
        nn.ConvTranspose2d(32, 1, 3, 1, 1))


def channels_last(it):
    return it.to(memory_format=torch.channels_last)


def adam(network, rate, beta1):
    return torch.optim.Adam(network.parameters(), rate, (beta1, 0.999), fused=True)


def loss(logits, target):
    return F.binary_cross_entropy_with_logits(logits.float(), target)


def autoencoder_step(batch, precision):
    network, images = channels_last(autoencoder()), channels_last(torch.rand(batch, 1, 28, 28))
    optimizer = adam(network, 1e-3, 0.9)

    def step():
        optimizer.zero_grad()
        with precision():
            logits = network(images)
        loss(logits, images).backward()
        optimizer.step()
    return step


def dcgan_step(batch, precision, size, channels):
    drawing, judging = channels_last(generator(size, channels)), channels_last(discriminator(size, channels))
    drawing_adam, judging_adam = adam(drawing, 2e-4, 0.5), adam(judging, 2e-4, 0.5)
    images = channels_last(torch.rand(batch, channels, size, size))
    real, drawn = torch.ones(batch, 1), torch.zeros(batch, 1)

    def judged(x, target):
        with precision():
            logits = judging(x)
        loss(logits, target).backward()

    def step():
        judging_adam.zero_grad()
        judged(images, real)
        with precision():
            fakes = drawing(torch.randn(batch, NOISE, 1, 1))
        judged(fakes.detach(), drawn)
        judging_adam.step()
        judging.requires_grad_(False)  # the generator learns without the gradients of these weights
        drawing_adam.zero_grad()
        judged(fakes, real)
        drawing_adam.step()
        judging.requires_grad_(True)
    return step


def drawing_step(batch, precision, size, channels):
    network, noise = channels_last(generator(size, channels)).eval(), torch.randn(batch, NOISE, 1, 1)

    def step():
        with torch.inference_mode(), precision():
            network(noise)
    return step


def step_of(model, batch, precision):
    def scope():
        return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
    if model == "autoencoder":
        return autoencoder_step(batch, scope)
    name = model.rstrip("0123456789")
    return {"dcgan": dcgan_step, "generator": drawing_step}[name](batch, scope, *IMAGES[model[len(name):]])
