# %% [markdown]
# # ACGAN and its repair TAC-GAN
#
# ```{epigraph}
# A pupil who is marked on neatness alone will hand in very few words.
# ```
#
# **Claim.** An AC-GAN gets its labels by having $D$ name what it sees, and by paying $G$ when the name is right. What it
# then descends is the right divergence *plus* the conditional entropy of the label given the picture, so where classes
# overlap it pulls them apart. A second classifier, trained on the fakes alone, takes exactly this term away.
#
# You will be able to
#
# - write both players' losses on logits, and say what one softmax too many costs;
# - split AC-GAN's value into the part one wants and the part one gets, and say where its optimum lies;
# - read an accuracy on samples beside the accuracy on real data and beside a measure of diversity.

# %% [markdown]
# ## Before you read on
#
# Three classes on a line are unit Gaussians around −2, 0 and 2, all equally likely. They overlap, so even the best
# classifier names only 79 % of real points rightly. You train a conditional generator on them, ask it for points of each
# class, and the same classifier names 99 % of those rightly. **Is this generator better than one of whose points 79 %
# are named rightly, or worse?**
#
# And: the middle class has standard deviation 1. **What do you expect of the generator's middle class: more, less, or
# 1?** Note your guesses.

# %%
better_at_99_percent = "yes"  # or "no"
middle_class = "1"  # or "more", or "less"

# %% course={"role": "setup"} tags=["hide-input"]
import math
from functools import partial

import torch
from torch import nn
from torch.nn.functional import cross_entropy

import ganlib
from ganlib import (
    data,
    engine,
    games,
    metrics,
    networks,
    recipes,
    show,
    theory,
    zoo,
)
from ganlib.grading import close, holds
from ganlib.grading.exercises import ch10

ganlib.setup(seed=0)
torch.set_num_threads(1)  # networks this small gain nothing from a second core

# %% [markdown]
# ## Two questions about one picture
#
# Suppose the training pictures $x$ come with labels $y$, and $G$ is told which label to make. How does $D$ learn that
# a perfect 7 is the wrong answer to a request for a 3? {doc}`09_cgan` shows $D$ the request. {cite:t}`odena2017` do not.
# Their $D$ sees the picture alone, as in a plain GAN, and answers *two* questions about it: is it real, and which class
# is it? One trunk looks, two heads answer: a score, and a row of logits for the classes. With $C(y|x)$ for the softmax of
# these logits,
#
# $$ L_S = \mathbb E\log D(x) + \mathbb E\log\bigl(1 - D(G(z, y))\bigr), \qquad
#    L_C = \mathbb E\log C(y\,|\,x) + \mathbb E\log C\bigl(y\,|\,G(z, y)\bigr) $$ (eq-acgan-terms)
#
# (equations 2 and 3 of the paper). $D$ ascends $L_S + L_C$, and $G$ ascends $L_C - L_S$. So about the source they
# quarrel as ever. About the class nobody quarrels: both want it named rightly, on real pictures and on fakes.
#
# ```{exercise} What D wants small
# :label: ch10.q1
# One real picture and one fake. $D$ gives "real" a probability of `real` for the first and of `fake` for the second, and
# the class in question one of `named_real` and of `named_fake`. Return $D$'s loss.
# ```


# %% course={"role": "answer", "q": "ch10.q1", "points": 1}
# >>> answer: ch10.q1
def d_loss(real, fake, named_real, named_fake):
    """What D wants small, in nats, from four probabilities."""
    L_S = math.log(real) + math.log(1 - fake)
    L_C = math.log(named_real) + math.log(named_fake)
    return -(L_S + L_C)


# %% course={"role": "check", "q": "ch10.q1"}
ch10.q1(d_loss)

# %% course={"role": "hidden", "q": "ch10.q1", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(d_loss, lambda draw: tuple(draw.uniform(0.05, 0.95) for _ in range(4)))

# %% [markdown]
# ### The game, as a diff
#
# From the plain GAN: a label goes into $G$, a class comes out of $D$, and both losses get the cross-entropy of that
# class, $-\log C$. As always $G$ climbs $\log D$ where {eq}`eq-acgan-terms` would have it descend $\log(1-D)$
# ({doc}`../1_foundations/04_minimax`).

# %%
show.source(games.ACGAN.d_loss, docstrings=False)
show.source(games.ACGAN.g_loss, docstrings=False)

# %% [markdown]
# $D$ is any network that answers twice, such as `networks.Heads(trunk, score, classes)`. One that knows nothing pays
# two bits for the source, and $\log K$ for each of the two namings:


# %% course={"role": "check"}
def heads(trunk, width, *answers):
    """D: one trunk of so many features, and a linear answer of each length."""
    return networks.Heads(trunk, *(nn.Linear(width, k) for k in answers))


engine.seed(0)
D = heads(nn.Linear(1, 8), 8, 1, 10)
for part in D.heads.parameters():
    nn.init.zeros_(part)
