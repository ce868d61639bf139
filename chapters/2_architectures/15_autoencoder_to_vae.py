# %% [markdown]
# # Autoencoder to VAE
#
# ```{epigraph}
# To write, it is not enough to be able to read. You must also know what can be written.
# ```
#
# **Claim.** An autoencoder rebuilds what it is shown and cannot generate, because nothing says which codes are codes.
# Draw the code instead of computing it, and let it pay for what it tells: the same two networks become a density, with a
# lower bound on the log-likelihood of every picture.
#
# You will be able to
#
# - say why an autoencoder cannot sample, and which two terms repair it;
# - derive the evidence lower bound, say exactly what it lacks, and tighten it;
# - read a VAE beside a GAN, and say of each number what it rewards.

# %% [markdown]
# ## Before you read on
#
# A network squeezes 8 × 8 digits into 16 numbers, and another rebuilds them from these, well enough that digits it has
# never seen come back closer than their nearest neighbour in the training set. Now you draw 16 standard normal numbers
# yourself and hand them to the second network. **What comes out: mostly digits, or mostly not?**
#
# And: a VAE and a GAN are trained on these digits for as many rounds. **Whose samples are sharper, and which of the two
# can say how probable a given picture is?** Note your guesses.

# %%
from_my_codes = "digits"  # or "not"
sharper, can_say = "VAE", "GAN"

# %% course={"role": "setup"} tags=["hide-input"]
import copy
import math
from functools import partial

import torch
from torch import nn
from torch.distributions import MultivariateNormal, kl_divergence

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
    theory,
    zoo,
)
from ganlib.grading import close, holds
from ganlib.grading.exercises import ch15

ganlib.setup(seed=0)
torch.set_num_threads(1)  # networks this small gain nothing from a second core

train = data.digits().x[: recipes.TRAIN]  # 1077 pictures; 270 more are kept for validation
test = data.digits("test").x  # 450 pictures that no network here is trained on
ROUNDS = 1000

# %% [markdown]
# ## Rebuild
#
# An *autoencoder* is two networks with one wish. The encoder $E$ turns a picture $x$ into a short *code* $z = E(x)$, the
# decoder $G$ turns the code back into a picture. How bad is the result? Let us say it in the language of probability
# from the start: the decoder does not name a picture but a density of pictures, a Gaussian of width $\sigma$ around
# $G(z)$ in each of $d$ pixels, and pays for its surprise
#
# $$ -\log p(x\,|\,z) = \frac{\lVert x - G(z)\rVert^2}{2\sigma^2} + \frac d2\log(2\pi\sigma^2) . $$ (eq-vae-nll)
#
# For a fixed $\sigma$ this is the squared error in other units. The units will matter soon. In the library it is a game
# of one player, who owns both networks:

# %%
show.source(games.Autoencoder.encode, docstrings=False)
show.source(games.Autoencoder.loss, docstrings=False)

# %% [markdown]
# Sixteen numbers for a code; the decoder of the VAE recipe, which is the generator of the digits in
# {doc}`../1_foundations/05_training` with a shorter input; an encoder of the same size; 1000 rounds. Pixels run from −1
# to 1, and $\sigma = 0.2$.


# %%
def autoencoder(seed, rounds=ROUNDS):
    """E and G for codes of length 16, untrained, and the game of rebuilding."""
    engine.seed(seed)
    E = nn.Sequential(nn.Flatten(), networks.mlp(64, 16, (256, 256)))
    G = recipes.build_vae_digits(rounds).G
    step = engine.cosine(engine.adam(1e-3, (0.9, 0.999)), rounds)
    nll = partial(losses.gaussian_nll, std=0.2)
    return games.Autoencoder(E, G, nll, optimizers={"model": step})


def nearest(pictures, others):
    """Mean distance from each picture to the nearest of the others, pixels in [0, 1]."""
    pictures, others = (data.to_unit(x).flatten(1) for x in (pictures, others))
    return torch.cdist(pictures, others).min(dim=1).values.mean().item()


def apart(x, y):
    """Mean distance between pictures and their reconstructions, pixels in [0, 1]."""
    return (data.to_unit(x) - data.to_unit(y)).flatten(1).norm(dim=1).mean().item()


# %% course={"role": "demo"}
rebuilder = autoencoder(seed=0)
engine.fit(rebuilder, partial(data.Images(train), 128), ROUNDS, progress=False)
rebuilder.eval()
with torch.no_grad():
    seen = apart(train, rebuilder.reconstruct(train))
    unseen = apart(test, rebuilder.reconstruct(test))
copied = nearest(test, train)
close("test pictures, to the nearest training picture", copied, 1.11, atol=0.01)
holds("test pictures, to their own reconstruction: below 0.75", unseen < 0.75, unseen)
holds("training pictures, to theirs: between 0.25 and 0.5", 0.25 < seen < 0.5, seen)

# %% [markdown]
# Two things are worth reading off. A popular note says that *an autoencoder overfits to its points*: it stores them, and
# is lost in between. If it had only stored them, the best it could do for a new digit is the nearest stored one, 1.11
# away; it comes much closer. It is better on what it has seen, of course, and that gap is a matter of size: with 8
# numbers and 64 hidden units the two errors are 1.04 and 1.09 (same rounds, seed 0; in the tests below). Storing is not
# its trouble.
#
# ### Now generate
#
# A generator needs something to decode. Draw a code, then; but from which distribution? The natural thing to try is the
# standard normal, which has served the GANs so far.

# %% course={"role": "demo"}
try:
    rebuilder.sample(16)
except NotImplementedError as error:
    print(error)

engine.seed(0)
with torch.no_grad():
    decoded = rebuilder.G(torch.randn(1000, 16))
    rebuilt = rebuilder.reconstruct(test)
lost = nearest(decoded, train)
holds("decoded normal codes, to the nearest training picture: above 1.8", lost > 1.8, lost)
print(f"you said: {from_my_codes}; what came out is mostly not")

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-vae-autoencoder
#| fig-cap: "**What to see.** The second row is the first, rebuilt from sixteen numbers by networks that have never seen it: hardly worse. The lower rows are what the same decoder makes of sixteen standard normal numbers: blotches. The decoder is good; nobody told us what to feed it."
#| fig-alt: Four rows of twelve grey pictures of eight by eight pixels. The first shows handwritten digits, the second nearly the same digits, a little smoother. The third and fourth show blotches in hard black and white that cannot be read as digits.
rows = torch.cat([test[:12], rebuilt[:12], decoded[:24]])
show.grid(rows, columns=12, row_labels=["test", "rebuilt", "decoded", ""])

