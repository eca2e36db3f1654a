"""Remove the lines of ruled and squared paper, and leave the strokes that cross them."""

import numpy as np
from scipy import ndimage

SMALLEST_SIDE = 64  # pixels; below it printed lines are no lines any more
STEEPEST = 5.0  # degrees
CHUNK = 8  # pixels of a line seen at a time


def remove_ruled_lines(ink):
    """Return the ink without straight lines from one border of the picture to the other."""
    if min(ink.shape) < SMALLEST_SIDE:
        return ink
    return _remove_rows(_remove_rows(ink).T).T


def _remove_rows(ink):
    """Remove lines that run from left to right."""
    height, width = ink.shape
    n_chunks = width // CHUNK
    chunks = ink[:, : n_chunks * CHUNK].reshape(height, n_chunks, CHUNK)
    chunks = ndimage.maximum_filter1d(np.median(chunks, axis=2), 3, axis=0)
    middles = CHUNK * (np.arange(n_chunks) + 0.5)
    best, slope = np.zeros(height), 0.0
    for degrees in np.arange(-STEEPEST, STEEPEST + 0.1, 0.5):
        tangent = np.tan(np.radians(degrees))
        rows = np.arange(height)[:, None] + np.rint((middles - width / 2) * tangent).astype(int)
        outside = (rows < 0) | (rows >= height)
        seen = np.where(outside, np.nan, chunks[np.clip(rows, 0, height - 1), range(n_chunks)])
        # Nearly all of a line must be there; the rest may be too pale.
        level = _lower_fifth(seen)
        if (level**2).sum() > (best**2).sum():
            best, slope = level, tangent
    dark = float(np.quantile(ink, 0.995))
    bands, n_bands = ndimage.label(best > 0.12 * dark)
    if n_bands == 0 or dark <= 0:
        return ink
    for band in range(1, n_bands + 1):
        rows = np.flatnonzero(bands == band)
        level = best[rows].max()
        # A bar of a digit that fills the picture is thicker, or as dark as the other strokes.
        too_thick = len(rows) > 4 + 0.02 * height
        if too_thick or (n_bands < 3 and level > 0.6 * dark):
            continue
        ink = _remove_line(ink, rows, slope, level)
    return ink


def _lower_fifth(seen):
    """Return the lower fifth of each row; 0 for rows of which too little lies in the picture."""
    ordered = np.sort(seen, axis=1)  # NaN last
    counts = np.sum(~np.isnan(seen), axis=1)
    values = ordered[np.arange(len(seen)), (0.2 * np.maximum(counts - 1, 0)).astype(int)]
    return np.where(counts >= 0.5 * seen.shape[1], np.nan_to_num(values), 0.0)


def _remove_line(ink, rows, slope, level):
    """Remove one line: what is no darker than it, and no stroke that goes on above and below."""
    height, width = ink.shape
    columns = np.arange(width)
    shift = np.rint((columns - width / 2) * slope).astype(int)
    band = np.arange(rows[0] - 1, rows[-1] + 2)[:, None] + shift
    above, below = (np.clip(edge + shift, 0, height - 1) for edge in (rows[0] - 2, rows[-1] + 2))
    crossing = np.minimum(ink[above, columns], ink[below, columns])
    inside = (band >= 0) & (band < height)
    band = np.clip(band, 0, height - 1)
    values = ink[band, columns]
    left = np.where(values > 1.7 * level, values, np.minimum(values, crossing))
    cleared = ink.copy()
    cleared[band[inside], np.broadcast_to(columns, band.shape)[inside]] = left[inside]
    return cleared
