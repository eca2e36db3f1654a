"""Register our estimators with skl2onnx, so that it converts whatever holds them."""

import numpy as np
from skl2onnx import get_model_alias, update_registered_converter
from skl2onnx.common.data_types import (
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)

from skdigits._builder import NetworkClassifier
from skdigits._cnn import CNNClassifier
from skdigits._mlp import MLPClassifier
from skdigits.ensemble import AveragingClassifier
from skdigits.formats._onnx_graph import Nodes, add_layers, add_network
from skdigits.formats._probe import NORMALIZE_BEFORE
from skdigits.preprocessing import DigitNormalizer, ImageReshaper, PixelScaler

OPTIONS = {"zipmap": [True, False]}


def register():
    """Register the converters of all our estimators."""
    for classifier in (MLPClassifier, CNNClassifier, NetworkClassifier):
        register_classifier(classifier, _convert_network)
    register_classifier(AveragingClassifier, _convert_average)
    for transformer, shape, convert in (
        (ImageReshaper, _shape_of_reshaped, _convert_reshaper),
        (PixelScaler, _shape_of_scaled, _convert_scaler),
        (DigitNormalizer, _refuse_normalizer, _convert_normalizer),
    ):
        alias = f"Skdigits{transformer.__name__}"
        update_registered_converter(transformer, alias, shape, convert)


def register_classifier(kind, convert):
    """Register the converter of a class of classifiers."""
    update_registered_converter(
        kind,
        f"Skdigits{kind.__name__}",
        _shapes_of_classifier,
        convert,
        parser=_parse_classifier,
        options=OPTIONS,
    )


def _parse_classifier(scope, model, inputs, custom_parsers=None):
    """Declare the outputs of a classifier: always tensors, also without ``zipmap=False``."""
    operator = scope.declare_local_operator(get_model_alias(type(model)), model)
    operator.inputs = inputs
    for name, kind in (("label", _label_type(model)), ("probabilities", _real_type(inputs[0]))):
        operator.outputs.append(scope.declare_local_variable(name, kind()))
    return operator.outputs


def _shapes_of_classifier(operator):
    model = operator.raw_operator
    label, probabilities = operator.outputs
    n_rows = operator.inputs[0].get_first_dimension()
    label.set_type(_label_type(model)([n_rows]))
    if not isinstance(probabilities.type, DoubleTensorType | FloatTensorType):
        raise ValueError(
            f"skl2onnx would round the probabilities of {type(model).__name__} to whole numbers: "
            "inside of this estimator it gives them the type of X. Convert it with X of float32, "
            "or use skdigits.export."
        )
    probabilities.type.shape = [n_rows, len(model.classes_)]


def _label_type(model):
    return StringTensorType if label_values(model.classes_).dtype.kind in "OU" else Int64TensorType


def _real_type(variable):
    is_double = isinstance(variable.type, DoubleTensorType)
    return DoubleTensorType if is_double else FloatTensorType


def label_values(classes):
    """Return classes as ONNX has labels: int64 numbers or text.

    Raises
    ------
    ValueError
        If ONNX has no such labels.
    """
    if classes.dtype.kind in "OU" and all(isinstance(each, str) for each in classes):
        for label in map(str, classes):
            if label.encode(errors="ignore").decode() != label:
                raise ValueError(
                    f"The label {label!r} cannot be written: it has half of a character, a lone "
                    "surrogate. Fit on other labels."
                )
        return classes
    if classes.dtype.kind == "b":
        return classes.astype(np.int64)
    try:
        numbers = classes.astype(np.int64)
        if (numbers == classes).all():
            return numbers
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(
        f"Labels of an ONNX file are whole numbers or text; the classes are {classes.tolist()}. "
        "Fit on text, such as y.astype(str)."
    )


def _convert_network(scope, operator, container):
    from skdigits.formats._describe import UnknownLayerError, describe, describe_input

    model, nodes = operator.raw_operator, Nodes(scope, container)
    try:
        network = describe(model)
    except UnknownLayerError:
        from skdigits.formats._keras_to_onnx import add_keras_network

        network = describe_input(model)

        def add_body(views):
            return [add_keras_network(nodes, model, views)]
    else:

        def add_body(views):  # one after the other needs less memory than all together
            return [add_layers(nodes, network.layers, view) for view in views]

    images = operator.inputs[0].full_name
    probabilities = add_network(nodes, network, images, add_body)
    add_outputs(nodes, operator, probabilities)


def _convert_average(scope, operator, container):
    nodes, parts = Nodes(scope, container), []
    for member in operator.raw_operator.estimators_:
        _, probabilities = declare_held(scope, operator, member)
        parts.append(nodes.cast(probabilities.full_name, np.float32))
    add_outputs(nodes, operator, nodes.mean(parts))


def declare_held(scope, operator, held):
    """Let skl2onnx convert an estimator that another one holds; return label, probabilities."""
    inner = scope.declare_local_operator(get_model_alias(type(held)), held)
    inner.inputs = operator.inputs
    types = {"label": _label_type(held), "probabilities": _real_type(operator.inputs[0])}
    for name, kind in types.items():
        inner.outputs.append(scope.declare_local_variable(f"held_{name}", kind()))
    return inner.outputs


def add_outputs(nodes, operator, probabilities):
    """Add the label, and give the outputs their types."""
    label, output = operator.outputs
    best = nodes.add("ArgMax", probabilities, axis=1, keepdims=0)
    classes = label_values(operator.raw_operator.classes_)
    nodes.add("Gather", classes.astype(object) if classes.dtype.kind == "U" else classes, best,
              output=label.full_name)  # fmt: skip
    is_double = isinstance(output.type, DoubleTensorType)
    nodes.cast(probabilities, np.float64 if is_double else np.float32, output=output.full_name)


def _shape_of_reshaped(operator):
    n_rows = operator.inputs[0].get_first_dimension()
    shape = [n_rows, *operator.raw_operator.image_shape_]
    operator.outputs[0].set_type(type(operator.inputs[0].type)(shape))


def _convert_reshaper(scope, operator, container):
    shape = np.array([0, *operator.raw_operator.image_shape_])
    nodes = Nodes(scope, container)
    nodes.add("Reshape", operator.inputs[0].full_name, shape, output=operator.outputs[0].full_name)


def _shape_of_scaled(operator):
    operator.outputs[0].set_type(FloatTensorType(list(operator.inputs[0].type.shape)))


def _convert_scaler(scope, operator, container):
    scaler, (x,) = operator.raw_operator, operator.inputs
    nodes = Nodes(scope, container)
    work = np.float64 if isinstance(x.type, DoubleTensorType) else np.float32
    scaled = nodes.add("Sub", nodes.cast(x.full_name, work), work(scaler.data_min_))
    scaled = nodes.add("Div", scaled, work(scaler._range()))
    nodes.cast(scaled, np.float32, output=operator.outputs[0].full_name)


def _refuse_normalizer(operator):
    raise ValueError(NORMALIZE_BEFORE)


def _convert_normalizer(scope, operator, container):
    _refuse_normalizer(operator)