G = networks.Conditioned(nn.Linear(2 + 10, 1), networks.OneHot(10))
game = games.ACGAN(G, D, data.Gaussian(2), data.Labels(10))
batch = torch.randn(64, 1), torch.randint(10, (64,))
close("D, less 2 log 2 + 2 log 10", game.d_loss(batch) - 2 * math.log(20), 0.0, 1e-5)
close("G, less log 2 + log 10", game.g_loss(batch) - math.log(20), 0.0, 1e-5)

# %% [markdown]
# ### One softmax too many
#
# `cross_entropy` takes logits: the softmax is inside. A good number of public implementations of this very paper end
# $D$ in a softmax *and* call `cross_entropy`, so that probabilities are read as logits. Nothing crashes; it even learns,
# a little. But a logit of the second softmax now lies between 0 and 1, and a classifier that is right and certain of it
# still pays.
#
# ```{exercise} The floor of a softmax too many
# :label: ch10.q2
# A classifier of $K$ classes is always right and always certain: its probabilities are a single 1 and $K-1$ zeros. They
# go through another softmax. Which cross-entropy is left?
# ```


# %% course={"role": "answer", "q": "ch10.q2", "points": 1}
# >>> answer: ch10.q2
def floor(K):
    """The lowest cross-entropy that probabilities in the place of logits can reach, in nats."""
    return math.log(1 + (K - 1) / math.e)


# %% course={"role": "check", "q": "ch10.q2"}
ch10.q2(floor)

# %% course={"role": "hidden", "q": "ch10.q2", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(floor, lambda draw: (draw.randrange(12, 900),))

# %% [markdown]
# For ten classes that is 1.461, of the 2.303 one starts from. And the way there is slow: at the start the gradient is
# a tenth, and once the classifier is certain of something wrong it is nearly gone. Here are free logits, one row a
# class, that only have to learn to be right:


# %% course={"role": "check"}
def learn(softmaxes, start=0.0, rounds=2000):
    """Cross-entropy of free logits after descending it; the right class starts so far behind."""
    y = torch.arange(10)
    logits = (torch.zeros(10, 10) - start * torch.eye(10)).requires_grad_()
    optimizer = torch.optim.SGD([logits], lr=10.0)
    slopes = []
    for _ in range(rounds):
        said = logits
        for _ in range(softmaxes - 1):
            said = said.softmax(1)
        loss = cross_entropy(said, y)
        optimizer.zero_grad()
        loss.backward()
        slopes.append(logits.grad.norm().item())
        optimizer.step()
    return loss.item(), slopes[0]


(once, slope), (twice, slope_twice) = learn(1), learn(2)
holds("logits: below 0.001 nats", once < 0.001, once)
holds("probabilities: still above 1.461", twice > 1.461, twice)
close("and the first gradient is shorter by a factor", slope_twice / slope, 0.1, 1e-3)
stuck, _ = learn(2, start=15.0)
holds("after a confident mistake: above 2.3, and there it stays", stuck > 2.3, stuck)

# %% [markdown]
# A test that would have caught it takes one line: the loss of a network that is right, with logits of ±20, has to be
# about zero.

# %% [markdown]
# ## What this game descends
#
# In {doc}`../1_foundations/04_minimax` the best $D$ turned the value of a GAN into $-\log 4 + 2\,\mathrm{JSD}(P_X, Q_X)$,
# with $P$ for the data and $Q$ for the fakes. What does the best $C$ turn $L_C$ into? It is trained on the two in equal
# parts, so it sees their mixture $M = \tfrac12(P+Q)$, and the best it can say is $M(y|x)$. Its cross-entropy is then the
# conditional entropy $H_M(Y|X)$ ({doc}`11_mutual_information`), and $L_C = -2H_M(Y|X)$. So against the best opponents
# $G$ wants this to be small:
#
# $$ V_{\mathrm{AC}} = -\log 4 + 2\,\mathrm{JSD}(P_X, Q_X) + 2H_M(Y\,|\,X) . $$ (eq-acgan-value)
#
# It is not plain what that is. But entropies add up, $H(X, Y) = H(X) + H(Y|X)$, and a Jensen–Shannon divergence is made
# of entropies, $\mathrm{JSD}(P,Q) = H(M) - \tfrac12H(P) - \tfrac12H(Q)$. Write it for pairs and for pictures, and
# subtract:
#
# $$ \mathrm{JSD}(P_{XY}, Q_{XY}) = \mathrm{JSD}(P_X, Q_X) + H_M(Y|X) - \tfrac12 H_P(Y|X) - \tfrac12 H_Q(Y|X) . $$ (eq-acgan-chain)
#
# Insert this, and the value falls into three parts:
#
# $$ V_{\mathrm{AC}} = \underbrace{-\log 4 + 2\,\mathrm{JSD}(P_{XY}, Q_{XY})}_{\text{what one wants}}
#    + \underbrace{H_P(Y\,|\,X)}_{\text{of the data, fixed}} + \underbrace{H_Q(Y\,|\,X)}_{\text{what one gets besides}} . $$ (eq-acgan-split)
#
# The first part is what the conditional GAN of the last chapter plays for: it is zero, but for the $\log 4$, only where
# pictures *and labels* are right. The second does not depend on $G$. The third is a wish nobody has uttered: that the
# fakes' labels be readable off the fakes. {cite:t}`gong2019` traced AC-GAN's lack of diversity to this term.
#
# The check takes tables of random probabilities, five classes and thirty pictures:

