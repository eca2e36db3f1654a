"""What kind of picture it is: very small, a photograph, or a drawing of two tones."""

import numpy as np

from skdigits.preprocessing._digit_normalization.thresholds import otsu_threshold

SMALL_SIDE = 60  # pixels, about twice the side of MNIST's images
LEAST_GRAIN = 0.0002  # a photograph has more noise, even after smoothing; a drawing has none
TWO_TONES_VARIANCE = 0.95  # share of the variance that lies between the two tones of a drawing
NORMAL_MEDIAN = 0.6745  # median of the absolute values of a standard normal variable


def is_small(picture):
    """Return whether a picture is too small to show more than a digit and its edges."""
    return min(picture.shape) <= SMALL_SIDE


def has_grain(grey):
    """Return whether the picture has noise, as every photograph has, even a smoothed one."""
    return noise_deviation(grey) > LEAST_GRAIN


def has_two_tones(grey):
    """Return whether the picture is even ink on even ground, as a drawing on a screen is.

    Such a picture has no grain, and Otsu's threshold leaves little variance within its two classes.
    """
    if has_grain(grey):
        return False
    light = grey > otsu_threshold(grey)
    share = light.mean()
    if not 0 < share < 1:
        return False
    apart = grey[light].mean() - grey[~light].mean()
    return share * (1 - share) * apart**2 > TWO_TONES_VARIANCE * grey.var()


def noise_deviation(grey):
    """Return the standard deviation of the fine noise, on the assumption that it is normal.

    It is estimated from every other pixel, because JPEG makes neighbouring pixels alike.
    """
    corners = grey[2:, 2:] - grey[2:, :-2] - grey[:-2, 2:] + grey[:-2, :-2]
    # The sum of four pixels has twice the deviation of one.
    return np.median(np.abs(corners)) / (2 * NORMAL_MEDIAN) if corners.size else 0.0
