"""Digits scanned small: cropped to their ink, and often stretched to fill a square.

Collections of such digits were made from forms. Most are grey; coarse ones are black and white.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

from benchmarks.drawn_digits.pictures import as_bytes
from benchmarks.drawn_digits.strokes import crop

DETAIL = 10  # points for one pixel of MNIST's


def grey_scan_of_16_pixels(digit, rng):
    return as_bytes(_fitted(scan(digit, rng), (16, 16)))


def grey_scan_that_keeps_its_width(digit, rng):
    return as_bytes(_centred(scan(digit, rng), (16, 16)))


def coarse_scan_of_16_pixels(digit, rng):
    return as_bytes(_fitted(scan(digit, rng), (16, 16)) > 0.5)


def coarse_scan_that_keeps_its_width(digit, rng):
    return as_bytes(_centred(scan(digit, rng), (16, 16)) > 0.5)


def coarse_scan_of_32_pixels(digit, rng):
    return as_bytes(_fitted(scan(digit, rng), (32, 32)) > 0.5)


def coarse_scan_of_32_by_20_pixels(digit, rng):
    """Fill the height. Fill 20 pixels of the width, unless it is a 1 or as narrow as a 1."""
    ink = scan(digit, rng)
    height, width = ink.shape
    fitted = 20 if width > 0.35 * height else max(4, round(32 * width / height))
    return as_bytes(_centred(_fitted(ink, (32, fitted)) > 0.5, (32, 32)))


def scan(digit, rng):
    """Return the digit's ink, cropped, turned and slanted a little, with a pen of any thickness."""
    smooth = ndimage.zoom(digit / 255.0, DETAIL, order=3, grid_mode=True, mode="grid-constant")
    smooth = ndimage.gaussian_filter(smooth, 0.3 * DETAIL)
    turn, slant = np.radians(rng.uniform(-8, 8)), rng.uniform(-0.15, 0.15)
    matrix = [[np.cos(turn), -np.sin(turn)], [np.sin(turn) + slant, np.cos(turn)]]
    middle = np.array(smooth.shape) / 2
    moved = ndimage.affine_transform(smooth, matrix, middle - matrix @ middle, order=1)
    ink = moved > 0.5
    height = ndimage.distance_transform_edt(ink) - ndimage.distance_transform_edt(~ink)
    other_pen = height > -rng.uniform(-0.4, 0.8) * DETAIL
    # A thin stroke would vanish under a thinner pen.
    return crop((other_pen if other_pen.sum() > 0.4 * ink.sum() else ink).astype(float), 0)


def _fitted(ink, shape):
    """Return ink stretched to a shape, as shares of 0..1 of each pixel."""
    picture = Image.fromarray(as_bytes(ink)).resize(shape[::-1], Image.BOX)
    return np.asarray(picture) / 255


def _centred(ink, shape):
    """Return ink in the middle of a canvas, shrunk to fit it."""
    scale = min(side / used for side, used in zip(shape, ink.shape, strict=True))
    fitted = _fitted(ink, tuple(max(1, round(scale * used)) for used in ink.shape))
    canvas = np.zeros(shape)
    top, left = ((side - used) // 2 for side, used in zip(shape, fitted.shape, strict=True))
    canvas[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return canvas


KINDS = (
    grey_scan_of_16_pixels,
    grey_scan_that_keeps_its_width,
    coarse_scan_of_16_pixels,
    coarse_scan_that_keeps_its_width,
    coarse_scan_of_32_pixels,
    coarse_scan_of_32_by_20_pixels,
)
