"""What a page has to know of the images of a model: shape, tones, whether they are digits."""

import numpy as np

from skdigits._image_shape import image_or_square
from skdigits._open_estimators import members
from skdigits._tones import takes_bytes, tones_of

MNIST_SHAPE = (28, 28, 1)
DIGITS = frozenset("0123456789")
# MNIST's digits leave a border of this breadth blank; its mean tone there is 0.002 of the darkest,
# that of Fashion-MNIST's garments, whose labels are digits too, is 0.14.
BORDER, BLANK = 2, 0.03
CHANNELS = (1, 3)  # grey, and red, green, blue


def page_input(model, normalized):
    """Describe the images that a model takes.

    Parameters
    ----------
    model : fitted classifier
        One that `page_model` knows.
    normalized : bool
        Whether a DigitNormalizer makes the images.

    Returns
    -------
    dict
        ``height``, ``width``, ``channels``; ``black`` and ``white``, the values of these tones;
        ``whole``, whether those between are whole numbers;
        ``light_ink``, whether what is drawn is to be lighter than its ground; ``digits``, whether
        drawings are to be brought to MNIST's form.

    Raises
    ------
    ValueError
        If the model takes no images that a page can show.
    """
    steps, network = members(model)[0]
    height, width, channels = shape = _image_shape(network)
    if channels not in CHANNELS:
        raise ValueError(
            f"A page shows images in grey or in colour, with 1 or 3 channels; this model takes "
            f"{channels}."
        )
    if not hasattr(network, "_scale"):
        raise ValueError(
            "This classifier comes from a version of skdigits that did not keep the tones of the "
            "training images; fit it again."
        )
    black, white = tones_of(model)
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "black": black,
        "white": white,
        "whole": takes_bytes(model),
        "light_ink": _light_ink(network._scale),
        "digits": normalized or (shape == MNIST_SHAPE and _are_digits(model, steps, network)),
    }


def _image_shape(network):
    """Return (height, width, channels); a square number of columns is taken for a square image."""
    shape = image_or_square(network)
    if shape is None:
        (n_columns,) = network.image_shape_
        raise ValueError(
            f"A page is for images, but this {type(network).__name__} was fitted on {n_columns} "
            "columns. Fit it on images, or set its image_shape."
        )
    return shape


def _light_ink(scale):
    """Return whether the ground of the training images is dark: their mean is nearer to black."""
    # Older files do not have the mean, but the root of the mean square, which is a little more.
    return bool(getattr(scale, "brightness", scale.typical_sizes[-1]) < 0.5)


def _are_digits(model, steps, network):
    """Return whether the labels are digits, and images of 28 x 28 pixels have MNIST's form."""
    if not {str(label).removesuffix(".0") for label in model.classes_} <= DIGITS:
        return False
    mean = np.reshape(_mean_image(steps, network), MNIST_SHAPE[:2])
    mean = (mean - mean.min()) / (np.ptp(mean) or 1)
    border = np.ones_like(mean, bool)
    border[BORDER:-BORDER, BORDER:-BORDER] = False
    tone = mean[border].mean()
    return bool(min(tone, 1 - tone) < BLANK)  # dark ink is blank where it is light


def _mean_image(steps, network):
    """Return the mean of the training images, in some unit; a StandardScaler takes it from them."""
    scalers = (step for part in steps for _, step in part.steps)
    means = (getattr(scaler, "mean_", None) for scaler in scalers)
    return next((mean for mean in means if mean is not None), network._scale.reference)
