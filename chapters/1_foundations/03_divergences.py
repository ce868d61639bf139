# %% [markdown]
# # Divergences
#
# **Claim.** *How wrong is the forger?* has no single answer. Every divergence names its own best forgery, and far from
# the data several of them name no direction in which to improve.
#
# You will be able to
#
# - say which of two bad forgeries a divergence prefers, and why, before you compute it;
# - compute KL, JS, TV and $W_1$ for tables, bells and samples, and keep them in order with a chain of inequalities;
# - say which of them still pull at a forger who is far away, and which can be had from samples alone, by a critic.

# %% [markdown]
# ## Before you read on
#
# The data are two equal humps of width ½, one at −2 and one at 2. Your forger owns a single bell
# $\mathcal N(\mu, \sigma^2)$ and may choose where to put it and how wide to make it. **What are the best $\mu$ and
# $\sigma$?** Write your bet into the cell and run it. You will meet it again.

# %%
my_mean, my_width = 1.0, 1.0  # put your own numbers here

# %% course={"role": "setup"} tags=["hide-input"]
import itertools
import math

import torch
from scipy.optimize import linear_sum_assignment
from torch import nn
from torch.distributions import Normal

import ganlib
from ganlib import data, engine, networks, show, theory
from ganlib.grading import close, holds
from ganlib.grading.exercises import ch03

device = ganlib.setup(seed=0)
torch.set_num_threads(1)  # networks this small gain nothing from a second core

# %% [markdown]
# ## Surprise
#
# Somebody sends you letters, one at a time: half of them `a`, a quarter `b`, an eighth each `c` and `d`. How many bits
# does a letter need? Two bits can name any of four. But a code may spend fewer on what comes often, and `0`, `10`,
# `110`, `111` can be read without gaps: no code word begins with another. A letter of share $p$ gets
# $\log_2 \tfrac1p$ bits here. The mean is the *entropy*,
#
# $$ H(p) = \mathbb E_p\Bigl[\log\frac1p\Bigr] , $$ (eq-di-entropy)
#
# and no code that can be read back does better on average {cite:p}`shannon1948`. Let us send twenty thousand letters
# and count.

# %% course={"role": "check"}
engine.seed(0)
shares = torch.tensor([1 / 2, 1 / 4, 1 / 8, 1 / 8], dtype=torch.float64)
code = ["0", "10", "110", "111"]
letters = torch.multinomial(shares, 20_000, replacement=True).tolist()
message = "".join(code[k] for k in letters)

close("bits a letter, counted", len(message) / len(letters), 1.75, atol=0.05)
close("entropy in bits", theory.entropy(shares) / math.log(2), 1.75, atol=1e-9)
close("entropy in nats", theory.entropy(shares), 1.213, atol=1e-3)

# %% [markdown]
# From here on $\log$ is natural and the unit is the *nat*, 1.443 bits. Read $\log\tfrac1p$ as the *surprise* at seeing
# something of probability $p$: none at what is certain, without limit at what is impossible.
#
# Now believe something false. The letters come with shares $p$ and your code is made for shares $q$. Then you pay the
# *cross-entropy*,
#
# $$ H(p, q) = \mathbb E_p\Bigl[\log\frac1q\Bigr] = H(p) + \mathrm{KL}(p\,\|\,q),
#    \qquad \mathrm{KL}(p\,\|\,q) = \mathbb E_p\Bigl[\log\frac pq\Bigr] , $$ (eq-di-kl)
#
# and the surplus is the Kullback–Leibler divergence: the price of a false belief. $p$ pays, $q$ is what was believed.
# The usual loss of a classifier is a cross-entropy; where the data stand still, lowering it and lowering the KL are the
# same thing.
#
# Nobody gains by a false belief: by Jensen's inequality
# $-\mathrm{KL}(p\,\|\,q) = \mathbb E_p[\log\frac qp] \le \log\mathbb E_p[\frac qp] \le \log 1 = 0$.

# %% course={"role": "check"}
believed = shares.flip(0)  # a code made for the letters in the reverse order
paid = sum(len(code[3 - k]) for k in letters) / len(letters) * math.log(2)
close("nats a letter with the wrong code, counted", paid, 1.820, atol=0.05)
close("cross-entropy", theory.cross_entropy(shares, believed), 1.820, atol=1e-3)
surplus = theory.cross_entropy(shares, believed) - theory.entropy(shares)
close("their difference, the KL", surplus, theory.kl(shares, believed), atol=1e-6)

# %% [markdown]
# ```{exercise} Zeros
# :label: ch03.q1
# Write $\mathrm{KL}(p\,\|\,q)$, in nats, for two lists of probabilities. Mind the zeros, of either list and of both:
# what never happens cannot surprise you, and what you thought impossible surprises you without limit.
# ```


# %% course={"role": "answer", "q": "ch03.q1", "points": 2}
# >>> answer: ch03.q1
def kl_of_tables(p, q):
    """KL(p || q) in nats of two lists of probabilities."""
    total = 0.0
    for a, b in zip(p, q):
        if a > 0:
            total += a * math.log(a / b) if b > 0 else math.inf
    return total


# %% course={"role": "check", "q": "ch03.q1"}
ch03.q1(kl_of_tables)

# %% course={"role": "hidden", "q": "ch03.q1", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    p, q = ([draw.uniform(0.1, 1) for _ in range(4)] for _ in range(2))
    p[draw.randrange(4)] = 0.0
    return [a / sum(p) for a in p], [b / sum(q) for b in q]


evaluate(kl_of_tables, inputs)

# %% [markdown]
# The two zeros are the whole character of KL. *What $p$ has and $q$ lacks* costs infinitely much; *what $q$ has and $p$
# lacks* costs nothing where it stands (only the mass that is then missing elsewhere). So $\mathrm{KL}(p\,\|\,q)$ and
# $\mathrm{KL}(q\,\|\,p)$ fear different mistakes, and only one of the two can be your loss.
#
# Between two bells, the integral can be done on paper:
#
# $$ \mathrm{KL}\bigl(\mathcal N(m_1, s_1^2)\,\|\,\mathcal N(m_2, s_2^2)\bigr)
#    = \log\frac{s_2}{s_1} + \frac{s_1^2 + (m_1 - m_2)^2}{2 s_2^2} - \frac12 . $$ (eq-di-bells)
#
# With equal widths 1 and a gap $\Delta$ that is $\Delta^2/2$, both ways. With unequal widths the ways part.

# %% course={"role": "check"}
x = torch.linspace(-12, 12, 1201, dtype=torch.float64)


def bells(mean, std):
    """Densities of N(mean, std**2) on the grid x, a row for each bell."""
    return Normal(mean[..., None], std[..., None]).log_prob(x).exp()


def bell(mean, std):
    """The density of one bell on the grid x."""
    return bells(torch.tensor(mean).double(), torch.tensor(std).double())


narrow, broad = bell(0.0, 1.0), bell(0.0, 2.0)
for m in (1.0, 2.0, 3.0):
    close(
        f"gap {m:g}: KL, summed on a grid",
        theory.kl(narrow, bell(m, 1.0), x),
        m**2 / 2,
        1e-6,
    )
close(
    "data width 1, believed 2", theory.kl(narrow, broad, x), math.log(2) - 3 / 8, atol=1e-4
)
close(
    "data width 2, believed 1", theory.kl(broad, narrow, x), 3 / 2 - math.log(2), atol=1e-4
)

# %% [markdown]
# Thinking the world wider than it is costs 0.318 nats; thinking it narrower costs 0.807.

# %% [markdown]
# ## Two ways to be wrong
#
# Back to the forger of the first page, with one bell $q$ for two humps $p$. Take the *forward* divergence
# $\mathrm{KL}(p\,\|\,q)$ first. By {eq}`eq-di-kl`, making it small is making the cross-entropy
# $-\mathbb E_p[\log q]$ small, which is to give the data as much log-likelihood as one can: *maximum likelihood* is the
# forward KL, under its older name.
#
# ```{exercise} The forward fit
# :label: ch03.q2
# :class: essential
# The data are a mixture of Gaussians with these weights (which add up to 1), means and standard deviations. Which
# Gaussian $q$ makes $\mathrm{KL}(p\,\|\,q)$ smallest? Return its mean and its standard deviation. The proof comes right
# after; do not read it first.
# ```


