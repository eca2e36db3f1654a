"""The networks: pure functions from an input shape to an uncompiled Keras model.

They work in plain Keras, and as ``KerasClassifier(model=build_cnn)`` of SciKeras, which hands over
what it knows of the data as ``meta``.
"""

from numbers import Integral, Real

from skdigits._image_shape import channels_first
from skdigits._tensorflow import keras

__all__ = ["build_cnn", "build_from", "build_mlp"]

STANDARDIZE = "standardize"
FLATTENED = "flattened"

# Of the convolutions, by default: chosen by benchmarks.sweep.
FILTERS = (16, 48, 96)

# Of batch normalisation's averages, which prediction uses. Keras's 0.99 would still be near where
# it began after the few steps of a short training.
MOMENTUM = 0.9


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
        (height, width), (height, width, channels), or (n_features,) for columns that are no
        image. None takes it from `meta`.

    n_classes : int, default=None
        Number of outputs, at least 2. None takes it from `meta`.

    hidden_layer_sizes : sequence of int, default=(128,)
        Units of each hidden layer.

    activation : str, callable or keras.Layer, default="relu"
        Activation of the hidden layers.

    output_activation : str or callable, default="softmax"
        Activation of the output layer.

    kernel_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
        How the kernels of all layers begin.

    dropout : float or sequence of float, default=0.0
        Share of units left out in training, in [0, 1): one rate for every hidden layer, or one
        rate a layer.

    batch_norm : bool, default=False
        Whether each hidden layer is normalised over the batch before its activation.

    dtype : str, default="float32"
        Keras dtype policy of the hidden layers, such as "mixed_bfloat16". The output stays
        float32.

    meta : dict, default=None
        What SciKeras tells a building function; fills `input_shape` and `n_classes`.

    Returns
    -------
    keras.Model
        Not compiled. Its first weights, "standardize", are the mean and variance of the input
        (0 and 1 until they are set).

    Raises
    ------
    ValueError
        For shapes, sizes or rates that make no network.

    Examples
    --------
    >>> from skdigits.networks import build_mlp
    >>> build_mlp((28, 28), 10, hidden_layer_sizes=(128, 64)).output_shape
    (None, 10)
    """
    input_shape, n_classes = _shapes(input_shape, n_classes, meta)
    sizes = _sizes("hidden_layer_sizes", hidden_layer_sizes)
    rates = _rates(dropout, len(sizes))
    inputs, x = _input(input_shape)
    if len(input_shape) > 1:
        x = keras.layers.Flatten(dtype=dtype, name=FLATTENED)(x)
    x = _dense_layers(x, sizes, rates, activation, kernel_initializer, batch_norm, dtype)
    outputs = _output(x, n_classes, output_activation, kernel_initializer)
    return keras.Model(inputs, outputs, name="mlp")


def build_cnn(
    input_shape=None,
    n_classes=None,
    *,
    filters="auto",
    kernel_size=3,
    pool_size=2,
    hidden_layer_sizes=(128,),
    activation="relu",
    output_activation="softmax",
    kernel_initializer="glorot_uniform",
    dropout=0.0,
    batch_norm=False,
    dtype="float32",
    meta=None,
):
    """Build a convolutional network: blocks of convolutions and a pooling, then dense layers.

    Convolutions use "valid" padding, as the published studies do, where that leaves at least
    2 x 2 pixels after the last pooling, and "same" padding on smaller images.

    Parameters
    ----------
    input_shape : tuple of int, default=None
        (height, width), (height, width, channels), or (n_features,). Columns have no
        neighbours, so that kernels and pools are then one wide. None takes it from `meta`.

    n_classes : int, default=None
        Number of outputs, at least 2. None takes it from `meta`.

    filters : "auto" or sequence of int or of sequences of int, default="auto"
        Filters of the convolutions of each block: one, or several before the pooling. "auto" is
        (16, 48, 96), or the first of these where more poolings would leave nothing.

    kernel_size : int or (int, int), default=3
        Height and width of the kernels, in pixels.

    pool_size : int or (int, int), default=2
        Height and width of the max pooling that ends each block, in pixels; 1 for none.

    hidden_layer_sizes : sequence of int, default=(128,)
        Units of the dense layers between the last pooling and the output.

    activation, output_activation, kernel_initializer, batch_norm, dtype, meta
        As in :func:`build_mlp`.

    dropout : float or sequence of float, default=0.0
        As in :func:`build_mlp`; as a sequence, one rate for each dense hidden layer. One rate
        for all goes to the dense hidden layers, or where there are none to the flattened pixels
        before the output.

    Returns
    -------
    keras.Model
        Not compiled. Its first weights, "standardize", are the mean and variance of the input
        (0 and 1 until they are set).

    Raises
    ------
    ValueError
        For images that are too small for the pooling, and for shapes, sizes or rates that make
        no network.

    Examples
    --------
    >>> from skdigits.networks import build_cnn
    >>> build_cnn((28, 28), 10, filters=(32, 32)).count_params()
    113388
    """
    input_shape, n_classes = _shapes(input_shape, n_classes, meta)
    kernel, pool = _pair("kernel_size", kernel_size), _pair("pool_size", pool_size)
    blocks = _blocks(filters, input_shape, pool)
    sizes = _sizes("hidden_layer_sizes", hidden_layer_sizes)
    rates = _rates(dropout, len(sizes))
    inputs, x = _input(input_shape)
    if len(input_shape) == 1:
        kernel = pool = (1, 1)
        x = keras.layers.Reshape((1, *input_shape, 1), dtype=dtype, name="columns")(x)
    padding = _padding(x.shape[1:], blocks, kernel, pool)
    for block_number, block in enumerate(blocks, start=1):
        for number, n_filters in enumerate(block, start=1):
            name = f"convolution_{block_number}_{number}"
            conv = keras.layers.Conv2D(
                n_filters,
                kernel,
                padding=padding,
                kernel_initializer=_copy(kernel_initializer),
                dtype=dtype,
                name=name,
            )
            x = conv(x)
            if number == len(block) and pool != (1, 1):
                x = keras.layers.MaxPooling2D(pool, dtype=dtype, name=f"pooling_{block_number}")(x)
            x = _finish(x, activation, batch_norm, 0.0, dtype, name)
    x = keras.layers.Flatten(dtype=dtype, name=FLATTENED)(x)
    x = _dense_layers(x, sizes, rates, activation, kernel_initializer, batch_norm, dtype)
    outputs = _output(x, n_classes, output_activation, kernel_initializer)
    return keras.Model(inputs, outputs, name="cnn")


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
    """Build a network from another one: its layers and weights, but for a new output layer.

    Parameters
    ----------
    input_shape : tuple of int, default=None
        (height, width) or (height, width, channels), as `body` takes it; grey images may have a
        channel there or not. None takes it from `meta`.

    n_classes : int, default=None
        Number of outputs, at least 2. None takes it from `meta`.

    body : keras.Model
        A built classifier, functional or sequential, of one input. Its last layer with weights
        and all behind it are left out. It stays as it is.

    output_activation, kernel_initializer, meta
        As in :func:`build_mlp`, for the new output layer.

    dtype : str, default="float32"
        Keras dtype policy of the copied layers from the first convolution on, whatever those of
        `body` have; the others are float32.

    Returns
    -------
    keras.Model
        Not compiled. All its layers but the last are copies of those of `body`.

    Raises
    ------
    ValueError
        Where `body` takes images of another shape, or has no layer to leave out.

    Examples
    --------
    >>> from skdigits.networks import build_cnn, build_from
    >>> digits = build_cnn((28, 28), 10)
    >>> letters = build_from((28, 28), 26, body=digits)
    >>> letters.output_shape, len(letters.layers) == len(digits.layers)
    ((None, 26), True)
    """
    input_shape, n_classes = _shapes(input_shape, n_classes, meta)
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
    if shape != input_shape:  # the body knows grey images without a channel
        features, inputs = keras.Model(inputs, x), keras.Input(input_shape)
        x = features(keras.layers.Reshape(shape)(inputs))
    outputs = _output(x, n_classes, output_activation, kernel_initializer)
    return keras.Model(inputs, outputs, name=body.name)


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


def _shapes(input_shape, n_classes, meta):
    """Complete the shape and the number of classes from SciKeras's `meta`, and check them."""
    if meta is not None:
        input_shape = meta["X_shape_"][1:] if input_shape is None else input_shape
        n_classes = meta["n_classes_"] if n_classes is None else n_classes
    if input_shape is None or n_classes is None:
        raise ValueError("input_shape and n_classes must be given, or SciKeras's meta.")
    shape = tuple(int(n) for n in input_shape)
    if len(shape) not in (1, 2, 3) or min(shape) < 1:
        raise ValueError(
            f"input_shape must be (h, w), (h, w, c) or (n_features,), each at least 1; got {shape}."
        )
    if n_classes < 2:
        raise ValueError(f"n_classes must be at least 2; got {n_classes}.")
    return (*shape, 1) if len(shape) == 2 else shape, int(n_classes)


