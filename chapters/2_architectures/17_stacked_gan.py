# %% [markdown]
# # Stacked GAN
#
# ```{epigraph}
# "Draw me a seven" leaves almost everything open. Somebody has to decide it.
# ```
#
# **Claim.** A label does not make a picture; noise does, one decision at a time. A stack of GANs walks an encoder
# backwards and decides level by level, and what it calls an entropy loss is a squared error: it makes the decisions
# readable. How much of the picture they move is none of its business.
#
# You will be able to
#
# - stack conditional GANs along the levels of a classifier, and say what each of the three losses of a level asks for;
# - derive the entropy loss, say which Gaussian a weight of 10 stands for, and state the bound for which it is the loss;
# - split the variance among pictures of one label into what each level decided.

# %% [markdown]
# ## Before you read on
#
# Every generator of this chapter has a reader, a network that looks at the finished picture and must say which noise it
# was made of. The paper calls the reader's loss an *entropy loss*, and many notes say that it keeps the pictures
# diverse. Suppose that a reader recovers nine tenths of the variance of the noise. Now somebody takes all pictures of
# one label and makes them ten times as alike, by pulling every pixel nine tenths of the way to its mean; and the reader
# may learn again. **What share of the noise does it recover then: about a tenth, about a hundredth, or as much as
# before?**
#
# And: a stack is trained once with the entropy loss and once without it. **Does the variance among pictures of one
# label fall, stay, or rise without?** Note your guesses.

# %%
share_of_the_noise = "a tenth"  # or "a hundredth", or "as before"
without_it_the_variance = "stays"  # or "falls", or "rises"

# %% course={"role": "setup"} tags=["hide-input"]
import math
from functools import partial

import torch
from torch import nn
from torch.distributions import Normal
from torch.nn.functional import cross_entropy, mse_loss

import ganlib
from ganlib import data, engine, games, networks, recipes, show, theory, zoo
from ganlib.grading import close, holds
from ganlib.grading.exercises import ch17

ganlib.setup(seed=0)
torch.set_num_threads(1)  # networks this small gain nothing from a second core
ROUNDS = 700  # of a stack on the digits

# %% [markdown]
# ## Down the ladder
#
# A classifier is a ladder. At its foot stands a picture $x = h_0$, on each rung a shorter description of it,
# $h_{i+1} = E_i(h_i)$, and at the top the label, $h_N = y$. Every step up throws something away: the features of a seven
# no longer say where exactly its bar ends, the label no longer says whether it has one.
#
# To generate is to climb down, and on every rung somebody must put back what was thrown away on the way up. So
# {cite:t}`huang2017` give each level a generator and noise of its own,
#
# $$ \hat h_i = G_i(\hat h_{i+1}, z_i), \qquad i = N-1, \dots, 0 , \qquad \hat h_N = y . $$ (eq-stack-step)
#
# (This *Stacked GAN* is not the *StackGAN* of {cite:t}`zhang2017stackgan`, published days apart, which paints a
# picture from a sentence and then paints it again, larger.)
#
# What is the distribution of the pictures? Each level describes its representation given the one above, so all of them
# together have the product of these densities, and the picture alone has its *marginal*,
#
# $$ p(\hat h_0\,|\,\hat h_N) = \int \prod_{i=0}^{N-1} p(\hat h_i\,|\,\hat h_{i+1})\; d\hat h_1\cdots d\hat h_{N-1} . $$ (eq-stack-marginal)
#
# Nobody computes this integral. One *samples* it, by walking down and forgetting the rungs. And two things can be said
# of it without computing anything. The first is about variance. Take one pixel and one label: the variance of the pixel
# is the variance of what the upper levels say about it, plus what the lowest level adds, on average,
#
# $$ \operatorname{Var}(\hat h_0\,|\,y) = \operatorname{Var}\bigl(\mathbb E[\hat h_0\,|\,\hat h_1]\bigr)
#    + \mathbb E\bigl[\operatorname{Var}(\hat h_0\,|\,\hat h_1)\bigr] . $$ (eq-stack-variance)
#
# In a stack of straight lines both are known: with $\hat h_1 = 3y + 0.5\,z_1$ and $\hat h_0 = 0.8\,\hat h_1 +
# 0.3\,z_0$ the upper level gives $0.8^2\cdot 0.5^2 = 0.16$ and the lower $0.3^2 = 0.09$.

# %% course={"role": "check"}
engine.seed(0)
features = 3 + 0.5 * torch.randn(1000, 1, dtype=torch.float64)  # a thousand h1 of one label
pictures = 0.8 * features + 0.3 * torch.randn(1000, 1000, dtype=torch.float64)
upper_level = pictures.mean(1).var(correction=0)
lower_level = pictures.var(1, correction=0).mean()
close("the upper level's variance", upper_level, 0.16, 0.02)
close("the lower level's", lower_level, 0.09, 0.005)
close(
    "their sum, less the variance of all",
    upper_level + lower_level - pictures.var(correction=0),
    0,
    1e-9,
)

# %% [markdown]
# The second is about uncertainty. A step up is a function, so whoever knows $h_i$ knows all that is above it. Counted in
# nats the uncertainty about the picture is therefore a sum, with a term for every level:
#
# $$ H(x) = H(h_0, h_1, \dots, h_N) = H(y) + \sum_{i=0}^{N-1} H(h_i\,|\,h_{i+1}) . $$ (eq-stack-entropy)
#
# Eight pictures, four features, two labels:

