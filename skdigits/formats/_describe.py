"""Describe a fitted classifier's network by the plain layers of `_layers.py`."""

import warnings
from dataclasses import replace
from math import prod

import numpy as np

from skdigits._tensorflow import keras, tf
from skdigits.formats._layers import (
    ACTIVATIONS,
    Activation,
    Conv2D,
    Dense,
    DivideBySum,
    Network,
    Pool2D,
    Reshape,
    ScaleShift,
    Softmax,
    View,
)
from skdigits.networks._copy import calls_as_keras
from skdigits.training._probabilities import loss_traits
from skdigits.training._views import views

NO_PADDING = (0, 0, 0, 0)


class UnknownLayerError(ValueError):
    """The network has a layer that the description lacks. The message names it."""


def describe(classifier):
    """Describe the network of a fitted classifier.

    Parameters
    ----------
    classifier : MLPClassifier, CNNClassifier or NetworkClassifier
        Fitted. It does not change.

    Returns
    -------
    Network

    Raises
    ------
    UnknownLayerError
        If the network has another layer than those of `_layers.py`, or branches, as networks of a
        user's own function may.
    """
    layers = _layers_of_network(classifier._network, classifier.image_shape_)
    return replace(describe_input(classifier), layers=layers)


def describe_input(classifier):
    """Describe only what comes before the layers of a fitted classifier, which may be any."""
    return Network(
        input_shape=classifier.image_shape_,
        offset=np.array(classifier.offset_, float),
        unit=np.array(classifier.unit_, float),
        layers=(),
        views=_views(classifier),
    )


