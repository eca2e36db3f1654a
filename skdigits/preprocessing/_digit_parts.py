"""Which of the marks on a picture are the digit."""

import numpy as np
from scipy import ndimage

EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)


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
        The digit's share of all ink in marks; low where there is but noise.
    """
    marks, n_marks = _marks(ink, threshold)
    if n_marks == 0:
        return np.zeros(ink.shape, dtype=bool), 0.0
    names = np.arange(1, n_marks + 1)
    mass = ndimage.sum_labels(ink, marks, names)
    boxes = ndimage.find_objects(marks)
    sizes = np.array([[part.stop - part.start for part in box] for box in boxes])
    likely = _likelihood(ink.shape, boxes, sizes)
    weight = mass * likely
    main = int(np.argmax(weight))
    chosen = {main}
    longest = sizes[main].max()
    while True:
        digit = np.isin(marks, [names[i] for i in chosen])
        gaps = ndimage.minimum(ndimage.distance_transform_edt(~digit), marks, names)
        joins = {
            i
            for i in range(n_marks)
            if gaps[i] <= 0.25 * longest
            and weight[i] >= 0.05 * weight[main]
            and sizes[i].max() <= 1.5 * longest
            and likely[i] >= 0.1 * likely[main]
        }
        if joins <= chosen:
            return digit & (ink > threshold / 2), float(mass[list(chosen)].sum() / mass.sum())
        chosen |= joins


def _marks(ink, threshold):
    """Return labels of the marks: what nearly touches is one mark."""
    faint = ink > threshold / 2
    near = max(1, round(0.006 * max(ink.shape)))
    # So that a broken stroke is one; in small pictures that would join too much.
    joined = ndimage.binary_dilation(faint, EIGHT_NEIGHBOURS, near) if near > 1 else faint
    labels, n = ndimage.label(joined, EIGHT_NEIGHBOURS)
    labels = np.where(faint, labels, 0)
    strong = np.unique(labels[ink > threshold])
    strong = strong[strong > 0]
    names = np.zeros(n + 1, dtype=int)
    names[strong] = np.arange(1, len(strong) + 1)
    return names[labels], len(strong)


def _likelihood(shape, boxes, sizes):
    """Return 0..1 for each mark, by where it lies: on the border and around others is unlikely."""
    height, width = shape
    likely = np.ones(len(boxes))
    for i, (rows, columns) in enumerate(boxes):
        y, x = (rows.start + rows.stop) / 2 / height, (columns.start + columns.stop) / 2 / width
        likely[i] = 1 - 0.8 * max(abs(y - 0.5), abs(x - 0.5))
        touches = [rows.start == 0, rows.stop == height, columns.start == 0, columns.stop == width]
        along = sizes[i][1] / width if touches[0] or touches[1] else sizes[i][0] / height
        if any(touches):
            likely[i] *= 0.02 if sum(touches) > 1 or along > 0.7 else 0.3
    for i, (rows, columns) in enumerate(boxes):
        around = [
            rows.start < r.start
            and r.stop < rows.stop
            and columns.start < c.start
            and c.stop < columns.stop
            and sizes[j].max() > 0.25 * sizes[i].max()
            for j, (r, c) in enumerate(boxes)
        ]
        if any(around):
            likely[i] *= 0.02
    return likely
