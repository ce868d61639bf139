# %% [markdown]
# # Measuring
#
# ```{epigraph}
# Good performance with respect to one criterion therefore need not imply good performance with respect to the other
# criteria.
#
# -- Theis et al., 2016, abstract
# ```
#
# **Claim.** Every score answers one question, about one feature space, at one number of samples. Whoever knows which
# can pass it without being able to do anything else.
#
# You will be able to
#
# - compute the scores in use, each with its floor or ceiling and its error bar, and say what each is blind to;
# - tell a difference between generators from a difference between sample sizes, and defend a distance below zero;
# - build a cheat for any score you are shown, and choose a set of scores that catches those built here.

# %% [markdown]
# ## Before you read on
#
# Two questions. An unbiased estimate of a squared distance comes out as −0.02. **A bug, or fine?**
#
# And: somebody trains nothing, and hands in 450 images of the training set as the output of a generator. We shall score
# them on twelve scales. **How many of the twelve notice?**

# %%
below_zero = "a bug"  # or "fine"
will_notice = 8  # of twelve

# %% course={"role": "setup"} tags=["hide-input"]
import math
from functools import partial

import torch
from matplotlib.patches import Circle, Rectangle
from sklearn.cluster import KMeans

import ganlib
from ganlib import data, engine, metrics, recipes, show, zoo
from ganlib.grading import close, holds
from ganlib.grading.exercises import ch06

device = ganlib.setup(seed=0)
torch.set_num_threads(1)  # the tables here are too small to share between cores

# %% [markdown]
# ## What a score is made of
#
# A discriminator is no judge: it has met the generator, and the two grew up together ({doc}`05_training` shows what its
# opinion is worth). A score is computed by an outsider from samples alone: some real, some fake. Three choices hide in
# its name. *Which question* is asked of the two samples; *in which feature space*, for two images a pixel apart are far
# apart as lists of numbers; and *at which n*. And two numbers belong beside it: what a perfect generator would score at
# this n (a floor for distances, a ceiling for most others), and how far the score would move with other samples, its
# error bar. Without them it is half a number.
#
# Our data are the digits of scikit-learn, in four heaps. The *test* images are what everything is compared with. The
# *fresh* ones are real, have been shown to no generator and to no cheat, and will play the perfect generator. The third
# heap is for learning from. The fourth sets one dial.

# %%
train, test = data.digits().x, data.digits("test").x
fresh, learn, held = train[:450], train[450:1077], train[1077:]
judge = zoo.judge("digits")
holds("450 to compare with, 450 fresh, 627 to learn from", len(test) == len(fresh) == 450)
holds("the judge names every test digit rightly", judge.accuracy == 1)

# %% [markdown]
# The *judge* is a small classifier, trained by us on all of `train` and frozen. It lends us its verdicts,
# $p(y\mid x)$ over ten digits, and its *features*, the 64 numbers it computes just before them, scaled so that each has
# variance 1 over the training images. It makes no mistake on the test digits, so its accuracy has nothing more to tell
# us. Published scores use a network called Inception, trained on photographs. Ours
# therefore are not called FID or KID: a score bears its judge's name, and compares with scores of the same judge only.
# (Having been trained on the fresh images too, it may find them a little clearer than the test images.)

# %% [markdown]
# ## Parzen windows, or how to be everywhere at once
#
# The first GAN paper {cite:p}`goodfellow2014` turned samples $g_1,\dots,g_n$ into a density by putting a small Gaussian
# on each, and reported the mean log density of the test images:
#
# $$ \log\hat q(x) = \log\frac1n\sum_{i=1}^n e^{-\lVert x-g_i\rVert^2/2\sigma^2} - \frac d2\log 2\pi\sigma^2 . $$ (eq-me-parzen)
#
# The question it asks: *does every test image have some sample near it?* The space is the pixels. And n is decisive,
# because a hundred windows are a hundred places. {doc}`05_training` ranked a hundred real digits below a hundred
# blurred ones. Was that bad luck?

# %% course={"role": "check"}
unit = data.to_unit  # pixels from [-1, 1] to [0, 1], as the protocol has it


def parzen(images):
    return metrics.parzen(unit(images), unit(held), unit(test))


def blurs(images, count):
    """The centres of k-means: averages of similar images."""
    found = KMeans(count, n_init=1, random_state=0).fit(images.flatten(1).numpy())
    return torch.from_numpy(found.cluster_centers_).reshape(-1, 1, 8, 8)


hundreds = [parzen(part) for part in train[:1000].split(100)]
averages = blurs(train[:1077], 100)
blurred = parzen(averages)
nats = [report.nats for report in hundreds]
holds(
    "ten times 100 real digits: 8 to 10.2 nats each", 8 < min(nats) < max(nats) < 10.2, nats
)
close("100 averages, nats", blurred.nats, 22.5, 1.0)
close("  the first hundred", nats[0], 9.8, 0.1)
error = max(report.standard_error for report in [*hundreds, blurred])
holds("no standard error above 0.9", error < 0.9, error)

# %% tags=["hide-input"]
#| label: fig-me-blurs
#| fig-cap: "**What to see.** Left, a hundred real digits: 9.8 ± 0.5 nats. Right, a hundred averages: 22.5 ± 0.7. The score asks for nearness, and an average is near to everybody."
#| fig-alt: Two squares of a hundred small grey digits each. On the left they are crisp and uneven, as written by hand. On the right they are soft and smooth, some of them hardly readable.
figure, (left, right) = show.panels(2, height=2.75)
show.grid(train[:100], columns=10, axes=left, title="real: 9.8 ± 0.5 nats")
show.grid(
    averages,
    columns=10,
    axes=right,
    title="averages: 22.5 ± 0.7 nats",
)
figure

# %% [markdown]
# It was not luck, it is the formula. But for constants, {eq}`eq-me-parzen` is nearly minus the squared distance to the
# nearest sample, over $2\sigma^2$. K-means chooses its centres to make the mean of exactly that small. It is a
# cheat made to measure. {cite:t}`theis2016` report that it beats samples of the true distribution, and advise against
# the score. What protects an honest user is n: with all 1077 images real data are ahead again (26.6 against 25.3 for 400
# centres, in `tests/test_metrics.py`).

