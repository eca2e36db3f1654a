"""Digits drawn with thin, faint and dry pens: paint programs, web canvases, fine-liners, pencils.

Sizes of pictures are drawn on a logarithmic scale, since a pen of one pixel is the thinner the
larger the picture.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

from benchmarks.drawn_digits.pictures import (
    as_bytes,
    beside_a_desk,
    jpeg,
    photo,
    printed_paper,
)
from benchmarks.drawn_digits.strokes import place, thin_stroke


def side_between(rng, smallest, largest):
    return int(np.exp(rng.uniform(np.log(smallest), np.log(largest))))


def drawing(digit, rng, pen, *, smallest=100, largest=1600, jagged=False, shake=0.0):
    """Return thin ink of 0..1 on an empty canvas, its sides between two."""
    side = side_between(rng, smallest, largest)
    shape = side, int(np.clip(side * rng.uniform(0.6, 1.6), smallest, largest))
    height = rng.uniform(0.35, 0.9) * min(shape)
    ink = thin_stroke(digit, height, pen, jagged=jagged, shake=shake, rng=rng)
    return place(ink, shape, rng)


def in_two_tones(ink, rng, least, most):
    """Return ink on an even ground, lighter or darker by a contrast between two, of white."""
    contrast = rng.uniform(least, most)
    low = rng.uniform(0, 1 - contrast)
    ground, pen = (low, low + contrast) if rng.random() < 0.5 else (low + contrast, low)
    return as_bytes(ground + (pen - ground) * ink)


def worn(ink, rng, gone):
    """Return ink with gaps, as of a dry pen on rough ground; `gone` is their share."""
    rough = ndimage.gaussian_filter(rng.normal(0, 1, ink.shape), rng.uniform(0.7, 2))
    return ink * (rough > np.quantile(rough, gone))


def pressed(ink, rng, lightest):
    """Return ink that is paler where the pen was pressed less."""
    pressure = ndimage.gaussian_filter(rng.normal(0, 1, ink.shape), 0.06 * min(ink.shape))
    return ink * np.clip(0.6 + 0.35 * pressure / pressure.std(), lightest, 1)


# On a screen


def plain_line(digit, rng):
    """Return lines of an ordinary breadth: what the drawing makes illegible is missed here too."""
    height = rng.uniform(100, 300)
    ink = thin_stroke(digit, height, height * rng.uniform(0.05, 0.1))
    return as_bytes(1 - np.pad(ink, int(0.3 * height)))


def pencil_tool(digit, rng):
    """Return lines of one pixel, as the pencil of a paint program draws them."""
    return in_two_tones(drawing(digit, rng, 1, jagged=True), rng, 0.6, 1)


def thin_brush(digit, rng):
    return in_two_tones(drawing(digit, rng, rng.uniform(0.8, 4)), rng, 0.3, 1)


def faint_brush(digit, rng):
    return in_two_tones(drawing(digit, rng, rng.uniform(1, 4)), rng, 0.08, 0.25)


def shaky_mouse(digit, rng):
    ink = drawing(digit, rng, int(rng.integers(1, 4)), jagged=True, shake=1.0)
    return in_two_tones(ink, rng, 0.4, 1)


def thin_and_transparent(digit, rng):
    """Return the canvas of a web page: ink in the transparency."""
    ink = drawing(digit, rng, rng.uniform(1, 4))
    pixels = np.zeros((*ink.shape, 4))
    pixels[..., :3] = np.array([(0, 0, 0), (1, 1, 1), (0.2, 0.3, 0.9)][rng.integers(3)])
    pixels[..., 3] = ink * rng.uniform(0.4, 1)
    return Image.fromarray(as_bytes(pixels))


def thin_and_small(digit, rng):
    """Return a digit of few pixels on a large canvas."""
    shape = side_between(rng, 300, 1400), side_between(rng, 300, 1400)
    ink = thin_stroke(digit, rng.uniform(30, 90), rng.uniform(1, 2.4))
    return in_two_tones(place(ink, shape, rng), rng, 0.4, 1)


def dry_brush(digit, rng):
    ink = drawing(digit, rng, rng.uniform(1, 4), smallest=200)
    return in_two_tones(worn(ink, rng, 0.35), rng, 0.4, 1)


def stylus_pressure(digit, rng):
    ink = drawing(digit, rng, rng.uniform(1, 4), smallest=200)
    return in_two_tones(pressed(ink, rng, 0.15), rng, 0.5, 1)


# On paper


def fine_writing(digit, rng, *, largest=900, finest=0.006, broadest=0.015):
    """Return ink of a pen whose breadth is a share of the digit's height."""
    shape = side_between(rng, 300, largest), side_between(rng, 300, largest)
    height = rng.uniform(0.4, 0.85) * min(shape)
    pen = max(1.3, height * rng.uniform(finest, broadest))
    return place(thin_stroke(digit, height, pen), shape, rng, spread=0.8)


def fine_photo(ink, rng, *, least=0.5, most=0.85, noise=0.02):
    """Return ink of a contrast between two, of the paper's tone, as a photograph."""
    paper = rng.uniform(0.7, 0.95)
    tone = paper * (1 - rng.uniform(least, most))
    shade, blur = rng.uniform(0.1, 0.5), rng.uniform(0.4, 0.9)
    noise = rng.uniform(0.2, 1) * noise
    picture = photo(ink, rng, paper=paper, pen=(tone,) * 3, shade=shade, noise=noise, blur=blur)
    return jpeg(picture, int(rng.integers(60, 95)))


def fine_liner(digit, rng):
    return fine_photo(fine_writing(digit, rng, largest=1800), rng)


def fine_pencil(digit, rng):
    ink = fine_writing(digit, rng, finest=0.008, broadest=0.02)
    return fine_photo(ink, rng, least=0.2, most=0.35, noise=0.015)


def dry_fine_liner(digit, rng):
    return fine_photo(worn(fine_writing(digit, rng, finest=0.008), rng, 0.25), rng)


def fine_liner_on_lines(digit, rng):
    """Return fine ink on ruled or squared paper."""
    ink = fine_writing(digit, rng, finest=0.008, broadest=0.018)
    return jpeg(printed_paper(ink, rng, squares=rng.random() < 0.5), 88)


def fine_liner_beside_a_desk(digit, rng):
    ink = fine_writing(digit, rng, finest=0.008)
    ink = place(ink, [int(1.5 * side) for side in ink.shape], rng, spread=0.2)
    return jpeg(beside_a_desk(photo(ink, rng), rng), 85)


def fine_chalk(digit, rng):
    ground = rng.uniform(0.1, 0.3)
    tone = ground + rng.uniform(0.3, 0.6)
    ink = fine_writing(digit, rng, finest=0.008)
    board = photo(ink, rng, paper=ground, pen=(tone,) * 3, shade=0.3, noise=0.015)
    return jpeg(board, 85)


KINDS = (
    plain_line,
    pencil_tool,
    thin_brush,
    faint_brush,
    shaky_mouse,
    thin_and_transparent,
    thin_and_small,
    dry_brush,
    stylus_pressure,
    fine_liner,
    fine_pencil,
    dry_fine_liner,
    fine_liner_on_lines,
    fine_liner_beside_a_desk,
    fine_chalk,
)