# %% course={"role": "check"}
x = torch.tensor([0.2, 0.05, 0.15, 0.1, 0.05, 0.25, 0.1, 0.1], dtype=torch.float64)
to_feature = torch.eye(4, dtype=torch.float64).repeat_interleave(
    2, 0
)  # picture 2k and 2k + 1: feature k
to_label = torch.eye(2, dtype=torch.float64).repeat_interleave(
    2, 0
)  # feature 2k and 2k + 1: label k
h1 = x @ to_feature
y = h1 @ to_label
levels = theory.conditional_entropy(x[:, None] * to_feature) + theory.conditional_entropy(
    h1[:, None] * to_label
)
close("H(x), nats", theory.entropy(x), 1.943, 1e-3)
close(
    "H(y) and one term a level, less H(x)",
    theory.entropy(y) + levels - theory.entropy(x),
    0,
    1e-9,
)

# %% [markdown]
# ## Three wishes
#
# So each level has a generator $G_i$ that reads the level above. When is it good? Three losses answer, each with a
# network that does the asking, and they are added up (equation 3 of the paper):
#
# $$ L_{G_i} = \lambda_1 L^{\text{adv}}_{G_i} + \lambda_2 L^{\text{cond}}_{G_i} + \lambda_3 L^{\text{ent}}_{G_i} . $$ (eq-stack-loss)
#
# **It should look real.** A discriminator $D_i$ compares $\hat h_i$ with the $h_i$ that the encoder makes of real
# pictures. This is the game you know, on pixels at the foot of the ladder and on features above.
#
# **It should be what was asked for.** $D_i$ is not told the condition, so it cannot object to a perfect seven where a two
# was ordered. But there is someone who can: the encoder. Send the result up one step and see whether the order comes back,
#
# $$ L^{\text{cond}}_{G_i} = \mathbb E\; f\bigl(E_i(G_i(h_{i+1}, z_i)),\ h_{i+1}\bigr) , $$ (eq-stack-cond)
#
# where $f$ is a mean square for features, and a cross-entropy at the top, where $h_N$ is a label and $E_{N-1}$ returns
# scores.
#
# ```{exercise} Did the order come back?
# :label: ch17.q1
# The encoder has read a generated representation and returned a list of scores, one a label; label `y` was asked for.
# Return $f$: the cross-entropy, in nats.
# ```


# %% course={"role": "answer", "q": "ch17.q1", "points": 1}
# >>> answer: ch17.q1
def again(scores, y):
    """Minus the logarithm of the probability that the scores give to label y."""
    return math.log(sum(math.exp(score) for score in scores)) - scores[y]


# %% course={"role": "check", "q": "ch17.q1"}
ch17.q1(again)

# %% course={"role": "hidden", "q": "ch17.q1", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    return [draw.gauss(0, 2) for _ in range(5)], draw.randrange(5)


evaluate(again, inputs)

# %% [markdown]
# **It should use its noise.** A generator that satisfies the first two wishes might still find it convenient not to listen
# to $z_i$: one beautiful seven, always the same, comes back as a seven and is taken for real. So a third network $Q_i$
# looks at $\hat h_i$ and guesses the noise,
#
# $$ L^{\text{ent}}_{G_i} = \mathbb E\bigl[-\log Q_i(z_i\,|\,\hat h_i)\bigr] , $$ (eq-stack-ent)
#
# and both the guesser and the generator want it small. The authors' program for MNIST weighs the three by 1, 1 and 10.
# And where it should compute {eq}`eq-stack-ent`, it says this: the *mean square* of $Q_i(\hat h_i) - z_i$. Why?
#
# ## A squared error
#
# No magic is needed. $Q_i$ is a density of $z$, and one has to choose which. Choose a Gaussian whose mean $m = Q_i(\hat
# h_i)$ a network computes, and whose variance $s^2$ is a constant, the same in each of the $d$ coordinates. Then
#
# $$ -\log Q_i(z\,|\,\hat h_i) = \frac{\lVert z - m\rVert^2}{2s^2} + \frac d2\log(2\pi s^2) . $$ (eq-stack-gauss)
#
# The second term does not depend on any network. It has no gradient, and may be dropped. What is left is a squared error,
# and the factor in front of it is a choice of $s^2$, whether or not its author had one in mind.
#
# ```{exercise} Which Gaussian is it?
# :label: ch17.q2
# :class: essential
# A program adds `weight` times the *mean* of the squared errors over the `d` coordinates of $z$. For which variance
# $s^2$ of $Q$ is this {eq}`eq-stack-gauss`, up to a constant?
# ```


# %% course={"role": "answer", "q": "ch17.q2", "points": 2}
# >>> answer: ch17.q2
def variance(d, weight):
    """The variance in each of d coordinates of the Gaussian whose -log is weight * mean square + constant."""
    return d / (2 * weight)


# %% course={"role": "check", "q": "ch17.q2"}
ch17.q2(variance)

# %% course={"role": "hidden", "q": "ch17.q2", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(variance, lambda draw: (draw.randrange(2, 100), draw.uniform(0.5, 20)))

