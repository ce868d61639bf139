"""What a classifier of K classes needs to be a discriminator, and what its generator wants small."""

from torch import Tensor

from ganlib.engine import gather


def realness(logits: Tensor) -> Tensor:
    """The score of "real" that is hidden in K scores of classes: the logarithm of Z, the sum of their exponentials.

    With a further class "fake", whose score is fixed at 0, the softmax puts Z / (Z + 1) on the K others together: the
    sigmoid of log Z. So any objective of `losses` takes it as D's score.

    Parameters
    ----------
    logits : Tensor, shape (B, K)
        Scores of the classes.

    Returns
    -------
    Tensor, shape (B, 1)
        Between the largest score of a row and that plus log K.

    Notes
    -----
    Source: Salimans et al. 2016, arXiv:1606.03498, section 5.
    """
    return logits.logsumexp(dim=1, keepdim=True)


def feature_matching(real: Tensor, fake: Tensor) -> Tensor:
    """How far the mean features of fakes are from those of real examples: the mean of their squared differences.

    Parameters
    ----------
    real, fake : Tensor, shapes (B, d) and (C, d)
        Activations of some layer of D on either batch.

    Returns
    -------
    Tensor, shape ()
        In squared units of the features, >= 0; zero when the means agree, whatever the examples.

    Notes
    -----
    Source: Salimans et al. 2016, arXiv:1606.03498, section 3.1; the mean over features, where the paper sums, is that
    of its code.
    """
    return (gather(real).mean(dim=0) - gather(fake).mean(dim=0)).square().mean()