# %% course={"role": "answer", "q": "ch03.q2", "points": 3}
# >>> answer: ch03.q2
def best_bell(weights, means, stds):
    """Mean and standard deviation of the Gaussian q with the smallest KL(p || q)."""
    mean = sum(w * m for w, m in zip(weights, means))
    square = sum(w * (m**2 + s**2) for w, m, s in zip(weights, means, stds))
    return mean, math.sqrt(square - mean**2)


# %% course={"role": "check", "q": "ch03.q2"}
ch03.q2(best_bell)

# %% course={"role": "hidden", "q": "ch03.q2", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    weights = [draw.uniform(0.1, 1) for _ in range(3)]
    means, stds = ([draw.uniform(*ends) for _ in range(3)] for ends in ((-3, 3), (0.3, 2)))
    return [w / sum(weights) for w in weights], means, stds


evaluate(best_bell, inputs)

# %% [markdown]
# Say $p$, whatever its shape, has mean $\bar x$ and variance $v$. Then
#
# $$ -\mathbb E_p[\log q] = \log\sigma + \frac{v + (\bar x - \mu)^2}{2\sigma^2} + \tfrac12\log 2\pi . $$ (eq-di-moments)
#
# For any $\sigma$ the best $\mu$ is $\bar x$. With it, the derivative by $\sigma$ is $1/\sigma - v/\sigma^3$: negative
# below $\sigma^2 = v$, positive above. So the forward fit copies mean and variance and looks at nothing else.
# $\blacksquare$
#
# Two humps at ±2 of width ½ have mean 0 and variance $\tfrac14 + 4$, so $\sigma = 2.062$. The price can be done in the
# head too. Two humps that hardly overlap have the entropy of one of them plus $\log 2$, the question *which?*; a bell
# has $\log\sigma$ plus a constant; so $\mathrm{KL} \approx \log(2.062/0.5) - \log 2 = 0.723$. The small overlap makes it
# 0.724.
#
# For the *reverse* divergence $\mathrm{KL}(q\,\|\,p) = \mathbb E_q[\log\frac qp]$ there is no such formula, but think of
# a $q$ that sits on one hump and has its width. There $p$ is half of $q$, so $\log\frac qp = \log 2$, on average too;
# how far away the other hump lies does not enter. And $q$ pays dearly for every bit of itself in the gap, where $p$ is
# nearly nothing.
#
# So much for paper. Let us *fit*, by plain gradient descent on either divergence, from several starts. The two
# divergences differ by the order of two arguments.


# %%
def humps(share=0.5, distance=4.0):
    """Two humps of width 1/2 around 0; `share` is the left one's."""
    left, right = bell(-distance / 2, 0.5), bell(distance / 2, 0.5)
    return share * left + (1 - share) * right


def descend(divergence, starts, rate=0.05, steps=800):
    """Gradient descent in the mean and the log of the width, from each start."""
    w = torch.tensor(starts, dtype=torch.float64)
    w[:, 1] = w[:, 1].log()
    path = []
    for _ in range(steps):
        path.append(torch.stack([w[:, 0], w[:, 1].exp()], dim=1))
        w.requires_grad_()
        loss = divergence(bells(w[:, 0], w[:, 1].exp()))
        (slope,) = torch.autograd.grad(loss.sum(), w)
        w = (w - rate * slope).detach()
    return torch.stack(path), loss.detach()


target = humps()
two_humps = data.mixture_1d([-2.0, 2.0], 0.5)  # the same, as a source of samples


def forward(q):
    return theory.kl(target, q, x)


def reverse(q):
    return theory.kl(q, target, x)


# %% course={"role": "check"}
starts = [[-1.5, 1.0], [0.1, 1.0], [2.0, 1.4]]
to_cover, price = descend(forward, starts)
close("forward, from three starts: mean", to_cover[-1, :, 0], [0.0, 0.0, 0.0], atol=5e-3)
close("                           width", to_cover[-1, :, 1], 3 * [math.sqrt(4.25)], 5e-3)
close("                              KL", price, 3 * [0.7236], atol=5e-4)

to_seek, price = descend(reverse, starts)
ends, prices = to_seek[-1, [0, 2]], price[[0, 2]]
close("reverse, from the outer two: mean and width", ends, [[-2, 0.5], [2, 0.5]], atol=5e-3)
close("                              KL against log 2", prices, 2 * [math.log(2)], 5e-4)
close("data at 0, between the humps", target[x.abs().argmin()], 0.0003, atol=1e-4)
print(f"your bet: mean {my_mean:g}, width {my_width:g}")

# %% tags=["hide-input"]
#| label: fig-di-fits
#| fig-cap: "**What to see.** The data are two humps in both panels. Left, the bell that likelihood chooses reaches over both, and is highest where there are hardly any data. Right, the reverse fit: one hump copied, or the other, and the rest ignored. (The thin lines are the bell on its way, after 0, 10 and 25 steps.) Neither is a mistake of the optimizer. Each is the best answer to its own question."
#| fig-alt: Two panels with the same two narrow humps at minus 2 and 2. Left, one broad low dashed bell centred at 0 covers both humps and the gap between them. Right, two dashed bells, each lying on one hump with twice its height. Thin lines show the bell that began at mean 2, width 1.4, on its way to each.
figure, (left, right) = show.panels(2, height=2.6)
line = torch.linspace(-5, 5, 301)
data_at = two_humps.log_prob(line[:, None]).exp()
for axes, path, runs, title in (
    (left, to_cover, (2,), "forward KL: cover"),
    (right, to_seek, (0, 2), "reverse KL: choose"),
):
    fits = [Normal(*path[-1, k]).log_prob(line).exp() for k in runs]
    show.densities(
        line,
        data_at,
        fits[-1],
        names=("", "", ""),
        limits=(0, 0.95),
        title=title,
        axes=axes,
    )
    for fit in fits[:-1]:
        axes.plot(line, fit, color=show.FAKE.colour, ls=show.FAKE.line)
    for step in (0, 10, 25):
        way = Normal(*path[step, 2]).log_prob(line).exp()
        axes.plot(line, way, color=show.FAKE.colour, lw=1.0, alpha=0.6)
    axes.annotate("p", (-2.0, 0.42), ha="center", color=show.REAL.colour, size=9.5)
    for fit, k in zip(fits, runs):
        place = (path[-1, k, 0], fit.max() + 0.03)
        axes.annotate("q", place, ha="center", color=show.FAKE.colour, size=9.5)
figure

# %% [markdown]
# The forward fit puts its peak at 0, where the data have a density of 0.0003, because leaving a hump out would cost far
# more than standing in the gap. It is called *mode-covering*. The reverse fit, *mode-seeking*, would rather say half of
# the truth than anything false. If your bet was 0 and wide, you think like a statistician. If it was 2 and narrow, you
# think like a forger, who is never blamed for the notes he did not print.
#
# What became of the middle start, with mean 0.1 and width 1? Guess before you read the next cell.

# %% course={"role": "check"}
close("reverse, from (0.1, 1): mean", to_seek[-1, 1, 0], 0.0, atol=5e-3)
close("                       width", to_seek[-1, 1, 1], 1.736, atol=5e-3)
close("                          KL", price[1], 1.871, atol=5e-3)


# %% tags=["hide-input"]
#| label: fig-di-map
#| fig-cap: "**What to see.** Every place is a bell, with its mean to the right and its width upwards; the arrows point downhill, the stars are valleys, and beside them stands the KL. Above, all ways lead to one place. Below there are three: a narrow bell on either hump, and between them, at width 1.74, a poor one that straddles both. Where you end depends on where you began."
#| fig-alt: Two maps over mean, from minus 3 to 3, and width, from 0.4 to 2.9. In the upper map three paths bend towards the one point at mean 0, width 2.06. In the lower map a path from the left ends at minus 2, width 0.5, a path from the right at 2, width 0.5, and a path from the middle rises to mean 0, width 1.74.
def downhill(divergence):
    """The motion of (mean, width) under gradient descent, as a field."""

    def motion(places):
        mean, width = places.double().unbind(1)
        w = torch.stack([mean, width.log()]).requires_grad_()
        loss = divergence(bells(w[0], w[1].exp())).sum()
        (slope,) = torch.autograd.grad(loss, w)
        return torch.stack([-slope[0], -slope[1] * width], dim=1)

    return motion


