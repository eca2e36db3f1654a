"""Whether the ink is lighter or darker than its ground."""

import numpy as np
from scipy import ndimage

from skdigits.preprocessing._digit_normalization.ink import grey_closing, ink_on_ground
from skdigits.preprocessing._digit_normalization.kind_of_picture import has_grain, is_small
from skdigits.preprocessing._digit_normalization.light import DARK_GROUND
from skdigits.preprocessing._digit_normalization.marks import EIGHT_NEIGHBOURS, extent, find_marks
from skdigits.preprocessing._digit_normalization.ruled_lines import remove_ruled_lines
from skdigits.preprocessing._digit_normalization.thresholds import otsu_threshold

# The votes of the whole picture
BORDER = 50  # the border is this part of the shorter side
NARROW = 0.15  # of the longer side; what is narrower counts as a stroke
AREA_WEIGHT = 0.5  # of the vote by area; those of the other three signs count 1
PIECES_WEIGHT = 0.4  # of the logarithm of how many more pieces the one tone has than the other
# A frame: rings at the border, at most this share of the side, which are almost all of one tone.
# The ring inside of it is mostly of the other tone, and so is one as far inside again.
FRAME, FRAME_TONE, INSIDE_TONE, STILL_INSIDE = 0.1, 0.95, 0.8, 0.5
SMALL = 1e-9  # keeps an even picture from a division by zero

# The marks of both tones
ORDINARY_STROKE = 0.12  # of the longer side, as in find_digit.WIDEST_STROKES
LEAST_PEN_LIKENESS = 1e-9  # of a picture without marks, so that it has a logarithm
MOST_FROM_MARKS = 3.0  # votes, fewer than the picture's 3.5: a clear picture can outvote the marks


def ink_is_light(grey):
    """Return whether the ink is lighter than its ground.

    In a photograph light has shapes too, such as the spot of a flash. So there the marks of both
    tones are compared as well, and their result is added to the votes of the whole picture.
    """
    middle = np.median(grey)
    lighter, darker = (
        remove_ruled_lines(np.clip(off, 0, None)) for off in (grey - middle, middle - grey)
    )
    # Printed lines would cut broad paper into narrow strips.
    grey = middle + lighter - darker
    if is_small(grey):
        return _votes_in_small_picture(grey) > 0
    votes = _votes_for_light_ink(grey)
    if not has_grain(grey) or middle < DARK_GROUND:
        return votes > 0
    dark, light = (_pen_likeness(grey, light_ink) for light_ink in (False, True))
    return votes + np.clip(np.log(light / dark), -MOST_FROM_MARKS, MOST_FROM_MARKS) > 0


def _votes_in_small_picture(grey):
    """Return how much speaks for ink lighter than its ground, where the digit may fill the picture.

    Its strokes may then be most of the picture, and too broad to tell from the ground by a window.
    But the ground still fills more of the border, it is broader, and strokes part it into pieces.
    """
    light = _without_frame(grey > otsu_threshold(grey))
    pieces_of_light, pieces_of_dark = (
        ndimage.label(tone, EIGHT_NEIGHBOURS)[1] for tone in (light, ~light)
    )
    pieces = np.log(max(pieces_of_dark, 1) / max(pieces_of_light, 1))
    return PIECES_WEIGHT * pieces - _border_and_breadth(light)


def _without_frame(light):
    """Return a small picture without the lines around it, as a cell of a form has them."""
    widest = max(1, int(FRAME * min(light.shape)))
    shares = [light[_rim(light.shape, depth)].mean() for depth in range(min(light.shape) // 2)]
    differ = np.abs(np.array(shares) - np.rint(shares[0]))  # from the tone of the border
    for width in range(1, widest + 1):
        if differ[width - 1] > 1 - FRAME_TONE or width + widest >= len(differ):
            break
        if differ[width] >= INSIDE_TONE and differ[width + widest] >= STILL_INSIDE:
            return light[width:-width, width:-width]
    return light


def _rim(shape, depth=0, width=1):
    """Return a mask of a ring of a picture, so far from its border."""
    mask = np.zeros(shape, dtype=bool)
    mask[depth : shape[0] - depth, depth : shape[1] - depth] = True
    inside = depth + width
    mask[inside : shape[0] - inside, inside : shape[1] - inside] = False
    return mask


def _border_and_breadth(light):
    """Return how much more of the border is light than dark, plus how much broader light is."""
    width = max(1, min(light.shape) // BORDER)
    border = 2 * light[_rim(light.shape, width=width)].mean() - 1
    light_breadth = ndimage.distance_transform_edt(light).max()
    dark_breadth = ndimage.distance_transform_edt(~light).max()
    return border + (light_breadth - dark_breadth) / max(light_breadth + dark_breadth, SMALL)


def _votes_for_light_ink(grey):
    """Return how much speaks for ink lighter than its ground, from -3.5 to 3.5.

    Four signs vote. Ground fills the border. Ground fills most of the picture. Ground is broad
    where strokes are narrow. What is narrow and stands out is ink.
    """
    light = grey > otsu_threshold(grey)
    area = 2 * light.mean() - 1
    window = max(3, int(NARROW * max(grey.shape)))
    dark_hat = float((grey_closing(grey, window) - grey).sum())
    light_hat = float((grey_closing(-grey, window) + grey).sum())
    narrow = (dark_hat - light_hat) / max(dark_hat + light_hat, SMALL)
    return -(_border_and_breadth(light) + AREA_WEIGHT * area + narrow)


def _pen_likeness(grey, light_ink):
    """Return how much the marks of one tone look like a pen's: clear, sharp and slender.

    Light is broad and has soft edges, and the hollows between strokes are broader than the strokes.
    """
    ink = ink_on_ground(grey, light_ink=light_ink, stroke=ORDINARY_STROKE * max(grey.shape))
    digit = find_marks(ink)
    if not digit.mask.any():
        return LEAST_PEN_LIKENESS
    edges = digit.mask & ~ndimage.binary_erosion(digit.mask, EIGHT_NEIGHBOURS)
    sharpness = np.median(np.hypot(*np.gradient(ink))[ndimage.binary_dilation(edges)])
    slenderness = extent(digit.mask) / ndimage.distance_transform_edt(digit.mask).max()
    likeness = digit.share * digit.weight * sharpness * slenderness**2
    return max(likeness, LEAST_PEN_LIKENESS)
