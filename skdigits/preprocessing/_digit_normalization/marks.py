"""Which of the marks on a picture are the digit."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from skdigits.preprocessing._digit_normalization.kind_of_picture import has_grain, is_small
from skdigits.preprocessing._digit_normalization.thresholds import edge_threshold

EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)

# What is one mark
PALE = 0.5  # of the threshold; a mark goes on down to this
PALE_WITHOUT_GRAIN = 0.25  # of the threshold; on a screen the palest ink is ink
# Gaps of a stroke, of the longer side: between its shortest and between its longest pieces
BREAKS = 0.012, 0.03

# What belongs to the digit
WIDEST_GAP = 0.4  # between the parts of a digit, of the length of its main mark
LEAST_PART = 0.05  # of the weight of the main mark; what is lighter is a speck
LONGEST_PART = 1.6  # of the length of the main mark
LEAST_LIKELY_PART = 0.1  # of the likelihood of the main mark

# Where the digit is likely
UNLIKELY = 0.1  # as a place of the digit; desks and frames have less
MOST_EDGES = 4  # of a page, each of which may have another desk beside it
OFF_CENTRE = 0.8  # what a mark loses from the middle to twice the distance of the border
ON_BORDER = 0.3  # factor for marks that touch a border
DESK = 0.005  # factor for marks that cover most of a border, as a desk beside a page does
FRAME = 0.02  # factor for marks that surround others
SIDES_OF_A_FRAME = 3  # a frame may have a gap
FRAMED_LENGTH = 0.25  # of the frame's length; what is shorter may be a speck in a loop
MOST_OF_A_BORDER = 0.5  # of its length
AT_BORDER = 0.01  # of a side; noise and blur leave a mark this far from the border that it touches
NEAR_BORDER = 0.07  # of a side, a pixel of 16
SLANT = 0.1  # of the main mark's length, by which slanted neighbours may reach beside it


class Digit(NamedTuple):
    """Where the digit is, and how much it looks like one.

    Attributes
    ----------
    mask : ndarray of shape (height, width), bool
        The pixels of the digit; none if the picture has no mark.

    threshold : float
        Ink at the edges of strokes. A mark has some pixel above it, and goes on to paler ones.

    likely : float
        How likely a digit is where the main mark is, 0..1.

    weight : float
        The square of the contrast, added up along all edges, times how likely a digit is there.

    share : float
        The digit's share of the weight of all marks. It is low if there is only noise.
    """

    mask: np.ndarray
    threshold: float
    likely: float
    weight: float
    share: float


def find_marks(ink):
    """Return the digit: the heaviest mark, and what belongs to it.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        Ink of each pixel.

    Returns
    -------
    digit : Digit
        The digit, with an empty mask if the picture has no mark.
    """
    heaviest = found = _heaviest(ink)
    for _ in range(MOST_EDGES):
        if found.likely > UNLIKELY or not found.mask.any():
            break
        # Beside a desk or a frame pale strokes do not stand out: look without it.
        ink = np.where(ndimage.binary_dilation(found.mask, EIGHT_NEIGHBOURS, 3), 0, ink)
        found = _heaviest(ink)
        heaviest = max(heaviest, found, key=lambda digit: digit.weight)
    return heaviest


def extent(mask):
    """Return the longer side of a mask's box."""
    return max(1 + np.ptp(np.flatnonzero(mask.any(axis=axis))) for axis in (0, 1))


def _heaviest(ink):
    """Return the heaviest mark and what belongs to it, as a Digit."""
    threshold = edge_threshold(ink)
    seen = ink > threshold * (PALE if has_grain(ink) else PALE_WITHOUT_GRAIN)
    marks, n_marks = _marks(seen, ink > threshold)
    if n_marks == 0:
        return Digit(np.zeros(ink.shape, dtype=bool), threshold, 0.0, 0.0, 0.0)
    names = np.arange(1, n_marks + 1)
    # Edges count rather than ink: a broad mark is no more of a stroke than a thin one.
    steps = ink - ndimage.minimum_filter(ink, 3)
    edges = ndimage.sum_labels(steps**2, marks, names)
    boxes = ndimage.find_objects(marks)
    sizes = np.array([[part.stop - part.start for part in box] for box in boxes])
    likely = _likelihood(marks, boxes)
    weight = edges * likely
    main = int(np.argmax(weight))
    longest = sizes[main].max()
    parts = {main}
    others = {
        i
        for i in range(n_marks)
        if weight[i] >= LEAST_PART * weight[main]
        and sizes[i].max() <= LONGEST_PART * longest
        and likely[i] >= LEAST_LIKELY_PART * likely[main]
        and not _continues_outside(boxes[i], boxes[main], ink.shape)
    } - parts
    while True:
        digit = np.isin(marks, [names[i] for i in parts])
        joins = set()
        if others:
            gaps = ndimage.minimum(ndimage.distance_transform_edt(~digit), marks, names)
            joins = {i for i in others if gaps[i] <= WIDEST_GAP * longest}
        if not joins:
            break
        parts |= joins
        others -= joins
    own = float(weight[list(parts)].sum())
    return Digit(digit & seen, threshold, float(likely[main]), own, own / weight.sum())


