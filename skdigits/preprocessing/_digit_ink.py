"""The ink of the one digit on a picture, from all steps together."""

import numpy as np
from scipy import ndimage

from skdigits.preprocessing._digit_parts import EIGHT_NEIGHBOURS, digit_mask
from skdigits.preprocessing._ink import (
    DARK_GROUND,
    edge_threshold,
    has_grain,
    has_two_tones,
    ink_on_ground,
    is_small,
    level_light,
    smooth_noise,
    votes_for_light_ink,
)
from skdigits.preprocessing._mnist_form import EDGE, stroke_thickness
from skdigits.preprocessing._read_picture import PictureError, shrink
from skdigits.preprocessing._ruled_lines import remove_ruled_lines

WORK_SIDE = 384  # pixels; larger pictures are made smaller to find the digit
# Of the longer side of the picture; the second where the first takes a shadow for a stroke.
WIDEST_STROKES = 0.4, 0.12
ANY_WIDTH = 2.0  # a window beyond the picture makes the ground even
LEAST_WORTH = 1e-9
MOST_VOTES = 2.5  # of the strokes, so that a picture can outvote them that is clear
LEAST_CONTRAST = 0.04  # of white; pale pencil has 0.1, paper's own grain 0.02
NO_INK = "it shows no digit: it is blank, or the ink too pale; take a picture with more contrast"


