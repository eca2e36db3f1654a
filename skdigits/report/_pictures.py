"""Figures as inline SVG and images as data URIs: a page needs no other file."""

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

# Drawn in this colour, replaced in the SVG by the colour of the page's text, light or dark.
INK = "#010203"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: small, sharp, in the page's font
    "text.parse_math": False,  # a name may hold dollars
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
FEW_CLASSES = 4  # whose matrix is drawn smaller
REM_PER_INCH = 6.8


@dataclass(frozen=True)
class Drawing:
    """A figure of one pair of axes, for the page and as a file.

    The figures belong to no pyplot state: there is nothing to close and no display is needed.

    Attributes
    ----------
    plot : callable
        ``plot(ax)`` draws it.
    description : str
        What it shows, for those who can't see it.
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
        svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # named alike in every figure, and never used
        label = self.description.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        width = f"max-width: {REM_PER_INCH * self.size[0]:g}rem"  # so that text is never large
        return svg.replace("<svg", f'<svg role="img" aria-label="{label}" style="{width}"', 1)

    def png(self):
        """Return a PNG file on white."""
        return self._save(format="png", facecolor="white", metadata={"Software": None})

    def _save(self, **options):
        # The salt makes the ids repeatable, and different between the figures of a page.
        own = {**STYLE, "svg.hashsalt": escaped(self.description)}
        with style.context(["default", own]), warnings.catch_warnings():
            # Names in other scripts: a browser has the letters.
            warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
            figure = Figure(figsize=self.size, layout="constrained")
            self.plot(figure.add_subplot())
            buffer = io.BytesIO()
            figure.savefig(buffer, dpi=150, **options)
        return buffer.getvalue()


def learning_curves(histories, metric, *, of="", limits=None):
    """Return the curves of a metric, of all models in one figure.

    Parameters
    ----------
    histories : dict of str to list of dict
        Each model's history of each run.
    metric : str
        Which curves.
    of : str, default=""
        What the models were trained on, where a page has several.
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
    """Return a confusion matrix: white where nothing was confused, the darker the more."""
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
    """Write into each cell of a matrix that is not zero how many it stands for."""
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
    """Return images to draw, of any real dtype, as uint8; what is missing is black."""
    if images.dtype == np.uint8:
        return images
    low, high = float(np.nanmin(images)), float(np.nanmax(images))
    share = (images - low) / (high - low or 1.0)
    return np.rint(255 * np.nan_to_num(share)).astype(np.uint8)
