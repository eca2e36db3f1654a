"""Take uneven light and noise out of a picture."""

import numpy as np
from scipy import ndimage

from skdigits.preprocessing._digit_normalization.kind_of_picture import is_small, noise_deviation

DARK_GROUND = 0.1  # tone; dark ink cannot be seen on darker ground, and no light falls on it

# Noise
TOLERATED_NOISE = 0.003  # standard deviation of a tone
MOST_SMOOTHINGS = 3  # more would remove pencil together with the grain of the paper
SMOOTHING = 1.0  # pixels, standard deviation of the Gaussian

# The surface of light
DEGREE = 4  # of the polynomial; degree 2 does not follow the spot of a flash
POWERS = [(i, j) for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i)]  # of y and x
SAMPLED_SIDE = 48  # points along the longer side that the surface is fitted to
ITERATIONS = 8  # of the reweighted least squares
REACH = 4  # medians of the deviation; points further off have no weight
LEAST_REACH = 0.03  # tone, for pictures whose ground has no noise
RIDGE = 1e-3  # a point; keeps the surface level where little ground is seen
DARKEST_LIGHT = 0.15  # of the median ground; a surface that falls lower is not light
DARKEST_DIVISOR = 0.2  # of the median ground


def smooth_noise(grey):
    """Return the picture with less fine noise; a picture that has little stays as it is."""
    for _ in range(0 if is_small(grey) else MOST_SMOOTHINGS):
        if noise_deviation(grey) <= TOLERATED_NOISE:
            break
        grey = ndimage.gaussian_filter(grey, SMOOTHING)
    return grey


def level_light(grey):
    """Return the picture as if the light were even.

    A polynomial surface is fitted to the ground, and the picture is divided by it. Weights leave
    out what is far from the surface (iteratively reweighted least squares with Tukey's biweight).
    """
    step = max(1, max(grey.shape) // SAMPLED_SIDE)
    sample = grey[::step, ::step]
    rows, columns = (_powers(side) for side in sample.shape)
    terms = np.stack([np.outer(rows[i], columns[j]).ravel() for i, j in POWERS], axis=1)
    values = sample.ravel()
    ground = np.full(values.shape, np.median(values))
    ridge = RIDGE * len(values) * np.diag([float(i + j > 0) for i, j in POWERS])
    for _ in range(ITERATIONS):
        off = values - ground
        reach = max(REACH * np.median(np.abs(off)), LEAST_REACH)
        weight = np.clip(1 - (off / reach) ** 2, 0, None) ** 2
        weighted = terms * weight[:, None]
        surface = np.linalg.solve(weighted.T @ terms + ridge, weighted.T @ values)
        ground = terms @ surface
    middle = float(np.median(ground))
    if middle < DARK_GROUND or ground.min() < DARKEST_LIGHT * middle:
        return grey
    factors = np.zeros((DEGREE + 1, DEGREE + 1))
    factors[tuple(zip(*POWERS, strict=True))] = surface
    rows, columns = (_powers(side) for side in grey.shape)
    full = rows.T @ factors @ columns
    return (grey * (middle / np.maximum(full, DARKEST_DIVISOR * middle))).astype(np.float32)


def _powers(side):
    """Return the powers of positions from -1 to 1 along a side, shape (DEGREE + 1, side)."""
    return np.linspace(-1, 1, side) ** np.arange(DEGREE + 1)[:, None]