figure, rows = show.panels(2, columns=1, height=2.5)
lows = {"log 2": (-2.0, 0.5), "1.871": (0.0, 1.736), "log 2 ": (2.0, 0.5)}
for axes, divergence, paths, title, valleys in (
    (rows[0], forward, to_cover, "forward KL", {"0.724": (0.0, 2.06)}),
    (rows[1], reverse, to_seek, "reverse KL", lows),
):
    show.field(
        downhill(divergence),
        paths={
            name: paths[:, k] for k, name in enumerate(("from −1.5", "from 0.1", "from 2"))
        },
        points=valleys,
        extent=(-3.0, 3.0, 0.4, 2.9),
        side=9,
        power=0.2,
        labels=("mean", "width"),
        title=title,
        axes=axes,
    )
figure

# %% [markdown]
# *Mode-seeking* describes the lowest valley, and gradient descent promises only *some* valley. The next failure is
# therefore to be expected, and still worth seeing. Let the left hump hold nine tenths of the data, and begin on the
# right.

# %% course={"role": "check"}
lopsided = humps(share=0.9)
path, price = descend(lambda q: theory.kl(q, lopsided, x), [[2.5, 1.0], [-2.5, 1.0]])
close("from the right it ends at", path[-1, 0, 0], 2.0, atol=5e-3)
close("  on a tenth of the data, for log 10", price[0], math.log(10), atol=5e-3)
close("from the left, for log 10/9", price[1], math.log(10 / 9), atol=5e-3)
path, _ = descend(lambda q: theory.kl(lopsided, q, x), [[1.5, 1.0]])
close("the forward fit, from the right", path[-1, 0], [-1.6, 1.3], atol=5e-3)

# %% [markdown]
# It stays there for good: to reach the large hump it would have to cross the gap, and every step into the gap costs
# more. All the while $\mathrm{KL}(q\,\|\,p)$ is a convex function of the *density* $q$. The valleys come from the
# parameters, because the average of two bells is not a bell.

# %% [markdown]
# ## An even judge
#
# KL plays favourites: it has a first and a second argument, and is infinite as soon as the second misses something.
# Compare both with their average $m = \tfrac12(p+q)$, which misses nothing:
#
# $$ \mathrm{JSD}(p, q) = \tfrac12\,\mathrm{KL}(p\,\|\,m) + \tfrac12\,\mathrm{KL}(q\,\|\,m) . $$ (eq-di-js)
#
# This is the Jensen–Shannon divergence {cite:p}`lin1991`. It is symmetric. And as $p/m \le 2$ everywhere, neither term
# can exceed $\log 2$, the value it takes when $p$ and $q$ never meet.
#
# ```{exercise} The even judge
# :label: ch03.q3
# Write $\mathrm{JSD}(p, q)$, in nats, for two lists of probabilities, zeros allowed. It should be 0.693 for two lists
# that have nothing in common.
# ```


# %% course={"role": "answer", "q": "ch03.q3", "points": 2}
# >>> answer: ch03.q3
def js_of_tables(p, q):
    """JSD(p, q) in nats of two lists of probabilities."""
    total = 0.0
    for a, b in zip(p, q):
        middle = (a + b) / 2
        total += a / 2 * math.log(a / middle) if a > 0 else 0.0
        total += b / 2 * math.log(b / middle) if b > 0 else 0.0
    return total


# %% course={"role": "check", "q": "ch03.q3"}
ch03.q3(js_of_tables)

# %% course={"role": "hidden", "q": "ch03.q3", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    p, q = ([draw.uniform(0.1, 1) for _ in range(4)] for _ in range(2))
    p[draw.randrange(4)] = 0.0
    return [a / sum(p) for a in p], [b / sum(q) for b in q]


evaluate(js_of_tables, inputs)

# %% [markdown]
# There is no formula for two bells, only numbers. Which of the two fits above does the even judge prefer? Guess first.

# %% course={"role": "check"}
for m, value in ((1.0, 0.111421), (2.0, 0.336831), (3.0, 0.526777)):
    close(f"gap {m:g}: JSD", theory.js(Normal(0.0, 1.0), Normal(m, 1.0)), value, atol=1e-6)
close(
    "JSD of the humps and the bell that covers",
    theory.js(target, bell(0.0, 2.0616), x),
    0.201,
    1e-3,
)
close(
    "JSD of the humps and the bell that chooses",
    theory.js(target, bell(2.0, 0.5), x),
    0.216,
    1e-3,
)

# %% [markdown]
# By a hair, and of these two, the one that covers. So if a GAN drops modes, the even judge has not told it to; what its
# generator really descends is worked out in {doc}`04_minimax`.
#
# ## One bet
#
# Suppose you may name one event $A$, any set of outcomes, and win by how much $p$ and $q$ disagree about it. The best
# $A$ is *everywhere $p > q$*, and you win the *total variation*
#
# $$ \mathrm{TV}(p, q) = \max_A\,\bigl(p(A) - q(A)\bigr) = \tfrac12\int |p - q| . $$ (eq-di-tv)
#
# Half of the integral, since what $p$ has too much in some places it has too little in others. It is also the best
# score at telling the two apart: of points that are real or fake with even odds, *real where $p > q$* is right on a
# share $\tfrac12(1 + \mathrm{TV})$, and nothing does better. For two unit bells a gap $\Delta$ apart, TV is
# $2\Phi(\Delta/2) - 1$, with the normal distribution function $\Phi$.

# %% course={"role": "check"}
engine.seed(0)
a, b = torch.distributions.Dirichlet(torch.ones(6).double()).sample((2,))
events = torch.tensor(list(itertools.product([0.0, 1.0], repeat=6))).double()
best_event = (events @ (a - b)).max()
gap = (best_event - theory.total_variation(a, b)).abs()
holds("six outcomes: the best of all 64 events wins TV", gap < 1e-9, gap)

unit, shifted = Normal(0.0, 1.0), Normal(1.0, 1.0)
close("gap 1: TV", theory.total_variation(unit, shifted), 0.382925, atol=1e-6)
real, fake = unit.sample((50_000,)), shifted.sample((50_000,))
share = ((real < 0.5).double().mean() + (fake > 0.5).double().mean()) / 2
close("right on 100 000 points, (1 + TV) / 2", share, 0.6915, atol=0.01)

# %% [markdown]
# ## Moving earth
#
# KL, JS and TV compare $p$ and $q$ point by point. None of them knows that 2.0 is close to 2.1. Take a heap of earth
# shaped like $p$ and a hole shaped like $q$. A *plan* $\gamma$ says how much earth goes from $x$ to $y$, and the work
# is mass times distance. The least work that any plan needs is the *Wasserstein* or earth mover's distance,
#
# $$ W_1(p, q) = \inf_\gamma\;\mathbb E_{(x,y)\sim\gamma}\,|x - y| , $$ (eq-di-w)
#
# in the units of $x$: metres, not nats. On a line there is nothing to plan. Paths that cross can be uncrossed without
# extra work, so sort both samples, and move the smallest to the smallest. Or stand at a place $t$ and count the earth
# that must pass you: with the distribution functions $F_p$ and $F_q$, that is $|F_p(t) - F_q(t)|$, and $W_1$ is the area
# between the two curves.

# %% course={"role": "check"}
engine.seed(0)
heap, hole = torch.randn(7).double(), 2 * torch.randn(7).double()
plans = torch.tensor(list(itertools.permutations(range(7))))
least = (heap - hole[plans]).abs().mean(1).min()
gap = (theory.wasserstein_1d(heap, hole) - least).abs()
holds("seven and seven: sorting is the best of all 5040 plans", gap < 1e-6, gap)

shift = theory.wasserstein_cdf(Normal(0.0, 1.0), Normal(3.0, 1.0))
stretch = theory.wasserstein_cdf(Normal(0.0, 1.0), Normal(0.0, 2.0))
close("a bell moved by 3: area between the curves", shift, 3.0, atol=1e-6)
close("a bell twice as wide: root of 2 / pi", stretch, math.sqrt(2 / math.pi), atol=1e-6)

