# %% [markdown]
# # Mutual information
#
# ```{epigraph}
# The fundamental problem of communication is that of reproducing at one point either exactly or approximately a message
# selected at another point.
#
# -- Shannon, 1948
# ```
#
# **Claim.** What a picture tells about the code it was made from is one number. Whoever tries to read the code gets at
# most this number, and falls short of it by a divergence that nobody sees: a bound is not an estimate.
#
# You will be able to
#
# - compute the mutual information of a table or of Gaussians, in three ways, and draw it to scale;
# - choose an estimator for samples, knowing in which direction it errs and where it must stop;
# - prove the bound that InfoGAN trains, say when it is exact, and name three things that it does not measure.

# %% [markdown]
# ## Before you read on
#
# A generator is told one of ten codes, all equally likely, and draws a picture. Somebody looks at the picture and names
# the code. The answer is wrong in 5 % of the cases, and then any of the nine other codes is equally likely to be named.
# **What share of the information in the code has arrived?** Write your guess into the cell; you will meet it again.

# %%
my_guess = 95  # percent: put your own number here

# %% course={"role": "setup"} tags=["hide-input"]
import math

import torch
from torch import nn

import ganlib
from ganlib import data, engine, metrics, networks, show, theory
from ganlib.grading import close, holds
from ganlib.grading.exercises import ch11

device = ganlib.setup(seed=0)
torch.set_num_threads(1)  # networks this small gain nothing from a second core

# %% [markdown]
# ## What is left to ask
#
# The *entropy* of a code, $H(c) = -\mathbb E\,[\log P(c)]$, is the mean surprise of whoever learns it: for ten equally
# likely codes, $\log 10 = 2.303$ nats. Now show the picture $x$ first. What is left to ask about the code is the entropy
# of $P(c\,|\,x)$, averaged over pictures, and is called $H(c\,|\,x)$. What has been answered is the difference, the
# *mutual information*
#
# $$ I(c; x) = H(c) - H(c\,|\,x) . $$ (eq-mi)
#
# All of this can be read from one table, the *joint* $P(c, x)$, with a row for each code and a column for each picture.
# Put $H(c) = -\mathbb E\log P(c)$ and $H(c\,|\,x) = -\mathbb E\log P(c\,|\,x)$ under one average, and {eq}`eq-mi` is
# $\mathbb E\log\frac{P(c|x)}{P(c)}$. Multiply above and below by $P(x)$:
#
# $$ I(c; x) = \mathbb E_{P(c,x)}\Bigl[\log\frac{P(c, x)}{P(c)\,P(x)}\Bigr]
#    = \mathrm{KL}\bigl(P(c, x)\,\big\|\,P(c)\,P(x)\bigr) . $$ (eq-mi-kl)
#
# In words: how far the world is from one in which picture and code ignore each other.
#
# ```{exercise} From a table
# :label: ch11.q1
# The argument is a joint, a tensor of shape $(K, L)$ whose entries add up to one; some of them may be zero. Return its
# mutual information in nats, in plain torch.
# ```


# %% course={"role": "answer", "q": "ch11.q1", "points": 2}
# >>> answer: ch11.q1
def mutual_information(joint):
    """I of rows and columns, in nats."""
    product = joint.sum(1, keepdim=True) * joint.sum(0)
    return (torch.xlogy(joint, joint) - torch.xlogy(joint, product)).sum()


# %% course={"role": "check", "q": "ch11.q1"}
ch11.q1(mutual_information)

# %% course={"role": "hidden", "q": "ch11.q1", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    joint = torch.tensor([[draw.random() for _ in range(4)] for _ in range(3)]).double()
    joint[draw.randrange(3), draw.randrange(4)] = 0.0
    return (joint / joint.sum(),)


evaluate(mutual_information, inputs)

# %% [markdown]
# The fraction in {eq}`eq-mi-kl` does not care which of its two letters is called the code. So a picture tells about the
# code exactly what the code tells about the picture, and the same average can be taken apart in three ways:
#
# $$ \begin{aligned} I(c; x) &= H(c) - H(c\,|\,x) \\ &= H(x) - H(x\,|\,c) \\ &= H(c) + H(x) - H(c, x) .
#    \end{aligned} $$ (eq-mi-forms)
#
# The table of the prediction is a *symmetric channel*. It has $H(c) = H(x) = \log 10$, if by $x$ we mean the name that
# is read off.

# %% course={"role": "check"}
channel = theory.symmetric_channel(10, error=0.05)  # the rows are P(x|c)
ten = channel / 10  # and this is P(c, x)
H_c, H_x = theory.entropy(ten.sum(1)), theory.entropy(ten.sum(0))
H_both = theory.entropy(ten.flatten())
information = theory.mutual_information(ten)

close("as a divergence", information, 1.994209, atol=1e-5)
close("H(c) - H(c|x)", H_c - theory.conditional_entropy(ten), 1.994209, atol=1e-5)
close("H(x) - H(x|c)", H_x - theory.conditional_entropy(ten.mT), 1.994209, atol=1e-5)
close("H(c) + H(x) - H(c, x)", H_c + H_x - H_both, 1.994209, atol=1e-5)
print(f"you said {my_guess} %; {100 * information / H_c:.1f} % has arrived")

# %% [markdown]
# An error of 5 % costs 13 % of the information, because nobody says *which* answers are wrong. To repair one you would
# have to be told whether it is wrong, 0.199 nats on average, and if so, which of nine is right, $0.05\log 9 = 0.110$
# more. If you said 95, you had another channel in mind, one that leaves a blank instead of lying:

# %% course={"role": "check"}
blank = theory.erasure_channel(10, erased=0.05) / 10
close("a blank in 5 % of cases", theory.mutual_information(blank), 0.95 * H_c, atol=1e-6)
coin = theory.entropy(torch.tensor([0.05, 0.95], dtype=torch.float64))
left = theory.conditional_entropy(ten)
close("lies: left to ask", left, coin + 0.05 * math.log(9), atol=1e-6)

# %% [markdown]
# Here is {eq}`eq-mi-forms` as a drawing. One question before you look: as the rate of errors rises from 0 to 1, where is
# the information smallest?


