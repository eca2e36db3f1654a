"""Numbers as text, the same in Python, on the terminal and on pages."""

# Between a number and its unit: a narrow space that does not break lines.
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
PLUS_MINUS = " ± "
DASH = "\N{EN DASH}"


def percent(value, std=None, *, digits=2):
    """Return a fraction in percent, with its standard deviation if there is one.

    An unknown value, None, is a dash.
    """
    if value is None:
        return DASH
    spread = "" if std is None else f"{PLUS_MINUS}{100 * std:.{digits}f}"
    return f"{100 * value:.{digits}f}{spread}{NARROW_SPACE}%"


def number(value, std=None, *, digits=4):
    """Return a number with fixed digits, or a dash for None."""
    if value is None:
        return DASH
    spread = "" if std is None else f"{PLUS_MINUS}{std:.{digits}f}"
    return f"{value:.{digits}f}{spread}"


def seconds(value, std=None):
    """Return a time to about three figures, or a dash for None."""
    if value is None:
        return DASH
    digits = next((n for n, least in enumerate((100, 10, 0.1, 0.01)) if value >= least), 4)
    return number(value, std, digits=digits)


def count(value):
    """Return a whole number with separated thousands, or a dash for None."""
    return DASH if value is None else f"{value:,}"
