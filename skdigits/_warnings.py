"""Warnings that point to the line of the user's code."""

import sys
import warnings
from contextlib import contextmanager
from contextvars import ContextVar

_suppressed = ContextVar("_suppressed", default=False)

PASSED_OVER = ("skdigits", "sklearn", "contextlib", "joblib", "pickle", "skops")


def warn(message):
    """Warn at the line of code that called skdigits, directly or through scikit-learn.

    Parameters
    ----------
    message : str or Warning
        A text becomes a UserWarning.

    Python shows a warning once for each line, so that a loop of predictions shows it once.
    """
    if _suppressed.get():
        return
    level, frame = 2, sys._getframe(1)
    while frame.f_back and _package_of(frame) in PASSED_OVER:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level)


def _package_of(frame):
    """Return the package of a frame's code; code of `exec` may have none."""
    return str(frame.f_globals.get("__name__")).partition(".")[0]


@contextmanager
def without_warnings():
    """Suppress all warnings: the user has not given the images in this form."""
    with without_our_warnings(), warnings.catch_warnings(action="ignore"):
        yield


@contextmanager
def without_our_warnings():
    """Suppress our warnings: another classifier has given them for the same data."""
    token = _suppressed.set(True)
    try:
        yield
    finally:
        _suppressed.reset(token)