# %% [markdown]
# Perhaps the scale was wrong, and the codes of digits simply lie elsewhere? They do. But do not look for a better scale;
# ask what could possibly have fixed it. Multiply the last layer of $E$ by ten and divide the first layer of $G$ by ten:
# every picture is rebuilt as before, and the loss is the same. The decoded normals are not.

# %% course={"role": "demo"}
other = copy.deepcopy(rebuilder)
with torch.no_grad():
    for part in other.E[-1][-1].parameters():
        part.mul_(10)
    other.G[0].weight.div_(10)
    close("the same pictures, rebuilt", other.reconstruct(test), rebuilt, atol=1e-3)
    engine.seed(0)
    moved = apart(other.G(torch.randn(1000, 16)), decoded)
holds("the same normal numbers, decoded: more than 1 apart", moved > 1, moved)

# %% [markdown]
# The same goes for every invertible map of the codes that the networks can absorb: a shift, a rotation, a shear. The
# loss of an autoencoder does not know where its codes are, so it cannot have put them where you will look. One can *ask*
# afterwards. Fit a Gaussian to the codes of the training pictures and decode draws from that:

# %% course={"role": "demo"}
with torch.no_grad():
    codes = rebuilder.encode(train)
    fitted = MultivariateNormal(codes.mean(0), torch.cov(codes.T))
    mended = nearest(rebuilder.G(fitted.sample((1000,))), train)
holds("decoded draws of the fitted Gaussian: below 1.65", mended < 1.65, mended)

# %% [markdown]
# That helps. But what generates now is no longer an autoencoder: it is a decoder and a second model, of the codes, that
# somebody had to choose and to fit, and no loss has ever compared what the two draw with the data. The rest of this
# chapter does the opposite: choose the distribution of the codes *first*, and train until the codes obey.

# %% [markdown]
# ## A density, and the integral in it
#
# Fix a prior, $z\sim\mathcal N(0, I)$, and a decoder density $p(x|z)$ as in {eq}`eq-vae-nll`. Together they are a recipe
# for pictures: draw a code, decode it, add noise. So they assign every picture a density, the *evidence*
#
# $$ p(x) = \int p(x\,|\,z)\,p(z)\,dz , \qquad p(z\,|\,x) = \frac{p(x\,|\,z)\,p(z)}{p(x)} , $$ (eq-vae-evidence)
#
# and by Bayes's rule every picture has a *posterior* over the codes it may have come from. Maximum likelihood would make
# $\log p(x)$ large, averaged over the data.
#
# "The posterior is intractable," say many notes, "because $x$ ranges over all possible images." Look at
# {eq}`eq-vae-evidence` again: $x$ stands still. There is one picture, the one in your hand, and what ranges is the
# *code*. With one or two numbers in a code the integral is a sum over a grid.
#
# The check needs a model whose evidence we know. Let the decoder be linear, $G(z) = Wz + \mu$: then $x$ is Gaussian, with
# covariance $WW^\top + \sigma^2 I$, the posterior is Gaussian too, and all of it is in closed form. The most likely such
# model has a name, *probabilistic PCA* {cite:p}`tipping1999`: the columns of $W$ are the $k$ leading eigenvectors of the
# data's covariance, each of length $\sqrt{\lambda_i - \sigma^2}$, and $\sigma^2$ is found from the other eigenvalues
# ({numref}`Exercise %s <ch15.q6>`). Here it is on the digits, with pixels in $[0, 1]$, as for all log-likelihoods below.

# %% course={"role": "check"}
pixels = data.to_unit(data.digits().x).flatten(1).double()
held_out = data.to_unit(test).flatten(1).double()
for k, on_train, on_test in ((2, 0.09, -0.35), (8, 14.40, 13.39), (16, 24.13, 22.81)):
    model = theory.ppca(pixels, k)
    close(
        f"k = {k}: nats a picture, training", model.log_prob(pixels).mean(), on_train, 0.01
    )
    close(f"k = {k}: nats a picture, test", model.log_prob(held_out).mean(), on_test, 0.01)

# %% [markdown]
# (A density may exceed 1, so its logarithm may be positive.) Now the integral, for two codes, on a grid of 161 × 161:

# %% course={"role": "check"}
model = theory.ppca(pixels, 2)
side = torch.linspace(-8, 8, 161, dtype=torch.float64)
z = torch.cartesian_prod(side, side)
log_prior = -z.square().sum(1) / 2 - math.log(2 * math.pi)
for x in held_out[:3]:
    pictures = z @ model.W.T + model.mean
    said = -losses.gaussian_nll(pictures, x.expand_as(pictures), model.variance.sqrt())
    summed = torch.logsumexp(said + log_prior, 0) + 2 * math.log(0.1)
    close(
        "the sum over codes, less log p(x)", summed - model.log_prob(x[None])[0], 0.0, 1e-6
    )

# %% [markdown]
# No other picture entered. With sixteen codes the same grid has $161^{16} > 10^{35}$ points: that is what intractable
# means. And drawing the codes at random instead? The average of $p(x|z)$ over draws from the prior is $p(x)$, without
# bias; but almost no draw decodes to anything like this $x$.

# %% course={"role": "check"}
model = theory.ppca(pixels, 16)
x, std = held_out[:50], model.variance.sqrt()
engine.seed(0)
z = torch.randn(10_000, 16, dtype=torch.float64)
pictures = z @ model.W.T + model.mean
said = -((x[:, None] - pictures) ** 2).sum(2) / (2 * std**2)
said -= 32 * torch.log(2 * math.pi * std**2)
from_prior = theory.importance_weighted(said.T)
short = (model.log_prob(x) - from_prior).mean()
holds("10,000 codes from the prior: short by 10 nats or more", short > 10, short)

mean, covariance = model.posterior(x)
posterior = MultivariateNormal(mean, covariance)
z = posterior.sample()
joint = -losses.gaussian_nll(z @ model.W.T + model.mean, x, std)
joint += -z.square().sum(1) / 2 - 8 * math.log(2 * math.pi)
exact = joint - posterior.log_prob(z)
close("one code from the posterior: short by", exact - model.log_prob(x), 0.0, 1e-6)

# %% [markdown]
# One draw from the posterior tells all: there $p(x,z)/p(z|x)$ is $p(x)$ whatever $z$ was drawn. So we want a
# distribution of codes for *this* picture that is near the posterior. A network could guess it.

