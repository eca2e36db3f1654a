"""Figures as inline SVG and images as data URIs, so that a page needs no other file."""

import base64
import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from skdigits._files import escaped
from skdigits._matplotlib import Axes, Figure, PowerNorm, style
from skdigits.inspection import HistoryDisplay
from skdigits.report import _format as fmt

# In the SVG, this colour is replaced by the colour of the page's text, light or dark.
INK = "#010203"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text, in the font of the page
    "text.parse_math": False,  # names may contain dollar signs
    "font.size": 10,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
# A power scale, so that one mistake can be seen beside many right predictions.
CONFUSION_POWER = 0.35
MOST_CLASSES_WITH_COUNTS = 20
FEW_CLASSES = 4  # with up to so many classes, a matrix is drawn smaller
REM_PER_INCH = 6.8


@dataclass(frozen=True)
class Drawing:
    """A figure with one pair of axes, for a page and as a file.

    It is made without pyplot, so that it needs no display and does not have to be closed.

    Attributes
    ----------
    plot : callable
        ``plot(ax)`` draws it.
    description : str
        What the figure shows, for screen readers.
    size : tuple of float
        Width and height in inches.
    """

    plot: Callable[[Axes], None]
    description: str
    size: tuple[float, float]

    def svg(self):
        """Return an SVG element in the colours and the font of the page."""
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        svg = self._save(format="svg", transparent=True, metadata=nothing).decode("utf-8")
        svg = svg[svg.index("<svg") :]
        svg = re.sub(r"<[^>]*>", lambda tag: tag[0].replace(INK, "currentColor"), svg)
        svg = re.sub(r'\s(xmlns(:xlink)?|version|width|height)="[^"]*"', "", svg, count=5)
        svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # the same in every figure, and not used
        label = self.description.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        width = f"max-width: {REM_PER_INCH * self.size[0]:g}rem"  # keeps text small
        return svg.replace("<svg", f'<svg role="img" aria-label="{label}" style="{width}"', 1)

    def png(self):
        """Return a PNG file on white."""
        return self._save(format="png", facecolor="white", metadata={"Software": None})

    def _save(self, **options):
        # With the salt, ids are repeatable, and differ between the figures of a page.
        own = {**STYLE, "svg.hashsalt": escaped(self.description)}
        with style.context(["default", own]), warnings.catch_warnings():
            # Browsers have the letters of other scripts.
            warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
            figure = Figure(figsize=self.size, layout="constrained")
            self.plot(figure.add_subplot())
            buffer = io.BytesIO()
            figure.savefig(buffer, dpi=150, **options)
        return buffer.getvalue()


def training_curves(histories, metric, *, of="", limits=None):
    """Return the curves of a metric for all models in one figure.

    Parameters
    ----------
    histories : dict of str to list of dict
        The histories of all runs of each model.
    metric : str
        Key of the histories.
    of : str, default=""
        The data that the models were trained on, if a page has several.
    limits : tuple of float, default=None
        The ends of the vertical axis.

    Returns
    -------
    Drawing
        The curves.
    """

    def plot(ax):
        display = HistoryDisplay(histories, metric=metric).plot(ax=ax)
        for line in display.lines_:
            if line.get_markerfacecolor() == "white":
                line.set_markerfacecolor("none")
        for text in ax.get_legend().get_texts():
            name, _, part = text.get_text().rpartition(", ")
            text.set_text(f"{fmt.short(name)}, {part}")
        if limits:
            ax.set_ylim(*limits)

    description = f"{metric.capitalize()} over the epochs of training: {', '.join(histories)}{of}"
    return Drawing(plot, description, (5.0, 3.6))


def confusion_matrix(confusion, class_names, name):
    """Return a drawing of a confusion matrix: white for zero, darker for higher counts."""
    matrix = np.asarray(confusion)
    names = [fmt.short(name) for name in class_names]

    def plot(ax):
        norm = PowerNorm(CONFUSION_POWER, vmin=0, vmax=max(matrix.max(), 1))
        ax.imshow(matrix, cmap="Blues", norm=norm, interpolation="nearest")
        places = range(len(matrix))
        ax.set_xticks(places, names, rotation=90 if max(map(len, names)) > 2 else 0)
        ax.set_yticks(places, names)
        ax.set(xlabel="Predicted", ylabel="True")
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
        if len(matrix) <= MOST_CLASSES_WITH_COUNTS:
            _write_counts(ax, matrix, norm)

    size = (3.0, 2.8) if len(matrix) <= FEW_CLASSES else (5.0, 4.8)
    return Drawing(plot, f"Confusion matrix of {name}", size)


def _write_counts(ax, matrix, norm):
    """Write the count into each cell of a matrix that is not zero."""
    for (row, column), value in np.ndenumerate(matrix):
        if value:
            ax.text(
                column,
                row,
                f"{value}",
                ha="center",
                va="center",
                fontsize=9 if len(matrix) <= 10 else 6,
                color="white" if norm(value) > 0.55 else "#222222",
            )


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


def to_pixels(images):
    """Return images of any real dtype as uint8; missing values are black."""
    if images.dtype == np.uint8:
        return images
    low, high = float(np.nanmin(images)), float(np.nanmax(images))
    share = (images - low) / (high - low or 1.0)
    return np.rint(255 * np.nan_to_num(share)).astype(np.uint8)