# %% [markdown]
# The authors have $d = 50$ and a weight of 10, so $s^2 = 2.5$. Their noise is uniform between 0 and 1, with a variance of
# 1/12: the Gaussian they chose is far wider than all there is to guess. Nothing is wrong with that; it says that the reader's
# opinion is to count little beside the other two. Here are both sides, with PyTorch's own Gaussian, in 50 dimensions, to
# the last digit:

# %% course={"role": "check"}
engine.seed(0)
d, weight = 50, 10
z = torch.rand(64, d, dtype=torch.float64)
m = torch.randn(64, d, dtype=torch.float64, requires_grad=True)
likelihood = Normal(m, math.sqrt(d / weight / 2)).log_prob(z).sum(1).mean()
squares = weight * mse_loss(m, z)
constant = d / 2 * math.log(math.pi * d / weight)
close(
    "-log Q less 10 mean squares, less the constant",
    -likelihood - squares - constant,
    0,
    1e-10,
)
(one,), (two,) = torch.autograd.grad(-likelihood, m), torch.autograd.grad(squares, m)
close("their gradients, largest difference", (one - two).abs().max(), 0, 1e-15)

# %% [markdown]
# That is why the entropy loss is a squared error. Why is it called an *entropy* loss?
#
# ## What it bounds
#
# The paper says: because it is an upper bound on minus the conditional entropy of what is generated,
# $H(\hat h_i|h_{i+1}) \ge H(z_i) - L^{\text{ent}}$. So making it small should make the results diverse. The step from the
# one to the other is where to look. For any guess $Q$, whatever its shape,
#
# $$ I(\hat h_i; z_i\,|\,h_{i+1}) = H(z_i) - H(z_i\,|\,\hat h_i, h_{i+1}) \;\ge\; H(z_i) + \mathbb E\log Q_i(z_i\,|\,\hat h_i) , $$ (eq-stack-bound)
#
# since a cross-entropy is never below an entropy; what is missing is the divergence of $Q$ from the true posterior of the
# noise, exactly as in {doc}`11_mutual_information`. The left side is *information*: how much of the noise can be read
# off the result. If things were discrete, information would in turn be at most $H(\hat h_i|h_{i+1})$, and the paper's
# sentence would follow. But pixels and features are numbers on the line, their entropy is a *differential* entropy, and
# that may be anything.
#
# ```{exercise} The entropy of a small thing
# :label: ch17.q3
# A generator on the line: $h = az$ with $z\sim\mathcal N(0,1)$ and $a > 0$. Return the differential entropy of $h$, in
# nats.
# ```


# %% course={"role": "answer", "q": "ch17.q3", "points": 1}
# >>> answer: ch17.q3
def entropy(a):
    """Of a normal variable with standard deviation a."""
    return 0.5 * math.log(2 * math.pi * math.e * a**2)


# %% course={"role": "check", "q": "ch17.q3"}
ch17.q3(entropy)

# %% course={"role": "hidden", "q": "ch17.q3", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(entropy, lambda draw: (math.exp(draw.uniform(-5, 0.7)),))

# %% [markdown]
# Now give this generator its reader. $Q$ sees $h$, knows $a$, and finds $z = h/a$ without error, so with $d = 1$ and the
# weight of 10, that is $s^2 = 0.05$, the right side of {eq}`eq-stack-bound` is $H(z) - \frac12\log(2\pi s^2)$, two nats
# whatever $a$ is.

# %% course={"role": "check"}
engine.seed(0)
z = torch.randn(1000, dtype=torch.float64)
for a, entropy_of_h in ((1, 1.419), (0.1, -0.884), (0.01, -3.186)):
    h = a * z
    guess = h / a  # what Q answers
    right = Normal(0.0, 1.0).entropy() + Normal(guess, math.sqrt(0.05)).log_prob(z).mean()
    left = theory.gaussian_entropy(torch.tensor([[a**2]], dtype=torch.float64))
    close(f"h = {a} z: H(h)", left, entropy_of_h, 1e-3)
    close("  H(z) + E log Q", right, 1.998, 1e-3)
    holds("  H(h) is at least that: false", left < right)

# %% [markdown]
# $-3.19 \ge 2.00$ is false. The bound on the entropy does not hold, and look how it fails: the results shrink to a
# hundredth of their size, and the entropy loss has noticed nothing. The bound on the *information* holds in all three
# lines. Nothing is lost between $z$ and $h$, so the information is infinite.
#
# With a little noise on the way, both sides are finite and one can see them meet. Let $h = az + \sigma\varepsilon$, of
# which only the *signal-to-noise ratio* $r = a^2/\sigma^2$ matters. The best guess at $z$ is off by a variance of $v =
# 1/(1+r)$, and $I(h;z) = \frac12\log(1+r)$.
#
# ```{exercise} A reader of the wrong width
# :label: ch17.q4
# $Q$ answers with the best guess, as a Gaussian of variance `variance`. Return the right side of {eq}`eq-stack-bound` for
# a signal-to-noise ratio `ratio`, in nats.
# ```


