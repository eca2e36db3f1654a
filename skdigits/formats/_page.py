"""The content of a page that classifies: the network, its weights and all scripts in one file."""

import copy

import numpy as np

from skdigits._open_estimators import members, without_normalizer
from skdigits.formats._agreement import MOST_IMAGES, expected
from skdigits.formats._page_input import page_input
from skdigits.formats._page_model import Weights, page_model
from skdigits.formats._probe import probe
from skdigits.preprocessing import DigitNormalizer

BITS = {"float16": 16, "float32": 32}
HALF_TOLERANCE = 1e-3  # of probabilities with weights of 16 bits


def page_content(model, path, images=None, weights="float16", title=None):
    """Return the bytes of the page.

    Parameters
    ----------
    model : fitted classifier
    path : Path
        For messages.
    images : array-like, default=None
        As `export` takes them.
    weights : {"float16", "float32"}, default="float16"
    title : str, default=None
        Heading of the page. None asks for a digit or a picture.
    """
    try:
        from skdigits._drawing_page import drawing_page
    except ImportError as error:
        raise ImportError(
            'To write pages, install the extra "cli": pip install "skdigits[cli]"'
        ) from error
    parts = page_parts(model, path, images, weights)
    return drawing_page(**parts, name=type(model).__name__, title=title)


def page_parts(model, path, images=None, weights="float16"):
    """Return what `drawing_page` has to know of a model, as a dict of its arguments."""
    if weights not in BITS:
        raise ValueError(f"weights must be 'float16' or 'float32'; got {weights!r}.")
    opened, normalized = without_normalizer(model)
    numbers = Weights(BITS[weights])
    network, form = page_model(opened, numbers), page_input(opened, normalized)
    encoded = numbers.encode()
    if weights == "float16":
        if normalized and images is not None:
            images = DigitNormalizer().transform(images[:MOST_IMAGES])
        _check_rounding(opened, numbers, probe(opened, images).images[:MOST_IMAGES], path)
    classes = [str(label) for label in model.classes_.tolist()]
    return {"classes": classes, "form": form, "network": network, "weights": encoded}


def _check_rounding(model, numbers, images, path):
    """Raise ValueError if rounded weights change the probabilities of images too much."""
    rounded = copy.deepcopy(model)
    for _, classifier in members(rounded):
        network = classifier._network
        state = {name: np.asarray(value) for name, value in network.get_state().items()}
        network.set_state({name: numbers.rounded(v).astype(v.dtype) for name, v in state.items()})
    difference = np.abs(expected(rounded, images)[0] - expected(model, images)[0]).max()
    if not difference <= HALF_TOLERANCE:
        raise ValueError(
            f"{path.name} was not written: weights of 16 bits change its probabilities by up to "
            f"{difference:.2g}. Use export(..., weights='float32')."
        )
