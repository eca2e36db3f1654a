"""``skdigits study``: list the published studies, and run them again."""

import os
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from skdigits._files import plain_names
from skdigits._named_data import DATA, load_split, name_of
from skdigits._quiet import be_quiet
from skdigits.cli._arguments import check_folder, command_line, split_names, unknown
from skdigits.cli._data_argument import check_data
from skdigits.cli._options import Quiet, path_of, show_help
from skdigits.cli._page_folder import check_index, check_page
from skdigits.cli._streams import say, tell, warnings_told

study = typer.Typer(
    name="study",
    help="List the five published studies that skdigits reproduces, and run them again.",
    rich_markup_mode="markdown",
)


study.callback(invoke_without_command=True)(show_help)


@study.command(name="list")
def list_studies():
    """Show the question, data, models and duration of each study."""
    from skdigits.cli._terminal import print_table
    from skdigits.studies import STUDIES
    from skdigits.studies._declarations import data_of

    columns = ("Name", "Question", "Data", "Parts", "Takes about")
    rows = [
        [
            name,
            declared.question,
            ", ".join(DATA[each] for each in data_of(declared)),
            "; ".join(map(_part, declared.experiments)),
            f"{declared.minutes} min",
        ]
        for name, declared in STUDIES.items()
    ]
    print_table(columns, rows, title="Studies", n_texts=4, best_first=False)


def _part(experiment):
    models = getattr(experiment, "models", None)
    return f"{experiment.title} ({' / '.join(models)})" if models else experiment.title


def complete_study(incomplete: str):
    """Return the studies whose names begin so, for a shell."""
    from skdigits.studies import STUDIES

    return [name for name in (*STUDIES, "all") if name.startswith(incomplete)]


@study.command(name="run")
def run_studies(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME",
            help="Names as `skdigits study list` shows them, or all.",
            autocompletion=complete_study,
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...|PATH",
            help="Only these of a study's data sets, separated by commas; or your own images, as "
            "`skdigits compare` takes them, in place of the study's.",
        ),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            parser=path_of, metavar="DIR", help="Folder for the pages and results of all studies."
        ),
    ] = Path("skdigits-studies"),
    seeds: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Number of seeds to train each model with: 5, or 2 with --quick."
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="A short version on a part of the images, for a first look."),
    ] = False,
    quiet: Quiet = False,
):
    """Run published studies again, and compare their results with the published ones.

    For each study, prints a table and writes a page, with the numbers in **results.json**. Also
    writes a page about all studies in the folder. A full run of all studies takes an hour and a
    half on two cores. Each finished training is kept in **runs/**, so that after Ctrl-C or a crash
    the same command continues where it stopped.

    MNIST and Fashion-MNIST are downloaded once, or read from the folder that the environment
    variable SKDIGITS_DATA names.

    A study on your own images has the same models and settings, and no published figures beside
    them. Its folder has the name of the images too. **binary** needs two classes.

    **Examples**

        # A first look, about a minute
        skdigits study run cnn-vs-mlp --quick

        # All of them, with five seeds
        skdigits study run all --out studies

        # Only the garments
        skdigits study run cnn-vs-mlp --data fashion

        # Your own pictures: flowers/daisy/1.jpg, flowers/tulip/1.jpg, ...
        skdigits study run cnn-vs-mlp --data flowers
    """
    be_quiet(quiet)
    own_name = _own_name(data)
    studies = _check(names, out, seeds)
    if own_name is None:
        own, chosen = None, _choose(studies, names, data)
    else:
        own, chosen = _load_own(own_name, data, studies, names)
    from skdigits import report
    from skdigits.cli._terminal import Display, print_table
    from skdigits.studies import STUDIES, evaluated_images, run_study
    from skdigits.studies._run_study import QUICK_SEEDS, SEEDS

    for declared, wanted in chosen:
        folder = out / _folder(declared.name, own_name)
        command = command_line(
            "study",
            "run",
            declared.name,
            data=data if own else ",".join(wanted),
            out=out,
            seeds=seeds or (QUICK_SEEDS if quick else SEEDS),
            quick=quick,
        )
        check_page(folder, f"study run {declared.name}", command)
        with Display() as display:
            result = run_study(
                declared,
                folder=folder / "runs",
                data=own or wanted,
                n_seeds=seeds,
                quick=quick,
                progress=display,
            )
        if n := result.n_taken_over:
            runs = f"{n} run was" if n == 1 else f"{n} runs were"
            say(f"{declared.name}: {runs} finished before, and taken over from {folder / 'runs'}")
        run = report.describe_run(command)  # without time: some runs may be of an earlier call
        with warnings_told():
            page = report.write_study(result, evaluated_images(result, own), folder, run=run)
        for table in _tables(result):
            print_table(**table)
        if result.quick:
            say("A quick look, not a result: few epochs on a small part of the images.")
        for warning in display.warnings:
            tell(f"warning: {warning}")
        say(f"Page: {page}")
    say(f"All studies: {report.write_index(out, order=STUDIES)}")


