"""Predictions as a table, as CSV and as JSON, on standard output."""

import csv
import io
import math
import unicodedata
from typing import NamedTuple

from skdigits._files import escaped, to_json
from skdigits.cli._streams import in_one_line, print_result, readable, tell

UNKNOWN = "-"  # in place of a probability


class Prediction(NamedTuple):
    """What a model says of a picture, or what is wrong with it.

    Attributes
    ----------
    path : str
    label : str or None
    ranking : sequence of (str, float or None)
        Labels and their probabilities: first `label`, then the others by falling probability.
    error : str or None
    """

    path: str
    label: str | None = None
    ranking: tuple = ()
    error: str | None = None


class Format:
    """How predictions are printed.

    Parameters
    ----------
    paths : list of str
        Of all pictures.
    labels : list of str
        The classes of the model.
    top : int or None
        Number of labels for each picture.
    """

    def __init__(self, paths, labels, top):
        raise NotImplementedError

    def add(self, prediction):
        """Take the `Prediction` of the next picture."""
        raise NotImplementedError

    def end(self):
        """Print what is left after the last picture."""


class Table(Format):
    """Aligned columns for people; errors go to standard error, each in a line."""

    def __init__(self, paths, labels, top):
        self.top = top or 1
        self.path_width = max(map(_width, ["Picture", *map(_printable, paths)]))
        self.label_width = max(map(_width, ["Label", *map(_printable, labels)]))
        self.head = ["Picture", *["Label", "Probability"] * min(self.top, len(labels))]

    def add(self, prediction):
        if prediction.error is not None:
            tell(f"{_printable(prediction.path)}: {prediction.error}")
            return
        if self.head:
            self._print(self.head)
            self.head = []
        cells = [prediction.path]
        for label, probability in prediction.ranking[: self.top]:
            cells += [label, _percent(probability)]
        self._print(map(_printable, cells))

    def _print(self, cells):
        path, *others = cells
        line = _padded(path, self.path_width)
        for label, probability in zip(others[::2], others[1::2], strict=True):
            line += f"  {_padded(label, self.label_width)}  {probability:>11}"
        print_result(line)


class Csv(Format):
    """Lines of path, labels with their probabilities, and error."""

    def __init__(self, paths, labels, top):
        self.n = min(top or 1, len(labels))
        numbered = [
            column if rank == 1 else f"{column}_{rank}"
            for rank in range(1, self.n + 1)
            for column in ("label", "probability")
        ]
        self._print(["path", *numbered, "error"])

    def add(self, prediction):
        cells = [cell for pair in prediction.ranking[: self.n] for cell in pair]
        cells += [""] * (2 * self.n - len(cells))
        self._print([prediction.path, *cells, prediction.error or ""])

    def _print(self, cells):
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(
            [escaped(cell) if isinstance(cell, str) else cell for cell in cells]
        )
        print_result(line.getvalue(), end="")


class Json(Format):
    """A list of objects, printed when it is complete, in ASCII."""

    def __init__(self, paths, labels, top):
        self.top, self.predictions = top, []

    def add(self, prediction):
        if prediction.error is not None:
            self.predictions.append({"path": prediction.path, "error": prediction.error})
            return
        ranking = dict(prediction.ranking[: self.top])
        known = None not in ranking.values()
        self.predictions.append(
            {
                "path": prediction.path,
                "label": prediction.label,
                "probabilities": ranking if known else None,
            }
        )

    def end(self):
        print_result(to_json(self.predictions, ascii_only=True), end="")


FORMATS: dict[str, type[Format]] = {"table": Table, "json": Json, "csv": Csv}


def _percent(probability):
    return (
        UNKNOWN if probability is None or math.isnan(probability) else f"{100 * probability:.2f} %"
    )


def _printable(text):
    """Return a text in one line of characters that standard output can print."""
    return readable(in_one_line(text))


def _padded(text, width):
    return text + " " * (width - _width(text))


def _width(text):
    """Return the columns that a text takes on a terminal."""
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text
    )