# %% [markdown]
# ## The inception score
#
# {cite:t}`salimans2016` ask two things of a classifier: is it sure what each image shows, and do the images show
# everything? Sure means that $p(y\mid x)$ has low entropy; everything, that the average verdict
# $p(y) = \mathbb E_x\,p(y\mid x)$ has high entropy. One number for both:
#
# $$ S = \exp\,\mathbb E_x\,\mathrm{KL}\bigl(p(y\mid x)\,\|\,p(y)\bigr)
#      = \exp\bigl(H[p(y)] - \mathbb E_x\,H[p(y\mid x)]\bigr) = e^{I(x;\,y)} . $$ (eq-me-inception)
#
# It runs from 1 to the number of classes $K$: the information that an image carries about its label, as a number of
# classes one could tell apart. No real image enters.
#
# ```{exercise} A table of verdicts
# :label: ch06.q1
# Row $i$ of a tensor of shape $(n, K)$ is the verdict on image $i$. Return the score {eq}`eq-me-inception`. Mind rows
# that are certain: $0\log 0$ is to be 0.
# ```


# %% course={"role": "answer", "q": "ch06.q1", "points": 2}
# >>> answer: ch06.q1
def score_of_verdicts(p):
    """exp I(x; y) from probabilities (n, K)."""
    mean = p.mean(0)
    return torch.exp(torch.xlogy(p, p / mean).sum(1).mean())


# %% course={"role": "check", "q": "ch06.q1"}
ch06.q1(score_of_verdicts)

# %% course={"role": "hidden", "q": "ch06.q1", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    p = torch.tensor([[draw.random() ** 2 for _ in range(4)] for _ in range(6)]).double()
    p[draw.randrange(6), draw.randrange(4)] = 0.0
    return (p / p.sum(1, keepdim=True),)


evaluate(score_of_verdicts, inputs)

# %% [markdown]
# Now real digits, and ten rubber stamps: for each class the one training image of which the judge is surest, 45 times.


# %%
def verdict_score(images):
    return metrics.inception_score(judge.probabilities(images))


surest = learn[judge.probabilities(learn).argmax(0)]
stamps = surest.repeat(45, 1, 1, 1)

# %% course={"role": "check", "rtol": 0.01}
print("fresh digits:", verdict_score(fresh))
print("ten stamps:  ", verdict_score(stamps))
sure = judge.probabilities(fresh).max(dim=1).values
error = 2 * sure.std() / math.sqrt(len(sure))
close("its mean confidence in a fresh digit", sure.mean(), 0.94, atol=0.01)
holds("  two standard errors are below 0.01", error < 0.01, error)

# %% [markdown]
# Ten images beat 450 real ones, by far more than the error bars. The judge is never quite sure of an honest digit (its
# average confidence is 0.94), so real data do not reach 10; a stamp is chosen for the judge's comfort. Whatever happens
# *within* a class, the score cannot see. That is its blind side, and it is as wide as the data.
#
# One more trap. The published form is a mean over ten splits, "± the standard deviation over splits". That is no error
# bar of the score, as sorting shows: hand in the same fresh images, class by class.

# %% course={"role": "check"}
shown = data.digits(labels=True).y[:450]
mixed, ordered = verdict_score(fresh), verdict_score(fresh[shown.argsort()])
close("all at once, in any order", ordered.value - mixed.value, 0.0, atol=1e-4)
close("mean over ten splits, as they came", mixed.mean, 6.51, 0.1)
close("mean over ten splits, sorted", ordered.mean, 1.22, 0.1)

# %% [markdown]
# Even as they came, splits of 45 score 6.5, where all 450 at once have 7.0: this score depends on n as well. So do most
# of those below. None does so as famously as the next.

# %% [markdown]
# ## The Fréchet distance
#
# Describe the features of the real images by a mean and a covariance, those of the fakes likewise, and ask how far
# apart two *Gaussians* with these moments are {cite:p}`heusel2017`:
#
# $$ d^2 = \lVert\mu_1-\mu_2\rVert^2
#      + \mathrm{tr}\bigl(\Sigma_1+\Sigma_2-2\,(\Sigma_1^{1/2}\Sigma_2\Sigma_1^{1/2})^{1/2}\bigr) . $$ (eq-me-frechet)
#
# It is the squared Wasserstein-2 distance between the two Gaussians. On the line it is
# $(\mu_1-\mu_2)^2 + (\sigma_1-\sigma_2)^2$: place and width, each as a length.
#
# ```{exercise} Two Gaussians
# :label: ch06.q2
# Return {eq}`eq-me-frechet` from `(mean_1, covariance_1, mean_2, covariance_2)`, float64 tensors. A root of a symmetric
# matrix comes from `torch.linalg.eigh`. A covariance may be singular: real ones are, whenever a pixel is always black.
# ```


# %% course={"role": "answer", "q": "ch06.q2", "points": 3}
# >>> answer: ch06.q2
def frechet_of_gaussians(mean_1, covariance_1, mean_2, covariance_2):
    """The squared distance of two Gaussians."""
    values, vectors = torch.linalg.eigh(covariance_1)
    root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    overlap = torch.linalg.eigvalsh(root @ covariance_2 @ root).clamp(min=0).sqrt().sum()
    spread = covariance_1.trace() + covariance_2.trace() - 2 * overlap
    return (mean_1 - mean_2).square().sum() + spread


# %% course={"role": "check", "q": "ch06.q2"}
ch06.q2(frechet_of_gaussians)

# %% course={"role": "hidden", "q": "ch06.q2", "rtol": 0.001, "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    found = []
    for _ in range(2):
        root = torch.tensor(
            [[draw.gauss(0, 1) for _ in range(3)] for _ in range(3)]
        ).double()
        found += [root[0], root @ root.T]
    return tuple(found)


evaluate(frechet_of_gaussians, inputs)

# %% [markdown]
# The question, then: *do the first two moments agree?* Anything beyond them is invisible, and we shall make use of it.
# First, a trap.
#
# ### More samples, smaller distance
#
# Take two samples of size $N$ of the *same* $\mathcal N(0, I_d)$. The true distance is zero. But the two means differ
# by chance: each of $d$ coordinates by a variance of $2/N$. And so do the covariances. Near the identity the trace in
# {eq}`eq-me-frechet` is $\tfrac14\lVert\Sigma_1-\Sigma_2\rVert^2$ summed over entries. An entry off the diagonal has
# variance $1/N$ in each sample, one on it $2/N$: in all $d(d+1)/N$ a sample. Add up:
#
# $$ \mathbb E\,d^2 \approx \frac{2d}{N} + \frac{d(d+1)}{2N} . $$ (eq-me-bias)
#
# Nothing cancels, since squares do not. In 64 dimensions a *perfect* generator has 2.2 left at 1000 samples, and needs
# 100,000 to come down to 0.02.

# %% course={"role": "check"}
close("64 dimensions, 1000 samples", metrics.frechet_bias(64, 1000), 2.208, 1e-3)
sizes = [100, 200, 400, 800, 1600, 3200]
engine.seed(0)