def _sizes(name, sizes):
    found = tuple(sizes) if hasattr(sizes, "__len__") else (sizes,)
    if not all(_is_size(n) for n in found):
        raise ValueError(f"{name} must hold whole numbers of at least 1; got {sizes!r}.")
    return tuple(int(n) for n in found)


def _blocks(filters, input_shape, pool):
    """Return the filters of each convolution of each block."""
    if isinstance(filters, str) and filters == "auto":
        sides = input_shape[:2] if len(input_shape) > 1 else ()  # columns are not pooled
        n = len(FILTERS)
        while n > 1 and any(side < each**n for side, each in zip(sides, pool, strict=False)):
            n -= 1
        filters = FILTERS[:n]
    blocks = filters if hasattr(filters, "__len__") else (filters,)
    return tuple(_sizes("filters", block) for block in blocks)


def _pair(name, size):
    pair = tuple(size) if hasattr(size, "__len__") else (size, size)
    if len(pair) != 2 or not all(_is_size(n) for n in pair):
        raise ValueError(f"{name} must be a whole number of at least 1, or two; got {size!r}.")
    return tuple(int(n) for n in pair)


def _is_size(value):
    return isinstance(value, Integral) and int(value) >= 1


def _rates(dropout, n_layers):
    """One dropout rate for each layer; without layers the one rate given, if any."""
    rates = tuple(dropout) if hasattr(dropout, "__len__") else (dropout,) * max(n_layers, 1)
    if len(rates) != max(n_layers, 1):
        raise ValueError(
            f"dropout must be one rate, or one for each of the {n_layers} hidden layers; "
            f"got {len(rates)}."
        )
    if not all(isinstance(rate, Real) and 0 <= float(rate) < 1 for rate in rates):
        raise ValueError(f"dropout must hold rates in [0, 1); got {dropout!r}.")
    return rates