# %% [markdown]
# There is a second way to the same number. Put a price $h(x)$ on earth at every place, buy all the fakes' earth and sell
# it as the data's: you earn $\mathbb E_p h - \mathbb E_q h$. Let the prices be fair, so that no two differ by more than
# the way between them: $h(x) - h(y) \le |x - y|$, which is called *1-Lipschitz*. Averaged over any plan, this says that
# you earn no more than the work of the plan. So no fair price earns more than $W_1$. The best one earns just that; this
# is Kantorovich's duality {cite:p}`peyre2019`:
#
# $$ W_1(p, q) = \sup_{h\ \text{1-Lipschitz}}\;\mathbb E_p\,h - \mathbb E_q\,h . $$ (eq-di-dual)
#
# On a line you can name the best. Integrate by parts: $\mathbb E_p h - \mathbb E_q h = \int h'\,(F_q - F_p)$, which is
# largest, for slopes of at most 1, if $h'$ is the *sign* of $F_q - F_p$. That makes it the area between the curves.
# $\blacksquare$


# %% course={"role": "check"}
t = torch.linspace(-12, 15, 5401, dtype=torch.float64)


def best_price(p, q):
    """The 1-Lipschitz h that tells p from q best, on the grid t: its slope is a sign."""
    slope = torch.sign(q.cdf(t) - p.cdf(t))
    return torch.cumulative_trapezoid(slope, t)


for name, q, w in (
    ("moved by 3", Normal(3.0, 1.0), 3.0),
    ("twice as wide", Normal(0.0, 2.0), stretch),
):
    h = best_price(unit, q)
    gap = unit.log_prob(t).exp() - q.log_prob(t).exp()
    earned = torch.trapezoid(h * gap[1:], t[1:])
    close(f"a bell {name}: E_p h - E_q h against W1", earned, w, atol=5e-3)
    tame = torch.trapezoid(torch.tanh(t) * gap, t).abs()
    holds("  h = tanh, whose slope is below 1, earns less", tame < w - 0.1, tame)

# %% tags=["hide-input"]
#| label: fig-di-earth
#| fig-cap: "**What to see.** Data of width 1, fakes of width 2. Left, the distance is the shaded area between the two distribution functions. Right, the best price rises with slope 1 where the fakes' curve is above the data's, and falls with slope −1 where it is below. It is −|x|, up to a constant."
#| fig-alt: "Left, two rising S-shaped curves that cross at zero; the dashed one for the fakes is flatter, and the area between them is shaded. Right, a tent: a straight line rising to a peak at zero and falling again."
figure, (left, right) = show.panels(2, height=2.5)
place = torch.linspace(-5, 5, 201)
F_p, F_q = Normal(0.0, 1.0).cdf(place), Normal(0.0, 2.0).cdf(place)
left.fill_between(place, F_p, F_q, color=show.OTHERS[1].colour, alpha=0.25, lw=0)
show.lines(
    place,
    {"": F_p, " ": F_q},
    looks={"": show.REAL, " ": show.FAKE},
    xlabel="x",
    title="F of p (solid), of q (dashed)",
    axes=left,
)
show.lines(
    place,
    {"h": -place.abs()},
    looks={"h": show.DISCRIMINATOR},
    xlabel="x",
    title="best price h",
    axes=right,
)
figure

# %% [markdown]
# ```{exercise} Earth in unequal lots
# :label: ch03.q4
# Write $W_1$ for two lists of numbers that need not be sorted *nor equally long*. Each list weighs 1 in all, so a number
# in a list of five weighs $\tfrac15$. (The area between two staircases is easier than a plan.)
# ```


# %% course={"role": "answer", "q": "ch03.q4", "points": 3}
# >>> answer: ch03.q4
def earth_moved(xs, ys):
    """W1 of two samples: the area between their distribution functions."""
    places = sorted([*xs, *ys])
    area = 0.0
    for here, there in zip(places, places[1:]):
        below_x = sum(v <= here for v in xs) / len(xs)
        below_y = sum(v <= here for v in ys) / len(ys)
        area += (there - here) * abs(below_x - below_y)
    return area


# %% course={"role": "check", "q": "ch03.q4"}
ch03.q4(earth_moved)

# %% course={"role": "hidden", "q": "ch03.q4", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    sizes = 5, draw.randrange(2, 7)
    return tuple([draw.uniform(-3, 3) for _ in range(size)] for size in sizes)


evaluate(earth_moved, inputs)

# %% [markdown]
# If the distance is squared before averaging, and the root taken at the end, it is called $W_2$. For two Gaussians
# on the line it is the distance between the points $(m, s)$, $W_2^2 = (m_1-m_2)^2 + (s_1-s_2)^2$. A famous score for images is this
# formula with matrices: see {doc}`06_measuring`.

# %% course={"role": "check"}
levels = (torch.arange(20_000).double() + 0.5) / 20_000
first, second = Normal(0.0, 1.0), Normal(3.0, 5.0)
close("W2 from the formula", theory.wasserstein_gaussian(first, second), 5.0, atol=1e-6)
moved = theory.wasserstein_1d(first.icdf(levels), second.icdf(levels), order=2)
close("W2 from 20 000 sorted points", moved, 5.0, atol=0.01)

# %% [markdown]
# ## Which of these is a distance?
#
# A *distance* is zero only between equals, the same in both directions, and never longer than a detour. Write down, for
# each measure so far, whether you expect it to be symmetric; to obey the triangle inequality; to be bounded; to be
# finite for two that never meet; and whether it then still *notices* how far apart they are. The next cell asks ten
# thousand random triples of tables about the first two. There a **no** is a proof, by example, and a **yes** only says
# that no example was found; that the root of JS obeys the triangle is a theorem {cite:p}`endres2003`. For the other
# three a few extreme pairs will do: that JS and TV never exceed $\log 2$ and 1, we have seen.

# %% course={"role": "check"}
engine.seed(0)
even = torch.arange(4).double()  # where the four outcomes lie, for those who look


def earth(p, q, places):
    return ((p - q).cumsum(-1)[..., :-1].abs() * places.diff()).sum(-1)


measures = {
    "KL": lambda p, q, _: theory.kl(p, q),
    "chi squared": lambda p, q, _: theory.f_divergence(p, q, theory.pearson),
    "JS": lambda p, q, _: theory.js(p, q),
    "root of JS": lambda p, q, _: theory.js(p, q).clamp(min=0).sqrt(),
    "TV": lambda p, q, _: theory.total_variation(p, q),
    "W1": earth,
}
triples = torch.distributions.Dirichlet(torch.full((4,), 0.5).double()).sample((3, 10_000))
here = torch.tensor(
    [1.0, 0.0]
).double()  # all mass at the first place; flipped, at the second
near, far = torch.tensor([0.0, 2.0]).double(), torch.tensor([0.0, 3.0]).double()


def almost(e):
    """All but e of the mass at one of two places: nearly disjoint, but not quite."""
    return torch.tensor([1 - e, e], dtype=torch.float64)


def properties(measure):
    """Five questions, each answered by computing."""
    p, r, q = triples
    direct = measure(p, q, even)
    detour = measure(p, r, even) + measure(r, q, even)
    apart, further = measure(here, here.flip(0), near), measure(here, here.flip(0), far)
    some, more = (
        measure(almost(e), almost(e).flip(0), torch.tensor([0.0, 1 / e]).double())
        for e in (1e-3, 1e-6)
    )
    return (
        torch.allclose(direct, measure(q, p, even), atol=1e-9),
        bool((direct <= detour + 1e-9).all()),
        bool(more < 1.05 * some),
        bool(apart.isfinite()),
        bool(further.isfinite() and further > apart),
    )


print("             symmetric  triangle  bounded  finite apart  notices")
for name, measure in measures.items():
    row = ["yes" if answer else "no" for answer in properties(measure)]
    print(f"{name:13}{row[0]:11}{row[1]:10}{row[2]:9}{row[3]:14}{row[4]}")

# %% [markdown]
# Read the last two columns together. *Bounded* and *finite* sound like virtues, and are a vice when the forger is far
# away: what is finite there, save $W_1$, is also deaf. And $W_1$ pays for its good ear: it depends on the units. Measure
# in centimetres and it is a hundred times larger, while the others stay as they are.

# %% course={"role": "check"}
metres, centimetres = ((Normal(0.0, u), Normal(u, u)) for u in (1.0, 100.0))
for name, measure in (("KL", theory.kl), ("JS", theory.js), ("TV", theory.total_variation)):
    gap = (measure(*centimetres) - measure(*metres)).abs()
    holds(f"{name}: the same in centimetres", gap < 1e-6, gap)