def chance(d, n, times=8):
    """Distances of pairs of samples from one Gaussian."""
    pairs = ([metrics.moments(torch.randn(n, d)) for _ in range(2)] for _ in range(times))
    return torch.tensor([metrics.frechet_distance(*pair) for pair in pairs])


measured = {d: torch.stack([chance(d, n) for n in sizes]) for d in (8, 32)}
for d, distances in measured.items():
    formula = torch.tensor([metrics.frechet_bias(d, n) for n in sizes])
    ratio = distances.mean(1) / formula
    close(f"d = {d}: mean over formula", ratio.log().mean().exp(), 1.0, 0.1)

few, many = list(range(50, 451, 50)), metrics.moments(test, judge.features)
reports = [metrics.frechet(test, fresh[:n], judge.features) for n in few]
floors = torch.tensor([metrics.frechet_floor(many.covariance, 450, n) for n in few])
inside = [r.low <= floor <= r.high for r, floor in zip(reports, floors)]
holds("digits: the floor lies within all nine error bars", all(inside), reports)
holds(
    "digits: 50 fresh images score five times what 450 do",
    reports[0].value > 5 * reports[-1].value,
    reports,
)

# %% tags=["hide-input"]
#| label: fig-me-bias
#| fig-cap: "**What to see.** All of these are perfect generators, and yet no score is zero. Left, two samples of one Gaussian: the measured distances lie on the lines of the formula, 32 dimensions far above 8, both falling as 1/N. Right, fresh digits on the digits judge: the same images score 6 when you hand in 50 of them and 0.7 when you hand in 450. Bars: left two standard deviations of one distance, right 95 % intervals."
#| fig-alt: Two panels of distance against the number of samples, both axes logarithmic on the left. Left, points with small bars lie on two straight falling lines. Right, points with wide bars fall from 6 at 50 images to 0.7 at 450, along a dotted line that stays inside every bar.
figure, (left, right) = show.panels(2, height=2.9)
for (d, distances), look in zip(measured.items(), (show.FAKE, show.REAL)):
    spread = 2 * distances.std(1)
    left.plot(
        sizes,
        [metrics.frechet_bias(d, n) for n in sizes],
        color=look.colour,
        ls=look.line,
        lw=1.3,
    )
    left.errorbar(
        sizes,
        distances.mean(1),
        spread,
        fmt=look.marker,
        ms=4,
        color=look.colour,
        capsize=2,
        lw=1,
    )
    left.annotate(
        f"d = {d}", (sizes[2], 1.5 * metrics.frechet_bias(d, sizes[2])), color=look.colour
    )
left.loglog()
left.set_title("one Gaussian, twice", loc="left", size=10)
left.set_xlabel("N")
values = torch.tensor([r.value for r in reports])
bars = torch.tensor([[r.value - r.low, r.high - r.value] for r in reports]).T
dots = show.DISCRIMINATOR
right.plot(few, floors, color=dots.colour, ls=dots.line, lw=1.5)
right.errorbar(few, values, bars, fmt="o", ms=4, color=show.REAL.colour, capsize=2, lw=1)
right.annotate(
    "floor",
    (few[-1], floors[-1]),
    xytext=(-14, 14),
    textcoords="offset points",
    color=dots.colour,
)
right.set_ylim(0)
right.set_title("450 test digits, n fresh", loc="left", size=10)
right.set_xlabel("n")
figure

# %% [markdown]
# The right panel needs the formula for a covariance that is not the identity, which `metrics.frechet_floor` has. (It
# takes the features for Gaussian, which they are not, and the judge has met the fresh images: at 450 it lies near the
# upper end of the bar.) So here is how to publish progress without making any: hand in more samples.

# %% course={"role": "check"}
engine.seed(1)
truth = torch.randn(4000, 32)
perfect = metrics.frechet(truth, torch.randn(200, 32))
shifted = metrics.frechet(truth, torch.randn(4000, 32) + 0.1)
holds("a perfect sampler, n = 200: above 1.2", perfect.low > 1.2, perfect)
holds("a shifted one, n = 4000: below 0.7, error bar and all", shifted.high < 0.7, shifted)

# %% [markdown]
# Never compare Fréchet distances at different n. {cite:t}`chong2020` extrapolate to infinite n; with the floor beside
# the number you can at least see how much of it is chance.

# %% [markdown]
# ## The kernel distance, which may be negative
#
# A kernel $k(x, x')$ says how similar two points are. If two samples come from one distribution, strangers from
# different samples are on average as similar as strangers from the same one. The *maximum mean discrepancy* is what is
# missing {cite:p}`gretton2012`:
#
# $$ \mathrm{MMD}^2 = \mathbb E\,k(x, x') + \mathbb E\,k(y, y') - 2\,\mathbb E\,k(x, y) . $$ (eq-me-mmd)
#
# {cite:t}`binkowski2018` take $k(x, y) = (x\cdot y/d + 1)^3$ on Inception's features and call it KID. In one dimension
# the cube expands to $1 + 3xy + 3x^2y^2 + x^3y^3$, and {eq}`eq-me-mmd` becomes $3\Delta_1^2 + 3\Delta_2^2 + \Delta_3^2$,
# where $\Delta_j$ is the difference of the $j$th moments. So *do the first three moments agree?*, in whatever number of
# dimensions.
#
# ```{exercise} Strangers only
# :label: ch06.q3
# :class: essential
# Given are three tables of kernel values: among $n$ real points, among $m$ fakes, and between the two. Estimate
# {eq}`eq-me-mmd` such that the average over all samples is exactly the truth. (In $\mathbb E\,k(x, x')$ the two are
# different draws.) The check tries it on two coins, over every sample there is.
# ```


# %% course={"role": "answer", "q": "ch06.q3", "points": 3}
# >>> answer: ch06.q3
def unbiased(xx, yy, xy):
    """Squared MMD from kernel values (n, n), (m, m) and (n, m)."""
    n, m = xy.shape
    among_x = (xx.sum() - xx.trace()) / (n * (n - 1))
    among_y = (yy.sum() - yy.trace()) / (m * (m - 1))
    return among_x + among_y - 2 * xy.mean()


# %% course={"role": "check", "q": "ch06.q3"}
ch06.q3(unbiased)

# %% course={"role": "hidden", "q": "ch06.q3", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    x, y = (torch.tensor([draw.gauss(0, 1) for _ in range(n)]).double() for n in (4, 3))
    return tuple((a[:, None] * b + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))


evaluate(unbiased, inputs)

