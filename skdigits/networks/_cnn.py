"""The convolutional network."""

from skdigits._image_shape import channels_first
from skdigits._tensorflow import keras
from skdigits.networks._arguments import dropout_rates, pair_of, shapes, sizes_of
from skdigits.networks._layers import (
    FLATTENED,
    copy_of,
    dense_layers,
    finish,
    output_layer,
    standardized_input,
)

# Filters of the convolutions by default, chosen by benchmarks.sweep.
FILTERS = (16, 48, 96)


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

    Convolutions use "valid" padding, as the published studies do, if it leaves at least 2 x 2
    pixels after the last pooling. On smaller images they use "same" padding.

    Parameters
    ----------
    input_shape : tuple of int, default=None
        (height, width), (height, width, channels), or (n_features,). For columns, kernels and
        pools have the size 1, since columns have no neighbours. None takes it from `meta`.

    n_classes : int, default=None
        Number of outputs, at least 2. None takes it from `meta`.

    filters : "auto" or sequence of int or of sequences of int, default="auto"
        Filters of each convolution. Each entry is one block: a number is one convolution, a
        sequence several. "auto" is (16, 48, 96), or fewer of these for small images.

    kernel_size : int or (int, int), default=3
        Height and width of the kernels, in pixels.

    pool_size : int or (int, int), default=2
        Height and width of the max pooling at the end of each block, in pixels. 1 means no pooling.

    hidden_layer_sizes : sequence of int, default=(128,)
        Units of the dense layers between the last pooling and the output.

    activation : str, callable or keras.Layer, default="relu"
        Activation of the hidden layers.

    output_activation : str or callable, default="softmax"
        Activation of the output layer.

    kernel_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
        Initial values of the kernels.

    dropout : float or sequence of float, default=0.0
        Share of units left out in training, in [0, 1): one rate for all dense hidden layers, or a
        sequence with one rate for each. Without dense hidden layers, one rate applies to the output
        of the last pooling.

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
        If images are too small for the pooling, or a shape, size or rate is not valid.

    Examples
    --------
    >>> from skdigits.networks import build_cnn
    >>> build_cnn((28, 28), 10, filters=(32, 32)).count_params()
    113388
    """
    input_shape, n_classes = shapes(input_shape, n_classes, meta)
    kernel, pool = pair_of("kernel_size", kernel_size), pair_of("pool_size", pool_size)
    blocks = _blocks(filters, input_shape, pool)
    sizes = sizes_of("hidden_layer_sizes", hidden_layer_sizes)
    rates = dropout_rates(dropout, len(sizes))
    inputs, x = standardized_input(input_shape)
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
                kernel_initializer=copy_of(kernel_initializer),
                dtype=dtype,
                name=name,
            )
            x = conv(x)
            if number == len(block) and pool != (1, 1):
                x = keras.layers.MaxPooling2D(pool, dtype=dtype, name=f"pooling_{block_number}")(x)
            x = finish(x, activation, batch_norm, 0.0, dtype, name)
    x = keras.layers.Flatten(dtype=dtype, name=FLATTENED)(x)
    x = dense_layers(x, sizes, rates, activation, kernel_initializer, batch_norm, dtype)
    outputs = output_layer(x, n_classes, output_activation, kernel_initializer)
    return keras.Model(inputs, outputs, name="cnn")


def _blocks(filters, input_shape, pool):
    """Return the filters of each convolution of each block."""
    if isinstance(filters, str) and filters == "auto":
        sides = input_shape[:2] if len(input_shape) > 1 else ()  # columns are not pooled
        n = len(FILTERS)
        while n > 1 and any(side < each**n for side, each in zip(sides, pool, strict=False)):
            n -= 1
        filters = FILTERS[:n]
    blocks = filters if hasattr(filters, "__len__") else (filters,)
    return tuple(sizes_of("filters", block, least=1) for block in blocks)


def _padding(image, blocks, kernel, pool):
    """Choose "valid" padding if enough of the image is left, else "same"."""
    for padding, enough in (("valid", 2), ("same", 1)):
        height, width = image[:2]
        for block in blocks:
            if padding == "valid":
                height -= len(block) * (kernel[0] - 1)
                width -= len(block) * (kernel[1] - 1)
            height, width = height // pool[0], width // pool[1]
        # a dimension that was smaller from the beginning is enough
        if height >= min(enough, image[0]) and width >= min(enough, image[1]):
            return padding
    poolings = "1 pooling" if len(blocks) == 1 else f"{len(blocks)} poolings"
    raise ValueError(
        f"Images of {image[0]} x {image[1]} pixels are too small for {poolings} of "
        f"{pool[0]} x {pool[1]}: nothing would be left. Use fewer filters or a smaller pool_size."
        + (" If channels come first, give np.moveaxis(X, 1, -1)." if channels_first(image) else "")
    )
