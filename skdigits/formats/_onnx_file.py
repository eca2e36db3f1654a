"""The content of an ONNX file: a model that skl2onnx converts, with metadata, and tried."""

import copy
import json

import numpy as np
from sklearn.pipeline import Pipeline

import skdigits
from skdigits._nested import active_steps
from skdigits._onnx_model import PREFIX, start_session
from skdigits._tones import tones_of
from skdigits.formats._agreement import MOST_IMAGES, check_labels, check_probabilities, expected
from skdigits.formats._page_input import page_input
from skdigits.formats._page_model import Weights, page_model
from skdigits.formats._probe import probe
from skdigits.training._state import versions

# ONNX Runtime 1.12 of 2022 and later reads this operator set, and the format of file (IR 8) that
# goes with it.
OPSET = 17


def onnx_content(model, path, images=None, normalizes_digits=False):
    """Return the bytes of the file.

    Parameters
    ----------
    model : fitted classifier
    path : Path
        For messages.
    images : array-like, default=None
        As `export` takes them.
    normalizes_digits : bool, default=False
        Whether the images are the output of a `DigitNormalizer`.
    """
    try:
        import onnx
        import skl2onnx

        from skdigits import formats  # noqa: F401  (it registers our estimators)
        from skdigits.formats._skl2onnx import label_values
    except ImportError as error:
        raise ImportError(
            'To write ONNX files, install the extra "onnx": pip install "skdigits[onnx]"'
        ) from error
    tried = probe(model, images)
    classes = label_values(np.asarray(model.classes_))
    black, white = tones_of(model)
    converted = _converted(skl2onnx, _opened(model), tried.images)
    _name_batch(converted)
    facts = {
        "classes": classes.tolist(),
        "labels": [str(label) for label in model.classes_.tolist()],
        "normalizes_digits": normalizes_digits,
        "image_shape": tried.image_shape,
        "black": black,
        "white": white,
        **_facts_for_drawings(model),
        "versions": versions() | {each.__name__: each.__version__ for each in (skl2onnx, onnx)},
    }
    metadata = {PREFIX + name: json.dumps(value) for name, value in facts.items()}
    onnx.helper.set_model_props(converted, metadata)
    converted.doc_string = f"{type(model).__name__}, written by skdigits {skdigits.__version__}"
    content = converted.SerializeToString()
    _try(content, model, classes, tried.images[:MOST_IMAGES], path)
    return content


def _facts_for_drawings(model):
    """Return what a page to draw on has to know; nothing for a model that a page cannot hold."""
    try:
        page_model(model, Weights(32))  # refuses models whose images page_input does not know
        form = page_input(model, normalized=False)
    except ValueError:
        return {}
    return {name: form[name] for name in ("digits", "light_ink")}


def _opened(model):
    """Return what a search found, and a pipeline without steps that do nothing."""
    if hasattr(model, "best_estimator_"):
        return _opened(model.best_estimator_)
    if not isinstance(model, Pipeline):
        return model
    opened = copy.copy(model)
    *before, (name, last) = active_steps(model)
    opened.steps = [*before, (name, _opened(last))]
    return opened


def _converted(skl2onnx, model, images):
    """Return the model as an ONNX model with the input X."""
    types = skl2onnx.common.data_types
    kind = types.DoubleTensorType if images.dtype == np.float64 else types.FloatTensorType
    try:
        converted = skl2onnx.to_onnx(
            model,
            initial_types=[("X", kind([None, *images.shape[1:]]))],
            options={id(model): {"zipmap": False}},
            target_opset=OPSET,
        )
    except (ImportError, ValueError):  # mostly ours
        raise
    except Exception as error:
        raise ValueError(
            f"skl2onnx {skl2onnx.__version__} cannot convert this {type(model).__name__}: "
            f"{str(error).strip().splitlines()[0]} ({type(error).__name__}). {_advice(model)}"
        ) from error
    _take_no_images(converted.graph)
    if images.dtype == np.uint8:
        _take_uint8(converted)
    return converted


def _advice(model):
    """Return what to do where skl2onnx fails."""
    if np.asarray(model.classes_).dtype.kind == "u":
        return "It fails on unsigned labels: fit on y.astype(int)."
    return "Write a part of it that skl2onnx knows, such as a network."


def _take_no_images(graph):
    """Replace nodes of the kind ArrayFeatureExtractor, which fail without images."""
    from onnx import helper, numpy_helper

    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        if node.op_type == "ArrayFeatureExtractor":
            values, places = node.input
            row = f"{places}_of_{node.output[0]}"
            graph.node.append(helper.make_node("Reshape", [places, "any_length"], [row]))
            node = helper.make_node("Gather", [values, row], node.output, axis=-1)
        graph.node.append(node)
    if len(graph.node) > len(nodes):
        graph.initializer.append(numpy_helper.from_array(np.array([-1]), "any_length"))


def _take_uint8(converted):
    """Let the input be uint8: most of skl2onnx's own steps take floats only."""
    from onnx import TensorProto, helper

    graph = converted.graph
    for node in graph.node:
        node.input[:] = ["X_as_float" if name == "X" else name for name in node.input]
    graph.node.insert(0, helper.make_node("Cast", ["X"], ["X_as_float"], to=TensorProto.FLOAT))
    graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8


def _name_batch(converted):
    """Name the free first dimension of the input and the outputs."""
    for value in (*converted.graph.input, *converted.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "n_images"


def _try(content, model, classes, images, path):
    """Run the file, and raise ValueError if it predicts something else than the model."""
    probabilities, labels = expected(model, images)
    found = start_session(content, path).run(["label", "probabilities"], {"X": images})
    check_probabilities(found[1], probabilities, path)
    codes = np.searchsorted(model.classes_, labels)
    check_labels(found[0], np.asarray(classes)[codes], probabilities, path)