# %% course={"role": "answer", "q": "ch17.q4", "points": 2}
# >>> answer: ch17.q4
def bound(ratio, variance):
    """H(z) + E log Q(z|h) for a normal z and a reader whose mean is right."""
    v = 1 / (1 + ratio)
    said = -0.5 * math.log(2 * math.pi * variance) - v / (2 * variance)
    return 0.5 * math.log(2 * math.pi * math.e) + said


# %% course={"role": "check", "q": "ch17.q4"}
ch17.q4(bound)

# %% course={"role": "hidden", "q": "ch17.q4", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(bound, lambda draw: (draw.uniform(0, 20), draw.uniform(0.05, 3)))

# %% course={"role": "check"}
ratio = 3.0
information = 0.5 * math.log(1 + ratio)
pair = torch.tensor(
    [[1.0, 1.0], [1.0, 1.0 + 1 / ratio]], dtype=torch.float64
)  # of z and z + noise
close("I(h; z) by the covariance", theory.gaussian_information(pair), information, 1e-9)
engine.seed(0)
z, noise = torch.randn(2, 200_000, dtype=torch.float64)
h = math.sqrt(ratio) * z + noise
guess = math.sqrt(ratio) / (1 + ratio) * h
for width in (0.05, 0.25, 2.5):
    said = Normal(guess, math.sqrt(width)).log_prob(z)
    lower = (Normal(0.0, 1.0).entropy() + said.mean()).item()
    formula = 0.5 * (1 - math.log(width) - 0.25 / width)  # v = 1 / (1 + ratio) is a quarter
    close(f"s² = {width:g}: the bound, less its closed form", lower - formula, 0, 0.05)
    holds("  at most the information", lower <= information + 0.02, lower)
close("at s² = v they meet: the bound", 0.5 * (1 - math.log(0.25) - 1), 0.693, 1e-3)
close("                     the information", information, 0.693, 1e-3)

# %% [markdown]
# So this is what the loss buys: *readability*. It pays for noise that can be told from the result, and a whisper will do
# if the reader has good ears. That a generator which whispers is also monotonous is another matter, and another network's:
# that of the discriminator, which may notice that all its sevens are alike.
#
# ## The game, as a diff
#
# A level is four networks and a prior; its step down returns the noise as well, for the reader to be marked by.

# %%
show.source(games.Level.forward, docstrings=False)
show.diff(engine.Game, games.StackedGAN)

# %% [markdown]
# Two players a level, $2N$ in all, move in a loop from the top down. They meet only in `given`: it says what a level is
# told. At first the encoder tells it, $h_{i+1}$ of a real picture, and the levels know nothing of each other: they are
# trained *independently*, and could be trained on different days. Then `joint` is set, and each generator reads what
# those above it have just made, as it will when we sample. Nothing else changes.
#
# Three remarks for those who compare with the paper and its program. The paper calls the second part end-to-end
# training; in the authors' program for MNIST each generator descends its own three losses, and so it does here. There $Q_i$
# and $D_i$ share their lower layers and move together; here $Q_i$ is a network of its own and moves with $G_i$, since the
# two want the same. And the real top of the ladder is the label of the data, not the encoder's opinion of it.
#
# ## A stack on the digits
#
# The encoder comes first, an ordinary classifier (`recipes.Supervised` is a game of one player): 64 pixels, 16 features,
# ten labels. The features are normalised, so that a mean square means the same in all of them.


# %%
WIDTH = 128
FEATURES = 16
NOISE = 8  # numbers a level
labelled = data.digits(labels=True)
train = data.Images(
    labelled.x[: recipes.TRAIN], labelled.y[: recipes.TRAIN], labelled.classes
)
judge = zoo.judge("digits")


def dense(inputs, outputs):
    """Two hidden layers, each batch-normalised."""
    hidden = [nn.Linear(inputs, WIDTH), nn.BatchNorm1d(WIDTH), nn.ReLU()]
    hidden += [nn.Linear(WIDTH, WIDTH), nn.BatchNorm1d(WIDTH), nn.ReLU()]
    return nn.Sequential(*hidden, nn.Linear(WIDTH, outputs))


def encoder(seed, rounds=300):
    """A classifier of the digits in two parts: up to the features, and up to the scores."""
    engine.seed(seed)
    to_features = [
        nn.Flatten(),
        nn.Linear(64, WIDTH),
        nn.ReLU(),
        nn.Linear(WIDTH, FEATURES),
    ]
    below = nn.Sequential(*to_features, nn.BatchNorm1d(FEATURES, affine=False))
    model = nn.Sequential(below, nn.Sequential(nn.ReLU(), nn.Linear(FEATURES, 10)))
    step = engine.cosine(engine.adam(3e-3, (0.9, 0.999)), rounds)
    game = recipes.Supervised(model, optimizers={"model": step})
    engine.fit(game, partial(train, 128), rounds, progress=False)
    return model.eval()


def reader(inputs, outputs):
    """For D and Q: three plain layers."""
    rough = partial(nn.LeakyReLU, 0.2)
    return nn.Sequential(nn.Flatten(), networks.mlp(inputs, outputs, (WIDTH, WIDTH), rough))


