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
# # Generative and discriminative models
#
# ```{epigraph}
# ... one should solve the [classification] problem directly and never solve a more general problem as an intermediate
# step [such as modeling p(x|y)].
#
# -- Vapnik, as quoted by Ng and Jordan, 2002
# ```
#
# **Claim.** A classifier knows how labels depend on $x$ and nothing about $x$ itself, so it can make nothing. To make
# something you need a way from noise to $x$. Such a way can be learned from samples alone, and the price is the
# density.
#
# You will be able to
#
# - get every conditional from a joint distribution, and say which of them a given model has;
# - predict whether a generative or a discriminative classifier does better, and compute where each one ends;
# - turn uniform noise into any density on the line, write down the density that a transform makes, and say why a second
#   coordinate calls for a discriminator.

# %% [markdown]
# ## Before you read on
#
# Two classes, thirty measurements on each example. Two classifiers draw the same kind of boundary, a flat one. The
# first is built on an assumption about the data that is *false*; the second assumes nothing but the boundary. Both are
# trained on 80 examples, then both on 10 000. **Which one is better on new examples, in each case?**

# %%
my_bet = ("second", "second")  # with 80 examples, with 10 000

# %% course={"role": "setup"} tags=["hide-input"]
from functools import partial

import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.distributions import Categorical, MixtureSameFamily, Normal

import ganlib
from ganlib import data, engine, games, losses, metrics, networks, show, theory
from ganlib.grading import close, holds
from ganlib.grading.exercises import ch02

device = ganlib.setup(seed=0)
torch.set_num_threads(1)  # networks this small gain nothing from a second core

# %% [markdown]
# ## One table, three questions
#
# An animal $x$ is small, medium or large; its label $y$ is cat or dog. Six numbers say all there is to say about the
# two together, the *joint* distribution $p(x, y)$. Sums over it give $p(y)$ and $p(x)$; shares within a row or within a
# column give the two conditionals. Everything hangs together by
#
# $$ p(x, y) = p(y)\,p(x\,|\,y) = p(x)\,p(y\,|\,x) . $$ (eq-gd-joint)

# %% course={"role": "check"}
joint = torch.tensor([[0.25, 0.12, 0.03], [0.05, 0.18, 0.37]])  # rows: cat, dog
p_y, p_x = joint.sum(1), joint.sum(0)
x_given_y, y_given_x = joint / p_y[:, None], joint / p_x
print("p(x | dog):  ", *(f"{share:.3f}" for share in x_given_y[1]), "  a row, adds up to 1")
print(
    "p(dog | x):  ", *(f"{share:.3f}" for share in y_given_x[1]), "  does not, and need not"
)
close("p(y) p(x|y) against p(x) p(y|x)", p_y[:, None] * x_given_y, p_x * y_given_x, 1e-6)

# %% [markdown]
# Three questions can be asked of such a table, and models are sorted by which they answer.
#
# | a model that has | answers | and so can |
# |---|---|---|
# | $p(y\,\vert\,x)$, *discriminative* | which label? | classify |
# | $p(x, y)$, *generative* | how likely is this pair? | classify, draw an $x$, draw an $x$ of class $y$ |
# | $p(x)$, *generative, no labels* | how likely is this $x$? | draw an $x$ |
#
# The second row can do what the first does, by the rule of Bayes; the first cannot do what the second does, as you will
# show. A GAN as in chapter 1 is in the third row, with a restriction: it draws an $x$, but does not say how
# likely it is.
#
# ```{exercise} From joint to label
# :label: ch02.q1
# A generative model gives you, at one point $x$, the $K$ numbers $p(x\,|\,y)$ (likelihoods, which may be densities),
# and it knows the $K$ shares $p(y)$. Return the $K$ probabilities $p(y\,|\,x)$. Both arguments are tensors of shape
# $(K,)$.
# ```


# %% course={"role": "answer", "q": "ch02.q1", "points": 1}
# >>> answer: ch02.q1
def posterior(prior, likelihood):
    """The probabilities p(y | x) from p(y) and p(x | y), each of shape (K,)."""
    joint = prior * likelihood
    return joint / joint.sum()


# %% course={"role": "check", "q": "ch02.q1"}
ch02.q1(posterior)

# %% course={"role": "hidden", "q": "ch02.q1", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    prior, given = (
        torch.tensor([draw.random() for _ in range(4)]).double() for _ in range(2)
    )
    return prior / prior.sum(), given


evaluate(posterior, inputs)

# %% [markdown]
# ## Two ways to fit one boundary
#
# Now the bet. Take the simplest generative classifier: in each class every coordinate is a Gaussian of its own,
# *independent* of the others, with a mean for each class and one width for both. This is naive Bayes. Put two such
# classes into Bayes' rule and the squares cancel: the log odds are linear in $x$,
#
# $$ \log\frac{p(y{=}1\,|\,x)}{p(y{=}0\,|\,x)} = w\cdot x + b . $$ (eq-gd-linear)
#
# Logistic regression starts at {eq}`eq-gd-linear` and takes any $w$ and $b$. So both have the same boundaries to choose
# from, and the same data. They differ in what they make large {cite:p}`ng2002`:
#
# $$ \underbrace{\textstyle\sum_i \log p(x_i, y_i)}_{\text{naive Bayes}}
#    = \underbrace{\textstyle\sum_i \log p(y_i\,|\,x_i)}_{\text{logistic regression}}
#    + \textstyle\sum_i \log p(x_i) . $$ (eq-gd-fits)
#
# The last sum is the whole difference. A generative fit also has to account for $x$. If its assumptions are true, that
# is free information; if they are false, it bends the boundary to please $p(x)$.


# %%
def naive_bayes(x, y, floor=0.0):
    """Make p(x, y) large: a mean for each class, one variance for each coordinate."""
    means = torch.stack([x[y == k].mean(0) for k in range(int(y.max()) + 1)])
    variance = (x - means[y]).square().mean(0) + floor
    weights = means / variance
    return weights, (y.bincount() / len(y)).log() - (means * weights).sum(1) / 2


