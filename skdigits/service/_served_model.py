"""A model from a file, as ONNX Runtime predicts with it, and its page."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from skdigits._drawing_page import drawing_page
from skdigits._onnx_model import OnnxModel
from skdigits._picture_model import PictureModel, of_graph, open_model

# ONNX Runtime's own threads wait by spinning, and take the cores from requests: with one thread an
# image took half of the time, and a tenth of the processor.
N_THREADS = 1
N_TRIED = 64  # random images that an exported model is tried on


@dataclass(frozen=True)
class ServedModel:
    """A model of the service.

    Attributes
    ----------
    name : str
        Of the file, without its suffix.
    pictures : PictureModel
        Reads pictures, and knows their form and the labels. Its `graph` predicts.
    form : dict
        Of the images, as the page shows them; `drawing_page` describes it.
    reads_for_page : bool
        Whether `read_for_page` works. For digits it needs scikit-learn and SciPy.
    page : bytes
        The page to draw on. It holds the network, or asks the service.
    """

    name: str
    pictures: PictureModel
    form: dict
    reads_for_page: bool
    page: bytes

    def to_input(self, images):
        """Return images of uint8 as the graph takes them."""
        return self.pictures.graph.to_input(self.pictures.to_scale(images))

    def read_for_page(self, file):
        """Return a picture as the page shows it, an array of `pictures.form.shape`, uint8.

        If the model was trained on digits in MNIST's form, the digit in the picture is found, also
        without a DigitNormalizer in the model. The page does the same with drawings.
        """
        if not self.form["digits"]:
            return self.pictures.read(file)
        from skdigits.preprocessing._read_digit import digit_of

        digit = digit_of(file)
        return digit if self.form["light_ink"] else 255 - digit


def open_served(path):
    """Return the `ServedModel` of a file; raise errors as `open_model`.

    A file of `skdigits.save` is brought to ONNX in memory, and tried on random images.
    """
    opened = open_model(path, N_THREADS)
    parts = {}
    if opened.estimator is not None:
        parts, opened = _network(opened, path), _as_graph(opened, path)
    parts = parts or {"classes": opened.labels, "form": _form(opened)}
    if opened.normalizes_digits:
        import skdigits.preprocessing  # noqa: F401  (an error has to come before the port opens)
    form, name = parts["form"], Path(path).stem
    reads = not form["digits"] or all(find_spec(each) for each in ("sklearn", "scipy"))
    page = drawing_page(**parts, name=name, service={"reads": reads})
    return ServedModel(name, opened, form, reads, page)


def _as_graph(opened, path):
    from skdigits.formats._onnx_file import onnx_content

    if not hasattr(opened.estimator, "predict_proba"):
        kind = type(opened.estimator).__name__
        raise ValueError(f"{path}: a {kind} has no probabilities, which the service answers with")
    shape = (N_TRIED, *opened.form.shape)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    content = onnx_content(
        opened.estimator,
        Path(path),
        images=opened.for_estimator(images),
        normalizes_digits=opened.normalizes_digits,
    )
    return of_graph(OnnxModel(path, content, N_THREADS))


def _network(opened, path):
    """Return the arguments of a page that holds the network, or none if no page can hold it."""
    from sklearn.pipeline import make_pipeline

    from skdigits.formats._page import page_parts
    from skdigits.preprocessing import DigitNormalizer

    model = opened.estimator
    if opened.normalizes_digits:
        model = make_pipeline(DigitNormalizer(), model)
    try:
        return page_parts(model, Path(path))
    except ValueError:
        return {}


def _form(opened):
    """Return the form of the images of a model whose network is not in the page."""
    height, width, channels = opened.form.shape_with_channels
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "light_ink": True if opened.normalizes_digits else opened.graph.light_ink,
        "digits": opened.normalizes_digits or opened.graph.digits,
    }
