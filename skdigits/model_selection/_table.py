"""The table of a comparison, as texts."""

import math
from itertools import compress, zip_longest

from skdigits._shown_numbers import DASH, NARROW_SPACE, PLUS_MINUS, count, number, percent, seconds

WIDTH = 80  # letters of a line in Python
DIGITS = 9  # of an accuracy; those of models that are equally good may differ beyond them


def rank(model):
    """Sort the best model first: highest accuracy, then lowest log loss.

    Means of the same accuracies in another order may differ in their last digit.
    """
    loss = model.mean["log_loss"]
    return round(-model.mean["accuracy"], DIGITS), math.inf if loss is None else loss


def ranked(comparison):
    """Return the models: first the best one, then the others by `rank`."""
    return sorted(
        comparison.models,
        key=lambda model: (model.name != comparison.best, *rank(model)),
    )


COLUMNS = (
    "Model",
    "Accuracy",
    "Macro F1",
    "Log loss",
    "ECE",
    "Fit (s)",
    "Predict (s)",
    "Parameters",
)


def comparison_table(comparison):
    """Return the table of a comparison as texts.

    Parameters
    ----------
    comparison : skdigits.model_selection.Comparison
        The comparison.

    Returns
    -------
    columns : tuple of str
        The column names.
    rows : list of list of str
        One row for each model, the best first. With folds, each measure is mean ± standard
        deviation. A measure that no model has is left out.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skdigits.model_selection import compare
    >>> from skdigits.report import comparison_table
    >>> X, y = load_digits(return_X_y=True)
    >>> columns, rows = comparison_table(compare({"bayes": GaussianNB()}, X, y, cv=3))
    >>> columns[:3], rows[0][0]
    (('Model', 'Accuracy', 'Macro F1'), 'bayes')
    """
    rows = []
    for model in ranked(comparison):
        mean, std = model.mean, model.std
        rows.append(
            [
                model.name,
                percent(mean["accuracy"], std["accuracy"]),
                number(mean["macro_f1"], std["macro_f1"]),
                number(mean["log_loss"], std["log_loss"]),
                # Runs that older versions stored do not have it.
                number(*(of.get("expected_calibration_error") for of in (mean, std))),
                seconds(mean["fit_seconds"], std["fit_seconds"]),
                seconds(mean["predict_seconds"], std["predict_seconds"]),
                count(model.n_parameters),
            ]
        )
    known = [any(cell != DASH for cell in column) for column in zip(*rows, strict=True)]
    return tuple(compress(COLUMNS, known)), [list(compress(row, known)) for row in rows]


def as_text(columns, rows):
    """Return a table as text, the first column to the left and the numbers to the right."""
    table = [list(columns), *rows]
    if len(_aligned(table)[0]) > WIDTH:
        columns, rows = narrowed(columns, rows)
        table = [line for row in (columns, *rows) for line in _lines(row)]
    return "\n".join(_aligned(table))


def narrowed(columns, rows, n_texts=1):
    """Return a table with line breaks in the names of number columns, and before each spread."""
    columns = [
        name if number < n_texts else name.replace(" ", "\n") for number, name in enumerate(columns)
    ]
    return columns, [[*row[:n_texts], *map(_on_two_lines, row[n_texts:])] for row in rows]


def _on_two_lines(cell):
    """Return "95.21 ± 0.35 %" as "95.21 %" above "± 0.35"."""
    mean, sign, rest = cell.partition(PLUS_MINUS)
    spread, space, unit = rest.partition(NARROW_SPACE)
    return f"{mean}{space}{unit}\n{sign.lstrip()}{spread}" if sign else cell


def _lines(row):
    """Return the lines of a row whose cells may have several."""
    return zip_longest(*(cell.split("\n") for cell in row), fillvalue="")


def _aligned(table):
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
