"""Draw a digit of few pixels again, with smooth strokes and the width that its writer gave it."""

import numpy as np
from scipy import ndimage

from skdigits.preprocessing._digit_normalization.kind_of_picture import is_small
from skdigits.preprocessing._digit_normalization.strokes import EDGE, LEAST_TONE

FEW_PIXELS = 19  # along the longer side; MNIST's digits have 20
POINTS = 160  # along the longer side of the drawn digit
SHARP_EDGE = 8  # points over which an edge becomes light, one pixel of MNIST's
PLACE = 3  # pixels; the darkest of such a square is the tone of its middle
STROKE = 0.5  # of the tone of a place; more is a stroke

# The width of a digit that was stretched to fill a square. A pen is as thick across as along, so
# that the strokes' thickness tells how far they were stretched. A digit of broad strokes was narrow
# before. The three numbers are those of a linear regression of the width's logarithm, which
# `python -m benchmarks.digit_widths` makes anew.
THINNEST = 0.1  # quantile of the strokes' lengths along a direction that stands for a thickness
USUAL_WIDTH, BY_STRETCH, BY_BREADTH = -0.68, -0.71, -0.36
WIDTHS = 0.2, 1.2  # times the height; hardly a digit of MNIST's lies beyond


def fills_a_square(mask):
    """Return whether a digit fills a small square picture, as if it was stretched to fill it."""
    height, width = mask.shape
    sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return height == width and is_small(mask) and all(side.any() for side in sides)


def draw_again(ink, *, stretched):
    """Return a digit of few pixels as a larger one.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        Strokes of 0..1.

    stretched : bool
        Whether the digit has lost its width, so that its strokes have to tell it.

    Returns
    -------
    strokes : ndarray of shape (larger_height, larger_width)
        Strokes of 0..1. Their edges are as light as those of MNIST's digits.
    """
    # Nothing else may become large: the picture may be much larger than the digit.
    ink = np.pad(_crop(ink), 1)
    factor = POINTS / (max(ink.shape) - 2)
    strokes = _enlarged(ink, factor, factor)
    if stretched:
        strokes = _enlarged(ink, factor, factor * written_width(strokes > STROKE))
    return strokes


def written_width(strokes):
    """Return how wide a digit was, in heights, before it was stretched to a square."""
    stretch, breadth = stretch_and_breadth(strokes)
    width = np.exp(USUAL_WIDTH + BY_STRETCH * stretch + BY_BREADTH * breadth)
    return float(np.clip(width, *WIDTHS))


def stretch_and_breadth(strokes):
    """Return two logarithms: how far strokes are stretched to the side, and how broad they are.

    Parameters
    ----------
    strokes : ndarray of shape (height, width), bool
        A digit that fills a square.

    Returns
    -------
    stretch : float
        Of the thickness to the side, in thicknesses up and down.

    breadth : float
        Of the usual thickness, in sides of the square.
    """
    across, down = (_lengths(strokes, axis)[strokes] for axis in (1, 0))
    stretch = np.log(np.quantile(across, THINNEST) / np.quantile(down, THINNEST))
    return stretch, np.log(np.median(np.minimum(across, down)) / len(strokes))


def _lengths(strokes, axis):
    """Return for each point how many points of strokes lie around it in one line along an axis."""
    lines = np.moveaxis(np.pad(strokes, 1), axis, 1).astype(np.int8)
    steps = np.diff(lines, axis=1)
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    changes = np.zeros(steps.size)
    changes[starts], changes[ends] = ends - starts, starts - ends
    lengths = np.cumsum(changes).reshape(steps.shape)[1:-1, :-1]
    return np.moveaxis(lengths, 1, axis)


def _crop(ink):
    (box,) = ndimage.find_objects((ink > EDGE).astype(int))
    return ink[box]


def _enlarged(ink, rows, columns):
    """Return strokes enlarged by two factors, smooth and as dark everywhere as at their darkest."""
    smooth = _spline(ink, rows, columns, 3)
    tone = _spline(ndimage.maximum_filter(ink, PLACE), rows, columns, 1)
    strokes = smooth / np.maximum(tone, LEAST_TONE)
    return np.clip(STROKE + max(rows / SHARP_EDGE, 1) * (strokes - STROKE), 0, 1)


def _spline(ink, rows, columns, order):
    options = {"order": order, "mode": "grid-constant", "grid_mode": True}
    return ndimage.zoom(ink, (rows, columns), **options)
