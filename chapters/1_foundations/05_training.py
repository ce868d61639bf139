# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Training a GAN for real
#
# ```{epigraph}
# The gradient goes everywhere. The step goes where you send it.
# ```
#
# **Claim.** A backward pass fills the gradients of both networks, a step moves one of them, and what the generator
# learns from all this is what its discriminator can see: no more.
#
# You will be able to
#
# - write a round of the game in plain PyTorch, and say of each line what it fills, what it empties and what it moves;
# - tell from the first two losses whether a loop is wired correctly, and from the later ones what they prove;
# - predict what a generator will match from what its discriminator can compute; then train one, stop it, resume it and
#   score it.

# %% [markdown]
# ## Before you read on
#
# It is the generator's turn. You compute its loss, call `g_loss.backward()`, then `optimizer_G.step()`. **Is the
# gradient of the discriminator's weights empty afterwards, or filled?**
#
# And: the data lie in two heaps, at −1 and at +1. The score of the discriminator is a straight line, $wx + b$. You
# train until both losses have been flat for a long time. **What does the generator make?** Two heaps, one heap, or can
# one not say?

# %% course={"role": "given"}
gradient_of_D = "empty"  # or "filled"
what_G_makes = "two heaps"  # or "one heap", or "cannot say"

# %% course={"role": "setup"} tags=["hide-input"]
import math
import re
import tempfile
from functools import partial

import torch
from sklearn.cluster import KMeans
from torch import nn
from torch.nn.functional import softplus
from torch.nn.utils import parameters_to_vector

import ganlib
from ganlib import (
    data,
    engine,
    games,
    losses,
    metrics,
    networks,
    recipes,
    show,
    zoo,
)
from ganlib.grading import close, holds
from ganlib.grading.exercises import ch05
from ganlib.losses import nonsaturating

ganlib.setup(seed=0)
torch.set_num_threads(
    1
)  # networks this small gain nothing from a second core, nor from a GPU

# %% [markdown]
# ## Two losses from one score
#
# {doc}`04_minimax` reasoned about a probability $D(x)$. Code computes a *score* $s(x)$, any real number, and
# $D(x)=\sigma(s(x))$. Since $-\log\sigma(s) = \log(1+e^{-s}) = \operatorname{softplus}(-s)$, both losses can be written
# in the score alone:
#
# $$ L_D = \mathbb E_{x\sim p}\,\operatorname{softplus}(-s(x)) + \mathbb E_{z}\,\operatorname{softplus}(s(G(z))), \qquad L_G = \mathbb E_{z}\,\operatorname{softplus}(-s(G(z))) . $$ (eq-two-losses)
#
# The first is minus the value of the game; the second is the non-saturating loss from section 3 of
# {cite:t}`goodfellow2014`. `softplus` is there for a reason that has nothing to do with theory. A fake with a score of
# 200 has $\sigma(200) = 1$ in every floating-point number you will ever use, and then $\log(1-1)$ ends the run.

# %%
score = torch.tensor([200.0])
holds(
    "log(1 - sigmoid(200)) is minus infinity",
    (1 - torch.sigmoid(score)).log().item() == -math.inf,
)
close("-softplus(200)", -softplus(score).item(), -200.0, 1e-3)

# %% [markdown]
# ### The first numbers a GAN prints
#
# Before training a discriminator knows nothing, and its scores lie near zero. Put $s = 0$ into {eq}`eq-two-losses`:
# each of the three terms is $\log 2$, so
#
# $$ L_D = 2\log 2 = 1.386, \qquad L_G = \log 2 = 0.693 . $$ (eq-first-losses)
#
# Looking at two numbers costs nothing, and catches more mistakes than an hour of looking at samples. With a last layer
# of zeros they are exact; with ordinary fresh weights they are close.

# %%
ring = data.ring(8, std=0.05)  # the ring of chapter 1: eight Gaussians on a circle
prior = data.Gaussian(4)
draw = partial(ring, 256)  # a draw: the next real batch
leaky = partial(nn.LeakyReLU, 0.2)


def fresh(seed):
    """A generator from 4 numbers to points in the plane, and a discriminator of such points."""
    engine.seed(seed)
    G = networks.mlp(4, 2, (64, 64))
    D = networks.mlp(2, 1, (64, 64), activation=leaky)
    return G, D


G, D = fresh(seed=0)
real, fake = draw(), G(prior(256))
close("fresh weights, D's loss", nonsaturating.d(D(real), D(fake)), 2 * math.log(2), 0.05)
close("fresh weights, G's loss", nonsaturating.g(D(fake)), math.log(2), 0.1)

nn.init.zeros_(D[-1].weight)
nn.init.zeros_(D[-1].bias)
close("last layer zero, D's loss", nonsaturating.d(D(real), D(fake)), 2 * math.log(2), 1e-6)
close("last layer zero, G's loss", nonsaturating.g(D(fake)), math.log(2), 1e-6)

# %% [markdown]
# A loop that starts elsewhere is telling you something. Three that do, with the same untrained discriminator:

# %%
on_real, on_fake = D(real), D(fake)
close(
    "the two halves of L_D averaged, not added",
    nonsaturating.d(on_real, on_fake) / 2,
    0.6931,
    1e-3,
)

twice_real, twice_fake = (
    torch.sigmoid(on_real),
    torch.sigmoid(on_fake),
)  # a sigmoid in D, and another in the loss
close("a sigmoid twice, D's loss", nonsaturating.d(twice_real, twice_fake), 1.4482, 1e-3)
close("a sigmoid twice, G's loss", nonsaturating.g(twice_fake), 0.4741, 1e-3)

close("raw scores taken for losses", (on_fake.mean() - on_real.mean()).item(), 0.0, 1e-3)

# %% [markdown]
# The first is a convention: D's gradient is half as long, which Adam does not even notice. The second trains a
# discriminator that can never put less than ½ on a fake, since the sigmoid of a number between 0 and 1 lies between
# 0.50 and 0.73. The third is a different game, one that {cite:t}`arjovsky2017` play with the discriminator on a leash,
# played without the leash.

# %% [markdown]
# ## One round, line by line
#
# Here is the whole game in plain PyTorch, with nothing hidden. It is a generator in Python's sense of the word, so that
# whoever calls it decides when to look.


# %%
def bare_loop(G, D, optimizer_G, optimizer_D, prior, draw, rounds):
    """Algorithm 1 of Goodfellow et al. 2014 with one move of D a round; yields both losses."""
    for _ in range(rounds):
        real = draw()
        fake = G(prior(len(real))).detach()
        d_loss = softplus(-D(real)).mean() + softplus(D(fake)).mean()
        optimizer_D.zero_grad()
        d_loss.backward()
        optimizer_D.step()

        z = prior(len(draw()))  # every mover is dealt a batch; G uses only its size
        g_loss = softplus(-D(G(z))).mean()
        optimizer_G.zero_grad()
        g_loss.backward()
        optimizer_G.step()
        yield d_loss.item(), g_loss.item()


def optimizer_for(network):
    return torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.0, 0.99))


# %% [markdown]
# Four verbs do the work, and each does less than it is given credit for.
#
# | line | reads | writes |
# |---|---|---|
# | `fake.detach()` | a tensor | the same numbers without their history: nothing flows back past them |
# | `optimizer_D.zero_grad()` | nothing | empties `.grad` of the weights that belong to *this optimizer* |
# | `d_loss.backward()` | the history of the loss | *adds to* `.grad` of *every* weight the loss was computed from |
# | `optimizer_D.step()` | `.grad` of its own weights | its own weights |
#
# In no line is a loss told whose it is. `backward` has never heard of players: it walks back through everything that
# went into the number. `step` has never heard of losses: it moves its own weights by whatever lies in their `.grad`.
# That a game comes out of this is book-keeping.
#
# The engine of {doc}`01_how_to_read` does the book-keeping once, for all games. Same seed, same numbers:

# %%
G, D = fresh(seed=1)
by_hand = list(bare_loop(G, D, optimizer_for(G), optimizer_for(D), prior, draw, rounds=100))

G, D = fresh(seed=1)
adam = engine.adam(1e-3, betas=(0.0, 0.99))
game = games.GAN(G, D, prior, optimizers={"D": adam, "G": adam})
by_engine = [
    (losses["D"].item(), losses["G"].item())
    for _, losses in engine.play(game, draw, rounds=100)
]

holds(
    "bare loop and engine: the same 100 pairs of losses, to the last bit",
    by_hand == by_engine,
)

# %% [markdown]
# ## Where the gradient goes
#
# Now your first prediction. One move of the generator, by hand, with a look into both networks after each line.