# %% [markdown]
# ## The bound
#
# Let $q(z)$ be any guess at the posterior (a letter that elsewhere belongs to the fakes). Start from Bayes's rule as
# $\log p(x) = \log p(x, z) - \log p(z|x)$, true for every $z$; add and subtract $\log q(z)$; and average over
# $z\sim q$, which the left-hand side does not notice:
#
# $$ \log p(x) = \underbrace{\mathbb E_q\bigl[\log p(x,z) - \log q(z)\bigr]}_{\text{the bound}}
#    + \underbrace{\mathbb E_q\bigl[\log q(z) - \log p(z\,|\,x)\bigr]}_{\mathrm{KL}(q\,\|\,p(z|x))\ \ge\ 0} . $$ (eq-vae-identity)
#
# That is the whole derivation, and no inequality has been used yet. The second term is a divergence, so the first is a
# lower bound on the evidence: the *evidence lower bound*, or ELBO. What it lacks is known exactly, the divergence of the
# guess from the posterior. It lacks nothing when the guess is right.
#
# Write $p(x,z) = p(x|z)\,p(z)$ to see what the bound asks for (equation 3 of {cite:t}`kingma2014vae`):
#
# $$ \mathrm{ELBO}(x) = \mathbb E_{z\sim q}\bigl[\log p(x\,|\,z)\bigr] - \mathrm{KL}\bigl(q(z)\,\|\,p(z)\bigr) . $$ (eq-vae-elbo)
#
# Rebuild $x$ from a code that is *drawn*; and pay, in nats, for every way in which codes of this picture differ from
# codes in general. The first term alone is an autoencoder's. The second is the price of telling.
#
# ```{exercise} The price of a code
# :label: ch15.q1
# A code is one number, with $q = \mathcal N(m, v)$. What is $\mathrm{KL}(q\,\|\,\mathcal N(0,1))$ in nats? Networks
# return $\log v$, which may be any number, so write it as a function of $m$ and $\log v$.
# ```


# %% course={"role": "answer", "q": "ch15.q1", "points": 1}
# >>> answer: ch15.q1
def price(mean, log_variance):
    """KL(N(mean, exp(log_variance)) || N(0, 1)) in nats."""
    return (mean**2 + math.exp(log_variance) - 1 - log_variance) / 2


# %% course={"role": "check", "q": "ch15.q1"}
ch15.q1(price)

# %% course={"role": "hidden", "q": "ch15.q1", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(price, lambda draw: (draw.uniform(-2, 2), draw.uniform(-2, 2)))

# %% [markdown]
# Independent codes add up, so for a vector it is the sum over its entries (appendix B of the paper). Notice the two
# ways to save: go to the middle, or be vague. Both make pictures harder to tell apart.
#
# ```{exercise} The bound of any guess
# :label: ch15.q2
# :class: essential
# On the line, with one code: $z\sim\mathcal N(0,1)$ and $x$ given $z$ is $\mathcal N(wz,\ \text{noise})$. The guess is
# $q = \mathcal N(\text{mean},\ \text{spread})$; `noise` and `spread` are variances. Return {eq}`eq-vae-elbo` in closed
# form. (The average of a square is the square of the average, plus a variance.)
# ```


# %% course={"role": "answer", "q": "ch15.q2", "points": 3}
# >>> answer: ch15.q2
def elbo(x, w, noise, mean, spread):
    """E_q log p(x|z) - KL(q || p(z)), in nats."""
    square = (x - w * mean) ** 2 + w**2 * spread
    said = -(math.log(2 * math.pi * noise) + square / noise) / 2
    return said - (mean**2 + spread - 1 - math.log(spread)) / 2


# %% course={"role": "check", "q": "ch15.q2"}
ch15.q2(elbo)

# %% course={"role": "hidden", "q": "ch15.q2", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(draw):
    x, w, mean = (draw.uniform(-2, 2) for _ in range(3))
    return x, w, draw.uniform(0.3, 2), mean, draw.uniform(0.1, 1.5)


evaluate(elbo, inputs)

# %% [markdown]
# The identity {eq}`eq-vae-identity` on the digits, with the true posterior and with guesses that are off centre and too
# wide:

# %% course={"role": "check"}
model = theory.ppca(pixels, 8)
mean, covariance = model.posterior(held_out)
log_p = model.log_prob(held_out)
lower = model.elbo(held_out, mean, covariance)
close("the posterior as guess: what the bound lacks", log_p - lower, 0.0, 1e-6)

engine.seed(0)
guess = mean + 0.3 * torch.randn_like(mean)
lower = model.elbo(held_out, guess, 2 * covariance)
truth = MultivariateNormal(mean, covariance)
lacks = kl_divergence(MultivariateNormal(guess, 2 * covariance), truth)
close("another guess: what it lacks, less the divergence", log_p - lower - lacks, 0.0, 1e-6)
holds("and it lacks more than 1 nat on average", lacks.mean() > 1, lacks.mean())

# %% [markdown]
# ## A gradient through a die
#
# Both networks are to climb {eq}`eq-vae-elbo`. For the decoder this is easy: draw codes, average. But the encoder sits
# *under* the average, as the distribution that is drawn from. What is the derivative of a draw?
#
# One answer needs no derivative of what is averaged. With $f(z)$ for it, and $\nabla q = q\,\nabla\log q$,
#
# $$ \nabla\,\mathbb E_q[f(z)] = \mathbb E_q\bigl[f(z)\,\nabla\log q(z)\bigr] , $$ (eq-vae-score)
#
# the *score-function* estimator: do more of what went well. The other moves the die out of the way. A draw of
# $\mathcal N(m, s^2)$ is
#
# $$ z = m + s\,\varepsilon, \qquad \varepsilon\sim\mathcal N(0, 1) , $$ (eq-vae-draw)
#
# where $\varepsilon$ knows nothing of $m$ and $s$. Now $z$ is an ordinary function of them, and backpropagation goes
# through it: the *reparametrised* estimator.
#
# ```{exercise} Draw a code
# :label: ch15.q3
# The encoder has returned a mean and the logarithm of a *variance*; the noise has been drawn, from a standard normal.
# Return the code.
# ```


# %% course={"role": "answer", "q": "ch15.q3", "points": 1}
# >>> answer: ch15.q3
def draw(mean, log_variance, noise):
    """The code z as a function of the noise."""
    return mean + math.exp(log_variance / 2) * noise


# %% course={"role": "check", "q": "ch15.q3"}
ch15.q3(draw)

# %% course={"role": "hidden", "q": "ch15.q3", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(source):
    return source.uniform(-2, 2), source.uniform(-2, 2), source.gauss(0, 1)


evaluate(draw, inputs)

# %% [markdown]
# ```{exercise} Without a derivative
# :label: ch15.q4
# Given $n$ draws $z_i$ from $\mathcal N(m, s^2)$ and the values $f(z_i)$, both as lists, estimate the slope of
# $\mathbb E f(z)$ in $m$ by {eq}`eq-vae-score`, without bias.
# ```


