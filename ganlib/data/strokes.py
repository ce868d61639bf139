"""Pen strokes: sequences of position and pressure, drawn by a machine whose every setting is known."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ganlib.data import _check

__all__ = ["Strokes", "strokes"]

_KNOTS = 8  # independent numbers in the tremor of one channel
_POINTS = 512  # of a shape's table, dense enough for straight lines between them


class Strokes(nn.Module):
    """Sequences (x, y, pressure) of a pen: a source with one known class and two known numbers behind each.

    A shape is drawn on a slanted sheet, x + slant * y, by a hand whose speed changes: the point reached at time s is
    that of s + tempo * s * (1 - s), so that a positive tempo starts fast and ends slowly. Slant changes the picture and
    not its timing, tempo the timing and not the picture. Added to every channel is a smooth tremor that nobody is told
    of.

    Calling it with a size draws that many sequences on its device; nothing is read back from the device.

    Parameters
    ----------
    shapes : Tensor, shape (K, 3, M). Paths of x, y and pressure, M points evenly spaced in time, about [-1, 1].
    names : sequence of K str. What the shapes are called.
    length : int. Points of a sequence, 2 or more.
    slant : float. Drawn uniformly from [-slant, slant]; in units of x for one of y. Above zero.
    tempo : float. Drawn uniformly from [-tempo, tempo]. Above zero, below one, so that the pen never turns back.
    tremor : float. Its standard deviation in every channel at every time, 0 or more, in the units of the shapes.

    Attributes
    ----------
    shape : tuple of int. Of one sequence, (3, length).
    names : tuple of str. Of the classes.
    factors : tuple of str. Of the numbers: slant, tempo.
    limits : Tensor, shape (2,). Their largest values.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or range.
    """

    factors = ("slant", "tempo")
    shapes: Tensor
    limits: Tensor
    bumps: Tensor
    time: Tensor

    def __init__(
        self,
        shapes: Tensor,
        names: Sequence[str],
        length: int = 64,
        slant: float = 0.6,
        tempo: float = 0.6,
        tremor: float = 0.05,
    ) -> None:
        super().__init__()
        if shapes.dim() != 3 or shapes.shape[1] != 3 or shapes.shape[2] < 2 or not len(shapes):
            raise ValueError(f"shapes are paths of x, y and pressure, (K, 3, M), not of shape {tuple(shapes.shape)}")
        if not shapes.isfinite().all():
            raise ValueError("shapes must be finite numbers")
        if len(names) != len(shapes):
            raise ValueError(f"{len(shapes)} shapes need as many names, not {len(names)}")
        if _check.count("length", length) < 2:
            raise ValueError("a sequence has a length of 2 or more, not 1")
        if _check.positive("tempo", tempo) >= 1:
            raise ValueError(f"tempo must be below 1, or the pen turns back; not {tempo!r}")
        if not (tremor >= 0 and math.isfinite(tremor)):
            raise ValueError(f"tremor is a standard deviation, 0 or more, not {tremor!r}")
        self.names, self.tremor = tuple(names), float(tremor)
        self.shape = (3, length)
        self.register_buffer("shapes", shapes.detach().float().clone())
        self.register_buffer("limits", torch.tensor([_check.positive("slant", slant), float(tempo)]))
        time = torch.linspace(0, 1, length, dtype=torch.float64)
        bumps = torch.exp(-0.5 * ((time * (_KNOTS - 1) - torch.arange(_KNOTS)[:, None]) / 0.8).square())
        self.register_buffer("bumps", (bumps / bumps.norm(dim=0)).float())  # unit variance at every time
        self.register_buffer("time", time.float())

    def __len__(self) -> int:
        return len(self.names)

    def render(self, kind: Tensor, values: Tensor) -> Tensor:
        """Draw what is asked for, without tremor.

        Parameters
        ----------
        kind : Tensor, shape (n,). Class numbers from 0.
        values : Tensor, shape (n, 2). Slant and tempo, which may leave their range as long as the tempo is in (-1, 1).

        Returns
        -------
        Tensor, shape (n, 3, length). x, y, pressure.
        """
        slant, tempo = values[:, :1], values[:, 1:]
        last = self.shapes.shape[2] - 1
        place = (self.time + tempo * self.time * (1 - self.time)) * last
        left = place.floor().clamp(0, last - 1)
        share = (place - left)[:, None]
        at = left.long()[:, None].expand(-1, 3, -1)
        paths = self.shapes.index_select(0, kind)
        path = paths.gather(2, at) * (1 - share) + paths.gather(2, at + 1) * share
        return torch.cat([path[:, :1] + slant[..., None] * path[:, 1:2], path[:, 1:]], dim=1)

    def known(self, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """Draw n sequences, and say what each was made of.

        Parameters
        ----------
        n : int. How many.

        Returns
        -------
        tuple of Tensor. Sequences (n, 3, length), class numbers (n,), and slant and tempo (n, 2). From PyTorch's global
        generator on the device; the same sequences as calling the source would have given.
        """
        where = {"device": self.time.device, "dtype": self.time.dtype}
        kind = torch.randint(len(self), (n,), device=self.time.device)
        values = self.limits * (2 * torch.rand(n, 2, **where) - 1)  # type: ignore[call-overload]
        tremor = self.tremor * (torch.randn(n, 3, _KNOTS, **where) @ self.bumps)  # type: ignore[call-overload]
        return self.render(kind, values) + tremor, kind, values

    def forward(self, n: int) -> Tensor:
        """Draw n sequences.

        Parameters
        ----------
        n : int. How many.

        Returns
        -------
        Tensor, shape (n, 3, length). On the source's device, from PyTorch's global generator there.
        """
        return self.known(n)[0]

    @torch.no_grad()
    def read(self, x: Tensor, steps: int = 33) -> tuple[Tensor, Tensor, Tensor]:
        """Read class, slant and tempo off sequences: the nearest the machine could have drawn, in squares.

        Every class is tried with `steps` tempos from -0.9 to 0.9, each at its best slant, which has a closed form. It
        knows how strokes are made and nothing of any network, so it can judge what a generator draws.

        Parameters
        ----------
        x : Tensor, shape (n, 3, length). Sequences, real or generated.
        steps : int. Tempos tried, 2 or more; the tempo read is on this grid.

        Returns
        -------
        tuple of Tensor. Class numbers (n,), slant and tempo (n, 2), and what is left unexplained (n,): the root of the
        mean square over channels and times. Tremor alone leaves a little less than its standard deviation.

        Raises
        ------
        ValueError
            If these are not sequences of this source's shape.
        """
        if x.dim() != 3 or x.shape[1:] != self.shape:
            raise ValueError(f"expected sequences of shape (B, {self.shape[0]}, {self.shape[1]}), not {tuple(x.shape)}")
        tempos = torch.linspace(-0.9, 0.9, steps, device=x.device)
        kind = torch.arange(len(self), device=x.device).repeat_interleave(steps)
        tempo = tempos.repeat(len(self))
        upright = self.render(kind, torch.stack([torch.zeros_like(tempo), tempo], 1))
        y = upright[:, 1]
        # |x - t - slant * (y, 0, 0)|^2 with the best slant <x_1 - t_1, y> / <y, y>, for all pairs at once.
        along = (x[:, 0] @ y.T - (upright[:, 0] * y).sum(1)) / y.square().sum(1)
        apart = torch.cdist(x.flatten(1), upright.flatten(1)).square() - along.square() * y.square().sum(1)
        error, best = apart.min(dim=1)
        slant = along.gather(1, best[:, None])
        left = (error.clamp(min=0) / x[0].numel()).sqrt()
        return kind[best], torch.cat([slant, tempo[best][:, None]], 1), left

    def extra_repr(self) -> str:
        return f"{', '.join(self.names)}; length={self.shape[1]}"


def strokes(
    classes: int = 6, length: int = 64, slant: float = 0.6, tempo: float = 0.6, tremor: float = 0.05
) -> Strokes:
    """Make a source of pen strokes, the first of ten shapes: no download, and nothing about them is unknown.

    Parameters
    ----------
    classes : int. How many shapes, 1 to 10.
    length, slant, tempo, tremor
        As in `Strokes`.

    Returns
    -------
    Strokes. The pen is set down at the start and lifted at the end: pressure is -1, then 1 halfway, then -1.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    if not 1 <= _check.count("classes", classes) <= len(_SHAPES):
        raise ValueError(f"there are {len(_SHAPES)} shapes, not {classes}")
    u = torch.linspace(0, 1, _POINTS, dtype=torch.float64)
    pressure = 2 * (math.pi * u).sin() - 1
    names = list(_SHAPES)[:classes]
    table = torch.stack([torch.stack([*_SHAPES[name](u), pressure]) for name in names])  # type: ignore[no-untyped-call]
    return Strokes(table, names, length, slant, tempo, tremor)


