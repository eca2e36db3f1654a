"""MNIST's digits as strokes that any pen can follow.

`pen_stroke` draws with the distance to the centre line, which suits pens as broad as MNIST's and
rounds the steps of its grid. Enlarged, it makes thin pens thicker than asked for. `thin_stroke`
draws lines along the centre line instead, of one pixel or more.
"""

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

FINE = 4  # points of the centre line's grid for one pixel of MNIST's
SHORTEST_BRANCH = 6  # points; thinning leaves shorter ones that nobody drew
ROUNDING = 2.5  # points; the grid's steps are 1


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


def thin_stroke(digit, height, pen, *, jagged=False, shake=0.0, rng=None):
    """Return the digit as ink of 0..1, `height` pixels high, drawn with lines of `pen` pixels.

    Parameters
    ----------
    digit : ndarray of shape (28, 28)
        A digit of MNIST's.

    height : float
        Longer side of the drawing, in pixels.

    pen : float
        Breadth of the pen, in pixels; whole ones where `jagged`.

    jagged : bool
        Whether the edges of lines have steps, as those of a paint program's pencil.

    shake : float
        Standard deviation of the places that the pen reaches, in pixels.

    rng : numpy.random.Generator
        Draws the shaking.
    """
    paths = pen_paths(digit)
    points = np.concatenate(paths)
    start = points.min(axis=0)
    scale = max(height - pen, 4) / np.ptp(points, axis=0).max()
    detail = 1 if jagged else 4
    margin = pen / 2 + 1 + 4 * shake
    size = np.ceil(np.ptp(points, axis=0) * scale + 2 * margin + 1).astype(int)
    canvas = Image.new("L", (size[1] * detail, size[0] * detail))
    brush = ImageDraw.Draw(canvas)
    width = max(1, round(pen * detail))
    for path in paths:
        places = (path - start) * scale + margin
        if shake:
            places = places + rng.normal(0, shake, places.shape)
        line = [(float(x), float(y)) for y, x in places * detail]
        brush.line(line, fill=255, width=width, joint="curve")
    if detail > 1:
        canvas = canvas.resize((int(size[1]), int(size[0])), Image.BOX)
    return crop(np.asarray(canvas) / 255, 0)


def pen_paths(digit):
    """Return the strokes of the digit's centre line, each an array of points (y, x).

    A stroke goes from one end or fork to the next, or around.
    """
    near = _neighbours(centre_line(digit))
    stops = {point for point, others in near.items() if len(others) != 2}
    paths = []
    for start in [*sorted(stops), *sorted(near.keys() - stops)]:
        while near[start]:
            paths.append(_walk(near, start, stops))
    touched = [stop for path in paths for stop in {path[0], path[-1]}]
    ends = {stop for stop in touched if touched.count(stop) == 1}
    drawn = [p for p in paths if len(p) > SHORTEST_BRANCH or not {p[0], p[-1]} & ends]
    return [_rounded(np.array(path, dtype=float)) for path in drawn or paths]


def _walk(near, start, stops):
    """Return the points from `start` to the next of `stops`; remove the way from `near`."""
    path = [start]
    while len(path) == 1 or path[-1] not in stops | {start}:
        here, there = path[-1], min(near[path[-1]])
        near[here].remove(there)
        near[there].remove(here)
        path.append(there)
    return path


def _neighbours(line):
    """Return the set of neighbours of each point of a line; diagonal ones where no others lead."""
    points = set(zip(*(side.tolist() for side in np.nonzero(line)), strict=True))
    near = {}
    for y, x in points:
        straight = {(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)} & points
        diagonal = {
            (y + down, x + right)
            for down in (-1, 1)
            for right in (-1, 1)
            if not {(y + down, x), (y, x + right)} & points
        } & points
        near[y, x] = straight | diagonal
    return near


def _rounded(path):
    """Return a path without the steps of the grid, its ends where they were."""
    closed = (path[0] == path[-1]).all()
    if closed:
        smooth = ndimage.gaussian_filter1d(path[:-1], ROUNDING, axis=0, mode="wrap")
        return np.concatenate([smooth, smooth[:1]])
    smooth = ndimage.gaussian_filter1d(path, ROUNDING, axis=0, mode="nearest")
    smooth[[0, -1]] = path[[0, -1]]
    return smooth


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


def any_paper(digit, rng, **options):
    """Return ink drawn with an ordinary pen on a canvas of a photograph's size."""
    shape = (int(rng.integers(240, 640)), int(rng.integers(240, 640)))
    height = rng.uniform(0.35, 0.75) * min(shape)
    return place(pen_stroke(digit, height, height * rng.uniform(0.03, 0.12)), shape, rng, **options)
