"""The script that a GAN is usually trained with, as published collections have it: what `fit` is measured against.

A data set of PIL images, transformed one by one in a `DataLoader`; both networks stepped eagerly, the generator's batch
used for both; gradients that reach the other network thrown away; both losses read back in every iteration.
"""

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


class Pictures(Dataset[tuple[Tensor, int]]):
    """Images in memory as bytes, each turned into a PIL image and then transformed, as data sets of images do it."""

    def __init__(self, images: Tensor, side: int):
        self.images, self.labels = images, torch.zeros(len(images), dtype=torch.long)
        self.transforms = (resize(side), to_tensor, normalize)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image, label = Image.fromarray(self.images[index].numpy()), int(self.labels[index])
        for transform in self.transforms:
            image = transform(image)
        return image, label


def resize(side: int) -> Callable[[Image.Image], Image.Image]:
    """To a square; an image of that size already is left alone."""
    return lambda image: image if image.size == (side, side) else image.resize((side, side), Image.Resampling.BILINEAR)


def to_tensor(image: Image.Image) -> Tensor:
    """From bytes, (H, W) or (H, W, C), to floats in [0, 1] of shape (C, H, W)."""
    x = torch.from_numpy(np.array(image, copy=True)).view(image.size[1], image.size[0], -1)
    return x.permute(2, 0, 1).contiguous().to(torch.float32).div(255)


def normalize(x: Tensor) -> Tensor:
    """To [-1, 1], checked as libraries of transforms check it."""
    x = x.clone()
    mean, std = (torch.as_tensor([0.5] * len(x), dtype=x.dtype, device=x.device) for _ in range(2))
    if (std == 0).any():
        raise ValueError("A standard deviation of zero.")
    return x.sub_(mean.view(-1, 1, 1)).div_(std.view(-1, 1, 1))


def prepare(
    G: nn.Module, D: nn.Module, latent: int, images: Tensor, side: int, batch: int, device: torch.device
) -> Callable[[int], None]:
    """What trains a GAN for so many iterations; each call goes on where the one before it stopped.

    `images` are bytes of shape (N, H, W) or (N, H, W, 3). G takes (batch, latent), D answers with one score an image.
    """
    adversarial = nn.BCEWithLogitsLoss()
    loader = DataLoader(Pictures(images, side), batch_size=batch, shuffle=True, drop_last=True)
    step_g, step_d = (torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999)) for network in (G, D))

    def epochs():
        while True:
            yield from loader

    batches, rng = epochs(), np.random.default_rng(0)

    def train(iterations: int) -> None:
        for _ in range(iterations):
            real, _ = next(batches)
            real = real.to(device)
            valid, fake = (torch.full((batch, 1), value, device=device) for value in (1.0, 0.0))

            step_g.zero_grad()
            z = torch.tensor(rng.normal(0, 1, (batch, latent)), dtype=torch.float32, device=device)
            made = G(z)
            g_loss = adversarial(D(made), valid)
            g_loss.backward()
            step_g.step()

            step_d.zero_grad()
            d_loss = (adversarial(D(real), valid) + adversarial(D(made.detach()), fake)) / 2
            d_loss.backward()
            step_d.step()
            _ = f"[D loss: {d_loss.item():f}] [G loss: {g_loss.item():f}]"

    return train


def prepare_wgan_gp(
    G: nn.Module, D: nn.Module, latent: int, images: Tensor, side: int, batch: int, device: torch.device
) -> Callable[[int], None]:
    """The same for WGAN-GP: an iteration is five steps of the critic and one of the generator."""
    loader = DataLoader(Pictures(images, side), batch_size=batch, shuffle=True, drop_last=True)
    step_g, step_d = (torch.optim.Adam(network.parameters(), lr=1e-4, betas=(0.0, 0.9)) for network in (G, D))

    def epochs():
        while True:
            yield from loader

    batches, rng = epochs(), np.random.default_rng(0)

    def train(iterations: int) -> None:
        for iteration in range(5 * iterations):
            real, _ = next(batches)
            real = real.to(device)

            step_d.zero_grad()
            z = torch.tensor(rng.normal(0, 1, (batch, latent)), dtype=torch.float32, device=device)
            made = G(z)
            share = torch.tensor(rng.random((batch, 1, 1, 1)), dtype=torch.float32, device=device)
            between = (share * real + (1 - share) * made.detach()).requires_grad_(True)
            scores = D(between)
            (gradient,) = torch.autograd.grad(scores, between, torch.ones_like(scores), create_graph=True)
            penalty = ((gradient.view(batch, -1).norm(2, dim=1) - 1) ** 2).mean()
            d_loss = D(made).mean() - D(real).mean() + 10 * penalty
            d_loss.backward()
            step_d.step()

            step_g.zero_grad()
            if iteration % 5 == 4:
                made = G(z)
                g_loss = -D(made).mean()
                g_loss.backward()
                step_g.step()
                _ = f"[D loss: {d_loss.item():f}] [G loss: {g_loss.item():f}]"

    return train
