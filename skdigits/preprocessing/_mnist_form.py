"""Ink of a digit in MNIST's form: 20 x 20 in 28 x 28, strokes of MNIST's thickness."""

import numpy as np
from scipy import ndimage

SIDE = 28
BOX = 20  # pixels of the digit's longer side
CENTRE = 14.5  # where the centre of mass lies, from the upper and left edge
FINE = 8  # points a pixel, to work on
EDGE = 0.25  # least ink that counts to the digit's box
INSIDE = 0.4  # least ink that counts to a stroke
USUAL = 1.7, 4.7  # thickness of all but 4 % of MNIST's digits, by stroke_thickness
WANTED = 2.2, 4.0  # what others are brought to, the nearer one


def to_mnist_form(ink):
    """Return ink of 0..1, shape (height, width), as MNIST would show it: (28, 28) of uint8."""
    rows, columns = (np.flatnonzero((ink > EDGE).any(axis=axis)) for axis in (1, 0))
    size = 1 + max(rows[-1] - rows[0], columns[-1] - columns[0])
    scale = BOX / size
    canvas = _drawn(ink, scale)
    thickness = stroke_thickness(canvas) / FINE
    if USUAL[0] <= thickness <= USUAL[1]:
        if abs(size - BOX) <= 1:
            return _bytes(_centred_as_it_is(ink))
    else:
        wanted = float(np.clip(thickness, *WANTED))
        # Thicker strokes make the digit larger, so that its centre lines are fitted instead.
        scale *= (BOX - wanted) / max(BOX - thickness, BOX / 2)
        canvas = _drawn(ink, scale)
        canvas = _with_thickness(canvas, wanted * FINE)
    return _bytes(canvas.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3)))


def _centre_of_mass(ink):
    return np.array(ndimage.center_of_mass(ink)) + 0.5


def _drawn(ink, scale):
    """Return ink on a canvas of FINE points a pixel, with its centre of mass at the centre."""
    step = 1 / (scale * FINE)
    if step > 1:  # so that no stroke lies between two points
        ink = ndimage.maximum_filter(ink, int(np.ceil(step)))
    start = _centre_of_mass(ink) - CENTRE * FINE * step
    offset = start + 0.5 * step - 0.5
    return ndimage.affine_transform(
        ink, [step, step], offset, (SIDE * FINE, SIDE * FINE), order=1, mode="constant"
    )


def _centred_as_it_is(ink):
    """Return ink moved by whole pixels, so that nothing is blurred."""
    move = np.rint(CENTRE - _centre_of_mass(ink)).astype(int)
    image = np.zeros((SIDE, SIDE))
    y, x = np.nonzero(ink)
    to_y, to_x = y + move[0], x + move[1]
    seen = (to_y >= 0) & (to_y < SIDE) & (to_x >= 0) & (to_x < SIDE)
    image[to_y[seen], to_x[seen]] = ink[y[seen], x[seen]]
    return image


def stroke_thickness(ink):
    """Return the usual thickness of the strokes, in pixels of `ink`; 0 where there is none."""
    inside = ink > INSIDE
    depth = ndimage.distance_transform_edt(inside)
    ridge = inside & (depth >= ndimage.maximum_filter(depth, 3))
    return 2 * float(np.median(depth[ridge])) - 1 if ridge.any() else 0.0


def _with_thickness(ink, wanted):
    """Return ink with strokes of another thickness, its edges smooth."""
    if stroke_thickness(ink) > wanted:
        ink = ndimage.gaussian_filter(ink, FINE / 6)  # a thin stroke would vanish
    inside = ink > INSIDE
    depth = ndimage.distance_transform_edt(inside)
    height = depth - ndimage.distance_transform_edt(~inside)
    change = (wanted - stroke_thickness(inside)) / 2
    if change < 0:
        # Where strokes are thin already their centre lines remain.
        ridge = inside & (depth >= ndimage.maximum_filter(depth, 3)) & (depth > wanted / 4)
        kept = wanted / 2 - ndimage.distance_transform_edt(~ridge)
        height = np.maximum(height + change, np.minimum(kept, height))
    else:
        height = height + change
    return np.clip(ndimage.gaussian_filter(height, 1.0) + 0.5, 0, 1)


def _bytes(image):
    return np.clip(np.rint(255 * image), 0, 255).astype(np.uint8)
