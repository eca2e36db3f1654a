"""Copy Keras models, and ask about their layers."""

from skdigits._image_shape import without_channel
from skdigits._tensorflow import keras


def copy_network(model, dtype="float32"):
    """Copy a Keras model and its weights, with another dtype policy.

    Parameters
    ----------
    model : keras.Model
        Functional or sequential.

    dtype : str, default="float32"
        Keras dtype policy of the layers from the first convolution on, except for the last layer
        with weights. The other layers are float32: they process the pixels or the probabilities.
        So are layers with an ``activity_regularizer``.

    Returns
    -------
    keras.Model
        It is not compiled.
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
        if is_graph(layer):  # a model, whose layers have policies of their own
            return copy_network(layer, policy if n_left else "float32")
        config = layer.get_config()
        if "dtype" in config:
            adds_loss = layer.activity_regularizer is not None  # to the loss, which is float32
            config["dtype"] = policy if n_left and not adds_loss else "float32"
        return type(layer).from_config(config)

    # Make a new model first: Keras would try to copy the loss and optimizer of a compiled one.
    layers = keras.Model(one_or_all(model.inputs), one_or_all(model.outputs), name=model.name)
    new = keras.models.clone_model(layers, clone_function=copied)
    new.set_weights(model.get_weights())
    return new


def is_graph(layer):
    """Tell whether a layer is a model that computes what its layers do, and nothing else.

    A class of the user's that derives from ``keras.Sequential`` may have a ``call`` of its own.
    """
    has_inputs = isinstance(layer, keras.Model) and bool(getattr(layer, "inputs", None))
    return has_inputs and calls_as_keras(layer)


def calls_as_keras(model):
    """Tell whether the ``call`` of a model is Keras's, and not that of a class of the user's."""
    return type(model).call.__module__.partition(".")[0] == "keras"


def one_or_all(tensors):
    """Return the only tensor of a list, or the list: as Keras takes inputs and outputs."""
    return tensors[0] if len(tensors) == 1 else tensors


def convolves(layer):
    """Tell whether a Keras layer is a convolution, or a model that has one."""
    kinds = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    inner = getattr(layer, "layers", [])
    return isinstance(layer, kinds) or any(convolves(each) for each in inner)


def takes_images(body, input_shape):
    """Tell whether a Keras model takes images of a shape; grey images need no channel."""
    shapes = (input_shape, without_channel(input_shape))
    return len(body.inputs) == 1 and tuple(body.input_shape[1:]) in shapes
