"""Write a described network as ONNX nodes, into a graph that skl2onnx builds."""

import numpy as np
from onnx import TensorProto, numpy_helper

from skdigits.formats import _layers as plain

# The nodes below mean the same in all operator sets from this one on.
LEAST_OPSET = 13


class Nodes:
    """Add nodes to the graph that skl2onnx builds.

    Parameters
    ----------
    scope, container
        What skl2onnx gives to a converter.
    """

    def __init__(self, scope, container):
        self._scope, self._container = scope, container
        self.opset = container.target_opset
        if self.opset < LEAST_OPSET:
            raise ValueError(
                f"The estimators of skdigits need target_opset={LEAST_OPSET} or more; "
                f"got {self.opset}."
            )

    def new_name(self, seed):
        """Return a name for a tensor that no other has."""
        return self._scope.get_unique_variable_name(seed)

    def add(self, op_type, *inputs, output=None, **attributes):
        """Add a node, and return the name of its output.

        Parameters
        ----------
        op_type : str
        *inputs : str or ndarray
            Names of tensors, and constants.
        output : str, default=None
            The name of the output; None finds a new one.
        **attributes
        """
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        output = output or self.new_name(op_type.lower())
        name = self._scope.get_unique_operator_name(op_type)
        self._container.add_node(op_type, names, output, name=name, **attributes)
        return output

    def constant(self, array):
        """Add a constant, and return its name; skl2onnx stores equal ones once."""
        name = self.new_name("constant")
        tensor = numpy_helper.from_array(np.asarray(array, order="C"))
        if tensor.data_type == TensorProto.STRING:
            texts = list(tensor.string_data)
            self._container.add_initializer(name, TensorProto.STRING, tensor.dims, texts)
        else:
            self._container.add_initializer(name, None, None, tensor)
        return name

    def extend(self, graph, opset):
        """Add the nodes and constants of a graph of an operator set."""
        self._container.initializers.extend(graph.initializer)
        self._container.nodes.extend(graph.node)
        self._container.node_domain_version_pair_sets.add(("", opset))

    def mean(self, tensors):
        """Add the mean of float32 tensors of one shape."""
        return self.add("Mul", self.add("Sum", *tensors), np.float32(1 / len(tensors)))

    def cast(self, x, dtype, output=None):
        """Add a conversion to a numpy dtype."""
        to = {np.float32: TensorProto.FLOAT, np.float64: TensorProto.DOUBLE}[dtype]
        return self.add("Cast", x, to=to, output=output)


def add_network(nodes, network, images, add_body):
    """Add the nodes of a network.

    Parameters
    ----------
    nodes : Nodes
    network : skdigits.formats._layers.Network
    images : str
        The name of a tensor of any number type and of shape (n, n_values), (n, height, width) or
        (n, height, width, channels).
    add_body : callable
        It adds the layers: ``add_body(names of float32 tensors of shape (n, *input_shape))``, one
        for each view, returns the names of tensors whose mean are the probabilities.

    Returns
    -------
    probabilities : str
        The name of a float32 tensor of shape (n, n_classes).
    """
    x = _input_images(nodes, network, images)
    outputs = add_body([_view(nodes, view, x) for view in network.views] or [x])
    return nodes.mean(outputs) if len(outputs) > 1 else outputs[0]


def _input_images(nodes, network, images):
    """Give images the shape and the numbers that the layers take."""
    x = nodes.add("Reshape", images, np.array([0, *network.input_shape]))
    if network.offset.any() or (network.unit != 1).any():
        x = nodes.add("Sub", nodes.cast(x, np.float64), network.offset)
        x = nodes.add("Div", x, network.unit)
    return nodes.cast(x, np.float32)


def _view(nodes, view, x):
    for axis, places in ((1, view.rows), (2, view.columns)):
        if not np.array_equal(places, np.arange(len(places))):
            x = nodes.add("Gather", x, places, axis=axis)
    return x


