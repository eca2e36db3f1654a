"""Take the upstroke and the foot off a 1, which MNIST's writers hardly ever wrote."""

import numpy as np
from scipy import ndimage

from skdigits.preprocessing._digit_normalization.marks import EIGHT_NEIGHBOURS

STROKE = 0.5  # least ink that counts to the shape
LEAST_HEIGHT = 0.5  # of the image's; that of a 1, which is higher than wide, is 0.7

# All lengths are shares of the digit's height, and rows are counted from its top.
STEM = 0.08, 0.8  # rows in which the right edge of a stem is straight
BARE_STEM = 0.6, 0.8  # rows that tell how thick the stem is
SLANT = -0.5, 0.2  # to the right, for one row down
MOST_BEND = 0.08  # of the edge
THINNEST = 0.5  # of the stem's thickness; a 3 is thinner between its bows
REACH = 0.06, 0.6  # of an upstroke to the left of its stem
TOP_REACH = 0.1  # of the uppermost row; the bar of a 7 and the arm of an open 4 reach farther
ENDS = 0.2, 0.65  # rows in which an upstroke ends; the bar of a 7 ends higher
SAME_END = 0.02  # rows that reach as far as this less are the end, too
LEAST_RISE = 0.7  # rows for one column; the bar of a 7 rises less
RISE_BY_SLANT = 1.5  # more rows for one column of slant to the left; the stem of a 7 leans
MOST_BULGE = 0.05  # of an upstroke's upper edge; those of 2, 3 and 9 are round
MOST_DENT = 0.15  # that of an open 4 ends before its stem
MIDDLE = 0.2, 0.6  # of the reach, from the stem
MOST_THICKNESSES = 1.5  # of the stem, from the upper edge there down to the last ink; a 4 has a bar
BREADTH = 1.2, 0.04  # of the end at most: thicknesses of the stem, and heights
MOST_BELOW = 0.05  # reach below the upstroke
FOOT = 0.08  # least that a foot stands out on both sides; the foot of a 2 does on one


def bare_stem(ink):
    """Return the stem of a 1 that has an upstroke, or None for any other digit.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        The digit, drawn large. Strokes of 0..1.

    Returns
    -------
    stem : ndarray of shape (height, width) or None
        The ink without the upstroke and the foot.
    """
    mask = ink > STROKE
    rows = np.flatnonzero(mask.any(axis=1))
    if len(rows) < LEAST_HEIGHT * len(ink) or rows[-1] - rows[0] >= len(rows):
        return None
    mask = mask[rows[0] : rows[-1] + 1]
    height, width = mask.shape
    end = width - mask[:, ::-1].argmax(axis=1)
    slant, edge = _straight_edge(end)
    lengths = _lengths_to(end, mask)
    thickness = float(np.median(lengths[_part(BARE_STEM, height)]))
    bend = np.abs(end - edge)[_part(STEM, height)].max() / height
    thinnest = lengths[_part(STEM, height)].min() / thickness
    if not SLANT[0] < slant < SLANT[1] or bend > MOST_BEND or thinnest < THINNEST:
        return None
    beside = _beside(mask, edge - thickness)
    if not _is_upstroke(beside, thickness / height, slant) or _has_hole(mask):
        return None
    bottom = slice(int(STEM[1] * height), None)
    foot = _reach(beside)[bottom].max(), (end - edge)[bottom].max() / height
    if foot[0] <= FOOT <= foot[1]:
        return None  # it ends like a 2
    edges = edge[0] + slant * (np.arange(len(ink)) - rows[0])
    off = np.arange(width) - edges[:, np.newaxis]
    stem = ink * np.clip(off + thickness + 1, 0, 1)
    return stem * np.clip(-off, 0, 1) if foot[1] >= FOOT else stem


def _part(shares, height):
    return slice(*(int(share * height) for share in shares))


def _straight_edge(end):
    """Return a line through the right edge: its slant, and where it is in each row."""
    rows, stem = np.arange(len(end)), _part(STEM, len(end))
    slant, start = np.polyfit(rows[stem], end[stem], 1)
    return slant, start + slant * rows


def _lengths_to(end, mask):
    """Return how many points of ink each row has up to its right end, without a gap."""
    width = mask.shape[1]
    gaps = ~mask & (np.arange(width) < end[:, np.newaxis])
    after_gap = np.where(gaps.any(axis=1), width - gaps[:, ::-1].argmax(axis=1), 0)
    return end - after_gap


def _beside(mask, left_edge):
    """Return where ink is to the left of a stem, with the points next to the stem first."""
    columns = np.floor(left_edge).astype(int)[:, np.newaxis] - 1 - np.arange(mask.shape[1])
    return (columns >= 0) & np.take_along_axis(mask, np.maximum(columns, 0), axis=1)


def _reach(beside):
    """Return how far the ink of each row reaches, as a share of the height."""
    height, width = beside.shape
    return np.where(beside.any(axis=1), width - beside[:, ::-1].argmax(axis=1), 0) / height


def _is_upstroke(beside, thickness, slant):
    """Return whether the ink to the left of a stem is a stroke that rises to its top."""
    height, reach = len(beside), _reach(beside)
    farthest = reach[: int(ENDS[1] * height)].max()
    ends = np.flatnonzero(reach[: int(ENDS[1] * height)] >= farthest - SAME_END)
    first, last = ends[0] / height, ends[-1] / height
    if not REACH[0] < farthest < REACH[1] or reach[0] > TOP_REACH:
        return False
    if first < max(ENDS[0], farthest * (LEAST_RISE + RISE_BY_SLANT * max(-slant, 0))):
        return False
    upper = reach[: ends[0] + 1]
    off = upper - np.linspace(upper[0], upper[-1], len(upper))
    middle = beside[: int(STEM[1] * height), _part(MIDDLE, int(farthest * height))]
    below = min(last + BREADTH[0] * thickness + BREADTH[1], STEM[1] - SAME_END)
    return (
        off.max() < MOST_BULGE
        and off.min() > -MOST_DENT
        and _tallest(middle) / height < MOST_THICKNESSES * thickness * np.hypot(1, first / farthest)
        and reach[_part((below, STEM[1]), height)].max() < MOST_BELOW
    )


def _tallest(columns):
    """Return the most points from the first to the last ink of a column."""
    inked = columns.any(axis=0)
    extents = len(columns) - columns.argmax(axis=0) - columns[::-1].argmax(axis=0)
    return int(extents[inked].max(initial=0))


def _has_hole(mask):
    return ndimage.label(~np.pad(mask, 1), EIGHT_NEIGHBOURS)[1] > 1
