"""Import matplotlib, without pyplot; other modules take its classes from here.

The import fails if the environment variable MPLBACKEND names a backend that is not installed, as a
notebook or an editor may leave it behind. A figure that is only saved needs no backend.
"""

import contextlib
import os
import sys


def _import_with_any_backend():
    """Import matplotlib; use the backend of MPLBACKEND only if matplotlib has it."""
    if "matplotlib" in sys.modules:
        return
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    if backend:
        with contextlib.suppress(ValueError):
            matplotlib.rcParams["backend"] = backend


_import_with_any_backend()

from matplotlib import style  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.collections import PatchCollection  # noqa: E402
from matplotlib.colors import to_rgba  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402

__all__ = ["Axes", "Figure", "PatchCollection", "Rectangle", "style", "to_rgba"]
