"""What a camera, a screen and a file make of ink."""

import io

import numpy as np
from PIL import Image
from scipy import ndimage


def as_bytes(picture):
    return np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)


def jpeg(picture, quality):
    data = io.BytesIO()
    Image.fromarray(as_bytes(picture)).save(data, "JPEG", quality=quality)
    return Image.open(data)


def light(shape, rng, strength):
    """Return uneven light of at most 1: a gradient, a vignette and a soft shadow."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5, 2)
    gradient = 1 - strength * (1 + x * np.cos(angle) + y * np.sin(angle)) / 3
    vignette = 1 - strength * ((x - far[0]) ** 2 + (y - far[1]) ** 2) / 6
    return gradient * vignette


def shot(colours, rng, shade, noise):
    """Return colours of 0..1 in uneven light, with the noise of a camera."""
    colours = colours * light(colours.shape[:2], rng, shade)[..., None]
    grain = ndimage.gaussian_filter(rng.normal(0, 1, colours.shape), (0.6, 0.6, 0)) * 1.7
    return np.clip(colours + noise * grain, 0, 1)


def photo(ink, rng, *, paper=0.85, pen=(0.15, 0.15, 0.2), shade=0.3, noise=0.02, blur=0.7):
    """Return ink on paper as a photograph, shape (h, w, 3), of 0..1."""
    ink = ndimage.gaussian_filter(ink, blur)[..., None]
    colours = paper * (1 - ink) + np.array(pen) * ink
    return shot(colours, rng, shade, noise)


def printed_paper(ink, rng, *, squares):
    """Return ink on ruled or squared paper as a photograph."""
    printed = printed_lines(ink.shape, rng, squares=squares)[..., None]
    line_colour = rng.uniform(0.35, 0.7) + np.array([-0.15, 0, 0.15])
    paper = 0.88 * (1 - printed) + line_colour * printed
    ink = ndimage.gaussian_filter(ink, 0.7)[..., None]
    colours = paper * (1 - ink) + np.array([0.12, 0.12, rng.uniform(0.1, 0.5)]) * ink
    return shot(colours, rng, 0.3, 0.015)


def printed_lines(shape, rng, *, squares):
    """Return printed lines of 0..1, a little turned."""
    spacing = rng.uniform(0.06, 0.2) * min(shape)
    width = rng.uniform(1, max(1.2, 0.004 * min(shape)))
    y, x = np.indices(shape)
    slope = np.tan(np.radians(rng.uniform(-2.5, 2.5)))
    printed = np.zeros(shape)
    for across in (y + slope * x, x - slope * y)[: 1 + squares]:
        off = np.abs((across + rng.uniform(0, spacing)) % spacing - spacing / 2)
        printed = np.maximum(printed, np.clip(width / 2 + 0.5 - off, 0, 1))
    return printed


def beside_a_desk(colours, rng):
    """Return a photograph of a page with the desk at two of its edges."""
    height, width = colours.shape[:2]
    y, x = np.indices((height, width))
    edge = rng.uniform(0.05, 0.12) * min(height, width)
    slope = np.tan(np.radians(rng.uniform(-3, 3)))
    desk = (x + slope * y < edge) | (y - slope * x > height - edge)
    turns = int(rng.integers(4))
    desk = np.rot90(desk, turns) if turns % 2 == 0 else desk
    wood = np.array([0.35, 0.22, 0.12]) * rng.uniform(0.3, 1.3)
    colours = colours.copy()
    colours[desk] = wood + rng.normal(0, 0.02, (desk.sum(), 3))
    return colours
