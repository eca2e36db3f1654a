"""Which of the marks on a picture are the digit."""

import numpy as np
from scipy import ndimage

from skdigits.preprocessing._ink import is_small

EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)
WIDEST_GAP = 0.4  # between the parts of a digit, of the length of the main one


def digit_mask(ink, threshold):
    """Return where the digit is: the heaviest mark, and what belongs to it.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        Ink of each pixel.

    threshold : float
        Ink at the edges of strokes. A mark has some pixel above it, and goes on down to half.

    Returns
    -------
    mask : ndarray of shape (height, width), bool
        The pixels of the digit; none where the picture has no mark.

    share : float
        The digit's share of all ink in marks, each as likely as it is part of a digit; low where
        there is but noise.
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
        if weight[i] >= 0.05 * weight[main]
        and sizes[i].max() <= 1.5 * longest
        and likely[i] >= 0.1 * likely[main]
        and not _goes_on_outside(boxes[i], boxes[main], ink.shape)
    } - parts
    while True:
        digit = np.isin(marks, [names[i] for i in parts])
        joins = set()
        if others:
            gaps = ndimage.minimum(ndimage.distance_transform_edt(~digit), marks, names)
            joins = {i for i in others if gaps[i] <= WIDEST_GAP * longest}
        if not joins:
            return digit & (ink > threshold / 2), float(weight[list(parts)].sum() / weight.sum())
        parts |= joins
        others -= joins


def _marks(ink, threshold):
    """Return labels of the marks: what nearly touches is one mark, but for what lies on borders."""
    faint = ink > threshold / 2
    labels, n = ndimage.label(faint, EIGHT_NEIGHBOURS)
    near = max(1, round(0.006 * max(ink.shape)))
    if near > 1:  # so that a broken stroke is one; in small pictures that would join too much
        edge = np.isin(labels, _on_most_of_a_border(labels))
        inner, n = ndimage.label(
            ndimage.binary_dilation(faint & ~edge, EIGHT_NEIGHBOURS, near), EIGHT_NEIGHBOURS
        )
        labels = np.where(edge, n + labels, np.where(faint, inner, 0))
    strong = np.unique(labels[ink > threshold])
    strong = strong[strong > 0]
    return np.searchsorted(strong, labels, side="right") * np.isin(labels, strong), len(strong)


def _borders(box, shape):
    """Return whether a box touches the upper, lower, left and right border, all but a hundredth."""
    touches = (
        (part.start <= 0.01 * side, part.stop >= 0.99 * side)
        for part, side in zip(box, shape, strict=True)
    )
    return *next(touches), *next(touches)


def _on_most_of_a_border(labels):
    """Return the labels that cover more than half of a border, as a desk beside a page does."""
    found = []
    for border in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        names, counts = np.unique(border, return_counts=True)
        found += names[(counts > len(border) / 2) & (names > 0)].tolist()
    return found


def _goes_on_outside(box, main, shape):
    """Return whether a mark is cut by the border and beside the main one, as another digit is."""
    upper, lower, left, right = _borders(box, shape)
    slack = 0.1 * max(part.stop - part.start for part in main)  # of slanted digits
    over, beside = (
        part.stop <= other.start + slack or other.stop <= part.start + slack
        for part, other in zip(box, main, strict=True)
    )
    return bool(((left or right) and beside) or ((upper or lower) and over))


def _likelihood(marks, boxes):
    """Return 0..1 for each mark, by where it lies: on the border and around others is unlikely."""
    height, width = marks.shape
    # In a small picture the digit itself may be as broad.
    desks = [] if is_small(marks) else _on_most_of_a_border(marks)
    likely = np.ones(len(boxes))
    for i, (rows, columns) in enumerate(boxes):
        y, x = (rows.start + rows.stop) / 2 / height, (columns.start + columns.stop) / 2 / width
        likely[i] = 1 - 0.8 * max(abs(y - 0.5), abs(x - 0.5))
        if any(_borders(boxes[i], marks.shape)):
            likely[i] *= 0.02 if i + 1 in desks else 0.3
        if _is_frame(marks[boxes[i]], i + 1):
            likely[i] *= 0.02
    return likely


def _is_frame(marks, name):
    """Return whether a mark surrounds others of some size, all that is in `marks`."""
    inside = ndimage.binary_fill_holes(marks == name) & (marks != name)
    boxes = ndimage.find_objects(np.where(inside, marks, 0))
    lengths = [max(part.stop - part.start for part in box) for box in boxes if box]
    return max(lengths, default=0) > 0.25 * max(marks.shape)