# %% course={"role": "answer", "q": "ch15.q4", "points": 2}
# >>> answer: ch15.q4
def score_function(f, z, mean, std):
    """An unbiased estimate of d E f(z) / d mean, from values and draws."""
    weighted = [value * (place - mean) / std**2 for value, place in zip(f, z)]
    return sum(weighted) / len(weighted)


# %% course={"role": "check", "q": "ch15.q4"}
ch15.q4(score_function)

# %% course={"role": "hidden", "q": "ch15.q4", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(source):
    f, z = ([source.gauss(0, 2) for _ in range(5)] for _ in range(2))
    return f, z, source.gauss(0, 1), source.uniform(0.5, 2)


evaluate(score_function, inputs)

# %% [markdown]
# Both are right on average. Which is steadier? Take $f(z) = \tfrac12\lVert z - a\rVert^2$ in $d$ dimensions, with width
# $s$ in each and every mean $rs$ away from its target. The slope in the first mean is estimated, per draw, by
# $z_1 - a_1$, whose variance is $s^2$; and by $f(z)\,\varepsilon_1/s$, whose variance one works out from the moments of a
# Gaussian to be larger by the factor
#
# $$ \frac{15 + 14r^2 + r^4}{4} + (d-1)\,\frac{(r^2+1)(r^2+3) + 2r^2+1}{2} + (d-1)^2\,\frac{(r^2+1)^2}{4} . $$ (eq-vae-ratio)
#
# For one code on target that is 3.75. Before you run the cell: what is it for sixteen, at $r = 1$?


# %% course={"role": "check"}
def estimates(d, r, draws=100_000):
    """Both estimates of the slope, one a draw; s = 1 and a = 0."""
    noise = torch.randn(draws, d)
    z = r + noise
    return z[:, 0], z.square().sum(1) / 2 * noise[:, 0]


engine.seed(0)
for d, r, factor in ((1, 0.0, 3.75), (1, 1.0, 7.5), (1, 3.0, 55.5), (16, 1.0, 315.0)):
    through, around = estimates(d, r)
    error = around.std() / math.sqrt(len(around))
    agree = (around.mean() - through.mean()).abs() < 5 * error
    holds(f"d = {d}, r = {r:g}: the two agree within their errors", agree)
    close(
        f"  variances: ratio over {factor:g}",
        around.var() / through.var() / factor,
        1.0,
        0.1,
    )

# %% [markdown]
# 315 times the variance means 315 times as many draws for the same precision, and it grows with the square of $d$. It is
# the price of not looking at the slope of $f$, and where $f$ has no slope, as when a code is a word, it must be paid or
# bargained down. Here it need not be. A VAE gets along with one draw a picture.

# %% [markdown]
# ## The game, as a diff
#
# The encoder now returns two vectors for each picture, and $q(z|x)$ is the Gaussian with that mean and that diagonal
# covariance. From the autoencoder, two things change, noise and a KL, both in `elbo`; `fake` is what they make possible.

# %%
show.diff(games.Autoencoder, games.VAE)

# %% [markdown]
# ### Against a known value
#
# Give this class linear networks and a $\sigma$ from probabilistic PCA. Then we know the best that it can reach, to the
# digit: 14.40 nats on the training pictures for $k = 8$. Does a bound, climbed with one random draw a picture, get
# there?


# %%
def linear_vae(noise, rounds=2000):
    """A VAE between centred pictures and 8 codes, both networks one linear layer."""
    centred = (pixels - pixels.mean(0)).float()
    engine.seed(0)
    nll = partial(losses.gaussian_nll, std=math.sqrt(noise))
    step = engine.cosine(engine.adam(0.03, (0.9, 0.99)), rounds)
    E, G = nn.Linear(64, 16), nn.Linear(8, 64)
    game = games.VAE(E, G, nll, data.Gaussian(8), optimizers={"model": step})
    batch = partial(torch.randint, len(centred), (256,))
    for _ in engine.play(game, lambda: centred[batch()], rounds):
        pass
    return game, centred


# %% course={"role": "check"}
best = theory.ppca(pixels, 8)
vae, centred = linear_vae(best.variance.item())
with torch.no_grad():
    mean, log_variance = vae.posterior(centred)
    W, offset = vae.G.weight.double(), vae.G.bias.double()
trained = theory.LinearGaussian(W, offset, best.variance)  # what the decoder stands for
reached = trained.log_prob(centred).mean()
lower = trained.elbo(centred, mean, torch.diag_embed(log_variance.exp())).mean()
close("its exact log-likelihood; the best there is: 14.40", reached, 14.40, 0.1)
close("its bound", lower, 14.40, 0.1)
fresh = trained.log_prob(held_out - pixels.mean(0)).mean()
close("on the test pictures; the best there is: 13.39", fresh, 13.39, 0.1)

# %% [markdown]
# It gets there, and the bound with it. But its guesses have *diagonal* covariances, and the posterior of a linear model
# has the precision $W^\top W/\sigma^2 + I$, which is diagonal only if the columns of $W$ are orthogonal. Turn the codes,
# $W \to WR$ with a rotation $R$: the density of pictures is the same, and the best diagonal guess now lacks
# $\tfrac12\bigl(\sum_j\log P_{jj} - \log\det P\bigr)$ with $P$ the precision. So of all the equally likely models the
# bound prefers those with orthogonal columns, and one of these it found.

# %% course={"role": "check"}
engine.seed(0)
R, _ = torch.linalg.qr(torch.randn(8, 8, dtype=torch.float64))
turned = theory.LinearGaussian(best.W @ R, best.mean, best.variance)
alike = turned.log_prob(held_out) - best.log_prob(held_out)
close("turned codes, the same density", alike, 0.0, 1e-6)
P = turned.precision
mean, _ = turned.posterior(held_out)
lacks = turned.log_prob(held_out) - turned.elbo(
    held_out, mean, torch.diag(1 / P.diagonal())
)
formula = (P.diagonal().log().sum() - torch.logdet(P)) / 2
close("what the best diagonal guess lacks, less the formula", lacks - formula, 0.0, 1e-6)
holds("which is more than 0.3 nats", formula > 0.3, formula)

columns = nn.functional.normalize(W, dim=0)
cosines = (columns.T @ columns - torch.eye(8)).abs().max()
holds("in the trained decoder, cosines between columns: below 0.2", cosines < 0.2, cosines)