def stack(seed, weights=(1, 1, 10), rounds=ROUNDS):
    """Two levels on the digits: two thirds of the rounds apart, one third together."""
    below, above = encoder(seed)
    engine.seed(seed)
    picture = nn.Sequential(
        dense(NOISE + FEATURES, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8))
    )
    image = games.Level(
        below,
        networks.Conditioned(picture, nn.Identity()),
        reader(64, 1),
        reader(64, NOISE),
        data.Uniform(NOISE, 0.0, 1.0),
    )
    label = games.Level(
        above,
        networks.Conditioned(dense(NOISE + 10, FEATURES), networks.OneHot(10)),
        reader(FEATURES, 1),
        reader(FEATURES, NOISE),
        data.Uniform(NOISE, 0.0, 1.0),
        cross_entropy,
    )
    step = engine.cosine(engine.adam(2e-3, (0.0, 0.99)), rounds)
    players = dict.fromkeys(("D0", "G0", "D1", "G1"), step)
    game = games.StackedGAN(
        (image, label), data.Labels(10), weights=weights, optimizers=players
    )
    for done, _ in engine.play(game, partial(train, 64), rounds):
        game.joint = 3 * (done + 1) >= 2 * rounds
    return game.eval()


def within(pictures, y):
    """Variance of a pixel in [0, 1] among the pictures of one label, averaged over pixels and labels."""
    of_label = [data.to_unit(pictures[y == label]).var(dim=0).mean() for label in range(10)]
    return torch.stack(of_label).mean().item()