# %% course={"role": "check"}
engine.seed(0)
P, Q = (torch.rand(5, 30, dtype=torch.float64) ** 3 for _ in range(2))
P, Q = P / P.sum(), Q / Q.sum()


def ac_value(P, Q):
    """The value of the game against the best D and C; rows are classes, columns are pictures."""
    named = theory.conditional_entropy((P + Q) / 2)
    return 2 * theory.js(P.sum(0), Q.sum(0)) + 2 * named - math.log(4)


def joint_value(P, Q):
    """What a GAN on pairs of picture and label is worth against the best D."""
    return 2 * theory.js(P.flatten(), Q.flatten()) - math.log(4)


besides = theory.conditional_entropy(P) + theory.conditional_entropy(Q)
close(
    "value, less its three parts", ac_value(P, Q) - joint_value(P, Q) - besides, 0.0, 1e-9
)

# %% [markdown]
# ### Accuracy is not fidelity
#
# How large is that wish? Say $G$ has got the pictures right, $Q_X = P_X$, and only their labels are open. Then the value
# is $2H_M(Y|X)$ and a constant, and an entropy is *concave*: over each picture, the value is lowest at a corner, where
# one class has all of it. The truth, which gives a picture that may be a 4 or a 9 to both, is in the middle.
#
# ```{exercise} Accuracy is fidelity, they say
# :label: ch10.q3
# :class: essential
# `P` is a table of probabilities, a row a class and a column a picture. Of all tables in which every picture comes as
# often as in `P` (the columns add up to the same), return one for which $H(Y|X)$ is smallest; and of those the one on
# which the classifier that is best for `P` is always right. (In the check no column has two largest entries.)
# ```


# %% course={"role": "answer", "q": "ch10.q3", "points": 3}
# >>> answer: ch10.q3
def favourite(P):
    """What a generator would choose that only wants its labels to be readable."""
    columns = list(zip(*P))
    return [
        [sum(column) if row[i] == max(column) else 0.0 for i, column in enumerate(columns)]
        for row in P
    ]


# %% course={"role": "check", "q": "ch10.q3"}
ch10.q3(favourite)

# %% course={"role": "hidden", "q": "ch10.q3", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    P = [[draw.random() for _ in range(5)] for _ in range(3)]
    return ([[p / sum(map(sum, P)) for p in row] for row in P],)


evaluate(favourite, inputs)

# %% [markdown]
# So there is a generator whose every sample the best classifier names rightly, and it is not the truth wherever classes
# overlap. AC-GAN prefers it. Here are the three Gaussians of the beginning, on a fine grid: as they are, and *sorted*,
# every point given to the class whose centre is nearest.

# %% course={"role": "check"}
x = torch.linspace(-9, 9, 1801, dtype=torch.float64)


def classes(spacing):
    """P(class, place) of three unit Gaussians, a row a class."""
    centres = spacing * torch.tensor([[-1.0], [0.0], [1.0]], dtype=torch.float64)
    P = torch.exp(-((x - centres) ** 2) / 2)
    return P / P.sum()


def sort(P):
    """The same places, each given to the likeliest class."""
    nearest = P.argmax(0)
    return torch.stack([P.sum(0) * (nearest == row) for row in range(len(P))])


def widths(P):
    """Standard deviation of each class."""
    shares = P / P.sum(1, keepdim=True)
    means = (shares * x).sum(1, keepdim=True)
    return (shares * (x - means) ** 2).sum(1).sqrt()


truth = classes(2.0)
cut = sort(truth)
accuracy = theory.posterior(truth).max(0).values @ truth.sum(0)
close("accuracy of the best classifier on real points", accuracy, 0.788, 0.001)
close("on sorted ones", cut.max(0).values.sum(), 1.0, 1e-9)
close("widths of the sorted classes", widths(cut), [0.798, 0.577, 0.798], 0.001)
apart = joint_value(truth, cut) - joint_value(truth, truth)
close("twice the joint divergence of the two", apart, 0.167, 0.001)
close("AC-GAN's value, truth", ac_value(truth, truth), -0.427, 0.001)
close("  and sorted", ac_value(truth, cut), -0.739, 0.001)

# %% [markdown]
# The truth is not where the game is over. Between the truth and the cut there is a slope, and $G$ goes down it. (It may
# do better still by moving points as well. Descending {eq}`eq-acgan-value` over all tables ends at widths of 0.78, 0.57
# and 0.78 and centres at ±2.32, pushed outwards from ±2: `tests/test_ch10.py`.)
#
# ```{exercise} How narrow
# :label: ch10.q4
# Two unit Gaussians `distance` apart, equally likely, sorted at the middle. What is the standard deviation of the right
# class? By symmetry its points are distributed as $|x|$ with $x\sim\mathcal N(a, 1)$ and $a$ half of the distance, and
# $\mathbb E|x| = \sqrt{2/\pi}\,e^{-a^2/2} + a\,(1 - 2\Phi(-a))$ with
# $\Phi(t) = \tfrac12\bigl(1 + \mathrm{erf}(t/\sqrt2)\bigr)$.
# ```


