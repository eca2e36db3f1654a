"""Layers that the networks share: the input and its standardisation, dense layers, the output."""

from skdigits._tensorflow import keras

STANDARDIZE = "standardize"
FLATTENED = "flattened"
DROPOUT = "_dropout"  # the end of the name of such a layer

# Momentum of batch normalisation's averages, which prediction uses. With Keras's 0.99, the averages
# would still be near their first values after the few steps of a short training.
MOMENTUM = 0.9


def standardized_input(input_shape):
    """Return the input of a network, and the standardised input."""
    inputs = keras.Input(input_shape, dtype="float32", name="images")
    # A frozen batch normalisation computes (x - mean) / std, with mean and variance as weights. It
    # is a layer of Keras's own, so models load and convert without skdigits.
    standardize = keras.layers.BatchNormalization(
        center=False, scale=False, epsilon=1e-36, trainable=False, dtype="float32", name=STANDARDIZE
    )
    return inputs, standardize(inputs)


def dense_layers(x, sizes, rates, activation, kernel_initializer, batch_norm, dtype):
    """Add the dense hidden layers; without any, apply the dropout rate to `x`."""
    if not sizes and rates[0]:
        return keras.layers.Dropout(rates[0], dtype=dtype, name=f"hidden{DROPOUT}")(x)
    for number, (units, rate) in enumerate(zip(sizes, rates, strict=False), start=1):
        name, initializer = f"hidden_{number}", copy_of(kernel_initializer)
        dense = keras.layers.Dense(units, kernel_initializer=initializer, dtype=dtype, name=name)
        x = finish(dense(x), activation, batch_norm, rate, dtype, name)
    return x


def finish(x, activation, batch_norm, rate, dtype, name):
    """Add what follows the sums of a layer: normalisation, activation, dropout."""
    if batch_norm:
        normalization = keras.layers.BatchNormalization
        x = normalization(momentum=MOMENTUM, dtype=dtype, name=f"{name}_normalization")(x)
    if isinstance(activation, keras.Layer):
        x = copy_of(activation, name=f"{name}_activation")(x)
    else:
        x = keras.layers.Activation(activation, dtype=dtype, name=f"{name}_activation")(x)
    return keras.layers.Dropout(rate, dtype=dtype, name=f"{name}{DROPOUT}")(x) if rate else x


def output_layer(x, n_classes, activation, kernel_initializer):
    """Return the outputs: a dense layer with one unit for each class, in float32."""
    return keras.layers.Dense(
        n_classes,
        activation=activation,
        kernel_initializer=copy_of(kernel_initializer),
        dtype="float32",
        name="probabilities",
    )(x)


def copy_of(keras_object, name=None):
    """Copy a Keras object, since it may keep a seed or weights; return others as they are."""
    if hasattr(keras_object, "get_config"):
        config = keras_object.get_config()
        if "name" in config:
            config["name"] = name
        return type(keras_object).from_config(config)
    return keras_object
