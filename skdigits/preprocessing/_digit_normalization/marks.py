"""Which of the marks on a picture are the digit."""

import numpy as np
from scipy import ndimage

from skdigits.preprocessing._digit_normalization.kind_of_picture import is_small

EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)

# What is one mark
PALE = 0.5  # of the threshold; a mark goes on down to this
BROKEN = 0.006  # of the longer side; a gap twice as wide does not part a stroke

# What belongs to the digit
STRENGTH = 0.75  # quantile of the ink in a mark that stands for all of it
WIDEST_GAP = 0.4  # between the parts of a digit, of the length of its main mark
LEAST_PART = 0.05  # of the weight of the main mark; what is lighter is a speck
LONGEST_PART = 1.5  # of the length of the main mark
LEAST_LIKELY_PART = 0.1  # of the likelihood of the main mark

# Where the digit is likely
OFF_CENTRE = 0.8  # what a mark loses from the middle to twice the distance of the border
ON_BORDER = 0.3  # factor for marks that touch a border
DESK = 0.02  # factor for marks that cover most of a border, as a desk beside a page does
FRAME = 0.02  # factor for marks that surround others
FRAMED_LENGTH = 0.25  # of the frame's length; what is shorter may be a speck in a loop
MOST_OF_A_BORDER = 0.5  # of its length
AT_BORDER = 0.01  # of a side; noise and blur leave a mark this far from the border that it touches
SLANT = 0.1  # of the main mark's length, by which slanted neighbours may reach beside it


def digit_mask(ink, threshold):
    """Return where the digit is: the heaviest mark, and what belongs to it.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        Ink of each pixel.

    threshold : float
        Ink at the edges of strokes. A mark has some pixel above it, and goes on down to half of it.

    Returns
    -------
    mask : ndarray of shape (height, width), bool
        The pixels of the digit; none if the picture has no mark.

    share : float
        The digit's share of the ink in all marks, weighted by how likely each mark is a part of a
        digit. It is low if there is only noise.
    """
    marks, n_marks = _marks(ink, threshold)
    if n_marks == 0:
        return np.zeros(ink.shape, dtype=bool), 0.0
    names = np.arange(1, n_marks + 1)
    mass = ndimage.sum_labels(ink, marks, names)
    boxes = ndimage.find_objects(marks)
    sizes = np.array([[part.stop - part.start for part in box] for box in boxes])
    likely = _likelihood(marks, boxes)
    weight = mass * likely
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
            share = float(weight[list(parts)].sum() / weight.sum())
            return digit & (ink > PALE * threshold), share
        parts |= joins
        others -= joins


def strength(ink, mask):
    """Return the ink that stands for all of a mark; 0 if there is none."""
    return np.quantile(ink[mask], STRENGTH) if mask.any() else 0.0


def _marks(ink, threshold):
    """Return the labels of the marks, from 1, and their number.

    Marks that nearly touch are one, except for those on most of a border.
    """
    faint = ink > PALE * threshold
    labels, n = ndimage.label(faint, EIGHT_NEIGHBOURS)
    near = max(1, round(BROKEN * max(ink.shape)))
    if near > 1:  # in small pictures this would join too much
        edge = np.isin(labels, _on_most_of_a_border(labels))
        inner, n = ndimage.label(
            ndimage.binary_dilation(faint & ~edge, EIGHT_NEIGHBOURS, near), EIGHT_NEIGHBOURS
        )
        labels = np.where(edge, n + labels, np.where(faint, inner, 0))
    strong = np.unique(labels[ink > threshold])
    strong = strong[strong > 0]
    return np.searchsorted(strong, labels, side="right") * np.isin(labels, strong), len(strong)


def _touches(box, shape):
    """Return whether a box touches the upper, lower, left and right border."""
    sides = (
        (part.start <= AT_BORDER * side, part.stop >= (1 - AT_BORDER) * side)
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
    """Return whether the border cuts a mark beside the main one, as it cuts another digit."""
    upper, lower, left, right = _touches(box, shape)
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
    for i, (rows, columns) in enumerate(boxes):
        y, x = (rows.start + rows.stop) / 2 / height, (columns.start + columns.stop) / 2 / width
        likely[i] = 1 - OFF_CENTRE * max(abs(y - 0.5), abs(x - 0.5))
        if any(_touches(boxes[i], marks.shape)):
            likely[i] *= DESK if i + 1 in desks else ON_BORDER
        if _is_frame(marks[boxes[i]], i + 1):
            likely[i] *= FRAME
    return likely


def _is_frame(marks, name):
    """Return whether a mark surrounds others of some size; `marks` is cropped to its box."""
    inside = ndimage.binary_fill_holes(marks == name) & (marks != name)
    boxes = ndimage.find_objects(np.where(inside, marks, 0))
    lengths = [max(part.stop - part.start for part in box) for box in boxes if box]
    return max(lengths, default=0) > FRAMED_LENGTH * max(marks.shape)