# %%
def weights(network):
    return parameters_to_vector(network.parameters()).detach().clone()


def gradient(network):
    return torch.cat([weight.grad.flatten() for weight in network.parameters()]).clone()


G, D = fresh(seed=2)
optimizer_G, optimizer_D = optimizer_for(G), optimizer_for(D)
G_before, D_before = weights(G), weights(D)

softplus(-D(G(prior(256)))).mean().backward()  # the generator's loss
holds("after backward, G's gradient is filled", gradient(G).norm() > 0)
holds("after backward, D's gradient is filled", gradient(D).norm() > 0)
holds(
    "and no weight has moved",
    torch.equal(weights(G), G_before) and torch.equal(weights(D), D_before),
)

optimizer_G.step()
holds("after optimizer_G.step(), G has moved", not torch.equal(weights(G), G_before))
holds("and D has not", torch.equal(weights(D), D_before))
print(f"you said {gradient_of_D}; it is filled")

# %% [markdown]
# It could not be otherwise. The only road from the loss to $G$ leads through $D$, and `backward` leaves its mark on
# every weight along the road. A popular explanation has it that *only G is updated, because only `g_loss.backward()` is
# called*. Right outcome, wrong reason: only G is updated because only `optimizer_G.step()` is called.
#
# Why insist, if the outcome is the same? Because of what now lies in `D.grad`. It says how to change the
# *discriminator's* weights so as to make the *generator's* loss small: it is advice on how to be fooled more easily. If
# the next move of $D$ does not begin with `optimizer_D.zero_grad()`, then `backward` adds the discriminator's own
# gradient on top of that advice, and `step` follows the sum.


# %%
def gradient_of_D_in(rounds, zero):
    """Length of D's gradient when a round begins, after D's backward, and after G's."""
    G, D = fresh(seed=2)
    optimizer_G, optimizer_D = optimizer_for(G), optimizer_for(D)
    lengths = []

    def note():
        filled = [
            weight.grad.flatten() for weight in D.parameters() if weight.grad is not None
        ]
        lengths.append(torch.cat(filled).norm().item() if filled else 0.0)

    for _ in range(rounds):
        if zero:
            optimizer_D.zero_grad()
        note()
        nonsaturating.d(D(draw()), D(G(prior(256)).detach())).backward()
        note()
        optimizer_D.step()
        optimizer_G.zero_grad()
        nonsaturating.g(D(G(prior(256)))).backward()
        note()
        optimizer_G.step()
    return lengths


emptied, piled_up = gradient_of_D_in(5, zero=True), gradient_of_D_in(5, zero=False)
holds("with zero_grad, every round starts from an empty gradient", max(emptied[::3]) == 0.0)
holds(
    "without it, D's gradient ends longer than it ever was with it",
    piled_up[-1] > max(emptied),
)

# %% tags=["hide-input"]
#| label: fig-zero-grad
#| fig-cap: >-
#|   **What to see.** Each round is three moments: its start, after D's backward, after G's backward. With `zero_grad`
#|   D's gradient starts every round at zero, grows by D's own share, and then, in the last third, by what G's backward
#|   leaves behind, which is the larger part. Without `zero_grad` nothing ever leaves.
#| fig-alt: >-
#|   Length of D's gradient over five rounds. One line is a saw-tooth that returns to zero at the start of every round.
#|   The other never comes down and has grown to five times the height of the teeth.
show.lines(
    torch.arange(15) / 3,
    {"with": torch.tensor(emptied), "without": torch.tensor(piled_up)},
    looks={"with": show.DISCRIMINATOR, "without": show.OTHERS[0]},
    xlabel="round",
    title="length of D's gradient, with and without zero_grad",
)

# %% [markdown]
# Does it matter? Run the loop for 600 rounds as it stands, and once more with that single line made powerless. Predict
# the discriminator's loss at the end of the second run: lower than in the first, higher, or higher than that of a
# discriminator that knows nothing?


# %% course={"role": "demo"}
def six_hundred(forget):
    G, D = fresh(seed=0)
    optimizer_G, optimizer_D = optimizer_for(G), optimizer_for(D)
    if forget:
        optimizer_D.zero_grad = lambda: None  # as if the line were missing
    played = torch.tensor(
        list(bare_loop(G, D, optimizer_G, optimizer_D, prior, draw, rounds=600))
    )
    with torch.no_grad():
        return metrics.modes(G(prior(2500)), ring), played[-100:, 0].mean().item()


found, d_loss = six_hundred(forget=False)
holds("with zero_grad: at least 7 of 8 modes", found.covered >= 7, found)
holds(
    "with zero_grad: D pays less than for knowing nothing", d_loss < 2 * math.log(2), d_loss
)

found, d_loss = six_hundred(forget=True)
holds("without: at most 2 of 8 modes", found.covered <= 2, found)
holds("without: D pays more than for knowing nothing", d_loss > 1.5, d_loss)

# %% [markdown]
# More than for knowing nothing. A discriminator whose loss stays above $2\log 2$ for hundreds of rounds could improve
# by going to sleep, and if it does not, somebody else is steering. Remember the symptom; the cause is a line that is
# not there, and those are hard to see.
#
# ### And `detach`?
#
# The same notes say that `detach` keeps D's move from training G. Nothing in D's move could: `optimizer_D` does not own
# G's weights. Without `detach`, D's loss has been computed from G's weights too, so `backward` fills their gradients,
# `optimizer_G.zero_grad()` empties them before they are used, and the run is the same to the last bit. What `detach`
# saves is the work of the detour.
#
# Unless G's gradients are *not* emptied. Then what D's backward left in them, which is advice on how to be caught, is
# added to G's own gradient. Against an untrained D the two are almost exactly opposite: G is told to stay where it is.

# %%
G, D = fresh(seed=0)
G_before, z = weights(G), prior(256)
softplus(D(G(z))).mean().backward()  # the fakes' term of D's loss, without detach
caught = gradient(G)
holds("without detach, D's backward fills G's gradient", caught.norm() > 0)
optimizer_for(D).step()
holds("and D's step does not move G", torch.equal(weights(G), G_before))

G, D = fresh(seed=0)
softplus(-D(G(z))).mean().backward()  # G's own loss, on the same noise
close(
    "cosine between the two gradients",
    torch.cosine_similarity(caught, gradient(G), dim=0),
    -1.0,
    0.05,
)

# %% [markdown]
# The engine avoids both traps in one line: a move calls `loss.backward(inputs=self.parameters)`. That still walks
# through the other network, as it must, but marks only the mover: there is nothing to forget, and the gradients that
# nobody asked for are not even computed. It is also why this lesson needed a bare loop. In the engine `D.grad` stays
# empty and shows nothing.

# %%
show.source(engine.Player.move, docstrings=False)

G, D = fresh(seed=2)
games.GAN(G, D, prior).players["G"].move(draw())
holds(
    "after a move of G in the engine, D has no gradient",
    all(weight.grad is None for weight in D.parameters()),
)

# %% [markdown]
# ## The game, shown as its diff
#
# With moves settled, a game is what remains: who is who, who wants what, who moves when. {doc}`04_minimax` printed
# `GAN` as what it adds to a game. The paper's Algorithm 1 has one more number in it, the $k$ moves that D makes for
# each move of G. By hand that is another loop, and one more place for a `zero_grad` to go missing. As a diff it is a
# word about turns.


# %%
class TwoForOne(games.GAN):
    """Goodfellow et al. 2014, Algorithm 1 with k = 2. From GAN: D moves twice a round."""

    turns = 2 * ("D",) + ("G",)


show.diff(games.GAN, TwoForOne)

