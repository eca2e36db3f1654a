"""``skdigits train``: train a network, save it, and show how good it is."""

import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from skdigits._named_data import load_split, title_of
from skdigits._picture_model import EXPORTED
from skdigits._quiet import be_quiet
from skdigits.cli._arguments import check_file, check_folder, check_seed, command_line
from skdigits.cli._data_argument import check_data
from skdigits.cli._models import make_network
from skdigits.cli._options import Data, NetworkName, Quiet, Settings, path_of
from skdigits.cli._page_folder import check_page
from skdigits.cli._settings import apply_settings
from skdigits.cli._streams import say, tell, warnings_told


def train(
    data: Data,
    out: Annotated[
        Path,
        typer.Option(
            parser=path_of, metavar="FILE", help="File for the trained model, such as model.skd."
        ),
    ],
    model: NetworkName = "cnn",
    settings: Settings = [],  # noqa: B006  (typer makes a new list for each call)
    normalize_digits: Annotated[
        bool,
        typer.Option(
            "--normalize-digits",
            help="Find the digit in each picture and bring it to MNIST's form, in the training and "
            "in every prediction. For photographs and drawings of single digits.",
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option(metavar="N", help="The same seed gives the same network.")
    ] = 0,
    quiet: Quiet = False,
):
    r"""Train a network, save it, and measure it on images that it has not seen.

    Prints the accuracy on the test images. If your own images have no test images, a fifth of each
    class is set aside for them. Writes the model to FILE, which replaces an older one, and a page
    like that of `skdigits compare` to a folder beside it: model-page for model.skd.

    If the training is killed, the same command goes on after the last epoch, and ends with the same
    model. Until it is done, the file model.skd.checkpoint has what it needs.

    The model can be used by `skdigits predict`, `evaluate` and `export`, and by `skdigits.load` in
    Python.

    **Examples**

        # The digits that come with scikit-learn, in seconds
        skdigits train --data digits --out digits.skd

        # Your own pictures: flowers/daisy/1.jpg, flowers/tulip/1.jpg, ...
        skdigits train --data flowers --set augmentation=shift,flip --out f.skd

        # A network of another size
        skdigits train --data fashion --set epochs=5 --set filters=8,16 --out f.skd

        # For photographs of digits
        skdigits train --data mnist --set augmentation=affine \
            --normalize-digits --out mnist.skd
    """
    start = time.perf_counter()
    be_quiet(quiet)
    network = _check(data, model, settings, normalize_digits, seed, out)
    command = _command(data, model, out, settings, normalize_digits, seed)
    check_page(page_folder(out), "train", command, f"--out {out}")
    # These imports take seconds, so that help and errors must come before them.
    from skdigits import report, save
    from skdigits.cli._terminal import Display, accuracy_line
    from skdigits.model_selection import evaluate

    with warnings_told():
        split = load_split(data, normalize_digits=normalize_digits)
    (X, y), (X_test, y_test) = split.train, split.test
    out.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = _checkpoint(out)
    network.set_params(checkpoint=checkpoint)
    with Display() as display, _names_out(checkpoint):
        seconds = _fit(network, X, y, lambda *progress: display(model, *progress))
    network.set_params(checkpoint=None)
    path = save(_with_normalizer(network) if normalize_digits else network, out)
    checkpoint.unlink(missing_ok=True)
    say(f"Model: {path}")
    comparison = evaluate({model: network}, X_test, y_test)
    comparison = _with_training(comparison, len(y), seed, seconds)
    say(accuracy_line(comparison, len(y), split.is_held_out))
    for warning in display.warnings:
        tell(f"warning: {warning}")
    page = report.write_report(
        comparison,
        X_test,
        y_test,
        page_folder(out),
        title=title_of(data),
        class_names=split.class_names,
        run=report.describe_run(command, seconds=time.perf_counter() - start),
    )
    say(f"Page: {page}")


def page_folder(out):
    """Return the folder for the page of a model."""
    return out.with_name(f"{out.stem}-page")


def _checkpoint(out):
    """Return the file that an interrupted training goes on from."""
    return out.with_name(f"{out.name}.checkpoint")


def _check(data, model, settings, normalize_digits, seed, out):
    """Check the arguments before any work starts; return the network."""
    check_data(data)
    if normalize_digits and data == "fashion":
        raise ValueError("--normalize-digits is for digits; --data fashion has garments")
    check_seed(seed)
    if out.suffix.lower() in EXPORTED:
        raise ValueError(
            f"--out {out}: train writes a file of skdigits, such as {out.with_suffix('.skd')}; "
            f"then `skdigits export` makes {out.name} of it"
        )
    check_file(out)
    check_file(_checkpoint(out), f"--out {out}")
    check_folder(page_folder(out), f"--out {out}")
    network = make_network(model).set_params(random_state=seed)
    apply_settings(network, settings)
    return network


@contextmanager
def _names_out(checkpoint):
    """Say what to do about a file of another training, in words of the command line."""
    from skdigits.training import CheckpointError

    try:
        yield
    except CheckpointError as error:
        raise ValueError(
            f"{checkpoint} is the state of another training that was killed. Run that command "
            "again, delete the file, or give another --out"
        ) from error


def _fit(network, X, y, report):
    """Fit a network, report its epochs, and return how many seconds it took."""
    from skdigits.model_selection._measure import import_keras_first, seconds_of, watch_epochs

    import_keras_first([network])
    watch_epochs(network, report)
    report(None, "fitting")
    seconds, _ = seconds_of(network.fit, X, y)
    network.set_callbacks()  # the file would hold what reports the epochs
    report(1.0, "done")  # after Ctrl-C, which ends a fit early, this raises KeyboardInterrupt
    return seconds


def _with_training(comparison, n_train, seed, seconds):
    """Return a comparison of one model that knows how the model was trained."""
    (result,) = comparison.models
    (run,) = result.runs
    result = replace(
        result,
        runs=[replace(run, fit_seconds=seconds)],
        mean={**result.mean, "fit_seconds": seconds},
    )
    return replace(comparison, models=[result], n_train=n_train, random_state=seed)


def _with_normalizer(network):
    from sklearn.pipeline import make_pipeline

    from skdigits.preprocessing import DigitNormalizer

    return make_pipeline(DigitNormalizer(), network)


def _command(data, model, out, settings, normalize_digits, seed):
    """Return the command line of a training, with every option."""
    options = {"data": data, "model": model, "normalize-digits": normalize_digits, "seed": seed}
    return command_line("train", set=settings, **options, out=out)
