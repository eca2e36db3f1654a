"""``skdigits data``: list the data sets, show what they hold, and download them."""

from typing import Annotated

import typer

from skdigits._named_data import DATA, BadSplitError, load_data, load_split, title_of
from skdigits.cli._arguments import unknown
from skdigits.cli._data_argument import METAVAR, check_data
from skdigits.cli._options import show_help
from skdigits.cli._streams import print_result, say, tell, warnings_told

N_IMAGES = {  # for training and for tests
    "digits": (1_442, 355),
    "mnist": (60_000, 10_000),
    "fashion": (60_000, 10_000),
    "binary": (12_665, 2_115),
}
DOWNLOADS = {  # the files of a data set, and their size
    "mnist": ("mnist", "11 MB"),
    "fashion": ("fashion", "30 MB"),
    "binary": ("mnist", "11 MB"),
}

data = typer.Typer(
    name="data",
    help="List the data sets, show what they or your own images hold, and download them.",
    rich_markup_mode="markdown",
)


data.callback(invoke_without_command=True)(show_help)


@data.command(name="list")
def list_data():
    """List the data sets, and whether they are on this machine.

    **Examples**

        skdigits data list
    """
    from skdigits.cli._terminal import print_table

    rows, problems = [], []
    for name, title in DATA.items():
        try:
            place = _place(name)
        except OSError as error:
            place = "cannot be read"
            problems.append(str(error))
        rows.append([name, title, place, *(f"{n:,}" for n in N_IMAGES[name])])
    columns = ("Name", "Data set", "Where", "Training", "Test")
    print_table(columns, rows, title="Data sets", n_texts=3, best_first=False)
    for problem in dict.fromkeys(problems):  # two data sets may have the same files
        tell(f"error: {problem}")
    return 1 if problems else 0


@data.command(name="info")
def show_info(
    name: Annotated[
        str, typer.Argument(metavar=METAVAR, help="A data set by its name, or your own images.")
    ],
):
    """Show what a data set holds: the size of its images, and the number of each class.

    For your own images, this is a check before a training: it reads all of them as `compare` does,
    and names all that cannot be read, classes of one image, and those that only test images have.

    **Examples**

        skdigits data info fashion

        # Your own pictures
        skdigits data info flowers
    """
    check_data(name, "data set")
    _say_description(name)
    if name in DOWNLOADS and _folder(name) is None:
        say(f"Not on this machine; to download it: skdigits data fetch {name}")
        return
    import numpy as np

    from skdigits.cli._terminal import print_table
    from skdigits.datasets._read_pictures import every_file_named

    problem = None
    with warnings_told(), every_file_named():
        try:
            split = load_split(name)
        except BadSplitError as error:
            problem, split = error, error.split
    (X, y), (_, y_test) = split.train, split.test
    color = "grey" if X.ndim == 3 else "RGB"
    say(f"{len(y) + len(y_test):,} {color} images of {X.shape[1]} x {X.shape[2]} pixels.")
    rows = [
        [text, f"{np.sum(y == label):,}", f"{np.sum(y_test == label):,}"]
        for label, text in _classes(np.concatenate([y, y_test]), split.class_names)
    ]
    title = f"{title_of(name)}, images of each class"
    print_table(("Class", "Training", "Test"), rows, title=title, best_first=False)
    if problem:
        raise problem


def _classes(y, class_names):
    """Yield each label that occurs, and its text: with the name of the class if that is another."""
    import numpy as np

    for label, name in zip(np.unique(y), class_names, strict=True):
        yield label, str(label) if str(label) == str(name) else f"{label}: {name}"


@data.command(name="fetch")
def fetch(
    name: Annotated[str, typer.Argument(metavar="|".join(DATA), help="The data set.")],
):
    """Download a data set, if it is not on this machine yet, and show where it is.

    **Examples**

        skdigits data fetch mnist
    """
    if name not in DATA:
        raise unknown("data set", name, DATA)
    load_data(name, "all")
    say(f"{DATA[name]}: {_place(name)}")


def _say_description(name):
    """Print what a published data set is."""
    if name in DATA:
        from skdigits.datasets import _digits, _mnist

        texts = {"digits": _digits.DESCR, "fashion": _mnist.FASHION_DESCR}
        print_result(texts.get(name, _mnist.MNIST_DESCR))


def _place(name):
    """Return where a data set is, as text."""
    if name not in DOWNLOADS:
        return "comes with scikit-learn"
    return str(_folder(name) or f"not here ({DOWNLOADS[name][1]})")


def _folder(name):
    """Return the folder of a data set that is downloaded, or None if it is not here."""
    from skdigits.datasets._fetch import find_folder

    return find_folder(DOWNLOADS[name][0])