# %% [markdown]
# ## A generator learns what its discriminator can see
#
# Now the second prediction. Let the discriminator look at some features $\varphi(x)$ of a point and weigh them:
#
# $$ s(x) = w\cdot\varphi(x) + b . $$ (eq-features)
#
# With $\varphi(x) = x$ that is your straight line, with $\varphi(x) = (x, x^2)$ a parabola, and the last layer of any
# network has this form. Hold $G$ still. Then $L_D$ is convex in $(w, b)$, so it is smallest where its slope is zero.
# What is the slope at $w = 0$, $b = 0$, where the discriminator says ½ to everything? The derivative of
# $\operatorname{softplus}(\pm s)$ at $s = 0$ is $\pm\tfrac12$, hence
#
# $$ \left.\frac{\partial L_D}{\partial w}\right|_{0} = -\tfrac12\Bigl(\mathbb E_{x\sim p}\,\varphi(x) - \mathbb E_{x\sim q}\,\varphi(x)\Bigr), \qquad \left.\frac{\partial L_D}{\partial b}\right|_{0} = 0 . $$ (eq-blind)
#
# So if data and fakes agree in the average of every feature, *saying ½ to everything is the best that this
# discriminator can do*. Its score is then flat, G's gradient is zero, and training is over, whatever else may differ
# between the two distributions. A linear D sees the mean, and G matches the mean. A quadratic D sees mean and variance,
# and G matches those two. A D with a bump at every place (*radial basis functions*) sees how many points lie near every
# place.
#
# What G matches in general has a name. Twice the length of the slope in {eq}`eq-blind` is the distance between two
# averages of features,
#
# $$ \mathrm{MMD}^2(p, q) = \lVert\mathbb E_p\varphi - \mathbb E_q\varphi\rVert^2 = \mathbb E\,k(x, x') - 2\,\mathbb E\,k(x, y) + \mathbb E\,k(y, y'), \qquad k(x, y) = \varphi(x)\cdot\varphi(y), $$ (eq-mmd)
#
# with $x, x'$ from $p$ and $y, y'$ from $q$, each pair independent: the *maximum mean discrepancy* under the kernel $k$
# {cite:p}`gretton2012`. It is zero exactly where such a discriminator is blind. A line has a kernel that compares
# means, and bumps in every place have one that compares everything.


# %%
class Eye(nn.Module):
    """A discriminator that sees `count` features of a number and weighs them, at first all with zero."""

    def __init__(self, features, count):
        super().__init__()
        self.features, self.weigh = features, nn.Linear(count, 1)
        nn.init.zeros_(self.weigh.weight)
        nn.init.zeros_(self.weigh.bias)

    def forward(self, x):
        return self.weigh(self.features(x))


centres = torch.linspace(-3, 3, 25)
EYES = {
    "linear: sees the mean": (lambda x: x, 1),
    "quadratic: sees mean and width": (lambda x: torch.cat([x, x**2], dim=1), 2),
    "25 bumps: sees every place": (lambda x: torch.exp(-8 * (x - centres) ** 2), 25),
}
heaps = data.mixture_1d([-1.0, 1.0], 0.35)

for name, (features, count) in EYES.items():
    D, real, fake = Eye(features, count), heaps(500), 1 + torch.randn(500, 1)
    nonsaturating.d(D(real), D(fake)).backward()
    gap = features(real).mean(dim=0) - features(fake).mean(dim=0)
    slope = D.weigh.weight.grad.flatten()
    holds(
        f"{name.split(':')[0]}: the slope is minus half the gap",
        torch.allclose(slope, -gap / 2, atol=1e-5),
        slope,
    )
    near, far = features(real), features(fake)
    in_pairs = (near @ near.T).mean() - 2 * (near @ far.T).mean() + (far @ far.T).mean()
    holds(
        "  and its length half the MMD, computed from pairs",
        abs(2 * slope.norm() - in_pairs.sqrt()) < 1e-3,
        (slope, in_pairs),
    )

# %% [markdown]
# A linear discriminator with flat losses promises one thing, a correct mean. Which of the infinitely many distributions
# of that mean comes out is an accident of where the generator started, so *cannot say* was the right prediction. Here
# are three games that differ in the eye alone. The generator starts too far to the right.


# %%
def watched_by(features, count, *, momentum=0.0, rounds=600):
    """Train a generator of numbers against an `Eye`; returns the game and what was recorded on the way."""
    engine.seed(0)
    G, D = networks.mlp(1, 1, (32, 32), activation=nn.Tanh), Eye(features, count)
    nn.init.constant_(G[-1].bias, 1.5)
    optimizers = {
        "D": engine.adam(2e-2, (momentum, 0.99)),
        "G": engine.adam(2e-3, (momentum, 0.99)),
    }
    game = games.GAN(
        G, D, data.Gaussian(1), optimizers=optimizers, average=networks.EMA(G, 0.98)
    )
    look = {"mean": lambda game: game.fake(1000).mean().item()}
    return game, engine.fit(
        game, partial(heaps, 256), rounds, metrics=look, every=10, progress=False
    )


# %% course={"role": "demo"}
watched = {name: watched_by(*eye) for name, eye in EYES.items()}
fakes = {name: game.sample(20_000, seed=1) for name, (game, _) in watched.items()}
means = [points.mean().item() for points in fakes.values()]
holds("all three: the mean is right within 0.15", max(map(abs, means)) < 0.15, means)

width = math.sqrt(1 + 0.35**2)  # of the data
by_line, by_parabola, by_bumps = (points.std().item() for points in fakes.values())
holds("linear D: the width is wrong by more than 0.3", abs(by_line - width) > 0.3, by_line)
holds(
    "quadratic D: the width is right within 0.15",
    abs(by_parabola - width) < 0.15,
    by_parabola,
)

# %% [markdown]
# The right width need not mean the right shape. The data avoid the middle: of the two heaps only
# $\Phi(-0.7/0.35) - \Phi(-1.3/0.35) = 2.3\,\%$ lies in $|x| < 0.3$.

# %% course={"role": "demo"}
normal = torch.distributions.Normal(0.0, 1.0).cdf
share = normal(torch.tensor(-0.7 / 0.35)) - normal(torch.tensor(-1.3 / 0.35))
close("share of the data in the middle", share, 0.0226, 1e-3)

by_line, by_parabola, by_bumps = (
    (points.abs() < 0.3).float().mean().item() for points in fakes.values()
)
holds("linear D: more than half of the fakes are there", by_line > 0.5, by_line)
holds("quadratic D: more than 8 % are there", by_parabola > 0.08, by_parabola)
holds("bumps: less than 6 %", by_bumps < 0.06, by_bumps)

_, record = watched["linear: sees the mean"]
late = [abs(loss - 2 * math.log(2)) for loss in record.losses["D"][-20:]]
holds(
    "linear D: for the last 200 rounds its loss was 2 log 2, within 0.02",
    max(late) < 0.02,
    late,
)
print(f"you said {what_G_makes}; one cannot say")

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-eyes
#| fig-cap: >-
#|   **What to see.** The same data, the same generator, three discriminators. The first generator has the right mean
#|   and piles everything into the valley, where there are hardly any data. The second has the right width as well, and
#|   still fills the valley. Only the third, watched everywhere, makes two heaps. Their edges are too steep: it has not
#|   quite finished, and what is much finer than a bump it cannot be told.
#| fig-alt: >-
#|   Three panels, one above the other, each with the data's two humps. The fakes are a spike in the middle, then one
#|   broad lopsided hump, then two humps at the places of the data's.
figure, panels = show.panels(3, columns=1, height=1.5)
for axes, (name, points) in zip(panels, fakes.items(), strict=True):
    show.densities(
        torch.linspace(-3, 3, 241),
        lambda x: heaps.log_prob(x).exp(),
        show.smooth(points[:4000], width=0.08),
        title=name,
        xlabel="x" if axes is panels[-1] else "",
        axes=axes,
    )
figure

# %% [markdown]
# Look once more at the last thing that was asserted. Under the linear discriminator the losses sit at the values of
# {eq}`eq-first-losses`, which are also those of a finished game. The discriminator is perfect of its kind, the losses
# are at their theoretical optimum, and most of the fakes are in the wrong place.
#
# ### Why there is no momentum in these games
#
# You may have wondered about `betas=(0.0, 0.99)`: Adam without its momentum. Near the end of a game against a linear D
# each player's slope is proportional to the *other* player's error, and the two errors turn around each other: it is
# the Dirac-GAN of {doc}`04_minimax`. Momentum is a memory of where the opponent used to be. What it does to errors that
# turn is a matter of one matrix. Without momentum its eigenvalues have modulus 1, so that errors neither grow nor
# shrink. With momentum they grow.


# %%
def growth(momentum, step=0.1):
    """The largest factor by which errors grow in a round of Dirac-GAN, by turns, linearised."""
    h, m = step / 2, momentum  # the state: psi of D, theta of G, and the last move of each
    D_moves = torch.tensor(
        [[1, -h, m, 0], [0, 1, 0, 0], [0, -h, m, 0], [0, 0, 0, 1]], dtype=torch.float64
    )
    G_moves = torch.tensor(
        [[1, 0, 0, 0], [h, 1, 0, m], [0, 0, 1, 0], [h, 0, 0, m]], dtype=torch.float64
    )
    return torch.linalg.eigvals(G_moves @ D_moves).abs().max().item()


