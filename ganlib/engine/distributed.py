"""Several processes play one game: each takes its share of every batch, and all follow the gradient of the whole.

`torchrun` starts the processes, which are called ranks, and `joined` makes them known to one another; inside it `fit`
plays for all. A batch is the joint batch: each of W ranks keeps its own W-th part. After a player's backward pass its
gradients are averaged over the ranks, in one message, by a hook that its optimizer calls before the step. Whatever was
differentiated on the way there, such as the slope in a penalty, needs nothing further, for the loss that was
differentiated is complete on each rank. Neither players nor games know of it.

The average of the ranks' gradients is the gradient of the joint batch only for a loss that is a mean over examples.
Batch normalisation is not: while ranks play, its means and variances are those of the joint batch. What else looks at a
batch as a whole takes it through `gather`. Nobody's word is taken for it: before the first round each player's gradient
is computed both ways, on a few examples, and a game in which the two differ is refused.

Noise differs between the ranks, and is new in every round: round k of rank r draws from a seed made of the run's seed,
r and k. So no generators need to be kept, and a run that goes on from a checkpoint draws what it would have drawn.
"""

import hashlib
import io
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer
from torch.utils._python_dispatch import TorchDispatchMode

from ganlib.engine.checkpoint import restore, resume, snapshot
from ganlib.engine.device import device as find_device
from ganlib.engine.device import seeded
from ganlib.engine.game import Batch, Draw, Game

NEEDED = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
EXAMPLES = 4  # of each rank, on which the two ways to a gradient are compared; statistics of few differ most
PATIENCE = 300.0  # seconds that a rank waits for rank 0 to begin
TOLERANCE = 0.01  # of their difference, relative to the gradient; rounding stays far below, statistics far above

T = TypeVar("T")

_gathering: ContextVar[bool] = ContextVar("gathering", default=False)


class Lost(ConnectionError):
    """Another rank is gone, or cannot be reached."""


class Told(ValueError):
    """What keeps all ranks from playing, on a rank that need not say it, since rank 0 does."""