def _tables(result):
    """Yield what `print_table` takes: the published figures, or how the models compare."""
    from skdigits import report

    if result.published:
        columns, rows = report.published_table(result)
        yield {
            "columns": columns,
            "rows": rows,
            "title": result.title,
            "n_texts": 2,
            "best_first": False,
        }
        return
    for each in result.experiments:
        if each.kind == "experiment":
            columns, rows = report.comparison_table(each.comparison)
            yield {"columns": columns, "rows": rows, "title": f"{result.title}: {each.title}"}


def _folder(study, own_name):
    """Return the name of a study's folder; results on your own images don't replace others."""
    if own_name is None:
        return study
    plain = plain_names([own_name])[0]
    if not own_name.isascii() or plain == "other":  # such names lose letters
        plain += "-" + sha256(own_name.encode()).hexdigest()[:8]
    return f"{study}-{plain}"


def _own_name(data):
    """Return the name of your own images, or None if ``--data`` names data sets."""
    if data is None:
        return None
    names = split_names(data)
    if not names:
        raise ValueError("--data names no data set; try --data mnist")
    if all(name in DATA for name in names):
        return None
    if os.path.exists(os.path.expanduser(data)):
        return name_of(data)
    for name in names:
        check_data(name)
    raise ValueError(f"--data {data}: give the names of data sets, or one path")


def _check(names, out, seeds):
    """Check the arguments before any work starts; return the studies."""
    from skdigits.studies import STUDIES

    for name in names:
        if name not in (*STUDIES, "all"):
            raise unknown("study", name, (*STUDIES, "all"))
    if seeds is not None and seeds < 1:
        raise ValueError(f"--seeds must be at least 1, got {seeds}")
    check_folder(out)
    check_index(out)
    return [STUDIES[name] for name in (STUDIES if "all" in names else dict.fromkeys(names))]


def _choose(studies, names, data):
    """Return the studies that use the data sets, each with those that it uses."""
    from skdigits.studies._declarations import data_of

    given = None if data is None else split_names(data)
    chosen = []
    for study in studies:
        own = data_of(study)
        wanted = [d for d in own if given is None or d in given]
        if wanted:
            chosen.append((study, wanted))
        elif study.name in names:
            raise ValueError(
                f"the study {study.name!r} has no such --data; it uses {', '.join(own)}"
            )
    if not chosen:
        raise ValueError(f"no study uses --data {data}")
    return chosen


def _load_own(name, path, studies, names):
    """Return your own images as `run_study` takes them, and the studies that suit them."""
    from skdigits.studies._run_study import check_n_classes

    with warnings_told():
        split = load_split(path)
    chosen = []
    for study in studies:
        try:
            check_n_classes(study, name, len(split.class_names))
        except ValueError as error:
            if study.name in names:
                raise
            tell(f"left out: {error}")
        else:
            chosen.append((study, [name]))
    return {name: (*split.train, *split.test)}, chosen
