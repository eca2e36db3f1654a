"""Pictures of digits as people take and draw them, drawn from MNIST's, by kind of difficulty.

A digit is drawn as the distance of each point to its centre line, so that any pen can follow it.
Each of KINDS draws one picture of it: an array, or a PIL image that went through JPEG.
"""

import io

import numpy as np
from PIL import Image
from scipy import ndimage

FINE = 4  # points a pixel of MNIST's


def centre_line(digit):
    """Return the thinned digit (Zhang and Suen, 1984) on a grid FINE times as fine."""
    ink = ndimage.zoom(np.pad(digit / 255.0, 1), FINE, order=1) > 0.4
    ink = np.pad(ink, 2)
    changed = True
    while changed:
        changed = False
        for step in (0, 1):
            around = [
                np.roll(ink, shift, (0, 1))
                for shift in ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
            ]
            north, _, east, _, south, _, west, _ = around
            count = sum(n.astype(int) for n in around)
            rises = sum(
                (~a & b).astype(int) for a, b in zip(around, around[1:] + around[:1], strict=True)
            )
            gone = ink & (count >= 2) & (count <= 6) & (rises == 1)
            if step == 0:
                gone &= ~(north & east & south) & ~(east & south & west)
            else:
                gone &= ~(north & east & west) & ~(north & south & west)
            ink = ink & ~gone
            changed |= gone.any()
    return ink


def pen_stroke(digit, height, pen):
    """Return the digit as ink of 0..1, `height` pixels high, drawn with a pen of `pen` pixels."""
    line = centre_line(digit)
    rows, columns = np.nonzero(line)
    line = line[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = max(height - pen, 4) / max(line.shape)
    margin = int(np.ceil((pen / 2 + 2) / scale))
    distance, (y, x) = ndimage.distance_transform_edt(~np.pad(line, margin), return_indices=True)
    smooth = ndimage.gaussian_filter(distance, 1.0)
    distance = smooth - smooth[y, x]  # rounds the steps of the grid, and stays 0 on the line
    size = [max(round(side * scale), 3) for side in distance.shape]
    picture = Image.fromarray(distance.astype(np.float32)).resize(size[::-1], Image.BILINEAR)
    ink = np.clip(pen / 2 + 0.5 - np.asarray(picture) * scale, 0, 1)
    return crop(ink, 0)


def crop(ink, level):
    rows, columns = np.nonzero(ink > level)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def place(ink, shape, rng, *, spread=1.0):
    """Put ink on an empty canvas, off the centre by up to `spread` of the room that there is."""
    canvas = np.zeros(shape)
    room = [max(side - used, 0) for side, used in zip(shape, ink.shape, strict=True)]
    top, left = (int(r / 2 + rng.uniform(-0.5, 0.5) * r * spread) for r in room)
    part = ink[: shape[0], : shape[1]]
    canvas[top : top + part.shape[0], left : left + part.shape[1]] = part
    return canvas


def light(shape, rng, strength):
    """Return uneven light of at most 1: a gradient, a vignette and a soft shadow."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5, 2)
    gradient = 1 - strength * (1 + x * np.cos(angle) + y * np.sin(angle)) / 3
    vignette = 1 - strength * ((x - far[0]) ** 2 + (y - far[1]) ** 2) / 6
    return gradient * vignette


def photo(ink, rng, *, paper=0.85, pen=(0.15, 0.15, 0.2), shade=0.3, noise=0.02, blur=0.7):
    """Return ink on paper as a photograph, shape (h, w, 3), of 0..1."""
    ink = ndimage.gaussian_filter(ink, blur)[..., None]
    colours = paper * (1 - ink) + np.array(pen) * ink
    return shot(colours, rng, shade, noise)


def shot(colours, rng, shade, noise):
    colours = colours * light(colours.shape[:2], rng, shade)[..., None]
    grain = ndimage.gaussian_filter(rng.normal(0, 1, colours.shape), (0.6, 0.6, 0)) * 1.7
    return np.clip(colours + noise * grain, 0, 1)


def as_bytes(picture):
    return np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)


def jpeg(picture, quality):
    data = io.BytesIO()
    Image.fromarray(as_bytes(picture)).save(data, "JPEG", quality=quality)
    return Image.open(data)


# The kinds of difficulty: each takes a digit of MNIST's and a random generator.


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


def any_paper(digit, rng, **options):
    """Return ink drawn with an ordinary pen on a canvas of a photograph's size."""
    shape = (int(rng.integers(240, 640)), int(rng.integers(240, 640)))
    height = rng.uniform(0.35, 0.75) * min(shape)
    return place(pen_stroke(digit, height, height * rng.uniform(0.03, 0.12)), shape, rng, **options)


def plain_pen(digit, rng):
    """Return ink on even white: what the drawing itself makes illegible is missed here too."""
    return as_bytes(1 - any_paper(digit, rng))


def shadow(digit, rng):
    return jpeg(photo(any_paper(digit, rng), rng, shade=rng.uniform(0.4, 0.8)), 85)


def hard_shadow(digit, rng):
    ink = any_paper(digit, rng)
    y, x = np.indices(ink.shape) / min(ink.shape)
    angle = rng.uniform(0, 2 * np.pi)
    side = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle) + rng.uniform(-0.2, 0.2)
    shade = 1 - rng.uniform(0.3, 0.55) / (1 + np.exp(-side / rng.uniform(0.01, 0.05)))
    return jpeg(photo(ink, rng) * shade[..., None], 85)


