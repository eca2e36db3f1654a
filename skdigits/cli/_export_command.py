"""``skdigits export``: a trained model as a file for other programs."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from skdigits._files import write_bytes
from skdigits._named_data import load_data
from skdigits._quiet import be_quiet
from skdigits.cli._arguments import check_file
from skdigits.cli._data_argument import METAVAR, check_data, complete_data
from skdigits.cli._options import ModelFile, Quiet, path_of
from skdigits.cli._streams import say, warnings_told


def export(
    model: ModelFile,
    file: Annotated[
        Path,
        typer.Argument(
            parser=path_of, metavar="FILE", help="The file to write. Its suffix is the format."
        ),
    ],
    quantize: Annotated[
        str | None,
        typer.Option(
            metavar="float16|int8",
            help="Store the weights of a .tflite file in fewer bits. int8 needs --data.",
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="float16|float32",
            help="How a .html page stores the weights. float16, the default, changes "
            "probabilities by less than 0.001; float32 doubles the size.",
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The heading of a .html page.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar=METAVAR,
            help="Images like those of the training. The file is tried on 1,000 of them; without, "
            "on random images.",
            autocompletion=complete_data,
        ),
    ] = None,
    quiet: Quiet = False,
):
    """Write a trained model as a file for other programs.

    The suffix of FILE decides:

    - **.onnx** for ONNX Runtime, on servers and phones and in browsers; also for
      `skdigits predict`, without TensorFlow.
    - **.tflite** for LiteRT, on phones and small devices.
    - **.keras** for Keras.
    - **.html** for browsers: a page to draw on, which classifies without a server.

    The file is run before it is written, and must predict what the model predicts. It takes images
    of the size of the training; `skdigits predict` brings pictures to that size.

    A model trained with --normalize-digits becomes a file that takes digits in MNIST's form.
    `skdigits predict` and `skdigits serve` find the digit in a picture for it.

    **Examples**

        skdigits export flowers.skd flowers.onnx

        skdigits export digits.skd digits.tflite --quantize int8 --data digits

        skdigits export digits.skd digits.html --title "Draw a digit"
    """
    be_quiet(quiet)
    if data is not None:
        check_data(data)
    elif quantize == "int8":
        raise ValueError("--quantize int8 needs images; give those of the training by --data")
    check_file(file, f"FILE {file}")
    from sklearn.pipeline import make_pipeline

    from skdigits._picture_model import open_estimator
    from skdigits.formats._export import content_of
    from skdigits.preprocessing import DigitNormalizer

    with warnings_told():
        opened = open_estimator(model)
        images = None if data is None else _some_images(data, opened)
        file.parent.mkdir(parents=True, exist_ok=True)
        is_page = file.suffix.lower() == ".html"
        estimator = opened.estimator
        options = {"images": images, "quantize": quantize, "weights": weights, "title": title}
        if is_page and opened.normalizes_digits:  # the page brings drawings to MNIST's form itself
            estimator = make_pipeline(DigitNormalizer(), estimator)
        if file.suffix.lower() == ".onnx":
            options["normalizes_digits"] = opened.normalizes_digits
        content = content_of(estimator, file, **options)
    write_bytes(file, content)
    say(f"Written: {file} ({_size(file)})")
    if opened.normalizes_digits and not is_page:
        say("It takes digits in MNIST's form, 28 x 28 pixels, light on dark.")


def _some_images(data, opened):
    """Return some training images as the estimator takes them: as images if it can, or as rows."""
    from skdigits.formats._agreement import MOST_IMAGES

    X, _, _ = load_data(
        data,
        "train",
        image_shape=opened.form.shape_with_channels,
        normalize_digits=opened.normalizes_digits,
    )
    if X.shape[1:] != opened.form.shape:
        raise ValueError(f"--data {data} has images of another size than the model takes")
    return opened.for_estimator(X[np.random.default_rng(0).permutation(len(X))[:MOST_IMAGES]])


def _size(path):
    n_bytes = path.stat().st_size
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.0f} kB"
