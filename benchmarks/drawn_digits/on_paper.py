"""Digits written on paper with ordinary pens, photographed in many ways."""

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
from benchmarks.drawn_digits.strokes import any_paper, crop, pen_stroke, place


def shadow(digit, rng):
    return jpeg(photo(any_paper(digit, rng), rng, shade=rng.uniform(0.4, 0.8)), 85)


def hard_shadow(digit, rng):
    ink = any_paper(digit, rng)
    y, x = np.indices(ink.shape) / min(ink.shape)
    angle = rng.uniform(0, 2 * np.pi)
    side = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle) + rng.uniform(-0.2, 0.2)
    shade = 1 - rng.uniform(0.3, 0.55) / (1 + np.exp(-side / rng.uniform(0.01, 0.05)))
    return jpeg(photo(ink, rng) * shade[..., None], 85)


def ruled(digit, rng):
    return jpeg(printed_paper(any_paper(digit, rng), rng, squares=False), 88)


def squared(digit, rng):
    return jpeg(printed_paper(any_paper(digit, rng), rng, squares=True), 88)


def page_edge(digit, rng):
    return jpeg(beside_a_desk(photo(any_paper(digit, rng, spread=0.3), rng), rng), 85)


def pencil(digit, rng):
    tone = rng.uniform(0.5, 0.68)
    return jpeg(photo(any_paper(digit, rng), rng, pen=(tone,) * 3, noise=0.02), 80)


def coloured_pen(digit, rng):
    pens = [(0.1, 0.2, 0.7), (0.8, 0.1, 0.15), (0.1, 0.55, 0.2), (0.95, 0.75, 0.1), (0.9, 0.4, 0.7)]
    ink = any_paper(digit, rng)
    if rng.random() < 0.5:
        return jpeg(photo(ink, rng, paper=0.92, pen=pens[rng.integers(5)], shade=0.2), 85)
    papers = [(1, 1, 1), (0, 0, 0), (1, 0.95, 0.4), (0.15, 0.3, 0.2)]
    pen = [(0.9, 0.1, 0.1), (0.1, 0.1, 0.9), (0.0, 0.5, 0.0), (0.6, 0.2, 0.8)][rng.integers(4)]
    ink = ink[..., None]
    return as_bytes(np.array(papers[rng.integers(3)]) * (1 - ink) + np.array(pen) * ink)


def photo_of_28_pixels(digit, rng):
    shape = (224, 224)
    height = rng.uniform(0.55, 0.9) * 224
    ink = place(pen_stroke(digit, height, height * rng.uniform(0.05, 0.14)), shape, rng)
    tone = rng.uniform(0.1, 0.5)
    picture = photo(ink, rng, pen=(tone,) * 3, shade=rng.uniform(0.1, 0.6), noise=0.03)
    return Image.fromarray(as_bytes(picture)).convert("L").resize((28, 28), Image.BILINEAR)


def tiny_in_large(digit, rng):
    ink = pen_stroke(digit, rng.uniform(40, 90), rng.uniform(2, 6))
    return jpeg(photo(place(ink, (900, 1200), rng, spread=0.9), rng, shade=0.3, noise=0.015), 85)


def specks(digit, rng):
    ink = any_paper(digit, rng)
    y, x = np.indices(ink.shape)
    for _ in range(int(rng.integers(5, 25))):
        radius = rng.uniform(0.7, 0.012 * min(ink.shape))
        off = np.hypot(y - rng.uniform(0, len(y)), x - rng.uniform(0, x.shape[1]))
        ink = np.maximum(ink, np.clip(radius - off + 0.5, 0, 1))
    salt = rng.random(ink.shape)
    ink = np.where(salt < 0.002, 1 - ink, ink)
    return as_bytes(1 - ink) if rng.random() < 0.5 else jpeg(photo(ink, rng, shade=0.2), 85)


def chalk(digit, rng):
    board = photo(
        any_paper(digit, rng), rng, paper=0.25, pen=(0.8, 0.8, 0.75), shade=0.5, noise=0.03
    )
    return jpeg(board, 85)


def poor_jpeg(digit, rng):
    return jpeg(photo(any_paper(digit, rng), rng, noise=0.04), 15)