close(
    "W1 between bells 1 metre apart, in centimetres",
    theory.wasserstein_cdf(*centimetres),
    100.0,
    atol=1e-3,
)

# %% [markdown]
# ## A chain
#
# The measures are not strangers. *Pinsker's inequality* says $\mathrm{TV} \le \sqrt{\mathrm{KL}/2}$: where KL is small
# no bet pays. The following hold for every pair:
#
# $$ \begin{gathered}
#    2\,\mathrm{TV}^2 \le \mathrm{KL} \le \log(1 + \chi^2) , \qquad
#    \tfrac12\,\mathrm{TV}^2 \le \mathrm{JSD} \le \mathrm{TV}\,\log 2 , \\
#    d_{\min}\,\mathrm{TV} \le W_1 \le d_{\max}\,\mathrm{TV} ,
#    \end{gathered} $$ (eq-di-chain)
#
# with $\chi^2 = \int (p-q)^2/q$, and $d_{\min}$, $d_{\max}$ the least and largest distance between two outcomes. The
# middle pair comes from Pinsker's for $p$ and $m$, whose TV is half as large, and from {cite:t}`lin1991`; the last,
# from the plan that moves nothing but the surplus, a mass TV. In the other direction KL has no bound: a TV of one in a
# million can cost infinitely much.

# %% course={"role": "check"}
p, _, q = triples
kl, js, tv, chi, w = (
    measures[name](p, q, even) for name in ("KL", "JS", "TV", "chi squared", "W1")
)
for statement, small, large in (
    ("2 TV^2 <= KL", 2 * tv**2, kl),
    ("KL <= log(1 + chi squared)", kl, torch.log1p(chi)),
    ("TV^2 / 2 <= JSD", tv**2 / 2, js),
    ("JSD <= TV log 2", js, tv * math.log(2)),
    ("TV <= W1, neighbours being 1 apart", tv, w),
    ("W1 <= 3 TV, the ends being 3 apart", w, 3 * tv),
):
    worst = (large - small).min()
    holds(f"{statement}: 10 000 of 10 000", worst > -1e-9, worst)

sliver = torch.tensor([1 - 1e-6, 1e-6], dtype=torch.float64)
close("a TV of one in a million", theory.total_variation(sliver, here), 1e-6, atol=1e-9)
holds("  and its KL is infinite", theory.kl(sliver, here).isinf())

# %% tags=["hide-input"]
#| label: fig-di-chain
#| fig-cap: "**What to see.** Each dot is a random pair of tables. Left, nothing lies below Pinsker's curve, and nothing stops KL from above. Right, JS is held from both sides: small TV means small JS, and the other way round."
#| fig-alt: "Two clouds of dots over total variation from 0 to 1. Left, KL: the dots lie above a rising curve, 2 TV squared, and spread far upwards. Right, JS: the dots fill a thin crescent between the curve TV squared over 2 and the straight line TV times log 2."
figure, (left, right) = show.panels(2, height=2.6)
level = torch.linspace(0, 1, 101).double()
dots = {"s": 4, "lw": 0, "color": show.REAL.colour}
left.scatter(tv[:200], kl[:200], **dots)
right.scatter(tv[:200], js[:200], **dots)
show.lines(level, {"2TV²": 2 * level**2}, limits=(0, 4), xlabel="TV", title="KL", axes=left)
show.lines(
    level,
    {"TV log 2": level * math.log(2), "TV²/2": level**2 / 2},
    limits=(0, 0.75),
    xlabel="TV",
    title="JS",
    axes=right,
)
figure

# %% [markdown]
# ## Parallel lines
#
# Here is the smallest example of a forger who is far away (example 1 of {cite:t}`arjovsky2017`). Real points lie evenly
# on an upright stick of length 1 in the plane, at $x = 0$. Fakes lie on a stick just like it at $x = \theta$, and
# $\theta$ is all that the forger can change. Data that fill only a thin part of their space are not far-fetched:
# {cite:t}`arjovsky2017principled` argue that images do.
#
# For $\theta = \tfrac12$, and for $\theta = 5$: what are KL, JS, TV, $W_1$? And, what matters more to the forger, their
# slopes in $\theta$?


# %%
def sticks(theta):
    """The two sticks as tables: shares of each on the places 0 and theta."""
    real = torch.tensor([1.0, 0.0]).double()
    return real, real if theta == 0 else real.flip(0)


# %% course={"role": "check"}
heights = (torch.arange(200).double() + 0.5) / 200


def work(theta):
    """W1 in the plane, by the best plan for 200 points on each stick."""
    real = torch.stack([torch.zeros(200).double(), heights], dim=1)
    fake = torch.stack([torch.full((200,), theta).double(), heights], dim=1)
    cost = torch.cdist(real, fake)
    return cost[linear_sum_assignment(cost.numpy())].mean()


for theta in (0.0, 0.5, 5.0):
    js, tv, kl = (f(*sticks(theta)) for f in (theory.js, theory.total_variation, theory.kl))
    print(f"theta {theta:g}: JS {js:.3f}, TV {tv:.0f}, KL {kl:.0f}, W1 {work(theta):.3f}")

slopes = {}
for name, f in (("JS", theory.js), ("TV", theory.total_variation), ("KL", theory.kl)):
    slopes[name] = (f(*sticks(0.51)) - f(*sticks(0.5))) / 0.01
slopes["W1"] = (work(0.51) - work(0.5)) / 0.01
for name, slope_there in slopes.items():
    print(f"slope of {name} at theta 0.5: {slope_there:.2f}")

# %% [markdown]
# KL, JS and TV know one thing about $\theta$: whether it is zero. The slope of what does not change is 0, and the slope
# of $\infty$ is no number at all. Only $W_1 = |\theta|$ tells the forger which way to walk.


# %% tags=["hide-input"]
#| label: fig-di-parallel
#| fig-cap: "**What to see.** Left, the sticks as they are: only W1 leans towards 0, JS and TV are level, and drop only at the single point θ = 0 (from the open dots to the full one), KL is infinite off the page. Right, both sticks blurred with noise of width 0.25: the drops become wells, but a forger at θ = 2 stands on their level rim all the same. KL is now finite, and steep."
#| fig-alt: "Two panels over theta from minus 2.5 to 2.5. Left, W1 is a V with its tip at zero; TV is a level line at 1 and JS a level line at 0.69, each with a gap and a dot at zero. Right, W1 is the same V, TV and JS are wells around zero that are flat beyond 1, and KL is a steep parabola that leaves the panel before 0.6."
def blurred(measure, theta, s):
    """A measure between two bells of width s, theta apart."""
    return measure(Normal(0.0, s), Normal(theta, s))


figure, (left, right) = show.panels(2, height=2.8)
theta = torch.linspace(-2.5, 2.5, 101).double()
cut = torch.where(theta.abs() < 1e-9, torch.nan, 1.0)
looks = {
    "W₁": show.OTHERS[1],
    "TV": show.OTHERS[3],
    "JS": show.OTHERS[0],
    "KL": show.OTHERS[2],
}
level = {"W₁": theta.abs(), "TV": cut, "JS": cut * math.log(2)}
frame = {"looks": looks, "limits": (-0.05, 2.5), "xlabel": "θ"}
show.lines(theta, level, title="the sticks as they are", axes=left, **frame)
left.plot([0, 0], [1, math.log(2)], "o", color="#555555", mfc="white", ms=5, zorder=5)
left.plot([0], [0], "o", color="#555555", ms=5, zorder=5)
wells = {
    "W₁": theta.abs(),
    "TV": torch.stack([blurred(theory.total_variation, a, 0.25) for a in theta]),
    "JS": torch.stack([blurred(theory.js, a, 0.25) for a in theta]),
}
show.lines(theta, wells, title="both blurred by 0.25", axes=right, **frame)
right.plot(theta, theta**2 / 0.125, color=looks["KL"].colour, ls=looks["KL"].line)
right.annotate("KL", (0.62, 2.3), color=looks["KL"].colour, size=9.5)
figure


