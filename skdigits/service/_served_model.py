"""A model from a file, as ONNX Runtime predicts with it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skdigits._onnx_model import OnnxModel
from skdigits._picture_model import PictureModel, of_graph, open_model

PICTURES = "pictures"  # the page that sends pictures to the service, from that to draw on
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
        Reads pictures, and knows their form and the labels.
    graph : OnnxModel
        Predicts.
    page : bytes or None
        The page to draw on, which `skdigits.export` writes; None if there is none of this model.
    """

    name: str
    pictures: PictureModel
    graph: OnnxModel
    page: bytes | None = None

    def to_input(self, images):
        """Return images of uint8 as the graph takes them."""
        return self.graph.to_input(self.pictures.to_scale(images))


def open_served(path):
    """Return the `ServedModel` of a file; raise errors as `open_model`.

    A file of `skdigits.save` is brought to ONNX in memory, and tried on random images.
    """
    opened = open_model(path, N_THREADS)
    page = None
    if opened.estimator is not None:
        page, opened = _page(opened, path), _as_graph(opened, path)
    return ServedModel(Path(path).stem, opened, opened.graph, page)


def _as_graph(opened, path):
    from skdigits.formats._onnx_file import onnx_content

    if not hasattr(opened.estimator, "predict_proba"):
        kind = type(opened.estimator).__name__
        raise ValueError(f"{path}: a {kind} has no probabilities, which the service answers with")
    shape = (N_TRIED, *opened.form.shape)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    content = onnx_content(opened.estimator, Path(path), images=opened.for_estimator(images))
    graph = OnnxModel(path, content, N_THREADS)
    return of_graph(graph, normalizes_digits=opened.normalizes_digits)


def _page(opened, path):
    """Return the content of the page to draw on, or None if it cannot hold the model."""
    from sklearn.pipeline import make_pipeline

    from skdigits.formats._page import page_content
    from skdigits.preprocessing import DigitNormalizer

    model = opened.estimator
    if opened.normalizes_digits:
        model = make_pipeline(DigitNormalizer(), model)
    try:
        return page_content(model, Path(path), pictures_url=PICTURES)
    except ValueError:
        return None
