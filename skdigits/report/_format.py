"""Numbers and names as text on pages and in drawings; templates also use `count` and `number`."""

from skdigits._shown_numbers import NARROW_SPACE, count, number, seconds

MOST_LETTERS = 20  # letters of a name in a drawing
MOST_LETTERS_IN_HEADLINE = 40


def duration(value):
    """Return a time in minutes and seconds."""
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes else f"{value:.0f} s"


def in_seconds(value):
    """Return a time in seconds with its unit."""
    return f"{seconds(value)}{NARROW_SPACE}s"


def words(name):
    """Return a parameter's name as words."""
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def parameter(value):
    """Return the value of a parameter as text; a list of sizes is joined."""
    if isinstance(value, list | tuple):
        return " + ".join(map(parameter, value))
    return f"{value:.3g}" if isinstance(value, float) else f"{value}"


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


def plural(value, noun):
    """Return a count with a noun in singular or plural."""
    return f"{count(value)} {noun}{'' if value == 1 else 's'}"


def p_value(value):
    """Return a p-value as it is usually printed."""
    text = "p < 0.001" if value < 0.001 else f"p = {value:.2g}"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def short_names(names, *, most=MOST_LETTERS):
    """Return names in one line of so many letters each, with the middle of long ones left out.

    Those that would become equal show the part in which they differ.
    """
    lines = [" ".join("".join(c if c.isprintable() else " " for c in n).split()) for n in names]
    short = [n if len(n) <= most else f"{n[: most // 2]}…{n[1 - most // 2 :]}" for n in lines]
    alike: dict[str, set[str]] = {cut: set() for cut in short}
    for line, cut in zip(lines, short, strict=True):
        alike[cut].add(line)
    return [
        cut if len(alike[cut]) == 1 else _different_part(line, alike[cut] - {line}, most)
        for line, cut in zip(lines, short, strict=True)
    ]


def _different_part(line, others, most):
    start = max(_first_difference(line, other) for other in others) - most // 2 + 1
    end = start + most - 2
    return f"…{line[start:end]}{'…' if end < len(line) else ''}"


def _first_difference(one, other):
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
