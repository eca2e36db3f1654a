"""Options and arguments that several commands share, and the help of groups of commands."""

import os
from pathlib import Path
from typing import Annotated

import typer

from skdigits.cli._data_argument import HELP, METAVAR, complete_data
from skdigits.cli._models import NETWORKS, complete_network
from skdigits.cli._settings import check_settings
from skdigits.cli._streams import QUIET_HELP


def path_of(text: str):
    """Return the path that a text names; shells leave the ~ in ``--out=~/model.skd``."""
    if not text:  # such as that of an unset variable
        raise typer.BadParameter("it is empty; give a path")
    return Path(os.path.expanduser(text))  # that of pathlib fails for ~name of no user


def show_help(context: typer.Context):
    """Show the help if no command is given."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=QUIET_HELP)]
Data = Annotated[str, typer.Option(metavar=METAVAR, help=HELP, autocompletion=complete_data)]
NetworkName = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help=f"The network: {', '.join(NETWORKS)}.",
        autocompletion=complete_network,
    ),
]
Settings = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        callback=check_settings,
        help="A parameter of the network, as MLPClassifier or CNNClassifier takes it, such as "
        "epochs=5, filters=8,16 or batch_norm=false. Give the option again for another one.",
    ),
]
PageFolder = Annotated[
    Path,
    typer.Option(parser=path_of, metavar="DIR", help="Folder for index.html and results.json."),
]
ModelFile = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="A file of `skdigits train`, or of `skdigits.save` in Python."
    ),
]
