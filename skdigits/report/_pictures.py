"""Figures as inline SVG and images as data URIs: a page needs no other file."""

import base64
import io
import re
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from PIL import Image
from sklearn.metrics import ConfusionMatrixDisplay

from skdigits.inspection import HistoryDisplay

# Drawn in this colour, replaced in the SVG by the colour of the page's text, light or dark.
INK = "#010203"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: small, sharp, in the page's font
    "font.size": 10,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
# Few mistakes beside many right answers: a power scale lets one mistake be seen.
CONFUSION_POWER = 0.35
MOST_CLASSES_WITH_COUNTS = 20


def draw(plot, description, *, size):
    """Return what ``plot(ax)`` draws as an SVG element, with a description for those who can't see.

    The figure belongs to no pyplot state: there is nothing to close and no display is needed.
    """
    # The salt makes the ids repeatable, and different between the figures of a page.
    with rc_context({**STYLE, "svg.hashsalt": description}):
        figure = Figure(figsize=size, layout="constrained")
        plot(figure.add_subplot())
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, dpi=150, metadata=nothing)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r'\s(xmlns(:xlink)?|version|width|height)="[^"]*"', "", svg, count=5)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # named alike in every figure, and never used
    label = description.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def learning_curves(histories, metric):
    """Return the curves of a metric, of all models in one figure."""

    def plot(ax):
        display = HistoryDisplay(histories, metric=metric).plot(ax=ax)
        for line in display.lines_:
            if line.get_markerfacecolor() == "white":
                line.set_markerfacecolor("none")

    description = f"{metric.capitalize()} over the epochs of training: {', '.join(histories)}"
    return draw(plot, description, size=(5.0, 3.6))


def confusion_matrix(confusion, class_names, name):
    """Return a confusion matrix: white where nothing was confused, the darker the more."""
    matrix = np.asarray(confusion)
    with_counts = len(matrix) <= MOST_CLASSES_WITH_COUNTS

    def plot(ax):
        norm = PowerNorm(CONFUSION_POWER, vmin=0, vmax=max(matrix.max(), 1))
        display = ConfusionMatrixDisplay(matrix, display_labels=class_names)
        display.plot(
            ax=ax,
            cmap="Blues",
            colorbar=False,
            include_values=with_counts,
            values_format="d",
            xticks_rotation="vertical" if max(map(len, class_names)) > 2 else "horizontal",
            im_kw={"norm": norm},
            text_kw={"fontsize": 9 if len(matrix) <= 10 else 6},
        )
        ax.set(xlabel="Predicted", ylabel="True")
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
        if with_counts:
            for value, text in zip(matrix.flat, display.text_.flat, strict=True):
                text.set_text(f"{value}" if value else "")
                text.set_color("white" if norm(value) > 0.55 else "#222222")

    return draw(plot, f"Confusion matrix of {name}", size=(5.0, 4.8))


def strip(images, gap=2):
    """Return images side by side as one transparent PNG."""
    height, width = images.shape[1:3]
    canvas = Image.new("RGBA", (len(images) * (width + gap) - gap, height))
    for position, image in enumerate(images):
        canvas.paste(Image.fromarray(image), (position * (width + gap), 0))
    return _png(canvas)


def picture(image):
    """Return one image as a PNG."""
    return _png(Image.fromarray(image))


def _png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def to_pixels(X):
    """Return images of any real dtype as uint8, grey (n, h, w) or colour (n, h, w, 3)."""
    X = np.asarray(X)
    if X.ndim == 4 and X.shape[3] == 1:
        X = X[..., 0]
    if X.dtype == np.uint8:
        return X
    low, high = float(X.min()), float(X.max())
    return np.rint((X - low) * (255 / (high - low or 1.0))).astype(np.uint8)