def logistic(x, y, C=1000.0):
    """Make p(y | x) large, with next to no penalty on the weights."""
    fit = LogisticRegression(C=C, max_iter=5000).fit(x.numpy(), y.numpy())
    weights, bias = torch.tensor(fit.coef_), torch.tensor(fit.intercept_)
    if len(weights) == 1:  # of two classes scikit-learn keeps the difference
        weights, bias = torch.cat([-weights, weights]) / 2, torch.cat([-bias, bias]) / 2
    return weights, bias


# %% [markdown]
# Both return a score for each class, `x @ weights.T + bias`, and the largest score wins. (A grain of penalty is needed
# because with few examples the classes can be separated without error, and then the likelihood of logistic regression
# grows for ever as $w$ does.)
#
# For a contest we need a world in which the assumption is false in a way we control. Thirty coordinates come as fifteen
# pairs. In each pair the first coordinate carries the *signal*: its means in the two classes are 0.6 apart. The second,
# its *partner*, has the same bell in both classes; but signal and partner are correlated, by $r = 0.4$, within each
# class. Naive Bayes believes that this $r$ is 0.
#
# What is the partner good for? Decide for a single pair, before the contest.
#
# ```{exercise} The silent partner
# :label: ch02.q2
# Two classes, equally common, two coordinates of variance 1 and correlation $r$ within each class. The means differ by
# $m$ in the first coordinate and not at all in the second. With endless data, what share does naive Bayes classify
# correctly, and what share the best classifier there is? Return the pair as a function of $m$ and $r$. (Pencil: what is
# left of the noise in the first coordinate once you know the second?)
# ```
#
# ```{solution} ch02.q2
# Naive Bayes gives the partner no weight and cuts halfway: each class lies $m/2$ from the boundary at width 1, so
# $\Phi(m/2)$, with $\Phi$ the share of a standard normal below its argument. The best classifier subtracts from the
# signal $r$ times the partner. The class distance stays $m$, the variance falls to $1 - r^2$:
# $\Phi\bigl(m/2\sqrt{1-r^2}\bigr)$.
# ```


# %% course={"role": "answer", "q": "ch02.q2", "points": 3}
# >>> answer: ch02.q2
def accuracies(m, r):
    """Accuracy of naive Bayes and of the best classifier, with endless data."""
    bell = Normal(0.0, 1.0)
    naive, best = m / 2, m / 2 / (1 - r**2) ** 0.5
    return bell.cdf(torch.tensor(naive)).item(), bell.cdf(torch.tensor(best)).item()


# %% course={"role": "check", "q": "ch02.q2"}
ch02.q2(accuracies)

# %% course={"role": "hidden", "q": "ch02.q2", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(accuracies, lambda draw: (draw.uniform(0.5, 3), draw.uniform(-0.9, 0.9)))

# %% [markdown]
# A microphone that hears only the noise of the street is of no use, until you put it beside the one that hears the
# street and the speaker.
#
# In general, let the class means be $\pm\tfrac12\delta$ and the covariance in both classes $\Sigma$. A linear score
# $w\cdot x + b$ is then itself a Gaussian in each class, so no test set is needed. With $\Phi(t)$ the share of a standard normal below
# $t$, its accuracy is
#
# $$ \tfrac12\Phi\Bigl(\frac{\tfrac12 w\cdot\delta + b}{\sqrt{w^\top\Sigma w}}\Bigr)
#  + \tfrac12\Phi\Bigl(\frac{\tfrac12 w\cdot\delta - b}{\sqrt{w^\top\Sigma w}}\Bigr) . $$ (eq-gd-accuracy)
#
# With endless data naive Bayes arrives at $w = \delta$ (all widths are 1), and the best classifier is
# $w = \Sigma^{-1}\delta$, both with $b = 0$. For fifteen pairs {eq}`eq-gd-accuracy` gives $\Phi(0.3\sqrt{15})$ and
# $\Phi(0.3\sqrt{15/(1-r^2)})$: two ceilings, known before any training.


# %% course={"role": "given"}
bell = Normal(torch.tensor(0.0).double(), torch.tensor(1.0).double())


def world(r):
    """Distance of the class means, and the covariance in each class."""
    pair = torch.tensor([[1.0, r], [r, 1.0]]).double()
    return torch.tensor(15 * [0.6, 0.0]).double(), torch.block_diag(*15 * [pair])


def draw(n, delta, cov):
    """n labelled examples, half of each class."""
    y = torch.arange(n) % 2
    noise = torch.randn(n, len(delta)).double() @ torch.linalg.cholesky(cov).T
    return (y[:, None] - 0.5) * delta + noise, y


def accuracy(classifier, delta, cov):
    """Exact accuracy of two linear scores on endless new examples."""
    weights, bias = classifier
    w, b = weights[1] - weights[0], bias[1] - bias[0]
    far = torch.stack([w @ delta / 2 + b, w @ delta / 2 - b])
    return bell.cdf(far / (w @ cov @ w).sqrt()).mean()


# %% course={"role": "check"}
delta, cov = world(0.4)
none = torch.zeros(2).double()
naive = torch.stack([-delta, delta]) / 2
best = naive @ torch.linalg.inv(cov)
close("naive Bayes ends at", accuracy((naive, none), delta, cov), 0.8774, atol=1e-4)
close("the best there is", accuracy((best, none), delta, cov), 0.8976, atol=1e-4)

x, y = draw(200_000, delta, cov)
tilt = 0.1 * torch.randn(2, 30).double()
tilted = best + tilt, torch.tensor([0.0, 0.8]).double()  # any classifier will do
counted = ((x @ tilted[0].T + tilted[1]).argmax(1) == y).double().mean()
close(
    "counted, against the formula", counted - accuracy(tilted, delta, cov), 0.0, atol=0.005
)

# %% [markdown]
# A third contestant keeps the argument honest: a generative model that does *not* assume independence. It estimates the
# whole covariance, and with it all that is true of this world. (Statisticians call it linear discriminant analysis,
# name notwithstanding.) Fifty fresh training sets for each size:


# %% course={"role": "demo"}
def with_covariance(x, y):
    """Make p(x, y) large: a mean for each class, one full covariance."""
    means = torch.stack([x[y == k].mean(0) for k in range(2)])
    rest = x - means[y]
    weights = means @ torch.linalg.pinv(rest.T @ rest / len(x))
    return weights, -(means * weights).sum(1) / 2


