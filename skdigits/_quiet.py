"""Whether the command line is to show no progress; functions called from Python always show it."""

from contextlib import contextmanager
from contextvars import ContextVar

_is_quiet = ContextVar("_is_quiet", default=False)


def be_quiet(wanted):
    """Show no progress from now on, if wanted."""
    _is_quiet.set(wanted)


def is_quiet():
    """Return whether to show no progress."""
    return _is_quiet.get()


@contextmanager
def quiet_for_now():
    """Let `be_quiet` have an effect within the context only."""
    token = _is_quiet.set(False)
    try:
        yield
    finally:
        _is_quiet.reset(token)
