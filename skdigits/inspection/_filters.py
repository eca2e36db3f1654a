"""What the first layer of a network looks for."""

import numpy as np

from skdigits.inspection._classifier import image_classifier
from skdigits.inspection._drawing import grid, new_axes

MOST_COLUMNS = 8
# Blue over grey to yellow: it diverges in colour, and grows lighter all the way, so that the sign
# of a weight is legible in black and white too. Its authors made it for colour-blind readers.
COLORS = "cividis"
SCALE_QUANTILE = 0.995  # a few weights far from the others would leave these all grey


class FirstLayerDisplay:
    """The weights of a network's first layer as images, all to one scale.

    For a CNN they are the kernels of its first convolution; for an MLP, what each unit of its first
    hidden layer weighs the pixels with. Weights of one channel go from dark blue (negative) over
    grey (zero) to yellow (positive). Those of three channels are drawn as red, green and blue, with
    zero as mid-grey; of any other number of channels, the mean is drawn. The scale leaves out the
    largest half percent of the weights.

    Parameters
    ----------
    filters : ndarray of shape (n_filters, height, width, channels)
        The weights.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the filters.
    figure_ : matplotlib Figure
        Figure that holds them.

    See Also
    --------
    SaliencyDisplay : The pixels that one prediction hangs on.

    Notes
    -----
    The first layer sees standardised pixels, so that a weight is per standard deviation of the
    pixels. Noise is what training has left of the initial weights: an MLP's where a pixel is the
    same in nearly all images, such as in the corners of digits.

    Examples
    --------
    >>> from skdigits import CNNClassifier
    >>> from skdigits.datasets import load_digits
    >>> from skdigits.inspection import FirstLayerDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = CNNClassifier(filters=6, epochs=1, random_state=0).fit(X, y)
    >>> display = FirstLayerDisplay.from_estimator(classifier)
    >>> display.filters.shape
    (6, 3, 3, 1)
    """

    def __init__(self, filters):
        self.filters = filters

    @classmethod
    def from_estimator(cls, estimator, *, n_filters=32, ax=None):
        """Draw the filters of a fitted classifier.

        Parameters
        ----------
        estimator : CNNClassifier, MLPClassifier or Pipeline
            A fitted classifier of skdigits; of a pipeline, the last step.
        n_filters : int, default=32
            Number of filters, at the most: those with the largest norms, the largest first.
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.

        Returns
        -------
        FirstLayerDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If `estimator` is no such classifier.
        ValueError
            If it was fitted on columns that are no image.
        """
        classifier = image_classifier(estimator, cls.__name__)
        layers = classifier._network.program.model.layers
        kernel = next(layer.kernel for layer in layers if hasattr(layer, "kernel")).numpy()
        if kernel.ndim == 2:  # of a dense layer
            kernel = kernel.reshape(*classifier.image_shape_, -1)
        filters = np.moveaxis(kernel, -1, 0)
        norms = np.linalg.norm(filters.reshape(len(filters), -1), axis=1)
        strongest = np.argsort(-norms, kind="stable")[:n_filters]
        return cls(filters[strongest]).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the filters.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.

        Returns
        -------
        FirstLayerDisplay
            This display.
        """
        filters = np.asarray(self.filters)
        filters = filters if filters.shape[-1] == 3 else filters.mean(axis=-1)
        rows = [filters[i : i + MOST_COLUMNS] for i in range(0, len(filters), MOST_COLUMNS)]
        picture = grid(rows, gap=1 + filters.shape[1] // 16)
        limit = np.quantile(np.abs(filters), SCALE_QUANTILE) or 1
        self.ax_ = new_axes(ax, figsize=(1.1 + 0.75 * len(rows[0]), 0.2 + 0.75 * len(rows)))
        self.figure_ = self.ax_.figure
        if picture.ndim == 3:
            colors = np.clip(0.5 + picture / limit / 2, 0, 1)
            self.ax_.imshow(np.nan_to_num(colors, nan=1.0), interpolation="nearest")
        else:
            drawn = self.ax_.imshow(
                picture, cmap=COLORS, vmin=-limit, vmax=limit, interpolation="nearest"
            )
            beside = self.ax_.inset_axes((1.03, 0, 0.03, 1))  # as high as the filters
            self.figure_.colorbar(drawn, cax=beside, label="Weight", extend="both")
        self.ax_.set_axis_off()
        return self
