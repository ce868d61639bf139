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
# # How to read this book
#
# **Claim.** A GAN is a game that fits on one screen, and the losses of its players do not tell you whether it went
# well.
#
# You will be able to
#
# - run a chapter on a laptop, in Colab or on a GPU, and know what it should print;
# - read a GAN as a class — who moves, in what order, what each wants small — and the next GAN as the few lines that changed;
# - judge a generator by what it generates, and say why its loss would have misled you.

# %% course={"role": "setup"} tags=["hide-input"]
import copy
import math
from functools import partial

import torch
from torch import nn

import ganlib
from ganlib import data, engine, games, metrics, networks, show
from ganlib.engine import adam, cosine
from ganlib.grading import holds
from ganlib.grading.exercises import ch01

device = ganlib.setup(seed=0)

# %% [markdown]
# ## Watch first
#
# Here is the smallest interesting thing a generative model can learn: eight little clouds of points, evenly spaced on a
# circle. A network called the **generator** will be given random noise and must turn it into points that could have
# come from those clouds. It is never shown one. All it gets is a verdict from a second network, the **discriminator**,
# which sees real points and generated ones and learns to tell them apart. Each improves because the other does.
#
# The two of them will train for two thousand rounds in the next cell but one; that takes a few seconds. Before you run
# it, commit yourself. The generator starts with all its points in one heap near the middle. **After how many rounds
# will it have put points on at least seven of the eight clouds?** Fifty, five hundred, or only near the end?

# %% course={"role": "given"}
my_guess = 1500  # rounds

# %% course={"role": "given"}
ROUNDS = 2000
ring = data.ring(8, std=0.05).to(device)  # eight Gaussians on the unit circle


def ring_game(rate_of_D=1e-3):
    """A small generator and a small discriminator, and how fast each learns."""
    G = networks.mlp(4, 2, hidden=(64, 64))
    D = networks.mlp(2, 1, hidden=(64, 64), activation=partial(nn.LeakyReLU, 0.2))
    slow_down = {
        "D": cosine(adam(rate_of_D, (0.0, 0.99)), ROUNDS),
        "G": cosine(adam(1e-3, (0.0, 0.99)), ROUNDS),
    }
    prior, average = data.Gaussian(4), networks.EMA(G, 0.99)
    return games.GAN(G, D, prior, optimizers=slow_down, average=average).to(device)


# %% [markdown]
# And this is the training. There is no training function with forty options to learn: `play` hands you one round after
# another, and the loop is yours. Here we use it to keep a snapshot now and then.

# %% course={"role": "demo"}
game = ring_game()
history = engine.History(losses={"D": [], "G": []})
points, judges, first_seven = {}, {}, None

for step, losses in engine.play(game, partial(ring, 256), ROUNDS):
    if step % 50 == 0:
        history.rounds.append(step)
        for player, loss in losses.items():
            history.losses[player].append(loss.item())
        points[step] = game.sample(600, seed=1)
        judges[step] = copy.deepcopy(game.D)
        if first_seven is None and metrics.modes(points[step], ring).covered >= 7:
            first_seven = step
points[ROUNDS] = game.sample(600, seed=1)

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-filmstrip
#| fig-cap: >-
#|   **What to see.** The orange points are the generator's, the open circles mark the eight clouds it has never seen.
#|   It spreads out, reaches all eight early, and spends most of its time sharpening. Below, the losses of the two
#|   players over the same rounds: they hardly move, while everything you care about is happening above them.
#| fig-alt: >-
#|   Five panels show the generator's points at rounds 0, 100, 200, 500 and 2000. They start in one heap, spread into a
#|   wide cloud, gather on the circle, and end as eight clusters with thin bridges between them. Two loss curves below
#|   are flat.
snapshots = [0, 100, 200, 500, 2000]
show.film(
    [points[k] for k in snapshots],
    snapshots,
    modes=ring.modes,
    columns=5,
    extent=(-1.4, 1.4, -1.4, 1.4),
    history=history,
)

# %% [markdown]
# Now meet your guess again.

# %% course={"role": "demo"}
holds(
    "seven of the eight clouds were reached within 600 rounds",
    first_seven <= 600,
    first_seven,
)
report = metrics.modes(game.sample(2500, seed=2), ring)
holds("at the end at least seven of eight clouds are covered", report.covered >= 7, report)

# %% [markdown]
# If you guessed late, you may have thought of learning as something that creeps towards a goal. This is not
# that. There was no goal that stood still: the generator chased a verdict, and the verdict changed with every move.
#
# The next figure puts the verdict beside the losses. With a running kernel you get a slider for the round; drag it from
# 0 slowly through the first few hundred, and watch which of the two halves tells you anything. On paper you see four of
# its stops.


# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-territory
#| fig-cap: >-
#|   **What to see.** Left, both losses, with a line at the round. Right, the generator's points, and what the discriminator thinks of every place: the deeper the
#|   orange, the surer it is of *fake*; blue is *real*; on the bold line it cannot tell. At first it has no opinion. Then
#|   it draws a border through the ring wherever the generator has left a gap, and the points move in. At the end the
#|   border has shrunk to islands at most of the clouds. The losses saw none of it.
#| fig-alt: >-
#|   Four rows, for rounds 0, 100, 300 and 1950. On the left, the two loss curves, level all the way, and an upright
#|   line that moves to the right. On the right, maps of the plane. The first is nearly white. In the second
#|   and third a bold line encloses parts of the ring that the generated points do not yet cover. In the last there are
#|   small closed lines around most of the clouds, a deep orange basin in the middle, and the generated points on the
#|   clouds.
def moment(axes, round):
    step = 50 * (round // 50)
    show.surface(
        judges[step], fake=points[step], modes=ring.modes, extent=(-1.5, 1.5, -1.5, 1.5),
        limits=(-2, 2), legend=False, axes=axes,
    )  # fmt: skip
    beside = axes.inset_axes((-1.4, 0.12, 0.95, 0.78))
    show.lines(
        history.rounds,
        history.losses,
        marks={"": step},
        title="losses",
        limits=(0, 2),
        axes=beside,
    )


show.explore(moment, round=[0, 100, 300, 1950], columns=1, height=1.75)

# %% [markdown]
# ## The engine is under sixty lines
#
# Everything you just saw ran on two small ideas. The first is a **player**: some parameters it may change, a loss it
# wants small, and an optimizer. This is the whole of what a player does in its turn:

# %% course={"role": "given"}
show.source(engine.Player.move, docstrings=False)

# %% [markdown]
# Compute your loss on a real batch; find out how it changes with *your own* parameters (`inputs=` leaves everybody
# else's alone); take a step. {doc}`Chapter 5 <05_training>` takes these five lines apart one by one, because what is
# commonly said about them is wrong.
#
# The second idea is a **game**: players, and the order in which they move. One round is

# %% course={"role": "given"}
show.source(engine.Game.round, docstrings=False)

# %% [markdown]
# and `play` is this round in a `for` loop. `fit`, which later chapters use, is `play` with a progress bar, a record of
# the losses, and checkpoints: stop it, run it again, and it goes on from its last checkpoint, bit for
# bit as if it had not stopped.
#
# That is the engine. It knows nothing about GANs. The GAN is a class on top of it, and a short one:

# %% course={"role": "given"}
show.source(games.GAN, docstrings=False)

# %% [markdown]
# Read it as you would read the rules of a board game. *Who moves, in what order?* `turns`. *What does each want small?*
# `d_loss` and `g_loss`, both written with an `objective` that says what a score is worth. *What may each change?* The
# networks it was seated with. Everything else is a hook: a place where a later paper can put its idea (`*given` is one:
# it stays empty until {doc}`../2_architectures/09_cgan` fills it with labels). One word needs
# care from the start. The discriminator's output is called a **score**, and it is not a probability. It is any real
# number; larger means "more real", and zero means "I cannot tell". Turning scores into probabilities is the objective's
# business.
#
# ## A paper is a diff
#
# Three years after the first GAN came the Wasserstein GAN {cite:p}`arjovsky2017`. It has a theory of its own, worth a
# chapter of its own later in this book. But what did it *change*? Guess the number of lines before you look.

# %% course={"role": "given"}
show.diff(games.GAN, games.WGAN)

# %% [markdown]
# Lines with a minus were taken out, lines with a plus were put in, and the last two say what was left alone. Four
# ideas: another objective, a critic that moves five times before the generator moves once, weights that are clipped
# into a box after each of the critic's moves, and an optimizer without momentum.
#
# Every chapter that introduces a GAN prints its game like this. The text is not pasted into the page: it is read from
# the class that is about to train, so it cannot be out of date. Every such class also stands under one contract — a
# move changes only the mover's parameters, the same seed gives the same bits, a run that was stopped and continued ends
# where the uninterrupted one does — and next to every class the tests keep a plain loop of one screen that uses nothing
# of this library and must arrive at the same losses.
#
# ## The smaller loss is the better model?
#
# Now for the second half of the claim. You will hear, and have perhaps said, that training is going well because the
# loss is going down. For most of machine learning that is a decent rule. Here are two runs of the game above. The
# second differs in one number: its discriminator learns thirty times more slowly.
#
# Suppose I show you only the losses, averaged over the last two hundred rounds, and they agree to within a few
# hundredths. **Which of these would you bet on?** (a) Both generators are about equally good. (b) One is good and the
# other is useless. (c) One cannot know.

# %% course={"role": "given"}
my_bet = "a"

# %% course={"role": "demo"}
engine.seed(0)
slow = ring_game(rate_of_D=3e-5)
slow_history = engine.fit(slow, partial(ring, 256), ROUNDS, every=50)


def settled(history, player):
    """Mean loss over the last two hundred rounds that were recorded."""
    return sum(history.losses[player][-4:]) / 4


for player in ("D", "G"):
    gap = abs(settled(history, player) - settled(slow_history, player))
    holds(
        f"the two runs end with the same loss of {player}, to within 0.15", gap < 0.15, gap
    )

# %% course={"role": "demo"} tags=["hide-input"]
#| label: fig-same-losses
#| fig-cap: >-
#|   **What to see.** Above, the losses of the two runs. The second is restless at first, but both settle at the same
#|   heights, and if you trusted calm curves you would trust it more. Below, what the two generators make: one covers
#|   the ring, the other has put all of its points in one place.
#| fig-alt: >-
#|   Two panels with loss curves. On the left they are flat from the start; on the right they swing for 500 rounds. Both
#|   end near 1.4 for D and 0.7 for G. Below them two scatter plots: on the left the orange points form eight clusters
#|   on a ring; on the right they form one small heap at the edge, near a single cloud.
figure, panels = show.panels(4, height=2.6)
for axes, (name, record) in zip(
    panels[:2], {"fast D": history, "slow D": slow_history}.items(), strict=True
):
    show.lines(record.rounds, record.losses, xlabel="round", title=name, limits=(0, 2.5), axes=axes,
               looks={"D": show.DISCRIMINATOR, "G": show.FAKE})  # fmt: skip
for axes, played in zip(panels[2:], (game, slow), strict=True):
    show.cloud(
        played.sample(600, seed=1),
        modes=ring.modes,
        extent=(-1.5, 1.5, -1.5, 1.5),
        legend=False,
        axes=axes,
    )
figure

# %% course={"role": "demo"}
slow_report = metrics.modes(slow.sample(2500, seed=2), ring)
holds(
    "same losses, and one generator covers at most two of the eight clouds",
    slow_report.covered <= 2,
    slow_report,
)

# %% [markdown]
# So the losses agree, and (b) is what happened — though from the losses alone (c) was the only honest answer. The
# reason is worth a minute. A loss in a game is not a distance to a goal. It says how a player stands *against the other
# player as he is now*. When the generator is perfect, the best discriminator scores everything zero; its loss is then
# $2\log 2 \approx 1.386$ and the generator's is $\log 2\approx 0.693$. A discriminator that learns too slowly to find
# the difference also scores nearly everything zero. **A perfect forger and a blind expert produce the same numbers.**
# So, for that matter, does a pair of networks before its first round.
#
# What tells the runs apart is a look at the samples, or a count. Counting is what `metrics.modes` does: it asks which
# clouds were hit, how much of what was generated lies within three standard deviations of one, and how evenly the
# clouds share it. Its report for a good run looks like this; the real data themselves are scored here, so these are
# numbers as good as numbers get. (Where the clouds are not known, counting is harder: that is
# {doc}`chapter 6 <06_measuring>`.)

# %% course={"role": "given"}
engine.seed(4)
perfect = metrics.modes(ring(2500), ring)
holds("a perfect sampler covers 8 of 8", perfect.covered == 8, perfect)
print(f"its expected share of high quality: {100 * perfect.ceiling:.2f} %")
print(f"its expected reverse KL, from chance alone: {perfect.floor:.4f} nats")

# %% [markdown]
# A perfect sampler does not score 100 %. In the plane, a Gaussian point lands within three standard deviations of its
# centre with probability
#
# $$ 1 - e^{-3^2/2} = 0.98889 , $$ (eq-ceiling)
#
# so anyone who reports more has found a way to be *better than real*, which is another name for wrong. This book prints
# such ceilings and floors beside its numbers, because a number without them is half a number.
#
# ## Where popular notes go wrong
#
# "The smaller loss is the better model" you have now seen fail. Two relatives of it are just as common. "The
# discriminator's loss should go to zero": then it tells real from fake without error, and the generator is nowhere
# near. "At the end $D = \tfrac12$ everywhere, so when you see ½ you are done": you have just watched ½ come from a
# discriminator that had not learned anything. {doc}`Chapter 4 <04_minimax>` makes this precise.
#
# ## Which chapter needs which
#
# Chapters are numbered in reading order, and a number is fixed for good, so there are gaps where a chapter is still to
# be written. You need not read in order. *Needs* means that its formulas are used; what only helps is in brackets.
#
# | chapter | the question it answers | needs |
# |---|---|---|
# | 2 {doc}`02_generative_and_discriminative` | what is it to model data, and what does a sampler give up? | 1 |
# | 3 {doc}`03_divergences` | how far apart are two distributions? | (2) |
# | 4 {doc}`04_minimax` | what does a generator descend, and why may it circle? | 1 (3) |
# | 5 {doc}`05_training` | which line moves whom, and what can be read from a loss? | 1, 4 |
# | 6 {doc}`06_measuring` | how good are the samples, and how can the number be fooled? | 1 (3, 5) |
# | 11 {doc}`../2_architectures/11_mutual_information` | how much does one thing tell about another, and is a bound an estimate? | 3 |
# | 15 {doc}`../2_architectures/15_autoencoder_to_vae` | what if the model shall name a probability? | 3 (11) |
#
# In a hurry: 1, 4, 5. If you came to judge somebody else's model: 1, 3, 6.
#
# ## Running it yourself
#
# **In the browser, with nothing to install**: this page. It is the executed notebook, and every number on it was
# printed by the cell above it.
#
# **In Colab**: *Open in Colab*, at the top, opens this chapter with the answers left for you. Its first cell installs
# the library if it is missing.
#
# **On your machine**: `make lab` in a copy of the repository sets everything up and opens JupyterLab. `make book`
# builds this book, and `make test` runs every test behind it.
#
# **With a GPU**: it is used if there is one, and nothing here needs it.
#
# Each chapter is written to run in under 45 seconds on two ordinary cores, and `make notebooks` says how long yours
# took. What needs longer is run once by us, and its results are recorded together with the recipe, the seed and the
# machine. To see what you are running on:

# %% course={"role": "given"} tags=["nbval-ignore-output"]
ganlib.versions()

# %% [markdown]
# **Will you get the same numbers?** On one machine, with the same seed, to the last bit. On another machine, not quite:
# processors differ in the order in which they add, the difference is one part in ten million, and a game amplifies it.
# So this book prints two kinds of results only: closed forms, rounded, which are the same everywhere; and statements
# such as *at least seven of eight clouds are covered*, which are printed if they hold and stop the notebook with the
# measured value if they do not. If you have run this chapter to here, all of its statements held on your machine.
#
# ## Grading yourself
#
# Exercises look like the ones below. You hand in a function or a value; the check under it computes something with your
# answer, prints what it computed, and says *right* or gives one hint. Hints are not generic. Each check knows some
# wrong answers by name, the ones that a mistaken idea leads to, and if yours is one of them it tells you
# which idea to revisit. Every one of those hints has a test with the wrong answer that calls for it. In this book the
# solutions are folded below the exercises; in the student notebooks they are not there.
#
# ## When not to use a GAN
#
# A course on a tool should say when to leave it in the box.
#
# *When you need a probability.* A GAN gives you samples, and no number for how likely a given picture is. If you want
# to detect outliers, compress, or compare models by likelihood, use a model that has one, or a bound on one, such as
# that of {doc}`chapter 15 <../2_architectures/15_autoencoder_to_vae>`.
#
# *When coverage matters more than sharpness.* The game can be at rest with clouds missing, as you saw. Models trained
# by likelihood pay an unbounded price for a missed cloud, and diffusion models, trained by a weighted bound on the
# likelihood {cite:p}`ho2020`, inherit that.
#
# *When training must simply work.* A regression loss goes down. A game can circle for ever, and chapter 4 has one small
# enough to prove it.
#
# What remains is a lot: samples in a single pass through the network, a loss you did not have to write down (the
# discriminator *is* the loss, and it can be about anything that distinguishes real from fake), and an idea — learn by
# being told apart — that appears wherever two networks are trained against each other.
#
# ## Exercises

# %% [markdown]
# ```{exercise} Who moves?
# :label: ch01.q1
# :class: essential
# In your game the discriminator moves three times, then the generator moves once, then the round is over. What is
# `turns`?
# ```

# %% course={"role": "answer", "q": "ch01.q1", "points": 1}
# >>> answer: ch01.q1
turns = 3 * ("D",) + ("G",)

# %% course={"role": "check", "q": "ch01.q1"}
ch01.q1(turns)

# %% [markdown]
# ```{exercise} Counting moves in a diff
# :label: ch01.q2
# Print `show.diff(games.GAN, games.WGANGP)`, or remember that WGAN-GP takes its turns from WGAN. How often has each
# player moved after 100 rounds of it? Answer with the pair (moves of D, moves of G).
# ```

# %% course={"role": "answer", "q": "ch01.q2", "points": 1}
# >>> answer: ch01.q2
moves = (100 * games.WGANGP.turns.count("D"), 100 * games.WGANGP.turns.count("G"))

# %% course={"role": "check", "q": "ch01.q2"}
ch01.q2(moves)

# %% [markdown]
# ```{exercise} Count the clouds
# :label: ch01.q3
# Write the core of a mode counter: given samples of shape (N, 2), centres of shape (K, 2) and a distance, return how
# many centres have at least one sample within that distance.
# ```


# %% course={"role": "answer", "q": "ch01.q3", "points": 2}
# >>> answer: ch01.q3
def covered(samples, centres, reach):
    """How many centres have a sample within reach."""
    distances = torch.cdist(samples, centres)  # (N, K)
    return (distances.min(dim=0).values <= reach).sum().item()


# %% course={"role": "check", "q": "ch01.q3"}
ch01.q3(covered)

# %% course={"role": "hidden", "q": "ch01.q3"}
from ganlib.grading import evaluate


def inputs(draw):
    samples, centres = (
        torch.tensor([[draw.uniform(-3, 3), draw.uniform(-3, 3)] for _ in range(n)])
        for n in (9, 6)
    )
    return samples, centres, draw.uniform(0.5, 2)


evaluate(covered, inputs)

# %% [markdown]
# ```{exercise} Better than real?
# :label: ch01.q4
# A paper counts a point in the plane as good when it lies within $k$ standard deviations of its cloud's centre. Which
# share of a perfect sampler's points is good, as a function of $k$? (Equation {eq}`eq-ceiling` is the case $k=3$.)
# ```


# %% course={"role": "answer", "q": "ch01.q4", "points": 2}
# >>> answer: ch01.q4
def ceiling(k):
    """Share of a two-dimensional Gaussian within k standard deviations of its centre."""
    return 1 - math.exp(-(k**2) / 2)


# %% course={"role": "check", "q": "ch01.q4"}
ch01.q4(ceiling)

# %% course={"role": "hidden", "q": "ch01.q4", "atol": 0.001}
from ganlib.grading import evaluate

evaluate(ceiling, lambda draw: (draw.uniform(0.3, 3),))

# %% [markdown]
# ## How we know
#
# | statement | held up by | figure |
# |---|---|---|
# | players move in turn, each seeing what the other has just done | `tests/test_engine.py::test_players_move_in_turn_each_seeing_what_the_other_has_just_done` | a game of two numbers, by hand |
# | a move changes the mover and nobody else | `tests/test_contract.py::test_a_move_changes_every_parameter_of_the_mover_and_no_other` | equal bits, every game |
# | each game is what its paper says | `tests/test_games.py::test_a_game_and_its_bare_loop_have_the_same_losses` | 12 rounds, 2 parts in 100,000 |
# | a run that was cut goes on as if it had not been | `tests/test_engine.py::test_a_run_cut_by_checkpoints_ends_bit_for_bit_like_one_that_was_not` | equal bits |
# | the ceiling {eq}`eq-ceiling` | `tests/test_metrics.py::test_ceiling_is_the_chi_distribution` | equal to SciPy, in several dimensions |
# | a perfect sampler scores ceiling and floor | `tests/test_metrics.py::test_a_perfect_sampler_scores_its_ceiling_and_its_floor` | within its standard error |
# | every hint of every exercise is met by a wrong answer | `tests/test_exercises.py::test_every_hint_is_given_to_some_wrong_answer` | none left over |
# | same losses, one good and one collapsed | the cells of this chapter, run by the notebook tests | gaps < 0.15; ≥ 7 and ≤ 2 clouds |
#
# ## You can now
#
# - run a chapter anywhere, and know that a statement it prints is one that held;
# - read a game as turns, losses and seats, and a variant as its diff;
# - refuse to be reassured by a loss, and count instead.
#
# ## Sources
#
# The game is {cite:t}`goodfellow2014`; the diff is of {cite:t}`arjovsky2017`. The ring and the way to count its clouds
# follow {cite:t}`lin2018`, with clouds five times as wide (standard deviation 0.05 instead of 0.01) so that a few
# seconds suffice; chapter 5 returns to the harder one. Two runs with equal losses and unequal fates were found by
# varying one learning rate. For a long and careful introduction by the first author of that paper, read
# {cite:t}`goodfellow2016tutorial`.
