"""``skdigits evaluate``: measure a trained model, and show what mistakes it makes."""

import time
from pathlib import Path

import numpy as np

from skdigits._named_data import DATA, load_test, title_of
from skdigits._quiet import be_quiet
from skdigits.cli._arguments import check_folder, command_line
from skdigits.cli._data_argument import check_data
from skdigits.cli._options import Data, ModelFile, PageFolder, Quiet
from skdigits.cli._page_folder import check_page
from skdigits.cli._streams import say, warnings_told


def evaluate(
    model: ModelFile,
    data: Data,
    out: PageFolder = Path("skdigits-evaluate"),
    quiet: Quiet = False,
):
    """Measure a trained model, and show what mistakes it makes.

    Uses the test images of the data. If your own images have none, uses the fifth of each class
    that `skdigits train` sets aside. To measure on all images of a folder, put the folders of its
    classes into a folder named test.

    Prints a table and writes two files, which replace older ones: **index.html**, a page like that
    of `skdigits compare`, and **results.json**.

    **Examples**

        skdigits evaluate digits.skd --data digits

        # Your own pictures: flowers/test/daisy/1.jpg, flowers/test/tulip/1.jpg, ...
        skdigits evaluate flowers.skd --data flowers --out flowers-test
    """
    start = time.perf_counter()
    be_quiet(quiet)
    check_data(data)
    check_folder(out)
    command = command_line("evaluate", model, data=data, out=out)
    check_page(out, "evaluate", command)
    from skdigits import model_selection, report
    from skdigits._picture_model import open_estimator
    from skdigits.cli._terminal import print_table

    with warnings_told():
        opened = open_estimator(model)
        X, y, names, is_held_out = load_test(
            data,
            image_shape=opened.form.shape_with_channels,
            normalize_digits=opened.normalizes_digits,
        )
        _check_form(X, opened.form, data)
        y = _as_classes(y, opened, data)
        name = Path(model).stem
        rows = opened.to_scale(X).reshape(len(X), -1)
        comparison = model_selection.evaluate({name: opened.estimator}, rows, y)
    print_table(*report.comparison_table(comparison), title=title_of(data))
    part = "images, the fifth of each class that train sets aside" if is_held_out else "test images"
    say(f"Measured on {len(y):,} {part}.")
    page = report.write_report(
        comparison,
        X,
        y,
        out,
        title=title_of(data),
        class_names=_class_names(opened.labels, names, data),
        run=report.describe_run(command, seconds=time.perf_counter() - start),
    )
    say(f"Page: {page}")


def _check_form(X, form, data):
    """Raise ValueError if a data set has other images than the model takes."""
    if X.shape[1:] != form.shape:
        raise ValueError(
            f"the model takes images of {_text(form.shape)}, and --data {data} has images of "
            f"{_text(X.shape[1:])}"
        )


def _text(shape):
    return f"{shape[0]} x {shape[1]} pixels, {'grey' if len(shape) == 2 else 'RGB'}"


def _as_classes(y, opened, data):
    """Return labels as those classes of the model that are equal, as numbers or else as text."""
    classes = opened.estimator.classes_
    are_numbers = all(labels.dtype.kind in "biuf" for labels in (y, classes))
    labels = (y if are_numbers else y.astype(str)).tolist()
    known = classes.tolist() if are_numbers else opened.labels
    by_label = dict(zip(known, classes, strict=True))
    if unknown := sorted(set(labels) - by_label.keys()):
        raise ValueError(
            f"--data {data} has labels that the model has not learned: "
            f"{', '.join(map(str, unknown))}; it knows {', '.join(opened.labels)}"
        )
    return np.array([by_label[label] for label in labels])


def _class_names(labels, names, data):
    """Return the names of the classes: those of a published data set, or else the labels."""
    return names if data in DATA and len(names) == len(labels) else labels