def _views(classifier):
    if not classifier.test_time_averaging or len(classifier.image_shape_) == 1:
        return ()
    height, width, _ = classifier.image_shape_
    places = np.arange(height * width).reshape(1, height, width, 1)
    found = [view[0, :, :, 0] for view in views(places, classifier._network.spec.augmentation)]
    return tuple(View(view[:, 0] // width, view[0] % width) for view in found)


def _layers_of_network(network, shape):
    # The members of an average share one compiled model: each has it for a moment only.
    borrowed = network.copy() if network.is_suspended else network
    layers = layers_of_model(borrowed.compiled.model, shape)
    if network.is_suspended:
        borrowed.suspend()
    return _with_probabilities(layers, loss_traits(network.spec.loss))


def _with_probabilities(layers, traits):
    """End with probabilities, as `skdigits.training._probabilities` decides what these are."""
    last = layers[-1]
    if isinstance(last, Softmax):
        return layers
    if last == Activation("sigmoid"):  # no loss of Keras's takes these as logits
        behind = traits.looks_behind_activations
        return (*layers[:-1], Softmax()) if behind else (*layers, DivideBySum())
    if traits.takes_logits:
        end = (Activation("sigmoid"), DivideBySum()) if traits.is_binary else (Softmax(),)
        return (*layers, *end)
    return (*layers, DivideBySum())


def layers_of_model(model, shape):
    """Return the plain layers of a Keras model for images of a shape.

    Raises
    ------
    UnknownLayerError
        As `describe`.
    """
    found: list = []
    for layer in _in_order(model):
        if isinstance(layer, keras.Model):
            plain = layers_of_model(layer, shape)
        else:
            plain = _plain(layer, shape)
        for each in plain:
            shape = _shape_after(each, shape)
        found += plain
    return tuple(found)


def _in_order(model):
    """Return the layers of a model that is a chain of layers."""
    for layer in (model, *model.layers):  # before get_config, which those of the user's may lack
        if isinstance(layer, keras.Model):
            if not calls_as_keras(layer):
                raise UnknownLayerError(_unknown(layer, "whose `call` may do anything"))
        elif type(layer) not in _TRANSLATIONS:
            raise UnknownLayerError(_unknown(layer))
    if isinstance(model, keras.Sequential):
        return model.layers
    by_name = {layer.name: layer for layer in model.layers}
    with warnings.catch_warnings(action="ignore"):  # of Keras, about functions of the user's
        nodes = model.get_config()["layers"]
    for node in nodes:
        if node["name"] not in by_name:
            raise UnknownLayerError(
                f"The network has the operation {node['name']!r} between its layers. {_KNOWN}"
            )
    expected: list = []
    for node in nodes:
        if _inputs(node) != expected:
            detail = "that does not take the output of the layer before it"
            raise UnknownLayerError(_unknown(by_name[node["name"]], detail))
        expected = [node["name"]]
    return [by_name[node["name"]] for node in nodes]


def _inputs(node):
    """Return the names of the layers that a layer takes its input from, by Keras's config."""
    found: list = []
    for call in node["inbound_nodes"]:
        for each in call["args"]:
            is_tensor = isinstance(each, dict) and "config" in each
            found.append(each["config"]["keras_history"][0] if is_tensor else each)
    return found


def _shape_after(layer, shape):
    """Return the shape of an image after a plain layer."""
    if isinstance(layer, Reshape):
        return layer.shape
    if isinstance(layer, Dense):
        return (*shape[:-1], len(layer.bias))
    if isinstance(layer, Conv2D | Pool2D):
        size = layer.kernel.shape[:2] if isinstance(layer, Conv2D) else layer.size
        top, bottom, left, right = layer.padding
        sides = (shape[0] + top + bottom, shape[1] + left + right)
        channels = len(layer.bias) if isinstance(layer, Conv2D) else shape[2]
        steps = zip(sides, size, layer.strides, strict=True)
        return (*((side - each) // stride + 1 for side, each, stride in steps), channels)
    return shape


def _plain(layer, shape):
    """Return the plain layers that do what a Keras layer does in prediction."""
    translate = _TRANSLATIONS.get(type(layer))
    if translate is None:
        raise UnknownLayerError(_unknown(layer))
    return translate(layer, shape)


def _identity(layer, shape):
    return []


def _batch_normalization(layer, shape):
    if layer.axis not in (-1, len(shape)):
        raise UnknownLayerError(_unknown(layer, f"with axis={layer.axis}"))
    # By the operations of Keras, so that the last digits are the same: where the mean is far from
    # zero, they count.
    scale = tf.math.rsqrt(_array(layer.moving_variance) + np.float32(layer.epsilon)).numpy()
    if layer.scale:
        scale = scale * _array(layer.gamma)
    shift = -_array(layer.moving_mean) * scale
    return [ScaleShift(scale, shift + _array(layer.beta) if layer.center else shift)]


def _rescaling(layer, shape):
    factors = [np.asarray(each, np.float32) for each in (layer.scale, layer.offset)]
    if any(each.shape not in ((), (1,), shape[-1:]) for each in factors):
        raise UnknownLayerError(_unknown(layer, "with a number for each place"))
    return [ScaleShift(*(np.broadcast_to(each, shape[-1:]).copy() for each in factors))]


def _reshape(layer, shape):
    known = -prod(layer.target_shape)
    return [Reshape(tuple(prod(shape) // known if n == -1 else n for n in layer.target_shape))]


def _flatten(layer, shape):
    _refuse_channels_first(layer)
    return [Reshape((prod(shape),))]


def _dense(layer, shape):
    return [Dense(*_kernel_and_bias(layer)), *_function(layer.activation, layer, shape)]


def _convolution(layer, shape):
    if layer.groups != 1 or tuple(layer.dilation_rate) != (1, 1):
        raise UnknownLayerError(_unknown(layer, "with groups or a dilation_rate"))
    kernel, bias = _kernel_and_bias(layer)
    strides = tuple(layer.strides)
    padding = _padding(layer, shape, kernel.shape[:2], strides)
    plain = Conv2D(kernel, bias, strides, padding)
    return [plain, *_function(layer.activation, layer, shape)]


def _pooling(kind):
    def translate(layer, shape):
        size, strides = tuple(layer.pool_size), tuple(layer.strides)
        return [Pool2D(kind, size, strides, _padding(layer, shape, size, strides))]

    return translate


def _global_pooling(kind):
    def translate(layer, shape):
        _refuse_channels_first(layer)
        pool = Pool2D(kind, shape[:2], (1, 1), NO_PADDING)
        return [pool] if layer.keepdims else [pool, Reshape(shape[2:])]

    return translate


def _padding(layer, shape, size, strides):
    """Return the rows above and below and the columns left and right that Keras adds."""
    _refuse_channels_first(layer)
    if layer.padding == "valid":
        return NO_PADDING
    found: list[int] = []
    for side, each, stride in zip(shape[:2], size, strides, strict=True):
        total = max((-(-side // stride) - 1) * stride + each - side, 0)
        found += [total // 2, total - total // 2]
    return tuple(found)


def _refuse_channels_first(layer):
    if layer.data_format != "channels_last":
        raise UnknownLayerError(_unknown(layer, "with channels first"))


def _kernel_and_bias(layer):
    kernel = _array(layer.kernel)
    bias = _array(layer.bias) if layer.use_bias else np.zeros(kernel.shape[-1], np.float32)
    return kernel, bias


def _array(variable):
    return tf.convert_to_tensor(variable).numpy().astype(np.float32)


def _function(function, layer, shape):
    """Return the plain layers of an activation function."""
    if isinstance(function, keras.Layer):
        return _plain(function, shape)
    name = getattr(function, "__name__", "a function")
    if function is None or function is keras.activations.linear:
        return []
    if function is keras.activations.softmax:
        return [Softmax()]
    if name not in _FUNCTIONS or function is not getattr(keras.activations, name):
        raise UnknownLayerError(_unknown(layer, f"with the activation {name!r}"))
    return [_FUNCTIONS[name]]


def _relu(layer, shape):
    settings = layer.max_value, layer.threshold
    if settings == (6, 0) and not layer.negative_slope:
        return [Activation("relu6")]
    if settings != (None, 0):
        raise UnknownLayerError(_unknown(layer, "with a max_value or a threshold"))
    slope = float(layer.negative_slope)
    return [Activation("leaky_relu", slope) if slope else Activation("relu")]


def _softmax(layer, shape):
    if layer.axis not in (-1, len(shape)):
        raise UnknownLayerError(_unknown(layer, f"with axis={layer.axis}"))
    return [Softmax()]


_DEFAULT_ALPHA = {"leaky_relu": 0.2, "elu": 1.0}
_FUNCTIONS = {name: Activation(name, _DEFAULT_ALPHA.get(name, 0.0)) for name in ACTIVATIONS}

_LAYERS = keras.layers
_TRANSLATIONS = {
    _LAYERS.BatchNormalization: _batch_normalization,
    _LAYERS.Rescaling: _rescaling,
    _LAYERS.Reshape: _reshape,
    _LAYERS.Flatten: _flatten,
    _LAYERS.Dense: _dense,
    _LAYERS.Conv2D: _convolution,
    _LAYERS.MaxPooling2D: _pooling("max"),
    _LAYERS.AveragePooling2D: _pooling("average"),
    _LAYERS.GlobalMaxPooling2D: _global_pooling("max"),
    _LAYERS.GlobalAveragePooling2D: _global_pooling("average"),
    _LAYERS.Activation: lambda layer, shape: _function(layer.activation, layer, shape),
    _LAYERS.ReLU: _relu,
    _LAYERS.LeakyReLU: lambda layer, shape: [Activation("leaky_relu", float(layer.negative_slope))],
    _LAYERS.ELU: lambda layer, shape: [Activation("elu", float(layer.alpha))],
    _LAYERS.Softmax: _softmax,
    # These do nothing in prediction.
    _LAYERS.InputLayer: _identity,
    _LAYERS.Identity: _identity,
    _LAYERS.Dropout: _identity,
    _LAYERS.SpatialDropout2D: _identity,
    _LAYERS.GaussianDropout: _identity,
    _LAYERS.GaussianNoise: _identity,
    _LAYERS.AlphaDropout: _identity,
}

_KNOWN = "Only a chain of these layers can be written without Keras: " + ", ".join(
    sorted(layer.__name__ for layer in _TRANSLATIONS)
)


def _unknown(layer, detail=""):
    kind = f"{type(layer).__name__} {detail}".strip()
    return f"The network has the layer {layer.name!r}, a {kind}. {_KNOWN}"
