"""Thresholds that part ink from its ground."""

import numpy as np
from scipy import ndimage

OTSU_BINS = 128  # half of the tones of 8 bits, so that each bin of such a picture has some
CLEAR_EDGE = 4.0  # times the usual step between neighbours, which is that of grain
LEAST_WEIGHT = 1e-12  # keeps an even picture from a division by zero


def otsu_threshold(values):
    """Return the threshold that parts values best into two classes (Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=OTSU_BINS)
    centres = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    mass = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = mass / below - (mass[-1] - mass) / above
    between = np.nan_to_num(below * above * apart**2)
    # Between two tones all thresholds are equally good: take their middle.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return edges[1:][best].mean()


def edge_threshold(ink):
    """Return the ink at the edges of strokes, half of that in their middle.

    It is the mean of the least and the most ink around each pixel, weighted by the square of their
    difference, so that strokes of one pixel have edges too. Unlike Otsu's threshold it does not
    depend on how much of the picture is ground. Edges of grain, which are weak but many, are left
    out if there are clearer ones.
    """
    least, most = ndimage.minimum_filter(ink, 3), ndimage.maximum_filter(ink, 3)
    weight = (most - least) ** 2
    clear = weight > CLEAR_EDGE**2 * np.median(weight)
    if clear.any():
        weight = weight * clear
    return float((weight * (least + most)).sum() / max(2 * weight.sum(), LEAST_WEIGHT))
