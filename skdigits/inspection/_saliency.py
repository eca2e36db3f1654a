"""Which pixels a prediction hangs on."""

import os

import numpy as np

from skdigits.inspection._classifier import image_shape, networks
from skdigits.inspection._drawing import new_axes, to_unit
from skdigits.inspection._drawn_images import transformed

# What the authors of SmoothGrad found best: 10 to 20 % of noise; little changes over 50 copies.
N_COPIES = 50
NOISE = 0.15
GAP = 0.08  # between the two pictures, as a share of their width
COLORS = "inferno"  # grows lighter all the way: legible in black and white


class SaliencyDisplay:
    """An image, and beside it how much each of its pixels matters for the class predicted.

    The map is the size of the gradient of the class's score with respect to the pixels [1]_, the
    largest over the channels: where it is light, a small change of the pixel changes the score
    most. The gradient is the mean over 50 copies of the image with a little noise, the same noise
    each time, which shows the shape instead of the accidents of single pixels [2]_.

    Parameters
    ----------
    image : ndarray of shape (height, width, channels)
        The image, as the classifier got it.
    saliency : ndarray of shape (height, width)
        The map.
    label : object
        The class predicted.
    probability : float
        Its probability, in [0, 1].

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the image and the map.
    figure_ : matplotlib Figure
        Figure that holds them.

    See Also
    --------
    FirstLayerDisplay : What the first layer of a network looks for.

    Notes
    -----
    The score is what the output layer gives before its activation, since a probability near one
    hardly changes with any pixel. The noise has a standard deviation of 15 % of the range of the
    image's pixels.

    Where several networks are averaged, as in `AveragingClassifier`, the score is the mean of their
    scores.

    A light pixel is one that the score is sensitive to, not one that speaks for the class: making
    it lighter may raise the score or lower it.

    References
    ----------
    .. [1] K. Simonyan, A. Vedaldi and A. Zisserman, "Deep inside convolutional networks:
       visualising image classification models and saliency maps", 2013,
       https://arxiv.org/abs/1312.6034
    .. [2] D. Smilkov, N. Thorat, B. Kim, F. Viégas and M. Wattenberg, "SmoothGrad: removing noise
       by adding noise", 2017, https://arxiv.org/abs/1706.03825

    Examples
    --------
    >>> from skdigits import CNNClassifier
    >>> from skdigits.datasets import load_digits
    >>> from skdigits.inspection import SaliencyDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = CNNClassifier(random_state=0).fit(X, y)
    >>> display = SaliencyDisplay.from_estimator(classifier, X[0])
    >>> display.label, display.saliency.shape
    (np.int64(0), (28, 28))
    """

    def __init__(self, image, saliency, *, label, probability):
        self.image = image
        self.saliency = saliency
        self.label = label
        self.probability = probability

    @classmethod
    def from_estimator(cls, estimator, image, *, ax=None):
        """Draw the saliency of one prediction.

        Parameters
        ----------
        estimator : fitted network classifier, such as CNNClassifier
            Or a Pipeline that ends with one, whose other steps transform images to images; or a
            search, an AveragingClassifier or a CalibratedClassifierCV of such.
        image : array-like of shape (height, width[, channels]) or (n_features,)
            One image, as `estimator` predicts them, or a batch of one; also one row of a data
            frame, or what DigitNormalizer takes for a picture.
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.

        Returns
        -------
        SaliencyDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If `estimator` is no such classifier.
        ValueError
            If it was fitted on columns that are no image, or `image` has another shape.
        """
        found = networks(estimator, cls.__name__)
        shape = image_shape(found[0][1], cls.__name__)
        X = _batch_of(image, shape)
        probabilities = estimator.predict_proba(X)[0]
        best = probabilities.argmax()
        inputs = [member._validate_images(transformed(steps, X)) for steps, member in found]
        gradients = [
            _gradient(member, given, best) for (_, member), given in zip(found, inputs, strict=True)
        ]
        return cls(
            inputs[0].reshape(shape),
            np.abs(np.mean(gradients, axis=0).reshape(shape)).max(axis=-1),
            label=estimator.classes_[best],
            probability=float(probabilities[best]),
        ).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the image and the map, side by side in the same axes.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.

        Returns
        -------
        SaliencyDisplay
            This display.
        """
        height, width = np.shape(self.saliency)
        self.ax_ = new_axes(ax, figsize=(5, 0.6 + 2.5 * height / width))
        self.figure_ = self.ax_.figure
        image = np.asarray(self.image)
        if image.shape[-1] == 3:
            image = image / 255 if image.dtype == np.uint8 else to_unit(image)
        else:
            image = image.mean(axis=-1)
        right = width * (1 + GAP)
        for picture, colors, left in ((image, "gray", 0), (self.saliency, COLORS, right)):
            extent = (left, left + width, height, 0)
            self.ax_.imshow(picture, cmap=colors, extent=extent, interpolation="nearest")
        self.ax_.set(xlim=(0, right + width), ylim=(height, 0), yticks=[])
        self.ax_.set_xticks([width / 2, right + width / 2], ["Image", "Saliency"])
        title = f"Predicted: {self.label}, {100 * self.probability:.1f} %"
        self.ax_.set_title(title, parse_math=False)
        self.ax_.tick_params(bottom=False)
        self.ax_.spines[:].set_visible(False)
        return self


def _batch_of(image, shape):
    """Return one image as the batch that a pipeline or a classifier of images of `shape` takes."""
    if isinstance(image, str | os.PathLike) or hasattr(image, "getexif"):
        return [image]  # a picture for DigitNormalizer
    if hasattr(image, "to_frame"):  # a row of a data frame, with the names of its columns
        return image.to_frame().T
    batch = image if hasattr(image, "columns") else np.asarray(image)
    if batch.ndim < 2 or batch.shape in (shape, shape[:2]) or len(batch) != 1:
        batch = np.asarray(batch)[np.newaxis]
    return batch


def _gradient(classifier, X, code):
    """Return the mean gradient of a class's score over copies of the image X with noise."""
    noise = np.random.default_rng(0).normal(size=(N_COPIES, *X.shape[1:]))
    noisy = (X + NOISE * np.ptp(X) * noise).astype(np.float32)
    return classifier._network.program.score_gradient(noisy, code).mean(axis=0)
