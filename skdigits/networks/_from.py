"""Build a network from a trained one."""

from skdigits._tensorflow import keras
from skdigits.networks._arguments import shapes
from skdigits.networks._copy import copy_network, takes_images
from skdigits.networks._layers import FLATTENED, output_layer


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
        It is not compiled. All layers but the last are copies of layers of `body`.

    Raises
    ------
    ValueError
        If `body` takes images of another shape, or has fewer than two layers with weights.

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
    copied = copy_network(body, dtype)
    with_weights = [layer for layer in copied.layers if layer.weights]
    if len(with_weights) < 2:
        raise ValueError("The network to build from has no layers below its output layer.")
    x = with_weights[-1].input
    if len(x.shape) > 2:
        x = keras.layers.Flatten(name=FLATTENED)(x)
    inputs, shape = copied.inputs, tuple(body.input_shape[1:])
    if shape != input_shape:  # the body takes grey images without a channel
        features, inputs = keras.Model(inputs, x), keras.Input(input_shape)
        x = features(keras.layers.Reshape(shape)(inputs))
    outputs = output_layer(x, n_classes, output_activation, kernel_initializer)
    return keras.Model(inputs, outputs, name=body.name)