close("growth in a round, momentum 0", growth(0.0), 1.0, 1e-9)
holds("momentum 0.5: errors grow", growth(0.5) > 1.001, growth(0.5))
holds("momentum 0.9: they grow faster", growth(0.9) > growth(0.5), growth(0.9))

# %% [markdown]
# That is plain gradient descent on one straight line. For Adam and a network we measure. (Beware of defaults: PyTorch's
# Adam has a momentum of 0.9, and `engine.adam`, after {cite:t}`radford2015`, one of 0.5.)

# %% course={"role": "demo"}
eye = EYES["linear: sees the mean"]
swings = {"0": record.metrics["mean"]}
swings |= {
    str(m): watched_by(*eye, momentum=m, rounds=400)[1].metrics["mean"] for m in (0.5, 0.9)
}
reach = {
    momentum: max(abs(mean) for mean in series[20:40])
    for momentum, series in swings.items()
}
holds(
    "without momentum the mean is never more than 0.6 off after 200 rounds",
    reach["0"] < 0.6,
    reach,
)
holds(
    "with momentum 0.5 or 0.9 it still swings by more than 0.9",
    min(reach["0.5"], reach["0.9"]) > 0.9,
    reach,
)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-momentum
#| fig-cap: >-
#|   **What to see.** Three games that differ only in Adam's momentum. The data's mean is 0. Without momentum G walks
#|   there and trembles; with it, G overshoots, is called back, and overshoots again.
#| fig-alt: >-
#|   The mean of the fakes over 400 rounds. One line soon stays near 0. The other two swing above and below 0 to the
#|   end, the one with more momentum more widely and more slowly.
figure, (axes,) = show.panels(height=2.2)
show.lines(
    torch.arange(10, 401, 10),
    {
        f"momentum {momentum}": torch.tensor(series[:40])
        for momentum, series in swings.items()
    },
    looks={"momentum 0": show.FAKE},
    xlabel="round",
    title="mean of the fakes under a linear D",
    references={"data": 0.0},
    axes=axes,
)

# %% [markdown]
# ## The ring, and how to read its losses
#
# Time for a discriminator that is a network. The ring is the one of {doc}`01_how_to_read`, a little wider than the one
# in the literature: standard deviation 0.05 where {cite:t}`lin2018` have 0.01, which takes minutes and is what
# `recipes.ring` is for. Both learning rates fall to zero, and samples come from an average of G's recent weights.
#
# Predict the curves. Over 2000 rounds this generator goes from nothing to eight clusters. What does its loss do?


# %%
def score_of(game):
    return metrics.modes(game.sample(2500, seed=0), ring)


# %% course={"role": "demo"}
ROUNDS = 2000
G, D = fresh(seed=0)
falling = engine.cosine(engine.adam(1e-3, betas=(0.0, 0.99)), ROUNDS)
game = games.GAN(
    G, D, prior, optimizers={"D": falling, "G": falling}, average=networks.EMA(G, 0.99)
)


looks = {
    "modes covered": lambda game: score_of(game).covered,
    "high quality": lambda game: score_of(game).high_quality,
}
history = engine.fit(game, draw, ROUNDS, metrics=looks, every=50, progress=False)

report = score_of(game)
moved = max(
    abs(d - 2 * math.log(2)) + abs(g - math.log(2))
    for d, g in zip(*history.losses.values())
)
holds(
    "both losses stay within 0.25 of 2 log 2 and log 2, from round 50 on",
    moved < 0.25,
    moved,
)
holds(
    "high quality at round 50: at most 20 %",
    history.metrics["high quality"][0] <= 0.2,
    history.metrics,
)
holds("modes covered: at least 7 of 8", report.covered >= 7, report)
holds("high quality: at least 60 %", report.high_quality > 0.6, report)
holds("reverse KL: at most 0.1", report.reverse_kl < 0.1, report)
best = f"high quality {100 * report.ceiling:.2f} %, reverse KL {report.floor:.4f}"
print(f"a perfect sampler: 8 of 8, {best}")

# %% [markdown]
# Three numbers, because any one of them can be fooled. A mode is *covered* if one of 2500 samples lies within three of
# its standard deviations: points scattered over the whole plane may cover all eight. *High quality* is the share of
# samples that lie so near to some mode: a generator stuck on a single mode can have all of it. The *reverse KL* says
# how unevenly the modes are shared out. The last line is there because, as chapter 1 has it, a number without its
# ceiling is half a number. Even real data do not score 100 % ($1 - e^{-9/2} = 98.89\,\%$), and 2500 fair draws are
# never shared out quite evenly (about $7/5000$ nats).
#
# On the narrow ring of {cite:t}`lin2018` the recorded runs of `recipes.ring` (10,000 rounds, ten seeds, in
# `tests/bars/results`) cover 8 of 8 modes each time, with 95 to 97 % high quality and a reverse KL of at most 0.034.
# Table 1 of that paper gives its plain GAN 6.3 ± 0.5 modes, 98.2 % and 0.45. The data and the count are the same;
# networks, optimizer and length of training are not, so this compares recipes, not games.

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-ring-curves
#| fig-cap: >-
#|   **What to see.** Cover the two lower panels and try to say when this generator became good. The losses lie near
#|   2 log 2 and log 2 from the first rounds to the last. Meanwhile the modes are found early, and quality climbs for
#|   most of the run.
#| fig-alt: >-
#|   Three panels over 2000 rounds. On top both losses, nearly level from start to end. In the middle the number of
#|   modes covered jumps to eight early. At the bottom the share of high quality climbs steadily and levels off below its
#|   target.
show.curves(
    history,
    references={"2 log 2": 2 * math.log(2), "log 2": math.log(2)},
    targets={"modes covered": 8, "high quality": report.ceiling},
)

# %% [markdown]
# The losses do next to nothing. In supervised learning that would mean that nothing was learned. Here each player's
# progress is the other's setback, and a loss is a balance, not an altitude. What may one read from it, then?
#
# One inequality. By {eq}`eq-top` the best discriminator pays $L_D = 2\log 2 - 2\,\mathrm{JSD}(p, q)$, and no other pays
# less. Turn that round:
#
# $$ \mathrm{JSD}(p, q) \;\ge\; \log 2 - \tfrac12 L_D \qquad\text{for every discriminator.} $$ (eq-evidence)
#
# A loss *below* $2\log 2$ on fresh data proves that fakes and data differ, and by how much at least. A loss *at*
# $2\log 2$ proves nothing: perhaps the fakes are perfect, perhaps this D is blind, dead or untrained. A loss *above*
# $2\log 2$ is a message about D alone. It is losing to a coin, for a moment because G has just moved, or for good
# because of a bug.

# %%
near, far = (
    torch.distributions.Normal(mean, 1.0).sample((200_000, 1)) for mean in (0.0, 2.0)
)
best = nonsaturating.d(2 - 2 * near, 2 - 2 * far)  # their best score is the line 2 - 2x
blunt = nonsaturating.d(0.5 - 0.5 * near, 0.5 - 0.5 * far)
close(
    "two unit Gaussians, two apart, JSD 0.3368; the best D proves",
    math.log(2) - best / 2,
    0.3368,
    0.005,
)
holds(
    "a blunter D proves less than 0.3",
    math.log(2) - blunt / 2 < 0.3,
    math.log(2) - blunt / 2,
)

# %% [markdown]
# ### Four runs, four pairs of curves
#
# So much for theory; now for screens. Here are four runs of 600 rounds, each made by changing one thing in the same
# short recipe, and their curves. Before you look at the right-hand column of the figure, say for each of them what its
# generator makes.


# %%
def plain_G(final=None):
    return networks.mlp(4, 2, (64, 64), final=final)


def play_ring(
    seed, *, momentum=0.0, memory=0.99, slope=0.2, rates=(1e-3, 1e-3), play=games.GAN,
    make_G=plain_G, lens=None, scale=1.0, average=None, falling=False,
):  # fmt: skip
    """600 rounds on the ring, with something changed; returns the game and its history."""
    engine.seed(seed)
    G, D = make_G(), networks.mlp(2, 1, (64, 64), activation=partial(nn.LeakyReLU, slope))
    of_D, of_G = (engine.adam(rate, (momentum, memory)) for rate in rates)
    if falling:
        of_D, of_G = engine.cosine(of_D, 600), engine.cosine(of_G, 600)
    game = play(
        G,
        nn.Sequential(lens, D) if lens else D,
        data.Gaussian(4),
        optimizers={"D": of_D, "G": of_G},
        average=networks.EMA(G, average) if average else None,
    )
    return game, engine.fit(game, lambda: scale * ring(256), 600, every=20, progress=False)


