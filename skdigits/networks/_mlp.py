"""The multi-layer perceptron."""

from skdigits._tensorflow import keras
from skdigits.networks._arguments import dropout_rates, shapes, sizes_of
from skdigits.networks._layers import FLATTENED, dense_layers, output_layer, standardized_input


def build_mlp(
    input_shape=None,
    n_classes=None,
    *,
    hidden_layer_sizes=(128,),
    activation="relu",
    output_activation="softmax",
    kernel_initializer="glorot_uniform",
    dropout=0.0,
    batch_norm=False,
    dtype="float32",
    meta=None,
):
    """Build a multi-layer perceptron for images or columns.

    Parameters
    ----------
    input_shape : tuple of int, default=None
        (height, width), (height, width, channels), or (n_features,) for columns. None takes it from
        `meta`.

    n_classes : int, default=None
        Number of outputs, at least 2. None takes it from `meta`.

    hidden_layer_sizes : sequence of int, default=(128,)
        Number of units of each hidden layer.

    activation : str, callable or keras.Layer, default="relu"
        Activation of the hidden layers.

    output_activation : str or callable, default="softmax"
        Activation of the output layer.

    kernel_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
        Initial values of the kernels.

    dropout : float or sequence of float, default=0.0
        Share of units left out in training, in [0, 1): one rate for all hidden layers, or a
        sequence with one rate for each.

    batch_norm : bool, default=False
        Whether to normalise each hidden layer over the batch before its activation.

    dtype : str, default="float32"
        Keras dtype policy of the hidden layers, such as "mixed_bfloat16". The output stays
        float32.

    meta : dict, default=None
        What SciKeras passes to a building function. It replaces `input_shape` and `n_classes` that
        are None.

    Returns
    -------
    keras.Model
        It is not compiled. Its first layer, "standardize", holds the mean and variance of the
        input, 0 and 1 until they are set.

    Raises
    ------
    ValueError
        If a shape, size or rate is not valid.

    Examples
    --------
    >>> from skdigits.networks import build_mlp
    >>> build_mlp((28, 28), 10, hidden_layer_sizes=(128, 64)).output_shape
    (None, 10)
    """
    input_shape, n_classes = shapes(input_shape, n_classes, meta)
    sizes = sizes_of("hidden_layer_sizes", hidden_layer_sizes)
    rates = dropout_rates(dropout, len(sizes))
    inputs, x = standardized_input(input_shape)
    if len(input_shape) > 1:
        x = keras.layers.Flatten(dtype=dtype, name=FLATTENED)(x)
    x = dense_layers(x, sizes, rates, activation, kernel_initializer, batch_norm, dtype)
    outputs = output_layer(x, n_classes, output_activation, kernel_initializer)
    return keras.Model(inputs, outputs, name="mlp")
