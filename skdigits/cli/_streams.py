"""What a command prints is no reason to fail: on any terminal, into any pipe, or to nobody."""

import codecs
import os
import sys
from contextlib import contextmanager, suppress

_READABLE = "skdigits.readable"  # the name of an error handler, as Python's codecs know them

# What skdigits prints that a terminal may lack, and the nearest that every terminal has.
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


def _replace(error):
    """Say what stands for the first character that an encoding lacks."""
    character = error.object[error.start]  # or a byte of a file name that is no text
    escaped = character.encode("ascii", "backslashreplace").decode("ascii")
    return _NEAREST.get(character, escaped), error.start + 1


codecs.register_error(_READABLE, _replace)


@contextmanager
def forgiving_streams():
    """Let the standard streams take every character, and keep their descriptors from files."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # closed: a file would get its number, and what libraries print
            os.open(os.devnull, os.O_RDWR)
    streams = [each for each in (sys.stdout, sys.stderr) if hasattr(each, "reconfigure")]
    before = [each.errors for each in streams]
    for each in streams:
        each.reconfigure(errors=_READABLE)
    try:
        yield
    finally:
        for each, errors in zip(streams, before, strict=True):
            with suppress(OSError, ValueError):  # it can't be flushed, or somebody has closed it
                each.reconfigure(errors=errors)


def readable(text):
    """Return a text in characters that standard output has."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, _READABLE).decode(encoding, "replace")


def say(text):
    """Print on standard output, at once."""
    print(text, flush=True)


def tell(message):
    """Print a line about the command on standard error, or where there is one to read it."""
    with suppress(OSError, ValueError):  # nobody can be told
        print(f"skdigits: {message}", file=sys.stderr or sys.stdout, flush=True)


def drop_output():
    """Let what is left for a closed pipe go nowhere, or Python would try again as it ends."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