# %% [markdown]
# ### What a code is worth
#
# In this model one can say what each code pays, averaged over the data: with the eigenvalue $\lambda_i$ of the
# direction it describes,
#
# $$ \overline{\mathrm{KL}}_i = \tfrac12\log\frac{\lambda_i}{\sigma^2} \quad\text{if } \lambda_i > \sigma^2, \qquad
#    0 \quad\text{otherwise.} $$ (eq-vae-worth)
#
# A direction in which the data vary less than the noise is not worth telling: its code falls back to the prior and the
# decoder ignores it. This is *posterior collapse* at its simplest, and no accident of training. Raise $\sigma^2$ to 0.32
# and four of the eight directions are worth nothing. (A factor $\beta$ in front of the KL, as in the $\beta$-VAE of
# {cite:t}`higgins2017`, does the same here: it is a noise variance of $\beta\sigma^2$.)

# %% course={"role": "check"}
eigenvalues = torch.linalg.eigvalsh(torch.cov(pixels.T, correction=0)).flip(0)[:8]
for noise, active in ((best.variance.item(), 8), (0.32, 4)):
    vae, _ = linear_vae(noise)
    with torch.no_grad():
        paid = losses.standard_normal_kl(
            *(v.reshape(-1, 1) for v in vae.posterior(centred))
        )
    paid = paid.reshape(-1, 8).mean(0).sort(descending=True).values
    worth = (eigenvalues / noise).log().clamp(min=0) / 2
    close(f"{active} codes at work: nats of each against the formula", paid, worth, 0.12)
    holds(
        f"  codes that pay more than 0.05 nats: {active}",
        (paid > 0.05).sum() == active,
        paid,
    )

# %% [markdown]
# ## Digits
#
# Now with the networks of the beginning, 1000 rounds, and nothing linear.

# %% course={"role": "demo"}
vae, _ = recipes.vae_digits(seed=0, rounds=ROUNDS, device="cpu", progress=False)
vae.eval()
samples = vae.sample(10_000, seed=0)
with torch.no_grad():
    rebuilt = vae.reconstruct(test)
found = nearest(samples[:1000], train)
holds(
    "decoded normal codes, to the nearest training picture: below 1.5", found < 1.5, found
)
holds("the autoencoder's were at more than 1.8", lost > 1.8, lost)
error = apart(test, rebuilt)
holds("and test pictures still come back: within 0.75", error < 0.75, error)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-vae-digits
#| fig-cap: "**What to see.** The same test digits as before, rebuilt by the VAE from the means of their codes; then what it decodes from standard normal numbers. These are strokes on paper now and no longer blotches; perhaps half of them can be named, and all are soft."
#| fig-alt: Four rows of twelve grey pictures of eight by eight pixels. The first shows digits, the second the same digits slightly blurred. The pictures in the third and fourth rows are soft grey strokes; some read as threes, eights and zeros, others lie between two digits.
rows = torch.cat([test[:12], rebuilt[:12], samples[:24]])
show.grid(rows, columns=12, row_labels=["test", "rebuilt", "decoded", ""])

# %% [markdown]
# Why does it work now? Because the codes of real pictures, noise and all, now lie where the prior is: nobody asked for
# this in so many words, but every code pays for being elsewhere.

# %% course={"role": "demo"}
with torch.no_grad():
    mean, log_variance = vae.posterior(train)
    codes = mean + (log_variance / 2).exp() * torch.randn_like(mean)
holds(
    "codes of training pictures: every mean within 0.2 of 0",
    codes.mean(0).abs().max() < 0.2,
)
inside = (codes.std(0) > 0.65) & (codes.std(0) < 1.35)
holds("every standard deviation between 0.65 and 1.35", inside.all(), codes.std(0))

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-vae-codes
#| fig-cap: "**What to see.** Two of the sixteen coordinates; dots are codes of training digits, triangles are what we draw. Left, the autoencoder keeps its digits in one spot, and most of what we draw falls where it has never put a picture. Right, the two clouds are one."
#| fig-alt: Two square panels from minus 3.2 to 3.2. Left, the dots form a small dense spot near the centre and the triangles are spread widely around it. Right, dots and triangles cover the same round area.
figure, places = show.panels(2, height=2.9)
engine.seed(0)
with torch.no_grad():
    clouds = {"autoencoder": rebuilder.encode(train), "VAE": codes}
for axes, (name, dots) in zip(places, clouds.items()):
    show.cloud(
        torch.randn(400, 2),
        dots[:400, :2],
        extent=(-3.2, 3.2, -3.2, 3.2),
        title=name,
        labels=("z₁", "z₂"),
        legend=False,
        axes=axes,
    )
figure

# %% [markdown]
# Better than an autoencoder's, then, but look at {numref}`fig-vae-digits` again: not good. Keep that in mind until we
# know more.
#
# ### A tighter bound
#
# The bound is an average of logarithms, $\log w_i$ with $w_i = p(x, z_i)/q(z_i|x)$, one draw at a time. The weights
# themselves average to $p(x)$ *exactly*. So take the mean of $k$ of them before the logarithm
# {cite:p}`burda2016`:
#
# $$ L_k = \mathbb E\Bigl[\log\frac1k\sum_{i=1}^k w_i\Bigr], \qquad L_1 \le L_2 \le \dots \le \log p(x) . $$ (eq-vae-iw)
#
# $L_1$ is the ELBO. Where we know $\log p(x)$, we can watch it being approached, from two guesses with the right mean:
# one has a quarter of the posterior's variance, one four times. Which is better at $k = 1$, and which in the end?

# %% course={"role": "check"}
model = theory.ppca(pixels, 8)
x = held_out[:100]
mean, covariance = model.posterior(x)
draws = [2**i for i in range(11)]


def bounds(scale):
    """L_k for k = 1, 2, ..., 1024 with a guess whose variance is off by a factor."""
    q = MultivariateNormal(mean, scale * covariance)
    z = q.sample((1024,))
    said = -((x - z @ model.W.T - model.mean) ** 2).sum(2) / (2 * model.variance)
    said -= 32 * torch.log(2 * math.pi * model.variance)
    log_prior = -z.square().sum(2) / 2 - 4 * math.log(2 * math.pi)
    weights = said + log_prior - q.log_prob(z)
    return [
        theory.importance_weighted(weights.unflatten(0, (k, -1))).mean().item()
        for k in draws
    ]


engine.seed(0)
narrow, wide = bounds(0.25), bounds(4.0)
log_p = model.log_prob(x).mean().item()
for name, scale, values in (("narrow", 0.25, narrow), ("wide", 4.0, wide)):
    exact = model.elbo(x, mean, scale * covariance).mean()
    close(f"{name}: L_1 less its closed form", values[0] - exact, 0.0, 0.1)
    holds(
        f"{name}: in order, and below log p",
        values == sorted(values) and values[-1] < log_p,
    )
