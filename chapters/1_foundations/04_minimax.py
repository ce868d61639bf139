# %% [markdown]
# # The minimax game
#
# ```{epigraph}
# Competition in this game drives both teams to improve their methods until the counterfeits are indistinguishable from
# the genuine articles.
#
# -- Goodfellow et al., 2014, section 1
# ```
#
# **Claim.** Against the best possible discriminator, a generator descends a divergence that you can compute. Against
# one that is still learning, nobody descends anything, and the two may circle for ever.
#
# You will be able to
#
# - write down the best discriminator for any two densities, and turn one divergence into the value of the game;
# - say how hard each of the two generator losses pulls at a fake, given its score;
# - predict from two eigenvalues whether a small game settles, circles or flies apart.

# %% [markdown]
# ## Before you read on
#
# Real data are drawn from $\mathcal N(0, 1)$. The forger can so far only produce $\mathcal N(2, 1)$: the right shape in
# the wrong place. Points of both kinds arrive equally often, one at a time, and you may build any discriminator you
# like. **What share of the points will it judge correctly, at best?** Write your guess into the cell and run it. You
# will meet it again.

# %%
my_guess = 75  # percent: put your own number here

# %% course={"role": "setup"} tags=["hide-input"]
import cmath
import copy
import math
from functools import partial

import torch
from torch import nn
from torch.distributions import Normal

import ganlib
from ganlib import data, engine, games, losses, networks, show, theory
from ganlib.grading import close, holds
from ganlib.grading.exercises import ch04

device = ganlib.setup(seed=0)
torch.set_num_threads(1)  # networks this small gain nothing from a second core

# %% [markdown]
# ## One number, two wishes
#
# The data have some density $p$. A generator turns noise $z$ into $G(z)$, and what comes out has some density $q$. The
# discriminator looks at one point and names a probability $D(x)$ that it is real. Pay it as you would pay a weather
# forecaster: by the logarithm of the probability it gave to what turned out to be true. On average over real points,
# plus on average over fakes, that is
#
# $$ V(D, G) = \mathbb E_{x\sim p}\,[\log D(x)] + \mathbb E_{x\sim q}\,[\log(1 - D(x))] . $$ (eq-value)
#
# This is equation 1 of {cite:t}`goodfellow2014`, who write the second average over $z$; it is the same average. $D$
# wants $V$ large, $G$ wants it small, and the game is $\min_G \max_D V(D, G)$. Note where $G$ appears: only in the
# second term.
#
# The logarithm of a probability is at most zero, so nobody gets rich: a discriminator that always says ½ is paid
# $\log\tfrac12 + \log\tfrac12 = -\log 4$. In code the network returns a *score* $s$, any real number, and
# $D(x) = \sigma(s) = 1/(1+e^{-s})$; the losses take scores, and the loss of $D$ is $-V$. So before it has learned
# anything its loss stands near $2\log 2$.

# %% course={"role": "check"}
undecided = torch.zeros(8, 1)  # eight scores of zero: D says one half
loss = losses.minimax.d(undecided, undecided)
close("D's loss while it says one half", loss, 2 * math.log(2), atol=1e-6)

# %% [markdown]
# ## The best discriminator there is
#
# Hold $G$, and with it $q$. What should $D$ say? $V$ is an integral of $p\log D + q\log(1-D)$ over all points, and $D$
# may be any function: what it says here does not bind it there. So forget the function and look at one point, where $p$
# and $q$ are two numbers.
#
# ```{exercise} One point, two numbers
# :label: ch04.q1
# Near some point the data have density $p$ and the fakes have density $q$, both above zero. Which probability $D$ makes
# $p\log D + q\log(1-D)$ as large as it can be? Return it as a function of the two numbers.
# ```


# %% course={"role": "answer", "q": "ch04.q1", "points": 1}
# >>> answer: ch04.q1
def best_probability(p, q):
    """The D that makes p log D + q log(1 - D) largest; p and q are above zero."""
    return p / (p + q)


# %% course={"role": "check", "q": "ch04.q1"}
ch04.q1(best_probability)

# %% course={"role": "hidden", "q": "ch04.q1", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(best_probability, lambda draw: (draw.uniform(0.05, 1), draw.uniform(0.05, 1)))

# %% [markdown]
# Set the derivative $p/D - q/(1-D)$ to zero, and the answer falls out (equation 2 of the paper):
#
# $$ D^\star(x) = \frac{p(x)}{p(x)+q(x)} . $$ (eq-best)
#
# Read it aloud: *of the traffic at $x$, the share that is real.* There is no network in it, and no training.
#
# A derivative of zero is a promise, not a proof. Here is one, and it also says what second best costs. By
# {eq}`eq-best`, $p = (p+q)\,D^\star$ and $q = (p+q)(1-D^\star)$. Put this into {eq}`eq-value`, and for any other $D$
#
# $$ V(D^\star, G) - V(D, G) = \int (p+q)\;\mathrm{KL}(D^\star\,\|\,D)\,dx . $$ (eq-price)
#
# Here $\mathrm{KL}(D^\star\,\|\,D) = D^\star\log\frac{D^\star}{D} + (1-D^\star)\log\frac{1-D^\star}{1-D}$ at each point
# is a Kullback–Leibler divergence, $\mathrm{KL}(a\,\|\,b) = \mathbb E_a[\log(a/b)]$, between two coins: one shows
# *real* with probability $D^\star(x)$, the other with probability $D(x)$. No such divergence is negative: since
# $\log t \le t - 1$, we have $\mathbb E_a[\log(b/a)] \le \mathbb E_a[b/a - 1] \le 0$, with equality only for $a = b$.
# So no $D$ is paid more than $D^\star$, and one that is paid the same agrees with it wherever $p + q > 0$, except
# perhaps on a set of measure zero. $\blacksquare$
#
# The proof also shows where it is silent. At points with $p = q = 0$ the weight in front of the KL is zero, $D^\star$
# is not even defined, and a network may say what it likes. No sample calls it to account, until the next fakes land
# there.
#
# Let us try {eq}`eq-price` on a lazy discriminator, whose score has half the right slope.

# %% course={"role": "check"}
p, q = Normal(0.0, 1.0), Normal(2.0, 1.0)
x = torch.linspace(-12, 14, 4001, dtype=torch.float64)
traffic = p.log_prob(x).exp() + q.log_prob(x).exp()
best_at = theory.optimal_discriminator(p, q)
best = best_at(x)
lazy = torch.sigmoid(1 - x)
coins = best * torch.log(best / lazy)
coins += (1 - best) * torch.log((1 - best) / (1 - lazy))

price = torch.trapezoid(traffic * coins, x)
lost = theory.value_at_optimum(p, q) - theory.value(p, q, lambda x: 1 - x)
close("the price of being lazy", lost, price, atol=1e-6)

# %% [markdown]
# As a score, {eq}`eq-best` becomes simpler still. The score whose sigmoid is $p/(p+q)$ is
#
# $$ s^\star(x) = \log p(x) - \log q(x) , $$ (eq-score)
#
# and for $\mathcal N(0,1)$ against $\mathcal N(m,1)$, fakes a gap $m$ away, that is
# $\tfrac12(x-m)^2 - \tfrac12x^2 = m^2/2 - mx$: a straight line. A single linear layer can be the best discriminator in
# the world. If we train one, it has no excuse.


