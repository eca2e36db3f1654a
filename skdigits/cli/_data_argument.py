"""The argument ``--data`` of several commands: the name of a data set, or your own images."""

import os
import warnings
from contextlib import contextmanager

from skdigits._named_data import DATA
from skdigits.cli._arguments import unknown
from skdigits.cli._streams import tell

METAVAR = "|".join((*DATA, "PATH"))
HELP = (
    "A data set by its name (binary is MNIST's 0 and 1), or the path of your own images: a folder "
    "with a folder for each class, a .csv file of paths and labels, an .npz file, or a folder of "
    "IDX files."
)


def check_data(data, what="--data"):
    """Raise ValueError if an argument is neither the name of a data set nor a path."""
    if data in DATA or os.path.exists(os.path.expanduser(data)):
        return
    if os.sep in data or "." in data:
        raise ValueError(f"{what} {data}: there is no such folder or file")
    raise ValueError(f"{unknown(what, data, DATA)}, or give the path of your own images")


@contextmanager
def warnings_told():
    """Tell warnings in one line each, at the end."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for warning in caught:
        tell(f"warning: {' '.join(str(warning.message).split())}")
