"""Build a network from a trained one."""

from skdigits._private_names import layers_in
from skdigits._tensorflow import keras
from skdigits.networks._arguments import shapes
from skdigits.networks._copy import copy_network, takes_images
from skdigits.networks._layers import FLATTENED, STANDARDIZE, output_layer


def build_from(
    input_shape=None,
    n_classes=None,
    *,
    body,
    output_activation="softmax",
    kernel_initializer="glorot_uniform",
    dtype="float32",
    meta=None,
):
    """Build a network from another one: its layers and weights, with a new output layer.

    Parameters
    ----------
    input_shape : tuple of int, default=None
        (height, width) or (height, width, channels), as `body` takes it. The input of `body` may
        lack the channel of grey images. None takes it from `meta`.

    n_classes : int, default=None
        Number of outputs, at least 2. None takes it from `meta`.

    body : keras.Model
        A built classifier with one input, functional or sequential. The new network has its layers
        before the last layer with weights. `body` itself does not change.

    output_activation : str or callable, default="softmax"
        Activation of the new output layer.

    kernel_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
        Initial values of the kernel of the new output layer.

    dtype : str, default="float32"
        Keras dtype policy of the copied layers from the first convolution on. The others are
        float32. The policies of `body` do not matter.

    meta : dict, default=None
        What SciKeras passes to a building function. It replaces `input_shape` and `n_classes` that
        are None.

    Returns
    -------
    keras.Model
        It is not compiled. All layers but the last are copies of layers of `body`. All can be
        trained, also those that are frozen in `body`, apart from the standardisation of the input.

    Raises
    ------
    ValueError
        If `body` takes images of another shape, has no layers with weights below its output layer,
        or has this layer inside a model that is one of its layers.

    Examples
    --------
    >>> from skdigits.networks import build_cnn, build_from
    >>> digits = build_cnn((28, 28), 10)
    >>> letters = build_from((28, 28), 26, body=digits)
    >>> letters.output_shape, len(letters.layers) == len(digits.layers)
    ((None, 26), True)
    """
    input_shape, n_classes = shapes(input_shape, n_classes, meta)
    if not takes_images(body, input_shape):
        raise ValueError(
            f"The network to build from takes input of shape {body.input_shape}, not images of "
            f"shape {input_shape}."
        )
    _check_output_layer(body)
    copied = copy_network(body, dtype)
    # The standardisation comes last: a model that holds it sets its layers, too.
    for layer in sorted(layers_in(copied), key=lambda each: each.name == STANDARDIZE):
        layer.trainable = layer.name != STANDARDIZE
    x = [layer for layer in copied.layers if layer.weights][-1].input
    if len(x.shape) > 2:
        x = keras.layers.Flatten(name=FLATTENED)(x)
    inputs, shape = copied.inputs, tuple(body.input_shape[1:])
    if shape != input_shape:  # the body takes grey images without a channel
        features, inputs = keras.Model(inputs, x), keras.Input(input_shape)
        x = features(keras.layers.Reshape(shape)(inputs))
    outputs = output_layer(x, n_classes, output_activation, kernel_initializer)
    return keras.Model(inputs, outputs, name=body.name)


def _check_output_layer(body):
    """Raise ValueError if the last layer with weights is not an output layer above others."""
    layers = [each for each in body.layers if each.weights and each.name != STANDARDIZE]
    last = layers[-1] if layers else None
    if isinstance(last, keras.Model) and sum(bool(each.weights) for each in layers_in(last)) > 1:
        raise ValueError(
            f"The network to build from has its output layer inside {last.name!r}, a model that is "
            "one of its layers, so that it cannot get another one. Let the network be functional "
            "or sequential, with its output layer as a layer of its own."
        )
    if len(layers) < 2:
        raise ValueError("The network to build from has no layers below its output layer.")
