"""The one place that imports matplotlib: whatever MPLBACKEND says, and without pyplot.

matplotlib refuses to be imported where that variable, left behind by a notebook or an editor, names
a backend that there is not. A figure that is only saved needs none.
"""

import contextlib
import os
import sys


def _import_whatever_the_backend():
    """Import matplotlib, with the backend of MPLBACKEND where matplotlib knows that."""
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


_import_whatever_the_backend()

from matplotlib import style  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.colors import PowerNorm  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

__all__ = ["Axes", "Figure", "PowerNorm", "style"]