def contest(sizes, r, draws=50, **fits):
    """Exact accuracies, shape (sizes, draws), of each way to fit."""
    delta, cov = world(r)
    scores = {name: torch.zeros(len(sizes), draws) for name in fits}
    for i, n in enumerate(sizes):
        for j in range(draws):
            x, y = draw(n, delta, cov)
            for name, fit in fits.items():
                scores[name][i, j] = accuracy(fit(x, y), delta, cov)
    return scores


engine.seed(0)
sizes = [20, 40, 80, 160, 320, 1000, 10_000]
scores = contest(
    sizes,
    r=0.4,
    naive=naive_bayes,
    logistic=logistic,
    covariance=with_covariance,
    penalised=partial(logistic, C=0.1),
)
mean = {name: values.mean(1) for name, values in scores.items()}

# %% course={"role": "demo"}
early = (mean["naive"] - mean["logistic"])[2:4]
late = (mean["logistic"] - mean["naive"])[5:]
holds("80 and 160 examples: naive Bayes is ahead by over 0.01", early.min() > 0.01, early)
holds("1000 and more: logistic regression is, by over 0.01", late.min() > 0.01, late)
close("10 000: naive Bayes has reached its ceiling", mean["naive"][-1], 0.8774, 0.003)
close("10 000: logistic regression its own", mean["logistic"][-1], 0.8976, 0.003)
print(f"you said {my_bet}; here it is the first, then the second")

# %% [markdown]
# So both halves of the bet can be lost. With 80 examples the wrong assumption is worth more than it costs: it leaves
# little to estimate, and little to get wrong. With 10 000 it is a wall, and **more data do not help**: naive Bayes
# stays 2 points out of 100 short of the best, for ever.
#
# It is tempting to write down a law: *generative first, then discriminative*. Ng and Jordan were more careful. They
# prove, for naive Bayes and logistic regression, that the discriminative fit ends no lower, and that naive Bayes may
# approach its lower ceiling with far fewer examples, of the order of the logarithm of the number of coordinates against
# their number itself; and they write that there "can often be" two regimes. Here are two ways in which there are not,
# and a third contestant who spoils the law.

# %% course={"role": "demo"}
apart = mean["penalised"] - mean["naive"]
holds("with a penalty (C = 0.1), logistic is ahead at every size", apart.min() > 0, apart)

true = contest([80, 320, 1000], r=0.0, naive=naive_bayes, logistic=logistic)
lead = (true["naive"] - true["logistic"]).mean(1)
holds(
    "partners independent: naive Bayes is ahead at 80, 320, 1000", lead.min() > 0.001, lead
)

lead = (mean["covariance"] - mean["logistic"])[3:5]
holds("the true generative model is ahead at 160 and 320", lead.min() > 0.004, lead)
close("  and it, too, ends at the top", mean["covariance"][-1], 0.8976, 0.003)

# %% [markdown]
# What decides is not the family name. It is how many numbers must be estimated, and whether what is assumed instead is
# true. And on real data? The digits are 64 brightnesses, and nobody would call neighbouring pixels independent. Predict
# once more: with two examples of each digit, who wins?

# %% course={"role": "demo"}
train, test = data.digits("train", labels=True), data.digits("test", labels=True)
pixels, labels = train.x.flatten(1).double(), train.y
new, truth = test.x.flatten(1).double(), test.y


def right(classifier):
    """Share of the 450 test digits that a classifier gets right."""
    weights, bias = classifier
    return ((new @ weights.T + bias).argmax(1) == truth).double().mean()