# %% [markdown]
# Two points against the same two points gave −8. That is not a bug, it is what *unbiased* costs. The truth is zero; the
# estimates must average to zero; so unless all of them are zero, some lie below. An estimator that never falls below
# the truth, and is not always exact, is too high on average. Watch it, with 500 pairs of samples of one Gaussian:

# %% course={"role": "check"}
engine.seed(0)
pairs = torch.randn(500, 2, 50, 16)
estimates = torch.tensor([metrics.kernel_distance(x, y).value for x, y in pairs])


def with_diagonal(x, y):
    """The same, with every point compared with itself as well."""
    k = metrics.cubic
    return k(x, x).mean() + k(y, y).mean() - 2 * k(x, y).mean()


kept = torch.stack([with_diagonal(x, y) for x, y in pairs])
error = estimates.std() / math.sqrt(500)
holds(
    "unbiased: the mean is within 4 standard errors of 0", abs(estimates.mean()) < 4 * error
)
below = (estimates < 0).float().mean()
holds(
    "unbiased: between 40 and 70 % of the estimates are below zero",
    0.4 < below < 0.7,
    below,
)
holds("with the diagonal kept: not one is", kept.min() > 0, kept.min())
close("  and their mean, where the truth is 0", kept.mean(), 0.3, 0.03)
print(f"you said {below_zero}; it is fine")

# %% tags=["hide-input"]
#| label: fig-me-negative
#| fig-cap: "**What to see.** One Gaussian against itself, 500 times, 50 points each. The unbiased estimates (filled) lie on both sides of the truth, more than half of them below. Keep the diagonal (outlined), and every estimate is positive, which looks tidier and is wrong by 0.3 on average."
#| fig-alt: Two histograms over the estimated squared distance. A filled one is centred at 0, from about minus 0.1 to 0.2. An outlined one lies to its right, around 0.3, wholly above zero. A dotted upright line marks zero, the truth.
figure, (axes,) = show.panels(1, height=2.6)
edges = torch.linspace(-0.16, 0.5, 45)
axes.hist(estimates, edges, color=show.REAL.colour, alpha=0.55)
axes.hist(kept, edges, histtype="step", color=show.FAKE.colour, lw=1.6)
axes.axvline(0, color=show.DISCRIMINATOR.colour, ls=show.DISCRIMINATOR.line)
axes.annotate(
    "truth",
    (0, 0.97),
    xycoords=("data", "axes fraction"),
    xytext=(4, -8),
    textcoords="offset points",
)
axes.annotate(
    "unbiased", (-0.155, 0.62), xycoords=("data", "axes fraction"), color=show.REAL.colour
)
axes.annotate(
    "diagonal kept",
    (0.34, 0.62),
    xycoords=("data", "axes fraction"),
    color=show.FAKE.colour,
)
axes.set_yticks([])
axes.set_title("estimates of a squared distance that is zero", loc="left", size=10)
figure

# %% [markdown]
# Being unbiased it may be compared across n, error bar in hand: 450 and 100 fresh digits both agree with zero. What it
# cannot see is anything beyond third moments. The three points $-\sqrt3, 0, \sqrt3$, with weights
# $\tfrac16, \tfrac23, \tfrac16$, share five moments with $\mathcal N(0,1)$:

# %% course={"role": "check"}
for n in (100, 450):
    report = metrics.kernel_distance(test, fresh[:n], judge.features)
    holds(
        f"{n} fresh digits: zero lies in the error bar",
        report.low < 0 < report.high,
        report,
    )
engine.seed(0)
which = torch.multinomial(torch.tensor([1 / 6, 2 / 3, 1 / 6]), 8000, replacement=True)
nine_points = math.sqrt(3) * (which.reshape(4000, 2) - 1.0)
bell = torch.randn(4000, 2)
by_kernel, by_frechet = (
    metrics.kernel_distance(bell, nine_points),
    metrics.frechet(bell, nine_points),
)
holds(
    "nine points for a bell, kernel distance: agrees with zero",
    by_kernel.low < 0,
    by_kernel,
)
holds("  Fréchet distance: below 0.01", by_frechet.high < 0.01, by_frechet)

# %% [markdown]
# ## Two questions instead of one: good, and all of them?
#
# A generator of one perfect picture and a generator of a thousand poor ones may have the same distance. So
# {cite:t}`kynkaanniemi2019` ask twice. Give every real point a ball that reaches to its $k$th nearest real neighbour,
# and every fake one to its $k$th nearest fake. *Precision* is the share of fakes inside some ball of a real point:
# are they good? *Recall* is the share of real points inside some ball of a fake: are all of them there?
#
# The weak spot is the outlier, whose $k$th neighbour is far and whose ball is huge. {cite:t}`naeem2020` therefore count
# differently, with balls around real points only. *Density* counts in how many balls a fake lies, over $k$. *Coverage*
# is the share of real points with a fake in their ball.

# %% course={"role": "check"}
engine.seed(3)
real = torch.cat([0.3 * torch.randn(60, 2), torch.tensor([[2.2, 1.2]])])  # one outlier
near_outlier = torch.tensor([2.2, 1.2]) + 0.35 * torch.randn(60, 2)
scattered = torch.cat(
    [
        0.02 * torch.randn(57, 2),
        torch.tensor([[3.0, 3.0], [-3.0, 3.0], [-3.0, -3.0], [3.0, -3.0]]),
    ]
)


def both(fakes):
    return metrics.precision_recall(real, fakes), metrics.density_coverage(real, fakes)


pr, dc = both(near_outlier)
holds("beside an outlier: precision above 0.98", pr.precision > 0.98, pr)
holds("  density below 0.7, error bar and all", dc.density_interval.high < 0.7, dc)
pr, dc = both(scattered)
holds("a heap and four strays: recall 1", pr.recall == 1, pr)
holds("  coverage below 0.5, error bar and all", dc.coverage_interval.high < 0.5, dc)

# %% tags=["hide-input"]
#| label: fig-me-balls
#| fig-cap: "**What to see.** Real points are blue dots, fakes orange triangles. Left, the ball of one real outlier holds all the fakes: precision is 1, although 60 of the 61 real points are elsewhere. Right, 57 of 61 fakes sit on one spot, but the four strays have balls so large that together they hold every real point: recall is 1. Density and coverage, which draw no balls around fakes and count one by one, are not taken in."
#| fig-alt: Two panels with blue dots for real points and orange triangles for fakes. Left, a cloud of real points, and far to the right a lone real point inside a cloud of fakes, with a large blue circle around them. Right, fakes on one spot in the middle of the real cloud, four fakes in the corners, and large orange circles around these that overlap in the middle.
figure, (left, right) = show.panels(2, height=3.0)
for axes, fakes, centres, members, look in (
    (left, near_outlier, real[-1:], real, show.REAL),
    (right, scattered, scattered[-4:], scattered, show.FAKE),
):
    show.cloud(fakes, real, extent=(-3.4, 3.4, -3.4, 3.4), axes=axes, legend=False)
    for centre in centres:
        radius = (members - centre).norm(dim=1).sort().values[3]
        axes.add_patch(
            Circle(
                centre.tolist(),
                float(radius),
                fill=False,
                ec=look.colour,
                ls=look.line,
                lw=1.2,
            )
        )
