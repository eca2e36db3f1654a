"""``skdigits predict``: the labels of pictures, by a trained model."""

from typing import Annotated

import typer

from skdigits._quiet import be_quiet
from skdigits.cli._options import Quiet
from skdigits.cli._prediction_formats import FORMATS
from skdigits.cli._predictions import HELP, predict_pictures


def predict(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=HELP["model"])],
    pictures: Annotated[list[str], typer.Argument(metavar="PICTURE", help=HELP["pictures"])],
    top: Annotated[int | None, typer.Option(metavar="N", help=HELP["top"])] = None,
    output: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="|".join(FORMATS),
            help=HELP["format"],
            autocompletion=lambda: list(FORMATS),
        ),
    ] = "table",
    quiet: Quiet = False,
):
    """Predict the labels of pictures.

    Each picture is brought to the size and the colours of the training images. A model trained with
    --normalize-digits first finds the digit in it. All common formats can be read.

    A picture that cannot be read does not stop the others. The exit status is then 1.

    An .onnx file needs onnxruntime and no TensorFlow, and answers in less than a second.

    **Examples**

        skdigits predict flowers.skd photo.jpg

        # All pictures of a folder and of those in it, for a spreadsheet
        skdigits predict flowers.onnx new-photos --format csv > labels.csv

        # The three most probable labels
        skdigits predict flowers.skd *.jpg --top 3

        # A picture from another program
        curl -s https://example.org/photo.jpg | skdigits predict flowers.skd -
    """
    be_quiet(quiet)
    return predict_pictures(model, pictures, top=top, output=output)
