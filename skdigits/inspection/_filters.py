"""The filters of the first layer of a network."""

import math

import numpy as np

from skdigits import _constraints as c
from skdigits.inspection._classifier import image_shape, networks
from skdigits.inspection._drawing import grid, new_axes

MOST_COLUMNS = 8
# From blue to grey to yellow. The lightness grows all the way, so that the sign of a weight can be
# seen in black and white too. Its authors made it for colour-blind readers.
COLORS = "cividis"
SCALE_QUANTILE = 0.995  # a few very large weights would make all others grey


class FirstLayerDisplay:
    """The weights of a network's first layer as images, all on one scale.

    For a CNN, these are the kernels of its first convolution; for an MLP, the weights of all pixels
    for each unit of its first hidden layer. For a network with `transfer_from`, they are those of
    the network that it was made from. Weights of one channel are drawn from dark blue (negative) to
    grey (zero) to yellow (positive). Weights of three channels are drawn as red, green and blue,
    with zero as mid-grey. For other numbers of channels, the mean is drawn. The largest 0.5 % of
    the weights do not count for the scale.

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
    SaliencyDisplay : The pixels that matter for one prediction.

    Notes
    -----
    The first layer gets standardised pixels, so that a weight is per standard deviation of the
    pixels. Noise is left from the initial weights. In an MLP, it is found where a pixel is the same
    in nearly all images, as in the corners of digits.

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
    @c.with_checked_arguments({"n_filters": [c.whole_number(1)]})
    def from_estimator(cls, estimator, *, n_filters=32, ax=None):
        """Draw the filters of a fitted classifier.

        Parameters
        ----------
        estimator : fitted network classifier, such as CNNClassifier
            Also a Pipeline, a search, an AveragingClassifier or a CalibratedClassifierCV with one.
            Of several members, the first is drawn; give ``average.estimators_[1]`` for the second.
        n_filters : int, default=32
            Maximum number of filters. Those with the largest norms are drawn, the largest first.
        ax : matplotlib Axes, default=None
            Axes to draw in. If None, a new figure is made.

        Returns
        -------
        FirstLayerDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If `estimator` is not such a classifier.
        ValueError
            If it was fitted on columns that are not an image, or if its first layer with weights is
            neither a convolution nor a dense layer of all pixels.
        """
        _, classifier = networks(estimator, cls.__name__)[0]
        shape = image_shape(classifier, cls.__name__)
        filters = _first_filters(classifier._network.compiled.model, shape)
        norms = np.linalg.norm(filters.reshape(len(filters), -1), axis=1)
        strongest = np.argsort(-norms, kind="stable")[:n_filters]
        return cls(filters[strongest]).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the filters.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in. If None, a new figure is made.

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
            beside = self.ax_.inset_axes((1.03, 0, 0.03, 1))  # with the height of the filters
            self.figure_.colorbar(drawn, cax=beside, label="Weight", extend="both")
        self.ax_.set_axis_off()
        return self


def _first_filters(model, shape):
    """Return the weights of a network's first layer, of shape (n_filters, h, w, channels).

    `shape` is that of the network's images.
    """
    before: list = []
    for layer in _leaves(model):
        if any(len(weight.shape) > 1 for weight in layer.weights):  # not a normalisation
            return np.moveaxis(_kernel(layer, before, shape), -1, 0)
        before.append(layer)
    raise ValueError("FirstLayerDisplay draws weights, but this network has none.")


def _leaves(model):
    """Yield the layers of a Keras model, and of models in it, in order."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _leaves(layer)
        else:
            yield layer


def _kernel(layer, before, shape):
    """Return the weights of a layer, of shape (h, w, channels, n_filters)."""
    from skdigits._tensorflow import keras

    kinds = keras.layers
    if isinstance(layer, kinds.Conv2D):
        return layer.kernel.numpy()
    if isinstance(layer, kinds.DepthwiseConv2D | kinds.SeparableConv2D):
        kernel = layer.weights[0].numpy()
        return kernel.reshape(*kernel.shape[:2], 1, -1)  # each filter sees one channel
    if isinstance(layer, kinds.Conv1D):  # along the rows of an image; each filter sees whole rows
        return layer.kernel.numpy()[:, :, np.newaxis]
    if isinstance(layer, kinds.Dense) and len(layer.input.shape) == 2:
        kernel = layer.kernel.numpy()
        flattened = [each for each in before if isinstance(each, kinds.Flatten | kinds.Reshape)]
        shapes = [shape, *(each.input.shape[1:] for each in flattened)]
        # Before it was flattened.
        shape = next(shape for shape in reversed(shapes) if len(shape) > 1)
        if math.prod(shape) == len(kernel):
            return kernel.reshape(*shape[:2], -1, kernel.shape[-1])
    raise ValueError(
        "FirstLayerDisplay draws the weights of a convolution or of a dense layer of all pixels; "
        f"the first layer with weights of this network is {type(layer).__name__} {layer.name!r}."
    )