holds("one draw: the narrow guess is ahead by more than 3 nats", narrow[0] - wide[0] > 3)
holds("1024: the wide one is within 0.1 of log p", log_p - wide[-1] < 0.1, log_p - wide[-1])
holds("1024: the narrow one is not", log_p - narrow[-1] > 0.1, log_p - narrow[-1])

# %% tags=["hide-input"]
#| label: fig-vae-bounds
#| fig-cap: "**What to see.** Both bounds rise towards the level line, log p, and neither crosses it. With one draw the narrow guess is ahead; with more, the wide one overtakes it. A guess that is too wide wastes draws, one that is too narrow hardly ever visits some of the codes that matter, and weights cannot put right what is not drawn."
#| fig-alt: Nats a picture against the binary logarithm of the number of draws, from 0 to 10. A level line at log p. The curve of the narrow guess starts two and a half nats below it and rises slowly; that of the wide guess starts more than six below, rises steeply, crosses the first between 2 and 5, and meets the level line.
show.lines(
    torch.arange(11.0),
    {"narrow guess": narrow, "wide guess": wide},
    references={"log p": log_p},
    xlabel="log₂ of the number of draws",
    title="bound, nats a picture",
)

# %% [markdown]
# For the digits nobody knows $\log p(x)$, but we know that it is at least this:

# %% course={"role": "demo"}
evidence = recipes.score_vae_digits(vae)
linear = theory.ppca(data.to_unit(train).flatten(1), 16).log_prob(held_out).mean().item()
holds("test pictures, 500 draws: at least 40 nats", evidence.bound > 40, evidence)
holds("one draw: at least 4 nats less", evidence.bound - evidence.elbo > 4, evidence)
holds("a linear model with as many codes: less than 25", linear < 25, linear)
forty_eight = theory.ppca(pixels, 48).log_prob(held_out).mean()
close("a linear model with 48 codes", forty_eight, 48.35, 0.01)

# %% [markdown]
# Several nats between one draw and 500: part of what the ELBO seems to say about a model is about its guesses. And one
# caution about the unit. A log density depends on how pixels are measured and on the $\sigma$ one assumes, and where
# pixels never change a model may make it as large as it likes by shrinking the noise: probabilistic PCA with 48 codes
# has 48.4 nats on these test pictures, because hardly anything is left for the noise to explain. Compare bounds on the
# same data, in the same units, with that in mind.

# %% [markdown]
# ## Beside a GAN
#
# The recipe of {doc}`../1_foundations/05_training`, for as many rounds: its generator is this decoder with 32 numbers
# instead of 16, and in place of an encoder it has a discriminator of about the same size. Remember your guesses.

# %% course={"role": "demo"}
gan, _ = recipes.digits(seed=0, rounds=ROUNDS, device="cpu", progress=False)
fakes = gan.sample(10_000, seed=0)


def roughness(x):
    """Mean square of each inner pixel's difference from its four neighbours, in [0, 1]."""
    x = data.to_unit(x)
    around = x[..., :-2, 1:-1] + x[..., 2:, 1:-1] + x[..., 1:-1, :-2] + x[..., 1:-1, 2:]
    return (4 * x[..., 1:-1, 1:-1] - around).square().mean().item()


soft, hard, true = roughness(samples), roughness(fakes), roughness(train)
holds(
    "VAE: less than 0.85 of the roughness of real digits", soft < 0.85 * true, soft / true
)
holds("GAN: between 0.85 and 1.2 of it", 0.85 < hard / true < 1.2, hard / true)
print(
    f"you said {sharper} and {can_say}; it is the GAN that is sharper, and the VAE that can say"
)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-vae-gan
#| fig-cap: "**What to see.** The VAE's digits are soft, the GAN's are as hard as the real ones. Count what cannot be named in each pair of rows: neither is free of it, and the VAE has more."
#| fig-alt: Six rows of twelve grey pictures of eight by eight pixels, two rows each of real digits, samples of the VAE, and samples of the GAN. The VAE's have soft grey edges; the GAN's have the contrast of the real ones. A few in each are not digits.
rows = torch.cat([train[:24], samples[:24], fakes[:24]])
names = ["real", "", "VAE", "", "GAN", ""]
show.grid(rows, columns=12, row_labels=names)

# %% [markdown]
# Where does the softness come from? The usual answer is the likelihood: a Gaussian one is a squared error, the best
# answer to an uncertain code under a squared error is a mean, and a mean of strokes is a smear. If that were all, then
# pictures decoded from the codes of *real* digits, noise and all, should be as poor as the samples. Let a judge compare,
# the digits classifier of the zoo; the distance is the Fréchet distance between its features of these pictures and of
# the training pictures.

# %% course={"role": "demo"}
judge = zoo.judge("digits")


def distance(x):
    """Fréchet distance of 450 pictures from the training pictures, to the judge."""
    return metrics.frechet(judge.seen, x, judge.features).value


engine.seed(0)
with torch.no_grad():
    mean, log_variance = vae.posterior(test)
    own = vae.G(mean + (log_variance / 2).exp() * torch.randn_like(mean))
from_own, from_prior = distance(own), distance(samples[:450])
real = distance(test)
holds("test digits: below 1.5", real < 1.5, real)
holds("codes of test digits, decoded: below 3", from_own < 3, from_own)
holds("codes from the prior, decoded: above 8", from_prior > 8, from_prior)
holds("GAN: below 6", distance(fakes[:450]) < 6)
of_test = roughness(own) / roughness(test)
holds("the former are softer than digits: below 0.9", of_test < 0.9, of_test)
holds("the latter softer still", soft / true < of_test - 0.05, (soft / true, of_test))

# %% [markdown]
# So the smear of the likelihood is real, and to the judge it is the smaller part. From codes that belong to a digit, the
# decoder draws pictures that the judge hardly tells from digits; from codes of the prior it often draws something
# between digits. Yet every single code is spread about as the prior says, we have seen it. Sixteen right margins are not
# a right distribution: the prior has mass where few pictures' codes ever lie, and what the decoder says there was hardly
# ever corrected. The discriminator of a GAN looks at exactly these pictures. It is the autoencoder's complaint again, in
# a milder form.
#
# ### Fewer codes
#
# If empty places in the prior are the trouble, a shorter code should have fewer of them, at the cost of telling less.
# Predict what four codes instead of sixteen do to the bound, and what to the samples.

