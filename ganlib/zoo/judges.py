"""The judges: classifiers in whose features and by whose verdicts generated images are scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganlib import data, metrics, networks, recipes
from ganlib.recipes.judges import _shifted
from ganlib.zoo.provenance import circumstances, fingerprint
from ganlib.zoo.storage import HOME, fetch, halve, store

CODE = {
    "digits": (recipes.judge_digits, recipes.build_judge_digits),
    "mnist": (recipes.judge_mnist, recipes.build_judge_mnist),
}
"""From a data set's name to the recipe of its judge and the game it plays."""

SHARED = (recipes.Supervised, _shifted, networks.Classifier)
"""What both recipes stand on."""

SIZE = {"digits": 8, "mnist": 28}


class Judge(nn.Module):
    """A frozen classifier of digits. A score computed with it bears its name: it is no FID and no Inception score.

    Its `features` are normalised over the training images, so that a Frechet distance in them counts in variances of
    real images.

    Parameters
    ----------
    name : str. Of the data set.
    network : nn.Module. With `features`.
    size : int. Side of the images it judges, in pixels.
    scores : dict. What it was measured at: accuracy, errors, number of images.
    seen, reference : metrics.Moments. Of the features of the training and of the test images.

    Attributes
    ----------
    accuracy : float. Share of the test images it names rightly.
    seen : metrics.Moments. Of the features of the real images it was trained on.
    reference : metrics.Moments. Of the features of the real test images: what samples are compared with.
    """

    def __init__(
        self,
        name: str,
        network: networks.Classifier,
        size: int,
        scores: dict[str, Any],
        seen: metrics.Moments,
        reference: metrics.Moments,
    ) -> None:
        super().__init__()
        self.name, self.size, self.scores = name, size, scores
        self.accuracy = float(scores["accuracy"])
        self.seen, self.reference = seen, reference
        self.network = network.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> Judge:
        """Stay in evaluation mode, whatever is asked: a judge does not learn from what it judges."""
        return super().train(False)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the ten digits (logits), shape (n, 10), for images (n, 1, size, size) in [-1, 1]."""
        return self.network(self._checked(x))

    def features(self, x: Tensor) -> Tensor:
        """What it sees in images.

        Parameters
        ----------
        x : Tensor, shape (n, 1, size, size). Pixels in [-1, 1].

        Returns
        -------
        Tensor, shape (n, 64). Each of mean 0 and variance 1 over the training images.

        Raises
        ------
        ValueError. If the images have another shape.
        """
        return self.network.features(self._checked(x))

    def probabilities(self, x: Tensor) -> Tensor:
        """What it believes.

        Parameters
        ----------
        x : Tensor, shape (n, 1, size, size). Pixels in [-1, 1].

        Returns
        -------
        Tensor, shape (n, 10). Of each digit; rows add up to one.

        Raises
        ------
        ValueError. If the images have another shape.
        """
        return self(x).softmax(dim=1)

    def _checked(self, x: Tensor) -> Tensor:
        if x.dim() != 4 or x.shape[1:] != (1, self.size, self.size):
            raise ValueError(
                f"The {self.name} judge looks at images of shape (n, 1, {self.size}, {self.size}) "
                f"with pixels in [-1, 1], not at {tuple(x.shape)}."
            )
        return x

    def __repr__(self) -> str:
        return f"Judge of {self.name}: accuracy {self.accuracy:.4f} on {self.scores['test_images']} test images"


def judge(name: str, home: Path = HOME) -> Judge:
    """The judge of a data set, as recorded: trained once by its recipe, frozen, its files checked.

    Parameters
    ----------
    name : str. "digits" or "mnist".
    home : path. Where the recorded runs lie.

    Returns
    -------
    Judge. On the CPU; the data set itself is not needed.

    Raises
    ------
    ValueError. If there is no judge of that name, or its files are damaged.
    FileNotFoundError. If it has not been recorded.
    """
    if name not in CODE:
        raise ValueError(f"There is no judge of {name!r}; there are judges of {' and '.join(CODE)}.")
    record = fetch(f"judge_{name}", home)
    game = CODE[name][1]()
    game.load_state_dict(record.weights)  # copied into float32
    seen, reference = (
        metrics.Moments(
            n=record.scores[f"{part}_images"],
            mean=record.extra[f"{part}_mean"].double(),
            covariance=record.extra[f"{part}_covariance"].double(),
        )
        for part in ("train", "test")
    )
    return Judge(name, _network(game), SIZE[name], record.scores, seen, reference)


def is_current(name: str, home: Path = HOME) -> bool:
    """Whether a judge is recorded, and its recipe has not changed since.

    Parameters
    ----------
    name : str. "digits" or "mnist".
    home : path. Where the recorded runs lie.

    Returns
    -------
    bool. False also when there is no such record; comments and docstrings of the recipe may change.
    """
    try:
        recorded = fetch(f"judge_{name}", home).provenance["fingerprint"]
    except (FileNotFoundError, ValueError):
        return False
    return bool(recorded == code(name))


def code(name: str) -> str:
    """The fingerprint of all that decides what a judge becomes.

    Parameters
    ----------
    name : str. "digits" or "mnist".

    Returns
    -------
    str. See `ganlib.zoo.provenance.fingerprint`.
    """
    return fingerprint(*CODE[name], *SHARED)


def record(name: str, home: Path = HOME, **options: Any) -> Judge:
    """Train a judge by its recipe, measure it as it will be loaded, and put it into the zoo.

    Parameters
    ----------
    name : str. "digits" or "mnist"; the latter needs the data set itself.
    home : path. Where the recorded runs lie.
    **options
        For the recipe, such as ``seed``, ``rounds``, ``device`` or ``checkpoint``.

    Returns
    -------
    Judge. As `judge` loads it.
    """
    recipe, build = CODE[name]
    game, history = recipe(**options)
    weights = halve(game.state_dict())
    saved = build()
    saved.load_state_dict(weights)
    model = _network(saved)
    model.eval()

    scores: dict[str, Any] = {}
    extra: dict[str, Tensor] = {}
    moments: dict[str, metrics.Moments] = {}
    for part in ("train", "test"):
        real = data.digits(part, labels=True) if name == "digits" else data.load(name, part, labels=True)
        moments[part] = metrics.moments(real.x, model.features)
        extra |= {f"{part}_mean": moments[part].mean, f"{part}_covariance": moments[part].covariance}
        named = metrics.extract(real.x, model).argmax(dim=1)
        scores |= {f"{part}_images": len(real.x), f"{part}_errors": int(named.ne(torch.as_tensor(real.y)).sum())}
    scores["accuracy"] = 1 - scores["test_errors"] / scores["test_images"]
    scores["frechet_train_test"] = metrics.frechet_distance(moments["train"], moments["test"])
    provenance = {
        "recipe": f"judge_{name}",
        "seed": options.get("seed", 0),
        "rounds": history.rounds[-1],
        "fingerprint": code(name),
        **circumstances(game.device),
    }
    store(f"judge_{name}", weights, extra=extra, history=vars(history), scores=scores, provenance=provenance, home=home)
    return judge(name, home)


def _network(game: recipes.Supervised) -> networks.Classifier:
    """What a judge's game has trained."""
    assert isinstance(game.model, networks.Classifier)
    return game.model
