"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from skdigits.cli._streams import QUIET_HELP


def path_of(text: str):
    """Return the path that a text names; shells leave the ~ in ``--out=~/model.skd``."""
    return Path(text).expanduser()


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=QUIET_HELP)]
