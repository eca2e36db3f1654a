"""New axes and their look, and grids of images that are drawn as one picture, on one scale."""

import numpy as np

from skdigits.inspection._drawn_images import as_images

GAP = 2  # pixels between images in labelled rows


def new_axes(ax, **figure_options):
    """Return `ax`, or if None the axes of a new figure, of pyplot if it works."""
    if ax is not None:
        return ax
    from skdigits._matplotlib import Figure

    options = {"layout": "constrained", **figure_options}
    try:
        import matplotlib.pyplot as plt

        return plt.subplots(**options)[1]
    except Exception:  # the backend is not installed, or has no screen; drawing needs neither
        return Figure(**options).add_subplot()


def draw_frame(ax, x, y):
    """Name the axes of curves or points, and give them a light grid in place of a box."""
    ax.set(xlabel=x, ylabel=y)
    ax.grid(visible=True, alpha=0.3, linewidth=0.6)
    ax.spines[["top", "right"]].set_visible(False)


def grid(rows, gap=GAP):
    """Put rows of images into one picture, `gap` pixels apart; the pixels between are NaN."""
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
    """Draw rows of images as one picture, with a label for each row."""
    if not rows:
        ax = new_axes(ax)
        ax.set_axis_off()
        return ax
    rows = [as_images(row) for row in rows]
    picture = grid(rows)
    height = rows[0].shape[1]
    ax = new_axes(ax, figsize=(1.2 + 0.45 * max(map(len, rows)), 0.3 + 0.5 * len(rows)))
    if picture.ndim == 3:
        picture = picture / 255 if rows[0].dtype == np.uint8 else to_unit(picture)
        picture = np.nan_to_num(picture, nan=1.0)
    ax.imshow(picture, cmap="gray", interpolation="nearest")
    ax.set_xticks([])
    middles = (height - 1) / 2 + np.arange(len(rows)) * (height + GAP)
    ax.set_yticks(middles, labels, parse_math=False)
    ax.tick_params(left=False)
    ax.spines[:].set_visible(False)
    return ax


def to_unit(values):
    """Return values in 0..1; others are scaled by their minimum and maximum. NaN stays NaN."""
    low, high = np.nanmin(values), np.nanmax(values)
    return values if low >= 0 and high <= 1 else (values - low) / (high - low or 1.0)
