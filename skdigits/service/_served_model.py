"""A model from a file, as ONNX Runtime predicts with it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skdigits._onnx_model import OnnxModel
from skdigits._picture_model import PictureModel, of_graph, open_model

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
    """

    name: str
    pictures: PictureModel
    graph: OnnxModel

    def to_input(self, images):
        """Return images of uint8 as the graph takes them."""
        return self.graph.to_input(self.pictures.to_scale(images))


def open_served(path):
    """Return the `ServedModel` of a file; raise errors as `open_model`.

    A file of `skdigits.save` is brought to ONNX in memory, and tried on random images.
    """
    opened = open_model(path)
    if opened.estimator is not None:
        opened = _as_graph(opened, path)
    return ServedModel(Path(path).stem, opened, opened.graph)


def _as_graph(opened, path):
    from skdigits.formats._onnx_file import onnx_content

    if not hasattr(opened.estimator, "predict_proba"):
        kind = type(opened.estimator).__name__
        raise ValueError(f"{path}: a {kind} has no probabilities, which the service answers with")
    shape = (N_TRIED, *opened.form.shape)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    content = onnx_content(opened.estimator, Path(path), images=opened.for_estimator(images))
    graph = OnnxModel(path, content)
    return of_graph(graph, normalizes_digits=opened.normalizes_digits)
