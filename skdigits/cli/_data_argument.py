"""The argument ``--data`` of several commands: the name of a data set, or your own images."""

import os

from skdigits._named_data import DATA
from skdigits.cli._arguments import unknown

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


def complete_data(incomplete: str):
    """Return the data sets whose names begin so, for a shell, which adds paths itself."""
    return [name for name in DATA if name.startswith(incomplete)]