@dataclass
class Ranks:
    """The processes that play one game together, as one of them sees it. There is one when nobody has joined.

    Attributes
    ----------
    rank : int. The number of this process, from 0. Rank 0 writes and speaks for all.
    size : int. How many ranks there are.
    device : str, optional. Where this rank trains; the best device here if None.
    together : bool. Whether there is a group to speak to, be it of one.
    seed : int. Of the run: what the ranks make their own seeds of.
    """

    rank: int = 0
    size: int = 1
    device: str | None = None
    together: bool = False
    seed: int = 0

    @property
    def first(self) -> bool:
        """Whether this is rank 0, which writes and speaks for all.

        Returns
        -------
        bool. True also when nobody has joined.
        """
        return self.rank == 0

    def agree(self, game: Game, folder: Path | None) -> tuple[int, dict[str, Any], Path | None]:
        """Let all ranks begin where rank 0 does, which goes on from its last checkpoint if there is one.

        Parameters
        ----------
        game : Game. Changed in place: networks, optimizers and seed are then those of rank 0.
        folder : Path, optional. Where rank 0 keeps the run; the others need not see it.

        Returns
        -------
        tuple of int, dict and Path or None. As of `checkpoint.resume`: the number of the next round, the history that
            was saved, and the checkpoint; 0, nothing and None at the beginning.

        Raises
        ------
        ValueError
            If rank 0 cannot go on from its checkpoints; on every other rank as `Told`.
        """
        seed = torch.initial_seed()  # before a checkpoint puts back the state that came of it
        if not self.together:
            return resume(folder, game) if folder else (0, {}, None)

        def begin() -> tuple[Any, bytes]:
            where = resume(folder, game) if folder else (0, {}, None)
            packed = io.BytesIO()
            torch.save(snapshot(game) | {"generators": {}}, packed)  # and not pickled, which would keep its device
            return (*where, seed), packed.getvalue()

        (*where, self.seed), packed = self.from_first(begin)
        if not self.first:
            restore(game, torch.load(io.BytesIO(packed), weights_only=True, map_location="cpu"))
        return where[0], where[1], where[2]

    def from_first(self, make: Callable[[], T]) -> T:
        """What rank 0 comes to, on every rank.

        Parameters
        ----------
        make : callable. Takes nothing, returns what can be pickled. Called on rank 0 alone.

        Returns
        -------
        object. What it has returned there.

        Raises
        ------
        Told
            On every other rank, if it fails on rank 0 with a ValueError or an OSError.
        """
        if not self.together:
            return make()
        message: list[Any] = [None, None]
        problem: Exception | None = None
        if self.first:
            try:
                message[0] = make()
            except (ValueError, OSError) as error:
                problem, message[1] = error, str(error)
        with _reachable():
            dist.broadcast_object_list(message, src=0, device=torch.device("cpu"))
        if problem is not None:
            raise problem
        if message[1] is not None:
            raise Told(f"Rank 0 cannot go on: {message[1]}")
        made: T = message[0]
        return made

    def heard(self, number: int) -> int:
        """The largest of the numbers that the ranks bring, so that what one is asked for reaches all.

        Parameters
        ----------
        number : int. This rank's.

        Returns
        -------
        int. The same on every rank; `number` itself when nobody has joined.
        """
        return int(_largest(torch.tensor(number, device="cpu"))) if self.together else number

    def leave(self) -> None:
        """Play and speak for oneself from here on, as rank 0 does to score what all have trained."""
        global _present
        if self.together:
            self.together, _present = False, Ranks()
            dist.destroy_process_group()

    @contextmanager
    def playing(self, game: Game, draw: Draw) -> Iterator[Draw]:
        """For the length of a block, let a game be played by all ranks; refuse one that would come out otherwise.

        Parameters
        ----------
        game : Game. The same on every rank.
        draw : callable. Takes nothing, returns the next joint batch.

        Yields
        ------
        callable. Takes nothing, returns this rank's share of the next batch.

        Raises
        ------
        ValueError
            If a batch cannot be shared out evenly, or the averaged gradient of a player is not that of the joint batch;
            on every rank, and on all but rank 0 as `Told`.
        """
        if not self.together:
            yield draw
            return
        kinds = {module: type(module) for module in game.modules() if isinstance(module, _BatchNorm)}
        hooks = [player.optimizer.register_step_pre_hook(self._average) for player in game.players.values()]
        token = _gathering.set(True)
        try:
            for norm, kind in kinds.items():
                norm.__class__ = _jointly(kind)
            self._compare(game, draw)
            yield lambda: self._share(draw())
        finally:
            _gathering.reset(token)
            for norm, kind in kinds.items():
                norm.__class__ = kind
            for hook in hooks:
                hook.remove()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """For the length of a block, compute on this rank alone; so may rank 0 do what the others do not."""
        token = _gathering.set(False)
        try:
            yield
        finally:
            _gathering.reset(token)

    def mean(self, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        """Losses of the joint batch, from those of the shares.

        Parameters
        ----------
        losses : dict. From player to its loss on this rank, shape (), on the device.

        Returns
        -------
        dict. From player to the mean over the ranks.
        """
        if not self.together:
            return losses
        total = _add_up(torch.stack(list(losses.values())))
        return dict(zip(losses, total / self.size, strict=True))

    def reseed(self, step: int) -> None:
        """Draw from here on what this rank draws in a given round; without effect when nobody has joined.

        Parameters
        ----------
        step : int. The round's number.
        """
        if not self.together:
            return
        digest = hashlib.blake2b(f"{self.seed} {self.rank} {step}".encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "little") >> 1
        # torch.manual_seed asks every kind of device there might be, which takes as long as a small round
        torch.default_generator.manual_seed(number)
        if torch.cuda.is_initialized():
            torch.cuda.manual_seed(number)

    def _share(self, real: Batch) -> Batch:
        """The part of a joint batch that is this rank's."""
        if not isinstance(real, Tensor):
            return tuple(self._share(part) for part in real)
        if len(real) % self.size:
            raise self._alike(
                f"A batch of {len(real)} cannot be shared out evenly among {self.size} ranks: "
                f"choose a batch that {self.size} divides, or another number of ranks."
            )
        return real.view(self.size, -1, *real.shape[1:])[self.rank]

    def _alike(self, sentence: str) -> ValueError:
        """What every rank comes to by itself, and one is to say."""
        return ValueError(sentence) if self.first else Told(sentence)

    @torch.no_grad()
    def _average(self, optimizer: Optimizer, *_: Any) -> None:
        """Replace a player's gradients by their means over the ranks."""
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        # no loss looks at its values to choose its way, so that what has no gradient here has none elsewhere
        gradients = [p.grad for p in parameters if p.grad is not None]
        if gradients:
            total = _add_up(torch.cat([gradient.flatten() for gradient in gradients])) / self.size
            for gradient, mean in zip(gradients, total.split([g.numel() for g in gradients]), strict=True):
                gradient.copy_(mean.view_as(gradient))

    def _compare(self, game: Game, draw: Draw) -> None:
        """Compute every player's gradient from a joint batch, then from shares; refuse a game if they differ."""
        buffers = {name: buffer.clone() for name, buffer in game.named_buffers()}
        try:
            with seeded(self.seed % 2**63, game.device):
                real = draw()
                self._share(real)  # or a sentence
                parts = (real,) if isinstance(real, Tensor) else tuple(real)
                few = min(self.size * EXAMPLES, *map(len, parts))
                parts = tuple(self._told(part[:few]) for part in parts)
                real = parts[0] if isinstance(real, Tensor) else parts
                for name in dict.fromkeys(game.turns):
                    self._compare_one(game, name, real, few)
        finally:
            for name, buffer in game.named_buffers():
                buffer.copy_(buffers[name])

    @staticmethod
    def _told(x: Tensor) -> Tensor:
        """Rank 0's tensor, on every rank: data may differ between machines."""
        x = x.clone(memory_format=torch.contiguous_format)
        with _reachable():
            dist.broadcast(x, src=0)
        return x

    def _compare_one(self, game: Game, name: str, real: Batch, rows: int) -> None:
        player = game.players[name]
        drawn: list[Tensor] = []
        refused = f"{type(game).__name__} cannot be played by {self.size} ranks: what {name} wants"
        remedy = "Take the statistics of a batch over engine.gather(x), or play on one."
        try:
            with self.apart(), _Recorded(drawn):
                joint = _gradient(player.loss(real), player.parameters)
            with _Shared(drawn, self.rank, self.size, rows // self.size):
                mine = _gradient(player.loss(self._share(real)), player.parameters)
        except (RuntimeError, IndexError) as error:
            reason = str(error).splitlines()[0]
            raise self._alike(f"{refused} cannot be computed from a part of a batch ({reason}). {remedy}") from error
        mean = _add_up(mine) / self.size
        apart = (mean - joint).norm() / joint.norm().clamp(min=torch.finfo(joint.dtype).tiny)
        if (difference := float(_largest(apart))) > TOLERANCE:
            raise self._alike(
                f"{refused} is no mean over the examples of a batch, and the ranks' gradients miss that of the joint "
                f"batch by {difference:.0%}. {remedy}"
            )


_present = Ranks()


def present() -> Ranks:
    """The ranks that play now.

    Returns
    -------
    Ranks. Of one process, unless this is called within `joined`.
    """
    return _present


@contextmanager
def joined(device: str | None = None) -> Iterator[Ranks]:
    """For the length of a block, be one of the processes that `torchrun` has started; alone, if it has not.

    Parameters
    ----------
    device : str, optional. ``"cpu"`` or ``"cuda"``, where every rank has a GPU of its own; the best that is here if
        left out.

    Yields
    ------
    Ranks. Whose `device` is where to train, and whose `first` says who is to print and to score.

    Raises
    ------
    ValueError
        If the environment is not that of `torchrun`, a rank has no GPU of its own, this PyTorch cannot send messages,
        or the ranks do not find one another.

    Examples
    --------
    >>> with joined() as ranks:  # under torchrun, game and draw would be shared by all
    ...     ranks.size
    1
    """
    global _present
    if not {"RANK", "LOCAL_RANK", "WORLD_SIZE"} & os.environ.keys():
        yield Ranks(device=device)
        return
    if missing := [name for name in NEEDED if name not in os.environ]:
        there = next(name for name in NEEDED if name in os.environ)
        raise ValueError(
            f"{there} is set, as for one of several processes, but {missing[0]} is not: start them by torchrun, "
            f"or unset {there} to train in one."
        )
    where, backend = _place(device)
    try:
        store, rank, size = next(dist.rendezvous("env://"))
        dist.init_process_group(backend, store=_afresh(store, rank, size), rank=rank, world_size=size)
    except (RuntimeError, ValueError) as error:
        address = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise ValueError(
            f"The ranks do not find one another at {address} ({str(error).splitlines()[0]}): "
            "start them by torchrun, with the same --rdzv-endpoint on every machine."
        ) from None
    _present = Ranks(dist.get_rank(), dist.get_world_size(), where, together=True)
    try:
        yield _present
    finally:
        _present.leave()


def _afresh(store: dist.Store, rank: int, size: int) -> dist.Store:
    """A part of the ranks' common store in which the dead have left nothing.

    The store is torchrun's and outlives a restart, so that a new rank might read where a dead one could be reached.
    Rank 0 names a part that nobody has used; the others follow it once it has answered them by their own words.
    """
    mine = secrets.token_hex(8)
    if rank == 0:
        store.set("ganlib", mine)
        for other in range(1, size):
            store.set(f"{mine}/heard/{other}", store.get(f"{mine}/{other}").decode())
        return dist.PrefixStore(mine, store)
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        part = store.get("ganlib").decode()
        store.set(f"{part}/{rank}", mine)
        answer = f"{part}/heard/{rank}"
        if store.check([answer]) and store.get(answer).decode() == mine:
            return dist.PrefixStore(part, store)
        time.sleep(0.02)
    raise RuntimeError("rank 0 does not answer")


def gather(x: Tensor) -> Tensor:
    """The rows of all ranks, for a loss or a layer that looks at the examples of a batch together.

    Gradients flow back to the rank that each row came from, to any order. Outside of a round that ranks play together,
    `x` itself is returned.

    Parameters
    ----------
    x : Tensor, shape (n, ...). The same n on every rank.

    Returns
    -------
    Tensor, shape (W n, ...). Rank 0's rows first.
    """
    if not _gathering.get():
        return x
    slots = [x if rank == _present.rank else torch.zeros_like(x) for rank in range(_present.size)]
    rows: Tensor = _Sum.apply(torch.cat(slots))  # type: ignore[no-untyped-call]
    return rows


class _Sum(torch.autograd.Function):
    """The sum over the ranks. What each rank's loss gains by it reaches every rank, so it is its own derivative."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return _add_up(x.clone(memory_format=torch.contiguous_format))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        return _Sum.apply(gradient)  # type: ignore[no-untyped-call]


class _Joint(_BatchNorm):
    """A batch normalisation that knows only a part of its batch, and takes the statistics of the whole."""

    def forward(self, x: Tensor) -> Tensor:
        if (not self.training and self.running_mean is not None) or not _gathering.get():
            return super().forward(x)
        self._check_input_dim(x)  # type: ignore[no-untyped-call]
        values = x.to(torch.promote_types(x.dtype, torch.float32))
        variance, mean = torch.var_mean(values, [0, *range(2, x.dim())], correction=0)
        means, variances = gather(torch.stack([mean, variance])[None]).unbind(1)
        mean = means.mean(0)
        variance = variances.mean(0) + (means - mean).square().mean(0)
        if self.training and self.running_mean is not None and self.running_var is not None:
            self._remember(mean.detach(), variance.detach(), len(means) * x.numel() // x.shape[1])
        one_each = (1, -1, *[1] * (x.dim() - 2))
        y = (values - mean.view(one_each)) * (variance + self.eps).rsqrt().view(one_each)
        if self.affine:
            y = y * self.weight.view(one_each) + self.bias.view(one_each)
        return y.to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        share = self.momentum if self.momentum is not None else 1 / self.num_batches_tracked.to(mean.dtype)
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_((variance * (count / (count - 1))).to(self.running_var.dtype), share)


def _jointly(kind: type[_BatchNorm]) -> type[_BatchNorm]:
    """A kind of batch normalisation that takes joint statistics; one with a forward of its own is left to itself."""
    if kind.forward not in (_BatchNorm.forward, nn.SyncBatchNorm.forward):
        return kind
    return type(kind.__name__, (_Joint, kind), {})


class _Recorded(TorchDispatchMode):
    """Note every tensor that is drawn at random."""

    def __init__(self, drawn: list[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.drawn = drawn

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function.overloadpacket is torch.ops.aten.randperm:
            raise RuntimeError("it shuffles the batch, and ranks do not see one another's examples")
        out = function(*args, **(kwargs or {}))
        if isinstance(out, Tensor) and torch.Tag.nondeterministic_seeded in function.tags:
            self.drawn.append(out.detach().clone())
        return out


class _Shared(TorchDispatchMode):
    """Draw this rank's rows of what was drawn before; of several batches in a row, its rows of each."""

    def __init__(self, drawn: list[Tensor], rank: int, size: int, rows: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.drawn, self.rank, self.size, self.rows = iter(drawn), rank, size, rows

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = function(*args, **(kwargs or {}))
        if not isinstance(out, Tensor) or torch.Tag.nondeterministic_seeded not in function.tags:
            return out
        joint = next(self.drawn, out)
        if joint.shape == out.shape:  # drawn once for all examples
            return out.copy_(joint)
        batches = joint.view(-1, self.size, self.rows, *joint.shape[1:])
        return out.copy_(batches[:, self.rank].reshape(out.shape))


def _gradient(loss: Tensor, parameters: list[nn.Parameter]) -> Tensor:
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
    return torch.cat([gradient.flatten() for gradient in gradients])


def _add_up(x: Tensor) -> Tensor:
    """Replace a tensor by its sum over the ranks."""
    return _reduced(x, dist.ReduceOp.SUM)


def _largest(x: Tensor) -> Tensor:
    return _reduced(x, dist.ReduceOp.MAX)


def _reduced(x: Tensor, how: Any) -> Tensor:
    with _reachable():
        dist.all_reduce(x, how)
    return x


@contextmanager
def _reachable() -> Iterator[None]:
    """Say in one sentence that a message did not arrive."""
    try:
        yield
    except RuntimeError as error:
        raise Lost(
            f"Rank {_present.rank} has lost another rank, and what that one says is the cause: "
            "the same command goes on from the last checkpoint."
        ) from error


def _place(device: str | None) -> tuple[str, str]:
    """Where this rank trains, and what sends its messages."""
    local = int(os.environ["LOCAL_RANK"])
    if device != "cpu" and torch.cuda.is_available() and local < torch.cuda.device_count():
        torch.cuda.set_device(local)  # before anything is made on the first GPU, where all would leave something
    kind = find_device(device).type
    if not dist.is_available() or not dist.is_gloo_available():
        raise ValueError("This build of PyTorch has no gloo, which sends the ranks' messages: train in one process.")
    if kind != "cuda":
        return kind, "gloo"
    if device is not None and ":" in device:
        raise ValueError(f"Ranks take a GPU each, not all {device!r}: ask for 'cuda', or start one process alone.")
    ranks, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", local + 1)), torch.cuda.device_count()
    if max(ranks, local + 1) > gpus:
        raise ValueError(
            f"{ranks} ranks on this machine want a GPU each, and it has {gpus}: "
            f"start torchrun with --nproc-per-node {gpus}, or train with the device 'cpu'."
        )
    if not dist.is_nccl_available():
        raise ValueError("This build of PyTorch has no NCCL, which ranks on GPUs need: train with the device 'cpu'.")
    return f"cuda:{local}", "cpu:gloo,cuda:nccl"
