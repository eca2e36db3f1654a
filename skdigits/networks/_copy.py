"""Keras models, looked at and copied."""

from skdigits._tensorflow import keras


def copy_network(model, dtype="float32"):
    """Copy a Keras model and its weights, for another arithmetic.

    Parameters
    ----------
    model : keras.Model
        Functional or sequential.

    dtype : str, default="float32"
        Keras dtype policy of the layers from the first convolution on, but for the last with
        weights. All others are float32: they have the pixels, or the probabilities.

    Returns
    -------
    keras.Model
        Not compiled.
    """
    n_left = sum(bool(layer.weights) for layer in model.layers)
    policy = "float32"

    def copied(layer):
        nonlocal n_left, policy
        if not isinstance(layer, keras.Layer):  # an operation, such as a sum
            return layer
        n_left -= bool(layer.weights)
        if convolves(layer):
            policy = dtype
        config = layer.get_config()
        if "dtype" in config:
            config["dtype"] = policy if n_left else "float32"
        return type(layer).from_config(config)

    # Of a compiled model Keras copies the loss and the optimizer too, as far as it can.
    layers = keras.Model(_one(model.inputs), _one(model.outputs), name=model.name)
    new = keras.models.clone_model(layers, clone_function=copied)
    new.set_weights(model.get_weights())
    return new


def _one(tensors):
    return tensors[0] if len(tensors) == 1 else tensors


def convolves(layer):
    """Return whether a Keras layer is a convolution, or a model that has one."""
    kinds = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    inner = getattr(layer, "layers", [])
    return isinstance(layer, kinds) or any(convolves(each) for each in inner)


def takes_images(body, input_shape):
    """Return whether a Keras model takes images of a shape, grey ones also without a channel."""
    shapes = [input_shape]
    if len(input_shape) == 3 and input_shape[-1] == 1:
        shapes.append(input_shape[:-1])
    return len(body.inputs) == 1 and tuple(body.input_shape[1:]) in shapes