def found_by(game, scale=1.0):
    """Modes that hold at least one in a hundred of 2500 samples; a fair share is one in eight."""
    return metrics.modes(game.sample(2500, seed=0) / scale, ring, at_least=25)


# %% course={"role": "demo"}
RUNS = {
    "nothing changed": play_ring(0),
    "D learns 10 times slower": play_ring(2, rates=(1e-4, 1e-3), falling=True),
    "G learns 100 times slower": play_ring(0, rates=(1e-3, 1e-5)),
    "momentum 0.9": play_ring(0, momentum=0.9),
}
modes = [found_by(game).covered for game, _ in RUNS.values()]
holds("modes held: at least 6 by the first run", modes[0] >= 6, modes)
holds("at most 4 by each of the others", max(modes[1:]) <= 4, modes)

late = {
    name: {player: losses[-15:] for player, losses in record.losses.items()}
    for name, (_, record) in RUNS.items()
}
home = {"D": 2 * math.log(2), "G": math.log(2)}
for name in list(RUNS)[:2]:
    off = max(abs(loss - home[player]) for player in home for loss in late[name][player])
    holds(f"{name}: both losses within 0.2 of 2 log 2 and log 2", off < 0.2, off)

won = late["G learns 100 times slower"]
holds("G learns 100 times slower: D's loss below 0.3", max(won["D"]) < 0.3, won)
holds("  and G's above 3", min(won["G"]) > 3, won)
turning = late["momentum 0.9"]["D"]
holds(
    "momentum 0.9: D's loss swings by more than 0.3",
    max(turning) - min(turning) > 0.3,
    turning,
)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-four-curves
#| fig-cap: >-
#|   **What to see.** Four runs, from top to bottom *healthy*, *collapsed*, *D too strong* and *oscillating*. The losses
#|   on the left tell the lower two apart from the rest. They do not tell the first from the second, and of those one
#|   has found the ring and the other has not.
#| fig-alt: >-
#|   Four rows, each with two loss curves and a scatter plot. In the first two rows D lies level at 1.4 and G at 0.7; the
#|   first has its points all round the ring, the second in one heap that misses most modes. In the third D's loss
#|   falls to nought, G's climbs beyond the top of the panel, and the points are one heap inside the ring. In the fourth
#|   both losses swing, and the points lie along one side of the ring.
figure, drawn = show.panels(8, height=1.45)
labels = ["healthy", "collapsed", "D too strong", "oscillating"]
for row, (label, (name, (player, record))) in enumerate(zip(labels, RUNS.items())):
    show.lines(
        record.rounds,
        record.losses,
        title=f"{label}: {name}",
        limits=(0, 4),
        axes=drawn[2 * row],
    )
    show.cloud(
        player.sample(200, seed=1),
        modes=ring.modes,
        extent=(-1.6, 1.6, -1.6, 1.6),
        legend=False,
        axes=drawn[2 * row + 1],
    )
figure

# %% [markdown]
# What can be read, then? *The first values*: whether the loop is wired as you think. *D's loss near zero*: by
# {eq}`eq-evidence` fakes and data hardly overlap. That is a proof of failure, and a clear case of a loss that a
# supervised eye would call a triumph. *Swings*: the players are chasing each other, and what you sample depends on when
# you stop. *No number at all*: see below.
#
# What cannot be read: how good the samples are, how many modes they cover, whether the run is finished, and which of
# two runs is better. A level pair of curves is what success looks like, and what a blind discriminator looks like. In
# the second row D has been too slow to learn anything about where G went, so to D everything is the same.

# %% [markdown]
# ## Which of the tricks still help?
#
# A list of GAN advice is a list of things that once helped somebody. Whether one helps *here* is cheap to find out:
# change one thing, keep the rest, repeat over seeds, count modes. Most tricks are an argument of `play_ring`. The
# others are games, each the diff that its paper is.


# %%
class FiveForOne(games.GAN):
    """Arjovsky et al. 2017, Algorithm 1, of which only the five. From GAN: D moves five times a round."""

    turns = 5 * ("D",) + ("G",)


class Saturating(games.GAN):
    """Goodfellow et al. 2014, eq. 1. From GAN: G descends what D climbs."""

    objective = losses.minimax


class Smoothed(games.GAN):
    """Salimans et al. 2016, section 3.4. From GAN: D's target for real points is 0.9, written as a penalty."""

    def penalty(self, real, fake):
        return 0.1 * self.D(real).mean()


class Mislabelled(games.GAN):
    """From GAN: of all that D is shown, one point in twenty bears the wrong label."""

    def d_loss(self, real):
        fake = self.fake(len(real)).detach()
        wrong = torch.rand(len(real), 1) < 0.05
        return self.objective.d(
            self.D(torch.where(wrong, fake, real)), self.D(torch.where(wrong, real, fake))
        )


class Damped(games.GAN):
    """Mescheder et al. 2018, eq. 9, with gamma = 1. From GAN: D pays for being steep at the data."""

    def penalty(self, real, fake):
        return 0.5 * losses.r1(self.D, real)


class Haze(nn.Module):
    """Noise on everything D looks at, real or fake (Arjovsky and Bottou 2017, section 3)."""

    def forward(self, x):
        return x + 0.1 * torch.randn_like(x)


def normalised_G():
    """G with batch normalisation (Ioffe and Szegedy 2015) after each hidden layer."""
    return nn.Sequential(
        nn.Linear(4, 64), nn.BatchNorm1d(64), nn.ReLU(),
        nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(),
        nn.Linear(64, 2),
    )  # fmt: skip


# %% [markdown]
# Change one thing *in what*? The worth of a trick depends on the company it keeps, so there are two recipes to change.
# The **careful** one is the recipe of this chapter, shortened. The **careless** one is what you get by typing
# `torch.optim.Adam(network.parameters(), lr=1e-3)` and `nn.ReLU()` and thinking no more of it.

# %%
CAREFUL = {"momentum": 0.0, "memory": 0.99, "slope": 0.2}
CARELESS = {"momentum": 0.9, "memory": 0.999, "slope": 0.0}
TRICKS = {
    "nothing": {},
    "Adam without momentum": {"momentum": 0.0},
    "Adam, momentum 0.5": {"momentum": 0.5},
    "Adam, momentum 0.9": {"momentum": 0.9},
    "ReLU in D": {"slope": 0.0},
    "LeakyReLU in D": {"slope": 0.2},
    "D moves twice": {"play": TwoForOne},
    "D moves five times": {"play": FiveForOne},
    "D learns 4 times as fast as G": {"rates": (2e-3, 5e-4)},
    "D learns 10 times slower": {"rates": (1e-4, 1e-3)},
    "R1": {"play": Damped},
    "noise on D's input": {"lens": Haze()},
    "real points' target 0.9": {"play": Smoothed},
    "one label in 20 wrong": {"play": Mislabelled},
    "batch normalisation in G": {"make_G": normalised_G},
    "data 10 times larger": {"scale": 10.0},
    "tanh in G, data 0.8 times": {"make_G": partial(plain_G, nn.Tanh), "scale": 0.8},
    "averaged weights of G": {"average": 0.98},
    "rates fall to zero": {"falling": True},
    "the saturating loss": {"play": Saturating},
}