left.set_title("precision 1, density low", loc="left", size=10)
right.set_title("recall 1, coverage low", loc="left", size=10)
figure

# %% [markdown]
# Is a precision of 0.91 good? The fresh digits have it, so there it is the ceiling; in other spaces and at other $n$ it
# is something else. Coverage is the rare score whose ceiling is known without any experiment.
#
# ```{exercise} The coverage of perfection
# :label: ch06.q4
# $n$ real points and $m$ fakes are drawn from one continuous distribution. What is the expected share of real points
# that have a fake among the nearest $k$ of all other points, in other words inside their ball? (Pencil: stand on one
# real point, and list all others in order of distance. Which orders are equally likely?)
# ```
#
# ```{solution} ch06.q4
# The $n - 1$ other real points and the $m$ fakes are all alike, so every order is equally likely. The point is
# uncovered if its $k$ nearest are real: $\prod_{i=1}^k \frac{n-i}{n+m-i}$.
# ```


# %% course={"role": "answer", "q": "ch06.q4", "points": 3}
# >>> answer: ch06.q4
def perfect_coverage(n, m, k):
    """Expected coverage when real and fake have one distribution."""
    none = 1.0
    for i in range(1, k + 1):
        none *= (n - i) / (n + m - i)
    return 1 - none


# %% course={"role": "check", "q": "ch06.q4"}
ch06.q4(perfect_coverage)

# %% course={"role": "hidden", "q": "ch06.q4", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    return draw.randrange(8, 60), draw.randrange(8, 60), draw.randrange(2, 7)


evaluate(perfect_coverage, inputs)

# %% [markdown]
# No density, no dimension, no feature space: ranks have none. For many points and $n = m$ it is nearly $1 - 2^{-k}$.

# %% course={"role": "check"}
engine.seed(0)
found = [
    metrics.density_coverage(torch.randn(30, 2), torch.randn(40, 2), k=3).coverage
    for _ in range(200)
]
close("30 real, 40 fake, k = 3, mean of 200", sum(found) / 200, 0.9303, 0.015)
print(f"450 and 450, k = 5: {metrics.expected_coverage(450, 450, 5):.3f}")

# %% [markdown]
# ## Counting
#
# Where the modes are known one need not estimate anything: count. {doc}`05_training` used three numbers on the ring,
# and each alone is easy to please.

# %% course={"role": "check"}
engine.seed(0)
ring = data.ring(8, std=0.05)
samplers = {
    "perfect": ring(2500),
    "one mode": ring.modes[0] + 0.05 * torch.randn(2500, 2),
    "anywhere": 3 * torch.rand(2500, 2) - 1.5,
}
counts = {name: metrics.modes(points, ring) for name, points in samplers.items()}
error = {
    name: 2 * math.sqrt(r.high_quality * (1 - r.high_quality) / 2500)
    for name, r in counts.items()
}
holds("two standard errors of high quality: below 0.02", max(error.values()) < 0.02, error)
close("perfect, high quality", counts["perfect"].high_quality, 0.989, 0.01)
close("one mode, high quality", counts["one mode"].high_quality, 0.989, 0.01)
holds("anywhere: covers 8 of 8 modes", counts["anywhere"].covered == 8, counts)
holds("anywhere: reverse KL below 0.05", counts["anywhere"].reverse_kl < 0.05, counts)
close("one mode: reverse KL, log 8", counts["one mode"].reverse_kl, math.log(8), 1e-3)
holds("anywhere: high quality below 0.4", counts["anywhere"].high_quality < 0.4, counts)

# %% [markdown]
# Points strewn anywhere cover every mode, in even shares. A single mode has all the quality there is. It takes quality
# *and* one of the others. (Error bars: 2500 draws settle a share to within 0.02. The floor of the reverse KL is
# $7/5000$, by chance alone.)

# %% [markdown]
# ## Let a classifier decide
#
# Or ask what the discriminator asks, but of an outsider, on points it has not seen: train it on half of the samples to
# tell real from fake, and score it on the other half {cite:p}`lopezpaz2017`. If it beats ½ beyond chance, the two
# differ: a two-sample test, with a $p$-value. By {eq}`eq-accuracy` the best there is reaches
# $\tfrac12(1+\mathrm{TV})$, so its accuracy is a lower bound on how different the two are. A lower bound only: like
# every discriminator it knows what it can see. Ours is linear in the features. Its sister asks each point's nearest
# neighbour. Here is a Gaussian with the mean and the covariance of the pixels, drawn by no network:


# %%
def root(matrix, power):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp(min=1e-9) ** power) @ vectors.T


def gaussian_images(like, n, seed=0):
    """Samples with exactly the mean and covariance of some images."""
    pixels = like.flatten(1).double()
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(n, pixels.shape[1], generator=generator).double()
    z = (z - z.mean(0)) @ root((z - z.mean(0)).T.cov(), -0.5)
    return (pixels.mean(0) + z @ root(pixels.T.cov(), 0.5)).float().reshape(n, 1, 8, 8)


clouds = gaussian_images(learn, 450)

# %% course={"role": "check"}
linear, sister = metrics.two_sample, metrics.nearest_neighbour
for n in (20, 450):
    p_value = linear(test[:n], clouds[:n], judge.features).p_value
    name = f"{n} of each: the linear test "
    holds(
        name + ("is satisfied, p > 0.05" if n == 20 else "objects, p < 0.001"),
        (p_value > 0.05) == (n == 20),
        p_value,
    )
report = sister(test, clouds, judge.features)
holds(
    "nearest neighbours: right about more than 80 %, error bar and all",
    report.low > 0.8,
    report,
)

# %% [markdown]
# At twenty samples the test kept quiet. "No significant difference" is a statement about the number of samples before
# it is one about the generator.

# %% [markdown]
# ## A GAN, measured
#
# Enough tools. This is the small digits GAN of {doc}`05_training`, on the 627 images, for 600 rounds.

# %% course={"role": "demo"}
engine.seed(0)
game = recipes.build_digits(600)
for _ in engine.play(game, partial(data.Images(learn), 128), rounds=600):
    pass
ours = game.sample(450, seed=0)

