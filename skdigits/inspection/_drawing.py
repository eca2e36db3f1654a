"""Axes, and grids of images as one picture: one artist draws them all, fast and to one scale."""

import numpy as np

GAP = 2  # pixels between images in labelled rows


def new_axes(ax, **figure_options):
    """Return `ax`, or the axes of a new figure for None."""
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(layout="constrained", **figure_options)
    return ax


def grid(rows, gap=GAP):
    """Put rows of images into one picture, `gap` pixels apart; what no image covers is NaN."""
    height, width, *channels = rows[0].shape[1:]
    n_columns = max(len(row) for row in rows)
    shape = len(rows) * (height + gap) - gap, n_columns * (width + gap) - gap
    picture = np.full((*shape, *channels), np.nan)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            top, left = i * (height + gap), j * (width + gap)
            picture[top : top + height, left : left + width] = image
    return picture


def draw_rows(ax, rows, labels):
    """Draw rows of images as one picture, with a label beside each row."""
    if not rows:
        ax = new_axes(ax)
        ax.set_axis_off()
        return ax
    picture = grid(rows)
    height = rows[0].shape[1]
    ax = new_axes(ax, figsize=(1.2 + 0.45 * max(map(len, rows)), 0.3 + 0.5 * len(rows)))
    if picture.ndim == 3:
        picture = np.nan_to_num(picture / np.nanmax(picture), nan=1.0)
    ax.imshow(picture, cmap="gray", interpolation="nearest")
    ax.set_xticks([])
    ax.set_yticks((height - 1) / 2 + np.arange(len(rows)) * (height + GAP), labels)
    ax.tick_params(left=False)
    ax.spines[:].set_visible(False)
    return ax
