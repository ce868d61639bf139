"""How large a run is: the paper's size where there is a GPU, one that two CPU cores manage in minutes elsewhere."""

from typing import NamedTuple

from ganlib import engine


class Size(NamedTuple):
    """What a small and a full run of one recipe differ in."""

    rounds: int
    """How many."""
    batch: int
    """Examples in a batch."""
    width: int
    """Of the networks: units of a layer, or channels of the largest feature map."""


def is_full(full: bool | None, device: str | None) -> bool:
    """Whether a run has its full size: as asked, and if nothing was asked, on a GPU.

    Parameters
    ----------
    full : bool, optional. What was asked.
    device : str, optional. Where the run will be; the best device here if left out.

    Returns
    -------
    bool.
    """
    return engine.device(device).type == "cuda" if full is None else full