def in_two_strokes(digit, rng):
    """Return a digit whose strokes leave a gap, as a 5 with its bar apart."""
    ink = crop(any_paper(digit, rng), 0)
    y, x = np.indices(ink.shape) - np.array(ink.shape)[:, None, None] / 2
    angle, gap = rng.uniform(0, np.pi), rng.uniform(0.02, 0.06) * max(ink.shape)
    away = y * np.cos(angle) + x * np.sin(angle) + rng.uniform(-0.2, 0.2) * max(ink.shape)
    ink = np.pad(ink * (np.abs(away) > gap / 2), int(0.5 * max(ink.shape)))
    return jpeg(photo(ink, rng), 85)


def beside_others(digit, rng):
    """Return a digit cut from a row of digits, with parts of its neighbours."""
    ink = crop(any_paper(digit, rng), 0)
    height, width = ink.shape
    gap = int(rng.uniform(0.15, 0.35) * height)
    seen = int(rng.uniform(0.05, 0.25) * height)
    space = np.zeros((height, gap))
    other = np.resize(np.roll(ink, height // 2, axis=0), (height, width))
    row = np.hstack([other[:, -seen:], space, ink, space, other[:, :seen]])
    row = np.pad(row, ((gap, gap), (0, 0)))
    return jpeg(photo(row, rng), 85) if rng.random() < 0.5 else as_bytes(1 - row)


def flash(digit, rng):
    colours = photo(any_paper(digit, rng), rng, paper=0.6, pen=(0.2, 0.2, 0.25))
    y, x = np.mgrid[-1 : 1 : colours.shape[0] * 1j, -1 : 1 : colours.shape[1] * 1j]
    centre, wide = rng.uniform(-0.5, 0.5, 2), rng.uniform(0.3, 0.8)
    spot = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * wide**2))
    return jpeg(np.clip(colours * (0.5 + 1.1 * spot[..., None]), 0, 1), 85)


def finger_at_the_edge(digit, rng):
    colours = photo(any_paper(digit, rng, spread=0.3), rng)
    shape = np.array(colours.shape[:2])
    y, x = np.indices(shape)
    radius = rng.uniform(0.1, 0.2) * shape.min()
    side, along = rng.integers(4), rng.uniform(0.1, 0.9)
    top, left = ((0, along), (1, along), (along, 0), (along, 1))[side] * shape
    off = np.hypot((y - top) / rng.uniform(0.8, 1.2), x - left) - radius
    finger = np.clip(0.5 - off / 3, 0, 1)[..., None]
    skin = np.array([0.8, 0.55, 0.45]) * rng.uniform(0.4, 1)
    return jpeg(colours * (1 - finger) + skin * finger, 85)


def out_of_focus(digit, rng):
    ink = any_paper(digit, rng)
    return jpeg(photo(ink, rng, blur=rng.uniform(0.008, 0.02) * min(ink.shape)), 85)


def margin_line(digit, rng):
    """Return ruled paper with the red line of its margin."""
    picture = np.asarray(ruled(digit, rng)) / 255
    width = picture.shape[1]
    at = int(rng.uniform(0.02, 0.1) * width)
    picture[:, at : at + max(1, width // 200)] *= np.array([0.9, 0.5, 0.5])
    return as_bytes(picture)


def crumpled(digit, rng):
    ink = any_paper(digit, rng)
    folds = sum(
        np.abs(ndimage.gaussian_filter(rng.normal(0, size, ink.shape), size))
        for size in (0.06 * min(ink.shape), 0.15 * min(ink.shape))
    )
    return jpeg(photo(ink, rng, paper=0.95) * (1 - 0.3 * np.clip(folds, 0, 1))[..., None], 85)


def large_photo(digit, rng):
    """Return a photograph of a telephone's size, the digit nowhere near its borders."""
    ink = pen_stroke(digit, rng.uniform(80, 400), rng.uniform(5, 14))
    picture = photo(place(ink, (750, 1000), rng, spread=0.7), rng, shade=0.4)
    large = Image.fromarray(as_bytes(picture)).resize((4000, 3000), Image.BICUBIC)
    return jpeg(np.asarray(large) / 255, 85)


KINDS = (
    shadow,
    hard_shadow,
    ruled,
    squared,
    page_edge,
    pencil,
    coloured_pen,
    photo_of_28_pixels,
    tiny_in_large,
    specks,
    chalk,
    poor_jpeg,
    in_two_strokes,
    beside_others,
    flash,
    finger_at_the_edge,
    out_of_focus,
    margin_line,
    crumpled,
    large_photo,
)