def _padding(image, blocks, kernel, pool):
    """Choose "valid" padding where enough of the image is left, else "same"."""
    for padding, enough in (("valid", 2), ("same", 1)):
        height, width = image[:2]
        for block in blocks:
            if padding == "valid":
                height -= len(block) * (kernel[0] - 1)
                width -= len(block) * (kernel[1] - 1)
            height, width = height // pool[0], width // pool[1]
        # a dimension that began smaller than that has nothing to lose
        if height >= min(enough, image[0]) and width >= min(enough, image[1]):
            return padding
    raise ValueError(
        f"Images of {image[0]} x {image[1]} pixels are too small for {len(blocks)} poolings of "
        f"{pool[0]} x {pool[1]}: nothing would be left. Use fewer filters or a smaller pool_size."
        + (" If channels come first, give np.moveaxis(X, 1, -1)." if channels_first(image) else "")
    )


def _input(input_shape):
    """Input, and the standardisation that every network begins with."""
    inputs = keras.Input(input_shape, dtype="float32", name="images")
    # A batch normalisation that is never trained is (x - mean) / std with weights to set, and a
    # stock layer: models load and convert without skdigits.
    standardize = keras.layers.BatchNormalization(
        center=False, scale=False, epsilon=1e-36, trainable=False, dtype="float32", name=STANDARDIZE
    )
    return inputs, standardize(inputs)


def _dense_layers(x, sizes, rates, activation, kernel_initializer, batch_norm, dtype):
    """Add the dense hidden layers; without any, the one dropout rate goes to their input."""
    if not sizes and rates[0]:
        return keras.layers.Dropout(rates[0], dtype=dtype, name="hidden_dropout")(x)
    for number, (units, rate) in enumerate(zip(sizes, rates, strict=False), start=1):
        name, initializer = f"hidden_{number}", _copy(kernel_initializer)
        dense = keras.layers.Dense(units, kernel_initializer=initializer, dtype=dtype, name=name)
        x = _finish(dense(x), activation, batch_norm, rate, dtype, name)
    return x


def _finish(x, activation, batch_norm, rate, dtype, name):
    """Add what follows the sum of a layer of this name: normalisation, activation, dropout."""
    if batch_norm:
        normalization = keras.layers.BatchNormalization
        x = normalization(momentum=MOMENTUM, dtype=dtype, name=f"{name}_normalization")(x)
    if isinstance(activation, keras.Layer):
        x = _copy(activation, name=f"{name}_activation")(x)
    else:
        x = keras.layers.Activation(activation, dtype=dtype, name=f"{name}_activation")(x)
    return keras.layers.Dropout(rate, dtype=dtype, name=f"{name}_dropout")(x) if rate else x


def _output(x, n_classes, activation, kernel_initializer):
    return keras.layers.Dense(
        n_classes,
        activation=activation,
        kernel_initializer=_copy(kernel_initializer),
        dtype="float32",
        name="probabilities",
    )(x)


def _copy(keras_object, name=None):
    """Give each layer an object of its own: Keras's keep a seed or weights."""
    if hasattr(keras_object, "get_config"):
        config = keras_object.get_config()
        if "name" in config:
            config["name"] = name
        return type(keras_object).from_config(config)
    return keras_object