# %% tags=["hide-input"]
#| label: fig-areas
#| fig-cap: "**What to see.** Bars to scale, computed from the table. The two upper bars overlap by the information (hatched below); what sticks out on the left is still to be asked about the code, on the right about x; end to end the pieces make H(c, x). More errors slide the bars apart until, at 0.9, a reader is as good as a guess. Beyond, they meet again a little: a reader who is always wrong rules out one code. In a running notebook, drag the error."
#| fig-alt: Four panels with three rows of bars. At an error of 0.05 the bars H(c) and H(x), each log 10 long, overlap almost entirely, by 1.99 nats. At 0.5 they overlap by 0.51. At 0.9 they only touch, I is 0. At 1 they overlap by a sliver of 0.11.
def areas(axes, error):
    joint = theory.symmetric_channel(10, error) / 10
    left = float(theory.conditional_entropy(joint))
    shared = abs(float(theory.mutual_information(joint)))  # no "-0.00"
    right = float(theory.conditional_entropy(joint.mT))
    rows = {
        2: [(0.0, left + shared, show.REAL.colour, "")],
        1: [(left, shared + right, show.FAKE.colour, "")],
        0: [
            (0.0, left, "#a9c6e3", ""),
            (left, shared, "white", "/////"),
            (left + shared, right, "#f6d3ae", ""),
        ],
    }
    for y, pieces in rows.items():
        for start, length, colour, hatch in pieces:
            style = {"color": colour, "edgecolor": "#222222", "lw": 0.7, "hatch": hatch}
            axes.barh(y, length, 0.72, start, **style)
    axes.set_xlim(0, 2 * math.log(10) + 0.03)
    axes.set_xticks([0, math.log(10), 2 * math.log(10)], ["0", "log 10", "2 log 10"])
    axes.set_ylim(-1.25, 2.5)
    axes.set_yticks([2, 1, 0], ["H(c)", "H(x)", "both"])
    text = f"H(c|x) {left:.2f}    I {shared:.2f}    H(x|c) {right:.2f}"
    axes.text(0.5, 0.02, text, transform=axes.transAxes, ha="center", va="bottom", size=8.5)


show.explore(areas, height=1.9, error=[0.05, 0.5, 0.9, 1.0])

# %% [markdown]
# ## Zero means independent, and correlation does not
#
# A KL divergence is never negative and is zero only if its two arguments agree. By {eq}`eq-mi-kl` this says: $I \ge 0$,
# and $I = 0$ exactly when $P(c, x) = P(c)P(x)$ everywhere, which is what *independent* means. So knowing $x$ never adds
# to what is left to ask, on average: $H(c\,|\,x) \le H(c)$.

# %% course={"role": "check"}
engine.seed(0)
margins = torch.rand(2, 10, dtype=torch.float64).softmax(dim=1)
product = margins[0][:, None] * margins[1]
close("any table of products", theory.mutual_information(product), 0.0, atol=1e-9)
mixed = theory.mutual_information(0.9 * product + 0.1 * ten)
holds("a tenth of another table mixed in: more than 0.01 nats", mixed > 0.01, mixed)

# %% [markdown]
# Correlation has half of that. Independent variables have none, but the converse is wrong, and it is worth having your
# own example at hand.
#
# ```{exercise} Uncorrelated, and far from independent
# :label: ch11.q2
# Both $x$ (rows) and $y$ (columns) take the values −1, 0, 1, in this order. Hand in a 3 × 3 table of probabilities whose
# correlation is zero and whose mutual information is at least half a nat.
# ```

# %% course={"role": "answer", "q": "ch11.q2", "points": 1}
# >>> answer: ch11.q2
uncorrelated = [[0, 0, 1 / 3], [0, 1 / 3, 0], [0, 0, 1 / 3]]  # y = x squared

# %% course={"role": "check", "q": "ch11.q2"}
ch11.q2(uncorrelated)

# %% [markdown]
# ## Gaussians, where nothing is hidden
#
# Two standard normal variables with correlation $\rho$: given $y$, the other is normal with variance $1 - \rho^2$. A
# normal variable of variance $v$ has the entropy $\tfrac12\log(2\pi e v)$, and in the difference {eq}`eq-mi` all but the
# ratio of variances cancels:
#
# $$ I(x; y) = -\tfrac12\log(1 - \rho^2) . $$ (eq-mi-gauss)
#
# For variables that are jointly Gaussian, correlation says it all. Pairs that are independent of each other add up, so
# twenty of them give any amount of information we may want to test an estimator with. Seen as a channel that adds noise
# to $\rho x$, it is Shannon's $\tfrac12\log(1 + \mathrm{SNR})$, with the ratio of the two variances.

# %% course={"role": "check"}
for rho, value in ((0.5, 0.143841), (0.9, 0.830366), (0.99, 1.958518)):
    covariance = torch.tensor([[1.0, rho], [rho, 1.0]])
    close(f"rho {rho:g}", theory.gaussian_information(covariance), value, atol=1e-5)
snr = 0.81 / 0.19  # y = 0.9 x + noise of variance 0.19
close("the channel with rho 0.9", theory.gaussian_capacity(snr), 0.830366, atol=1e-5)

# %% [markdown]
# ## Renaming keeps it, processing cannot add to it
#
# Somebody makes $y$ from the picture alone: shrinks it, compresses it, takes the features of layer five. Then
# $c \to x \to y$, and
#
# $$ I(c; y) \le I(c; x) . $$ (eq-mi-processing)
#
# This is the *data processing inequality*. For the proof, take apart what $x$ and $y$ together tell about $c$, in two
# orders: $I(c; x) + I(c; y\,|\,x) = I(c; y) + I(c; x\,|\,y)$. Given $x$, no $c$ was needed to make $y$, so the second
# term is zero; the last one, a mean of divergences, is not negative. $\blacksquare$
#
# If $y$ can be turned back into $x$, the inequality holds both ways, and is an equality. A negative of the picture, codes
# under other names, an axis that is stretched: none of this changes $I$. That is its strength, and the reason why it
# cannot tell you what you may want to know most.

