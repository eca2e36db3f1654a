"""Figures as inline SVG and images as data URIs, so that a page needs no other file."""

import base64
import io
import re
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from skdigits._files import escaped
from skdigits._matplotlib import Axes, Figure, PatchCollection, Rectangle, style, to_rgba
from skdigits._warnings import warn
from skdigits.inspection import HistoryDisplay
from skdigits.report import _format as fmt

# In the SVG, these colours are replaced by those of the page, which has a light and a dark scheme.
INK = "#010203"
PAPER = "#fefdfc"
CELL = "#0b4a8f"  # of a confusion matrix, more or less opaque
ON_FAINT, ON_FULL = "#000102", "#fefdff"  # text on such cells
PAGE_COLOURS = {
    INK: "currentColor",
    PAPER: "var(--paper)",
    CELL: "var(--cell)",
    ON_FAINT: "var(--on-faint)",
    ON_FULL: "var(--on-full)",
}
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
FAINTEST = 0.08
# Black text has more contrast than white up to the second opacity on the light page, and from the
# first one on the dark page.
BLACK_FROM, BLACK_TO = 0.53, 0.74
MOST_CLASSES_WITH_COUNTS = 20
MOST_CLASSES_WITH_NAMES = 25  # of more, each second one has its name, or each third one
FEW_TONES = 16  # as in scikit-learn's digits
CURVES = (4.0, 3.2)  # inches: with letters of 10 points they fit a phone
HEIGHT_IN_LEGEND = 0.21  # of each curve
FEW_CLASSES = 4  # with up to so many classes, a matrix is drawn smaller
REM_PER_INCH = 6.8
POINTS_PER_INCH = 72
LEAST_LETTERS = 11  # pixels on the screen of a phone, where a wider drawing scrolls
MOST_LETTERS_IN_LEGEND = 20  # of a name, beside the word "validation"
MISSING_LETTER = r"Glyph .* missing from font"  # matplotlib's warning


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
        with warnings.catch_warnings():
            # Browsers have the letters of other scripts.
            warnings.filterwarnings("ignore", message=MISSING_LETTER)
            svg = self._save(format="svg", transparent=True, metadata=nothing).decode("utf-8")
        svg = svg[svg.index("<svg") :]
        svg = re.sub(r"<[^>]*>", lambda tag: _in_page_colours(tag[0]), svg)
        svg = re.sub(r'\s(xmlns(:xlink)?|version|width|height)="[^"]*"', "", svg, count=5)
        svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # the same in every figure, and not used
        label = self.description.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        width = f"max-width: {REM_PER_INCH * self.size[0]:g}rem"  # keeps text small
        letters = min(map(float, re.findall(r"font-size: ([\d.]+)px", svg)), default=np.inf)
        # The units of the drawing are points.
        width += f"; --least: {POINTS_PER_INCH * self.size[0] * LEAST_LETTERS / letters:.0f}px"
        return svg.replace("<svg", f'<svg role="img" aria-label="{label}" style="{width}"', 1)

    def png(self):
        """Return a PNG file on white; matplotlib warns of each letter that its font lacks."""
        return self._save(format="png", facecolor="white", metadata={"Software": None})

    def _save(self, **options):
        # With the salt, ids are repeatable, and differ between the figures of a page.
        own = {**STYLE, "svg.hashsalt": escaped(self.description)}
        with style.context(["default", own]):
            figure = Figure(figsize=self.size, layout="constrained")
            self.plot(figure.add_subplot())
            buffer = io.BytesIO()
            figure.savefig(buffer, dpi=150, **options)
        return buffer.getvalue()