# %% tags=["hide-input"]
#| label: fig-di-sticks
#| fig-cap: "**What to see.** The stick of fakes comes closer and the three upper numbers do not care; then it arrives, and all fall to 0 at once. In a running notebook, drag theta."
#| fig-alt: "Four panels, each with an upright blue stick at 0 and a dashed orange stick at theta, for theta minus 1, 0, 0.5 and 1. Below the sticks stand the numbers: JS 0.693, TV 1, KL infinite in all but the panel theta 0, where they are 0, and W1 equal to 1, 0, 0.5 and 1."
def draw_sticks(axes, theta):
    p, q = sticks(theta)
    js, tv, kl = theory.js(p, q), theory.total_variation(p, q), theory.kl(p, q)
    for place, look in ((0.0, show.REAL), (theta, show.FAKE)):
        axes.plot([place, place], [0, 1], color=look.colour, ls=look.line, lw=2.5)
    infinite = "∞" if kl.isinf() else f"{kl:.0f}"
    text = f"JS {js:.3f}   TV {tv:.0f}   KL {infinite}   W₁ {abs(theta):.2g}"
    axes.text(0.5, 0.02, text, transform=axes.transAxes, ha="center", va="bottom", size=9)
    axes.set(xlim=(-1.3, 1.3), ylim=(-0.35, 1.1), yticks=[0, 1])


show.explore(draw_sticks, theta=[-1.0, 0.0, 0.5, 1.0])

# %% [markdown]
# Blurring both sticks with noise of width $s$ makes everything finite and smooth. Does it repair the slopes? Across the
# sticks it leaves two bells a gap $\theta$ apart, and for three measures the slope is known: $\theta/s^2$ for KL,
# $\varphi(\theta/2s)/s$ for TV, with the normal density $\varphi$, and 1 for $W_1$. Here they are at $\theta = 2$.


# %% course={"role": "check"}
def slope(measure, theta, s):
    """Derivative of a measure of two blurred sticks in theta."""
    theta = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    value = measure(Normal(0.0, s), Normal(theta, s))
    return torch.autograd.grad(value, theta)[0]


errors = []
print("width      KL      JS      TV      W1")
for s in (1.0, 0.3, 0.1):
    row = [
        slope(measure, 2.0, s)
        for measure in (
            theory.kl,
            theory.js,
            theory.total_variation,
            theory.wasserstein_cdf,
        )
    ]
    print(f"{s:5}" + "".join(f"{round(value.item(), 3) + 0.0:8.3f}" for value in row))
    phi = math.exp(-((1 / s) ** 2) / 2) / math.sqrt(2 * math.pi)
    kl, _, tv, w = row
    errors += [(kl - 2 / s**2).abs(), (tv - phi / s).abs(), (w - 1).abs()]
holds("KL, TV and W1 agree with the formulas", max(errors) < 1e-4, errors)

# %% [markdown]
# The less you blur, the more KL shouts and the more JS and TV whisper. Give each a forger at $\theta = 3$, a blur of
# 0.1 and two hundred steps of gradient descent at rate 0.05. Who comes home? Bet on all four.


# %% course={"role": "check"}
def walk(measure, rate=0.05, theta=3.0, s=0.1, steps=200):
    """Gradient descent on theta."""
    for _ in range(steps):
        theta -= rate * slope(measure, theta, s).item()
        if abs(theta) > 1e6:
            break
    return theta


home = walk(theory.wasserstein_cdf)
holds("W1: home, within one step", abs(home) < 0.06, home)
stuck = walk(theory.js)
holds("JS: has not moved by a billionth", abs(stuck - 3) < 1e-9, stuck)
stuck = walk(theory.total_variation)
holds("TV: nor has this one", abs(stuck - 3) < 1e-9, stuck)
lost = walk(theory.kl)
holds("KL: thrown out, more than a million away", abs(lost) > 1e6, lost)
tamed = walk(theory.kl, rate=0.005)
holds("KL, at a tenth of the rate: home", abs(tamed) < 1e-6, tamed)

# %% [markdown]
# This is the failure to take along. Nothing is broken: the losses of JS and TV are finite, smooth and computed to the
# last digit. They have no slope there. For TV the formula gives $\varphi(15)/0.1$, some $5\cdot10^{-49}$, and steps of
# that size do not get a forger home.

# %% [markdown]
# ## Only samples
#
# So far we knew $p$ and $q$. Of real data you have a sample, and of a forger who turns noise into pictures you have a
# sample too. The obvious way out is to count: cut the line into bins and compare the two tables of shares. Let us
# compare a distribution *with itself*, so that every true answer is zero: 32 equally likely bins, and two samples of
# $n$ points.

# %% course={"role": "check"}
engine.seed(0)
bins = 32
flat = torch.full((bins,), 1 / bins, dtype=torch.float64)


def counted(n, times=1000):
    """Tables of shares from `times` samples of n points each."""
    draws = torch.distributions.Multinomial(n, flat).sample((times,))
    return draws / n


for n in (1000, 10_000):
    one, two = counted(n), counted(n)
    known = theory.kl(one, flat.expand_as(one)).mean() * 2 * n
    close(f"{n} points: mean KL to the truth, times 2n", known, bins - 1, atol=1.5)
    both = theory.js(one, two).mean() * 4 * n
    close(f"{n} points: mean JS of two samples, times 4n", both, bins - 1, atol=1.5)
lost = theory.kl(counted(100), counted(100)).isinf().double().mean()
holds(
    "100 points: KL of two samples is infinite in over half of the trials", lost > 0.5, lost
)

# %% [markdown]
# With $k$ bins the count reports, on average, a KL of $\frac{k-1}{2n}$ and a JS of $\frac{k-1}{4n}$ nats where the truth
# is nothing: a *bias*, which does not average out. Where the second sample leaves a bin empty that the first has filled,
# the KL is infinite. And the bins multiply: two for each pixel of a picture of 8 × 8 make $2^{64}$, some $10^{19}$.
# Counting ends here.
#
# ($W_1$ needs no bins, but it is no friend of samples either: between two samples of $n$ points from *one* bell it is
# about $1.8/\sqrt n$ rather than 0, and in $d > 2$ dimensions it falls like $n^{-1/d}$ {cite:p}`peyre2019`, which is
# slow.)

# %% course={"role": "check"}
engine.seed(0)
for n in (100, 10_000):
    one, two = torch.randn(2, 200, n).sort(dim=-1).values
    typical = (one - two).abs().mean() * math.sqrt(n)
    close(
        f"{n} points: mean W1 of two samples, times the root of n", typical, 1.77, atol=0.15
    )

# %% [markdown]
# ## One family, one trick
#
# KL both ways, JS, TV and $\chi^2$ are one idea. Look at the ratio $u = p/q$, charge $f(u)$ for it, and average over
# the fakes:
#
# $$ D_f(p, q) = \mathbb E_q\Bigl[f\Bigl(\frac pq\Bigr)\Bigr] , \qquad f\ \text{convex},\quad f(1) = 0 . $$ (eq-di-f)
#
# Convexity does all the work: by Jensen, $D_f \ge f(\mathbb E_q[p/q]) = f(1) = 0$. It also makes $D_f$ convex in the
# pair: two mixtures, mixed with the same weights, are no farther apart than their parts on average.

# %% course={"role": "check"}
family = {
    "KL(p || q): u log u": (theory.forward_kl, lambda p, q: theory.kl(p, q)),
    "KL(q || p): -log u": (theory.reverse_kl, lambda p, q: theory.kl(q, p)),
    "JS": (theory.jensen_shannon, theory.js),
    "TV: |u - 1| / 2": (theory.variation, theory.total_variation),
    "chi squared: (u - 1)^2": (theory.pearson, lambda p, q: ((p - q) ** 2 / q).sum(-1)),
}
p_a, p_b, q_a = (table[:300] for table in triples)
q_b = q_a.flip(0)
for name, (f, direct) in family.items():
    through_f = theory.f_divergence(p_a, q_a, f)
    holds(f"{name}: D_f is the divergence", torch.allclose(through_f, direct(p_a, q_a)))
    mixed = theory.f_divergence((p_a + p_b) / 2, (q_a + q_b) / 2, f)
    apart = (through_f + theory.f_divergence(p_b, q_b, f)) / 2
    holds("  convex on 300 pairs of pairs", (mixed <= apart + 1e-9).all())

