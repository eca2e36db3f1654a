"""Options that several commands share."""

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