# %% course={"role": "answer", "q": "ch10.q4", "points": 2}
# >>> answer: ch10.q4
def width(distance):
    """Standard deviation of all points right of the middle."""
    a = distance / 2
    below = (1 + math.erf(-a / math.sqrt(2))) / 2
    mean = math.sqrt(2 / math.pi) * math.exp(-(a**2) / 2) + a * (1 - 2 * below)
    return math.sqrt(1 + a**2 - mean**2)


# %% course={"role": "check", "q": "ch10.q4"}
ch10.q4(width)

# %% course={"role": "hidden", "q": "ch10.q4", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(width, lambda draw: (draw.uniform(0.1, 5),))

# %% [markdown]
# ## The twin
#
# The term to be got rid of is $H_Q(Y|X)$, the conditional entropy of the fakes. Nobody knows it, but a classifier
# trained on fakes alone estimates it: at its best its cross-entropy *is* $H_Q(Y|X)$. So {cite:t}`gong2019` give $D$ a
# third head, the twin $C'$. It learns to name the fakes, and $G$ is paid for making it fail:
#
# $$ L_{C'} = \mathbb E\log C'\bigl(y\,|\,G(z,y)\bigr), \qquad
#    V_{\mathrm{TAC}} = V_{\mathrm{AC}} + \max_{C'} L_{C'} = V_{\mathrm{AC}} - H_Q(Y\,|\,X) . $$ (eq-acgan-twin)
#
# With {eq}`eq-acgan-split` nothing is left but the joint divergence and a constant. This is the conditional GAN's own
# value, reached by a $D$ that is never shown a label:

# %% course={"role": "check"}
for name, fakes in (("truth", truth), ("sorted", cut)):
    repaired = ac_value(truth, fakes) - theory.conditional_entropy(fakes)
    data_alone = theory.conditional_entropy(truth)
    left = repaired - data_alone - joint_value(truth, fakes)
    close(f"{name}: TAC-GAN's value less the joint one and H_P", left, 0.0, 1e-9)

# %%
show.diff(games.ACGAN, games.TACGAN)

# %% [markdown]
# ```{exercise} What the repaired G wants small
# :label: ch10.q5
# For one fake: `score` is the probability that $D$ gives to "real", `named` what the classifier gives to the class that
# was asked for, and `twin` what the twin gives to it. Return $G$'s loss, with the source term that does not saturate.
# ```


# %% course={"role": "answer", "q": "ch10.q5", "points": 1}
# >>> answer: ch10.q5
def g_loss(score, named, twin):
    """What G wants small, in nats, from three probabilities."""
    return -math.log(score) - math.log(named) + math.log(twin)


# %% course={"role": "check", "q": "ch10.q5"}
ch10.q5(g_loss)

# %% course={"role": "hidden", "q": "ch10.q5", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(g_loss, lambda draw: tuple(draw.uniform(0.05, 0.95) for _ in range(3)))

# %% [markdown]
# Where classifier and twin agree, the two cancel, and $G$ feels a plain GAN. It feels a label only where the fakes of a
# class differ from the data's, since only then do the two classifiers.
#
# One condition has been kept quiet. {eq}`eq-acgan-split` wants $L_C$ to weigh as much as $L_S$, which is the papers'
# choice and ours (`weight=1`). And it is about the best opponents and the saturating $G$. What networks do that take
# turns is a question for an experiment.

# %% [markdown]
# ## On the line
#
# Both networks are small, the noise is one number, and both games get the same rounds. The classifier that judges them
# is the best one, which is known here: the nearest centre. What do you expect of the widths?

# %%
SPACING = 2.0


def overlapping(n, spacing=SPACING):
    """Points of three unit Gaussians at -spacing, 0 and spacing, and which one each is of."""
    y = torch.randint(3, (n,))
    return spacing * (y[:, None] - 1.0) + torch.randn(n, 1), y


def toy(kind, seed, spacing=SPACING, rounds=1500):
    """AC-GAN or TAC-GAN on three overlapping classes, played to the end."""
    engine.seed(seed)
    rough = partial(nn.LeakyReLU, 0.2)
    G = networks.Conditioned(networks.mlp(1 + 3, 1, (64, 64)), networks.OneHot(3))
    trunk = nn.Sequential(networks.mlp(1, 64, (64,), rough), rough())
    D = heads(trunk, 64, *{games.ACGAN: (1, 3), games.TACGAN: (1, 3, 3)}[kind])
    step = engine.cosine(engine.adam(2e-3, (0.0, 0.99)), rounds)
    average, both = networks.EMA(G, 0.995), {"D": step, "G": step}
    game = kind(G, D, data.Gaussian(1), data.Labels(3), optimizers=both, average=average)
    engine.fit(game, partial(overlapping, 256, spacing), rounds, progress=False)
    return game