digit_sizes = [20, 50, 100, 200, 500, 1000]
digit_scores = {name: torch.zeros(len(digit_sizes), 10) for name in ("naive", "logistic")}
for i, n in enumerate(digit_sizes):
    for j in range(10):
        chosen = [(labels == k).nonzero()[:, 0] for k in range(10)]
        chosen = torch.cat([few[torch.randperm(len(few))[: n // 10]] for few in chosen])
        x, y = pixels[chosen], labels[chosen]
        digit_scores["naive"][i, j] = right(naive_bayes(x, y, floor=0.01))
        digit_scores["logistic"][i, j] = right(logistic(x, y))

lead = (digit_scores["logistic"] - digit_scores["naive"]).mean(1)
holds("20 digits: logistic regression is ahead by over 0.02", lead[0] > 0.02, lead[0])
holds("50 and more: it is ahead by over 0.015", lead[1:].min() > 0.015, lead)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-gd-crossing
#| fig-cap: "**What to see.** Left, the world of pairs: naive Bayes leads while examples are few, then meets a ceiling that no data can lift; logistic regression falls behind, and passes it between 160 and 1000. The generative model that knows about correlations starts last and leads from 160 on. Right, the digits: here nothing crosses. Bars are two standard errors of the mean, over 50 and 10 training sets."
#| fig-alt: Accuracy against the number of training examples on a logarithmic axis. Left, three curves between 0.65 and 0.90. Naive Bayes rises first and becomes level at 0.877; logistic regression starts beside it, falls behind, crosses it near 300 and ends at 0.898, where the model with covariance ends too. Right, on digits, logistic regression rises from about 0.78 to 0.95 and stays above naive Bayes, which rises from 0.72 to 0.90.
figure, panels = show.panels(2, height=3.2)
styles = dict(zip(("naive", "logistic", "covariance"), show.OTHERS))
words = {"naive": "naive Bayes", "logistic": "logistic", "covariance": "full covariance"}
for axes, ns, results in zip(
    panels, (sizes, digit_sizes), (scores, digit_scores), strict=True
):
    for name in [name for name in styles if name in results]:
        look, values = styles[name], results[name]
        error = 2 * values.std(1) / values.shape[1] ** 0.5
        axes.errorbar(
            ns, values.mean(1), yerr=error, color=look.colour, ls=look.line,
            marker=look.marker, ms=4, elinewidth=1, capsize=2, label=words[name],
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlabel("training examples")
for height, name in ((0.8774, "naive Bayes' ceiling"), (0.8976, "")):
    panels[0].axhline(height, color="#5f5f5f", lw=0.8, ls=(0, (1, 2)), zorder=0.5)
    panels[0].text(
        11_000, height - 0.012, name, size=8.5, color="#5f5f5f", ha="right", va="top"
    )
panels[0].text(20, 0.901, "the best there is", size=8.5, color="#5f5f5f")
panels[0].set_ylim(0.63, 0.92)
panels[0].set_title("accuracy, pairs", loc="left", size=10)
panels[1].set_title("accuracy, digits", loc="left", size=10)
panels[0].legend(frameon=False, fontsize=8.5, loc="lower right")
figure

# %% [markdown]
# ## A classifier is not a generator
#
# Naive Bayes is the worse classifier of digits, at every size. But it has something that logistic regression has not:
# a distribution over pictures. Ask it for a seven and it draws sixty-four numbers. What should logistic regression
# draw?
#
# "It knows $p(y\,|\,x)$; so I take the $x$ at which $p(\text{seven}\,|\,x)$ is high." Many people's first thought. What
# would be needed to turn it into a sampler?
#
# ```{exercise} Samples from a classifier
# :label: ch02.q3
# :class: essential
# There are $L$ possible $x$. You have the $L$ shares $p(x)$, and from a classifier the $L$ probabilities
# $p(y{=}1\,|\,x)$. From which distribution should an $x$ *of class 1* be drawn? Return the $L$ probabilities
# $p(x\,|\,y{=}1)$. Then look at the second and the third case of the check: what has changed, and what has not? Both
# arguments are tensors of shape $(L,)$.
# ```


# %% course={"role": "answer", "q": "ch02.q3", "points": 2}
# >>> answer: ch02.q3
def given_label(p_x, p_label):
    """The L probabilities p(x | y = 1), from p(x) and p(y = 1 | x)."""
    together = p_x * p_label
    return together / together.sum()


# %% course={"role": "check", "q": "ch02.q3"}
ch02.q3(given_label)

# %% course={"role": "hidden", "q": "ch02.q3", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    p_x, p_label = (
        torch.tensor([draw.random() for _ in range(5)]).double() for _ in range(2)
    )
    return p_x / p_x.sum(), p_label


evaluate(given_label, inputs)

# %% [markdown]
# One classifier, two worlds, two different answers. The factor $p(x)$ in {eq}`eq-gd-joint` is not in the classifier,
# and nothing in the training of the classifier puts it there: {eq}`eq-gd-fits` without its last sum. Here is the same
# on the line. In the first world $x$ is $\mathcal N(\pm1, 1)$, so that $p(y{=}1\,|\,x) = \sigma(2x)$; in the second $x$
# is uniform between −3 and 3 and the label is drawn with that very probability. No classifier can tell the two apart by
# the labels it sees at an $x$ where both have points.

# %% course={"role": "check"}
x = torch.linspace(-9, 9, 18_001).double()
humps = (Normal(1.0, 1.0).log_prob(x).exp() + Normal(-1.0, 1.0).log_prob(x).exp()) / 2
flat = (x.abs() < 3).double() / 6
for name, p_x, expected in (("two bells", humps, 1.0), ("flat", flat, 1.3656)):
    of_class_1 = p_x * torch.sigmoid(2 * x)
    found = (x * of_class_1).sum() / of_class_1.sum()
    close(f"{name}: mean of x given y = 1", found, expected, atol=1e-3)

# %% [markdown]
# Still, let us do what was proposed, on the digits: start from grey, and climb to the picture of which the classifier
# is surest. It is right about 95 % of real digits. **Will you recognise what it likes best?**


# %% course={"role": "demo"}
def nearest(x):
    """Distance of each picture to the training digit nearest to it."""
    return torch.cdist(x, pixels).min(1).values


weights, bias = logistic(pixels, labels)


def log_odds(x):
    """The classifier's log odds of each digit against all others, shape (n, 10)."""
    s = x @ weights.T + bias
    everything = s[:, None].expand(-1, 10, -1)
    return s - everything.masked_fill(
        torch.eye(10, dtype=torch.bool), -torch.inf
    ).logsumexp(2)


dream = torch.zeros(10, 64).double().requires_grad_()
climb = engine.adam(0.05)([dream])
for _ in range(200):
    climb.zero_grad()
    (-log_odds(dream).diagonal().sum()).backward()  # the n-th dream wants to be digit n
    climb.step()
    dream.data.clamp_(-1, 1)

means = torch.stack([pixels[labels == k].mean(0) for k in range(10)])
width = (pixels - means[labels]).square().mean(0).sqrt()
engine.seed(1)
drawn = (means + width * torch.randn(10, 64)).clamp(-1, 1)  # naive Bayes: p(x | y)

sure, surest = log_odds(dream.detach()).diagonal(), log_odds(new).max(0).values
holds("the classifier is right on 94 % of new digits", right((weights, bias)) > 0.94)
holds(
    "of each dream it is surer than of any of them", (sure > surest).all(), (sure, surest)
)
real, dreamt, made = nearest(new), nearest(dream), nearest(drawn)
holds("every dream is farther from the training digits than any test digit",
      dreamt.min() > 1.3 * real.max(), (dreamt.min(), real.max()))  # fmt: skip
holds("naive Bayes' samples are all nearer than the nearest dream",
      made.max() < dreamt.min(), (made.max(), dreamt.min()))  # fmt: skip

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-gd-dreams
#| fig-cap: "**What to see.** The worse classifier makes the better pictures. Naive Bayes' digits are noisy, because it takes neighbouring pixels for independent, but they are digits. The pictures that the better classifier rates above every test digit are no digits at all: where no data ever were, nobody corrected it."
#| fig-alt: "Three rows of ten small pictures. First row, real digits from 0 to 9. Second row, grainy but mostly readable digits drawn by naive Bayes. Third row, black-and-white patterns in which no digit can be read."
shown = torch.stack([new[truth == k][0] for k in range(10)])
names = ["real", "naive Bayes", "classifier"]
rows = torch.cat([shown, drawn, dream.detach()]).reshape(30, 1, 8, 8)
show.grid(rows, columns=10, row_labels=names)

# %% [markdown]
# This is a failure to remember when you read that a discriminator "knows what real pictures look like". It knows where
# the border runs between those it was shown and those it was told are fake. Far from both it says what it likes, with
# confidence, and a generator that follows it there has found a hole, not a picture. In a GAN
# the discriminator then gets to see the hole full of fakes, and can close it; here nobody did.
#
# ## From noise to samples
#
# How does one draw from a density at all? A computer has numbers $u$ that are uniform between 0 and 1, and the rest is
# bending. Let $F(x)$ be the share of the density below $x$, its cumulative distribution. Then
#
# $$ x = F^{-1}(u), \qquad\text{since}\quad P(F^{-1}(u)\le x) = P(u\le F(x)) = F(x) . $$ (eq-gd-inverse)
#
# This is *inverse-transform sampling*. For the exponential density $\lambda e^{-\lambda x}$ we have
# $F(x) = 1 - e^{-\lambda x}$, hence $x = -\log(1-u)/\lambda$. To check a sampler, sort its samples and compare the share
# below each point with $F$; the largest difference is the *Kolmogorov–Smirnov distance*. For $n$ perfect samples it
# exceeds $1.63/\sqrt n$ one time in a hundred. If instead of random $u$ we put in the $n$ midpoints
# $(i-\tfrac12)/n$, then the method has no randomness left and the distance must be $1/2n$, on the nose.


# %% course={"role": "check"}
def ks(samples, F):
    """Kolmogorov-Smirnov distance between samples on the line and a cumulative F."""
    below, n = F(samples.flatten().sort().values), samples.numel()
    steps = torch.arange(n + 1).to(below) / n
    return torch.maximum(steps[1:] - below, below - steps[:-1]).max()


def exponential(u):
    return -torch.log1p(-u) / 2  # rate 2


def F(x):
    return 1 - torch.exp(-2 * x)


engine.seed(0)
n = 100_000
random = ks(exponential(torch.rand(n).double()), F)
holds(
    "100 000 random u: the distance is below 1.63 / sqrt(n)", random < 1.63 / n**0.5, random
)
even = (torch.arange(1000).double() + 0.5) / 1000
close("1000 even u: the distance against 1 / 2n", ks(exponential(even), F), 0.0005, 1e-9)

# %% [markdown]
# Where $F$ has no inverse in closed form, halve an interval until $x$ is found. Here for two bells of unequal weight,
# which will be our data for the rest of the chapter:

# %% course={"role": "given"}
bells = MixtureSameFamily(
    Categorical(torch.tensor([0.4, 0.6])),
    Normal(torch.tensor([-1.2, 1.0]), torch.tensor([0.4, 0.6])),
)


def inverse(F, u):
    """The x with F(x) = u, for a rising F, by halving the interval from -8 to 8."""
    low, high = torch.full_like(u, -8.0), torch.full_like(u, 8.0)
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (
            torch.where(F(middle) < u, middle, low),
            torch.where(F(middle) < u, high, middle),
        )
    return (low + high) / 2


# %% course={"role": "check"}
even = (torch.arange(1000).double() + 0.5) / 1000
distance = ks(inverse(bells.cdf, even), bells.cdf)
close("two bells, 1000 even u: the distance against 1 / 2n", distance, 0.0005, 1e-6)


# %% tags=["hide-input"]
#| label: fig-gd-inverse
#| fig-cap: "**What to see.** Enter at the left with a height u, go across to F, fall to the x below. Where F is steep many u land close together, and the samples (ticks, for 40 even u) are dense, as the shaded density says they should be. Where F is level a small step in u, from 0.37 to 0.44, crosses the gap between the bells. In a running notebook, drag u."
#| fig-alt: Four panels with the same rising curve F, steep near minus 1.2 and 1, nearly level between at height 0.4. An arrow leads from u on the left axis across to the curve and down to x. For u of 0.1, 0.37, 0.44 and 0.8 it lands at minus 1.47, minus 0.64, 0.1 and 1.26. Two shaded humps lie under the curve, and ticks below crowd in two groups.
def arrow(axes, u):
    grid = torch.linspace(-2.7, 3.0, 200)
    axes.plot(grid, bells.cdf(grid), color=show.REAL.colour)
    axes.fill_between(
        grid, bells.log_prob(grid).exp(), color=show.REAL.colour, alpha=0.13, lw=0
    )
    x = inverse(bells.cdf, torch.tensor(u)).item()
    look = {"color": show.FAKE.colour, "lw": 1.6}
    axes.plot([-2.7, x], [u, u], **look)
    axes.annotate(
        "",
        (x, 0),
        (x, u),
        arrowprops={"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **look},
    )
    ticks = inverse(bells.cdf, (torch.arange(40) + 0.5) / 40)
    axes.plot(ticks, torch.full((40,), -0.05), "|", color="#222222", ms=7, mew=0.8)
    axes.set_xlim(-2.7, 3.0)
    axes.set_ylim(-0.1, 1.03)
    axes.set_yticks([0, 0.5, 1])


show.explore(arrow, u=[0.1, 0.37, 0.44, 0.8])

# %% [markdown]
# ```{exercise} The sum of two dice, made smooth
# :label: ch02.q4
# The sum of two uniform numbers has the triangular density on $[0, 2]$: it rises as $x$ up to $x = 1$ and falls as
# $2 - x$ from there. Write its sampler without adding two numbers: from one $u$ in $(0, 1)$ to $x$, rising in $u$.
# ```


# %% course={"role": "answer", "q": "ch02.q4", "points": 2}
# >>> answer: ch02.q4
def sampler(u):
    """The x below which the triangular density has the share u."""
    if u <= 0.5:
        return (2 * u) ** 0.5
    return 2 - (2 * (1 - u)) ** 0.5


# %% course={"role": "check", "q": "ch02.q4"}
ch02.q4(sampler)

# %% course={"role": "hidden", "q": "ch02.q4", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(sampler, lambda draw: (draw.uniform(0.01, 0.99),))

# %% [markdown]
# Now the other way about. Somebody hands you a transform $G$, smooth and either rising or falling, and feeds it noise
# $z$ of density $p_z$. What is the density $q$ of $x = G(z)$? Probability is moved, not made: what lay in a little
# interval $dz$ lies afterwards in $dx$, so $q(x)\,|dx| = p_z(z)\,|dz|$, and
#
# $$ q(x) = p_z(z)\,\Bigl|\frac{dz}{dx}\Bigr| \quad\text{at the } z \text{ with } G(z) = x . $$ (eq-gd-change)
#
# Where $G$ stretches, the density thins out. For {eq}`eq-gd-inverse` the noise has density 1 and $dz/dx = F'(x)$, which
# is the density we wanted.
#
# ```{exercise} A bell, bent
# :label: ch02.q5
# Let $z$ be standard normal and $x = e^{-2z}$. What is the density of $x$, for $x > 0$? Return it as a function of $x$.
# ```
#
# ```{solution} ch02.q5
# $z = -\tfrac12\log x$, and $|dz/dx| = 1/(2x)$. The map falls, so the derivative is negative; lengths are not.
# ```


# %% course={"role": "answer", "q": "ch02.q5", "points": 2}
# >>> answer: ch02.q5
def density(x):
    """The density at x of exp(-2 z), z standard normal."""
    x = torch.tensor(x)
    z = -torch.log(x) / 2
    return Normal(0.0, 1.0).log_prob(z).exp() / (2 * x)


# %% course={"role": "check", "q": "ch02.q5"}
ch02.q5(density)

# %% course={"role": "hidden", "q": "ch02.q5", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(density, lambda draw: (draw.uniform(0.2, 4),))

# %% [markdown]
# ## A network as the transform
#
# {eq}`eq-gd-inverse` needs $F$, and data do not come with an $F$. They come as samples. So let a network be $G$, feed it
# normal noise, and ask only that a batch of what comes out look like a batch of data. On the line that is easily
# measured: sort both batches, pair them off, and take the mean distance within a pair. It is the *Wasserstein distance*
# $W_1$ between the two batches ({doc}`03_divergences` says why), it has a gradient, and no density occurs in it.
#
# There is exactly one rising map from the noise to the data, namely $F^{-1}(\Phi(z))$. **Will the network find it?** We
# train two networks that differ only in the seed.

# %%
my_guess = "both find it"


# %% course={"role": "demo"}
def train_by_sorting(seed, rounds=1000):
    """A generator on the line, trained on samples only."""
    engine.seed(seed)
    G, prior = networks.mlp(1, 1, (32, 32), nn.Tanh), data.Gaussian(1)
    optimizer = engine.cosine(engine.adam(0.01, (0.9, 0.999)), rounds)(G.parameters())
    for _ in range(rounds):
        fake, real = G(prior(512)), bells.sample((512, 1))
        loss = (fake.sort(0).values - real.sort(0).values).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return G


rising, falling = train_by_sorting(0), train_by_sorting(1)

z = torch.linspace(-2.4, 2.4, 193)[:, None].requires_grad_()
share = Normal(0.0, 1.0).cdf(z.detach()).flatten()
up, down = bells.cdf(rising(z)).flatten(), bells.cdf(falling(z)).flatten()
close("one network: share of the data below G(z) against that below z", up, share, 0.05)
close("the other: against the share above z", down, 1 - share, atol=0.05)
print(f"you said {my_guess}")

# %% [markdown]
# One found $F^{-1}(\Phi(z))$; the other found $F^{-1}(\Phi(-z))$, its mirror image. A bell does not change when
# you turn it round, so both maps make the same samples, and nothing in a loss of samples could prefer either. **What is
# learned is where the samples lie, not which $z$ makes which $x$.** Remember it when somebody reads meaning into a
# coordinate of $z$.
#
# And the density? On the line it is still to be had: {eq}`eq-gd-change`, with the derivative from autograd.

# %% course={"role": "demo"}
x = rising(z)
(slope,) = torch.autograd.grad(x.sum(), z)
q = (Normal(0.0, 1.0).log_prob(z).exp() / slope.abs()).flatten().detach()
x = x.flatten().detach()
p = bells.log_prob(x).exp()
holds("the network is rising everywhere between -2.4 and 2.4", slope.min() > 0, slope.min())
holds("its density is within 0.06 of the data's, on average", (q - p).abs().mean() < 0.06,
      (q - p).abs().mean())  # fmt: skip

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-gd-learned
#| fig-cap: "**What to see.** Left, two networks that never saw a density, and the two exact maps under them, drawn grey: each network lies on one of them, and chance decides on which. Right, the density that the rising network makes, from its slope: both humps are there, and the gap between them is too shallow."
#| fig-alt: Left, x against z. One curve rises from minus 2 to 2.3 with a steep part near z = minus 0.25, the other falls as its mirror image; grey curves lie under both. Right, two humps, at minus 1.2 and 1; the density from the network's slope follows that of the data, somewhat too high in the left hump and in the gap.
figure, (left, right_panel) = show.panels(2, height=3.0)
at = z.detach().flatten()
for sign in (1, -1):
    exact = inverse(bells.cdf, Normal(0.0, 1.0).cdf(sign * at))
    left.plot(at, exact, color="#cfcfcf", lw=5)
made = {
    "G, seed 0": rising(z).detach().flatten(),
    "G, seed 1": falling(z).detach().flatten(),
}
looks = {"G, seed 0": show.FAKE, "G, seed 1": show.OTHERS[1]}
show.lines(at, made, looks=looks, xlabel="z", title="x = G(z)", axes=left)
both = {"data p": show.REAL, "from G": show.FAKE}
show.lines(
    x, {"data p": p, "from G": q}, looks=both, xlabel="x", title="density", axes=right_panel
)
figure

# %% [markdown]
# ### Two coordinates
#
# All of this rested on one word: *sort*. Points on a line have an order; points in the plane have none. What happens if
# we do not listen, and treat each coordinate by {eq}`eq-gd-inverse`, exactly, on its own? Our data are two clusters on
# the diagonal.

# %% course={"role": "demo"}
engine.seed(0)
diagonal = data.Mixture([[-1.0, -1.0], [1.0, 1.0]], 0.25)
real = diagonal(4000)
edge = MixtureSameFamily(  # what each coordinate is by itself
    Categorical(torch.ones(2)),
    Normal(torch.tensor([-1.0, 1.0]), torch.tensor([0.25, 0.25])),
)
apart = inverse(edge.cdf, torch.rand(4000, 2))  # each coordinate: exact


def invented(x):
    """Share of points in the two quadrants where there are no data."""
    return (x[:, 0] * x[:, 1] < 0).float().mean()


for i in (0, 1):
    distance = theory.wasserstein_1d(apart[:, i], real[:, i])
    holds(f"coordinate {i + 1} by itself: W1 below 0.06", distance < 0.06, distance)
close("and yet the share of points where no data are", invented(apart), 0.5, atol=0.03)

# %% [markdown]
# Each coordinate is perfect and half of the points are wrong. Whoever checks a generator one coordinate at a time
# will see nothing. There is an honest way to repair this, one coordinate after the other, $p(x_1)$ first and then
# $p(x_2\,|\,x_1)$, which follows {eq}`eq-gd-joint` and is what autoregressive models do. It needs a conditional
# distribution for every coordinate, and draws them in turn.
#
# A GAN does something else. It keeps the network, gives up sorting, and hires somebody to find *any* difference between
# a batch of fakes and a batch of data: a classifier, trained for the purpose. Not to classify anything, for there are
# no labels here; but to measure a difference in the plane, or in sixty-four dimensions, where there is nothing to sort.

# %% course={"role": "demo"}
rounds = 600
engine.seed(0)
G = networks.mlp(2, 2, hidden=(64, 64))
D = networks.mlp(2, 1, hidden=(64, 64), activation=partial(nn.LeakyReLU, 0.2))
slow_down = {
    name: engine.cosine(engine.adam(1e-3, (0.0, 0.99)), rounds) for name in ("D", "G")
}
game = games.GAN(
    G, D, data.Gaussian(2), optimizers=slow_down, average=networks.EMA(G, 0.99)
)
for _ in engine.play(game, partial(diagonal, 256), rounds):
    pass
fake = game.sample(4000, seed=1)
report = metrics.modes(fake, diagonal)
holds(
    "the GAN: share of points where no data are below 0.1",
    invented(fake) < 0.1,
    invented(fake),
)
holds(
    "the GAN: both clusters covered, 80 % of points good",
    report.covered == 2 and report.high_quality > 0.8,
    report,
)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-gd-plane
#| fig-cap: "**What to see.** Left, the data. Middle, each coordinate drawn exactly and by itself: the shadows on both axes are right, and two of the four clusters do not exist. Right, a GAN, whose discriminator sees both coordinates at once."
#| fig-alt: Three scatter plots in the plane. Left, two clusters at lower left and upper right. Middle, four clusters at the corners of a square. Right, again two clusters on the diagonal, with a few points between.
figure, panels = show.panels(3, columns=3, height=2.0)
shown = (
    ("data", {"real": real[:500]}),
    ("each by itself", {"fake": apart[:500]}),
    ("GAN", {"fake": fake[:500]}),
)
for axes, (title, points) in zip(panels, shown, strict=True):
    show.cloud(**points, extent=(-2, 2, -2, 2), legend=False, title=title, axes=axes)
figure

# %% [markdown]
# ## What a sampler without a density gives up
#
# Many models are fitted by *maximum likelihood*: make the average of $\log q(x)$ over the data as large as possible.
# That is a divergence in disguise. With $H(p) = -\mathbb E_p[\log p]$, the entropy of the data, which no model can
# change, and the Kullback–Leibler divergence $\mathrm{KL}(p\,\|\,q) = \mathbb E_p[\log\frac pq]$ of the next chapter,
#
# $$ -\mathbb E_{x\sim p}[\log q(x)] = H(p) + \mathrm{KL}(p\,\|\,q) . $$ (eq-gd-likelihood)
#
# So the model with the greatest likelihood is the one with the smallest KL divergence from the data. For a Gaussian $q$
# it is found with a pencil: take the mean and the variance of the data.

# %% course={"role": "check"}
m = bells.mean.double().requires_grad_()
s = bells.stddev.double().requires_grad_()
model = Normal(0.3, 1.5)
left_side = theory.cross_entropy(bells, model)
right_side = theory.entropy(bells) + theory.kl(bells, model)
close("both sides of the equation, subtracted", left_side - right_side, 0.0, atol=1e-6)
slopes = torch.autograd.grad(theory.kl(bells, Normal(m, s)), (m, s))
close("slopes of the KL at the data's mean and width", slopes, [0.0, 0.0], atol=1e-4)

engine.seed(0)
x = bells.sample((100_000,))
average = -model.log_prob(x).mean()
close(
    "average over 100 000 samples, less the left side", average - left_side, 0.0, atol=0.02
)

# %% [markdown]
# The last line is the point. The left-hand side can be *estimated from samples of the data alone*, on held-out data,
# for every model that says its $\log q$; and $H(p)$, which nobody knows, is the same for all. So models can be ranked,
# in nats. A model that only draws is out of this contest. What is lost, in short:
#
# *The likelihood*, as a loss and as a score. {eq}`eq-gd-change` does not come to the rescue: it needs the $z$ that led
# to $x$, and a derivative that in many dimensions is a determinant; and if $z$ has fewer coordinates than $x$, the
# samples fill a thin sheet of volume zero and there is no density at all. *Comparison*: two GANs cannot be ranked by
# what they were trained on. What to do instead is the matter of {doc}`06_measuring`. *The rarity of a given $x$*, and with it compression
# and the detection of anomalies. And do not think that $D$ could stand in. The best discriminator compares $p$ with
# $q$, so when the generator is perfect it says the same of everything:

# %% course={"role": "check"}
p = Normal(0.0, 1.0)
places = torch.tensor([0.0, 6.0])
says = theory.optimal_discriminator(p, p)(places)
close("perfect fakes: what D says of 0 and of 6", says, [0.5, 0.5], atol=1e-9)
rarer = p.log_prob(places[0]) - p.log_prob(places[1])
close("how much rarer 6 is, in nats", rarer, 18.0, atol=1e-4)

# %% [markdown]
# What is gained? *Freedom*: any network is a sampler, with no need to be invertible or to be normalised. *Speed*: one
# pass for all coordinates, where a model that draws one after the other needs as many passes. And *another kind of mistake*: a good likelihood does not promise good samples, nor
# good samples a good likelihood {cite:p}`theis2016`. Models of this kind are called *implicit*
# {cite:p}`mohamed2016`: they specify how to draw, and nothing else.
#
# ## Where popular notes go wrong
#
# **"A GAN is a generative model, G for $p(x, y)$, plus a discriminative one, D for $p(y\,|\,x)$."** Look for the $y$.

# %%
show.source(games.GAN.fake, docstrings=False)
show.source(games.GAN.d_loss, docstrings=False)

# %% [markdown]
# There is none: $G$ has noise and makes an $x$; what it has in the end is a sampler of $p(x)$. $D$ is indeed a
# discriminative model, but of a label that the game made up: *real* or *fake*, half of each. By the rule of Bayes, in
# the form you wrote for {numref}`ch02.q1`, the best it can say is
# $\tfrac12 p(x)/(\tfrac12 p(x)+\tfrac12 q(x))$. It tells no cat from a dog. (Labels can be brought into the game, to
# both players, in the place of that `*given`, which is empty here: {doc}`../2_architectures/09_cgan`.)

# %% course={"role": "check"}
p, q = Normal(0.0, 1.0), Normal(1.5, 0.7)
x = torch.linspace(-3, 4, 29)
likelihood = torch.stack([p.log_prob(x), q.log_prob(x)]).exp()
shares = torch.tensor([0.5, 0.5])[:, None]
by_bayes = (shares * likelihood)[0] / (shares * likelihood).sum(0)
close(
    "the best D against P(real | x)", theory.optimal_discriminator(p, q)(x), by_bayes, 1e-5
)

# %% [markdown]
# **"A GAN's training is a Monte Carlo method for fitting the data."** Monte Carlo is averaging over samples to estimate
# an integral: the error falls like $1/\sqrt n$, and more samples mean a better answer. Minibatches are that, for the
# *gradient at this moment*. But where the game goes is another matter. Here is a game without any sampling: data a
# single point, expectations exact, zero variance. It is Dirac-GAN, which
# {doc}`chapter 4 <04_minimax>` takes apart.

# %% course={"role": "check"}
field = theory.dirac(losses.minimax)
start = torch.tensor([1.0, 0.0], dtype=torch.float64)
distance = theory.trajectory(theory.alternating(field, 0.2), start, 1000).norm(dim=1)
holds("not a random number drawn, and never nearer home than 0.9", distance.min() > 0.9,
      distance.min())  # fmt: skip

# %% [markdown]
# No number of samples cures that, because nothing is being estimated. And Monte Carlo needs what a GAN does without: a
# density, or an integrand, that one can evaluate.
#
# **"With little data the generative classifier wins, with much the discriminative."** Sometimes; {numref}`fig-gd-crossing`
# has a world where it is so, and a penalty, an assumption and a data set with which it is not.
#
# ## How we know
#
# | statement | held up by | the figure it asserts |
# |---|---|---|
# | {eq}`eq-gd-linear` and naive Bayes as fitted here | `tests/test_ch02.py::test_naive_bayes_scores_are_the_log_joint_of_its_gaussians` | equal to SciPy's densities |
# | {eq}`eq-gd-accuracy` and both ceilings | `tests/test_ch02.py::test_accuracy_of_a_linear_score_and_the_two_ceilings` | 0.8774, 0.8976 |
# | the silent partner | `tests/test_ch02.py::test_a_silent_partner_helps_the_best_classifier_only` | counted, 0.005 |
# | the crossing, and how it disappears | `tests/test_ch02.py::test_naive_bayes_leads_early_and_logistic_regression_late` | signs at 80 and 1000 |
# | digits do not cross | `tests/test_ch02.py::test_digits_do_not_cross` | ahead by 0.02 from 50 on |
# | dreams of a classifier | `tests/test_ch02.py::test_what_a_classifier_likes_best_is_far_from_every_digit` | 1.3 times the farthest |
# | one classifier, two worlds | `tests/test_ch02.py::test_one_classifier_belongs_to_many_worlds` | 1.000, 1.366 |
# | {eq}`eq-gd-inverse` | `tests/test_ch02.py::test_inverse_transform_passes_the_kolmogorov_smirnov_test` | p > 0.01; 1/2n |
# | sorting finds $F^{-1}(\Phi(\pm z))$ | `tests/test_ch02.py::test_a_network_trained_by_sorting_finds_the_inverse_cdf_or_its_mirror` | 0.05 in share |
# | each coordinate by itself | `tests/test_ch02.py::test_right_in_every_coordinate_and_wrong_in_half_of_the_points` | W1 < 0.06; half |
# | the GAN in the plane | `tests/test_ch02.py::test_a_gan_learns_what_coordinates_have_to_do_with_each_other` | < 0.1, two seeds |
# | {eq}`eq-gd-likelihood` | `tests/test_ch02.py::test_maximum_likelihood_is_the_smallest_kl` | 1e-6 |
# | $D$ is a posterior, and blind to rarity | `tests/test_theory.py::test_logistic_regression_finds_the_optimal_discriminator` | 0.01 in probability |
#
# ## You can now
#
# - go from a joint to any conditional, and see that a classifier lacks the factor $p(x)$ that drawing would take;
# - say of two classifiers which numbers each must estimate and which assumption it leans on, compute the two ceilings, and expect a
#   crossing only where the assumption is false and not too false;
# - draw from any density on the line, get the density back from a slope, and say what a discriminator is for: the distance
#   that sorting can no longer give.
#
# ## Sources
#
# The comparison of the two fits of one boundary is {cite:t}`ng2002`; the sentence on top is on its first page. Its
# theorems are about the error as the number of examples grows; the world of pairs, its ceilings and the counter-examples
# are ours. The view of a GAN as an implicit model, with the discriminator as a test for a difference between two sets of
# samples, is that of {cite:t}`mohamed2016`; that likelihood and samples may disagree is from {cite:t}`theis2016`.
# {cite:t}`goodfellow2016tutorial` sorts generative models by what they say about their density (its section 2).
#
# What popular notes get wrong: that $G$ and $D$ are the two factors of one joint distribution; that a game is an
# estimate; that a classifier turned round is a generator; and that the crossing is a law.
