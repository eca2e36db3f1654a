"""Ink from paper: how much ink each pixel of a grey picture holds."""

import numpy as np
from scipy import ndimage

LEAST_NOISE = 0.003  # of white
MOST_SMOOTHING = 3  # times; more would take pencil away with the grain of the paper
DARK_GROUND = 0.1  # of white; dark ink cannot be on it
DEGREE = 4  # of the surface of light; the spot of a flash needs more than 2
SURFACE = [(i, j) for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i)]  # powers of y and x


def smooth_noise(grey):
    """Return the picture with little fine noise, as it is where it has little."""
    for _ in range(0 if is_small(grey) else MOST_SMOOTHING):
        if _noise(grey) <= LEAST_NOISE:
            break
        grey = ndimage.gaussian_filter(grey, 1.0)
    return grey


def is_small(picture):
    """Return whether a picture is but a digit and its edges, too small for paper and light."""
    return min(picture.shape) <= 60


def _noise(grey):
    """Return the standard deviation of fine noise, were it normal.

    It is measured between every other pixel: next to each other, JPEG makes them alike.
    """
    corners = grey[2:, 2:] - grey[2:, :-2] - grey[:-2, 2:] + grey[:-2, :-2]
    return np.median(np.abs(corners)) / (2 * 0.6745) if corners.size else 0.0


def has_grain(grey):
    """Return whether the picture has any noise, as photographs have even when smoothed."""
    return _noise(grey) > 0.0002


def level_light(grey):
    """Return the picture as if lit evenly, where light falls off smoothly.

    A polynomial surface is fitted to the ground, by weights that leave out what is far from it
    (iteratively reweighted least squares with Tukey's biweight), and the picture divided by it.
    """
    step = max(1, max(grey.shape) // 48)
    sample = grey[::step, ::step]
    rows, columns = (_powers(side) for side in sample.shape)
    terms = np.stack([np.outer(rows[i], columns[j]).ravel() for i, j in SURFACE], axis=1)
    values = sample.ravel()
    ground = np.full(values.shape, np.median(values))
    # Level, where little ground is seen.
    ridge = 1e-3 * len(values) * np.diag([float(i + j > 0) for i, j in SURFACE])
    for _ in range(8):
        off = values - ground
        reach = max(4 * np.median(np.abs(off)), 0.03)
        weight = np.clip(1 - (off / reach) ** 2, 0, None) ** 2
        weighted = terms * weight[:, None]
        surface = np.linalg.solve(weighted.T @ terms + ridge, weighted.T @ values)
        ground = terms @ surface
    middle = float(np.median(ground))
    if middle < DARK_GROUND or ground.min() < 0.15 * middle:
        return grey  # no light falls on it, or this is no surface that could be light
    factors = np.zeros((DEGREE + 1, DEGREE + 1))
    factors[tuple(zip(*SURFACE, strict=True))] = surface
    rows, columns = (_powers(side) for side in grey.shape)
    full = rows.T @ factors @ columns
    return (grey * (middle / np.maximum(full, 0.2 * middle))).astype(np.float32)


def _powers(side):
    """Return the powers of the places along a side, from -1 to 1, shape (DEGREE + 1, side)."""
    return np.linspace(-1, 1, side) ** np.arange(DEGREE + 1)[:, None]


def votes_for_light_ink(grey):
    """Return how much speaks for ink lighter than its ground, from -3.5 to 3.5.

    Four signs vote: ground fills the border, fills most of the picture, is broad where strokes
    are narrow, and what is narrow and stands out is ink.
    """
    light = grey > otsu_threshold(grey)
    rim = max(1, min(grey.shape) // 50)
    inside = np.zeros(grey.shape, dtype=bool)
    inside[rim:-rim, rim:-rim] = True
    border = 2 * light[~inside].mean() - 1
    most = 2 * light.mean() - 1
    light_breadth = ndimage.distance_transform_edt(light).max()
    dark_breadth = ndimage.distance_transform_edt(~light).max()
    broad = (light_breadth - dark_breadth) / max(light_breadth + dark_breadth, 1e-9)
    window = max(3, int(0.15 * max(grey.shape)))
    dark_hat = float((_closing(grey, window) - grey).sum())
    light_hat = float((_closing(-grey, window) + grey).sum())
    narrow = (dark_hat - light_hat) / max(dark_hat + light_hat, 1e-9)
    return -(border + 0.5 * most + broad + narrow)


def has_two_tones(grey):
    """Return whether the picture is ink and even ground and nothing else, as drawn on a screen.

    Then there is no grain, and the two classes of Otsu's threshold leave nearly no variance within.
    """
    if has_grain(grey):
        return False
    light = grey > otsu_threshold(grey)
    share = light.mean()
    if not 0 < share < 1:
        return False
    apart = grey[light].mean() - grey[~light].mean()
    return share * (1 - share) * apart**2 > 0.95 * grey.var()


def otsu_threshold(values):
    """Return the threshold that parts values best into two classes (Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=128)
    centres = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    mass = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = mass / below - (mass[-1] - mass) / above
    between = np.nan_to_num(below * above * apart**2)
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return edges[1:][best].mean()


def ink_on_ground(grey, *, light_ink, stroke):
    """Return ink of 0..1 and more than the ground it lies on, for strokes of up to `stroke` pixels.

    The ground is what remains when all that is narrower than a window vanishes (a grey closing);
    so edges of shadows and of pages remain ground. Dark ink swallows a share of the light, and is
    measured as such.
    """
    window = int(stroke) | 1
    if light_ink:
        ground = -_closing(-grey, window)
        ink = grey - ground
    else:
        ground = _closing(grey, window)
        ink = (ground - grey) / np.maximum(ground, 0.3 * ground.max())
    # A closing lies on top of the noise, so that ground has a little ink.
    return np.clip(ink - np.median(ink[ink <= edge_threshold(ink)]), 0, None)


def _closing(grey, window):
    return ndimage.grey_closing(grey, size=(window, window), mode="nearest")


def edge_threshold(ink):
    """Return the ink at the edges of strokes, half of that in their middle.

    The mean of the ink, weighted by the square of its gradient: it does not depend on how much
    of the picture is ground, as that of Otsu does.
    """
    down, across = np.gradient(ink)
    weight = down**2 + across**2
    return float((weight * ink).sum() / max(weight.sum(), 1e-12))