def of_classes(game, spacing=SPACING, n=4000):
    """Samples (3, n); mean and width of each class; share that the nearest centre names rightly."""
    y = torch.arange(3).repeat_interleave(n)
    points = game.sample(3 * n, y, seed=0).reshape(3, n)
    named = (points / spacing).round().clamp(-1, 1) + 1
    return points, points.mean(1), points.std(1), (named.flatten() == y).float().mean()


# %% course={"role": "demo"}
ac, tac = toy(games.ACGAN, seed=0), toy(games.TACGAN, seed=0)
ac_points, ac_means, ac_widths, ac_named = of_classes(ac)
tac_points, tac_means, tac_widths, tac_named = of_classes(tac)
holds("AC-GAN: each class narrower than 0.85", (ac_widths < 0.85).all(), ac_widths)
holds("the middle one narrower than 0.65", ac_widths[1] < 0.65, ac_widths)
holds("the outer centres beyond 2.1", (ac_means[[0, 2]].abs() > 2.1).all(), ac_means)
holds("and above 95 % are named rightly", ac_named > 0.95, ac_named)
mean_width = tac_widths.mean()
holds("TAC-GAN: mean width within 0.35 of 1", abs(mean_width - 1) < 0.35, tac_widths)
holds(
    "the middle class wider by a half or more",
    tac_widths[1] > 1.5 * ac_widths[1],
    tac_widths,
)
holds("and fewer than 88 % are named rightly", tac_named < 0.88, tac_named)
print(
    f"you said: better, {better_at_99_percent}; {middle_class}. It is the worse one, and less"
)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-acgan-line
#| fig-cap: "**What to see.** Left, the classes as they are: solid around −2, dashed around 0, dotted around 2. In the middle, AC-GAN has cut them apart: hardly a point is where two classes could have made it, and the middle class grows out of the panel. Right, the same networks with a twin: rough, and overlapping as they should."
#| fig-alt: Three panels over the interval from minus 5 to 5. Left, three bell curves of equal width around minus 2, 0 and 2, overlapping. In the middle, three curves that hardly overlap, the middle one tall and narrow. Right, three curves close to those on the left.
figure, places = show.panels(3, columns=3, height=2.4)
at = torch.linspace(-5, 5, 201)
real = [torch.exp(-((at - 2 * k) ** 2) / 2) / math.sqrt(2 * math.pi) for k in (-1, 0, 1)]
panels = {"data": real}
panels |= {
    name: [show.smooth(row, 0.12)(at[:, None]) for row in points]
    for name, points in (("AC-GAN", ac_points), ("TAC-GAN", tac_points))
}
for axes, (name, bells) in zip(places, panels.items()):
    for bell, look in zip(bells, (show.REAL, show.FAKE, show.DISCRIMINATOR)):
        axes.plot(at, bell, color=look.colour, ls=look.line)
    axes.set_title(name)
    axes.set_ylim(0, 1.4)
figure

# %% [markdown]
# The generator with the higher accuracy is the worse one, and one could have known from the accuracy alone: real points
# get 79 %. *An accuracy above that of real data is no merit but evidence*, of samples more typical than typical.
#
# How far apart must classes lie to be safe? The same two games at three spacings, 2000 rounds, seeds 0, 1 and 2; width of
# the middle class, mean width of the outer two, and share named rightly:
#
# | spacing | real: named | game | middle class | outer classes | named |
# |---|---|---|---|---|---|
# | 1 | 0.59 | AC-GAN | 0.17, 0.02, 0.23 | 0.58, 0.62, 0.63 | 1.00, 1.00, 0.92 |
# | 1 | 0.59 | TAC-GAN | 1.00, 0.98, 1.00 | 1.01, 0.94, 0.98 | 0.57, 0.57, 0.59 |
# | 2 | 0.79 | AC-GAN | 0.15, 0.29, 0.43 | 0.63, 0.65, 0.76 | 1.00, 1.00, 1.00 |
# | 2 | 0.79 | TAC-GAN | 1.00, 0.82, 1.02 | 1.06, 0.94, 1.00 | 0.77, 0.79, 0.78 |
# | 4 | 0.97 | AC-GAN | 0.75, 0.94, 0.99 | 0.93, 0.94, 0.82 | 1.00, 1.00, 1.00 |
# | 4 | 0.97 | TAC-GAN | 1.19, 0.91, 1.54 | 1.06, 1.11, 1.44 | 0.94, 0.99, 0.83 |
#
# Where classes overlap, at 1 and 2, AC-GAN's middle class has all but lost its width and TAC-GAN's is right within a
# tenth on average. At 4 there is next to nothing to repair, and the repair is not free: two of three seeds of TAC-GAN end
# too wide, one by half. Why, we have not found out; more rounds may be all it takes.

