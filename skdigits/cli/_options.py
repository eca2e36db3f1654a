"""Options that several commands share."""

from typing import Annotated

import typer

from skdigits.cli._streams import QUIET_HELP

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=QUIET_HELP)]
