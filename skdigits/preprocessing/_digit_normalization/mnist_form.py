"""Bring the ink of a digit to MNIST's form: size, place and thickness of strokes."""

import numpy as np
from scipy import ndimage

from skdigits.preprocessing._digit_normalization.marks import extent
from skdigits.preprocessing._digit_normalization.strokes import (
    EDGE,
    stroke_thickness,
    with_thickness,
)
from skdigits.preprocessing._digit_normalization.upstroke import bare_stem

# MNIST's form, as its authors describe it (http://yann.lecun.com/exdb/mnist).
SIDE = 28  # pixels of an image
BOX = 20  # pixels of the digit's longer side
CENTRE = 14.5  # pixels from the upper and the left edge to the centre of mass, as MNIST has it

FINE = 8  # points for one pixel while strokes are drawn
ALREADY_FITS = 1  # pixels by which the box may differ from MNIST's
USUAL_THICKNESS = 1.7, 4.7  # pixels; 96 % of MNIST's digits lie between, by stroke_thickness
WANTED_THICKNESS = 2.2, 4.0  # pixels; strokes beyond the usual get the nearer of these
SMOOTHING = FINE / 6  # points


def to_mnist_form(ink):
    """Return the digit as MNIST would show it.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        Strokes of 0..1.

    Returns
    -------
    image : ndarray of shape (28, 28), uint8
        255 on strokes, 0 elsewhere.
    """
    canvas, pen_fits = draw_large(ink)
    stem = bare_stem(canvas)
    if stem is not None:
        canvas = _drawn(stem, 1 / FINE)
    elif pen_fits and abs(extent(ink > EDGE) - BOX) <= ALREADY_FITS:
        return _as_bytes(_moved(ink))
    return _as_bytes(canvas.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3)))


def draw_large(ink):
    """Return the digit on a canvas of FINE points a pixel, and whether its pen was MNIST's."""
    scale = BOX / extent(ink > EDGE)
    canvas = _drawn(ink, scale)
    thickness = stroke_thickness(canvas) / FINE
    if USUAL_THICKNESS[0] <= thickness <= USUAL_THICKNESS[1]:
        return canvas, True
    wanted = float(np.clip(thickness, *WANTED_THICKNESS))
    # Thicker strokes make the digit larger, so that its centre lines are fitted to the box.
    scale *= (BOX - wanted) / max(BOX - thickness, BOX / 2)
    canvas = with_thickness(_drawn(ink, scale), wanted * FINE, smoothing=SMOOTHING)
    # Strokes that were paler than others now weigh as much as they do: centre the digit again.
    off = _centre_of_mass(canvas) - CENTRE * FINE
    canvas = with_thickness(_drawn(ink, scale, off), wanted * FINE, smoothing=SMOOTHING)
    return canvas, False


def _centre_of_mass(ink):
    return np.array(ndimage.center_of_mass(ink)) + 0.5


def _drawn(ink, scale, off=0.0):
    """Return ink on a canvas of FINE points a pixel, its centre of mass `off` before the centre."""
    step = 1 / (scale * FINE)
    if step > 1:  # otherwise a thin stroke could lie between two points
        ink = ndimage.maximum_filter(ink, int(np.ceil(step)))
    start = _centre_of_mass(ink) - (CENTRE * FINE - off) * step
    offset = start + 0.5 * step - 0.5
    return ndimage.affine_transform(
        ink, [step, step], offset, (SIDE * FINE, SIDE * FINE), order=1, mode="constant"
    )


def _moved(ink):
    """Return ink moved to the centre by whole pixels, which blurs nothing."""
    move = np.rint(CENTRE - _centre_of_mass(ink)).astype(int)
    image = np.zeros((SIDE, SIDE))
    y, x = np.nonzero(ink)
    to_y, to_x = y + move[0], x + move[1]
    seen = (to_y >= 0) & (to_y < SIDE) & (to_x >= 0) & (to_x < SIDE)
    image[to_y[seen], to_x[seen]] = ink[y[seen], x[seen]]
    return image


def _as_bytes(image):
    return np.clip(np.rint(255 * image), 0, 255).astype(np.uint8)
