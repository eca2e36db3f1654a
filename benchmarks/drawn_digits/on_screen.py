"""Digits drawn on a screen: even ground, no noise, pens of every breadth."""

import numpy as np
from PIL import Image

from benchmarks.drawn_digits.pictures import as_bytes
from benchmarks.drawn_digits.strokes import any_paper, crop, pen_stroke, place


def as_it_is(digit, rng):
    return digit


def inverted(digit, rng):
    return 255 - digit


def enlarged_and_moved(digit, rng):
    side = int(rng.integers(60, 300))
    large = Image.fromarray(digit).resize((side, side), Image.BICUBIC)
    canvas = place(np.asarray(large) / 255, (int(side * 1.6), int(side * 2)), rng)
    return as_bytes(1 - 0.8 * canvas if rng.random() < 0.5 else 0.1 + 0.7 * canvas)


def hairline_on_screen(digit, rng):
    side = int(rng.integers(250, 500))
    ink = pen_stroke(digit, rng.uniform(0.35, 0.85) * side, rng.uniform(1, 3))
    canvas = place(ink, (side, side), rng)
    return as_bytes(canvas if rng.random() < 0.5 else 1 - canvas)


def marker_on_small_screen(digit, rng):
    ink = pen_stroke(digit, rng.uniform(20, 27), rng.uniform(4, 6))
    canvas = place(ink, (28, 28), rng)
    return as_bytes(canvas if rng.random() < 0.5 else 1 - canvas)


def marker_on_screen(digit, rng):
    side = int(rng.integers(200, 500))
    height = rng.uniform(0.5, 0.9) * side
    canvas = place(pen_stroke(digit, height, height * rng.uniform(0.12, 0.22)), (side, side), rng)
    return as_bytes(canvas if rng.random() < 0.5 else 1 - canvas)


def plain_pen(digit, rng):
    """Return ink on even white: what the drawing itself makes illegible is missed here too."""
    return as_bytes(1 - any_paper(digit, rng))


def transparent(digit, rng):
    ink = any_paper(digit, rng)
    colour = [(0, 0, 0), (1, 1, 1), (0.2, 0.3, 0.9), (0.9, 0.2, 0.1)][rng.integers(4)]
    pixels = np.zeros((*ink.shape, 4))
    pixels[..., :3] = np.array(colour) * (ink[..., None] > 0) + rng.integers(2) * (
        ink[..., None] == 0
    )
    pixels[..., 3] = ink
    return Image.fromarray(as_bytes(pixels))


def cropped_close(digit, rng):
    height = rng.uniform(40, 300)
    ink = pen_stroke(digit, height, height * rng.uniform(0.06, 0.2))
    ink = np.pad(ink, int(rng.integers(0, 3)))
    return as_bytes(ink if rng.random() < 0.5 else 1 - ink)


def cut_by_the_border(digit, rng):
    ink = any_paper(digit, rng)
    ink = np.pad(crop(ink, 0), int(0.4 * max(ink.shape)))
    rows, columns = np.nonzero(ink)
    side = rng.integers(4)
    ink = (
        ink[rows.min() + 1 :],
        ink[: rows.max()],
        ink[:, columns.min() + 1 :],
        ink[:, : columns.max()],
    )[side]
    return as_bytes(ink if rng.random() < 0.5 else 1 - ink)


def framed(digit, rng):
    ink = crop(any_paper(digit, rng), 0)
    gap = int(rng.uniform(0.15, 0.4) * max(ink.shape))
    ink = np.pad(np.pad(np.pad(ink, gap), int(rng.integers(2, 5)), constant_values=1), gap)
    return as_bytes(1 - ink)


def thresholded_28_pixels(digit, rng):
    """Return black on white as scripts prepare photographs: few pixels, the digit large in them."""
    side = int(rng.integers(20, 41))
    height = side * rng.uniform(0.7, 1.0)
    ink = pen_stroke(digit, 8 * height, height * rng.uniform(0.4, 1.6))
    ink = place(ink, (8 * side, 8 * side), rng)
    small = np.asarray(Image.fromarray(as_bytes(ink)).resize((side, side), Image.BILINEAR)) / 255
    small = small > 0.5 if rng.random() < 0.5 else small
    return as_bytes(small if rng.random() < 0.5 else 1 - small)


KINDS = (
    as_it_is,
    inverted,
    enlarged_and_moved,
    hairline_on_screen,
    marker_on_small_screen,
    marker_on_screen,
    plain_pen,
    transparent,
    cropped_close,
    cut_by_the_border,
    framed,
    thresholded_28_pixels,
)
