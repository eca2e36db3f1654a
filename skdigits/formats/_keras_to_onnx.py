"""Add a Keras network with any layers to an ONNX graph, converted by tf2onnx as Keras's export."""

import logging
from contextlib import contextmanager

import numpy as np
from onnx import TensorProto, defs, helper

from skdigits._log_lines import without_log_lines
from skdigits._tensorflow import neutral_keras, tf
from skdigits.formats._layers import DivideBySum
from skdigits.formats._onnx_graph import add_layer
from skdigits.training._probabilities import loss_traits, probabilities

NEWEST_OPSET = 18  # that tf2onnx knows

# Operations of TensorFlow that tf2onnx does not know: a function of ONNX, and 1 before or after it.
DIFFERENCES = {"Erfc": ("Erf", "1 - value"), "Expm1": ("Exp", "value - 1")}


def add_keras_network(nodes, classifier, views):
    """Add the nodes of a classifier's network.

    Parameters
    ----------
    nodes : skdigits.formats._onnx_graph.Nodes
    classifier : fitted classifier
    views : list of str
        Names of float32 tensors of shape (n, *image_shape_).

    Returns
    -------
    probabilities : str
        The name of a float32 tensor of shape (n, n_classes): the mean over the views.
    """
    opset = min(nodes.opset, NEWEST_OPSET)
    graph = _converted(classifier, opset)
    _add_prefix(graph, nodes.new_name("keras") + "/")
    for node in graph.node:
        if node.op_type in ("RNN", "GRU", "LSTM") and node.input[4:5] == [""]:
            node.input[4] = _lengths(nodes, node.input[0])
    nodes.add("Concat", *views, axis=0, output=graph.input[0].name)
    nodes.extend(graph, opset)
    outputs = add_layer(nodes, DivideBySum(), graph.output[0].name)
    several = np.array([len(views), -1, len(classifier.classes_)])
    total = nodes.add(
        "ReduceSum", nodes.add("Reshape", outputs, several), np.array([0]), keepdims=0
    )
    return nodes.add("Mul", total, np.float32(1 / len(views)))


def _lengths(nodes, sequences):
    """Add the lengths of sequences of shape (length, n, size): skl2onnx fails without them."""
    shape = nodes.add("Shape", sequences)
    length, n_rows = (nodes.add("Gather", shape, np.array([place])) for place in (0, 1))
    return nodes.add("Cast", nodes.add("Expand", length, n_rows), to=TensorProto.INT32)


def _converted(classifier, opset):
    """Return the ONNX graph of the network, with the probabilities as its output."""
    try:
        import tf2onnx
    except ImportError as error:
        raise ImportError(
            "This network has layers that only tf2onnx writes as ONNX; "
            'pip install "skdigits[onnx]" installs it.'
        ) from error
    network = classifier._network
    model, traits = network.model, loss_traits(network.spec.loss)
    signature = [tf.TensorSpec([None, *classifier.image_shape_], tf.float32, name="images")]

    @tf.function(input_signature=signature, autograph=False)
    def predict(pixels):
        return probabilities(model(pixels, training=False), traits)

    with neutral_keras(), without_log_lines(), _silent(logging.getLogger("tf2onnx")):
        converted, _ = tf2onnx.convert.from_function(predict, signature, opset=opset)
    _write_differences(converted.graph)
    unknown = sorted(_unknown_operations(converted.graph))
    if unknown:
        raise ValueError(
            f"This network has operations of TensorFlow that tf2onnx cannot write as ONNX: "
            f"{', '.join(unknown)}. Use other layers or activations for them."
        )
    return converted.graph


@contextmanager
def _silent(logger):
    """Keep a logger from writing that it does not know an operation: an error of ours says so."""
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _graphs_inside(node):
    """Return the graphs of a node, such as the body of a loop."""
    own = [each.g for each in node.attribute if each.HasField("g")]
    return [*own, *(graph for each in node.attribute for graph in each.graphs)]


def _write_differences(graph):
    """Replace the operations of `DIFFERENCES` in a graph and in the graphs inside of it."""
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        for inner in _graphs_inside(node):
            _write_differences(inner)
        graph.node.extend(_difference(node) if node.op_type in DIFFERENCES else [node])


def _difference(node):
    function, order = DIFFERENCES[node.op_type]
    names = {name: f"{node.output[0]}/{name}" for name in ("1", "value")}
    one = helper.make_tensor("", TensorProto.FLOAT, [], [1.0])
    return [
        helper.make_node("Constant", [], [names["1"]], names["1"], value=one),
        helper.make_node(function, node.input, [names["value"]], names["value"]),
        helper.make_node("Sub", [names[k] for k in order.split(" - ")], node.output, node.name),
    ]


def _unknown_operations(graph):
    """Return the operations of a graph that ONNX does not have."""
    inside = [_unknown_operations(each) for node in graph.node for each in _graphs_inside(node)]
    return {n.op_type for n in graph.node if not defs.has(n.op_type, n.domain)}.union(*inside)


def _add_prefix(graph, prefix):
    """Put a prefix before all names of a graph and of the graphs inside of it."""
    for node in graph.node:
        node.name = prefix + node.name
        for names in (node.input, node.output):
            names[:] = [name and prefix + name for name in names]  # "" is an input left out
        for inner in _graphs_inside(node):
            _add_prefix(inner, prefix)
    for named in (*graph.initializer, *graph.input, *graph.output, *graph.value_info):
        named.name = prefix + named.name
