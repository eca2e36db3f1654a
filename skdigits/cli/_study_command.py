"""``skdigits study``: list the published studies, and run them again."""

from pathlib import Path
from typing import Annotated

import typer

from skdigits._named_data import DATA
from skdigits.cli._arguments import check_folder, command_line, split_names, unknown
from skdigits.cli._streams import say, tell

study = typer.Typer(
    name="study",
    help="List the five published studies that skdigits reproduces, and run them again.",
    rich_markup_mode="markdown",
)


@study.callback(invoke_without_command=True)
def describe(context: typer.Context):
    """Show the help if no command is given."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@study.command(name="list")
def list_studies():
    """Show the question, data, models and duration of each study."""
    from skdigits.cli._terminal import print_table
    from skdigits.studies import STUDIES

    columns = ("Name", "Question", "Data", "Parts", "About")
    rows = [
        [
            name,
            declared.question,
            ", ".join(dict.fromkeys(DATA[d] for e in declared.experiments for d in e.data)),
            "; ".join(map(_part, declared.experiments)),
            f"{declared.minutes} min",
        ]
        for name, declared in STUDIES.items()
    ]
    print_table(columns, rows, title="Studies", n_texts=4, best_first=False)


def _part(experiment):
    models = getattr(experiment, "models", None)
    return f"{experiment.title} ({', '.join(models)})" if models else experiment.title


@study.command(name="run", no_args_is_help=False)
def run_studies(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help="Names as `skdigits study list` shows them, or all."
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...", help="Only these of a study's data sets, separated by commas."
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the pages and results of all studies.")
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
):
    """Run published studies again, and compare their results with the published ones.

    For each study, prints a table and writes a page, with the numbers in **results.json**. Also
    writes a page about all studies in the folder. A full run of all studies takes hours. Each
    finished training is kept in **runs/**, so that after Ctrl-C or a crash the same command
    continues where it stopped.

    MNIST and Fashion-MNIST are downloaded once, or read from the folder that the environment
    variable SKDIGITS_DATA names.

    **Examples**

        # A first look, about a minute
        skdigits study run cnn-vs-mlp --quick

        # All of them, with five seeds
        skdigits study run all --out studies

        # Only the garments
        skdigits study run cnn-vs-mlp --data fashion
    """
    chosen = _check(names, None if data is None else split_names(data), out, seeds)
    from skdigits import report
    from skdigits.cli._terminal import Display, print_table
    from skdigits.studies import STUDIES, evaluated_images, run_study

    for declared, wanted in chosen:
        folder = out / declared.name
        with Display() as display:
            result = run_study(
                declared,
                folder=folder / "runs",
                data=wanted,
                n_seeds=seeds,
                quick=quick,
                progress=display,
            )
        command = command_line(
            "study",
            "run",
            declared.name,
            data=",".join(wanted),
            out=out,
            seeds=result.n_seeds,
            quick=quick,
        )
        run = report.describe_run(command)  # without time: some runs may be of an earlier call
        page = report.write_study(result, evaluated_images(result), folder, run=run)
        print_table(
            *report.published_table(result),
            title=declared.title,
            n_texts=2,
            best_first=False,
        )
        for warning in display.warnings:
            tell(f"warning: {warning}")
        say(f"Page: {page}")
    say(f"All studies: {report.write_index(out, order=STUDIES)}")


def _check(names, data, out, seeds):
    """Check the arguments before any work starts; return the studies, each with its data sets."""
    from skdigits.studies import STUDIES

    for what, given, choices in (("study", names, (*STUDIES, "all")), ("--data", data or (), DATA)):
        for name in given:
            if name not in choices:
                raise unknown(what, name, choices)
    if data == []:
        raise ValueError("--data names no data set; try --data mnist")
    if seeds is not None and seeds < 1:
        raise ValueError(f"--seeds must be at least 1, got {seeds}")
    check_folder(out)
    chosen = []
    for name in STUDIES if "all" in names else dict.fromkeys(names):
        own = dict.fromkeys(d for e in STUDIES[name].experiments for d in e.data)
        wanted = [d for d in own if data is None or d in data]
        if wanted:
            chosen.append((STUDIES[name], wanted))
        elif name in names:
            raise ValueError(f"the study {name!r} has no such --data; it uses {', '.join(own)}")
    if not chosen:
        raise ValueError(f"no study uses --data {', '.join(data)}")
    return chosen
