"""``skdigits predict`` where Typer is not installed, with the same arguments.

A machine that only predicts needs numpy, Pillow and ONNX Runtime for an .onnx file, and no more.
"""

import argparse

from skdigits._quiet import be_quiet
from skdigits.cli._prediction_formats import FORMATS
from skdigits.cli._predictions import HELP, predict_pictures
from skdigits.cli._streams import QUIET_HELP


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        """Raise an error in place of a page of help."""
        raise ValueError(message)


def predict(args):
    """Run ``skdigits predict`` with a list of arguments; return the exit status."""
    parser = _Parser(
        prog="skdigits predict",
        description="Predict the labels of pictures.",
        epilog='This is the short help; pip install "skdigits[cli]" gives all commands.',
        allow_abbrev=False,
    )
    parser.add_argument("model", metavar="MODEL", help=HELP["model"])
    parser.add_argument("pictures", metavar="PICTURE", nargs="+", help=HELP["pictures"])
    parser.add_argument("--top", metavar="N", type=int, help=HELP["top"])
    parser.add_argument("--format", metavar="|".join(FORMATS), default="table", help=HELP["format"])
    parser.add_argument("-q", "--quiet", action="store_true", help=QUIET_HELP)
    found = parser.parse_intermixed_args(args)
    be_quiet(found.quiet)
    return predict_pictures(found.model, found.pictures, top=found.top, output=found.format)