# %% course={"role": "demo"}
few, _ = recipes.vae_digits(seed=0, rounds=ROUNDS, code=4, device="cpu", progress=False)
fewer = recipes.score_vae_digits(few, draws=200)
nearer = distance(few.sample(450, seed=0))
holds(
    "four codes: the bound is lower by more than 10 nats", evidence.bound - fewer.bound > 10
)
holds("and the samples are nearer: below 0.75 of the distance", nearer < 0.75 * from_prior)

# %% [markdown]
# The better density is the worse sampler, by a wide margin both ways. That is no contradiction. A likelihood is asked
# about real pictures, whose codes lie where the decoder is good; a sampler is asked about the prior. {cite:t}`theis2016`
# construct examples of this kind; here is one that came by itself. Five lengths of the code side by side (1000 rounds,
# seeds 0, 1 and 2; the distance is the one of the next table):
#
# | codes | bound, nats | Fréchet distance |
# |---|---|---|
# | 32 | 43.0, 43.8, 43.3 | 14.2, 14.2, 14.8 |
# | 16 | 44.3, 44.2, 44.7 | 12.2, 13.0, 11.9 |
# | 8 | 38.8, 38.4, 38.6 | 9.6, 9.6, 8.7 |
# | 4 | 19.0, 19.5, 21.4 | 6.2, 5.8, 5.6 |
# | 2 | −20.7, −19.7, −18.3 | 7.3, 8.0, 8.0 |
#
# The bound is best with sixteen codes, the samples with four. With two, too little is left to tell digits apart.
#
# ### The score
#
# 2000 rounds each, seeds 0, 1 and 2; the autoencoder's samples are decoded normal codes. Bound:
# `recipes.score_vae_digits`. Of 10,000 samples all count for Parzen windows (`recipes.score_digits`), the first 1077 for
# the Fréchet distance from the 450 test pictures, the first 450 for precision, recall and coverage beside them
# ({doc}`../1_foundations/06_measuring`), each uncertain by about ± 0.1 and none by more than ± 0.17. The ± of a distance
# is half of a 95 % interval, that of nats a standard error.
#
# | | autoencoder, 16 codes | VAE, 16 codes | VAE, 4 codes | GAN | real training digits |
# |---|---|---|---|---|---|
# | $\log p(x)$ of test pictures, nats | cannot say | at least 46.1, 46.0, 46.5 (± 0.5) | at least 21.9, 22.5, 24.5 (± 1.7) | cannot say | nobody knows |
# | test pictures, distance to their reconstructions | 0.61, 0.60, 0.61 | 0.63, 0.63, 0.61 | 1.07, 1.06, 1.03 | cannot | |
# | roughness, of that of real digits | 1.78, 1.87, 1.87 | 0.69, 0.68, 0.68 | 0.70, 0.68, 0.68 | 1.01, 1.01, 1.02 | 1 |
# | Fréchet distance, digits judge | 15.9, 16.1, 15.4 (± 2.2) | 10.8, 11.6, 10.6 (± 1.7) | 5.5, 5.2, 5.2 (± 1.3) | 1.9, 2.5, 2.6 (± 0.9) | 0.3 (± 0.2) |
# | precision, k = 3 | 0.20, 0.18, 0.19 | 0.50, 0.52, 0.52 | 0.75, 0.72, 0.72 | 0.72, 0.70, 0.65 | 0.91 |
# | recall, k = 3 | 0.74, 0.68, 0.64 | 0.76, 0.84, 0.78 | 0.72, 0.72, 0.74 | 0.83, 0.86, 0.84 | 0.87 |
# | coverage, k = 5 | 0.14, 0.12, 0.14 | 0.51, 0.44, 0.49 | 0.84, 0.84, 0.85 | 0.87, 0.83, 0.85 | 0.97 |
# | Parzen, nats | −7.9, −8.2, −6.6 (± 0.4) | 22.7, 23.3, 23.5 (± 0.7) | 30.6, 29.8, 30.8 (± 0.8) | 25.7, 25.5, 25.8 (± 0.8) | 26.6 (± 0.8) |
# | training, seconds of one core | 6 | 6 | 7 | 11 | |
#
# To the judge and in sharpness the GAN's samples are far ahead. In precision and coverage four codes are level with it,
# and in Parzen windows they beat even the real digits, which says more about the windows
# ({doc}`../1_foundations/05_training`). The common saying that *a VAE covers everything and a GAN drops modes* finds no
# support: neither VAE has the larger recall. Nor is recall beyond doubt. The autoencoder, of whose blotches one in five
# passes for a digit, has a recall of about 0.7: blotches lie farther apart than digits, so the balls around them are
# larger, and digits fall into them.
#
# What the VAE has and the GAN has not: an encoder, a bound on the likelihood of a picture, and a loss that goes down when
# things get better.
#
# Sixty-four pixels and small networks are one case, not the last word: VAEs with layers of codes, learned priors, and
# hybrids with a discriminator are matters for later chapters.
#
# | published | bar | here |
# |---|---|---|
# | binarised MNIST, negative log-likelihood in nats, importance-weighted {cite:p}`burda2016` | at most 88 | not yet |

# %% [markdown]
# ## Where popular notes go wrong
#
# **"An autoencoder overfits to its points, so it cannot generate."** It rebuilt new digits at little more than half the
# distance of their nearest neighbour. It cannot generate because its codes have no distribution that anybody chose.
#
# **"The posterior is intractable because $x$ ranges over all images."** $x$ was one picture, and with two codes the
# integral was a sum over a grid. What ranges is $z$.
#
# **"A code says 0.8 flower."** A code is no probability of a class. No label has been near this network; its codes have
# either sign, exceed one, and add up to nothing in particular. And turned codes describe the same density of pictures,
# as you have seen: if a coordinate means something, the diagonal guess made it so, not the data.

# %% course={"role": "demo"}
with torch.no_grad():
    codes = vae.encode(test)
holds("codes of test pictures: from below -2", codes.min() < -2, codes.min())
holds("to above 2", codes.max() > 2, codes.max())

# %% [markdown]
# **"The ELBO is the likelihood."** With one draw it fell more than four nats short of the bound with 500, and nobody
# knows how much that one lacks.
#
# **"A VAE is blurred because of the squared error."** In part. To the judge, most of what was wrong with the samples was
# wrong with their codes.

# %% [markdown]
# ## Exercises
#
# You have met four on the way ({numref}`ch15.q1`, {numref}`ch15.q2`, {numref}`ch15.q3`, {numref}`ch15.q4`). Two more:
#
# ```{exercise} The mean of many weights
# :label: ch15.q5
# Given a list of logarithms of importance weights for one picture, return one draw of {eq}`eq-vae-iw`. Two of the
# weights in the check are about $e^{-2000}$: as numbers they do not exist.
# ```


