"""Several answers about one input: a score and a class, a score and a code."""

from torch import Tensor, nn


class Heads(nn.Module):
    """A trunk that looks once, and heads that each say something else about what it saw.

    Parameters
    ----------
    trunk : nn.Module, (B, *S) -> (B, k). Its parameters are shared.
    *heads : nn.Module, (B, k) -> (B, m). At least one; such as ``nn.Linear(k, 1)`` for a score and ``nn.Linear(k, 10)``
        for the scores (logits) of ten classes.

    Raises
    ------
    ValueError
        If there is no head.
    """

    def __init__(self, trunk: nn.Module, *heads: nn.Module) -> None:
        super().__init__()
        if not heads:
            raise ValueError("A network of heads needs at least one head beside its trunk.")
        self.trunk, self.heads = trunk, nn.ModuleList(heads)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Look once.

        Parameters
        ----------
        x : Tensor, shape (B, *S). What the trunk reads.

        Returns
        -------
        tuple of Tensor. One answer a head, in their order.
        """
        seen = self.trunk(x)
        return tuple(head(seen) for head in self.heads)
