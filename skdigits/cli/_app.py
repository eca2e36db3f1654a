"""The commands. They import what they need when they run, so that help is quick."""

from typing import Annotated, Any

import typer

import skdigits
from skdigits.cli._compare_command import compare
from skdigits.cli._data_command import data
from skdigits.cli._evaluate_command import evaluate
from skdigits.cli._export_command import export
from skdigits.cli._options import show_help
from skdigits.cli._predict_command import predict
from skdigits.cli._serve_command import serve
from skdigits.cli._study_command import study
from skdigits.cli._train_command import train
from skdigits.cli._tune_command import tune

usage_error: Any = typer.BadParameter.__base__  # Typer's error for any wrong use

app = typer.Typer(
    pretty_exceptions_enable=False,  # bug reports need plain tracebacks
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool):
    if wanted:
        typer.echo(f"skdigits {skdigits.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def describe(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
):
    """Small-image classification with Keras that feels like scikit-learn.

    Start with `skdigits compare`: it trains an MLP and a CNN on handwritten digits, and writes a
    page that shows which is better and what mistakes each makes. `skdigits train` trains a network
    on your own pictures, and `skdigits predict` gives the labels of new ones.
    """
    show_help(context)


app.command()(train)
app.command()(evaluate)
app.command()(predict)
app.command()(export)
app.command()(serve)
app.command()(tune)
app.command()(compare)
app.add_typer(study)
app.add_typer(data)