# %% course={"role": "answer", "q": "ch15.q5", "points": 2}
# >>> answer: ch15.q5
def bound(log_weights):
    """The logarithm of the mean of the weights, in nats."""
    largest = max(log_weights)
    shares = [math.exp(w - largest) for w in log_weights]
    return largest + math.log(sum(shares) / len(shares))


# %% course={"role": "check", "q": "ch15.q5"}
ch15.q5(bound)

# %% course={"role": "hidden", "q": "ch15.q5", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(bound, lambda source: ([source.gauss(-900, 2) for _ in range(5)],))

# %% [markdown]
# ```{exercise} What PCA throws away
# :label: ch15.q6
# Of $d$ eigenvalues of the data's covariance, a linear decoder with $k$ codes describes the largest $k$. The noise has
# one variance in all directions. The expected log-likelihood of the $d-k$ others under noise of variance $v$ is
# $-\tfrac12\sum_i(\log 2\pi v + \lambda_i/v)$; which $v$ makes it largest? The eigenvalues come as a list, largest
# first.
# ```


# %% course={"role": "answer", "q": "ch15.q6", "points": 1}
# >>> answer: ch15.q6
def noise_variance(eigenvalues, k):
    """The most likely variance of the noise in probabilistic PCA with k codes."""
    discarded = eigenvalues[k:]
    return sum(discarded) / len(discarded)


# %% course={"role": "check", "q": "ch15.q6"}
ch15.q6(noise_variance)

# %% course={"role": "hidden", "q": "ch15.q6", "atol": 0.001}
from ganlib.grading import evaluate


def inputs(source):
    eigenvalues = sorted((source.uniform(0, 9) for _ in range(7)), reverse=True)
    return eigenvalues, source.randrange(1, 6)


evaluate(noise_variance, inputs)

# %% [markdown]
# ## How we know
#
# | statement | held up by | the figure it asserts |
# |---|---|---|
# | an autoencoder rebuilds what it has not seen, and decoded normals are no digits | `tests/test_ch15.py::test_an_autoencoder_rebuilds_new_digits_nearly_as_well_and_its_decoded_normals_are_no_digits` | 1.04, 1.09, 1.11; above 1.6 |
# | its loss does not know where its codes are | `tests/test_ch15.py::test_the_loss_of_an_autoencoder_does_not_know_where_its_codes_are` | any invertible map |
# | probabilistic PCA | `tests/test_linear_gaussian.py::test_ppca_scores_as_scikit_learns_pca` | scikit-learn's score, five lengths |
# | its values on the digits | `tests/test_linear_gaussian.py::test_log_likelihoods_of_ppca_on_the_digits` | 14.40, 13.39 and six more |
# | {eq}`eq-vae-identity` | `tests/test_linear_gaussian.py::test_what_the_elbo_lacks_is_the_divergence_from_the_posterior` | ten random guesses |
# | {eq}`eq-vae-elbo` is the integral | `tests/test_linear_gaussian.py::test_the_elbo_is_the_integral_it_stands_for` | 1e-8 |
# | the price of a code | `tests/test_reconstruction.py::test_kl_is_that_of_torch_distributions` | random codes |
# | {eq}`eq-vae-ratio` | `tests/test_ch15.py::test_the_ratio_of_the_two_variances` | quadrature, five cases |
# | the game is the paper's | `tests/test_games.py::test_a_model_and_its_bare_loop_have_the_same_losses` | 12 rounds by hand |
# | its bound is right on average | `tests/test_games.py::test_the_elbo_of_a_linear_vae_is_its_closed_form_on_average` | 4 standard errors |
# | a linear VAE reaches the best value | `tests/test_ch15.py::test_a_linear_vae_reaches_the_value_of_probabilistic_pca` | 14.40 within 0.1 |
# | what turned codes cost | `tests/test_ch15.py::test_turned_codes_cost_a_diagonal_guess_what_the_formula_says` | exact |
# | {eq}`eq-vae-worth` | `tests/test_ch15.py::test_what_a_code_is_worth` | exact |
# | four codes collapse | `tests/test_ch15.py::test_half_of_the_codes_collapse_when_the_noise_is_wide` | 4 of 8 |
# | {eq}`eq-vae-iw` | `tests/test_linear_gaussian.py::test_importance_weighted_bounds_rise_towards_the_likelihood` | 1 to 512 draws |
# | a wide guess overtakes a narrow one | `tests/test_ch15.py::test_a_wide_guess_overtakes_a_narrow_one` | within 0.1 of log p |
# | the score of the digits is in the right units | `tests/test_ch15.py::test_the_digits_score_is_the_known_likelihood_of_a_linear_model` | 1e-3 nats |
# | decoded codes of digits, of the prior, and of a shorter prior | `tests/test_ch15.py::test_codes_of_digits_decode_to_digits_and_a_shorter_prior_has_fewer_gaps` | distances below 5, above 10, below 0.75 of that |
# | the two tables of VAE, GAN and autoencoder | `tests/test_ch15.py::test_the_tables_beside_a_gan_are_what_was_recorded` | every number |
# | what is said of them | `tests/test_ch15.py::test_what_the_chapter_says_of_the_score_is_so_in_every_seed` | seven statements, three seeds |
# | a VAE on the digits | `tests/test_ch15.py::test_a_short_vae_on_the_digits_bounds_more_than_a_linear_model_and_is_soft` | above 30 nats; roughness below 0.85 |

# %% [markdown]
# ## You can now
#
# - say that the loss of an autoencoder knows nothing of where its codes lie, and that noise and a KL tell it;
# - write $\log p(x)$ as a bound plus a divergence, check both where the truth is known, and tighten the bound by averaging
#   before the logarithm;
# - put a VAE and a GAN side by side, and say which numbers reward a sampler and which a density.

# %% [markdown]
# ## Sources
#
# The VAE, {eq}`eq-vae-elbo`, the reparametrised estimator and the price of a code are from {cite:t}`kingma2014vae`; the
# importance-weighted bound is theorem 1 of {cite:t}`burda2016`; probabilistic PCA is from {cite:t}`tipping1999`. That a
# linear VAE finds it, and that the bound adds no local maxima of its own, is the subject of {cite:t}`lucas2019`. Scaling the
# KL is from {cite:t}`higgins2017`.
#
# What popular notes get wrong: that an autoencoder's trouble is overfitting; that the integral is over pictures; that a
# code is a class probability; that a bound is the likelihood; and that all that is wrong with a VAE's samples
# is the squared error.