# %% [markdown]
# Predict: how many of the tricks will save the careless recipe? And how many will be missed when the careful one does
# without?
#
# Each digit below is one run, seeds 0 to 7: the number of modes, of 8, that hold at least one sample in a hundred after
# 600 rounds. The percentage is the median share of high quality.
#
# | changed | careful | careless |
# |---|---|---|
# | nothing | `87888887` 46 % | `11001010` 3 % |
# | Adam without momentum | has it | `88188880` 43 % |
# | Adam, momentum 0.5 | `42071123` 12 % | `11188820` 25 % |
# | Adam, momentum 0.9 | `32000000` 0 % | has it |
# | ReLU in D | `88188880` 49 % | has it |
# | LeakyReLU in D | has it | `11000000` 0 % |
# | D moves twice | `88888888` 62 % | `64581780` 20 % |
# | D moves five times | `88888888` 64 % | `88843736` 36 % |
# | D learns 4 times as fast as G | `88888888` 50 % | `07888566` 14 % |
# | D learns 10 times slower | `20000001` 0 % | `00001000` 0 % |
# | R1 | `88888888` 50 % | `83856447` 12 % |
# | noise on D's input | `88888888` 37 % | `10111001` 1 % |
# | real points' target 0.9 | `88888888` 49 % | `12011112` 7 % |
# | one label in 20 wrong | `88888888` 48 % | `00110001` 1 % |
# | batch normalisation in G | `88888888` 62 % | `01212542` 9 % |
# | data 10 times larger | `65435534` 10 % | `12046222` 6 % |
# | tanh in G, data 0.8 times | `88888887` 53 % | `00100111` 4 % |
# | averaged weights of G | `88888886` 51 % | `00000001` 0 % |
# | rates fall to zero | `88888762` 31 % | `11131100` 4 % |
# | the saturating loss | `88888888` 46 % | `10101130` 2 % |
#
# That is 288 runs, 50 s for each seed, recorded with seed, machine and versions in `tests/bars/results`; `make bars`
# plays them again with the code above, and a test compares the table. A game amplifies the last bit of every rounding,
# so on your machine single digits will differ. Read rows, not digits. And read them with a grain of salt: with
# *nothing* changed, quality runs from 23 to 61 % over the eight seeds, so that a few points more or less in the median
# are nothing.
#
# *Three things ruin the careful recipe*: momentum, a discriminator too slow to follow, and data that are not scaled to
# the size that networks expect. *Two make it better*: more moves of D, which cost the time they take, and batch
# normalisation in G. Three make it *safer*: a LeakyReLU, without which two seeds of eight are lost, and R1 or a faster
# D, with which quality runs from 45 to 56 % only. Falling rates cost something here, because 600 rounds leave no time
# to slow down in; over 2000 they are part of the recipe. The rest does nothing that eight seeds could show, and that
# includes the saturating loss, of which everybody warns. ({doc}`04_minimax` shows where they are right: when G is far
# behind, which on this ring it is not for long.)
#
# *The careless recipe is repaired by leaving something out*: without momentum, six seeds of eight hold the whole ring.
# Five moves of D go some of the way. R1, and a D that is four times as fast, find modes and little quality. Smoothing,
# noise, wrong labels, averaging: nothing. They are not bad ideas. They are answers to other questions, and the loudest
# trouble has to be dealt with first.
#
# Do not conclude that momentum is always harmful, or BatchNorm always good: this is one ring, two small networks and
# one rate. What carries over is how to ask.
#
# Two decisive entries, to keep the table honest:

# %% course={"role": "demo"}
game, _ = play_ring(0, **CARELESS)
found = found_by(game)
holds("careless: at most 4 of 8 modes", found.covered <= 4, found)

game, _ = play_ring(0, **(CARELESS | TRICKS["Adam without momentum"]))
found = found_by(game)
holds("careless, but without momentum: at least 5 of 8 modes", found.covered >= 5, found)

# %% [markdown]
# ## Stopping, resuming, blowing up
#
# A long run will be interrupted. To go on as if nothing had happened one needs more than the weights: the optimizers'
# memories, the averaged generator, the number of the round, and the state of the random numbers, or the resumed run
# will be dealt other batches. Given a folder, `fit` keeps all of it. Play 40 of 80 rounds, forget everything, start
# again with networks of another seed: the folder wins.


# %%
def small_game(seed, rate=1e-3, make=engine.adam):
    G, D = fresh(seed)
    return games.GAN(G, D, prior, optimizers={"D": make(rate), "G": make(rate)})


whole = small_game(seed=0)
engine.fit(whole, draw, rounds=80, progress=False)

with tempfile.TemporaryDirectory() as folder:
    engine.fit(small_game(seed=0), draw, rounds=40, checkpoint=folder, progress=False)
    resumed = small_game(seed=999)
    engine.fit(resumed, draw, rounds=80, checkpoint=folder, progress=False)

holds(
    "40 rounds, a stop, 40 more: the same bits as 80",
    torch.equal(weights(whole), weights(resumed)),
)

# %% [markdown]
# The other accident is a learning rate ten thousand times too large. Plain gradient descent announces it. Some loss
# stops being a number, and `fit` stops with a sentence that names player, round and last checkpoint (masked here: which
# loss breaks first depends on the processor). Adam is worse, because it is better behaved: its steps are as long as the
# learning rate, whatever the gradient, so nothing overflows and nobody says a word.

# %%
try:
    engine.fit(
        small_game(seed=0, rate=1e3, make=engine.sgd), draw, rounds=100, progress=False
    )
    message = "nothing was noticed"
except engine.Diverged as error:
    message = str(error)
holds(
    "gradient descent: the run was stopped",
    message.startswith("Diverged: the loss of "),
    message,
)
print(re.sub(r"of . is \S+ at round \d+", "of ... is ... at round ...", message))

silent = small_game(seed=0, rate=10.0)
recorded = engine.fit(silent, draw, rounds=100, progress=False)
finite = all(math.isfinite(loss) for losses in recorded.losses.values() for loss in losses)
holds("Adam: 100 rounds, every recorded loss finite", finite, recorded.losses)
holds("and not one of 8 modes", score_of(silent).covered == 0)

# %% [markdown]
# ## Digits
#
# The same game on pictures: the 8 × 8 digits that come with scikit-learn, and two networks of three layers. This is
# the recipe; here it runs for 700 rounds, a third of its usual length.

# %%
show.source(recipes.build_digits, docstrings=False)

# %% course={"role": "demo"}
artist, _ = recipes.digits(seed=0, rounds=700, device="cpu", progress=False)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-digits
#| fig-cap: >-
#|   **What to see.** Two rows of real digits, then four rows of fakes, as they came. Many can be named; some are two
#|   digits at once. No label was used, so nothing told G which digit it was drawing, or that there are ten.
#| fig-alt: >-
#|   Six rows of twelve grey digits of eight by eight pixels. The upper two rows are real. Many pictures in the lower
#|   four look like digits too; a few are smudges between two.
real = data.digits().x[:24]
names = 2 * ["real"] + 4 * ["fake"]
show.grid(torch.cat([real, artist.sample(48, seed=0)]), columns=12, row_labels=names)

# %% [markdown]
# ### A walk
#
# G is a continuous map from 32 numbers to pictures: walk through the numbers and the picture follows. Take two noise
# vectors $z_0, z_1$ and go round the circle $z(t) = z_0\cos t + z_1\sin t$, each point of which is as typical a draw
# from the prior as the two ends. Predict what lies between two digits: a cross-fade, or other digits?

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-walk
#| fig-cap: >-
#|   **What to see.** Four walks at once, one in each column of pictures; the angle grows from panel to panel. What lies
#|   between two digits is seldom a cross-fade: a stroke bends, opens or closes, and other digits appear on the way.
#|   Where a picture cannot be named, G was asked about the gap between two kinds of digit. It is continuous; the data
#|   are not.
#| fig-alt: >-
#|   Eight small panels with four pictures of eight by eight pixels each. From panel to panel every digit bends
#|   gradually into others, and the last panel leads back to the first.
engine.seed(3)
start, end = artist.prior(4), artist.prior(4)


def at_angle(axes, angle):
    t = math.radians(angle)
    with torch.no_grad(), artist.evaluating(), artist.average.replacing():
        show.grid(artist.G(start * math.cos(t) + end * math.sin(t)), columns=4, axes=axes)


show.explore(at_angle, angle=list(range(0, 316, 45)), columns=4, height=0.75)

# %% [markdown]
# ### A number for it, and what the number is worth
#
# The paper of 2014 scored generators by *Parzen windows*: put a small Gaussian on each of 10,000 samples, call the sum
# a density, choose its width on validation images, report the mean log density of the test images. Here is ours by the
# same recipe, with 270 images for the choice and 450 for the score.

# %% course={"role": "demo"}
ours = recipes.score_digits(artist)
holds("our digits, 10,000 samples: at least 20 nats", ours.nats >= 20, ours)

# %% [markdown]
# Before you are pleased, commit yourself once more. Three candidates, a hundred pictures each: a hundred *real*
# training digits; a hundred pictures from our generator; and the hundred cluster centres of k-means, which are blurred
# averages that nobody would call samples. Rank them.

# %% course={"role": "demo"}
train, test = data.to_unit(data.digits().x), data.to_unit(data.digits("test").x)
train, validation = train[: recipes.TRAIN], train[recipes.TRAIN :]
clusters = (
    KMeans(100, n_init=1, random_state=0).fit(train.flatten(1).numpy()).cluster_centers_
)


def parzen(pictures):
    return metrics.parzen(pictures, validation, test).nats