# %%
def train_discriminator(D, real, fake, rounds=500, rate=0.01):
    """Move D alone, up the value of the game."""
    optimizer = engine.cosine(engine.adam(rate), rounds)(D.parameters())
    for _ in range(rounds):
        loss = losses.minimax.d(D(real(512)), D(fake(512)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


engine.seed(0)
real, fake = data.Gaussian(1), data.Gaussian(1, mean=2.0)
linear = networks.mlp(1, 1, hidden=())
deep = networks.mlp(1, 1, (32, 32), nn.Tanh)
train_discriminator(linear, real, fake, rate=0.1)
train_discriminator(deep, real, fake)

# %% course={"role": "check"}
x = torch.linspace(-2, 4, 13)[:, None]
close("linear layer against 2 - 2x", linear(x), 2 - 2 * x, atol=0.2)
x = torch.linspace(-1, 3, 9)[:, None]
close("deep network against 2 - 2x", deep(x), 2 - 2 * x, atol=0.4)
close("  and as a probability", torch.sigmoid(deep(x)), best_at(x), atol=0.05)
x = torch.linspace(-8, 10, 1801)
top = theory.value_at_optimum(p, q)
for name, D in (("linear", linear), ("deep", deep)):
    scores = D(x[:, None])[:, 0].detach()
    lost = top - theory.value(p.log_prob(x).exp(), q.log_prob(x).exp(), scores, x)
    holds(f"{name}: less than 0.005 nats short of the best", 0 <= lost < 0.005, lost)

# %% tags=["hide-input"]
#| label: fig-score
#| fig-cap: "**What to see.** Between the two upright lines three curves are one. Outside, hardly a point ever checks the deep network, and it stops following the truth. The linear layer is right out there too, but only because the truth happens to be a line."
#| fig-alt: Three scores over x from minus 8 to 10. They fall together along one straight line between minus 1.5 and 3.5, where 93 percent of the points lie. Beyond, the best score and the linear layer go straight on, while the deep network bends and becomes level on both sides.
show.lines(
    torch.linspace(-8, 10, 181),
    {"best": lambda x: 2 - 2 * x, "deep": deep, "linear": linear},
    looks={"best": show.OTHERS[0], "deep": show.DISCRIMINATOR, "linear": show.OTHERS[1]},
    marks={"93 % of points": -1.5, "": 3.5},
    xlabel="x",
    title="score",
)

# %% [markdown]
# ### How often is it right?
#
# When it has to decide, the best discriminator says *real* where $p > q$. Points of both kinds being equally frequent,
# it is right with probability
#
# $$ \tfrac12\int \max(p, q)\,dx = \tfrac12\,\bigl(1 + \mathrm{TV}(p, q)\bigr) , $$ (eq-accuracy)
#
# because $\max(p,q) = \tfrac12(p+q) + \tfrac12|p-q|$, with the total variation $\mathrm{TV} = \tfrac12\int|p-q|$. For
# two unit Gaussians a gap $m$ apart the boundary is halfway, and {eq}`eq-accuracy` is $\Phi(m/2)$, the share of a
# standard normal that lies below $m/2$.

# %% course={"role": "check"}
accuracy = theory.best_accuracy(p, q)
halfway = Normal(0.0, 1.0).cdf(torch.tensor(1.0))
close("(1 + TV) / 2 against Phi(1)", accuracy, halfway, atol=1e-6)
print(f"you said {my_guess} %; the best there is gets {100 * accuracy:.1f} % right")

# %% [markdown]
# It is wrong about one point in six, and neither a larger network nor a longer run will change that: where the bells
# overlap, there is nothing to know. A discriminator that claims much more on these two densities has been asked about
# too few points, or about those it was trained on.

# %% [markdown]
# ## What the game is worth
#
# ```{exercise} The value at the top
# :label: ch04.q2
# :class: essential
# Put {eq}`eq-best` into {eq}`eq-value`. You should find a constant and one divergence, the Jensen–Shannon divergence
# $\mathrm{JSD}(p,q) = \tfrac12\mathrm{KL}(p\,\|\,\tfrac12(p+q)) + \tfrac12\mathrm{KL}(q\,\|\,\tfrac12(p+q))$. Return
# the value of the game against the best discriminator as a function of the JSD, both in nats. The proof comes right
# after; do not read it first.
# ```


# %% course={"role": "answer", "q": "ch04.q2", "points": 2}
# >>> answer: ch04.q2
def value_at_best(jsd):
    """V(D*, G) from the Jensen-Shannon divergence, both in nats."""
    return 2 * jsd - math.log(4)


# %% course={"role": "check", "q": "ch04.q2"}
ch04.q2(value_at_best)

# %% course={"role": "hidden", "q": "ch04.q2", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(value_at_best, lambda draw: (draw.uniform(0, 0.69),))

# %% [markdown]
# The trick is to divide by the average of the two densities, which is a density, rather than by their sum, which is
# not. Write $D^\star = \tfrac12\,p\,/\,\tfrac12(p+q)$. Then
# $\mathbb E_p[\log D^\star] = -\log 2 + \mathrm{KL}(p\,\|\,\tfrac12(p+q))$, and the second term of {eq}`eq-value` gives
# the same with $q$. Together (equations 5 and 6 of the paper):
#
# $$ V(D^\star, G) = -\log 4 + 2\,\mathrm{JSD}(p, q) . $$ (eq-top)
#
# Both KL terms in the JSD are at least zero. They are zero only if $p = \tfrac12(p+q)$, which is to say $q = p$. So the
# smallest value the generator can force is $-\log 4$, it is reached by reproducing the data, and by nothing else: this
# is the paper's theorem 1. $\blacksquare$
#
# The JSD has a second reading, worth keeping. Toss a fair coin, show a real point for heads and a fake for tails: the
# JSD is how much that one point tells about the coin, in nats. It runs from 0 to $\log 2$, the whole coin.

# %% course={"role": "check"}
for m, value in ((1.0, -1.163451), (2.0, -0.712633), (3.0, -0.332740)):
    fakes = Normal(m, 1.0)
    reached = theory.value(p, fakes, theory.optimal_score(p, fakes))
    formula = theory.value_at_optimum(p, fakes)
    close(f"gap {m:g}: V of the best score", reached, value, atol=1e-5)
    close(f"gap {m:g}: 2 JSD - log 4", formula, value, atol=1e-5)


# %% tags=["hide-input"]
#| label: fig-gap
#| fig-cap: "**What to see.** D passes ½ where the bells cross, not where the data end. As the gap closes, the S of D flattens into the line ½: that line is the end of the game, for a discriminator that could have drawn any curve. From m = 1 to 3 the JSD grows by 0.42, from 3 to 6 by 0.16, and then it has all but reached its end, log 2 = 0.693. In a running notebook, drag m."
#| fig-alt: Four panels with two bell curves, data at 0 and fakes at m, and the best discriminator. At m = 0 the bells coincide and D is the level line one half. At 1, 3 and 6 they part, and D becomes an ever steeper falling S. The JSD is 0, 0.111, 0.527 and 0.689, the value minus 1.386, minus 1.163, minus 0.333 and minus 0.008, and the best accuracy 50, 69.1, 93.3 and 99.9 percent.
def pair(axes, m):
    fakes = Normal(m, 1.0)
    show.densities(
        torch.linspace(-3.5, 9.5, 261),
        lambda x: p.log_prob(x).exp(),
        lambda x: fakes.log_prob(x).exp(),
        D=theory.optimal_discriminator(p, fakes),
        names=("p", "q", "D"),
        limits=(0, 1.38),
        axes=axes,
    )
    axes.set_yticks([0, 0.5, 1], ["0", "½", "1"])
    jsd, value, right = (
        theory.js(p, fakes),
        theory.value_at_optimum(p, fakes),
        theory.best_accuracy(p, fakes),
    )
    text = f"JSD {jsd:.3f}   V −{abs(value):.3f}   right {100 * right:.1f} %"
    axes.text(0.5, 0.97, text, transform=axes.transAxes, ha="center", va="top", size=8.5)


show.explore(pair, m=[0.0, 1.0, 3.0, 6.0])

# %% [markdown]
# So a generator that faces the best discriminator is not in a fight at all. It walks down a fixed landscape, the JSD.
# Keep two doubts for later. The landscape is nearly level where the fakes are far off; and nobody has promised that the
# best discriminator will be there at every step.

# %% [markdown]
# ## The game, as a diff
#
# Everything above fits into one class. This is the library's `GAN`, printed as what it adds to a game in which players
# take turns; a minus marks a line of the parent, a plus a line of the child. Two methods hold all the mathematics:
# `d_loss` scores a real batch and a fake one that it has cut loose from $G$; `g_loss` scores fakes only.

# %%
show.diff(engine.Game, games.GAN)

# %% [markdown]
# Its objective is `nonsaturating`: in practice the generator minimises something other than $V$, and why is the subject
# of the section after next. The game of {eq}`eq-value` itself is one line away.


# %%
class Minimax(games.GAN):
    """Goodfellow et al. 2014, eq. 1. From GAN: G descends what D climbs."""

    objective = losses.minimax


# %% [markdown]
# ## Four panels
#
# The paper explains itself with a drawing, its figure 1: noise goes up arrows to become fakes, $D$ sorts fakes from
# data, $G$ follows. We shall draw it by training. The forger begins with an education: it has learned to copy
# *yesterday's* data, and today the data have moved.
#
# Predict before you run. In panel (b) the generator stands still and $D$ trains to the end: what is its height where
# the bells cross? In panel (d), after a hundred more rounds: what is left of $D$?
#
# One line in the next cell is not in the paper. It is the body of `penalty`; remember it, we shall come back for it.


# %%
class Damped(games.GAN):
    """Mescheder et al. 2018, eq. 9. From GAN: D moves more, and pays for being steep."""

    turns = 5 * ("D",) + ("G",)

    def penalty(self, real, fake):
        return 0.1 * losses.r1(self.D, real)


# %% course={"role": "demo"}
yesterday, today = data.mixture_1d([-0.6], 0.5), data.mixture_1d([0.6], 0.7)
engine.seed(2)
G = networks.mlp(1, 1, (32, 32), nn.Tanh)
D = networks.mlp(1, 1, (32, 32), nn.Tanh)
optimizers = {
    "D": engine.adam(0.01, betas=(0.0, 0.99)),
    "G": engine.adam(0.005, betas=(0.0, 0.99)),
}
forgers = Damped(G, D, data.Gaussian(1), optimizers=optimizers)
states = []


def moment(title):
    """Keep what a panel shows: data, fakes, D and G as they are now."""
    G, D = copy.deepcopy(forgers.G), copy.deepcopy(forgers.D)
    states.append(
        show.State(
            title,
            p=lambda x: today.log_prob(x).exp(),
            q=show.smooth(forgers.sample(4000, seed=0)),
            D=lambda x: torch.sigmoid(D(x)),
            G=G,
        )
    )


for _ in engine.play(forgers, partial(yesterday, 256), rounds=80):
    pass
train_discriminator(forgers.D, today, forgers.sample, rounds=15, rate=0.005)
moment("(a) D has had a first look")
train_discriminator(forgers.D, today, forgers.sample, rounds=300)
moment("(b) D alone, to the end")
forgers.players["G"].move(today(256))
moment("(c) one move of G")
for _ in engine.play(forgers, partial(today, 256), rounds=120):
    pass
moment("(d) 120 rounds later")

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-four-panels
#| fig-cap: "**What to see.** (a) The fakes are yesterday's and D has hardly begun. (b) With G held still, D becomes the best one: ½ where the bells cross, the share of real traffic everywhere. (c) One move of G: the arrows lean to where D is high, and overshoot. (d) The bells agree, the arrows crowd where the data are dense, and D is the line ½, but for the edges, where there is nobody to correct it. The arrows take equally probable noise z to G(z)."
#| fig-alt: Four panels, each with two bells and the curve D above, and arrows from a lower line z to an upper line x below. In a the fakes lie left of the data and D rises gently. In b D is a steep S through the crossing. In c the fakes have jumped to the right end of the data. In d both bells coincide, D is level at one half, and the arrows are densest in the middle.
noise = Normal(0.0, 1.0).icdf(torch.linspace(0.04, 0.96, 13))
show.four_panel(states, torch.linspace(-3, 3.5, 261), noise)

# %% course={"role": "demo"}
x = today(4000)
with torch.no_grad():
    best = torch.sigmoid(today.log_prob(x) - states[1].q(x).log())
    from_best = (states[1].D(x).flatten() - best).abs().mean()
    from_half = (states[3].D(x) - 0.5).abs().mean()
fakes = forgers.sample(4000, seed=0)
apart = theory.wasserstein_1d(fakes.flatten(), x.flatten())
holds("(b) D is within 0.05 of the best one, on average", from_best < 0.05, from_best)
holds("(d) D is within 0.1 of one half, on average", from_half < 0.1, from_half)
holds("(d) sorted fakes are within 0.15 of sorted data, on average", apart < 0.15, apart)

# %% [markdown]
# (Yesterday and today are 1.2 apart.) Where the bells cross, $p = q$ and the best $D$ says ½, wherever that is; and at
# the end nothing is left of $D$ but that. In (c) the generator has moved once, by as much as its optimizer allowed, and
# gone too far: $D$ had told it *right of here*, not *how far*, and did not move along. Until $D$ catches up, $G$ is
# following an old map.

# %% [markdown]
# ## Two losses for one generator
#
# The generator wants {eq}`eq-value` small, and only the second term has $G$ in it. So the loss of the minimax game is
# $\log(1 - D(G(z)))$. The paper names the trouble in its section 3: early on "$D$ can reject samples with high
# confidence", and then this loss "saturates". Its remedy is to minimise $-\log D(G(z))$ instead, the *non-saturating*
# loss.
#
# Both are functions of one number, the score $s$ of a fake. All that reaches $G$ is how steeply the loss falls when
# that score rises. Call this the *weight* of the fake.
#
# ```{exercise} How hard does each loss pull?
# :label: ch04.q3
# A fake has score $s$, so that $D = \sigma(s)$. How steeply does each loss fall as $s$ rises? Return the two weights,
# first of the saturating loss $\log(1-D)$, then of the non-saturating loss $-\log D$. Both are positive.
# ```


# %% course={"role": "answer", "q": "ch04.q3", "points": 2}
# >>> answer: ch04.q3
def weights(s):
    """Minus the slopes of log(1 - D) and of -log D in the score s."""
    D = 1 / (1 + math.exp(-s))
    return D, 1 - D


# %% course={"role": "check", "q": "ch04.q3"}
ch04.q3(weights)

# %% course={"role": "hidden", "q": "ch04.q3", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(weights, lambda draw: (draw.uniform(-4, 4),))

# %% [markdown]
# The saturating loss gives a fake the weight $D$, the other gives it $1 - D$. In words: one works on the fakes that
# already pass, the other on those that are caught.
#
# Before the best discriminator the mean weight tells what a shift feels. Move the fakes of $\mathcal N(m, 1)$ a little
# towards the data, and the score of each rises by $m$ per unit: so the pull is $m$ times the mean weight.


# %% course={"role": "check"}
def mean_weight(objective, m):
    """Mean weight of fakes from N(m, 1), before the best discriminator."""
    fakes = Normal(m, 1.0)
    score = theory.optimal_score(p, fakes)
    weight = partial(theory.generator_weight, objective)
    return theory.expectation(fakes, lambda x: weight(score(x)))


s = torch.linspace(-8, 8, 161, dtype=torch.float64)
saturating = theory.generator_weight(losses.minimax, s)
nonsaturating = theory.generator_weight(losses.nonsaturating, s)
close("autograd on the saturating loss against D", saturating, torch.sigmoid(s), 1e-9)
close("autograd on the other loss against 1 - D", nonsaturating, torch.sigmoid(-s), 1e-9)
for m in (1.0, 2.0, 4.0, 6.0):
    weak = mean_weight(losses.minimax, m)
    strong = mean_weight(losses.nonsaturating, m)
    print(f"gap {m:g}: mean weight {weak:.3f} saturating, {strong:.3f} non-saturating")

# %% tags=["hide-input"]
#| label: fig-weights
#| fig-cap: "**What to see.** Two mirror images. A fake that D has caught (left) gets almost nothing from the saturating loss and full weight from the other; a fake that passes (right), the reverse. They agree only at score 0. At a gap of 1 the averages are 0.398 and 0.602, hardly a difference; at a gap of 6 they are 0.002 and 0.998."
#| fig-alt: Weight against score from minus 8 to 8. The saturating curve rises from 0 to 1 as an S, the non-saturating one falls from 1 to 0, and they cross at score 0 and height one half.
show.lines(
    s,
    {"saturating": saturating, "non-saturating": nonsaturating},
    marks={"D undecided": 0.0},
    references={"½": 0.5},
    xlabel="score of the fake",
    title="weight on the generator's gradient",
)

# %% [markdown]
# ### A race
#
# Let the two losses run. The data are $\mathcal N(0,1)$; both generators may shift and stretch, $G(z) = az + b$, and
# begin as $\mathcal N(6, 1)$, in front of a discriminator that has already been trained. Then 200 rounds of plain
# gradient descent, all the same but for the loss. Adam would divide each gradient by its recent size, and so hide some
# of what we want to see.
#
# Before you run it: how far from the data, at 0, will each mean be at the end?

# %%
my_saturating, my_nonsaturating = 3, 3  # your two guesses


# %% course={"role": "demo"}
def race(game_class, rounds=200):
    """Train G(z) = az + b against a linear D that is ahead."""
    engine.seed(0)
    G, D = networks.mlp(1, 1, hidden=()), networks.mlp(1, 1, hidden=())
    nn.init.constant_(G[0].weight, 1.0)
    nn.init.constant_(G[0].bias, 6.0)
    optimizers = {"D": engine.sgd(0.5), "G": engine.sgd(0.05)}
    game = game_class(G, D, data.Gaussian(1), optimizers=optimizers)
    train_discriminator(D, real, game.sample, rate=0.2)
    played = engine.play(game, partial(real, 256), rounds)
    return game, [6.0, *(G[0].bias.item() for _ in played)]


loser, slow = race(Minimax)
winner, fast = race(games.GAN)
holds("saturating: moved by less than 1 of 6", 6 - slow[-1] < 1, slow[-1])
holds("non-saturating: has arrived, within 0.3", abs(fast[-1]) < 0.3, fast[-1])
print(f"you said {my_saturating} and {my_nonsaturating}")

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-race
#| fig-cap: "**What to see.** Same start, same data, same step sizes. The saturating loss hardly moves, because D is right: at a gap of 6 the mean weight is 0.002. The other one reaches the data after some fifty rounds, swings past them and back, and stays."
#| fig-alt: Mean of the fakes over 200 rounds. The saturating curve stays near 6 and only begins to sink at the end. The non-saturating one falls to 0 within fifty rounds, overshoots a little below, and settles at 0.
show.lines(
    torch.arange(201.0),
    {"saturating": slow, "non-saturating": fast},
    references={"data": 0.0},
    xlabel="round",
    title="mean of the fakes",
)

# %% [markdown]
# A loss that stops is a failure you can recognise: $D$'s loss near zero and fakes that do not change. What the winner
# looks like from inside, we shall see in a moment; do not congratulate it yet.
#
# ### Same end, another road
#
# "The two losses have the same optimum", say many notes, and it is tempting to add *so they take the same path, one
# faster*. They do not. Hold $D^\star$ still and ask which divergence of $q$ has the gradient that $G$ receives. For the
# saturating loss it is {eq}`eq-top` itself: at its maximum, a $D$ that moved along with $q$ would change nothing to
# first order. For the other, note that $D^\star = p/(p+q)$ gives $-\log D^\star = \log(q/p) - \log(1-D^\star)$. As $q$
# moves a little with $D^\star$ held, the average of $\log(q/p)$ changes as $\mathrm{KL}(q\,\|\,p)$ does, and that of
# $\log(1-D^\star)$ as $2\,\mathrm{JSD}$ does: in both, what comes from the movement inside the logarithm integrates to
# zero. Hence {cite:p}`arjovsky2017principled`
#
# $$ \begin{aligned} \nabla\,\mathbb E_q[-\log D^\star]
#    &= \nabla\,\bigl[\mathrm{KL}(q\,\|\,p) - 2\,\mathrm{JSD}(p,q)\bigr] \\
#    &= \nabla\; 2\,\mathrm{KL}\bigl(\tfrac12(p+q)\,\big\|\,p\bigr) . \end{aligned} $$ (eq-nonsaturating)
#
# A minus in front of a divergence looks alarming: does $G$ run away from the data? The right-hand form says no. It is
# one divergence, at least zero, and zero only for $q = p$. (The last step is {numref}`ch04.q4`.)


# %% course={"role": "check"}
def descended(divergence, objective, m):
    """A divergence at gap m, its slope in the gap, and the pull that G receives."""
    gap = torch.tensor(m, dtype=torch.float64, requires_grad=True)
    value = divergence(p, Normal(gap, 1.0))
    (slope,) = torch.autograd.grad(value, gap)
    return value.item(), slope.item(), m * mean_weight(objective, m).item()


value, slope, pull = descended(theory.value_at_optimum, losses.minimax, 1.0)
close("gap 1: 2 JSD - log 4", value, -1.163451, atol=1e-5)
close("  its slope and the pull on G, 0.397973", [slope, pull], 0.397973, atol=1e-5)
for m, known in ((1.0, 0.277157), (2.0, 1.326338), (3.0, 3.446445)):
    found = descended(theory.nonsaturating_divergence, losses.nonsaturating, m)
    value, slope, pull = found
    close(f"gap {m:g}: 2 KL(middle || p)", value, known, atol=1e-5)
    close("  its slope and the pull on G agree", slope - pull, 0.0, atol=1e-5)
    if m == 1:
        close("  both are 0.602027", [slope, pull], 0.602027, atol=1e-5)

# %% [markdown]
# The roads differ most where it matters. Let the data be two humps and the forger drop one; or let the data be one hump
# and the forger invent a second. Which does each loss mind more, and does it matter how far apart the humps are? Commit
# yourself, then run.


# %% course={"role": "check"}
def mistakes(divergence, distance):
    """What it costs to drop a far hump, and what it costs to invent one."""
    one = data.mixture_1d([0.0], 0.5).distribution
    two = data.mixture_1d([0.0, distance], 0.5).distribution
    return divergence(two, one), divergence(one, two)


for distance in (4.0, 8.0):
    dropped, invented = mistakes(theory.js, distance)
    print(
        f"2 JSD, {distance:g} apart: dropped {2 * dropped:.2f}, invented {2 * invented:.2f}"
    )
for distance in (4.0, 8.0):
    dropped, invented = mistakes(theory.nonsaturating_divergence, distance)
    print(
        f"2 KL(middle || p), {distance:g} apart: dropped {dropped:.2f}, invented {invented:.2f}"
    )

# %% [markdown]
# The saturating loss cannot tell the two mistakes apart. For the other a dropped hump costs little, however far away it
# was, and an invented one costs the more the farther out it lies, without bound. A generator trained with it will
# rather say less than say something wrong. It is tempting to see here why real GANs miss modes;
# {cite:t}`goodfellow2016tutorial` argues in section 3.2.5 that the divergence is not what is to blame. That is a matter
# for chapter 7.
#
# One warning. *Hold $D$, then ask what $G$ descends* is a question to be asked anew of every loss, and the answer need
# not be the divergence that a paper derives by putting $D^\star$ back into the criterion. For least squares it depends
# on the targets, and in one well-known case it is not: a matter for chapter 18.

# %% [markdown]
# ## Nobody is minimising
#
# The proofs so far let one player stand still. Now take away all that can be taken away, and let both move. The data
# are a single point, 0. The generator has one parameter: its only fake is the point $\theta$. The discriminator has
# one: its score is the line $\psi x$. This is *Dirac-GAN* {cite:p}`mescheder2018`, the smallest GAN there is. Lack of
# capacity is no excuse here: $\theta = 0$ reproduces the data exactly, $\psi = 0$ says ½ everywhere, and that is the
# only pair at which neither player wants to move: call it home.
#
# Each follows its own gradient of {eq}`eq-value`:
#
# $$ \dot\theta = \psi\,\sigma(\psi\theta), \qquad \dot\psi = -\theta\,\sigma(\psi\theta) . $$ (eq-dirac)
#
# The velocity is $\sigma$ times $(\psi, -\theta)$, which is perpendicular to $(\theta, \psi)$. Wherever the two stand,
# the arrow points neither home nor away from it. (Mescheder et al. let a positive score mean *fake*, so their $\psi$ is
# minus ours.)
#
# Computers take steps. Start at $\theta = 1$, $\psi = 0$, with 300 steps of size 0.2 for each player, $D$ first, then
# $G$ against the new $D$, as in the paper's algorithm 1. **Where is the forger then: home, circling, or gone?**

# %%
my_bet = "home"  # or "circling", or "gone"

# %% [markdown]
# The field below is not typed in. `theory.dirac` differentiates the objective that trains our networks;
# `theory.game_field` does so for any game, one loss for each player.

# %% course={"role": "check"}
field = theory.dirac(losses.minimax)
places = torch.randn(100, 2, dtype=torch.float64)
theta, psi = places.unbind(1)
sigma = torch.sigmoid(theta * psi)
formula = torch.stack([psi * sigma, -theta * sigma], dim=1)
close("the field against its formula", field(places), formula, atol=1e-9)


def value(theta, psi):
    """V of Dirac-GAN: log D(0) + log(1 - D(theta))."""
    return -math.log(2) + nn.functional.logsigmoid(-psi * theta)


by_hand = theory.game_field(value, lambda *both: -value(*both))
close("the field of V and -V", by_hand(places), formula, atol=1e-9)

home = torch.zeros(2, dtype=torch.float64)
eigenvalues = theory.eigenvalues(field, home)
close("real parts of the eigenvalues, 0 and 0", eigenvalues.real, [0.0, 0.0], 1e-3)
close("imaginary parts, -1/2 and 1/2", eigenvalues.imag, [-0.5, 0.5], 1e-3)

# %% course={"role": "check"}
start = torch.tensor([1.0, 0.0], dtype=torch.float64)
by_turns = theory.trajectory(theory.alternating(field, 0.2), start, 300)
at_once = theory.trajectory(theory.simultaneous(field, 0.2), start, 300)
circling, leaving = by_turns.norm(dim=1), at_once.norm(dim=1)
holds("by turns: never nearer home than 0.95", circling.min() > 0.95, circling.min())
holds("by turns: never farther than 1.05", circling.max() < 1.05, circling.max())
holds("at once: farther after every single step", leaving.diff().min() > 0)
holds("at once: more than 2 away at the end", leaving[-1] > 2, leaving[-1])
print(f"you said {my_bet}; by turns the forger is circling")

# %% [markdown]
# Eigenvalues $\pm i/2$: no real part, so nothing that shrinks. By turns, one round multiplies a small displacement by a
# matrix whose eigenvalues have modulus exactly 1 (for steps below 4), and the path neither converges nor spirals away
# exponentially. At once is worse: every step leaves the circle along a tangent, and so outwards. By how much, exactly,
# is {numref}`ch04.q5`.
#
# "Neither converges nor spirals" is a statement about small displacements and finite patience. Be patient, with a
# larger step:

# %% course={"role": "check"}
theta, psi, h = 1.0, 1.0, 0.5
for _ in range(20_000):  # by turns, in plain numbers
    psi -= h * theta / (1 + math.exp(-theta * psi))
    theta += h * psi / (1 + math.exp(-theta * psi))
far = theta**2 + psi**2
holds("squared distance from home, once 2: now above 10", far > 10, far)

# %% [markdown]
# Is this perhaps an artefact of the little theory? The same game in the engine, with the class `Minimax` from above and
# two networks of one weight each:


# %% course={"role": "check"}
class Point(nn.Module):
    """A generator with one parameter: the fake is theta, whatever the noise."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.ones(1, 1))

    def forward(self, z):
        return self.theta.expand(len(z), 1)


D = nn.Linear(1, 1, bias=False)
nn.init.zeros_(D.weight)
both = {"D": engine.sgd(0.2), "G": engine.sgd(0.2)}
dirac = Minimax(Point(), D, data.Gaussian(1), optimizers=both)
played = engine.play(dirac, lambda: torch.zeros(1, 1), rounds=300)
path = [[dirac.G.theta.item(), D.weight.item()] for _ in played]
close("the engine against the theory", path, by_turns[1:], atol=1e-3)

# %% [markdown]
# ### What repairs it
#
# The discriminator is to blame: by the time the forger has arrived, $D$ is still tilted, and it pushes on. So make
# tilting cost something. *R1* adds $\tfrac\gamma2\,\mathbb E_p\lVert\nabla_{\!x} s\rVert^2$ to the loss of $D$
# (equation 9 of {cite:t}`mescheder2018`), where $s$ is the score. For the line $\psi x$ that is $\tfrac\gamma2\psi^2$,
# and $\dot\psi$ gains a brake, $-\gamma\psi$. At home the two eigenvalues become
#
# $$ \lambda = -\frac\gamma2 \pm \sqrt{\frac{\gamma^2}{4} - \frac14} , $$ (eq-damped)
#
# and now they have a negative real part. Below $\gamma = 1$ the path spirals in; at 1 it stops turning; above 1 the
# root pulls one eigenvalue back towards zero, and the game creeps. It is a door closer: too little and it swings, too
# much and it takes for ever to shut.
#
# There are other doors. *Instance noise* blurs every point, real and fake, by $\mathcal N(0, s^2)$ before $D$ sees it
# {cite:p}`sonderby2017`; a tilted $D$ then pays for its confidence in points that are mere blur. *Consensus*
# {cite:p}`mescheder2017` changes both velocities: each player also wants everybody to be at rest, and descends
# $\tfrac\gamma2|v|^2$. Averaging over the noise, or differentiating once more, gives
#
# $$ \lambda_{\text{noise}} = -\frac{s^2}{4} \pm \sqrt{\frac{s^4}{16} - \frac14} , \qquad
#    \lambda_{\text{consensus}} = -\frac\gamma4 \pm \frac i2 . $$ (eq-repairs)
#
# So near home, noise is R1 with $\gamma = s^2/2$. And *extragradient* {cite:p}`gidel2019` leaves the game alone and
# changes the step: take a trial step, read the velocity there, go back, and follow that one. It multiplies a small
# displacement by $1 \pm \tfrac{ih}{2} - \tfrac{h^2}{4}$, of modulus below one for $h < 2$. (How to write it is
# {numref}`ch04.q6`.)


# %% course={"role": "check"}
def braked(gamma):
    """The field of the same game with R1 in D's loss."""

    def penalty(D, real, fake):
        return gamma / 2 * losses.r1(D, real)

    return theory.dirac(losses.minimax, penalty)


def spelled(values):
    """Two eigenvalues to three decimals."""
    (a, b), (c, d) = ((round(v.real, 3) + 0.0, round(v.imag, 3)) for v in values)
    return f"{a:.3f} ± {abs(b):.3f}i" if b else f"{c:.3f}, {a:.3f}"


noisy = partial(theory.dirac, losses.minimax)
print(f"{'at home':18}{'computed':>18}{'theory':>18}")
for name, game, centre, under in (
    ("nothing", field, 0.0, -1 / 4),
    ("non-saturating", theory.dirac(losses.nonsaturating), 0.0, -1 / 4),
    ("Wasserstein", theory.dirac(losses.wasserstein), 0.0, -1.0),
    ("R1, γ = 0.2", braked(0.2), -0.2 / 2, 0.2**2 / 4 - 1 / 4),
    ("R1, γ = 1", braked(1.0), -1 / 2, 1 / 4 - 1 / 4),
    ("R1, γ = 2", braked(2.0), -2 / 2, 2**2 / 4 - 1 / 4),
    ("noise, s = 1", noisy(noise=1.0), -1 / 4, 1 / 16 - 1 / 4),
    ("noise, s = 2", noisy(noise=2.0), -(2**2) / 4, 2**4 / 16 - 1 / 4),
    ("consensus, γ = 1", theory.consensus(field, 1.0), -1 / 4, -1 / 4),
):
    found = theory.eigenvalues(game, home).tolist()
    said = [centre + sign * cmath.sqrt(under) for sign in (-1, 1)]
    said.sort(key=lambda v: (v.imag, v.real))
    gap = max(abs(a - b) for a, b in zip(found, said))
    assert gap < 1e-3, (name, found, said)
    print(f"{name:18}{spelled(found):>18}{spelled(said):>18}")

# %% [markdown]
# A step is judged by its modulus instead: below one is home, above one is gone.

# %% course={"role": "check"}
h = 0.5
both, ahead = theory.simultaneous(field, h), theory.extragradient(field, h)
for name, update, modulus in (
    ("at once", both, math.sqrt(1 + h**2 / 4)),
    ("by turns", theory.alternating(field, h), 1.0),
    ("looking ahead", ahead, math.sqrt(1 - h**2 / 4 + h**4 / 16)),
):
    found = theory.eigenvalues(update, home).abs()
    close(f"{name}, h = 0.5: modulus", found.max(), modulus, atol=1e-4)

updates = {
    "at once": (field, both),
    "by turns": (field, theory.alternating(field, h)),
    "looking ahead": (lambda state: (ahead(state) - state) / h, ahead),
}
for name, game in (
    ("R1, γ = 0.2", braked(0.2)),
    ("R1, γ = 1", braked(1.0)),
    ("noise, s = 1", noisy(noise=1.0)),
    ("consensus, γ = 1", theory.consensus(field, 1.0)),
):
    updates[name] = game, theory.alternating(game, h)
walked = {
    name: theory.trajectory(update, start, 160) for name, (_, update) in updates.items()
}
for name, path in list(walked.items())[2:]:
    end = path[-1].norm()
    holds(f"{name}: home within 0.02 after 160 rounds", end < 0.02, end)


# %% tags=["hide-input"]
#| label: fig-dirac
#| fig-cap: "**What to see.** One start, (1, 0), and steps of 0.5. Top: the same arrows, which only turn. Moving at once flies off, taking turns goes round. Below: four ways home. Looking ahead reads the arrow one step further on, where it already leans inwards. R1 brakes ψ alone: with γ = 0.2 the path spirals, with γ = 1 (dash and dot) it bends once and is there. Noise and consensus spiral in as well; near home noise of s = 1 is R1 with γ = ½."
#| fig-alt: Six fields of arrows over theta and psi, home marked by a star. At once, an outward spiral leaves the frame. By turns, a closed ring. Looking ahead, noise and consensus, the arrows lean inwards and the path spirals to home. R1, one path spirals to home and another bends once and ends there.
def shown(path):
    """The part of a path that is in the frame and not yet home."""
    far = path.norm(dim=1)
    return path[: ((far < 1.9) & (far > 0.08)).long().cumprod(0).sum()]


figure, panels = show.panels(6, height=2.35)
groups = [[name] for name in updates]
groups[3:5] = [["R1, γ = 0.2", "R1, γ = 1"]]
for axes, names in zip(panels, groups):
    two = len(names) == 2
    show.field(
        updates[names[-1]][0],
        paths={name[4:] if two else "": shown(walked[name]) for name in names},
        points={"": (0.0, 0.0)},
        extent=(-1.9, 1.9, -1.9, 1.9),
        side=8,
        labels=("θ", "ψ"),
        title="R1 (arrows: γ = 1)" if two else names[0],
        axes=axes,
    )
figure

# %% [markdown]
# Eigenvalues speak for small displacements only, and where the real part is zero they do not speak at all. The
# non-saturating game has the same $\pm i/2$, and yet it creeps home: with $x = \psi\theta$ its flow obeys
#
# $$ \frac{d}{dt}(\theta^2 + \psi^2) = -2x\tanh\frac x2 , $$ (eq-creep)
#
# which is of fourth order in the distance, too little for any exponential. And WGAN-GP has no eigenvalues at home at all:
# its penalty asks $D$ for slope 1, home has slope 0, and there is a kink. With a weight $w$ below 1 the two end in a
# cycle; from 1 on they come to rest in the wrong place, at $\theta = \pm2w$.

# %% course={"role": "check"}
gentle = theory.dirac(losses.nonsaturating)
x = places.prod(dim=1)
inwards = 2 * (gentle(places) * places).sum(dim=1)
close("non-saturating: the radius", inwards, -2 * x * torch.tanh(x / 2), atol=1e-9)
creeping = theory.trajectory(theory.alternating(gentle, 0.2), start, 3000).norm(dim=1)
holds("  after 300 rounds more than 0.3 away", creeping[300] > 0.3, creeping[300])
holds("  after 3000 more than 0.1 still", creeping[3000] > 0.1, creeping[3000])


def steep(weight):
    """The field of WGAN-GP."""

    def penalty(D, real, fake):
        return weight * losses.gradient_penalty(D, real, fake)

    return theory.dirac(losses.wasserstein, penalty)


cycle = theory.trajectory(theory.alternating(steep(0.1), 0.1), start, 600)[300:]
nearest = cycle.norm(dim=1).min()
holds("WGAN-GP, weight 0.1: never within 1 of home", nearest > 1, nearest)
stuck = theory.trajectory(theory.alternating(steep(1.0), 0.1), start, 600)[-1]
close("WGAN-GP, weight 1: theta at the end, either side", stuck[0].abs(), 2.0, 1e-2)

# %% [markdown]
# The line that was owed: `penalty` in `Damped` is R1 with $\gamma = 0.2$, and five moves of $D$ a round keep
# the map fresh. The paper draws panel (d) without either. Empty the class and run the four panels again, with a few
# seeds, to see what they bought.

# %% [markdown]
# ## Where popular notes go wrong
#
# **"G and D converge if they have enough capacity."** The sentence is nearly the paper's own, from the caption of its
# figure 1: with enough capacity "they will reach a point at which both cannot improve". Its proposition 2 is more
# careful. There $D$ is "allowed to reach its optimum" at every step, and the density $q$ itself is moved, not
# parameters of a network. Dirac-GAN grants the capacity and not the rest, and you have seen what it does.

# %% course={"role": "check"}
holds("all the capacity it needs, and no nearer home", circling[-1] > 0.95, circling[-1])

# %% [markdown]
# **"When D says ½, the generator is done."** If the fakes are perfect then the best $D$ says ½: so ½ is necessary. And
# if the best among *all functions* says ½, then by {eq}`eq-best` $p = q$. But what you read off a screen is *your* $D$.
# It also says ½ when it cannot see the difference, and when it cannot see at all.

# %% course={"role": "check"}
engine.seed(0)
blind = networks.mlp(1, 1, hidden=())
train_discriminator(blind, real, data.Gaussian(1, std=2.0), rate=0.1)
x = torch.linspace(-3, 3, 13)[:, None]
close("a linear D, fakes twice too wide", torch.sigmoid(blind(x)), 0.5, atol=0.05)
jsd = theory.js(p, Normal(0.0, 2.0))
close("  JSD of data and fakes, in nats", jsd, 0.0927, atol=1e-4)

dead = networks.mlp(1, 1, (16,))
nn.init.constant_(dead[0].bias, -100.0)  # nothing switches any unit on
train_discriminator(dead, real, data.Gaussian(1, mean=6.0), rate=0.1)
x = torch.linspace(-3, 9, 13)[:, None].requires_grad_()
close("a dead D, fakes six away", torch.sigmoid(dead(x)), 0.5, atol=0.02)
(slope,) = torch.autograd.grad(dead(x).sum(), x)
close("  the slope it offers to G", slope, 0.0, atol=1e-9)

# %% [markdown]
# If these look contrived, go back to the winner of the race. Its mean was perfect. Ask for its width, and for its
# discriminator's opinion:

# %% course={"role": "demo"}
width = winner.sample(4000, seed=0).std()
x = torch.linspace(-3, 3, 13)[:, None]
opinion = (torch.sigmoid(winner.D(x)) - 0.5).abs().max()
holds("the winner's D is within 0.1 of one half from -3 to 3", opinion < 0.1, opinion)
holds("the winner's fakes have width below 0.1; the data have 1", width < 0.1, width)

# %% [markdown]
# All its fakes are one point. The linear $D$ cannot see width, so nothing kept the fakes apart; and the non-saturating
# loss bends upwards in the score, so that of all fakes with the same mean the narrowest are the cheapest. Every dial
# reads *converged*. **A generator learns what its discriminator can see, and nothing else**: {doc}`05_training` builds
# on that sentence.
#
# **"G wants D(x) small on real x."** The value does contain $\mathbb E_p[\log D(x)]$, and $G$ wants the value small.
# But that term has no $G$ in it, hence no gradient, and a player without a gradient has no wish. What the generator
# does to real points, it does only by changing what $D$ will learn next.

# %% course={"role": "check"}
G, D = networks.mlp(1, 1), networks.mlp(1, 1)
x, z = torch.randn(64, 1), torch.randn(64, 1)
on_real = nn.functional.logsigmoid(D(x)).mean()
on_fake = nn.functional.logsigmoid(-D(G(z))).mean()
mine = list(G.parameters())
none = torch.autograd.grad(on_real, mine, allow_unused=True)
some = torch.autograd.grad(on_fake, mine)
holds("E log D(real): no weight of G has a gradient", all(g is None for g in none))
holds("E log(1 - D(fake)): every weight has one", all(g.abs().sum() > 0 for g in some))

# %% [markdown]
# ## Exercises
#
# Three have met you on the way ({numref}`ch04.q1`, {numref}`ch04.q2`, {numref}`ch04.q3`). Here are three more; the first
# two begin with a pencil.
#
# ```{exercise} One divergence, not a difference of two
# :label: ch04.q4
# First show that $\mathrm{KL}(q\,\|\,p) - 2\,\mathrm{JSD}(p,q) = 2\,\mathrm{KL}(\tfrac12(p+q)\,\|\,p)$: write
# everything as one integral and collect the logarithms. Then compute the right-hand side for $p = \mathcal N(0,1)$ and
# $q = \mathcal N(\mu, \sigma^2)$ by summing over a fine grid, with plain torch. Before you run it: is the number at
# $\mu = 1$ the one that the saturating loss descends?
# ```
#
# ```{solution} ch04.q4
# $$ \begin{aligned}
#    & \int q\log\frac qp - \int p\log\frac{p}{(p+q)/2} - \int q\log\frac{q}{(p+q)/2} \\
#    & = \int q\log\frac{(p+q)/2}{p} + \int p\log\frac{(p+q)/2}{p} = \int (p+q)\log\frac{(p+q)/2}{p} . \end{aligned} $$
# ```


# %% course={"role": "answer", "q": "ch04.q4", "points": 3}
# >>> answer: ch04.q4
def nonsaturating_divergence(mean, std):
    """2 KL(middle || p) in nats, for p = N(0, 1) and q = N(mean, std**2)."""
    x = torch.linspace(-20, 20, 8001, dtype=torch.float64)
    p = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    q = torch.exp(-(((x - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))
    middle = (p + q) / 2
    return 2 * torch.trapezoid(middle * torch.log(middle / p), x)


# %% course={"role": "check", "q": "ch04.q4"}
ch04.q4(nonsaturating_divergence)

# %% course={"role": "hidden", "q": "ch04.q4", "rtol": 0.01, "atol": 0.003}
from ganlib.grading import evaluate

evaluate(
    nonsaturating_divergence, lambda draw: (draw.uniform(-2.5, 2.5), draw.uniform(0.5, 1.5))
)

# %% [markdown]
# At $\mu = 1$ it is 0.277, where 2 JSD is 0.223: one optimum, two roads.
#
# ```{exercise} How fast it flies apart
# :label: ch04.q5
# Both players of Dirac-GAN stand at $(\theta, \psi)$ and take one step of size $h$ along {eq}`eq-dirac`, at the same
# time. By what factor does $\theta^2 + \psi^2$ change, exactly? (Pencil: the step is perpendicular to the position.)
# Why does no learning rate, however small, make it shrink?
# ```
#
# ```{solution} ch04.q5
# Position $w$ and velocity $v$ are perpendicular, so $|w + hv|^2 = |w|^2 + h^2|v|^2$, and
# $|v|^2 = \sigma(\psi\theta)^2\,|w|^2$. The factor $1 + h^2\sigma(\psi\theta)^2$ is above one for every $h$.
# ```


# %% course={"role": "answer", "q": "ch04.q5", "points": 3}
# >>> answer: ch04.q5
def growth(theta, psi, h):
    """The factor on theta**2 + psi**2 in one simultaneous step of size h."""
    sigma = 1 / (1 + math.exp(-theta * psi))
    return 1 + (h * sigma) ** 2


# %% course={"role": "check", "q": "ch04.q5"}
ch04.q5(growth)

# %% course={"role": "hidden", "q": "ch04.q5", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    return draw.uniform(-2, 2), draw.uniform(-2, 2), draw.uniform(0.3, 1)


evaluate(growth, inputs)

# %% [markdown]
# ```{exercise} One look ahead
# :label: ch04.q6
# Write one extragradient step. You are given `velocity(theta, psi)`, which returns the pair $(\dot\theta, \dot\psi)$,
# where the players stand, and the step size $h$, the same for the look and for the move. Return where they stand
# afterwards. Then explain: where the field only turns, why does a small step bring them nearer home?
# ```
#
# ```{solution} ch04.q6
# Where arrows turn about home, the arrow at the trial point has already turned a little further, and so it points
# slightly inwards of the tangent. Of order $h^2$ that outweighs the drift outwards: for $v = (\psi, -\theta)$ the squared
# distance is multiplied by $(1-h^2)^2 + h^2 = 1 - h^2 + h^4$, below one while $h < 1$.
# ```


# %% course={"role": "answer", "q": "ch04.q6", "points": 3}
# >>> answer: ch04.q6
def look_ahead(velocity, theta, psi, h):
    """One extragradient step: the state after it, as a pair."""
    along_theta, along_psi = velocity(theta, psi)
    along_theta, along_psi = velocity(theta + h * along_theta, psi + h * along_psi)
    return theta + h * along_theta, psi + h * along_psi


# %% course={"role": "check", "q": "ch04.q6"}
ch04.q6(look_ahead)

# %% course={"role": "hidden", "q": "ch04.q6", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    a, b, theta, psi = (draw.uniform(-1, 1) for _ in range(4))

    def velocity(theta, psi):
        return a * psi + theta * psi, b * theta - psi**2

    return velocity, theta, psi, draw.uniform(0.2, 1)


evaluate(look_ahead, inputs)

# %% [markdown]
# ## How we know
#
# | statement | held up by | the figure it asserts |
# |---|---|---|
# | {eq}`eq-best` is what a classifier finds | `tests/test_theory.py::test_logistic_regression_finds_the_optimal_discriminator` | 0.01 in probability |
# | no other discriminator is paid as much | `tests/test_theory.py::test_value_is_largest_for_the_optimal_score` | 10 random pairs |
# | {eq}`eq-price`, the price of second best | `tests/test_ch04.py::test_a_worse_discriminator_loses_a_mean_divergence_of_coins` | 1e-8 |
# | training finds $m^2/2 - mx$ | `tests/test_ch04.py::test_a_trained_linear_layer_finds_the_best_score` | 0.2 in score |
# | {eq}`eq-accuracy` | `tests/test_theory.py::test_best_accuracy_is_that_of_the_bayes_threshold` | 1e-12 |
# | {eq}`eq-top` | `tests/test_theory.py::test_js_and_value_of_two_unit_gaussians` | −1.163451, −0.712633, −0.332740 |
# | the four panels | `tests/test_ch04.py::test_the_damped_game_learns_a_bell` | sorted samples within 0.2 |
# | the weights are $D$ and $1 - D$ | `tests/test_theory.py::test_generator_weights_are_sigmoids_of_the_score` | exact |
# | their means at a gap of 1 | `tests/test_theory.py::test_mean_weights_on_the_fakes_of_two_unit_gaussians` | 0.398, 0.602 |
# | the race, and its winner | `tests/test_ch04.py::test_the_saturating_loss_stalls_and_the_other_collapses` | moved < 1; width < 0.1 |
# | {eq}`eq-nonsaturating`, both gradients | `tests/test_theory.py::test_what_each_generator_descends_with_the_best_discriminator_held_fixed` | 0.602027 |
# | its last step | `tests/test_theory.py::test_nonsaturating_divergence_is_reverse_kl_minus_two_js` | 0.277157, 1.326338, 3.446445 |
# | dropping is cheap, inventing is not | `tests/test_theory.py::test_dropping_a_mode_is_cheap_for_the_nonsaturating_generator` | 0.262, infinite |
# | {eq}`eq-dirac` and its eigenvalues | `tests/test_theory.py::test_unregularised_games_only_rotate` | ±0.5i |
# | at once: the exact growth | `tests/test_theory.py::test_simultaneous_steps_grow_by_the_exact_factor` | every step of 60 |
# | by turns: modulus 1 | `tests/test_theory.py::test_alternating_linearisation_neither_grows_nor_shrinks_below_the_critical_step` | 1e-9 |
# | by turns: slow drift | `tests/test_ch04.py::test_turn_taking_drifts_slowly` | above 10 after 20 000 |
# | {eq}`eq-dirac` from any two losses | `tests/test_theory.py::test_dirac_is_a_game_of_two_plain_losses` | 1e-8 |
# | {eq}`eq-damped` | `tests/test_theory.py::test_r1_damps_and_its_critical_weight_is_one` | 1e-7 |
# | {eq}`eq-repairs`, noise | `tests/test_theory.py::test_instance_noise_damps_as_derived` | 1e-7 |
# | {eq}`eq-repairs`, consensus | `tests/test_theory.py::test_consensus_damps_as_derived` | 1e-9 |
# | looking ahead: modulus, and $h < 2$ | `tests/test_theory.py::test_looking_ahead_multiplies_by_the_polynomial` | 1e-6 |
# | {eq}`eq-creep` | `tests/test_theory.py::test_the_nonsaturating_flow_shrinks_slowly` | 50 places |
# | WGAN-GP does not come home | `tests/test_theory.py::test_the_gradient_penalty_does_not_come_home` | weights 0.1, 0.5, 1 |
# | blind and dead discriminators | `tests/test_ch04.py::test_a_discriminator_that_cannot_see_says_one_half` | 0.05 |
# | no gradient from real points | `tests/test_ch04.py::test_scores_of_real_points_have_no_gradient_in_the_generator` | none |

# %% [markdown]
# ## You can now
#
# - write down the best discriminator for any two densities, say in words what it is and where it says nothing, and turn one divergence
#   into the value of the game;
# - say that the saturating loss pulls at a fake with weight $D$ and the other with $1 - D$, and that they walk down different
#   divergences to the same place;
# - read $\pm i/2$ as *circles*, a step along the tangent as *flies apart*, and a negative real part as *settles*; and distrust a ½.

# %% [markdown]
# ## Sources
#
# The game, {eq}`eq-best`, {eq}`eq-top` and the picture are from {cite:t}`goodfellow2014`; the proof by {eq}`eq-price`
# is the usual one for a logarithmic score. (Its own proof says that $a\log y + b\log(1-y)$ has its maximum at $a/(a+b)$
# for any pair of numbers but $(0, 0)$; it means numbers that are not negative.) The gradient of the non-saturating loss
# as a difference of two divergences is theorem 2.5 of {cite:t}`arjovsky2017principled`. Dirac-GAN, its eigenvalues and
# R1 are from {cite:t}`mescheder2018`, consensus is from {cite:t}`mescheder2017`. Extragradient is older than GANs,
# Korpelevich's of 1976; {cite:t}`gidel2019` brought it to them.
#
# What popular notes get wrong: that capacity is enough; that ½ is the end; that $G$ has an opinion about real points;
# and that the two generator losses differ in speed only.