@contextmanager
def one_warning_of_missing_letters():
    """Warn once in place of matplotlib, which warns of each letter in each drawing."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", message=MISSING_LETTER)
        yield
    others = [each for each in caught if not re.match(MISSING_LETTER, str(each.message))]
    for each in others:
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    if len(others) < len(caught):
        warn(
            "matplotlib's font lacks letters of some names, and the PNG drawings have boxes in "
            "their place. The page shows them."
        )


def _in_page_colours(tag):
    for colour, on_page in PAGE_COLOURS.items():
        tag = tag.replace(colour, on_page)
    return tag


def training_curves(histories, metric, *, of="", limits=None, held_out="validation"):
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
    held_out : {"validation", "test"}, default="validation"
        The images that the dashed curves were measured on.

    Returns
    -------
    Drawing
        The curves.
    """

    def plot(ax):
        display = HistoryDisplay(histories, metric=metric).plot(ax=ax)
        legend = ax.get_legend()
        for line in [*display.lines_, *legend.legend_handles]:
            if line.get_markerfacecolor() == "white":
                line.set_markerfacecolor("none")
        texts = legend.get_texts()
        pairs = [text.get_text().rsplit(", ", 1) for text in texts]
        names = fmt.short_names([name for name, _ in pairs], most=MOST_LETTERS_IN_LEGEND)
        for text, name, (_, part) in zip(texts, names, pairs, strict=True):
            text.set_text(f"{name}, {held_out if part == 'validation' else part}")
        if limits:
            ax.set_ylim(*limits)

    description = f"{metric.capitalize()} over the epochs of training: {', '.join(histories)}{of}"
    width, height = CURVES
    legend = 2 * HEIGHT_IN_LEGEND * len(histories)
    return Drawing(plot, description, (width, max(height, 1.0 + legend)))


def confusion_matrix(confusion, class_names, name):
    """Return a drawing of a confusion matrix: nothing for zero, darker for higher counts."""
    matrix = np.asarray(confusion)
    shares = (matrix / max(matrix.max(), 1)) ** CONFUSION_POWER
    opacities = FAINTEST + (1 - FAINTEST) * shares  # of the cells that are not zero
    names = fmt.short_names(class_names)

    def plot(ax):
        cells = [tuple(cell) for cell in np.argwhere(matrix)]
        squares = [Rectangle((column - 0.5, row - 0.5), 1, 1) for row, column in cells]
        colours = [to_rgba(CELL, opacities[cell]) for cell in cells]
        ax.add_collection(PatchCollection(squares, facecolors=colours, linewidths=0))
        places, ends = range(len(matrix)), (-0.5, len(matrix) - 0.5)
        ax.set(xlabel="Predicted", ylabel="True", aspect="equal", xlim=ends, ylim=ends[::-1])
        every = -(-len(matrix) // MOST_CLASSES_WITH_NAMES)
        rotation = 90 if max(map(len, names)) > 2 else 0
        ax.set_xticks(places[::every], names[::every], rotation=rotation)
        ax.set_yticks(places[::every], names[::every])
        ax.spines[:].set(alpha=0.3, linewidth=0.6)
        ax.tick_params(length=0)
        if len(matrix) <= MOST_CLASSES_WITH_COUNTS:
            size = 10 if len(matrix) <= 10 else 6
            for row, column in cells:
                colour = _text_colour(opacities[row, column])
                options = {"ha": "center", "va": "center", "fontsize": size, "color": colour}
                ax.text(column, row, f"{matrix[row, column]}", **options)

    size = (3.0, 2.8) if len(matrix) <= FEW_CLASSES else (5.0, 4.8)
    return Drawing(plot, f"Confusion matrix of {name}", size)


def _text_colour(opacity):
    """Return the colour of text on a cell that can be read, on the light page and the dark one."""
    if opacity < BLACK_FROM:
        return ON_FAINT
    return "black" if opacity < BLACK_TO else ON_FULL


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
    """Return images of any real dtype as uint8; missing values are black.

    Bytes stay as they are, except for masks and other images of few tones.
    """
    if images.dtype == np.uint8 and np.max(images, initial=0) > FEW_TONES:
        return images
    low, high = float(np.nanmin(images)), float(np.nanmax(images))
    share = (images - low) / (high - low or 1.0)
    return np.rint(255 * np.nan_to_num(share)).astype(np.uint8)