def recovered(h, z, rounds=600):
    """R² of a fresh reader of the noise, on samples that it has not learnt from."""
    engine.seed(0)
    Q, learn = reader(h[0].numel(), NOISE), 3 * len(h) // 4
    optimizer = torch.optim.Adam(Q.parameters(), lr=2e-3)
    for _ in range(rounds):
        batch = torch.randint(learn, (128,))
        loss = mse_loss(Q(h[batch]), z[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        lost = mse_loss(Q(h[learn:]), z[learn:])
    return 1 - (lost / z[learn:].var(dim=0, correction=0).mean()).item()


def samples(game, n=4000):
    """From the label down: labels, then representation and noise of level 1 and of level 0."""
    y = torch.arange(10).repeat(n // 10)
    with torch.no_grad(), game.evaluating(), engine.seeded(0, game.device):
        h1, z1 = game.levels[1](y)
        x, z0 = game.levels[0](h1)
    return y, (h1, z1), (x, z0)


def look(game):
    """What a stack's samples are worth: label, noise that can be read back, variance within a label."""
    y, level1, (x, z0) = samples(game)
    right = judge.probabilities(x).argmax(1) == y
    return {
        "accuracy": right.float().mean().item(),
        "recovery 1": recovered(*level1),
        "recovery 0": recovered(x, z0),
        "variance": within(x, y) / within(train.x, train.y),
    }


# %% [markdown]
# Watch four numbers: the share of samples in which the judge, another classifier, sees the label that was asked for; how
# much of the variance of each level's noise can be recovered ($R^2$; 1 is all, 0 is none); and the variance of a pixel within
# a label, as a share of that of real digits. We do not ask the stack's own readers, but train a fresh one on each level's
# samples: with a weight of zero $Q_i$ would never learn, and whatever it said would prove nothing about the pictures.

# %% course={"role": "demo"}
game = stack(seed=0)
full = look(game)
holds(
    "the judge sees the label: in 0.85 of samples or more", full["accuracy"] >= 0.85, full
)
holds("recovered of z1: 0.8 or more", full["recovery 1"] >= 0.8, full)
holds("recovered of z0: 0.8 or more", full["recovery 0"] >= 0.8, full)
holds("variance within a label: above 0.3 of the real one", full["variance"] > 0.3, full)

# %% [markdown]
# ### Level by level
#
# {eq}`eq-stack-marginal` can be seen. Fix a label; draw a few features $\hat h_1$; and from each of these draw several
# pictures. What the rows have in common was decided above; what differs along a row, below.

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-stack-digits
#| fig-cap: "**What to see.** Three draws of features for a two, three for a five, and ten pictures from each. Along a row the strokes move: the lower level decides a good deal. Now compare the rows of one label with each other, and try to say which is which with the names covered. It is hard."
#| fig-alt: Six rows of ten grey pictures of eight by eight pixels. All in the first three rows are twos, all in the last three are fives, with strokes of different thickness and slant. The three rows of one label look much alike.
engine.seed(1)
with torch.no_grad():
    y = torch.tensor([2, 2, 2, 5, 5, 5])
    h1, _ = game.levels[1](y)
    pictures = torch.stack([game.levels[0](h1)[0] for _ in range(10)], dim=1)
names = ["2, first h₁", "2, second", "2, third", "5, first h₁", "5, second", "5, third"]
show.grid(pictures.flatten(0, 1), columns=10, row_labels=names)

# %% [markdown]
# How much is decided above, how much below? {eq}`eq-stack-variance` says how to tell: draw many features, from each many
# pictures, and compare the variance of the rows' means with the variance of everything.
#
# ```{exercise} Who decided it?
# :label: ch17.q5
# One pixel of pictures of one label: a list of rows, one for each draw of $\hat h_1$, and in each row the values of the
# pixel in several pictures. All rows are equally long. Return the share of the variance that the upper level decided.
# (Divide by $n$, not by $n-1$: then the two shares add up to one.)
# ```


# %% course={"role": "answer", "q": "ch17.q5", "points": 2}
# >>> answer: ch17.q5
def share(pixels):
    """Variance of the rows' means, divided by the variance of all values."""

    def spread(values):
        middle = sum(values) / len(values)
        return sum((value - middle) ** 2 for value in values) / len(values)

    means = [sum(row) / len(row) for row in pixels]
    return spread(means) / spread([value for row in pixels for value in row])


# %% course={"role": "check", "q": "ch17.q5"}
ch17.q5(share)

# %% course={"role": "hidden", "q": "ch17.q5", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    return ([[draw.random() for _ in range(4)] for _ in range(3)],)


evaluate(share, inputs)


# %% course={"role": "demo"}
def decided_above(game, draws=64):
    """Share of the variance of a pixel within a label that level 1 decides, over all pixels and labels."""
    y = torch.arange(10).repeat(draws)
    with torch.no_grad(), game.evaluating(), engine.seeded(0, game.device):
        features, _ = game.levels[1](y)
        pictures = torch.stack(
            [game.levels[0](features)[0].flatten(1) for _ in range(draws)]
        )
    pictures = pictures.unflatten(1, (draws, 10))  # lower draw, upper draw, label, pixel
    below = pictures.var(0).mean(0)
    # the mean of so many lower draws still has their variance in it, a share of 1 / draws
    between = pictures.mean(0).var(0) - below / draws
    return (between.sum() / (between + below).sum()).item()


upper = decided_above(game)
holds("decided by the upper level: less than 0.15", upper < 0.15, upper)

# %% [markdown]
# Hardly anything! And for real digits? Here the rows cannot be drawn, since nobody can ask a writer for another two with the
# same features. But whatever a map from features to pixels predicts of new pictures must have been decided above. Take the
# simplest, a straight line beside a constant for each label, and see how much of the variance within a label it predicts on
# the test pictures.

# %% course={"role": "demo"}
test = data.digits("test", labels=True)


def told(pictures, y):
    """What the line reads: the label, and the features."""
    with torch.no_grad():
        return torch.cat([torch.eye(10)[y], game.levels[0].E(pictures)], dim=1)


read, pixels = told(train.x, train.y), data.to_unit(train.x).flatten(1)
line = torch.linalg.solve(read.T @ read + torch.eye(26), read.T @ pixels)
means = torch.stack([pixels[train.y == label].mean(0) for label in range(10)])
new = data.to_unit(test.x).flatten(1)
missed = (new - told(test.x, test.y) @ line).square().sum() / (
    new - means[test.y]
).square().sum()
real = 1 - missed.item()
holds(
    "of real digits, at least this much is decided above: more than 0.1", real > 0.1, real
)
holds("and more than in the stack", real > upper, upper)

# %% [markdown]
# So the stack has the right labels, noise that can be read on both levels, and a division of labour that the data do not
# have: its lower generator decides nearly everything, and it does not much mind what it is told beyond the label. The
# conditional loss should have stopped it. But nine tenths of the variance of these features is between labels, so
# whoever gets the label right has nearly satisfied it.

# %% [markdown]
# ## What the reader wants
#
# Now to your first guess. Take the pictures of this stack, and pull every pixel nine tenths of the way to its mean over
# the pictures of the same label. The standard deviation within a label is a tenth now, the variance a hundredth. A fresh
# reader gets as many rounds as before.

# %% course={"role": "demo"}
y, _, (x, z0) = samples(game)
means_of_label = torch.stack([x[y == label].mean(0) for label in range(10)])[y]
pulled = means_of_label + 0.1 * (x - means_of_label)
close(
    "variance within a label, pulled over not pulled",
    within(pulled, y) / within(x, y),
    0.01,
    1e-4,
)
holds("recovered from the pictures as they were: above 0.8", full["recovery 0"] > 0.8)
after = recovered(pulled, z0)
holds("recovered from the pulled ones: above 0.7", after > 0.7, after)
print(f"you said: {share_of_the_noise}; it is nearly as before")

# %% [markdown]
# The reader does not mind. What it needs is a trace, not a size, and a picture whose pixels hardly move is still an
# injective function of the noise. So the loss of {eq}`eq-stack-ent` can be as small on pictures that hardly differ. "The
# entropy loss maximises the diversity of the pixels" is not so.
#
# ### Each wish, taken away once
#
# Then what *does* happen without it? Here is the same stack with one weight set to zero at a time, the same seed,
# everything else alike.

# %% course={"role": "demo"}
deaf = look(stack(seed=0, weights=(1, 1, 0)))
holds(
    "without the entropy loss: of z0 less than 0.2 is recovered",
    deaf["recovery 0"] < 0.2,
    deaf,
)
ratio = deaf["variance"] / full["variance"]
holds("and the variance within a label falls to less than half", ratio < 0.5, ratio)
print(f"you said: it {without_it_the_variance}; it falls")

# %% [markdown]
# Three seeds of each choice (0, 1 and 2; recovered is $R^2$, the variance is a share of that of real digits):
#
# | | label seen | $z_1$ recovered | $z_0$ recovered | variance within a label |
# |---|---|---|---|---|
# | all three | 0.97, 0.97, 0.92 | 0.97, 0.97, 0.97 | 0.92, 0.92, 0.91 | 0.67, 0.62, 0.57 |
# | without the entropy loss | 0.94, 0.87, 0.81 | 0.56, 0.49, 0.53 | 0.06, 0.11, 0.06 | 0.10, 0.16, 0.07 |
# | without the conditional loss | 0.06, 0.04, 0.09 | 0.94, 0.97, 0.94 | 0.91, 0.92, 0.91 | 1.38, 1.07, 1.37 |
# | without the adversarial loss | 0.42, 0.20, 0.26 | 0.99, 0.99, 0.99 | 0.93, 0.92, 0.93 | 0.22, 0.21, 0.20 |
#
# Take the entropy loss away and the pictures no longer tell their noise: of $z_0$ a tenth is left at best, and the pictures of
# one label are nearly alike. (A half of $z_1$ can still be read from the features; on that level the discriminator alone
# has kept some variety.) So in this stack the loss does bring variety, though it never asked for any. The conditional loss
# pays a generator for being predictable; the discriminator, which could object that all sevens are one, does not object
# enough; and a generator that must leave a trace of its noise somewhere leaves it, with such a discriminator watching, where
# digits differ.
#
# For see what happens without the watching, in the last row. The noise is read as well as in the first, or better, and
# there is a third of the variance. The encoder finds its features, the reader its noise, and the judge, who is not a party to
# the game, does not find the digit: a code between friends. *That* there is a trace is the entropy loss's doing; how much
# of the picture it moves is the discriminator's.
#
# And take the conditional loss away: the pictures are as varied as the real ones and more, their noise is read, and the
# label is not better than chance. The discriminator was never told what had been ordered.

# %% [markdown]
# ## The real training
#
# `recipes.stacked_gan_mnist` does the same on MNIST: an encoder of 784 pixels, 64 features and ten labels, trained by the
# recipe on slightly noisy pictures, in the hope that its features are of strokes and not of single pixels; two levels with 6
# numbers of noise each; 9000 rounds, of which the last third is joint. The weights are the authors'. Where there is a GPU,
# the next cell trains it with the authors' number of rounds, features and noise; elsewhere it loads the recorded run and
# draws from it.

# %% course={"role": "demo"}
run = zoo.run("stacked_gan_mnist")
scores = recipes.score_stacked_gan_mnist(run.game, zoo.judge("mnist"))
holds("as recorded", run.agrees(scores), scores)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-stack-mnist
#| fig-cap: "**What to see.** Three draws of features for a three, three for a seven, and ten pictures from each. Here every row has a hand of its own: slant, width and proportions are decided above, and what is left for the lower level is how the pen went. The stray pixels are its too."
#| fig-alt: Six rows of ten grey pictures of handwritten digits. The first three rows show threes, the last three sevens. Within a row the digits have the same slant and proportions and differ in detail; from row to row of one label slant, thickness and shape differ. All have some stray grey pixels.
engine.seed(0)
with torch.no_grad():
    y = torch.tensor([3, 3, 3, 7, 7, 7])
    h1, _ = run.game.levels[1](y.to(run.game.device))
    pictures = torch.stack([run.game.levels[0](h1)[0] for _ in range(10)], dim=1)
names = ["3, first h₁", "3, second", "3, third", "7, first h₁", "7, second", "7, third"]
show.grid(pictures.flatten(0, 1).cpu(), columns=10, row_labels=names)

# %% [markdown]
# ### The score
#
# 10,000 samples, 1000 of each label, drawn through both levels; three recorded runs, seeds 0, 1 and 2, as mean ± standard
# deviation; on a CPU, each run on one core, for about 140 seconds. The judge is a classifier that no generator has seen,
# with 99.7 % on the test pictures.
#
# | | here | bar | floor | ceiling |
# |---|---|---|---|---|
# | samples in which the judge sees the label | 92.4 % ± 0.6 % | at least 99 % | 10 % | 99.7 %, the judge on real digits |
# | $z_1$ recovered from the features, $R^2$ | 0.957 ± 0.003 | at least 0.8 | 0 | 1 |
# | $z_0$ recovered from the pictures, $R^2$ | 0.819 ± 0.002 | at least 0.8 | 0 | 1 |
# | variance of a pixel within a label | 0.0453 ± 0.0001 |  | 0 | 0.0531, real digits |
# | share of it that the upper level decides | 0.69 ± 0.02 |  | 0 | 1 |
# | Fréchet distance, MNIST judge | 5.8 ± 0.3 |  |  |  |
# | the encoder, on test pictures | 97.4 % ± 0.1 % |  | 10 % | 99.7 %, the judge |
#
# Two bars of three are met. The noise of both levels is read back; but in one sample out of thirteen the judge does not see
# the label, and less than one in a hundred was asked for. One reason is in the last row: the encoder is the only one here
# who tells a generator which digit it has drawn, and this one, small and quickly trained, takes one test picture in
# thirty-eight for another digit itself. Another can be seen in {numref}`fig-stack-mnist`: the lower generator has not
# finished learning. Shorter runs on the way to this recipe (seed 0 alone, other settings besides) had 82 % after 4000
# rounds and 90 % after 6000. The authors train for 120,000, with more noise, more features and convolutions; `ganlib train
# stacked_gan_mnist` on a GPU runs as many, with layers as plain as here but wider, and until somebody has done so the table
# says what it says.
#
# What the small run does show is the division of labour: seven tenths of the variance within a label are decided by the
# upper level, against less than a tenth on the digits. The two runs differ in the data, in size, and in the noise on the
# encoder's pictures, and we have not separated these.
#
# | published | protocol | here |
# |---|---|---|
# | CIFAR-10, Inception score {cite:p}`huang2017`: 8.59 ± 0.12, without joint training 8.37 ± 0.08 | 50,000 samples, labels used, convolutions | not reproduced |
#
# For MNIST the paper shows pictures and gives no number; the bars are ours.

# %% [markdown]
# ## Where popular notes go wrong
#
# **"Why is the entropy loss a squared error? It just works."** It is the logarithm of a Gaussian density of fixed
# variance, {eq}`eq-stack-gauss`, to the last digit, and the weight in front of it *is* that variance.
#
# **"It maximises the entropy of the pictures, so it maximises their diversity."** The bound it belongs to is one on
# information. For the differential entropy of a deterministic generator it is false, $-3.19 \ge 2.00$, and a reader
# recovers nearly as much from pictures whose variance is a hundredth.
#
# **"The discriminator makes sure that you get the label you asked for."** It is never told the label. Take the
# conditional loss away and the judge agrees with the label no more often than by chance.
#
# **"Stacked GAN is StackGAN."** Two papers, {cite:t}`huang2017` and {cite:t}`zhang2017stackgan`: one walks a classifier
# backwards through its features, the other draws twice, small and then large.

# %% [markdown]
# ## Exercises
#
# You have met all five on the way: {numref}`ch17.q1`, {numref}`ch17.q2`, {numref}`ch17.q3`, {numref}`ch17.q4` and
# {numref}`ch17.q5`. One for your own machine: give the stack a third level, between 64 pixels and 16 features, and
# find out which level decides most.

# %% [markdown]
# ## How we know
#
# | statement | held up by | the figure it asserts |
# |---|---|---|
# | {eq}`eq-stack-entropy` | `tests/test_ch17.py::test_the_uncertainty_of_a_picture_is_a_sum_over_the_levels` | a random table |
# | {eq}`eq-stack-gauss` and the weight | `tests/test_stacked_gan.py::test_ten_times_a_mean_square_is_a_gaussian_likelihood_of_variance_d_over_twenty` | three lengths, exact |
# | the bound on the entropy is false | `tests/test_ch17.py::test_the_entropy_of_a_shrunk_generator_is_below_its_readers_bound` | 1.998; 1.419, −0.884, −3.186 |
# | {eq}`eq-stack-bound` lacks a divergence | `tests/test_ch17.py::test_a_reader_of_any_width_is_below_the_information_by_its_divergence` | quadrature, five cases |
# | the game is the paper's | `tests/test_stacked_gan.py::test_a_stack_and_its_bare_loop_have_the_same_losses` | 12 rounds by hand, apart and together |
# | who moves, and who moves what | `tests/test_stacked_gan.py::test_two_players_a_level_move_from_the_top_down` | six players |
# | apart, the encoder tells; together, the levels above | `tests/test_stacked_gan.py::test_alone_a_level_reads_the_encoder_and_together_the_generators_above` | equal bits |
# | a sample goes through all levels | `tests/test_stacked_gan.py::test_a_sample_goes_down_through_all_levels` | equal bits |
# | the encoder stays as it is | `tests/test_stacked_gan.py::test_the_encoder_is_never_trained_and_stays_in_evaluation_mode` | equal bits |
# | the recipe's three parts | `tests/test_ch17.py::test_the_recipe_trains_the_encoder_first_then_apart_then_together` | in this order |
# | the score is right where all is known | `tests/test_ch17.py::test_the_score_is_right_on_a_stack_where_all_is_known` | 1, 0.75, and the variance |
# | the table of wishes | `tests/test_ch17.py::test_the_table_of_wishes_is_what_was_recorded` | every number |
# | the scorecard | `tests/test_ch17.py::test_the_scorecard_is_what_was_recorded` | every number |
# | what is said of the wishes | `tests/test_ch17.py::test_what_the_chapter_says_of_the_wishes_is_so_in_every_seed` | three seeds |

# %% [markdown]
# ## You can now
#
# - build a stack from any classifier that can be cut into levels, and name for each level the three losses and the
#   network that asks for each;
# - turn a weight on a squared error into the variance of a Gaussian and back, and say what its bound bounds;
# - tell apart what can be read from a picture and how much of the picture it moves, and measure both, level by level.

# %% [markdown]
# ## Sources
#
# The stack, its three losses and the training in two parts are from {cite:t}`huang2017`, equations 3 to 8 (the numbers of
# the equations from memory); weights, noise and the squared error were checked in the authors' program for MNIST,
# `train_independent.py` and `train_joint.py` of their repository `xunhuang1995/SGAN`. The paper's headline numbers are
# Inception scores on CIFAR-10, 8.59 ± 0.12 with joint training and 8.37 ± 0.08 without, with labels used; this chapter
# does not train on CIFAR-10. The bound on information is that of {cite:t}`barber2003`. What a noisy channel carries is in
# {cite:t}`cover2006`.
#
# What popular notes get wrong: that the squared error needs an excuse; that it is diversity which it buys; that the
# discriminator checks the label; and which of two papers it is.
