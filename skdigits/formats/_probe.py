"""Images to try a file with, in the form that the file takes: those given, or generated ones."""

from dataclasses import dataclass
from math import prod

import numpy as np
from sklearn.pipeline import Pipeline

from skdigits._arrays import as_array
from skdigits._base import ImageClassifier
from skdigits._image_shape import with_channel
from skdigits._nested import held_by
from skdigits._numbers import Origin
from skdigits._warnings import without_warnings
from skdigits.preprocessing import DigitNormalizer, ImageReshaper

N_GENERATED = 256
NORMALIZE_BEFORE = (
    "DigitNormalizer works only in Python: it finds the digit in a picture by steps that the other "
    "runtimes lack. Normalise pictures in Python, normalizer.transform(pictures), and write the "
    "steps after it, such as pipeline[1:]."
)


@dataclass(frozen=True)
class Probe:
    """Images for a file, and what the file's input is to be like.

    Attributes
    ----------
    images : ndarray of shape (n, ...), uint8, float32 or float64
        As the model takes them. The input has their dtype, and their shape except for n.
    image_shape : tuple of int
        (height, width, channels) of an image, or (n_columns,).
    """

    images: np.ndarray
    image_shape: tuple


def probe(model, images=None):
    """Return the images to try a file with.

    Parameters
    ----------
    model : fitted classifier
    images : array-like or None
        Given by the user. If they have the dtype uint8, so has the input of the file.

    Returns
    -------
    Probe

    Raises
    ------
    ValueError
        If none are given and none can be generated, or if the model has a DigitNormalizer.
    """
    steps, network = _first_network(model)
    if any(isinstance(step, DigitNormalizer) for step in steps):
        raise ValueError(NORMALIZE_BEFORE)
    if images is None:
        images = _generated(model, steps, network)
    else:
        images = np.asarray(as_array(images))
        if images.ndim < 2 or not len(images):
            raise ValueError(f"images must be a batch of images; got the shape {images.shape}.")
        images = images.astype(_dtype(images))
    return Probe(images, _image_shape(images, network))


def _dtype(images):
    """Return the dtype of the input: float64 only where float32 would lose digits that matter."""
    if images.dtype == np.uint8:
        return np.uint8
    columns = images[..., np.newaxis] if images.ndim == 3 else images
    return np.float32 if Origin.of(columns) is None else np.float64


def _generated(model, steps, network):
    """Return random images that have the range of the training data."""
    if network is None or not hasattr(network, "_scale"):
        raise ValueError(_ask_for_images(model))
    rng, shape = np.random.default_rng(0), network.image_shape_
    low, high = (np.asarray(each, float) for each in (network._scale.low, network._scale.high))
    images = rng.uniform(low, high, (N_GENERATED, *shape)) * network.unit_ + network.offset_
    if len(shape) == 3 and shape[-1] == 1:
        images = images[..., 0]
    if network._scale.low.dtype == np.uint8 and all(isinstance(s, ImageReshaper) for s in steps):
        images = np.round(images).astype(np.uint8)
    rows = images.reshape(len(images), -1)  # scikit-learn's own steps give and take rows
    for form in (images, rows):
        try:
            return _before_steps(form, steps, model)
        except Exception as problem:  # a step goes one way only, or the network sees some columns
            error = problem
    raise ValueError(_ask_for_images(model)) from error


def _before_steps(images, steps, model):
    """Return images as they are before the steps of a model that takes them."""
    with without_warnings():  # of the scale and the missing names of generated images
        for step in reversed(steps):
            images = np.asarray(step.inverse_transform(images))
        images = images.astype(_dtype(images))
        model.predict(images[:1])
    return images


def _ask_for_images(model):
    return (
        f"To try the file, give some images as {type(model).__name__} takes them: "
        "export(model, path, images=X[:100])."
    )


def _first_network(model):
    """Return the transformers before a network in a fitted model, and the network or None."""
    if isinstance(model, ImageClassifier) and hasattr(model, "_network"):
        return [], model
    if isinstance(model, Pipeline):
        *before, last = held_by(model)
        steps, network = _first_network(last)
        return before + steps, network
    found = map(_first_network, held_by(model))
    return next((each for each in found if each[1] is not None), ([], None))


def _image_shape(images, network):
    """Return the shape of one image: that of the network, if it has as many values."""
    shape = images.shape[1:]
    if network is not None and prod(network.image_shape_) == prod(shape):
        return tuple(network.image_shape_)
    return with_channel(shape)
