"""The games once more as bare loops: a screen of plain PyTorch each, nothing of ganlib, written from the papers.

They are the independent implementation against which the games are tested, and what a student would write by hand.
"""

import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce


def gan(G, D, prior, draw, rounds):
    """Goodfellow et al. 2014, Algorithm 1, non-saturating; SGD as in the authors' MNIST run."""
    optimizer_D = torch.optim.SGD(D.parameters(), lr=0.1, momentum=0.5)
    optimizer_G = torch.optim.SGD(G.parameters(), lr=0.1, momentum=0.5)
    for _ in range(rounds):
        real = draw()
        fake = G(prior(len(real)))
        on_real, on_fake = D(real), D(fake.detach())
        d_loss = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
        optimizer_D.zero_grad()
        d_loss.backward()
        optimizer_D.step()

        scores = D(G(prior(len(draw()))))
        g_loss = bce(scores, torch.ones_like(scores))
        optimizer_G.zero_grad()
        g_loss.backward()
        optimizer_G.step()
        yield {"D": d_loss.item(), "G": g_loss.item()}


def lsgan(G, D, prior, draw, rounds):
    """Mao et al. 2017, eq. 9."""
    optimizer_D = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizer_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
    for _ in range(rounds):
        real = draw()
        fake = G(prior(len(real)))
        d_loss = 0.5 * torch.mean((D(real) - 1) ** 2) + 0.5 * torch.mean(D(fake.detach()) ** 2)
        optimizer_D.zero_grad()
        d_loss.backward()
        optimizer_D.step()

        g_loss = 0.5 * torch.mean((D(G(prior(len(draw())))) - 1) ** 2)
        optimizer_G.zero_grad()
        g_loss.backward()
        optimizer_G.step()
        yield {"D": d_loss.item(), "G": g_loss.item()}


def wgan(G, D, prior, draw, rounds):
    """Arjovsky et al. 2017, Algorithm 1."""
    optimizer_D = torch.optim.RMSprop(D.parameters(), lr=5e-5)
    optimizer_G = torch.optim.RMSprop(G.parameters(), lr=5e-5)
    for _ in range(rounds):
        for _ in range(5):
            real = draw()
            fake = G(prior(len(real))).detach()
            d_loss = -(torch.mean(D(real)) - torch.mean(D(fake)))
            optimizer_D.zero_grad()
            d_loss.backward()
            optimizer_D.step()
            for weight in D.parameters():
                weight.data.clamp_(-0.01, 0.01)

        g_loss = -torch.mean(D(G(prior(len(draw())))))
        optimizer_G.zero_grad()
        g_loss.backward()
        optimizer_G.step()
        yield {"D": d_loss.item(), "G": g_loss.item()}


def wgan_gp(G, D, prior, draw, rounds):
    """Gulrajani et al. 2017, Algorithm 1."""
    optimizer_D = torch.optim.Adam(D.parameters(), lr=1e-4, betas=(0.0, 0.9))
    optimizer_G = torch.optim.Adam(G.parameters(), lr=1e-4, betas=(0.0, 0.9))
    for _ in range(rounds):
        for _ in range(5):
            x = draw()
            x_fake = G(prior(len(x))).detach()
            epsilon = 1 - torch.rand(len(x), 1)  # the share of the real point
            x_hat = (epsilon * x + (1 - epsilon) * x_fake).requires_grad_()
            (slope,) = torch.autograd.grad(D(x_hat).sum(), x_hat, create_graph=True)
            penalty = ((torch.sqrt((slope**2).sum(dim=1)) - 1) ** 2).mean()
            d_loss = D(x_fake).mean() - D(x).mean() + 10 * penalty
            optimizer_D.zero_grad()
            d_loss.backward()
            optimizer_D.step()

        g_loss = -D(G(prior(len(draw())))).mean()
        optimizer_G.zero_grad()
        g_loss.backward()
        optimizer_G.step()
        yield {"D": d_loss.item(), "G": g_loss.item()}


def autoencoder(E, G, draw, rounds):
    """Mean squared error with a width of 0.5, and its constant."""
    optimizer = torch.optim.Adam([*E.parameters(), *G.parameters()], lr=1e-3)
    for _ in range(rounds):
        x = draw()
        loss = (((x - G(E(x))) ** 2).sum(dim=1) / (2 * 0.5**2)).mean() + math.log(2 * math.pi * 0.5**2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield {"model": loss.item()}


def vae(E, G, draw, rounds):
    """Kingma & Welling 2014, Algorithm 1 and eq. 10: points of the plane, codes of length 3, width 0.5."""
    optimizer = torch.optim.Adam([*E.parameters(), *G.parameters()], lr=1e-3)
    for _ in range(rounds):
        x = draw()
        h = E(x)
        mu, sigma = h[:, :3], torch.exp(h[:, 3:] / 2)
        z = mu + sigma * torch.randn(len(x), 3)
        rebuilt = -((x - G(z)) ** 2).sum(dim=1) / (2 * 0.5**2) - math.log(2 * math.pi * 0.5**2)
        prior = 0.5 * torch.sum(1 + torch.log(sigma**2) - mu**2 - sigma**2, dim=1)
        loss = -(prior + rebuilt).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield {"model": loss.item()}


TWINS = {"GAN": gan, "LSGAN": lsgan, "WGAN": wgan, "WGANGP": wgan_gp}
ONE_PLAYER = {"Autoencoder": autoencoder, "VAE": vae}