hundred_ours = parzen(data.to_unit(artist.sample(100, seed=0)))
hundred_real = parzen(train[:100])
hundred_blurs = parzen(torch.from_numpy(clusters).reshape(-1, 1, 8, 8))
close("100 real digits, nats", hundred_real, 9.8, 0.1)
close("100 cluster centres, nats", hundred_blurs, 22.5, 1.5)
every_real = parzen(train)
close("all 1077 real training digits, nats", every_real, 26.6, 0.1)
holds("more than 10,000 of ours", every_real > ours.nats, ours)
holds(
    "100 of ours: less than half of what 10,000 of ours score",
    hundred_ours < ours.nats / 2,
    hundred_ours,
)

# %% [markdown]
# A hundred blurs beat a hundred real digits by more than ten nats, and rival ten thousand samples of a generator whose
# pictures can be read. No accident: k-means makes the mean squared distance from an image to its nearest centre small,
# and that distance is very nearly what the score measures. The number also moves by more than ten nats with the number
# of samples, and the training images themselves would beat our generator without having generated anything.
# {cite:t}`theis2016` conclude that Parzen windows should generally be avoided. We print them because the first table of
# the first paper did. A later chapter is about metrics that are harder to please.
#
# | what | on | samples | Parzen, nats |
# |---|---|---|---|
# | adversarial nets ({cite:t}`goodfellow2014`, table 1) | MNIST, 784 pixels | 10,000 | 225 ± 2 |
# | this chapter, 700 rounds, live | digits, 64 pixels | 10,000 | at least 20 |
# | `recipes.digits`, 2000 rounds, three recorded seeds | digits | 10,000 | 25.5, 25.7, 25.8, each ± 0.8 |
# | all real training digits | digits | 1077 | 26.6 ± 0.8 |
# | cluster centres | digits | 100 | 22.5 ± 0.7 |
# | real training digits | digits | 100 | 9.8 ± 0.5 |
#
# The first row is the paper's, on other data. A log density adds up over pixels and depends on their units: 225 on 784
# pixels and 22 on 64 share a protocol, and cannot be compared in either direction.

# %% [markdown]
# ## The real training
#
# So let us meet the paper on its own data. `recipes.gan_mnist` is the game of this chapter on MNIST: two layers for each
# player, no convolution, and the paper's protocol to the letter, with training on the first 50,000 images, the width
# of the windows from the next thousand, and the score from the 10,000 of the test set. The next cell plays it if there
# is a GPU. If there is none, it loads the run that was recorded, checks its files, and takes the scores again that need
# no data set.

# %% course={"role": "demo"}
run, judge = zoo.run("gan_mnist"), zoo.judge("mnist")
again = recipes.score_gan_mnist(run.game, judge)
holds("10,000 samples, scored again: as recorded", run.agrees(again), again)
holds("no digit is rarer than 1 in 25 samples", again["rarest"] > 0.04, again)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-mnist
#| fig-cap: "**What to see.** Twelve samples, as they came. Most can be named. The strokes are dotted and their edges ragged: each of the 784 pixels has weights of its own, and nothing tells these networks that two pixels are neighbours. {doc}`../2_architectures/08_dcgan` tells them."
#| fig-alt: A row of twelve grey handwritten digits of 28 by 28 pixels. Most can be read; their strokes are grainy, and some are broken.
show.grid(run.game.sample(12, seed=1), columns=12)

# %% [markdown]
# | what | Parzen, nats |
# |---|---|
# | adversarial nets ({cite:t}`goodfellow2014`, table 1) | 225 ± 2 |
# | `recipes.gan_mnist`, small size, recorded seeds 0, 1, 2 | 225, 223, 224 (± 2) |
# | the same, one seed, G averaged over some 500 moves, not 2000 | 203 (± 2) |
# | 10,000 real training images in the place of samples | 241 ± 2 |
#
# Every ± is a standard error over the 10,000 test images; over the three seeds the score is
# 224 ± 1. So the number of 2014 is met, by networks an eighth of the size, in two minutes of one CPU core. Before you
# celebrate, look at the row below it. Samples are drawn with an *average* of G's recent weights, and how far back it reaches
# moves the score by 21 nats: averaged weights draw smoother pictures, and the windows like them smooth. The
# judge of {doc}`06_measuring` agrees about the order, not about the size: its Fréchet distance from the test images is
# 5.0, 5.3, 5.2 for the three long averages and 6.0 for the short one. A Parzen score without its averaging is half a number.

# %% [markdown]
# ## Where popular notes go wrong
#
# **"Only G is updated, because only `g_loss.backward()` is called."** Its backward filled both gradients; the optimizer
# decided. The half of the story that is left out is the half that breaks runs: without one `zero_grad`, D ended worse
# than a coin.
#
# **"Without `detach`, D's step would train G."** It filled G's gradient and moved nothing.
#
# **"Both losses have converged, so training is finished."** Under the linear D they had converged to the theoretical
# optimum, with most of the fakes where there are no data.
#
# **"G's loss shows how good the samples are."** On the ring it stood still while quality went from nothing to more than
# 60 %.
#
# **"Use all the tricks."** In a sound recipe six of our seventeen changes made no difference that eight seeds could
# show. In an unsound one, what helped most was to leave something out.
#
# **"A higher likelihood is a better generator."** Not this likelihood: blurs beat digits.

# %% [markdown]
# ## Exercises
#
# ```{exercise} D's loss, with one trick in it
# :label: ch05.q1
# Write D's loss of {eq}`eq-two-losses` from scores, with *one-sided label smoothing* {cite:p}`salimans2016`: of the
# real points a share `target` counts as real and the rest as fake; the fakes are all fake. With `target=1` it is the
# loss of this chapter. It must survive any score.
# ```


# %% course={"role": "answer", "q": "ch05.q1", "points": 2}
# >>> answer: ch05.q1
def d_loss(real, fake, target):
    """D's loss, a scalar, from the scores of a real batch (B, 1) and of a fake one (C, 1)."""
    on_real = target * softplus(-real) + (1 - target) * softplus(real)
    return on_real.mean() + softplus(fake).mean()


# %% course={"role": "check", "q": "ch05.q1"}
ch05.q1(d_loss)

# %% course={"role": "hidden", "q": "ch05.q1", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    real, fake = (
        torch.tensor([[draw.gauss(0, 3)] for _ in range(n)]).double() for n in (3, 4)
    )
    return real, fake, draw.uniform(0.7, 1)


evaluate(d_loss, inputs)

# %% [markdown]
# ```{exercise} What not knowing costs
# :label: ch05.q2
# A discriminator says the same probability $d$ of every point, real or fake. Return D's loss and G's, both of
# {eq}`eq-two-losses`. Then ask yourself which $d$ is cheapest for such a D, and what it pays.
# ```


# %% course={"role": "answer", "q": "ch05.q2", "points": 1}
# >>> answer: ch05.q2
def undecided(d):
    """D's loss and G's loss, in nats, when D(x) = d everywhere."""
    return -math.log(d) - math.log(1 - d), -math.log(d)


# %% course={"role": "check", "q": "ch05.q2"}
ch05.q2(undecided)

# %% course={"role": "hidden", "q": "ch05.q2", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(undecided, lambda draw: (draw.uniform(0.05, 0.95),))

# %% [markdown]
# ````{exercise} What is filled, what has moved
# :label: ch05.q3
# Three times, start from fresh networks with empty gradients, play one of these lines, and say for its row whether
# afterwards G's gradients are filled, D's gradients are filled, G's weights have moved, D's weights have moved.
#
# ```python
# g_loss.backward(); optimizer_G.step()    # row 1
# d_loss.backward(); optimizer_D.step()    # row 2; the fakes were not detached
# game.players["G"].move(real)             # row 3: the engine
# ```
# ````

# %% course={"role": "answer", "q": "ch05.q3", "points": 2}
# >>> answer: ch05.q3
filled_and_moved = [
    [True, True, True, False],
    [True, True, False, True],
    [True, False, True, False],
]

# %% course={"role": "check", "q": "ch05.q3"}
ch05.q3(filled_and_moved)

# %% [markdown]
# ```{exercise} Algorithm 1, in full
# :label: ch05.q4
# :class: essential
# Write the round of `TwoForOne`, for any number of moves, in plain PyTorch: D moves once for every pair of real points
# and noise in `batches`, then G moves once on the noise `z`. Use the losses of {eq}`eq-two-losses` (`nonsaturating`
# has them) and the optimizers you are given, and let D's moves compute no gradient of G. The check plays two rounds
# between straight lines whose weights can be worked out by hand.
# ```