def _marks(seen, strong):
    """Return the labels of the marks, from 1, and their number.

    A broken stroke is one mark, except on most of a border. Each piece reaches as far as half its
    length, within limits, and is one with the pieces that it meets. So dashes are a stroke. Specks
    are not, and neither are the strokes of a digit of few pixels.
    """
    labels, n = ndimage.label(seen, EIGHT_NEIGHBOURS)
    edge = np.isin(labels, _on_most_of_a_border(labels))
    lengths = [max(part.stop - part.start for part in box) for box in ndimage.find_objects(labels)]
    reach = np.clip([0, *lengths], *np.multiply(BREAKS, max(seen.shape))) / 2
    away, nearest = ndimage.distance_transform_edt(~seen | edge, return_indices=True)
    inner, n = ndimage.label(away <= reach[labels[tuple(nearest)]], EIGHT_NEIGHBOURS)
    labels = np.where(edge, n + labels, np.where(seen, inner, 0))
    names = np.unique(labels[strong])
    return np.searchsorted(names, labels, side="right") * np.isin(labels, names), len(names)


def _touches(box, shape, reach=AT_BORDER):
    """Return whether a box touches the upper, lower, left and right border, or nearly does."""
    sides = (
        (part.start <= reach * side, part.stop >= (1 - reach) * side)
        for part, side in zip(box, shape, strict=True)
    )
    return *next(sides), *next(sides)


def _on_most_of_a_border(labels):
    """Return the labels that cover most of a border, as a desk beside a page does."""
    found = []
    for border in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        names, counts = np.unique(border, return_counts=True)
        found += names[(counts > MOST_OF_A_BORDER * len(border)) & (names > 0)].tolist()
    return found


def _continues_outside(box, main, shape):
    """Return whether the border cuts a mark beside the main one, as it cuts another digit.

    If the main mark is near the opposite border, both are a digit that fills the picture.
    """
    upper, lower, left, right = _touches(box, shape)
    main_upper, main_lower, main_left, main_right = _touches(main, shape, NEAR_BORDER)
    upper, lower = upper and not main_lower, lower and not main_upper
    left, right = left and not main_right, right and not main_left
    slack = SLANT * max(part.stop - part.start for part in main)
    over, beside = (
        part.stop <= other.start + slack or other.stop <= part.start + slack
        for part, other in zip(box, main, strict=True)
    )
    return bool(((left or right) and beside) or ((upper or lower) and over))


def _likelihood(marks, boxes):
    """Return how likely each mark is a part of the digit, 0..1, by where it lies."""
    height, width = marks.shape
    # In a small picture the digit itself may cover most of a border.
    desks = [] if is_small(marks) else _on_most_of_a_border(marks)
    likely = np.ones(len(boxes))
    at_border = [any(_touches(box, marks.shape)) for box in boxes]
    for i, (rows, columns) in enumerate(boxes):
        y, x = (rows.start + rows.stop) / 2 / height, (columns.start + columns.stop) / 2 / width
        likely[i] = 1 - OFF_CENTRE * max(abs(y - 0.5), abs(x - 0.5))
        if at_border[i]:
            likely[i] *= DESK if i + 1 in desks else ON_BORDER
        if _is_frame(marks[boxes[i]], i + 1, at_border):
            likely[i] *= FRAME
    return likely


def _is_frame(marks, name, at_border):
    """Return whether a mark surrounds another of some size; `marks` is cropped to its box.

    What the border of the picture cuts, a part of another digit, is not surrounded.
    """
    own = marks == name
    for other, box in enumerate(ndimage.find_objects(np.where(own, 0, marks))):
        if not box or at_border[other]:
            continue
        if max(part.stop - part.start for part in box) <= FRAMED_LENGTH * max(own.shape):
            continue
        rows, columns = box
        around = (
            own[: rows.start, columns],
            own[rows.stop :, columns],
            own[rows, : columns.start],
            own[rows, columns.stop :],
        )
        if sum(side.any() for side in around) >= SIDES_OF_A_FRAME and not own[box].any():
            return True
    return False