# %% [markdown]
# Now the trick, found by {cite:t}`nguyen2010` and turned into GANs by {cite:t}`nowozin2016`. A convex curve is the
# highest of its tangents. The tangent of slope $t$ is the line $ut - f^*(t)$, where $f^*(t) = \max_u\,(ut - f(u))$,
# Fenchel's *conjugate*, says how far below the origin it passes. So $f(u) \ge ut - f^*(t)$ for *every* $t$, with
# equality for the tangent at $u$, whose slope is $t = f'(u)$.

# %% tags=["hide-input"]
#| label: fig-di-tangents
#| fig-cap: "**What to see.** Left, what each divergence charges for a ratio u = p/q: nothing at 1. At u = 0, invented mass, reverse KL charges without limit, the others little. Right, the curve u log u is the upper edge of its tangents; each meets the axis u = 0 at minus its conjugate."
#| fig-alt: "Left, four convex curves over u from 0 to 3 that all touch or cross zero at 1: forward KL dips below zero and rises, reverse KL falls from infinity through zero, JS is a shallow bowl, TV a V. Right, the curve u log u with three straight lines below it, each touching it once."
figure, (left, right) = show.panels(2, height=2.8)
u = torch.linspace(0.02, 3, 150).double()
show.lines(
    u,
    {
        "KL(p‖q)": theory.forward_kl.f(u),
        "KL(q‖p)": theory.reverse_kl.f(u),
        "JS": theory.jensen_shannon.f(u),
        "TV": theory.variation.f(u),
    },
    limits=(-1.2, 3.3),
    xlabel="u = p / q",
    title="f(u)",
    axes=left,
)
u = torch.linspace(0.0, 3, 150).double()
show.lines(
    u,
    {"u log u": theory.forward_kl.f(u)},
    looks={"u log u": show.OTHERS[0]},
    limits=(-2.2, 3.3),
    xlabel="u",
    title="three tangents",
    axes=right,
)
for touch in (0.25, 1.0, 2.2):
    t_slope = 1 + math.log(touch)
    right.plot(
        u, u * t_slope - math.exp(t_slope - 1), color=show.DISCRIMINATOR.colour, lw=0.9
    )
    right.plot(
        [touch], [touch * math.log(touch)], "o", color=show.DISCRIMINATOR.colour, ms=4
    )
figure

# %% [markdown]
# Choose a slope at every point $x$, that is, a function $T(x)$, and average over the fakes. As
# $\mathbb E_q[\frac pq\,T] = \mathbb E_p[T]$, the ratio is gone:
#
# $$ D_f(p, q) \;\ge\; \mathbb E_p[T] - \mathbb E_q[f^*(T)] ,
#    \qquad\text{with equality for}\quad T^\star = f'\Bigl(\frac pq\Bigr) . $$ (eq-di-bound)
#
# (Equations 4 and 5 of {cite:t}`nowozin2016`.) Look at what is left: a mean over data and a mean over fakes. Two
# samples are enough. Nobody asks for a density, and the function $T$, called the *critic*, can be a network that climbs
# the right-hand side.
#
# For the forward KL, $f(u) = u\log u$ has $f'(u) = 1 + \log u$ and $f^*(t) = e^{t-1}$. Let us try it on the two humps
# and the bell that covers them, of which we know the answer, 0.7236. The critic sees samples only.


# %% course={"role": "demo"}
def train_critic(T, real, fake, rounds=1000, rate=0.005):
    """Climb E_p T - E_q f*(T) for the forward KL; pauses after every move."""
    optimizer = engine.cosine(engine.adam(rate), rounds)(T.parameters())
    for _ in range(rounds):
        bound = T(real(512)).mean() - theory.forward_kl.conjugate(T(fake(512))).mean()
        optimizer.zero_grad()
        (-bound).backward()
        optimizer.step()
        yield


def exact_bound(T):
    """The bound with exact averages: an integral in place of two samples."""
    with torch.no_grad():
        values = T(x[:, None].float()).squeeze(1).double()
    return theory.variational_bound(
        humps(), bell(0.0, 2.0616), values, theory.forward_kl, x
    )


engine.seed(0)
critic = networks.mlp(1, 1, (32, 32), nn.Tanh)
one_bell = data.Gaussian(1, std=2.0616)
track = [exact_bound(critic).item()]
for k, _ in enumerate(train_critic(critic, two_humps, one_bell), 1):
    if k % 20 == 0:
        track.append(exact_bound(critic).item())
holds("the critic ends within 0.05 of the KL", track[-1] > 0.67, track[-1])
holds("and whenever we looked, it was not above it", max(track) < 0.7237, max(track))

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-di-critic
#| fig-cap: "**What to see.** Left, the bound climbs from below and comes to rest under the true KL. Right, what the critic has learned: the best one is 1 + log(p/q), and the network follows it where there are points, high on the humps and low between and beyond them. Nobody told it p or q."
#| fig-alt: "Left, a curve over 1000 rounds rises steeply from below zero, then levels off just under a thin line at 0.724. Right, over x from minus 4 to 4, a dashed curve with two rounded peaks near minus 2 and 2 and a deep dip at 0; the network's dotted curve lies close to it, apart from the deepest places."
figure, (left, right) = show.panels(2, height=2.7)
show.lines(
    20 * torch.arange(len(track)),
    {"": track},
    references={"KL": 0.7236},
    limits=(-0.1, 0.8),
    xlabel="round",
    title="the bound",
    axes=left,
)
place = torch.linspace(-4, 4, 161)
log_p = two_humps.distribution.log_prob(place[:, None])
log_q = Normal(0.0, 2.0616).log_prob(place)
show.lines(
    place,
    {"T*": 1 + log_p - log_q, "T": critic},
    looks={"T*": show.OTHERS[1], "T": show.DISCRIMINATOR},
    xlabel="x",
    title="critic, best and trained",
    axes=right,
)
figure

# %% [markdown]
# ```{exercise} The critic of Hellinger
# :label: ch03.q5
# The squared Hellinger distance has $f(u) = (\sqrt u - 1)^2$. At a point where $p/q = u$, what does the best critic say,
# $T^\star = f'(u)$, and what is its conjugate there, $f^*(T^\star)$? Return both, for $u > 0$. (For the second, no new
# derivative is needed: the tangent at $u$ touches the curve.)
# ```
#
# ```{solution} ch03.q5
# $f'(u) = 2(\sqrt u - 1)\cdot\frac{1}{2\sqrt u} = 1 - 1/\sqrt u$. The tangent touches: $f(u) = uT^\star - f^*(T^\star)$,
# so $f^*(T^\star) = u - \sqrt u - (u - 2\sqrt u + 1) = \sqrt u - 1$. In terms of $t$ that is $t/(1-t)$, for $t < 1$.
# ```


# %% course={"role": "answer", "q": "ch03.q5", "points": 3}
# >>> answer: ch03.q5
def hellinger_critic(u):
    """T* = f'(u) and f*(T*) for f(u) = (sqrt(u) - 1)**2."""
    root = math.sqrt(u)
    return 1 - 1 / root, root - 1


# %% course={"role": "check", "q": "ch03.q5"}
ch03.q5(hellinger_critic)

# %% course={"role": "hidden", "q": "ch03.q5", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(hellinger_critic, lambda draw: (draw.uniform(0.1, 6),))

# %% [markdown]
# ### Why this makes GANs
#
# The bound turns *how wrong is the forger?* into a contest. The critic raises the right-hand side of
# {eq}`eq-di-bound`; the forger appears only in $\mathbb E_q[f^*(T)]$, an average over its own samples $G(z)$, so
# gradients reach it through $T$, and it lowers the same quantity. Nobody computes a density. {eq}`eq-di-dual` is of the
# same kind, with another rule for the critic: there a bounded slope, here a conjugate. Each choice is a GAN.
# {doc}`04_minimax` takes the one that came first, where the critic names a probability, and works it out in full.
#
# Do not conclude that a trained GAN descends $D_f$. The bound is an equality for the best critic only, and yours is
# still learning.

# %% [markdown]
# ## Where popular notes go wrong
#
# **"KL measures the distance between two distributions."** The table said *no* twice, to *symmetric* and to *triangle*.
# A detour can be shorter, and not by a little:

