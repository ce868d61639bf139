"""A small convolutional classifier for square images, whose last layer but one is a feature space."""

from torch import Tensor, nn


class Classifier(nn.Module):
    """From images to one score per class, through features that are worth looking at themselves.

    Convolutions of 3 x 3 keep the side, convolutions of 4 x 4 with stride 2 halve it; batch normalisation and ReLU
    follow each. The features are normalised too: over the training data each has mean 0 and variance 1.

    Parameters
    ----------
    size : int. Side of the images in pixels, 8 to 64.
    classes : int. How many.
    channels : int. Of the images.
    width : int. Channels of the first map; each halving of the side doubles them.
    features : int. Dimension of the feature space.

    Raises
    ------
    ValueError. If the images are too small or too large.

    Source: Simonyan & Zisserman 2014, arXiv:1409.1556, section 2, for stacked 3 x 3 convolutions; the rest is ours.
    """

    def __init__(self, size: int, classes: int = 10, channels: int = 1, width: int = 24, features: int = 64) -> None:
        super().__init__()
        if not 8 <= size <= 64:
            raise ValueError(f"The classifier is built for square images of 8 to 64 pixels, got {size}: resize them.")
        layers = [*_convolution(channels, width, 3, 1)]
        while size >= 8:
            layers += [*_convolution(width, 2 * width, 4, 2), *_convolution(2 * width, 2 * width, 3, 1)]
            width, size = 2 * width, size // 2
        head = [nn.Flatten(), nn.Linear(width * size**2, features), nn.BatchNorm1d(features, affine=False)]
        self.trunk = nn.Sequential(*layers, *head)
        self.classify = nn.Sequential(nn.ReLU(), nn.Linear(features, classes))

    def features(self, x: Tensor) -> Tensor:
        """The last layer but one, before its ReLU.

        Parameters
        ----------
        x : Tensor, shape (B, C, size, size). Images in [-1, 1].

        Returns
        -------
        Tensor, shape (B, features). Each of mean 0 and variance 1 over the training data.
        """
        return self.trunk(x)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes (logits), shape (B, classes), for images in [-1, 1]."""
        return self.classify(self.features(x))


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
    """Convolution without a bias, which batch normalisation would cancel."""
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]