def _zigzag(u: Tensor, periods: float) -> Tensor:
    """A triangle wave between -1 and 1 that starts at 1."""
    return 4 * ((u * periods) % 1 - 0.5).abs() - 1


_TURN = 2 * math.pi
_SHAPES = {
    "circle": lambda u: ((_TURN * u).sin(), (_TURN * u).cos()),
    "eight": lambda u: (0.7 * (2 * _TURN * u).sin(), (_TURN * u).cos()),
    "zigzag": lambda u: (2 * u - 1, 0.8 * _zigzag(u, 2.5)),
    "loops": lambda u: (1.2 * u - 0.6 + 0.4 * (3 * _TURN * u).sin(), 0.7 * (3 * _TURN * u).cos()),
    "spiral": lambda u: (-u * (2 * _TURN * u).sin(), u * (2 * _TURN * u).cos()),
    "arch": lambda u: (-(_TURN * u / 2).cos(), 2 * (_TURN * u / 2).sin() - 1),
    "wave": lambda u: (2 * u - 1, (_TURN * u).sin()),
    "fish": lambda u: ((_TURN * u).sin(), 0.7 * (2 * _TURN * u).sin()),
    "clover": lambda u: (
        (1.5 * _TURN * u).cos() * (_TURN * u / 2).cos(),
        (1.5 * _TURN * u).cos() * (_TURN * u / 2).sin(),
    ),
    "spring": lambda u: (0.8 * (2.5 * _TURN * u).sin(), 1 - 2 * u),
}