def digit_ink(grey, is_ink):
    """Return the ink of the digit, cropped with a margin.

    Parameters
    ----------
    grey : ndarray of shape (height, width)
        The picture, of about 0..1.

    is_ink : bool
        Whether `grey` is ink already, so that no ground is to be found.

    Returns
    -------
    ink : ndarray of shape (crop_height, crop_width)
        1 on the digit's strokes, 0 elsewhere, between on their edges.

    Raises
    ------
    PictureError
        Where there is no ink.
    """
    light_ink = True if is_ink else None
    while True:
        factor = -(-max(grey.shape) // WORK_SIDE)
        small = shrink(grey, factor)
        if not is_ink:
            small = smooth_noise(small)
            small = small if has_two_tones(small) else level_light(small)
        if light_ink is None:
            light_ink = _ink_is_light(small)
        ink, mask = _find_digit(small, light_ink, is_ink)
        box = _box_with_margin(mask, grey.shape, factor)
        smaller = max(part.stop - part.start for part in box)
        if factor == 1 or smaller > 0.6 * max(grey.shape):
            return _checked(_strokes(ink, mask))
        grey = grey[box]  # look closer


def _ink_is_light(grey):
    """Return whether the ink is lighter than its ground.

    In a photograph the light has shapes too, as the spot of a flash; so there the votes of the
    whole picture are weighed against what strokes each way finds.
    """
    middle = np.median(grey)
    lighter, darker = (
        remove_ruled_lines(np.clip(off, 0, None)) for off in (grey - middle, middle - grey)
    )
    # Printed lines would part broad paper into narrow strips.
    grey = middle + lighter - darker
    votes = votes_for_light_ink(grey)
    if is_small(grey) or not has_grain(grey) or middle < DARK_GROUND:
        return votes > 0
    dark, light = (_worth(grey, light_ink) for light_ink in (False, True))
    return votes + np.clip(np.log(light / dark), -MOST_VOTES, MOST_VOTES) > 0


def _worth(grey, light_ink):
    """Return how much the marks of one tone look like a pen's: heavy, and sharp at their edges.

    The square of the sharpness made no mistake on 597 drawn pictures of 17 kinds, its first power
    some.
    """
    stroke = WIDEST_STROKES[1] * max(grey.shape)
    ink = ink_on_ground(grey, light_ink=light_ink, stroke=stroke)
    mask, share = digit_mask(ink, edge_threshold(ink))
    if not mask.any():
        return LEAST_WORTH
    edges = mask & ~ndimage.binary_erosion(mask, EIGHT_NEIGHBOURS)
    steepness = np.hypot(*np.gradient(ink))[ndimage.binary_dilation(edges)]
    return max(share * _strength(ink, mask) * np.median(steepness) ** 2, LEAST_WORTH)


def _strength(ink, mask):
    return np.quantile(ink[mask], 0.75) if mask.any() else 0.0


def _find_digit(grey, light_ink, is_ink):
    """Return ink, and a mask of the digit."""
    if is_ink:
        mask, share = digit_mask(grey, edge_threshold(grey))
        found = grey, mask, share
    else:
        for widest in (ANY_WIDTH,) if has_two_tones(grey) else WIDEST_STROKES:
            found = _find_strokes(grey, light_ink, widest * max(grey.shape))
            if _is_digit(*found) and not _is_shadow(found[1]):
                break
    if not _is_digit(*found):
        raise PictureError(NO_INK)
    return found[:2]


def _is_digit(ink, mask, share):
    """Return whether a mark stands out from the other marks, and from its ground."""
    return share >= 0.1 and _strength(ink, mask) >= LEAST_CONTRAST


def _find_strokes(grey, light_ink, window):
    """Return ink, a mask of the digit and its share of all marks, for strokes up to `window`."""
    for _ in range(2):
        ink = remove_ruled_lines(ink_on_ground(grey, light_ink=light_ink, stroke=window))
        threshold = edge_threshold(ink)
        mask, share = digit_mask(ink, threshold)
        if window > max(grey.shape):
            break
        # Once the thickness is known, a narrower window mistakes less for strokes. Faint shadows
        # do not count; what grain leaves is made solid, or strokes would seem to be as thin as it.
        strong = mask & (ink > threshold)
        solid = ndimage.uniform_filter(strong.astype(float), 3) > 0.5
        window = min(window, 4 * max(stroke_thickness(solid), 1) + 6)
    return ink, mask, share


def _is_shadow(mask):
    """Return whether a mark reaches the border and is broad there, unlike a pen's stroke."""
    on_border = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
    if not on_border or is_small(mask):  # there, all strokes are broad
        return False
    depth = ndimage.distance_transform_edt(mask).max()
    return 2 * depth > max(WIDEST_STROKES[1] * max(mask.shape), 1.8 * stroke_thickness(mask))


def _checked(strokes):
    """Return strokes, unless what looked like some is no darker than what is around it."""
    if strokes.max() <= EDGE:
        raise PictureError(NO_INK)
    return strokes


def _box_with_margin(mask, shape, factor):
    """Return the slices of the large picture around the digit of the small one."""
    slices = []
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    margin = 0.4 * max(rows[-1] - rows[0], columns[-1] - columns[0]) + 4
    for found, side in zip((rows, columns), shape, strict=True):
        start, stop = found[0] - margin, found[-1] + 1 + margin
        slices.append(slice(max(0, int(start * factor)), min(side, int(stop * factor))))
    return tuple(slices)


def _strokes(ink, mask):
    """Return the digit's strokes as 0..1, whatever the pen's tone."""
    thickness = max(stroke_thickness(mask), 1)
    near = ndimage.binary_dilation(mask, EIGHT_NEIGHBOURS, 1 if thickness < 5 else 2)
    ground = ndimage.binary_dilation(mask, EIGHT_NEIGHBOURS, 4) & ~near
    low = float(np.quantile(ink[ground], 0.5)) if ground.any() else 0.0
    high = float(np.quantile(ink[mask], 0.9))
    level = np.full(ink.shape, high)
    if thickness >= 4:
        # The pen presses more here and less there: take the tone of the place.
        size = int(2 * thickness) | 1
        level = ndimage.maximum_filter(np.where(mask, ink, 0), size)
        level = ndimage.uniform_filter(np.clip(level, 0.4 * high, high), size)
    strokes = np.where(near, (ink - low) / np.maximum(level - low, 1e-6), 0)
    # Large strokes are to be full to their edges; of small ones the grey edge is all there is.
    sharper = np.clip(thickness / 6, 1, 3)
    strokes = np.clip(0.5 + sharper * (strokes - 0.5), 0, 1)
    strokes = np.where(near, strokes, 0)
    return np.pad(strokes, 1)
