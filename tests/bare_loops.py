"""The games once more as bare loops: a screen of plain PyTorch each, nothing of ganlib, written from the papers.

They are the independent implementation against which the games are tested, and what a student would write by hand.
"""

import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import cross_entropy, gaussian_nll_loss, log_softmax, logsigmoid, one_hot


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


def dcgan(G, D, prior, draw, rounds):
    """Radford et al. 2015, section 4: Algorithm 1 with Adam."""
    optimizer_D = torch.optim.Adam(D.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_G = torch.optim.Adam(G.parameters(), lr=0.0002, betas=(0.5, 0.999))
    for _ in range(rounds):
        real = draw()
        fake = G(prior(len(real))).detach()
        on_real, on_fake = D(real), D(fake)  # one after the other: each batch is normalised by itself
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


def cgan(G, D, prior, draw, rounds):
    """Mirza & Osindero 2014, eq. 2, non-saturating: both networks read one of three labels as more columns."""
    G, D = G.network, D.network  # the layers alone: what joins them with the label is written out
    optimizer_D = torch.optim.SGD(D.parameters(), lr=0.1, momentum=0.5)
    optimizer_G = torch.optim.SGD(G.parameters(), lr=0.1, momentum=0.5)
    for _ in range(rounds):
        x, y = draw()
        said = one_hot(y, 3).float()
        fake = G(torch.cat([prior(len(x)), said], dim=1))
        on_real, on_fake = D(torch.cat([x, said], dim=1)), D(torch.cat([fake.detach(), said], dim=1))
        d_loss = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
        optimizer_D.zero_grad()
        d_loss.backward()
        optimizer_D.step()

        x, y = draw()
        said = one_hot(y, 3).float()
        fake = G(torch.cat([prior(len(x)), said], dim=1))
        scores = D(torch.cat([fake, said], dim=1))
        g_loss = bce(scores, torch.ones_like(scores))
        optimizer_G.zero_grad()
        g_loss.backward()
        optimizer_G.step()
        yield {"D": d_loss.item(), "G": g_loss.item()}


def bigan(G, D, E, prior, draw, rounds):
    """Donahue et al. 2017, eq. 3, with exchanged labels for G and E, which have an optimizer each."""
    D = D.network  # the layers alone: the pair is written out
    optimizer_D, optimizer_G, optimizer_E = (
        torch.optim.Adam(network.parameters(), lr=0.0002, betas=(0.5, 0.999)) for network in (D, G, E)
    )
    for _ in range(rounds):
        x = draw()
        encoded = E(x).detach()
        z = prior(len(x))
        generated = G(z).detach()
        up, down = D(torch.cat([x, encoded], dim=1)), D(torch.cat([generated, z], dim=1))
        d_loss = bce(up, torch.ones_like(up)) + bce(down, torch.zeros_like(down))
        optimizer_D.zero_grad()
        d_loss.backward()
        optimizer_D.step()

        x = draw()
        z = prior(len(x))
        up, down = D(torch.cat([x, E(x)], dim=1)), D(torch.cat([G(z), z], dim=1))
        e_loss, g_loss = bce(up, torch.zeros_like(up)), bce(down, torch.ones_like(down))
        optimizer_E.zero_grad()
        optimizer_G.zero_grad()
        e_loss.backward()
        g_loss.backward()
        optimizer_E.step()
        optimizer_G.step()
        yield {"D": d_loss.item(), "G": e_loss.item() + g_loss.item()}


def acgan(G, D, prior, draw, rounds):
    """Odena et al. 2017, section 3: D ascends L_S + L_C, G ascends L_C - L_S (non-saturating); L_C weighs a half."""
    G, trunk, (source, name) = G.network, D.trunk, D.heads
    optimizer_D = torch.optim.Adam(D.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_G = torch.optim.Adam(G.parameters(), lr=0.0002, betas=(0.5, 0.999))
    for _ in range(rounds):
        x, c = draw()
        fake = G(torch.cat([prior(len(x)), one_hot(c, 3)], dim=1)).detach()
        L_S, L_C = 0.0, 0.0
        for batch, log_source in ((x, lambda s: logsigmoid(s)), (fake, lambda s: logsigmoid(-s))):
            seen = trunk(batch)
            L_S = L_S + log_source(source(seen)).mean()
            L_C = L_C + log_softmax(name(seen), dim=1)[torch.arange(len(c)), c].mean()
        d_loss = -(L_S + 0.5 * L_C)
        optimizer_D.zero_grad()
        d_loss.backward()
        optimizer_D.step()

        x, c = draw()
        seen = trunk(G(torch.cat([prior(len(x)), one_hot(c, 3)], dim=1)))
        L_C = log_softmax(name(seen), dim=1)[torch.arange(len(c)), c].mean()
        g_loss = -(logsigmoid(source(seen)).mean() + 0.5 * L_C)
        optimizer_G.zero_grad()
        g_loss.backward()
        optimizer_G.step()
        yield {"D": d_loss.item(), "G": g_loss.item()}


def tacgan(G, D, prior, draw, rounds):
    """Gong et al. 2019, section 3: as acgan, with the twin that names fakes alone, and that G wants to fail."""
    G, trunk, (source, name, twin) = G.network, D.trunk, D.heads
    optimizer_D = torch.optim.Adam(D.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_G = torch.optim.Adam(G.parameters(), lr=0.0002, betas=(0.5, 0.999))
    for _ in range(rounds):
        x, c = draw()
        rows = torch.arange(len(c))
        fake = G(torch.cat([prior(len(x)), one_hot(c, 3)], dim=1)).detach()
        on_real, on_fake = trunk(x), trunk(fake)
        L_S = logsigmoid(source(on_real)).mean() + logsigmoid(-source(on_fake)).mean()
        L_C = sum(log_softmax(name(seen), dim=1)[rows, c].mean() for seen in (on_real, on_fake))
        L_mi = log_softmax(twin(on_fake), dim=1)[rows, c].mean()
        d_loss = -(L_S + 0.5 * L_C + 0.5 * L_mi)
        optimizer_D.zero_grad()
        d_loss.backward()
        optimizer_D.step()

        x, c = draw()
        seen = trunk(G(torch.cat([prior(len(x)), one_hot(c, 3)], dim=1)))
        L_C, L_mi = (log_softmax(head(seen), dim=1)[rows, c].mean() for head in (name, twin))
        g_loss = -(logsigmoid(source(seen)).mean() + 0.5 * L_C - 0.5 * L_mi)
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


def infogan(trunk, last, reader, G, draw, rounds):
    """Chen et al. 2016, eq. 6 with the bound of eq. 5: one of three letters and one number in [-1, 1], weight 1.

    `last` and `reader` are two heads on one trunk. D trains the trunk.
    """
    optimizer_D = torch.optim.Adam([*trunk.parameters(), *last.parameters()], lr=2e-4, betas=(0.5, 0.999))
    optimizer_G = torch.optim.Adam([*G.parameters(), *reader.parameters()], lr=1e-3, betas=(0.5, 0.999))

    def generate(n):
        letter, number = torch.randint(3, (n,)), 2 * torch.rand(n, 1) - 1
        return letter, number, G(torch.cat([torch.randn(n, 4), one_hot(letter, 3).float(), number], dim=1))

    for _ in range(rounds):
        real = draw()
        _, _, fake = generate(len(real))
        on_real, on_fake = last(trunk(real)), last(trunk(fake.detach()))
        d_loss = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
        optimizer_D.zero_grad()
        d_loss.backward()
        optimizer_D.step()

        letter, number, fake = generate(len(draw()))
        seen = trunk(fake)
        scores, said = last(seen), reader(seen)
        log_Q = -cross_entropy(said[:, :3], letter)
        log_Q = log_Q - gaussian_nll_loss(said[:, 3:4], number, said[:, 4:].exp(), full=True)
        L_I = log_Q + math.log(3) + math.log(2)
        g_loss = bce(scores, torch.ones_like(scores)) - L_I
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


def stacked_gan(E, G, D, Q, draw, rounds, joint_from):
    """Huang et al. 2017, eq. 3 to 8, with the weights and Adam of the authors' code; two numbers of noise a level."""
    top = len(E) - 1
    optimizers_D = [torch.optim.Adam(d.parameters(), lr=1e-4, betas=(0.5, 0.999)) for d in D]
    optimizers_G = [
        torch.optim.Adam([*g.parameters(), *q.parameters()], lr=1e-4, betas=(0.5, 0.999))
        for g, q in zip(G, Q, strict=True)
    ]

    def encode(x, y):  # all representations, the label as the last
        h = [x]
        for i in range(top):
            h.append(E[i](h[i]))
        return [h_i.detach() for h_i in h] + [one_hot(y, 3).float()]

    def condition(i, h, joint):  # of generator i
        if not joint:
            return h[i + 1]
        said = h[top + 1]
        for j in range(top, i, -1):
            said = G[j](torch.cat([torch.randn(len(said), 2), said], dim=1))
        return said.detach()

    for step in range(rounds):
        losses = {}
        for i in range(top, -1, -1):
            h = encode(*draw())
            said = condition(i, h, step >= joint_from)
            fake = G[i](torch.cat([torch.randn(len(said), 2), said], dim=1)).detach()
            on_real, on_fake = D[i](h[i]), D[i](fake)
            d_loss = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
            optimizers_D[i].zero_grad()
            d_loss.backward()
            optimizers_D[i].step()

            h = encode(*draw())
            said = condition(i, h, step >= joint_from)
            z = torch.randn(len(said), 2)
            fake = G[i](torch.cat([z, said], dim=1))
            scores, again = D[i](fake), E[i](fake)
            adversarial = bce(scores, torch.ones_like(scores))
            if i == top:
                conditional = -(said * torch.log_softmax(again, dim=1)).sum(dim=1).mean()
            else:
                conditional = ((again - said) ** 2).mean()
            entropy = ((Q[i](fake) - z) ** 2).mean()
            g_loss = adversarial + conditional + 10 * entropy
            optimizers_G[i].zero_grad()
            g_loss.backward()
            optimizers_G[i].step()
            losses |= {f"D{i}": d_loss.item(), f"G{i}": g_loss.item()}
        yield losses


def semi_supervised_gan(G, D, prior, draw, rounds):
    """Salimans et al. 2016, sections 3.1 and 5, with the fake class spelt out: K + 1 scores, the last of them zero."""
    optimizer_D = torch.optim.Adam(D.parameters(), lr=3e-3, betas=(0.5, 0.999))
    optimizer_G = torch.optim.Adam(G.parameters(), lr=3e-3, betas=(0.5, 0.999))
    for _ in range(rounds):
        x, y, unlabelled = draw()
        n = len(x)
        logits = D(torch.cat([x, unlabelled, G(prior(n)).detach()]))
        p = torch.softmax(torch.cat([logits, torch.zeros(3 * n, 1)], dim=1), dim=1)
        is_fake = p[:, -1]
        of_class = p[:n, :-1] / (1 - is_fake[:n, None])
        supervised = -torch.log(of_class[torch.arange(n), y]).mean()
        unsupervised = -torch.log(1 - is_fake[n : 2 * n]).mean() - torch.log(is_fake[2 * n :]).mean()
        d_loss = supervised + 0.5 * unsupervised
        optimizer_D.zero_grad()
        d_loss.backward()
        optimizer_D.step()

        _, _, unlabelled = draw()
        fake = G(prior(len(unlabelled)))
        g_loss = ((D.features(unlabelled).mean(dim=0) - D.features(fake).mean(dim=0)) ** 2).mean()
        optimizer_G.zero_grad()
        g_loss.backward()
        optimizer_G.step()
        yield {"D": d_loss.item(), "G": g_loss.item()}


TWINS = {
    "GAN": gan,
    "DCGAN": dcgan,
    "CGAN": cgan,
    "ACGAN": acgan,
    "TACGAN": tacgan,
    "LSGAN": lsgan,
    "WGAN": wgan,
    "WGANGP": wgan_gp,
}
ONE_PLAYER = {"Autoencoder": autoencoder, "VAE": vae}
