"""Find the one digit on a picture."""

import numpy as np
from scipy import ndimage

from skdigits._picture import PictureError
from skdigits.preprocessing._digit_normalization.ink import ink_on_ground
from skdigits.preprocessing._digit_normalization.kind_of_picture import has_two_tones, is_small
from skdigits.preprocessing._digit_normalization.light import level_light, smooth_noise
from skdigits.preprocessing._digit_normalization.marks import extent, find_marks
from skdigits.preprocessing._digit_normalization.polarity import ink_is_light
from skdigits.preprocessing._digit_normalization.reading import shrink
from skdigits.preprocessing._digit_normalization.ruled_lines import remove_ruled_lines
from skdigits.preprocessing._digit_normalization.small_digits import (
    FEW_PIXELS,
    draw_again,
    fills_a_square,
)
from skdigits.preprocessing._digit_normalization.strokes import (
    EDGE,
    even_strokes,
    stroke_thickness,
)

WORK_SIDE = 384  # pixels; a larger picture is shrunk to find the digit, then looked at more closely
WORTH_A_CLOSER_LOOK = 0.6  # of the longer side; a crop that is larger gains little

# Breadth of the widest strokes, of the longer side. The second is tried where the first takes a
# shadow for a stroke.
WIDEST_STROKES = 0.4, 0.12
ANY_WIDTH = 2.0  # of the longer side: a window beyond the picture makes the ground even
WINDOW = 4, 6  # times the thickness, and pixels: the window once the thickness is known
SOLID = 3, 0.5  # side of a square in pixels, and the share of it that holds ink

# What is no digit
STRENGTH = 0.75  # quantile of the ink in the digit that stands for all of it
LEAST_CONTRAST = 0.04  # tone, if there is grain; pale pencil has 0.1, the grain of paper 0.02
FAINTEST = 0.008  # tone, if there is none: two of 256
ABOVE_GRAIN = 16  # times the deviation of the ground; ink between the last two has to be so clear
ONE_DEVIATION = 0.84  # quantile of the ground: one deviation of a normal distribution
LEAST_SHARE = 0.1  # of the ink of all marks; noise makes many marks of little ink
SHADOW_BREADTH = 1.8  # times the usual thickness of the strokes
LEAST_MARGIN = 4  # pixels around the digit for a closer look
MARGIN = 0.4  # of the digit's longer side; parts of the digit may lie so far off

NO_INK = "it shows no digit: it is blank, or its ink is too pale; take a picture with more contrast"


def digit_ink(grey, is_ink):
    """Return the ink of the digit, cropped with a margin.

    Parameters
    ----------
    grey : ndarray of shape (height, width)
        The picture, of about 0..1.

    is_ink : bool
        Whether `grey` is ink already, so that there is no ground to find.

    Returns
    -------
    ink : ndarray of shape (crop_height, crop_width)
        1 on the digit's strokes, 0 elsewhere, values between on their edges.

    Raises
    ------
    PictureError
        If there is no ink.
    """
    light_ink = True if is_ink else None
    while True:
        factor = -(-max(grey.shape) // WORK_SIDE)
        small = shrink(grey, factor)
        if not is_ink:
            small = smooth_noise(small)
            small = small if has_two_tones(small) else level_light(small)
        if light_ink is None:
            light_ink = ink_is_light(small)
        ink, mask = _find_mask(small, light_ink, is_ink)
        box = _box_with_margin(mask, grey.shape, factor)
        longest = max(part.stop - part.start for part in box)
        if factor == 1 or longest > WORTH_A_CLOSER_LOOK * max(grey.shape):
            strokes = even_strokes(ink, mask)
            if strokes.max() <= EDGE:
                raise PictureError(NO_INK)
            stretched = fills_a_square(mask)
            if stretched or extent(mask) < FEW_PIXELS:
                strokes = draw_again(strokes, stretched=stretched)
            return strokes
        grey = grey[box]


def _find_mask(grey, light_ink, is_ink):
    """Return ink and a mask of the digit, or raise PictureError."""
    if is_ink:
        ink, digit = grey, find_marks(grey)
    else:
        any_width = is_small(grey) or has_two_tones(grey)
        for widest in (ANY_WIDTH,) if any_width else WIDEST_STROKES:
            ink, digit = _find_strokes(grey, light_ink, widest * max(grey.shape))
            if _stands_out(ink, digit) and not _is_shadow(digit.mask):
                break
    if not _stands_out(ink, digit):
        raise PictureError(NO_INK)
    return ink, digit.mask


def _stands_out(ink, digit):
    """Return whether the digit stands out from the other marks and from its ground."""
    if digit.share < LEAST_SHARE:
        return False
    ground = ink[~digit.mask]
    grain = np.quantile(ground, ONE_DEVIATION) if ground.size else 0
    least = np.clip(ABOVE_GRAIN * grain, FAINTEST, LEAST_CONTRAST)
    return np.quantile(ink[digit.mask], STRENGTH) >= least


def _find_strokes(grey, light_ink, window):
    """Return ink and the digit, for strokes up to `window` pixels."""
    for _ in range(2):
        ink = remove_ruled_lines(ink_on_ground(grey, light_ink=light_ink, stroke=window))
        digit = find_marks(ink)
        if window > max(grey.shape):
            break
        # Once the thickness is known, a narrower window takes fewer other things for strokes.
        # Faint shadows do not count. Holes that grain leaves are filled, since strokes would seem
        # to be as thin as what lies between the holes.
        strong = digit.mask & (ink > digit.threshold)
        solid = ndimage.uniform_filter(strong.astype(float), SOLID[0]) > SOLID[1]
        window = min(window, WINDOW[0] * max(stroke_thickness(solid), 1) + WINDOW[1])
    return ink, digit


def _is_shadow(mask):
    """Return whether a mark reaches the border and is broad there, unlike a pen's stroke."""
    on_border = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
    if not on_border or is_small(mask):  # in a small picture all strokes are broad
        return False
    breadth = 2 * ndimage.distance_transform_edt(mask).max()
    ordinary = WIDEST_STROKES[1] * max(mask.shape)
    return breadth > max(ordinary, SHADOW_BREADTH * stroke_thickness(mask))


def _box_with_margin(mask, shape, factor):
    """Return the slices of the large picture around the digit of the small one."""
    slices = []
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    margin = MARGIN * max(rows[-1] - rows[0], columns[-1] - columns[0]) + LEAST_MARGIN
    for found, side in zip((rows, columns), shape, strict=True):
        start, stop = found[0] - margin, found[-1] + 1 + margin
        slices.append(slice(max(0, int(start * factor)), min(side, int(stop * factor))))
    return tuple(slices)
