"""Numbers and tables as text, the same on the terminal and on pages."""

from itertools import compress

# Between a number and its unit: a narrow space that does not break lines.
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
DASH = "\N{EN DASH}"
MOST_LETTERS = 20  # letters of a name in a drawing
MOST_LETTERS_IN_HEADLINE = 40


def percent(value, std=None, *, digits=2):
    """Return a fraction in percent, with its standard deviation if there is one.

    An unknown value, None, is a dash.
    """
    if value is None:
        return DASH
    spread = "" if std is None else f" ± {100 * std:.{digits}f}"
    return f"{100 * value:.{digits}f}{spread}{NARROW_SPACE}%"


def number(value, std=None, *, digits=4):
    """Return a number with fixed digits, or a dash for None."""
    if value is None:
        return DASH
    spread = "" if std is None else f" ± {std:.{digits}f}"
    return f"{value:.{digits}f}{spread}"


def seconds(value, std=None):
    """Return a time to about three figures, or a dash for None."""
    if value is None:
        return DASH
    digits = next((n for n, least in enumerate((100, 10, 0.1, 0.01)) if value >= least), 4)
    return number(value, std, digits=digits)


def duration(value):
    """Return a time in minutes and seconds."""
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes else f"{value:.0f} s"


def words(name):
    """Return a parameter's name as words."""
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def points(difference, std=None):
    """Return a difference of two fractions in percentage points, with its sign."""
    return signed(100 * difference, None if std is None else 100 * std, digits=2)


def signed(difference, std=None, *, digits=4):
    """Return a difference with its sign."""
    sign = "+" if difference > 0 else "\N{MINUS SIGN}" if difference < 0 else ""
    return sign + number(abs(difference), std, digits=digits)


def date(value):
    """Return an ISO 8601 time in UTC as date, time and zone."""
    return value.replace("T", " ").replace("+00:00", " UTC")


def count(value):
    """Return a whole number with separated thousands, or a dash for None."""
    return DASH if value is None else f"{value:,}"


def plural(value, noun):
    """Return a count with a noun in singular or plural."""
    return f"{count(value)} {noun}{'' if value == 1 else 's'}"


def p_value(value):
    """Return a p-value as it is usually printed."""
    text = "p < 0.001" if value < 0.001 else f"p = {value:.2g}"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def short(text, *, most=MOST_LETTERS):
    """Return a name in one line of so many letters, with the middle of long names left out."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= most else f"{text[: most // 2]}…{text[1 - most // 2 :]}"


def ranked(comparison):
    """Return the models: first the best one, then the others by falling accuracy."""
    return sorted(
        comparison.models,
        key=lambda model: (model.name != comparison.best, -model.mean["accuracy"]),
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