# %% course={"role": "check"}
shuffle = torch.randperm(10)
close("other names for x", theory.mutual_information(ten[:, shuffle]), 1.994209, atol=1e-5)
merge = torch.eye(10, dtype=torch.float64)[torch.arange(10) // 2]  # only x // 2 is kept
kept = theory.mutual_information(ten @ merge)
holds("half of x thrown away: less than 1.6 nats left", kept < 1.6, kept)

straight = torch.eye(4)  # covariance of two codes and of their two readings
straight[:2, 2:] = straight[2:, :2] = 0.9 * torch.eye(2)
rotation = torch.tensor([[1.0, -1.0], [1.0, 1.0]]) / math.sqrt(2)
turn = torch.block_diag(torch.eye(2), rotation)  # leaves the codes, turns the readings
turned = turn @ straight @ turn.T
for name, covariance, R2 in (("straight", straight, 0.81), ("turned", turned, 0.405)):
    shared = theory.gaussian_information(covariance, k=2)
    close(f"{name}: I", shared, 1.660731, atol=1e-5)
    close("  R squared per axis", covariance[:2, 2:].diagonal() ** 2, R2, atol=1e-6)

# %% [markdown]
# The last lines are a warning for the chapters on codes. Two codes were read back with correlation 0.9 each, then the
# readings were turned by 45°. The information has not changed; that one reading belongs to one code is gone. **Mutual
# information is not disentanglement.**
#
# ```{exercise} Two codes, one picture
# :label: ch11.q3
# $K$ codes are equally likely. The generator draws the same pictures for both codes of a pair, for `pairs` separate
# pairs, and pictures that cannot be mistaken for each other otherwise. What is the information, in nats? It is the most
# that any reader can get.
# ```


# %% course={"role": "answer", "q": "ch11.q3", "points": 1}
# >>> answer: ch11.q3
def ceiling(K, pairs):
    """I of code and picture when `pairs` pairs of the K codes share theirs."""
    return math.log(K) - 2 * pairs / K * math.log(2)


# %% course={"role": "check", "q": "ch11.q3"}
ch11.q3(ceiling)

# %% course={"role": "hidden", "q": "ch11.q3", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    K = draw.randrange(12, 40)
    return K, draw.randrange(1, K // 2)


evaluate(ceiling, inputs)

# %% [markdown]
# With all ten codes in five pairs, $\log 5 = 1.609$ nats are left. A single pair costs 0.139, easily overlooked on a
# plot; it costs the best reader one answer in ten. And if one of the two drew thin sevens and the other bold ones,
# nothing would be missing, though a person who counts digits would still call it a failure. Nats know nothing of digits.
#
# (If you counted pictures and said $\log 9$ for a single pair: that is what *another choice of codes* could carry, one
# that uses the two of the pair half as often. The most over all choices is the *capacity* of the channel. InfoGAN does
# not choose: its $P(c)$ is fixed.)

# %% course={"role": "check"}
one_pair = torch.eye(10, dtype=torch.float64)
one_pair[1] = one_pair[0]  # code 1 draws what code 0 draws
most = theory.capacity(one_pair)
close("its capacity is at least log 9", most.lower, math.log(9), atol=1e-6)
close("  and at most", most.upper, math.log(9), atol=1e-6)

# %% [markdown]
# ## From samples: counting
#
# Outside this chapter nobody hands you the joint. From $n$ pairs you can count one. Predict: two variables are
# *independent*, each uniform on ten letters, and you have 500 pairs. The table of counts has a mutual information. **Is
# it about zero?**

# %% course={"role": "check"}
engine.seed(0)


def counted(n, times=100):
    """Mean raw and mean corrected information of n pairs of independent letters."""
    reports = [
        metrics.plug_in(torch.randint(10, (n,)), torch.randint(10, (n,)))
        for _ in range(times)
    ]
    return (
        sum(report.raw for report in reports) / times,
        sum(report.value for report in reports) / times,
    )


raw, corrected = counted(500)
close("raw, 500 pairs: (K-1)(L-1)/2n", raw, 81 / 1000, atol=0.01)
close("  corrected", corrected, 0.0, atol=0.01)
raw, corrected = counted(100)
holds("raw, 100 pairs: above 0.4 nats, of nothing at all", raw > 0.4, raw)
holds("  corrected: still above 0.2", corrected > 0.2, corrected)

# %% [markdown]
# It is not. A table of counts is hardly ever exactly a product, and every deviation counts as information. For
# independent variables $2n\hat I$ is nearly a $\chi^2$ with $(K-1)(L-1)$ degrees of freedom, so the *plug-in* estimate
# is too high by
#
# $$ \mathbb E[\hat I] - I \approx \frac{(K-1)(L-1)}{2n} , $$ (eq-mi-bias)
#
# and for dependent ones, if no cell is impossible, the same term comes first {cite:p}`roulston1999`. The correction of
# {cite:t}`miller1955` takes it off. With one pair per cell it is no longer enough, as the last line says: where most
# cells hold one pair or none, do not count.
#
# ## From samples: neighbours
#
# What is continuous could be cut into bins, but a cut can only lose information, by {eq}`eq-mi-processing`, and many
# bins mean many cells. {cite:t}`kraskov2004` count neighbours instead. For each of $n$ points, find the distance to its
# $k$-th neighbour, where the larger of the distances in $x$ and in $y$ counts. Within this distance lie $n_x$ points
# in $x$ alone and $n_y$ in $y$ alone. Then
#
# $$ \hat I = \psi(k) + \psi(n) - \bigl\langle \psi(n_x + 1) + \psi(n_y + 1) \bigr\rangle , $$ (eq-mi-neighbours)
#
# with the digamma function $\psi$, which is nearly a logarithm. So it is the mean of
# $\log\frac{k/n}{(n_x/n)(n_y/n)}$, roughly: the share of points that are near in both, over what it would be if nearness
# in one said nothing about the other. It is {eq}`eq-mi-kl` with neighbours for densities. {cite:t}`ross2014` does the
# same when one side is a letter, such as a code.
#
# A third way is to train somebody. The critic below learns a score for each pair; how its scores become nats, and what
# is wrong with that, is the rest of this chapter. It sees 25,600 fresh pairs, the other two get 1000.


# %%
def pairs_of_gaussians(n, rho, d=1):
    """n pairs of d coordinates, each with correlation rho to its partner."""
    x = torch.randn(n, d)
    return x, rho * x + math.sqrt(1 - rho**2) * torch.randn(n, d)


class Critic(nn.Module):
    """The score T(x_i, y_j) of every x with every y."""

    def __init__(self):
        super().__init__()
        self.network = networks.mlp(2, 1, (64, 64))

    def forward(self, x, y):
        shape = (len(x), len(y), 1)
        both = torch.cat([x[:, None].expand(shape), y[None].expand(shape)], dim=-1)
        return self.network(both).squeeze(-1)


def trained_reading(rho, rounds=400, K=64):
    """Train a critic with InfoNCE; mean and standard error on 100 fresh batches."""
    engine.seed(0)
    critic = Critic()
    optimizer = engine.adam(0.003)(critic.parameters())
    for _ in range(rounds):
        loss = -theory.info_nce(critic(*pairs_of_gaussians(K, rho)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        fresh = [theory.info_nce(critic(*pairs_of_gaussians(K, rho))) for _ in range(100)]
    return torch.stack(fresh).mean().item(), torch.stack(fresh).std().item() / 10


# %% course={"role": "demo"}
correlations = [0.0, 0.5, 0.9, 0.99]
truth = [abs(math.log(1 - rho**2)) / 2 for rho in correlations]
readings = {"counted, 20 × 20 bins": [], "3 neighbours": [], "trained critic": []}
for rho in correlations:
    engine.seed(1)
    x, y = (side.squeeze(1) for side in pairs_of_gaussians(1000, rho))
    cut, near = metrics.plug_in(x, y, bins=20), metrics.knn_information(x, y, k=3)
    readings["counted, 20 × 20 bins"].append((cut.raw, cut.standard_error))
    readings["3 neighbours"].append((near.value, near.standard_error))
    readings["trained critic"].append(trained_reading(rho))

errors = {
    name: [value - true for (value, _), true in zip(series, truth)]
    for name, series in readings.items()
}
near = max(abs(error) for error in errors["3 neighbours"])
holds("neighbours: within 0.12 of the truth, four times", near < 0.12, near)
first, *_, last = errors["counted, 20 × 20 bins"]
holds("counting: too high by more than 0.1 when there is nothing", first > 0.1, first)
holds("counting: too low by more than 0.1 when there is much", last < -0.1, last)
worst = max(errors["trained critic"])
holds("the critic: never more than 0.05 above", worst < 0.05, worst)
lowest = min(errors["trained critic"])
holds("the critic: never more than 0.3 below", lowest > -0.3, lowest)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-estimators
#| fig-cap: "**What to see.** Each estimate less the truth, with bars of two standard errors. Counting errs by far more than its bars, upwards where there is nothing to find (bias) and downwards where there is much (the cut). Neighbours stay near zero. The trained critic, a lower bound, sinks a little below it where the information is large. An error bar knows about chance, and not about bias."
#| fig-alt: Errors of three estimators at correlations 0, 0.5, 0.9 and 0.99. Counting starts at plus 0.18 and ends at minus 0.14. The neighbours are at zero, and at plus 0.07 at the end, with bars that reach zero throughout. The critic is at zero for the first two, slightly below at 0.9, and at minus 0.11 at 0.99.
figure, (axes,) = show.panels(1, height=3.0)
for shift, (name, look) in zip((-0.15, 0.0, 0.15), zip(readings, show.OTHERS)):
    axes.errorbar(
        [place + shift for place in range(4)],
        errors[name],
        [2 * error for _, error in readings[name]],
        ls="none",
        marker=look.marker,
        color=look.colour,
        ms=5,
        capsize=3,
        label=name,
    )
axes.axhline(0, color="#5f5f5f", lw=0.8, zorder=0.5)
names = [f"ρ = {rho:g}\nI = {true:.2f}" for rho, true in zip(correlations, truth)]
axes.set_xticks(range(4), names)
axes.set_title("estimate − truth, nats", loc="left", size=10)
axes.legend(frameon=False, fontsize=9, loc="lower left")
figure

# %% [markdown]
# ### The error bar that vanishes
#
# Neighbours have an end of their own. A point has at least $k - 1$ neighbours within its distance in each of $x$ and $y$,
# so {eq}`eq-mi-neighbours` cannot exceed $\psi(n) - \psi(k)$, nearly $\log(n/k)$. Give it a pair that shares twelve nats
# and watch both numbers, the estimate *and* its error bar.

# %% course={"role": "check"}
engine.seed(0)
twelve = math.sqrt(1 - math.exp(-24))
x = torch.randn(1000, dtype=torch.float64)
y = twelve * x + math.exp(-12) * torch.randn_like(x)
report = metrics.knn_information(x, y)
covariance = torch.tensor([[1.0, twelve], [twelve, 1.0]], dtype=torch.float64)
close("the truth", theory.gaussian_information(covariance), 12.0, atol=1e-3)
holds("1000 pairs: reads less than 6", report.value < 6, report.value)
close("  its ceiling", report.ceiling, 5.984, atol=1e-3)
holds("  its error bar: below 0.01", report.standard_error < 0.01, report.standard_error)

# %% [markdown]
# Half the truth, with an error bar of nothing: every part of the data is at the same ceiling. No cleverness removes
# such ceilings altogether. {cite:t}`mcallester2020` prove that no method which promises, for every distribution, a lower
# bound with high confidence can promise more than the order of $\log n$ from $n$ samples. Large information is claimed
# either with a model or without a warrant.

# %% [markdown]
# ## A reader is a bound
#
# Now to the generator. It gets a code $c$ and noise $z$, and we want its picture to tell about the code. That takes
# $H(c\,|\,x)$, hence $P(c\,|\,x)$, hence the sum over everything the generator might have drawn. InfoGAN
# {cite:p}`chen2016` has somebody else guess: a *reader* $Q(c\,|\,x)$, any distribution over codes for each picture. Add
# and subtract it inside the logarithm:
#
# $$ \begin{aligned} -H(c\,|\,x) &= \mathbb E[\log P(c\,|\,x)] \\
#    &= \mathbb E[\log Q(c\,|\,x)] + \mathbb E_x\bigl[\mathrm{KL}\bigl(P(c\,|\,x)\,\big\|\,Q(c\,|\,x)\bigr)\bigr] .
#    \end{aligned} $$ (eq-mi-gap)
#
# The divergence is never negative. Leave it out, add $H(c)$ on both sides, and you have the bound of
# {cite:t}`barber2003`, equations 4 and 5 of the InfoGAN paper:
#
# $$ L_I(G, Q) = \mathbb E_{c,\,x}[\log Q(c\,|\,x)] + H(c) \;\le\; I(c; x) \;\le\; H(c) . $$ (eq-mi-bound)
#
# ```{exercise} What this reader gets
# :label: ch11.q4
# :class: essential
# The arguments are a joint $P(c, x)$ and a reader, both tensors of shape $(K, L)$: row $c$, column $x$; each column of
# the reader adds up to one. The reader may rule out what never happens. Return $L_I$ in nats. Before you run it: can it
# come out negative?
# ```


# %% course={"role": "answer", "q": "ch11.q4", "points": 3}
# >>> answer: ch11.q4
def variational_bound(joint, Q):
    """E log Q(c|x) + H(c) under the joint, in nats."""
    share = joint.sum(1)
    return torch.xlogy(joint, Q).sum() - torch.xlogy(share, share).sum()


# %% course={"role": "check", "q": "ch11.q4"}
ch11.q4(variational_bound)

# %% course={"role": "hidden", "q": "ch11.q4", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    joint, Q = torch.tensor(
        [[[draw.uniform(0.05, 1) for _ in range(4)] for _ in range(3)] for _ in range(2)]
    ).double()
    c, x = draw.randrange(3), draw.randrange(4)
    joint[c, x] = Q[c, x] = 0.0
    return joint / joint.sum(), Q / Q.sum(0)


evaluate(variational_bound, inputs)

# %% [markdown]
# Four things to read off {eq}`eq-mi-gap` and {eq}`eq-mi-bound`.
#
# *Equality* holds exactly when the divergence is zero at every picture that occurs: when $Q$ is the posterior. That is a
# statement about $Q$, and has nothing to do with how large $I$ is. *The ceiling* is $H(c)$, a number you choose when you
# choose the codes. *The loss* of the reader, $-\mathbb E\log Q$, is the cross-entropy of an ordinary classifier that is
# to name the code. And *two players* can raise $L_I$ by different means: $Q$ by closing the gap, $G$ by raising $I$
# itself.

# %% course={"role": "check"}
gaps = []
for error in (0.0, 0.05, 0.5, 0.9):
    joint = theory.symmetric_channel(10, error) / 10
    best = theory.barber_agakov(theory.posterior(joint).log(), math.log(10), joint)
    gaps.append(theory.mutual_information(joint) - best)
close("the posterior's gap, at four error rates", gaps, 0.0, atol=1e-9)
timid = theory.symmetric_channel(10, 0.2)  # sure of its best guess to 80 %, right in 95 %
bound = theory.barber_agakov(timid.log(), math.log(10), ten)
apart = theory.kl(theory.posterior(ten)[:, 0], timid[:, 0])
close("a timid reader: I less a divergence", bound, information - apart, atol=1e-9)


# %% tags=["hide-input"]
#| label: fig-readers
#| fig-cap: "**What to see.** Each curve is a hill: it touches the information (level line) where the reader is exactly as sure as it is right, 0.95 or 0.5, and lies below everywhere else. Doubt costs little. False certainty has no lower limit: the reader who is sure and wrong every second time reads below zero, in a world with half a nat to be read."
#| fig-alt: The bound over the reader's certainty from 0.1 to 0.999. With 5 percent errors it rises from 0 to 1.99 at a certainty of 0.95 and bends down at the end. With 50 percent errors it peaks at 0.5 with a value of 0.51 and then falls below minus 1.
t = torch.linspace(0.1, 0.999, 400, dtype=torch.float64)


def seen_by(sure, error):
    return math.log(10) + (1 - error) * sure.log() + error * ((1 - sure) / 9).log()


show.lines(
    t,
    {"5 % errors": seen_by(t, 0.05), "50 % errors": seen_by(t, 0.5)},
    references={"H(c) = 2.30": math.log(10), "I = 1.99": 1.994209, "I = 0.51": 0.510826},
    marks={"": 0.95, " ": 0.5},
    limits=(-2.2, 2.6),
    xlabel="how sure the reader is of its first guess",
    title="$L_I$, nats",
)

# %% [markdown]
# *Continuous codes* need a word of caution. All of the above holds, but for the last inequality: $H(c)$ is then a
# differential entropy, which is no ceiling, and a picture without noise may carry infinitely many nats. What does limit
# $L_I$ is the family of readers. Take $c$ uniform on $[-1, 1]$, so $H(c) = \log 2$, and for $Q$ a normal distribution
# whose standard deviation is held at 1, an option of the InfoGAN authors' code. Its density is nowhere above
# $1/\sqrt{2\pi}$, and the most that even a perfect reader of this family can show is below zero:

# %% course={"role": "check"}
for std, most in ((1.0, -0.225791), (0.1, 2.076794)):  # c read without any error
    log_Q = -math.log(std * math.sqrt(2 * math.pi))
    close(f"standard deviation {std:g}: L_I", log_Q + math.log(2), most, atol=1e-5)

# %% [markdown]
# ### Whose code?
#
# One step in the paper puzzles many. The term in {eq}`eq-mi-gap` asks for pictures, and *for each picture a code drawn
# from its posterior*, $c' \sim P(c\,|\,x)$: the very distribution we had set out to avoid. Yet the program scores $Q$ on
# the code $c$ that the picture was made from. The paper's lemma 5.1 says that this is the same, for any $f$:
#
# $$ \mathbb E_{c \sim P(c),\; x \sim P(x|c),\; c' \sim P(c|x)}\,[f(c', x)]
#    = \mathbb E_{c \sim P(c),\; x \sim P(x|c)}\,[f(c, x)] . $$ (eq-mi-lemma)
#
# *Proof.* Write out the left side, and sum over $c$ first:
#
# $$ \begin{aligned} \sum_{c,\,x,\,c'} P(c)\,P(x\,|\,c)\,P(c'\,|\,x)\,f(c', x)
#    &= \sum_{x,\,c'} \Bigl[\sum_c P(c)\,P(x\,|\,c)\Bigr] P(c'\,|\,x)\,f(c', x) \\
#    &= \sum_{x,\,c'} P(x)\,P(c'\,|\,x)\,f(c', x) = \sum_{x,\,c'} P(c')\,P(x\,|\,c')\,f(c', x) . \end{aligned} $$
#
# The bracket is $P(x)$, the last step is Bayes' rule, and what is left is the right side with its letter called $c'$.
# $\blacksquare$ (For continuous codes the sums are integrals, and changing their order asks that $|f|$ has a finite
# mean.)
#
# In one sentence: the code that made the picture *is* a draw from the posterior. Nature draws $c$ first and $x$ after,
# but pairs do not remember in which order they were made. No equality holds picture by picture; it holds for the mean,
# which is all that a loss needs. Here it is, exactly, on a table with a full sum over $c$, $x$ and $c'$:

# %% course={"role": "check"}
engine.seed(0)
small = torch.rand(3, 4, dtype=torch.float64)
small = small / small.sum()  # three codes, four pictures, nothing special
Q = torch.softmax(torch.randn(3, 4, dtype=torch.float64), dim=0)
after = theory.posterior(small)
f = Q.log()
in_full = torch.einsum("cx,dx,dx->", small, after, f)  # c made x; d is drawn after
gap = in_full - (small * f).sum()
holds("lemma 5.1, on a table: equal to 1e-12", abs(gap) < 1e-12, gap)

# %% [markdown]
# ### A reader in training
#
# Four codes, and a generator that draws the number $3c$ plus unit noise. Here the truth is within reach:
# $I = h(x) - h(x\,|\,c)$, the entropy of a mixture of four bells less that of one. $G$ stays as it is; only $Q$ learns,
# by descending its cross-entropy. It starts knowing nothing. Where does $L_I$ end: at $H(c) = \log 4$, at $I$, or below?

# %% course={"role": "demo"}
engine.seed(0)
mixture = data.mixture_1d([0.0, 3.0, 6.0, 9.0], 1.0)
noise = math.log(2 * math.pi * math.e) / 2
true_information = float(theory.entropy(mixture.distribution)) - noise


def draw(n):
    c = torch.randint(4, (n,))
    return c, 3.0 * c[:, None] + torch.randn(n, 1)


reader = networks.mlp(1, 4, (32, 32))
optimizer = engine.adam(0.005)(reader.parameters())
c_test, x_test = draw(4000)
seen = []
for step in range(401):
    if step % 10 == 0:
        with torch.no_grad():
            said = reader(x_test).log_softmax(1)[torch.arange(4000), c_test]
        seen.append(theory.barber_agakov(said, math.log(4)).item())
    c, x = draw(256)
    loss = nn.functional.cross_entropy(reader(x), c)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

near = metrics.knn_information(c_test, x_test)
close("I by integration", true_information, 1.137, atol=0.001)
close("I by neighbours, 4000 pairs", near.value, true_information, atol=0.06)
close("L_I of the trained reader", seen[-1], true_information, atol=0.06)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-reader
#| fig-cap: "**What to see.** The reader climbs from nothing to the information and stops there. The rest, up to H(c), is not its fault: the bells overlap, the generator has not said more. To raise the curve further, G would have to move its bells apart, and in InfoGAN it does."
#| fig-alt: L_I over 400 rounds rises steeply from zero, bends, and from about round 100 runs level on the line I, at 1.14. The line H(c) at 1.39 stays out of reach above.
show.lines(
    torch.arange(0, 401, 10),
    {"$L_I$": seen},
    references={"H(c)": math.log(4), "I": true_information},
    xlabel="round of the reader",
    title="nats",
    limits=(min(-0.1, min(seen)), 1.5),
)

# %% [markdown]
# ## A bound that cannot get there
#
# A reader has to name a *probability*, which asks for all possible codes at once. A *critic* $T(x, y)$ need only score
# pairs: high for partners, low for strangers. Take a batch of $K$ pairs and let each $x_i$ find its partner among the
# $K$ candidates $y_j$. That is the *InfoNCE* bound {cite:p}`oord2018`:
#
# $$ \frac1K \sum_{i=1}^K \log\frac{\exp T(x_i, y_i)}{\frac1K\sum_{j=1}^K \exp T(x_i, y_j)} . $$ (eq-mi-nce)
#
# What it can do follows from what we have. Call the place of the partner among the candidates a code, one of $K$
# equally likely ones. Then {eq}`eq-mi-nce` is $\log K$ plus the log-likelihood of a reader of this code: it is
# {eq}`eq-mi-bound` over again. So it cannot exceed $H(\text{place}) = \log K$, and on average not the information about
# the place either, which is at most $I(x; y)$: candidates alone say nothing about the place, and $x$ depends on place
# and candidates only through its partner.
#
# Prediction. Twenty coordinates with correlation 0.9 share $-10\log 0.19 = 16.6$ nats. You have batches of 64, and no
# training is needed: the critic is the best there is, $T = \log\frac{p(x, y)}{p(x)\,p(y)}$. **What does InfoNCE read?**

# %%
my_reading = 16.6  # nats: put your own number here

# %% [markdown]
# ```{exercise} Find the partner
# :label: ch11.q5
# The argument is a matrix of scores $T(x_i, y_j)$, a tensor of shape $(K, K)$ with the partners on its diagonal. Return
# {eq}`eq-mi-nce` in nats. Scores may be large.
# ```


# %% course={"role": "answer", "q": "ch11.q5", "points": 2}
# >>> answer: ch11.q5
def info_nce(scores):
    """The mean log-probability of the partner among K, plus log K."""
    return scores.log_softmax(dim=1).diagonal().mean() + math.log(len(scores))


# %% course={"role": "check", "q": "ch11.q5"}
ch11.q5(info_nce)

# %% course={"role": "hidden", "q": "ch11.q5", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    scores = torch.tensor([[draw.gauss(0, 3) for _ in range(5)] for _ in range(5)])
    return (scores.double(),)


evaluate(info_nce, inputs)


# %%
def best_scores(nats, K=64, batches=200, d=20):
    """The best critic's scores of all pairs, in batches from d correlated coordinates."""
    rest = math.exp(-2 * nats / d)  # 1 - rho squared
    rho = math.sqrt(1 - rest)
    x = torch.randn(batches, K, d, dtype=torch.float64)
    y = rho * x + math.sqrt(rest) * torch.randn_like(x)
    lengths = x.square().sum(-1)[:, :, None] + y.square().sum(-1)[:, None]
    return nats + (2 * rho * x @ y.mT - rho**2 * lengths) / (2 * rest)


# %% course={"role": "check"}
engine.seed(0)
read = theory.info_nce(best_scores(-10 * math.log(0.19)))
close("log 64", math.log(64), 4.158883, atol=1e-5)
holds("every one of 200 batches: above 4.1", read.min() > 4.1, read.min())
holds("every one of 200 batches: not above log 64", read.max() <= math.log(64), read.max())
print(f"you said {my_reading:g} nats; it read 4.16")
print(f"pairs a batch would need: {math.exp(16.6):.1e}")

# %% [markdown]
# The critic finds every partner, and the answer to a question with 64 possible answers is worth $\log 64 = 4.16$ nats.
# Read as an estimate it is wrong by a factor of four, with no scatter to warn you, and a better critic does not exist.
#
# ### The opposite mistake
#
# There are bounds without this cap. For *any* $T$,
#
# $$ I(x; y) \;\ge\; \mathbb E_{\text{partners}}[T] - \log \mathbb E_{\text{strangers}}[\exp T] , $$ (eq-mi-dv)
#
# with equality for the best critic: the formula of Donsker and Varadhan, which MINE trains {cite:p}`belghazi2018`. Since
# $\log u \le u/e$, replacing the second term by $\mathbb E_{\text{strangers}}[\exp(T - 1)]$ can only lower it; this is
# the bound of {cite:t}`nguyen2010`, NWJ for short, and its best critic is larger by one. As formulas both are
# bounds, and exact ones. Then the means are taken over a batch.

# %% course={"role": "check"}
best = theory.pointwise_information(ten)
exact = theory.donsker_varadhan(best, ten), theory.nwj(best + 1, ten)
close("Donsker-Varadhan, exact means", exact[0], 1.994209, atol=1e-5)
close("NWJ, exact means", exact[1], 1.994209, atol=1e-5)

engine.seed(0)
scores = best_scores(-10 * math.log(0.19))
dv, nwj = theory.donsker_varadhan(scores), theory.nwj(scores + 1)
share = (dv > -10 * math.log(0.19)).double().mean()
holds("Donsker-Varadhan, 200 batches: nine in ten read too much", share > 0.9, share)
holds("  their mean is above 20 nats", dv.mean() > 20, dv.mean())
holds("  their spread is above 2 nats", dv.std() > 2, dv.std())
middle = nwj.median()
holds("NWJ: the median is within 0.5 of I + 1", abs(middle - 17.607) < 0.5, middle)

# %% tags=["hide-input"]
#| label: fig-bounds
#| fig-cap: "**What to see.** Batches of 64, the best critic, and the middle 90 % of 200 batches as bands. InfoNCE leaves the diagonal at about 2 nats and lies flat under log 64, without scatter. Donsker–Varadhan follows the truth to about 6 nats, scatters ever more, and then rises above it: a bound from below that reads too much. NWJ's band narrows again at the end, around I + 1: the batches that would put it right have become too rare to show. Past 4 nats, none of the three is an estimate you would bet on from one batch."
#| fig-alt: Reading against true information from 0.5 to 16.6 nats with the diagonal as truth. InfoNCE bends away early and becomes level at 4.16. The Donsker-Varadhan curve follows the diagonal to about 6 and then lies above it, reaching 24 with a band from 18 to 30. NWJ follows the diagonal with a band that hangs down around 10 nats and is narrow again at the end, where the curve lies one nat above the diagonal.
engine.seed(0)
grid = [0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.6]
bands = {"InfoNCE": [], "Donsker–Varadhan": [], "NWJ": []}
for nats in grid:
    scores = best_scores(nats)
    for name, read in zip(
        bands,
        (theory.info_nce(scores), theory.donsker_varadhan(scores), theory.nwj(scores + 1)),
    ):
        bands[name].append(torch.quantile(read, read.new_tensor([0.05, 0.5, 0.95])))
middle = {name: torch.stack(band)[:, 1] for name, band in bands.items()}
looks = {
    "InfoNCE": show.OTHERS[0],
    "Donsker–Varadhan": show.OTHERS[2],
    "NWJ": show.OTHERS[1],
}
figure, (axes,) = show.panels(1, height=3.4)
for name in ("Donsker–Varadhan", "NWJ", "InfoNCE"):
    low, _, high = torch.stack(bands[name]).T
    axes.fill_between(grid, low, high, color=looks[name].colour, alpha=0.17, lw=0)
axes.plot(grid, grid, color="#5f5f5f", lw=0.8)
show.lines(
    grid,
    middle,
    looks=looks,
    references={"log 64": math.log(64)},
    limits=(0, 30),
    xlabel="true information, nats",
    title="median reading, nats (thin line: truth)",
    axes=axes,
)
figure

# %% [markdown]
# Two different failures. The logarithm of an average over a batch is too low on average (Jensen), and
# {eq}`eq-mi-dv` takes it off, so **from a batch, Donsker–Varadhan is not a lower bound at all**. NWJ has no logarithm and
# is unbiased. But its mean over strangers lives on pairs that one batch in thousands contains; nearly all the others
# read about $I + 1$, and look trustworthy. {cite:t}`song2020` show that the variance of such estimates can grow
# exponentially with the information; {cite:t}`poole2019` chart the trade: at large information the bounds they compare
# have much bias or much variance.

# %% [markdown]
# ## Where popular notes go wrong
#
# **"The bound is the mutual information."** It is the information less a divergence that you do not see. A generator
# that garbles one code in twenty, with the best of readers, and a perfect generator with a timid one give the same
# number:

# %% course={"role": "check"}
perfect = torch.eye(10, dtype=torch.float64) / 10
sure = math.exp(-float(theory.conditional_entropy(ten)))  # of its first guess
timid = theory.symmetric_channel(10, 1 - sure)
for name, joint, Q in (
    ("noisy generator, best reader", ten, theory.posterior(ten)),
    ("perfect generator, timid reader", perfect, timid),
):
    bound = theory.barber_agakov(Q.log(), math.log(10), joint)
    close(f"{name}: L_I", bound, 1.994209, atol=1e-5)
    print(f"  I is {theory.mutual_information(joint):.3f}")

# %% [markdown]
# So from a low $L_I$ alone you cannot tell whom to blame. An estimate by neighbours beside it helps, as above, and the
# chapter on InfoGAN will draw three curves: the bound, an estimate, and $H(c)$.
#
# **The bound without its log.** Some notes print $\mathbb E[Q(c\,|\,x)] + H(c)$. That is no bound on anything: a perfect
# reader makes it exceed even $H(c)$, by one.

# %% course={"role": "check"}
Q = torch.eye(10)  # the perfect reader of the perfect table
without = (perfect * Q).sum() + math.log(10)
close("E Q + H(c)", without, 1 + math.log(10), atol=1e-9)
most = theory.mutual_information(perfect)
close("  the most there is to know", most, math.log(10), atol=1e-9)

# %% [markdown]
# **"Equality holds where $I$ is smallest."** Equality holds where $Q$ is the posterior, and you have seen its gap be zero
# at four error rates, from $I = \log 10$ down to $I = 0$. The confusion has a reason: {eq}`eq-mi-bound` is *maximised*,
# in both players, and a bound from below is easily mistaken for something one minimises.
#
# **"The estimate is positive, so they are dependent."** Independent letters gave 0.08 nats with 500 pairs. Compare with
# what shuffled pairs give, or with {eq}`eq-mi-bias`, before you believe in a small number; with $\log n$ before you
# believe in a large one.

# %% [markdown]
# ## Exercises
#
# You have met all five on the way: {numref}`ch11.q1`, {numref}`ch11.q2`, {numref}`ch11.q3`, {numref}`ch11.q4` and
# {numref}`ch11.q5`. A sixth, without a check: an InfoGAN with ten codes shows $L_I = 2.16$ on its plot, steady for
# hours. Name three generators, each with its reader, that would show the same.

# %% [markdown]
# ## How we know
#
# | statement | held up by | the figure it asserts |
# |---|---|---|
# | {eq}`eq-mi-forms` | `tests/test_information.py::test_mutual_information_in_three_forms` | 1e-12, scipy's entropies |
# | ten codes, 5 % errors | `tests/test_information.py::test_ten_letters_with_five_percent_errors` | 1.994209; 0; log(10/9) |
# | blanks cost their share | `tests/test_information.py::test_erasure_channel_carries_what_it_does_not_erase` | 1e-12 |
# | zero means independent | `tests/test_information.py::test_mutual_information_is_zero_for_independent_and_positive_for_dependent_variables` | 1e-15 |
# | zero correlation does not | `tests/test_information.py::test_zero_correlation_is_not_independence` | 0.636514 |
# | {eq}`eq-mi-gauss` | `tests/test_information.py::test_information_of_two_correlated_gaussians` | torch's KL, 1e-12 |
# | {eq}`eq-mi-processing` and renaming | `tests/test_information.py::test_processing_loses_information_and_renaming_does_not` | ten random tables |
# | turned codes | `tests/test_information.py::test_rotating_gaussian_codes_keeps_their_information` | 1.660731 |
# | merged codes | `tests/test_information.py::test_merged_codes_cost_log_2_each` | log 5 = 1.609438 at five pairs |
# | their capacity | `tests/test_information.py::test_the_capacity_of_merged_codes_is_the_logarithm_of_the_pictures` | log 9, against 2.163956 |
# | {eq}`eq-mi-bias` | `tests/test_metrics_information.py::test_counting_reads_too_high_by_the_free_cells` | 15 %, 300 samples |
# | {eq}`eq-mi-neighbours` | `tests/test_metrics_information.py::test_neighbours_are_counted_as_kraskov_does` | 1e-9, by brute force |
# | its agreement with scikit-learn | `tests/test_metrics_information.py::test_neighbours_agree_with_scikit_learn` | 1e-3 |
# | its ceiling, its error bar there | `tests/test_ch11.py::test_an_error_bar_vanishes_at_the_ceiling` | below 6 of 12 nats, ± 0.01 |
# | {eq}`eq-mi-gap` | `tests/test_bounds.py::test_barber_agakov_is_information_less_the_mean_divergence_from_the_posterior` | 1e-12 |
# | a reader of fixed width | `tests/test_bounds.py::test_a_reader_of_fixed_width_cannot_show_what_it_knows` | −0.225791, 2.076794 |
# | {eq}`eq-mi-lemma` | `tests/test_bounds.py::test_lemma_5_1_the_code_that_made_the_picture_may_stand_for_a_draw_from_the_posterior` | 1e-12 |
# | a reader reaches $I$ | `tests/test_ch11.py::test_a_trained_reader_reaches_the_information_and_not_the_entropy` | 0.06 nats, 2 seeds |
# | a critic, trained | `tests/test_ch11.py::test_a_trained_critic_reads_no_more_than_there_is` | 0.05 above, 0.1 below |
# | {eq}`eq-mi-nce` is {eq}`eq-mi-bound` | `tests/test_ch11.py::test_info_nce_is_the_bound_for_the_place_of_the_partner` | 1e-12, enumerated |
# | its cap | `tests/test_bounds.py::test_info_nce_with_the_best_critic_reads_4_of_16_nats` | 4.158883 |
# | {eq}`eq-mi-dv` and NWJ, exact | `tests/test_bounds.py::test_no_critic_exceeds_the_information_and_the_best_one_reaches_it` | 1e-12 |
# | from a batch, too much | `tests/test_bounds.py::test_mean_of_a_batch_against_the_truth_by_enumeration` | all batches of 2 and 3 |
# | at 16.6 nats, far too much | `tests/test_ch11.py::test_at_large_information_one_batch_misleads` | above 20; I + 1 |
# | one $L_I$, two generators | `tests/test_ch11.py::test_a_bound_does_not_say_whom_to_blame` | 1.994209 twice |

# %% [markdown]
# ## You can now
#
# - compute the mutual information of a table or of Gaussians as any of three differences or as one divergence, and draw
#   the bars that overlap by it;
# - say that counting reads too high by $(K-1)(L-1)/2n$, that neighbours stop near $\log(n/k)$, and that neither error
#   shows in an error bar;
# - prove $L_I \le I \le H(c)$, say that the gap is the reader's divergence from the posterior and why the code itself
#   may stand in for a draw from it; and remember that $L_I$ measures neither $I$ alone, nor digits, nor disentanglement.

# %% [markdown]
# ## Sources
#
# Entropy, its difference and the channel are from {cite:t}`shannon1948`; the forms {eq}`eq-mi-forms`, data processing
# and both example channels are in {cite:t}`cover2006`. The bound {eq}`eq-mi-bound` is from {cite:t}`barber2003`; its
# use for codes, and lemma 5.1, from {cite:t}`chen2016`. {eq}`eq-mi-neighbours` is equation 8 of {cite:t}`kraskov2004`.
# What batches do to bounds is charted by {cite:t}`poole2019`, {cite:t}`mcallester2020` and {cite:t}`song2020`.
#
# What popular notes get wrong: that the bound is an estimate; its logarithm; the place of equality; and that what was
# measured must be there.