def add_layers(nodes, layers, x):
    """Add plain layers one after the other, and return the name of the output.

    Convolutions of ONNX take images channels-first. So images are transposed before the first of
    several convolutions, and back after the last.
    """
    channels_first = False
    for layer in layers:
        wants_first = isinstance(layer, plain.Conv2D | plain.Pool2D)
        either = isinstance(layer, plain.Activation | plain.ScaleShift)
        if wants_first and not channels_first:
            x = nodes.add("Transpose", x, perm=[0, 3, 1, 2])
        elif channels_first and not (wants_first or either):
            x = nodes.add("Transpose", x, perm=[0, 2, 3, 1])
        channels_first = wants_first or (channels_first and either)
        x = add_layer(nodes, layer, x, channels_first)
    return x


def add_layer(nodes, layer, x, channels_first=False):
    """Add a plain layer, and return the name of its output."""
    match layer:
        case plain.ScaleShift(scale, shift):
            shape = (-1, 1, 1) if channels_first else (-1,)
            return nodes.add("Add", nodes.add("Mul", x, scale.reshape(shape)), shift.reshape(shape))
        case plain.Reshape(shape):
            return nodes.add("Reshape", x, np.array([0, *shape]))
        case plain.Dense(kernel, bias):
            return nodes.add("Add", nodes.add("MatMul", x, kernel), bias)
        case plain.Conv2D(kernel, bias, strides, padding):
            kernel = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
            pads = _pads(padding)
            return nodes.add("Conv", x, kernel, bias, strides=list(strides), pads=pads)
        case plain.Pool2D(kind, size, strides, padding):
            op_type = {"max": "MaxPool", "average": "AveragePool"}[kind]
            windows = {"kernel_shape": list(size), "strides": list(strides)}
            return nodes.add(op_type, x, **windows, pads=_pads(padding))
        case plain.Activation(name, alpha):
            return _ACTIVATIONS[name](nodes, x, alpha)
        case plain.Softmax():
            return nodes.add("Softmax", x, axis=-1)
        case plain.DivideBySum():
            total = nodes.add("ReduceSum", x, np.array([1]), keepdims=1)
            is_zero = nodes.add("Equal", total, np.float32(0))
            x = nodes.add("Where", is_zero, np.float32(1), x)
            return nodes.add("Div", x, nodes.add("ReduceSum", x, np.array([1]), keepdims=1))
    raise TypeError(f"No ONNX nodes for {layer!r}.")


def _pads(padding):
    """Return the padding in ONNX's order: all begins, then all ends."""
    top, bottom, left, right = padding
    return [top, left, bottom, right]


def _gelu(nodes, x, alpha):
    part = nodes.add("Erf", nodes.add("Mul", x, np.float32(np.sqrt(0.5))))
    part = nodes.add("Add", part, np.float32(1))
    return nodes.add("Mul", nodes.add("Mul", x, part), np.float32(0.5))


def _hard_sigmoid(nodes, x, alpha):
    return nodes.add("HardSigmoid", x, alpha=1 / 6, beta=0.5)


def _simple(op_type):
    return lambda nodes, x, alpha: nodes.add(op_type, x)


_ACTIVATIONS = {
    "relu": _simple("Relu"),
    "relu6": lambda nodes, x, alpha: nodes.add("Clip", x, np.float32(0), np.float32(6)),
    "leaky_relu": lambda nodes, x, alpha: nodes.add("LeakyRelu", x, alpha=alpha),
    "elu": lambda nodes, x, alpha: nodes.add("Elu", x, alpha=alpha),
    "selu": _simple("Selu"),
    "gelu": _gelu,
    "silu": lambda nodes, x, alpha: nodes.add("Mul", x, nodes.add("Sigmoid", x)),
    "tanh": _simple("Tanh"),
    "sigmoid": _simple("Sigmoid"),
    "hard_sigmoid": _hard_sigmoid,
    "softplus": _simple("Softplus"),
    "softsign": _simple("Softsign"),
    "exponential": _simple("Exp"),
}
