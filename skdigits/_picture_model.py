"""A model in a file, as what answers for pictures: their form, the labels, the probabilities."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from skdigits._image_shape import image_or_square, square_shape, with_channel
from skdigits._picture import COLOR_MODES, Form, read_file

EXPORTED = (".html", ".keras", ".onnx", ".tflite")  # of `skdigits.export`


@dataclass(frozen=True)
class PictureModel:
    """A model that answers for pictures.

    Attributes
    ----------
    labels : list of str
        Its classes, in the order of the probabilities.
    form : Form
        What pictures are brought to.
    normalizes_digits : bool
        Whether that is done by `DigitNormalizer`.
    tones : (float, float)
        The values of black and of white in the training images.
    takes_bytes : bool
        Whether these are of uint8.
    answer : callable
        Takes images, an array of shape (n, *form.shape), uint8. Returns a list of labels, and
        probabilities of shape (n, n_labels) or None.
    estimator : estimator or None
        What takes the output of `to_scale` as rows; None if the file holds a graph.
    graph : OnnxModel or None
        What takes the output of `to_scale`; None if the file holds an estimator.
    """

    labels: list[str]
    form: Form
    normalizes_digits: bool
    tones: tuple
    takes_bytes: bool
    answer: Callable
    estimator: Any = None
    graph: Any = None

    def read(self, file):
        """Return a picture as `answer` takes it, without the first axis.

        Parameters
        ----------
        file : str or io.BytesIO
            Path or content of the file.

        Raises
        ------
        skdigits._picture.PictureError
            If the file cannot be read, or shows no digit to a model of digits.
        """
        if not self.normalizes_digits:
            return read_file(file, self.form)
        from skdigits.preprocessing._read_digit import digit_of

        return digit_of(file)

    def to_scale(self, images):
        """Return images of uint8 in the scale of the training images."""
        return _to_scale(images, self.tones, self.takes_bytes)

    def for_estimator(self, images):
        """Return images of uint8 as the estimator takes them: as images if it can, or as rows."""
        images = self.to_scale(images)
        try:
            self.estimator.predict(images[:1])
        except ValueError:
            return images.reshape(len(images), -1)
        return images


def rankings(classes, labels, probabilities):
    """Yield for each image its label and the ranking of all labels.

    Parameters
    ----------
    classes : list of str
        The labels of a `PictureModel`.
    labels, probabilities
        What its `answer` returns.

    Yields
    ------
    label : str
    ranking : list of (str, float or None)
        Labels and their probabilities: first `label`, then the others by falling probability.
    """
    for number, label in enumerate(labels):
        if probabilities is None:
            yield label, [(label, None)]
            continue
        values = [float(value) for value in probabilities[number]]
        ranking = sorted(zip(classes, values, strict=True), key=lambda each: -each[1])
        ranking.sort(key=lambda each: each[0] != label)  # a classifier may not choose the likeliest
        yield label, ranking


def _to_scale(images, tones, takes_bytes):
    """Return images of uint8 in another scale, as floats or as uint8 again."""
    black, white = tones
    if tuple(tones) == (0, 255):
        return images
    scaled = images / np.float32(255 / (white - black)) + np.float32(black)
    # A network of whole numbers up to 16, or of masks, knows no numbers between them.
    return np.round(scaled).astype(np.uint8) if takes_bytes else scaled


def open_model(path, n_threads=0):
    """Return the `PictureModel` of a file of `skdigits.save` or, as .onnx, of `skdigits.export`.

    Parameters
    ----------
    path : str
    n_threads : int, default=0
        As `OnnxModel` takes it.

    Raises
    ------
    ValueError
        If the file is another one, or its model does not take pictures.
    OSError
        If the file cannot be read.
    """
    path = os.path.expanduser(path)
    if _suffix(path) != ".onnx":
        return open_estimator(path)
    from skdigits._onnx_model import OnnxModel

    model = OnnxModel(path, n_threads=n_threads)
    try:
        return of_graph(model)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def open_estimator(path):
    """Return the `PictureModel` of a file of `skdigits.save`; raise errors as `open_model`."""
    path, suffix = os.path.expanduser(path), _suffix(path)
    if suffix in EXPORTED:
        raise ValueError(f"{path}: a {suffix} file cannot be used here; give the file of the model")
    from skdigits import load

    model = load(path)
    try:
        return of_estimator(model)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _suffix(path):
    return os.path.splitext(path)[1].lower()


def of_graph(model):
    """Return the `PictureModel` of an `OnnxModel`; this imports no scikit-learn.

    Raises
    ------
    ValueError
        If it does not take pictures.
    """
    takes_bytes = model.input_dtype == np.uint8

    def answer(images):
        scaled = _to_scale(images, model.tones, takes_bytes)
        probabilities = model.predict_proba(scaled)
        return [model.labels[best] for best in probabilities.argmax(axis=1)], probabilities

    shape = model.image_shape
    form = _form_of_shape(shape if len(shape) > 1 else square_shape(*shape) or shape)
    return PictureModel(
        labels=model.labels,
        form=form,
        normalizes_digits=model.normalizes_digits,
        tones=model.tones,
        takes_bytes=takes_bytes,
        answer=answer,
        graph=model,
    )


def of_estimator(estimator):
    """Return the `PictureModel` of a fitted classifier, pipeline or search.

    Raises
    ------
    ValueError
        If it does not take pictures.
    """
    from skdigits._open_estimators import without_normalizer
    from skdigits._tones import takes_bytes, tones_of
    from skdigits.preprocessing import DigitNormalizer

    estimator, normalizes = without_normalizer(estimator)
    if not hasattr(estimator, "classes_"):
        raise ValueError(f"this {type(estimator).__name__} is no fitted classifier")
    if any(isinstance(each, DigitNormalizer) for each in _estimators_in(estimator)):
        raise ValueError(
            "the DigitNormalizer of this model lies inside of another estimator; make it the first "
            "step of a pipeline around that one"
        )
    tones, is_of_bytes = tones_of(estimator), takes_bytes(estimator)
    return PictureModel(
        labels=[str(label) for label in estimator.classes_.tolist()],
        form=_form_of(estimator),
        normalizes_digits=normalizes,
        tones=tones,
        takes_bytes=is_of_bytes,
        answer=lambda images: _answer(estimator, _to_scale(images, tones, is_of_bytes)),
        estimator=estimator,
    )


def _answer(estimator, images):
    from skdigits.model_selection._measure import predictions

    _, labels, probabilities = predictions(estimator, images.reshape(len(images), -1))
    return [str(label) for label in labels.tolist()], probabilities


def _form_of(estimator):
    """Return the form of the images that an estimator has learned from."""
    n_values = getattr(estimator, "n_features_in_", 0)
    known = [each for each in _estimators_in(estimator) if hasattr(each, "image_shape_")]
    known = [each for each in known if prod(each.image_shape_) == n_values]
    if not known:
        return _form_of_shape(square_shape(n_values) or (n_values,))
    first = max(known, key=lambda each: len(each.image_shape_))  # rather one of images
    return _form_of_shape(image_or_square(first) or (n_values,))


def _form_of_shape(shape):
    """Return the form of images of a shape, (h, w) or (h, w, c); raise ValueError for others."""
    if len(shape) == 1:
        raise ValueError(f"this model takes rows of {shape[0]} values, which are no pictures")
    height, width, channels = with_channel(shape)
    if channels not in COLOR_MODES:
        raise ValueError(f"this model takes images of {channels} channels; pictures have 1 or 3")
    return Form(height, width, COLOR_MODES[channels])


def _estimators_in(estimator):
    """Yield an estimator and all fitted ones in it, from the first step on."""
    from skdigits._nested import held_by

    yield estimator
    for each in held_by(estimator):
        yield from _estimators_in(each)
