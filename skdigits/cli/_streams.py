"""Print without errors to any terminal, to any pipe, or to closed streams."""

import codecs
import os
import re
import sys
import unicodedata
import warnings
from contextlib import contextmanager, suppress

from skdigits._quiet import is_quiet

_READABLE = "skdigits.readable"  # name of our error handler in Python's codecs

# Characters of our output that a terminal may lack, and their replacements.
_NEAREST = {
    "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{NO-BREAK SPACE}": " ",
    "\N{EN DASH}": "-",
    "\N{MINUS SIGN}": "-",
    "\N{PLUS-MINUS SIGN}": "+-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{BULLET}": "*",
    "\N{HORIZONTAL ELLIPSIS}": "...",
}

# Some scripts need them, and so do some emoji.
_JOINERS = ("\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}")


def _replace(error):
    """Return a replacement for the first character that an encoding lacks."""
    character = error.object[error.start]  # may be a byte of a file name that is not text
    escaped = character.encode("ascii", "backslashreplace").decode("ascii")
    return _NEAREST.get(character, escaped), error.start + 1


codecs.register_error(_READABLE, _replace)

QUIET_HELP = "Print warnings and errors only, and no progress."


@contextmanager
def forgiving_streams():
    """Let the standard streams take every character; open those that are closed."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # it is closed: else the next file would get its number, and its output
            os.open(os.devnull, os.O_RDWR)
    streams = [each for each in (sys.stdout, sys.stderr) if hasattr(each, "reconfigure")]
    before = [each.errors for each in streams]
    for each in streams:
        each.reconfigure(errors=_READABLE)
    try:
        yield
    finally:
        for each, errors in zip(streams, before, strict=True):
            with suppress(OSError, ValueError):  # it cannot be flushed, or is closed
                each.reconfigure(errors=errors)


@contextmanager
def plain_surroundings():
    """Leave out of the environment what colours a pipe, or makes a terminal of no width."""
    names = ["GITHUB_ACTIONS"]
    if not os.environ.get("COLUMNS", "").strip("0"):
        names.append("COLUMNS")
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(before)


def in_one_line(text):
    """Return a text with escapes for the characters that move or colour what a terminal shows."""
    return "".join(c if _is_plain(c) else c.encode("unicode_escape").decode() for c in text)


def _is_plain(character):
    is_space = unicodedata.category(character) == "Zs"
    return character.isprintable() or is_space or character in _JOINERS


def readable(text):
    """Return a text in characters that standard output can print."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, _READABLE).decode(encoding, "replace")


def say(text):
    """Print a line on standard output, at once, unless the command is quiet."""
    if not is_quiet():
        print_result(in_one_line(text))


def print_result(text, end="\n"):
    """Print what the command is asked for on standard output, at once."""
    print(text, end=end, flush=True)


def tell(message):
    """Print a message about the command as one line on standard error, if possible."""
    line = in_one_line(re.sub(r"\s*\n\s*", " ", message.strip()))
    with suppress(OSError, ValueError):  # the stream is closed
        print(f"skdigits: {line}", file=sys.stderr or sys.stdout, flush=True)


@contextmanager
def warnings_told():
    """Tell each warning once, in one line, at the end, also before an error."""
    caught = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            yield
    finally:
        for message in dict.fromkeys(str(warning.message) for warning in caught):
            tell(f"warning: {message}")


def drop_output():
    """Discard the output that is left for a closed pipe; Python would write it when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