# %% course={"role": "check"}
direct = theory.kl(Normal(0.0, 1.0), Normal(2.0, 1.0))
detour = theory.kl(Normal(0.0, 1.0), Normal(1.0, 1.0)) + theory.kl(
    Normal(1.0, 1.0), Normal(2.0, 1.0)
)
close("KL from 0 to 2, at once", direct, 2.0, atol=1e-6)
close("by way of 1", detour, 1.0, atol=1e-6)

# %% [markdown]
# **"Reverse KL picks one mode."** It picks what is cheapest for a forger who cannot say everything. Move the humps to
# ±0.6, and one bell over both is the cheapest, from every start. And a forger whose family contains the data finds them
# under either divergence: what differs is only *how to be wrong*.

# %% course={"role": "check"}
closer = humps(distance=1.2)
path, _ = descend(lambda q: theory.kl(q, closer, x), [[-1.5, 1.0], [0.1, 1.0], [2.5, 1.0]])
close(
    "humps at -0.6 and 0.6: means of the reverse fits",
    path[-1, :, 0],
    [0.0, 0.0, 0.0],
    5e-3,
)
single = bell(1.0, 0.7)
for name, q_fit in (
    ("forward", lambda q: theory.kl(single, q, x)),
    ("reverse", lambda q: theory.kl(q, single, x)),
):
    path, _ = descend(q_fit, [[-0.5, 1.0]])
    close(f"one hump, {name} fit", path[-1, 0], [1.0, 0.7], atol=5e-3)

# %% [markdown]
# **"The critic's value is a lower bound, so it is safe to report."** The bound {eq}`eq-di-bound` is about exact averages.
# A critic is trained on a sample, and on *that* sample it can say what it likes. Below, twenty reals and twenty fakes
# come from the *same* bell, in fifty dimensions, and the critic is a single linear layer with a last step that keeps
# $T$ below $\tfrac12\log 2$, where the conjugate of JS ends. The true JS is 0.


# %% course={"role": "check"}
def js_bound(score, real, fake):
    """E_p T - E_q f*(T) for JS, with T = log(2 sigmoid(score)) / 2."""
    T_real, T_fake = (
        (math.log(2) + nn.functional.logsigmoid(score(points))) / 2
        for points in (real, fake)
    )
    return T_real.mean() - theory.jensen_shannon.conjugate(T_fake).mean()


engine.seed(0)
score = networks.mlp(50, 1, hidden=())
real, fake = torch.randn(2, 20, 50)
optimizer = engine.adam(0.02)(score.parameters())
for _ in range(300):
    optimizer.zero_grad()
    (-js_bound(score, real, fake)).backward()
    optimizer.step()
claimed = js_bound(score, real, fake).item()
checked = js_bound(score, *torch.randn(2, 2000, 50)).item()
holds(
    "on the points it was trained on it claims more than 0.6 nats", claimed > 0.6, claimed
)
holds("on fresh points it finds less than nothing", checked < 0, checked)

# %% [markdown]
# A claim of nearly $\log 2$, *they never meet*, about two samples of one bell. Ask a critic for its value on points it
# has not seen.

# %% [markdown]
# ## Exercises
#
# All five have met you on the way: {numref}`ch03.q1`, {numref}`ch03.q2`, {numref}`ch03.q3`, {numref}`ch03.q4` and
# {numref}`ch03.q5`. If you do only one, do {numref}`ch03.q2`; then change `humps` to three humps and predict both fits.

# %% [markdown]
# ## How we know
#
# | statement | held up by | the figure it asserts |
# |---|---|---|
# | entropy is counted in code words | `tests/test_ch03.py::test_a_prefix_code_reaches_the_entropy_of_halves` | 1.75 bits |
# | {eq}`eq-di-kl`, KL, JS, TV of tables | `tests/test_theory.py::test_discrete_divergences_agree_with_scipy_on_50_pairs` | 50 pairs |
# | {eq}`eq-di-bells` | `tests/test_ch03.py::test_kl_of_two_bells_is_its_formula` | 1e-6 |
# | {eq}`eq-di-moments`, the forward fit | `tests/test_ch03.py::test_the_forward_fit_matches_moments` | 0, 2.0616, 0.7236 |
# | the reverse fit has three valleys | `tests/test_ch03.py::test_the_reverse_fit_has_three_valleys` | log 2, log 2, 1.871 |
# | a bad start keeps the small hump | `tests/test_ch03.py::test_a_bad_start_keeps_the_small_hump` | log 10 |
# | humps close together are both covered | `tests/test_ch03.py::test_the_reverse_fit_covers_humps_that_are_close` | mean 0 |
# | JS at gaps 1, 2, 3 | `tests/test_theory.py::test_js_and_value_of_two_unit_gaussians` | 0.111421, 0.336831, 0.526777 |
# | JS prefers the bell that covers | `tests/test_ch03.py::test_js_prefers_the_bell_that_covers` | 0.201 against 0.216 |
# | {eq}`eq-di-tv`, the best event | `tests/test_ch03.py::test_total_variation_is_the_best_event` | all 64 events |
# | the best accuracy | `tests/test_theory.py::test_best_accuracy_is_that_of_the_bayes_threshold` | 1e-12 |
# | $W_1$ of samples | `tests/test_theory.py::test_wasserstein_of_samples_agrees_with_scipy` | unequal sizes too |
# | $W_2$ of bells | `tests/test_theory.py::test_wasserstein_2_of_gaussian_quantiles_is_the_gaussian_one` | the formula |
# | {eq}`eq-di-dual`, the slope is a sign | `tests/test_ch03.py::test_the_price_with_a_sign_for_a_slope_earns_the_distance` | 1e-3 |
# | no distance: KL, JS; distances: TV, root of JS, $W_1$ | `tests/test_ch03.py::test_which_measures_are_distances` | the table |
# | {eq}`eq-di-chain` | `tests/test_ch03.py::test_the_chain_of_inequalities`, `tests/test_theory.py::test_inequalities_between_divergences_hold_on_50_pairs` | random pairs |
# | parallel lines | `tests/test_theory.py::test_disjoint_supports_saturate_everything_but_the_distance` | JS log 2, TV 1, KL infinite |
# | the slopes, and who comes home | `tests/test_ch03.py::test_far_apart_only_the_earth_mover_and_kl_pull` | below 1e-14 for JS and TV |
# | counting is biased | `tests/test_ch03.py::test_counting_reports_a_divergence_where_there_is_none` | $(k-1)/2n$ |
# | the family is one family | `tests/test_theory.py::test_f_divergence_is_its_textbook_sum` | eight members |
# | conjugates | `tests/test_theory.py::test_conjugate_is_the_supremum_over_u` | eight members |
# | {eq}`eq-di-bound` and $T^\star$ | `tests/test_theory.py::test_no_critic_beats_the_divergence_and_the_optimal_one_reaches_it` | eight members |
# | the trained critic | `tests/test_ch03.py::test_a_critic_that_sees_samples_finds_the_kl` | above 0.67, below 0.7237 |
# | a bound that is not one | `tests/test_ch03.py::test_a_critic_on_few_points_claims_too_much` | 0.6 where the truth is 0 |

# %% [markdown]
# ## You can now
#
# - say that the forward KL copies mean and variance and would rather cover than miss; that the reverse KL would rather miss than invent,
#   and that where it ends depends on where it began;
# - compute the four measures, and know that a small KL forbids every bet, that JS and TV vanish together, and that $W_1$ alone counts in metres;
# - say that a forger who is far away feels $W_1$, is shouted at by KL and hears nothing from JS and TV; and that a critic turns a
#   divergence into two averages over samples, safe only on fresh ones.

# %% [markdown]
# ## Sources
#
# Entropy and codes are from {cite:t}`shannon1948`, the Jensen–Shannon divergence and its bound by TV from
# {cite:t}`lin1991`, the theorem about its root from {cite:t}`endres2003`. Two humps fitted by one bell in both
# directions is drawn by {cite:t}`goodfellow2016book` in their section 3.13; the numbers and the third valley are measured
# here. Moving earth is told at length by {cite:t}`peyre2019`, parallel lines are example 1 of {cite:t}`arjovsky2017`, and
# the bound by a critic is due to {cite:t}`nguyen2010` and {cite:t}`nowozin2016`. Pinsker's inequality, its companion with
# $\chi^2$ and the rate $n^{-1/d}$ are quoted here without proof.
#
# What popular notes get wrong: that KL is a distance; that *reverse* means *one mode*; and that a lower bound cannot
# exaggerate.