# %% course={"role": "answer", "q": "ch05.q4", "points": 3}
# >>> answer: ch05.q4
def bare_round(G, D, optimizer_G, optimizer_D, batches, z):
    """D moves on each (real, noise) of batches, then G on z; changes both, returns nothing."""
    for real, noise in batches:
        optimizer_D.zero_grad()
        nonsaturating.d(D(real), D(G(noise).detach())).backward()
        optimizer_D.step()
    optimizer_G.zero_grad()
    nonsaturating.g(D(G(z))).backward()
    optimizer_G.step()


# %% course={"role": "check", "q": "ch05.q4"}
ch05.q4(bare_round)

# %% course={"role": "hidden", "q": "ch05.q4", "atol": 0.001}
from ganlib.grading import evaluate


def played(start, rounds):
    """The weights after some rounds on G(z) = wz + b and D(x) = ax + c."""
    G, D = nn.Linear(1, 1).double(), nn.Linear(1, 1).double()
    parameters = [*G.parameters(), *D.parameters()]
    for parameter, value in zip(parameters, start):
        nn.init.constant_(parameter, value)
    optimizers = [torch.optim.SGD(network.parameters(), lr=0.5) for network in (G, D)]
    for a, b, c, d, z in rounds:
        bare_round(G, D, *optimizers, [(a, b), (c, d)], z)
    return [parameter.item() for parameter in parameters]


def inputs(draw):
    numbers = [[[[draw.gauss(0, 1)] for _ in range(3)] for _ in range(5)] for _ in range(2)]
    return [draw.uniform(-1, 1) for _ in range(4)], torch.tensor(numbers).double()


evaluate(played, inputs)

# %% [markdown]
# ```{exercise} Fool the straight line
# :label: ch05.q5
# Given some real numbers, return fakes that the best linear discriminator cannot tell from them, although they are
# *twice as wide*: their standard deviation is twice that of the data.
# ```


# %% course={"role": "answer", "q": "ch05.q5", "points": 1}
# >>> answer: ch05.q5
def fool_linear(real):
    """From real points (n,) to fakes of the same mean and twice the standard deviation."""
    return real.mean() + 2 * (real - real.mean())


# %% course={"role": "check", "q": "ch05.q5"}
ch05.q5(fool_linear)

# %% course={"role": "hidden", "q": "ch05.q5", "atol": 0.001}
from ganlib.grading import evaluate


def moments(real):
    """Mean of the fakes, and their width in widths of the data."""
    fake = torch.as_tensor(fool_linear(real)).double()
    return fake.mean(), fake.std(correction=0) / real.std(correction=0)


evaluate(
    moments, lambda draw: (torch.tensor([draw.uniform(-5, 5) for _ in range(6)]).double(),)
)

# %% [markdown]
# ```{exercise} Fool the parabola
# :label: ch05.q6
# Now the discriminator is quadratic. Return fakes that it cannot tell from the data, although they are other points.
# The real numbers are lopsided; that is a hint.
# ```


# %% course={"role": "answer", "q": "ch05.q6", "points": 2}
# >>> answer: ch05.q6
def fool_quadratic(real):
    """From real points (n,) to other points of the same mean and standard deviation."""
    return 2 * real.mean() - real


# %% course={"role": "check", "q": "ch05.q6"}
ch05.q6(fool_quadratic)

# %% course={"role": "hidden", "q": "ch05.q6", "atol": 0.001}
from ganlib.grading import evaluate


def other_points(real):
    """Mean of the fakes, their width in widths of the data, and whether they are others."""
    fake = torch.as_tensor(fool_quadratic(real)).double()
    same = len(fake) == len(real) and torch.allclose(fake.sort().values, real.sort().values)
    return fake.mean(), fake.std(correction=0) / real.std(correction=0), not same


evaluate(
    other_points,
    lambda draw: (torch.tensor([draw.uniform(-5, 5) for _ in range(6)]).double(),),
)

# %% [markdown]
# ## How we know
#
# | statement | held up by | the figure it asserts |
# |---|---|---|
# | {eq}`eq-first-losses` | `tests/test_losses.py::test_losses_of_a_discriminator_that_scores_everything_zero` | 2 log 2, log 2 |
# | no score overflows a loss | `tests/test_losses.py::test_confident_scores_overflow_nowhere` | finite |
# | bare loop and engine agree | `tests/test_games.py::test_a_game_and_its_bare_loop_have_the_same_losses` | every game |
# | backward fills both, a step moves one | `tests/test_ch05.py::test_backward_fills_both_networks_and_a_step_moves_one` | every weight |
# | the engine marks only the mover | `tests/test_engine.py::test_a_move_leaves_no_gradient_on_the_other_player` | no gradient |
# | `detach` changes no number | `tests/test_ch05.py::test_detach_changes_no_number` | equal bits |
# | a missing `zero_grad` does | `tests/test_ch05.py::test_without_zero_grad_the_discriminator_does_worse_than_a_coin` | above 1.5 |
# | {eq}`eq-blind` | `tests/test_ch05.py::test_the_slope_of_a_blind_discriminator_is_half_the_gap_of_its_features` | 1e-12 |
# | {eq}`eq-mmd` | `tests/test_ch05.py::test_the_slope_has_half_the_length_of_the_mmd` | 1e-12 |
# | equal features make D blind | `tests/test_ch05.py::test_the_best_discriminator_is_blind_to_what_its_features_do_not_show` | scikit-learn's logistic regression |
# | G matches what D sees | `tests/test_ch05.py::test_a_generator_matches_the_moments_that_its_discriminator_sees` | mean 0.15, width 0.15 |
# | momentum makes errors grow | `tests/test_ch05.py::test_momentum_makes_a_turning_game_grow` | 150 rounds against the eigenvalue |
# | the table of tricks | `tests/test_ch05.py::test_the_table_of_tricks_is_what_was_recorded` | 288 recorded runs |
# | a target of 0.9 as a penalty | `tests/test_ch05.py::test_the_smoothed_game_has_the_smoothed_loss` | the loss of {numref}`Exercise %s <ch05.q1>` |
# | {eq}`eq-evidence` | `tests/test_theory.py::test_value_is_largest_for_the_optimal_score` | random scores stay below |
# | ceiling and floor of the counts | `tests/test_metrics.py::test_a_perfect_sampler_scores_its_ceiling_and_its_floor` | 98.89 %, 7/5000 |
# | a resumed run is an uninterrupted one | `tests/test_engine.py::test_a_run_cut_by_checkpoints_ends_bit_for_bit_like_one_that_was_not` | equal bits |
# | a loss that is no number stops the run | `tests/test_engine.py::test_a_loss_that_is_no_number_stops_the_run_and_says_where` | player, round, checkpoint |
# | the GAN of 2014 on MNIST | `tests/test_ch05.py::test_the_table_of_mnist_is_what_was_recorded` | 225, 223, 224 |
# | a longer average | `tests/test_ch05.py::test_a_longer_average_pleases_the_windows_far_more_than_the_judge` | at least 15 nats |
# | blurs beat as many real digits | `tests/test_metrics.py::test_cluster_centres_beat_as_many_real_images_and_not_all_of_them` | by more than 10 nats |
# | the numbers of {numref}`Exercise %s <ch05.q4>` | `tests/test_ch05.py::test_the_bare_round_worked_out_by_hand` | derivatives on paper |

# %% [markdown]
# ## You can now
#
# - write a round of the game without help, and say of `detach`, `zero_grad`, `backward` and `step` what each fills,
#   empties and moves;
# - check a loop by its first two numbers, 1.386 and 0.693, and read the later ones as evidence in one direction only;
# - say what a generator will match by looking at its discriminator, and give its blind spot by example; train, stop,
#   resume and score a GAN, and distrust the score.

# %% [markdown]
# ## Sources
#
# The game, Algorithm 1, the non-saturating loss and the Parzen table are from {cite:t}`goodfellow2014`; one-sided label
# smoothing from {cite:t}`salimans2016`; R1 from {cite:t}`mescheder2018`; noise on D's input from
# {cite:t}`arjovsky2017principled`; two learning rates from {cite:t}`heusel2017`; averaging G from {cite:t}`yazici2019`;
# batch normalisation from {cite:t}`ioffe2015`; the maximum mean discrepancy from {cite:t}`gretton2012`; the three
# numbers for modes from {cite:t}`lin2018`; the case against Parzen windows from {cite:t}`theis2016`; Adam from
# {cite:t}`kingma2014adam`, whose momentum {cite:t}`radford2015` turned down to 0.5 for GANs. Learning curves that mean
# something are among the things that {cite:t}`arjovsky2017` offer, with another distance.
#
# What popular notes get wrong: that `backward` chooses whom to update; that `detach` protects G from D's step; that
# flat losses are finished losses, and small ones good ones.