# %% [markdown]
# Twelve scores, all at 450 against 450, each as a value and a 95 % interval. In all but the first and the fourth the
# space is the judge's.

# %%
MORE = {"Parzen, nats", "inception-style", "precision", "recall", "density", "coverage"}


def scores(fake):
    """name -> (value, low, high), against the test digits."""
    windows, verdicts = parzen(fake), verdict_score(fake)
    pr = metrics.precision_recall(test, fake, judge.features)
    dc = metrics.density_coverage(test, fake, judge.features)
    reports = {
        "FD, judge": metrics.frechet(test, fake, judge.features),
        "FD, pixels": metrics.frechet(test, fake),
        "KD, judge": metrics.kernel_distance(test, fake, judge.features),
    }
    tests = {
        "linear test": metrics.two_sample(test, fake, judge.features),
        "1-NN test": metrics.nearest_neighbour(
            test, fake, judge.features, permutations=100
        ),
    }
    copies = metrics.copying(fake, learn, test, judge.features)
    reach = 1.96 * windows.standard_error
    return {
        "Parzen, nats": (windows.nats, windows.nats - reach, windows.nats + reach),
        "inception-style": (verdicts.value, verdicts.low, verdicts.high),
        **{name: (r.value, r.low, r.high) for name, r in reports.items()},
        "precision": (pr.precision, pr.precision_interval.low, pr.precision_interval.high),
        "recall": (pr.recall, pr.recall_interval.low, pr.recall_interval.high),
        "density": (dc.density, dc.density_interval.low, dc.density_interval.high),
        "coverage": (dc.coverage, dc.coverage_interval.low, dc.coverage_interval.high),
        **{name: (r.accuracy, r.low, r.high) for name, r in tests.items()},
        "copying": (copies.share, copies.low, copies.high),
    }


honest = scores(fresh)


def notices(name, measured):
    """Whether a score tells samples from fresh images: its two error bars do not touch."""
    (_, low, high), (_, least, most) = measured[name], honest[name]
    return high < least if name in MORE else low > most


# %% course={"role": "check", "rtol": 0.02, "atol": 0.003}
for name, (value, low, high) in honest.items():
    print(f"fresh digits, {name:16}{value:7.2f}  [{low:.2f}, {high:.2f}]")

# %% [markdown]
# These are the ceilings (for distances, tests and copying: the floors), measured. The last line is explained below. Now
# ours.

# %% course={"role": "demo"}
gan = scores(ours)
for name in (
    "Parzen, nats",
    "inception-style",
    "FD, judge",
    "FD, pixels",
    "precision",
    "coverage",
    "1-NN test",
):
    holds(f"{name}: our GAN is told from fresh digits", notices(name, gan), gan[name])
holds("FD on the digits judge: between 1.5 and 12", 1.5 < gan["FD, judge"][0] < 12, gan)
holds(
    "precision between 0.4 and 0.85, coverage too",
    all(0.4 < gan[k][0] < 0.85 for k in ("precision", "coverage")),
    gan,
)
holds("copying: it is no copier", gan["copying"][2] < 0.5, gan)

# %% [markdown]
# A plain verdict: readable, but most of these scales can tell it from the real thing.

# %% [markdown]
# ## Six cheats
#
# Now we change sides. None of the following has learned to draw a digit. Each was made with one or two scores in mind.
#
# - The **thief** hands in training images.
# - The **averages** are a hundred k-means centres, repeated: for Parzen windows.
# - The **stamps** are one image a class: for the inception score.
# - The **clouds** are the Gaussian with the moments of the pixels: for the Fréchet distance on pixels.
# - The **static** knows our judge. It begins as noise, and an optimizer changes its pixels until the *features* have the
#   mean and the covariance of real ones: the score becomes the loss.
# - The **crowd** is 310 averages and 140 images of pure noise: for scores that only ask whether somebody is near.


# %% course={"role": "demo"}
def drawn_for_the_judge(evaluations=200):
    """Noise, changed until its features have the moments of the training images' features."""
    generator = torch.Generator().manual_seed(0)
    pixels = (torch.randn(450, 1, 8, 8, generator=generator) / 2).requires_grad_()
    goal = metrics.moments(learn, judge.features)
    optimizer = torch.optim.LBFGS(
        [pixels],
        max_iter=evaluations,
        max_eval=evaluations,
        history_size=20,
        line_search_fn="strong_wolfe",
    )

    def loss():
        optimizer.zero_grad()
        found = judge.features(torch.tanh(pixels))
        gap = (found.mean(0) - goal.mean.float()).square().sum()
        gap = gap + (found.T.cov() - goal.covariance.float()).square().sum() / 4
        gap.backward()
        return gap

    optimizer.step(loss)
    return torch.tanh(pixels).detach()


