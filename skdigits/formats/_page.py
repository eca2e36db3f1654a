"""The content of a page that classifies: the network, its weights and all scripts in one file."""

import base64
import copy

import numpy as np

from skdigits._files import escaped
from skdigits._open_estimators import members
from skdigits.formats._agreement import MOST_IMAGES, expected
from skdigits.formats._page_input import page_input, without_normalizer
from skdigits.formats._page_model import Weights, page_model
from skdigits.formats._probe import probe
from skdigits.preprocessing import DigitNormalizer

BITS = {"float16": 16, "float32": 32}
HALF_TOLERANCE = 1e-3  # of probabilities with weights of 16 bits
WIDEST_LABEL = 9  # rem


def page_content(model, path, images=None, weights="float16", title=None, pictures_url=None):
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
    pictures_url : str, default=None
        Where a service reads pictures in Python, for a link.
    """
    try:
        from skdigits._pages import render
    except ImportError as error:
        raise ImportError(
            'To write pages, install the extra "cli": pip install "skdigits[cli]"'
        ) from error
    if weights not in BITS:
        raise ValueError(f"weights must be 'float16' or 'float32'; got {weights!r}.")
    opened, normalized = without_normalizer(model)
    numbers = Weights(BITS[weights])
    content = {"model": page_model(opened, numbers), "input": page_input(opened, normalized)}
    encoded = numbers.encode()
    names = [escaped(str(label)) for label in model.classes_.tolist()]
    if weights == "float16":
        if normalized and images is not None:
            images = DigitNormalizer().transform(images[:MOST_IMAGES])
        _check_rounding(opened, numbers, probe(opened, images).images[:MOST_IMAGES], path)
    digits = content["input"]["digits"]
    context = {
        "title": ("Which digit is it?" if digits else "What is it?") if title is None else title,
        "model": type(model).__name__,
        "digits": digits,
        "content": content | {"classes": names},
        "pictures_url": pictures_url,
        "label_width": min(0.62 * max(map(len, names)) + 0.2, WIDEST_LABEL),
        "weights": base64.b64encode(encoded).decode("ascii"),
    }
    return escaped(render("skdigits.formats", "page.html.j2", context)).encode("utf-8")


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