# %% tags=["hide-input"]
#| label: fig-acgan-widths
#| fig-cap: "**What to see.** Sorting has a price in width that is large where classes overlap and small where they do not. AC-GAN pays it and more. TAC-GAN keeps to 1, the width of the data, where classes overlap; at a spacing of 4 it ends too wide."
#| fig-alt: Width of the middle class against spacing, at 1, 2 and 4. The curve of the sorted classes rises from 0.3 over 0.6 to 0.9; that of AC-GAN lies below it; that of TAC-GAN lies near one at spacings 1 and 2, and above it at 4.
RECORDED = {"AC-GAN": [0.14, 0.29, 0.89], "TAC-GAN": [1.0, 0.95, 1.22]}
spacings = torch.tensor([1.0, 2.0, 4.0])
middle = [widths(sort(classes(s)))[1].item() for s in spacings.tolist()]
show.lines(
    spacings,
    {"sorted": middle, **RECORDED},
    xlabel="spacing of the centres, in widths of the data",
    title="width of the middle class",
)

# %% [markdown]
# ## Digits
#
# A 3 is not an 8, most of the time: digits overlap far less than these Gaussians. Here is AC-GAN on scikit-learn's, 8 × 8
# pixels, with the networks of {doc}`../1_foundations/05_training` and a label beside the noise. Three numbers are asked:
# the share that the judge names as asked for; the *spread* of a class, the mean distance of two of its samples in the
# judge's features, over that of two real test pictures; and the *coverage* of the class, the share of its test pictures
# with a sample among their five nearest ({doc}`../1_foundations/06_measuring`).

# %%
digits, test = data.digits(labels=True), data.digits("test", labels=True)
digits_judge = zoo.judge("digits")


def of_digits(seed, rounds=700):
    """AC-GAN on 8 x 8 digits, played to the end."""
    engine.seed(seed)
    rough = partial(nn.LeakyReLU, 0.2)
    layers = recipes.build_digits(rounds).G[1:]
    G = networks.Conditioned(
        nn.Sequential(nn.Linear(32 + 10, 256), *layers), networks.OneHot(10)
    )
    trunk = nn.Sequential(nn.Flatten(), networks.mlp(64, 256, (256,), rough), rough())
    step = engine.cosine(engine.adam(1e-3, (0.0, 0.99)), rounds)
    game = games.ACGAN(
        G,
        heads(trunk, 256, 1, 10),
        data.Gaussian(32),
        data.Labels(10),
        optimizers={"D": step, "G": step},
        average=networks.EMA(G, 0.99),
    )
    engine.fit(game, partial(digits, 128), rounds, progress=False)
    return game


def report(pictures, y):
    """Share named rightly; spread of the classes, of that of real ones; coverage of real ones."""
    named = metrics.extract(pictures, digits_judge.probabilities).argmax(1)
    spreads, covered = [], []
    for digit in range(10):
        ours, theirs = (
            metrics.extract(part, digits_judge.features)
            for part in (pictures[y == digit], test.x[test.y == digit])
        )
        spreads.append(torch.pdist(ours).mean() / torch.pdist(theirs).mean())
        covered.append(metrics.density_coverage(theirs, ours[: len(theirs)]).coverage)
    return (named == y).float().mean().item(), sum(spreads).item() / 10, sum(covered) / 10


# %% course={"role": "demo"}
y = torch.arange(10).repeat_interleave(100)
samples = of_digits(seed=0).sample(1000, y, seed=0)
named, spread, covered = report(samples, y)
real_named, _, real_covered = report(digits.x, digits.y)
holds(
    "training pictures: all named, above 0.9 covered",
    real_named == 1 and real_covered > 0.9,
)
holds("AC-GAN: above 70 % are named as asked for", named > 0.7, named)
holds("the classes as wide as real ones, within a quarter", abs(spread - 1) < 0.25, spread)
holds(
    "and covered: more than 0.4, less than real pictures do",
    0.4 < covered < real_covered,
    covered,
)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-acgan-digits
#| fig-cap: "**What to see.** A column a class, four samples of each. Every column keeps to its digit, if roughly: some of the samples are blots that only their column lets one name."
#| fig-alt: Four rows of ten grey pictures of eight by eight pixels. Each column shows one digit, from 0 to 9, in four different hands; a few are hard to read.
rows = samples.reshape(10, 100, 1, 8, 8)[:, :4].transpose(0, 1).flatten(0, 1)
show.grid(rows, columns=10, column_labels=[str(digit) for digit in range(10)])

# %% [markdown]
# No trace of narrow classes: what is wrong with these samples is that some are no digits. A bias towards what can be
# named is bounded by $H_P(Y|X)$, how much the data themselves leave open, and these leave next to nothing.

# %% [markdown]
# ## The real training
#
# MNIST, 60,000 pictures of 28 × 28 pixels, AC-GAN as in the paper but with fully connected networks. With a GPU the
# recipe runs now; without one the recorded run is loaded, sampled, and scored again on the spot.

# %%
show.source(recipes.build_acgan_mnist, docstrings=False)

