"""Remove the lines of ruled and squared paper, and leave the strokes that cross them."""

import numpy as np
from scipy import ndimage

SMALLEST_SIDE = 64  # pixels; in smaller pictures printed lines cannot be seen
STEEPEST = 5.0  # degrees
STEP = 0.5  # degrees
CHUNK = 8  # pixels; a line is looked at in pieces of this length
LACKING = 0.2  # share of a line's pieces that may be paler than the line
LEAST_SEEN = 0.5  # share of a line's pieces that must lie inside the picture
DARKEST = 0.995  # quantile of the ink that stands for the digit's strokes
PALEST = 0.12  # of the darkest ink; paler lines are left, since they are no marks either
THICKEST = 4, 0.02  # pixels, and the share of the height that comes on top
FEW_LINES = 3  # fewer may be bars of a digit
AS_DARK_AS_STROKES = 0.6  # of the darkest ink
OVER_THE_LINE = 1.7  # times the line's ink; darker ink is a stroke


def remove_ruled_lines(ink):
    """Return the ink without straight lines from one border of the picture to the other."""
    if min(ink.shape) < SMALLEST_SIDE:
        return ink
    return _remove_rows(_remove_rows(ink).T).T


def _remove_rows(ink):
    """Remove lines that run from left to right."""
    dark = float(np.quantile(ink, DARKEST))
    lines, slope = _find_rows(ink, PALEST * dark)
    bands, n_bands = ndimage.label(lines > PALEST * dark)
    if n_bands == 0 or dark <= 0:
        return ink
    for band in range(1, n_bands + 1):
        rows = np.flatnonzero(bands == band)
        level = lines[rows].max()
        # The bar of a digit that fills the picture is thicker, or as dark as the other strokes.
        too_thick = len(rows) > THICKEST[0] + THICKEST[1] * len(ink)
        if too_thick or (n_bands < FEW_LINES and level > AS_DARK_AS_STROKES * dark):
            continue
        ink = _remove_line(ink, rows, slope, level)
    return ink


def _find_rows(ink, palest):
    """Return the ink of the line through each row's middle, and the slope that all lines share.

    Of all slopes the one is taken at which the lines have most ink. Lines paler than `palest` need
    not be found.
    """
    height, width = ink.shape
    n_chunks = width // CHUNK
    chunks = ink[:, : n_chunks * CHUNK].reshape(height, n_chunks, CHUNK)
    chunks = ndimage.maximum_filter1d(np.median(chunks, axis=2), 3, axis=0)
    if np.mean(chunks.max(axis=0) > palest) < LEAST_SEEN * (1 - LACKING):
        return np.zeros(height), 0.0  # most of the width has no ink, so that there is no line
    middles = CHUNK * (np.arange(n_chunks) + 0.5)
    best, slope = np.zeros(height), 0.0
    for degrees in np.arange(-STEEPEST, STEEPEST + 0.1, STEP):
        tangent = np.tan(np.radians(degrees))
        rows = np.arange(height)[:, None] + np.rint((middles - width / 2) * tangent).astype(int)
        outside = (rows < 0) | (rows >= height)
        seen = np.where(outside, np.nan, chunks[np.clip(rows, 0, height - 1), range(n_chunks)])
        lines = _palest_but_for_lacking(seen)
        if (lines**2).sum() > (best**2).sum():
            best, slope = lines, tangent
    return best, slope


def _palest_but_for_lacking(seen):
    """Return the ink that all pieces of a line have, but for a share of LACKING.

    It is 0 for lines of which too little lies inside the picture.
    """
    ordered = np.sort(seen, axis=1)  # NaN last
    counts = np.sum(~np.isnan(seen), axis=1)
    values = ordered[np.arange(len(seen)), (LACKING * np.maximum(counts - 1, 0)).astype(int)]
    return np.where(counts >= LEAST_SEEN * seen.shape[1], np.nan_to_num(values), 0.0)


def _remove_line(ink, rows, slope, level):
    """Remove one line, but not darker ink, nor a stroke that goes on above and below."""
    height, width = ink.shape
    columns = np.arange(width)
    shift = np.rint((columns - width / 2) * slope).astype(int)
    band = np.arange(rows[0] - 1, rows[-1] + 2)[:, None] + shift
    above, below = (np.clip(edge + shift, 0, height - 1) for edge in (rows[0] - 2, rows[-1] + 2))
    crossing = np.minimum(ink[above, columns], ink[below, columns])
    inside = (band >= 0) & (band < height)
    band = np.clip(band, 0, height - 1)
    values = ink[band, columns]
    left = np.where(values > OVER_THE_LINE * level, values, np.minimum(values, crossing))
    cleared = ink.copy()
    cleared[band[inside], np.broadcast_to(columns, band.shape)[inside]] = left[inside]
    return cleared
