"""The pixels that matter for a prediction."""

import os

import numpy as np

from skdigits.inspection._classifier import image_shape, networks
from skdigits.inspection._drawing import new_axes, to_unit
from skdigits.inspection._drawn_images import transformed

# The authors of SmoothGrad recommend 10 to 20 % of noise, and 50 copies; more change little.
N_COPIES = 50
NOISE = 0.15
GAP = 0.08  # between the two pictures, as a fraction of their width
COLORS = "inferno"  # its lightness grows all the way, for black and white


class SaliencyDisplay:
    """An image, and a map of how much each pixel matters for the predicted class.

    The map shows the absolute gradient of the score of the class with respect to the pixels [1]_;
    of several channels, the largest. Where it is light, a small change of a pixel changes the score
    most. The gradient is the mean over 50 copies of the image with a little random noise, which
    makes the map smoother [2]_. The noise is the same each time.

    Parameters
    ----------
    image : ndarray of shape (height, width, channels)
        The image, as the classifier gets it.
    saliency : ndarray of shape (height, width)
        The map.
    label : object
        The predicted class.
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
    FirstLayerDisplay : The weights of the first layer of a network.

    Notes
    -----
    The score is the output of the last layer before its activation, since a probability near one
    hardly changes with any pixel. The standard deviation of the noise is 15 % of the range of the
    pixels.

    If several networks are averaged, as in `AveragingClassifier`, the score is the mean of their
    scores.

    Where the map is light, the score is sensitive to the pixel. A lighter pixel may raise or lower
    the score.

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
    >>> classifier = CNNClassifier(filters=6, epochs=3, random_state=0).fit(X, y)
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
            Also a Pipeline that ends with one, and whose other steps transform images to images,
            and a search, an AveragingClassifier or a CalibratedClassifierCV with one.
        image : array-like of shape (height, width[, channels]) or (n_features,)
            One image, as `estimator` takes it, or a batch with one image. Also one row of a data
            frame, or a picture, as DigitNormalizer takes it.
        ax : matplotlib Axes, default=None
            Axes to draw in. If None, a new figure is made.

        Returns
        -------
        SaliencyDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If `estimator` is not such a classifier.
        ValueError
            If it was fitted on columns that are not an image, or if `image` has another shape.
        """
        found = networks(estimator, cls.__name__)
        shape = image_shape(found[0][1], cls.__name__)
        X = _batch_of(image, shape)
        probabilities = estimator.predict_proba(X)[0]
        best = probabilities.argmax()
        inputs = [member._validate_images(transformed(steps, X)) for steps, member in found]
        gradients = [
            _gradient(member, given, output)
            for (_, member), given in zip(found, inputs, strict=True)
            if (output := _output_of(member, estimator, best)) is not None
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
            Axes to draw in. If None, a new figure is made.

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
    """Return one image as a batch for a pipeline, or a classifier of images of this shape."""
    if isinstance(image, str | os.PathLike) or hasattr(image, "getexif"):
        return [image]  # a picture for DigitNormalizer
    if hasattr(image, "to_frame"):  # a row of a data frame, with the names of its columns
        return image.to_frame().T
    batch = image if hasattr(image, "columns") else np.asarray(image)
    if batch.ndim < 2 or batch.shape in (shape, shape[:2]) or len(batch) != 1:
        batch = np.asarray(batch)[np.newaxis]
    return batch


def _output_of(member, estimator, best):
    """Return the output of a member for a class; None if it has not learned that class.

    A member that has learned all classes may know them by their numbers.
    """
    if len(member.classes_) == len(estimator.classes_):
        return best
    outputs = np.flatnonzero(member.classes_ == estimator.classes_[best])
    return outputs[0] if len(outputs) else None


def _gradient(classifier, X, code):
    """Return the gradient of the score of a class, as the mean over copies of X with noise."""
    noise = np.random.default_rng(0).normal(size=(N_COPIES, *X.shape[1:]))
    noisy = (X + NOISE * np.ptp(X) * noise).astype(np.float32)
    return classifier._network.score_gradient(noisy, code).mean(axis=0)