noise = 2 * torch.rand(140, 1, 8, 8, generator=torch.Generator().manual_seed(0)) - 1
cheats = {
    "thief": learn[:450],
    "averages": blurs(learn, 100)[torch.arange(450) % 100],
    "stamps": stamps,
    "clouds": clouds,
    "static": drawn_for_the_judge(),
    "crowd": torch.cat([blurs(learn, 310), noise]),
}

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-me-cheats
#| fig-cap: "**What to see.** Ten samples of each. The row called *static* is the one to look at: to you it is specks, and to the judge, in mean and covariance, it is digits."
#| fig-alt: Eight rows of ten small images. Fresh digits and the thief's are crisp, our GAN's readable, the averages soft, the stamps ten clean digits, the clouds grey smears with hints of strokes, the static specks of black and white, the crowd soft digits and noise mixed.
rows = {"fresh": fresh, "GAN": ours, **cheats}
picked = {name: images[:: len(images) // 10][:10] for name, images in rows.items()}
picked["stamps"] = stamps[:10]
show.grid(torch.cat(list(picked.values())), columns=10, row_labels=list(picked))

# %% course={"role": "demo"}
table = {name: scores(images) for name, images in cheats.items()}
score = {name: table[name]["FD, judge"] for name in table}
holds(
    "FD on the digits judge, static: below what the GAN scores",
    score["static"][2] < gan["FD, judge"][0],
    score,
)
for cheat, fooled, told in (
    (
        "averages",
        ("Parzen, nats", "inception-style", "precision", "density"),
        ("recall", "1-NN test"),
    ),
    (
        "stamps",
        ("inception-style", "precision", "density"),
        ("FD, judge", "recall", "coverage"),
    ),
    ("clouds", ("FD, pixels", "recall"), ("FD, judge", "precision", "coverage")),
    (
        "static",
        ("FD, judge", "KD, judge", "recall"),
        ("FD, pixels", "precision", "coverage"),
    ),
    (
        "crowd",
        ("Parzen, nats", "recall", "coverage", "1-NN test"),
        ("FD, judge", "precision"),
    ),
):
    noticed = {name for name in honest if notices(name, table[cheat])}
    holds(
        f"{cheat} passes as real: {', '.join(fooled)}",
        not noticed & set(fooled),
        table[cheat],
    )
    holds(f"  and not: {', '.join(told)}", set(told) <= noticed, table[cheat])
passed = {name for name in honest for seen in table.values() if not notices(name, seen)}
holds("each of the twelve is passed by some cheat", len(passed) == 12, passed)
noticed = [name for name in honest if notices(name, table["thief"])]
holds("of twelve scores, one notices the thief", len(noticed) == 1, table["thief"])
print(f"you said {will_notice}")

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-me-table
#| fig-cap: "**What to see.** Twelve scores, one GAN and six cheats, all at 450 against 450. Dark cells: the score cannot tell these samples from fresh real images, for the two error bars touch or the cheat's is on the better side. Every row has a dark cell among the cheats, and every cheat has dark cells. Small type: 95 % intervals."
#| fig-alt: A table of twelve scores in rows against fresh digits, the GAN and six cheats in columns, numbers with intervals in each cell. The column of the thief is dark in every row but the last, copying. Static is dark for the Fréchet and kernel distance on the judge and for recall. Stamps are dark for the inception-style score, precision and density. No row is light for all cheats.
columns = {"fresh": honest, "GAN": gan, **table}
figure, (axes,) = show.panels(1, height=6.4)
axes.set_xlim(-0.5, len(columns) - 0.5)
axes.set_ylim(len(honest) - 0.5, -0.5)
axes.set_xticks(range(len(columns)), list(columns), size=8)
axes.set_yticks(range(len(honest)), list(honest), size=8)
axes.xaxis.tick_top()
axes.tick_params(length=0)
for i, measured in enumerate(columns.values()):
    for j, name in enumerate(honest):
        dark = i > 0 and not notices(name, measured)
        face = "#d9d9d9" if i == 0 else show.FAKE.colour if dark else "white"
        axes.add_patch(Rectangle((i - 0.5, j - 0.5), 1, 1, fc=face, ec="white", alpha=0.75))
        decimals = 1 if name == "Parzen, nats" else 2
        number, least, most = (
            f"{x:.{decimals}f}".replace("-0.00", "0.00").replace("-", "\N{MINUS SIGN}")
            for x in measured[name]
        )
        centred = {"ha": "center", "va": "center"}
        weight = "bold" if dark else "normal"
        axes.text(i, j - 0.14, number, size=8.5, weight=weight, **centred)
        axes.text(i, j + 0.24, f"{least} to {most}", size=5.2, **centred)
for side in axes.spines.values():
    side.set_visible(False)
figure

# %% [markdown]
# Look at the static. To the Fréchet distance on our judge it is better than the GAN and as good as real digits; the
# kernel distance agrees with zero; and you can hardly read one of its images. Nobody publishes specks. But a network
# that was trained, selected or early-stopped by a score has taken some steps down the same road.
#
# And the thief. Eleven of twelve scores are content, and they are right: training images *are* perfect samples of the
# data. The twelfth asks another question. *Copying* {cite:p}`meehan2020` is the chance that a fake lies nearer to the
# training set than a new real image does. It is ½ for a perfect generator, 1 for the thief, and it does not care about
# quality: the static passes it with ease.
#
# No score is safe: every row has dark cells. But no cheat is safe either: every column has light ones. (A wide error bar
# is lenient. The averages pass the Fréchet distance on the judge at about three times the fresh value, because their
# bar reaches that far down.) So ask several questions that fail differently. Three are enough for everything above: are they good
# (precision), are they all there (coverage), are they new (copying)?

# %% course={"role": "demo"}
for cheat, measured in table.items():
    trio = {
        name for name in ("precision", "coverage", "copying") if notices(name, measured)
    }
    holds(f"{cheat}: noticed by one of the three", trio, measured)

# %% [markdown]
# That is a statement about six cheats, not a theorem. The seventh is yours to find.
#
# ### What I would trust for what
#
# Where the modes are known, count them, and print quality and shares together. To *compare* two generators of one kind
# on the same data at the same $n$, a Fréchet distance is sharp and cheap, if neither has seen the judge; with few
# samples, or different $n$, take the kernel distance. To say *what* is wrong, precision and coverage. Before you say
# *new*, copying. To decide whether anything is wrong at all, two-sample tests, with as many samples as you can afford.
# The inception score says something about the judge. Parzen windows say something about n. And look at the samples:
# that catches the static at once, and the thief never.

# %% [markdown]
# ## Where popular notes go wrong
#
# **"Our distance came out negative, so there is a bug."** An unbiased estimate of zero is below zero about half of the
# time. Print it with its error bar, and do not clip it.
#
# **"Our FID is lower than the paper's."** At the same $n$? On our digits the floor alone moves by a factor of five from 50
# images to 450. With the same network and the same resizing? Against the same real images? For one model
# {cite:t}`ho2020` report 3.17 against the training set and 5.24 against the test set.
#
# **"Inception score 9.2 ± 0.1."** The ± is a spread over splits. It knows nothing of another seed, nor of other samples.
#
# **"Precision 0.91, so nine per cent are bad."** Fresh real digits have 0.91.
#
# **"p = 0.4: the samples are indistinguishable."** From twenty of each, so were the clouds.
#
# **"High scores mean that it has learned."** A stolen training set scores as real data do, because it is real data.

# %% [markdown]
# ## Exercises
#
# Four have met you on the way ({numref}`ch06.q1`, {numref}`ch06.q2`, {numref}`ch06.q3`, {numref}`ch06.q4`). Two more.
#
# ```{exercise} The stamp maker
# :label: ch06.q5
# Write the cheat that reaches the largest inception score there is. You get a judge's `probabilities`, a function from
# points $(c, 2)$ to verdicts $(c, K)$; a table of `candidates` $(c, 2)$; and a number `n`, a multiple of $K$. Return
# `n` of the candidates, with repetition, no more than $K$ different ones.
# ```


# %% course={"role": "answer", "q": "ch06.q5", "points": 2}
# >>> answer: ch06.q5
def stamp_maker(probabilities, candidates, n):
    """The surest candidate of each class, equally often."""
    chosen = candidates[probabilities(candidates).argmax(0)]
    return chosen.repeat(n // len(chosen), 1)


# %% course={"role": "check", "q": "ch06.q5"}
ch06.q5(stamp_maker)

# %% course={"role": "hidden", "q": "ch06.q5", "atol": 0.02}
from ganlib.grading import evaluate


def stamped(classes, turn, n):
    """Score, number of different points and number of points, for another judge."""
    angles = turn + 2 * math.pi * torch.arange(classes) / classes
    directions = torch.stack([angles.cos(), angles.sin()])
    side = torch.linspace(-30, 30, 21)

    def probabilities(points):
        return torch.softmax(points @ directions, dim=1)

    points = stamp_maker(probabilities, torch.cartesian_prod(side, side), n)
    p = probabilities(points)
    score = torch.xlogy(p, p / p.mean(0)).sum(1).mean().exp()
    return score, len(points.unique(dim=0)), len(points)


def inputs(draw):
    classes = draw.randrange(3, 6)
    return classes, draw.uniform(0, 6), classes * draw.randrange(5, 30)


evaluate(stamped, inputs)

# %% [markdown]
# ```{exercise} What may be concluded?
# :label: ch06.q6
# Six pairs of reports, six conclusions. Say for each whether the numbers support it. Where nothing else is said, both
# used the same real images and the same features.
#
# a. Fréchet distance: A 2.1 with 5000 samples, B 2.6 with 500. *A is better than B.*
#
# b. Kernel distance, unbiased: A 0.021 ± 0.002 with 5000 samples, B 0.094 ± 0.011 with 500. *A is better than B.*
#
# c. A has 7.1 on our digits judge, a paper has an FID of 9.4 on the same images. *A is better than the paper's.*
#
# d. Coverage with $k = 5$, 1000 real, 1000 fake: A 0.94 ± 0.02, B 0.71 ± 0.03. *A covers more than B.*
#
# e. Two-sample test: A has $p = 0.4$ from 50 samples, B has $p = 0.001$ from 5000. *A is better than B.*
#
# f. Kernel distance at one n: A 0.0012 ± 0.0021, B −0.0009 ± 0.0020. *B is better than A.*
# ```

# %% course={"role": "answer", "q": "ch06.q6", "points": 2}
# >>> answer: ch06.q6
supported = [False, True, False, True, False, False]

# %% course={"role": "check", "q": "ch06.q6"}
ch06.q6(supported)

# %% [markdown]
# ## How we know
#
# | statement | held up by | the figure it asserts |
# |---|---|---|
# | {eq}`eq-me-parzen` | `tests/test_metrics.py::test_log_likelihood_is_scikit_learns_kernel_density` | 1e-9 |
# | averages beat as many real digits, whichever | `tests/test_ch06.py::test_a_hundred_averages_beat_every_hundred_of_real_digits` | by 10 nats, ten times |
# | but not all of them | `tests/test_metrics.py::test_cluster_centres_beat_as_many_real_images_and_not_all_of_them` | 400 centres, 1077 images |
# | {eq}`eq-me-inception` is an information | `tests/test_metrics_inception.py::test_of_sure_calls_it_is_the_mutual_information_of_sample_kind_and_class` | exact |
# | ten stamps beat real digits; sorting moves the published number | `tests/test_ch06.py::test_ten_stamps_beat_real_digits_and_order_moves_the_split_score` | 8.79, 7.02; 6.5, 1.2 |
# | {eq}`eq-me-frechet` | `tests/test_metrics_frechet.py::test_distance_is_the_formula_with_scipys_square_root` | SciPy's root |
# | {eq}`eq-me-bias` | `tests/test_metrics_frechet.py::test_bias_formula_is_what_two_samples_of_one_gaussian_score` | simulated |
# | the floor of the digits | `tests/test_ch06.py::test_the_floor_on_the_digits_judge_lies_in_every_error_bar` | 50 to 450 images |
# | {eq}`eq-me-mmd` is estimated without bias | `tests/test_metrics_kernel.py::test_unbiased_about_the_closed_form_and_covered_about_as_often_as_said` | simulated |
# | half of the estimates of zero are negative | `tests/test_ch06.py::test_about_half_of_unbiased_estimates_of_zero_are_negative` | 40 to 70 % |
# | nine points pass for a bell | `tests/test_ch06.py::test_three_moments_are_all_that_the_cubic_kernel_sees` | 1e-9 |
# | precision, recall, density, coverage | `tests/test_metrics_neighbours.py::test_values_are_the_definitions` | brute force |
# | outliers and strays | `tests/test_ch06.py::test_an_outlier_makes_precise_and_strays_make_recall` | 1 and 1 |
# | the coverage of perfection | `tests/test_metrics_neighbours.py::test_a_perfect_sampler_scores_the_closed_forms` | simulated |
# | counts on the ring | `tests/test_metrics.py::test_a_perfect_sampler_scores_its_ceiling_and_its_floor` | 98.89 %, 7/5000 |
# | the linear test | `tests/test_metrics_two_sample.py::test_regression_is_scikit_learns` | scikit-learn |
# | copying | `tests/test_metrics_two_sample.py::test_copying_of_a_perfect_sampler_is_one_half_and_of_a_copier_one` | ½, 1 |
# | the thief is noticed by copying alone | `tests/test_ch06.py::test_only_copying_notices_the_thief` | 1.00 |
# | specks pass on the judge | `tests/test_ch06.py::test_specks_drawn_for_the_judge_pass_for_digits` | distance below the floor's double, precision < 0.4 |

# %% [markdown]
# ## You can now
#
# - print a score with its question, its space, its n, its error bar, and what a perfect generator would have;
# - recognise $2d/N + d(d+1)/2N$ in somebody's progress, and leave a negative distance alone;
# - reach an inception score of $K$ with $K$ images and a Fréchet distance of nearly nothing with specks, and name three
#   questions that would have noticed.

# %% [markdown]
# ## Sources
#
# Parzen windows for GANs: {cite:t}`goodfellow2014`; the case against them, {cite:t}`theis2016`. The inception score:
# {cite:t}`salimans2016`; that it is $e^{I(x;y)}$, and what its splits do, {cite:t}`barratt2018`. The Fréchet distance:
# {cite:t}`heusel2017`; its bias, {cite:t}`chong2020`, while {eq}`eq-me-bias` is derived above. The kernel distance:
# {cite:t}`gretton2012` and {cite:t}`binkowski2018`. Precision and recall: {cite:t}`kynkaanniemi2019`; density, coverage
# and the answer to {numref}`ch06.q4`, {cite:t}`naeem2020`. Classifier tests: {cite:t}`lopezpaz2017`. Copying:
# {cite:t}`meehan2020`. Counting modes: {cite:t}`lin2018`.
#
# What popular notes get wrong: that distances are positive, that numbers of different n compare, that ± over splits is an
# error bar, that one score is enough.
