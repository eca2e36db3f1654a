"""Predict the labels of pictures and print them; needs neither Typer nor scikit-learn."""

import os
from itertools import islice

from skdigits._picture import PictureError, bombs_are_errors
from skdigits._picture_files import is_picture
from skdigits._quiet import is_quiet
from skdigits.cli._find_pictures import find_pictures
from skdigits.cli._prediction_formats import FORMATS, Prediction
from skdigits.cli._streams import tell, warnings_told

HELP = {
    "model": "A file of skdigits train or skdigits.save, or an .onnx file of skdigits export.",
    "pictures": "Files, folders, or - for the bytes of one picture on standard input.",
    "top": "Show the N most probable labels; 1 by default, and all in JSON.",
    "format": "How to print the predictions.",
}
BATCH = 256  # pictures that are predicted together


def predict_pictures(model, pictures, *, top, output):
    """Predict the labels of pictures, and print them.

    Parameters
    ----------
    model : str
        Path of the model.
    pictures : list of str
        Files, folders, and "-" for standard input.
    top : int or None
        Number of labels to print for each picture; None is all in JSON, and 1 elsewhere.
    output : {"table", "json", "csv"}

    Returns
    -------
    int
        The exit status: 0, or 1 if some pictures could not be used.

    Raises
    ------
    ValueError, OSError
        If an argument is wrong, or the model cannot be used.
    """
    if top is not None and top < 1:
        raise ValueError(f"--top must be at least 1, got {top}")
    if output not in FORMATS:
        raise ValueError(f"--format must be {', '.join(FORMATS)}; got {output!r}")
    if os.path.isdir(model) or is_picture(model):
        raise ValueError(f"{model} is not a model; give the model first, and then the pictures")
    from skdigits._picture_model import open_model

    n_errors = 0
    with warnings_told():
        opened = open_model(model)
        found = find_pictures(pictures)
        writer = FORMATS[output]([each.path for each in found], opened.labels, top)
        for prediction in _predict(opened, found):
            n_errors += prediction.error is not None
            writer.add(prediction)
        writer.end()
    if n_errors and len(found) > 1 and not is_quiet():
        tell(f"{n_errors} of {len(found)} pictures could not be used")
    return 1 if n_errors else 0


def _predict(model, found):
    """Yield a `Prediction` for each picture, in order."""
    remaining = iter(found)
    while batch := list(islice(remaining, BATCH)):
        read = [_read(model, each) for each in batch]
        answers = iter(_answer(model, [pixels for pixels, error in read if error is None]))
        for (path, *_), (_, error) in zip(batch, read, strict=True):
            yield Prediction(path, error=error) if error else Prediction(path, *next(answers))


def _read(model, found):
    """Return the pixels of a picture and None, or None and what is wrong."""
    if found.error is not None:
        return None, found.error
    try:
        with bombs_are_errors():
            return model.read(found.file), None
    except PictureError as error:
        return None, str(error)


def _answer(model, images):
    """Yield the label of each image, and the ranking of the labels."""
    import numpy as np

    from skdigits._picture_model import rankings

    if not images:
        return
    yield from rankings(model.labels, *model.answer(np.stack(images)))
