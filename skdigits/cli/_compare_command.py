"""``skdigits compare``: train models on the same images, and show which is best."""

import time
from pathlib import Path
from typing import Annotated

import typer

from skdigits._named_data import load_data, load_split, title_of
from skdigits._quiet import be_quiet
from skdigits.cli._arguments import check_folder, check_seed, command_line, split_names
from skdigits.cli._data_argument import check_data
from skdigits.cli._models import BASELINES, NETWORKS, complete_models, make_model
from skdigits.cli._options import Data, PageFolder, Quiet
from skdigits.cli._page_folder import check_page
from skdigits.cli._streams import say, tell, warnings_told


def compare(
    data: Data = "digits",
    models: Annotated[
        str,
        typer.Option(
            metavar="NAME,...",
            help=f"Separated by commas: {', '.join(NETWORKS)}, a baseline of scikit-learn "
            f"({', '.join(BASELINES)}), or the class name of any classifier of scikit-learn.",
            autocompletion=complete_models,
        ),
    ] = "mlp,cnn",
    cv: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Cross-validate over all images with N folds, instead of evaluating on the test "
            "images.",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Train each model with N seeds, from --seed on, for the spread of each measure.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="INT", help="The same seed gives the same numbers, except times.")
    ] = 0,
    out: PageFolder = Path("skdigits-compare"),
    quiet: Quiet = False,
):
    """Train models on the same images; show which is best and what mistakes each makes.

    Prints a table and writes two files, which replace older ones. **index.html** is a page with
    sample images, training curves, confusion matrices, the most frequent confusions with example
    images, and a report for each class. **results.json** has all the numbers.

    The digits come with scikit-learn and need no download. MNIST and Fashion-MNIST are downloaded
    once, or read from the folder that the environment variable SKDIGITS_DATA names. If your own
    images have no folder for tests, a fifth of each class is set aside for them.

    **Examples**

        # An MLP and a CNN on the digits, in less than a minute
        skdigits compare

        # All 70,000 images of Fashion-MNIST, with two baselines
        skdigits compare --data fashion --models mlp,cnn,forest,knn --out fashion

        # Five folds, for the spread of each measure
        skdigits compare --models mlp,cnn,svc --cv 5

        # Five trainings of each model, for the chance in training
        skdigits compare --data fashion --models mlp,cnn --seeds 5

        # Your own pictures: flowers/daisy/1.jpg, flowers/tulip/1.jpg, ...
        skdigits compare --data flowers --models mlp,cnn,forest
    """
    start = time.perf_counter()
    be_quiet(quiet)
    names = _check(data, models, cv, seeds, seed, out)
    runs = {"cv": cv, "seeds": seeds, "seed": seed}
    command = command_line("compare", data=data, models=",".join(names), **runs, out=out)
    check_page(out, "compare", command)
    # These imports take seconds, so that help and errors must come before them.
    from skdigits import model_selection, report
    from skdigits.cli._terminal import Display, print_table

    estimators = {name: make_model(name) for name in names}
    X_test = y_test = None
    with warnings_told():
        if cv:
            X, y, class_names = load_data(data, "all")
        else:
            (X, y), (X_test, y_test), class_names, _ = load_split(data)
    with Display() as display:
        comparison = model_selection.compare(
            estimators,
            X,
            y,
            X_test=X_test,
            y_test=y_test,
            cv=cv,
            n_seeds=seeds,
            random_state=seed,
            progress=display,
        )
    try:
        page = report.write_report(
            comparison,
            X if cv else X_test,
            y if cv else y_test,
            out,
            title=title_of(data),
            class_names=class_names,
            run=report.describe_run(command, seconds=time.perf_counter() - start),
        )
    finally:  # the table is printed even if the page cannot be written
        print_table(*report.comparison_table(comparison), title=title_of(data))
    for warning in display.warnings:
        tell(f"warning: {warning}")
    say(f"Page: {page}")


def _check(data, models, cv, seeds, seed, out):
    """Check the arguments before any work starts; return the names of the models."""
    check_data(data)
    names = split_names(models)
    if not names:
        raise ValueError("--models names no model; try --models mlp,cnn")
    if cv is not None and cv < 2:
        raise ValueError(f"--cv must be at least 2 folds, got {cv}")
    if seeds is not None and seeds < 1:
        raise ValueError(f"--seeds must be at least 1, got {seeds}")
    if cv is not None and seeds is not None:
        raise ValueError("--cv and --seeds: give one of the two")
    check_seed(seed)
    check_folder(out)
    return names