# %%
run = zoo.run("acgan_mnist")
judge = zoo.judge("mnist")
scores = recipes.score_acgan_mnist(run.game, judge)
holds("as recorded", run.agrees(scores))

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-acgan-mnist
#| fig-cap: "**What to see.** A column a class, a row a hand. Nearly all can be named; some are broken or speckled, as fully connected networks leave them."
#| fig-alt: Six rows of ten grey pictures of handwritten digits, 0 to 9 from left to right.
y = torch.arange(10).repeat(6)
samples = run.game.sample(60, y.to(run.game.device), seed=0).cpu()
show.grid(samples, columns=10, column_labels=[str(digit) for digit in range(10)])

# %% [markdown]
# ### Up with the accuracy
#
# Here is a way to raise the accuracy of any conditional generator after training: feed it less noise. Draw $z$ from
# $\mathcal N(0, t^2)$ with $t<1$, so that every sample lies nearer to the middle of its class. What happens to the share
# that the judge names rightly, and what to the spread of a class, the mean distance of two of its samples in the judge's
# features?


# %%
def with_noise(t, n=200):
    """Share named rightly and mean distance within a class, at a width t of the noise."""
    device, prior = run.game.device, run.game.prior
    run.game.prior = data.Gaussian(64, std=t).to(device)
    y = torch.arange(10, device=device).repeat_interleave(n)
    pictures = run.game.sample(len(y), y, seed=0)
    run.game.prior = prior
    named = metrics.extract(pictures, judge.probabilities).argmax(1)
    seen = metrics.extract(pictures, judge.features).reshape(10, n, -1)
    apart = torch.stack([torch.pdist(rows).mean() for rows in seen.cpu()]).mean()
    return (named == y).float().mean().item(), apart.item()


# %% course={"role": "demo"}
TEMPERATURES = (1.0, 0.75, 0.5, 0.25)
named, apart = zip(*(with_noise(t, n=100) for t in TEMPERATURES))
holds("with three quarters of its noise: more named rightly", named[1] > named[0], named)
holds("with a quarter: above 99.5 %", named[3] > 0.995, named)
holds("and less than half of the spread is left", apart[3] < 0.5 * apart[0], apart)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-acgan-noise
#| fig-cap: "**What to see.** Above, all of the noise: different hands, and some digits that are hard to name. Below, a quarter of it: every digit can be named, and every one is much like the one above it."
#| fig-alt: Six rows of ten grey pictures of handwritten digits, a column a digit. The digits of the upper three rows differ in slant and thickness, and a few are broken. Those of the lower three rows are clear and nearly alike within a column.
y = torch.arange(10).repeat(3).to(run.game.device)
shown, prior = [], run.game.prior
for t in (1.0, 0.25):
    run.game.prior = data.Gaussian(64, std=t).to(run.game.device)
    shown.append(run.game.sample(30, y, seed=1).cpu())
run.game.prior = prior
names = ["t = 1", "", "", "t = 1/4", "", ""]
show.grid(torch.cat(shown), columns=10, row_labels=names)

# %% [markdown]
# On the machine that recorded the run: 97.5 % with all of the noise, 99.3 % with three quarters, 99.8 % with a half, and
# 100 % with a quarter, where 41 % of the spread is left. Real training pictures get 99.8 %. The best accuracy of all is
# had by handing out one picture a class, again and again, and nothing in the accuracy objects. It is a question about
# each picture by itself, and diversity belongs to the lot. So a conditional model has two numbers at least, and the
# second needs real pictures of the class to compare with.
#
# ### The scorecard
#
# | MNIST, 1000 samples of each digit | AC-GAN, seeds 0, 1, 2 | mean ± spread | real training pictures |
# |---|---|---|---|
# | share named as asked for | 0.976, 0.979, 0.976 | 0.977 ± 0.002 | 0.998 |
# | of the digit that is missed most | 0.931, 0.958, 0.946 | 0.945 ± 0.014 | 0.996 |
# | coverage of a class, k = 5 | 0.76, 0.76, 0.77 | 0.76 ± 0.00 | 0.93 |
# | of the class that is covered least | 0.50, 0.53, 0.56 | 0.53 ± 0.03 | 0.91 |
# | precision within a class, k = 3 | 0.73, 0.75, 0.76 | 0.75 ± 0.01 | 0.85 |
# | spread of a class, over that of real ones | 1.04, 1.04, 1.03 | 1.04 ± 0.01 | 1.01 |
# | Fréchet distance, MNIST judge | 1.54, 1.68, 1.59 | 1.60 ± 0.07 | 0.15 |
#
# A perfect sampler covers 0.97 of a class on average, whatever the class; the real training pictures of the last column,
# by hands other than those of the test set, do not quite. Of our bars, label accuracy 98 % is missed by a little and
# coverage of half of what real pictures have is met. This is the small size: 10,000 rounds, two cores, no convolution.
# `ganlib train acgan_mnist` on a machine with a GPU runs 60,000 rounds of wider networks; that is not yet recorded.
#
# | published | bar | here |
# |---|---|---|
# | CIFAR-10, inception score 8.25 ± 0.07 {cite:p}`odena2017`; no MNIST | MNIST label accuracy 98 % | 97.7 ± 0.2 %, small size |
# | three overlapping Gaussians, a picture {cite:p}`gong2019` | AC-GAN: widths below 0.8; TAC-GAN: within 10 % of 1 | both met at spacings 1 and 2; at 4 TAC-GAN is too wide |