def lines(shape, rng, *, squares):
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


def printed_paper(digit, rng, *, squares):
    ink = any_paper(digit, rng)
    printed = lines(ink.shape, rng, squares=squares)[..., None]
    line_colour = rng.uniform(0.35, 0.7) + np.array([-0.15, 0, 0.15])
    paper = 0.88 * (1 - printed) + line_colour * printed
    ink = ndimage.gaussian_filter(ink, 0.7)[..., None]
    colours = paper * (1 - ink) + np.array([0.12, 0.12, rng.uniform(0.1, 0.5)]) * ink
    return jpeg(shot(colours, rng, 0.3, 0.015), 88)


def ruled(digit, rng):
    return printed_paper(digit, rng, squares=False)


def squared(digit, rng):
    return printed_paper(digit, rng, squares=True)


def page_edge(digit, rng):
    ink = any_paper(digit, rng, spread=0.3)
    colours = photo(ink, rng)
    y, x = np.indices(ink.shape)
    edge = rng.uniform(0.05, 0.12) * min(ink.shape)
    slope = np.tan(np.radians(rng.uniform(-3, 3)))
    desk = (x + slope * y < edge) | (y - slope * x > ink.shape[0] - edge)
    turns = int(rng.integers(4))
    desk = np.rot90(desk, turns) if turns % 2 == 0 else desk
    wood = np.array([0.35, 0.22, 0.12]) * rng.uniform(0.3, 1.3)
    colours[desk] = wood + rng.normal(0, 0.02, (desk.sum(), 3))
    return jpeg(colours, 85)


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


def transparent(digit, rng):
    ink = any_paper(digit, rng)
    colour = [(0, 0, 0), (1, 1, 1), (0.2, 0.3, 0.9), (0.9, 0.2, 0.1)][rng.integers(4)]
    pixels = np.zeros((*ink.shape, 4))
    pixels[..., :3] = np.array(colour) * (ink[..., None] > 0) + rng.integers(2) * (
        ink[..., None] == 0
    )
    pixels[..., 3] = ink
    return Image.fromarray(as_bytes(pixels))


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


def framed(digit, rng):
    ink = crop(any_paper(digit, rng), 0)
    gap = int(rng.uniform(0.15, 0.4) * max(ink.shape))
    ink = np.pad(np.pad(np.pad(ink, gap), int(rng.integers(2, 5)), constant_values=1), gap)
    return as_bytes(1 - ink)


def chalk(digit, rng):
    board = photo(
        any_paper(digit, rng), rng, paper=0.25, pen=(0.8, 0.8, 0.75), shade=0.5, noise=0.03
    )
    return jpeg(board, 85)


def poor_jpeg(digit, rng):
    return jpeg(photo(any_paper(digit, rng), rng, noise=0.04), 15)


def thresholded_28_pixels(digit, rng):
    """Return black on white as scripts prepare photographs: few pixels, the digit large in them."""
    side = int(rng.integers(20, 41))
    height = side * rng.uniform(0.7, 1.0)
    ink = pen_stroke(digit, 8 * height, height * rng.uniform(0.4, 1.6))
    ink = place(ink, (8 * side, 8 * side), rng)
    small = np.asarray(Image.fromarray(as_bytes(ink)).resize((side, side), Image.BILINEAR)) / 255
    small = small > 0.5 if rng.random() < 0.5 else small
    return as_bytes(small if rng.random() < 0.5 else 1 - small)


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
    as_it_is,
    inverted,
    enlarged_and_moved,
    hairline_on_screen,
    marker_on_small_screen,
    marker_on_screen,
    shadow,
    hard_shadow,
    ruled,
    squared,
    page_edge,
    pencil,
    coloured_pen,
    transparent,
    photo_of_28_pixels,
    tiny_in_large,
    cropped_close,
    cut_by_the_border,
    specks,
    framed,
    chalk,
    poor_jpeg,
    thresholded_28_pixels,
    in_two_strokes,
    beside_others,
    flash,
    finger_at_the_edge,
    out_of_focus,
    margin_line,
    crumpled,
    large_photo,
    plain_pen,
)
