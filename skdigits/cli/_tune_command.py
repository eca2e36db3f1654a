"""``skdigits tune``: search the parameters of a network, and show what was found."""

import time
from pathlib import Path
from typing import Annotated

import typer

from skdigits._named_data import load_split, title_of
from skdigits._quiet import be_quiet
from skdigits._shown_numbers import percent
from skdigits.cli._arguments import check_folder, check_seed, command_line
from skdigits.cli._data_argument import check_data
from skdigits.cli._models import make_network
from skdigits.cli._options import Data, NetworkName, Quiet, Settings, path_of
from skdigits.cli._page_folder import check_page
from skdigits.cli._settings import apply_settings
from skdigits.cli._streams import say, tell, warnings_told


def tune(
    data: Data,
    model: NetworkName,
    trials: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Number of settings to try in all, with those of earlier runs. 20 are enough for "
            "most images.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            parser=path_of,
            metavar="DIR",
            help="Folder of the search: its trials, the model, the page.",
        ),
    ],
    jobs: Annotated[
        int, typer.Option(metavar="N", help="Number of settings to train at the same time.")
    ] = 1,
    minutes: Annotated[
        float | None,
        typer.Option(
            metavar="M",
            help="Start no training after so many minutes. Those that are running go on to their "
            "end, the best settings are measured again, and the best one is trained on all images.",
        ),
    ] = None,
    settings: Settings = [],  # noqa: B006  (typer makes a new list for each call)
    seed: Annotated[
        int, typer.Option(metavar="N", help="The same seed gives the same search with one job.")
    ] = 0,
    quiet: Quiet = False,
):
    """Search the parameters of a network with Optuna, and show what was found.

    Searches the layers, the dropout rate and the learning rate, but for those that `--set` gives to
    all trials. Each trial trains with another
    setting on four fifths of the training images, and is measured on the others. Trials that are
    worse than most others in the second half of their training are stopped. The five most accurate
    settings are also measured on another fifth. The one with the lowest mean log loss is then
    trained on all training images, and measured once on the test images.

    Writes **best.skd**, for `skdigits predict`, `evaluate` and `export`; **index.html**, a page
    with the progress of the search and the mistakes of the best network; and **results.json**, with
    all trials. They replace older ones.

    After Ctrl-C or a crash, the same command goes on, and repeats no finished trial. A larger
    `--trials` adds trials. The same command in several terminals, or on several machines that share
    DIR, works on one search.

    **Examples**

        # 20 settings for the digits that come with scikit-learn
        skdigits tune --data digits --model mlp --trials 20 --out digits-search

        # Your own pictures, for at most an hour: flowers/daisy/1.jpg, ...
        skdigits tune --data flowers --model cnn --trials 50 --minutes 60 --out f

        # Four trials at a time
        skdigits tune --data fashion --model cnn --trials 20 --jobs 4 --out f
    """
    start = time.perf_counter()
    be_quiet(quiet)
    network, space = _check(data, model, trials, out, jobs, minutes, settings, seed)
    # These imports take seconds, so that help and errors must come before them.
    from skdigits import report, tuning
    from skdigits.cli._terminal import Display
    from skdigits.model_selection import evaluate

    with warnings_told():
        split = load_split(data)
    (X, y), (X_test, y_test) = split.train, split.test
    with Display() as display:
        result = tuning.tune(
            network,
            X,
            y,
            folder=out,
            n_trials=trials,
            space=space,
            n_jobs=jobs,
            minutes=minutes,
            random_state=seed,
            progress=lambda _, *progress: display(model, *progress),
        )
    comparison = evaluate({model: result.best_estimator}, X_test, y_test)
    command = _command(data, model, trials, out, jobs, minutes, settings, seed)
    page = report.write_tuning(
        result,
        comparison,
        X_test,
        y_test,
        out,
        title=title_of(data),
        class_names=split.class_names,
        run=report.describe_run(command, seconds=time.perf_counter() - start),
    )
    for line in _answer(result, comparison, split.is_held_out):
        say(line)
    for warning in display.warnings:
        tell(f"warning: {warning}")
    say(f"Model: {out / 'best.skd'}")
    say(f"Page: {page}")


def _check(data, model, trials, out, jobs, minutes, settings, seed):
    """Check the arguments before any work starts; return the network, and what to search."""
    check_data(data)
    if trials < 1:
        raise ValueError(f"--trials must be at least 1, got {trials}")
    if jobs < 1:
        raise ValueError(f"--jobs must be at least 1, got {jobs}")
    if minutes is not None and not minutes > 0:
        raise ValueError(f"--minutes must be more than 0, got {minutes:g}")
    check_seed(seed)
    check_folder(out)
    check_page(out, "tune")
    network = make_network(model).set_params(random_state=seed)
    apply_settings(network, settings)
    from skdigits.model_selection import search_space
    from skdigits.tuning import check_search

    fixed = {setting.partition("=")[0].strip() for setting in settings}
    space = {name: values for name, values in search_space(network).items() if name not in fixed}
    if not space:
        raise ValueError("--set fixes all parameters that could be searched; leave one out")
    check_search(out, network, space, random_state=seed)
    return network, space


def _answer(result, comparison, is_held_out):
    """Return what to print, line by line."""
    from skdigits.cli._terminal import accuracy_line
    from skdigits.report._tuning_page import ENDS

    states = [trial.state for trial in result.trials]
    n_tried = sum(state in ENDS for state in states)
    parts = [f"{states.count(state)} {word}" for state, word in ENDS.items() if state in states]
    best = result.best_trial
    params = ", ".join(f"{name}={_text(value)}" for name, value in best.params.items())
    splits = f", on average over {result.n_splits} splits" if result.n_splits > 1 else ""
    return [
        f"Trials: {n_tried} ({', '.join(parts)})",
        f"Best: {params}, {percent(best.mean_accuracy)} in the search{splits}",
        accuracy_line(comparison, result.n_train + result.n_held_out, is_held_out),
    ]


def _text(value):
    return f"{value:.3g}" if isinstance(value, float) else f"{value}".replace(" ", "")


def _command(data, model, trials, out, jobs, minutes, settings, seed):
    """Return the command line of a search, with every option."""
    options = {"trials": trials, "jobs": jobs, "minutes": minutes, "seed": seed}
    return command_line("tune", set=settings, data=data, model=model, **options, out=out)