# %% [markdown]
# ## Where popular notes go wrong
#
# **"The higher the classifier's accuracy on the samples, the better the conditional model."** The generator with 99 % was
# the one with a third of a middle class, and the one with 79 % was right. Less noise raises the accuracy of any generator and
# takes its diversity. Compare an accuracy with that of *real* pictures, and never print it alone.
#
# **"AC-GAN maximises the mutual information of label and picture, so it fits the data better."** It does enlarge
# $I(Y;X) = H(Y) - H(Y|X)$ of its *fakes*. The data have an $I(Y;X)$ of their own, and beyond it more is worse.
#
# **"$G$ is trained to fool the classifier."** It is trained to please it. What is fooled is the source, and in TAC-GAN the
# twin.
#
# **"`Softmax` and then `CrossEntropyLoss`."** You have seen the floor. If a ten-class loss settles at 1.46, look at the last
# layer.

# %% [markdown]
# ## Exercises
#
# You have met all five on the way: {numref}`ch10.q1`, {numref}`ch10.q2`, {numref}`ch10.q3`, {numref}`ch10.q4` and
# {numref}`ch10.q5`.

# %% [markdown]
# ## How we know
#
# | statement | held up by | the figure it asserts |
# |---|---|---|
# | both games are the papers' | `tests/test_games.py::test_a_game_and_its_bare_loop_have_the_same_losses` | 12 rounds by hand |
# | their losses for a $D$ that knows nothing | `tests/test_acgan_game.py::test_a_discriminator_that_knows_nothing_pays_two_bits_and_a_log_of_the_classes_for_each_naming` | 2 log 2 + 2 log K |
# | the twin learns from fakes alone | `tests/test_acgan_game.py::test_the_twin_learns_from_fakes_alone` | equal bits |
# | the floor of two softmaxes | `tests/test_ch10.py::test_no_classifier_with_two_softmaxes_gets_below_the_floor` | log(1 + (K−1)/e), four K |
# | the first gradient | `tests/test_ch10.py::test_the_first_gradient_through_two_softmaxes_is_a_kth_of_what_it_should_be` | 1/K |
# | the best $C$ | `tests/test_ch10.py::test_the_best_classifier_says_the_mixtures_posterior` | 1e-4 |
# | {eq}`eq-acgan-split` and {eq}`eq-acgan-twin` | `tests/test_ch10.py::test_the_value_is_the_joint_divergence_and_two_conditional_entropies` | sums written out, five tables |
# | the games reach these values | `tests/test_acgan_game.py::test_against_the_best_discriminator_the_games_are_worth_what_the_closed_forms_say` | trained $D$, 0.002 |
# | sorted labels are AC-GAN's favourite | `tests/test_ch10.py::test_with_the_right_pictures_no_labels_are_better_to_acgan_than_sorted_ones` | 20 others |
# | and its optimum over all tables | `tests/test_ch10.py::test_descending_the_value_over_all_tables_cuts_the_classes_apart_and_pushes_them_outwards` | 0.78, 0.57, 0.78; ±2.32 |
# | the truth is TAC-GAN's | `tests/test_ch10.py::test_the_repaired_value_is_lowest_at_the_truth_and_nowhere_else` | 20 others |
# | the table of spacings | `tests/test_ch10.py::test_the_table_of_spacings_is_what_was_recorded` | every number |
# | what is said of it | `tests/test_ch10.py::test_what_the_chapter_says_of_the_spacings_is_so` | 0.8, 10 % |
# | bias and repair, trained | `tests/test_ch10.py::test_another_seed_shows_the_bias_and_its_repair` | seed 1 |
# | the table of MNIST | `tests/test_ch10.py::test_the_table_of_mnist_is_what_the_zoo_recorded` | every number |

# %% [markdown]
# ## You can now
#
# - write both players' losses on logits, and find a softmax too many by its floor of 1.461;
# - say what AC-GAN descends, joint divergence plus $H_Q(Y|X)$, why its optimum cuts overlapping classes apart, and why a
#   twin repairs it;
# - doubt an accuracy: ask what real pictures get, and how much of each class is there.

# %% [markdown]
# ## Sources
#
# AC-GAN, {eq}`eq-acgan-terms` and its optimiser are from {cite:t}`odena2017`; the analysis of its bias and the twin are from
# {cite:t}`gong2019`, whose demonstration has three Gaussians on a line as well, of unequal widths. The split
# {eq}`eq-acgan-split` is worked out here from the chain rule. {cite:t}`hou2022` repair the same
# fault with one classifier of twice as many classes.
#
# What popular notes get wrong: that accuracy on samples measures a conditional model, and that the softmax belongs into
# the network when the loss has one.
