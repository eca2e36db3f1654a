"""Add the standardisation of the input to a user's network."""

from skdigits._private_names import creation_number, layers_in
from skdigits._tensorflow import keras
from skdigits.networks._arguments import shapes
from skdigits.networks._copy import convolves, is_graph, one_or_all, takes_images
from skdigits.networks._layers import STANDARDIZE, standardized_input


def build_around(
    input_shape, n_classes, *, build, build_options, standardize=True, precision, dtype="float32"
):
    """Build a network by a user's function, and put the standardisation before it.

    Parameters
    ----------
    input_shape : tuple of int
        (height, width, channels), or (n_features,) for columns.

    n_classes : int
        Number of outputs.

    build : callable
        ``build(input_shape, n_classes, **build_options)`` returns a Keras model that is not
        compiled. The model takes one input and returns one row of `n_classes` outputs. Its input
        may lack the channel of grey images.

    build_options : dict
        Further arguments of `build`.

    standardize : bool, default=True
        Whether to standardise the input of the network.

    precision : {"auto", "float32", "bfloat16"}
        With "auto", a model keeps float32 if it has no convolution, has layers of the user's, or
        has layers that `build` has not made.

    dtype : str, default="float32"
        Keras dtype policy of the layers from the first convolution on, except for the last layer
        with weights. The caller derives it from `precision` and the processor.

    Returns
    -------
    keras.Model
        It is not compiled. It contains the layers of a functional or sequential model. A model of
        another kind becomes one layer.

    Raises
    ------
    TypeError
        If `build` does not return a Keras model.
    ValueError
        If the model is compiled, if its inputs or outputs are wrong, or if `precision` is
        "bfloat16" and the model is neither functional nor sequential, or has layers that `build`
        has not made.

    Examples
    --------
    >>> import keras
    >>> from skdigits.networks import build_around
    >>> def build(input_shape, n_classes, units):
    ...     layers = [keras.layers.Flatten(), keras.layers.Dense(units, activation="relu")]
    ...     output = keras.layers.Dense(n_classes, activation="softmax")
    ...     return keras.Sequential([keras.Input(input_shape), *layers, output])
    >>> model = build_around(
    ...     (28, 28, 1), 10, build=build, build_options={"units": 16}, precision="auto"
    ... )
    >>> [layer.name for layer in model.layers][1]
    'standardize'
    """
    input_shape, n_classes = shapes(input_shape, n_classes, None)
    begun = creation_number(keras.Variable(0.0, name="begun"))
    model = _call(build, input_shape, n_classes, build_options)
    _check_model(model)
    if isinstance(model, keras.Sequential) and not model.built:
        model.build((None, *input_shape))
    names = [layer.name for layer in model.layers]
    inputs, x = standardized_input(input_shape)
    if not standardize or STANDARDIZE in names:  # networks of this package standardise themselves
        x = inputs
    if getattr(model, "inputs", None):
        x = _with_shape(x, model, input_shape)
    if dtype != "float32":
        _set_dtype(model, dtype, begun, by_itself=precision == "auto")
    outputs = _layers_on(x, model, inputs) if is_graph(model) else model(x)
    _check_outputs(outputs, n_classes)
    return keras.Model(inputs, outputs, name=model.name)


def _call(build, input_shape, n_classes, build_options):
    try:
        return build(input_shape, n_classes, **build_options)
    except Exception as error:
        error.add_note(f"It was raised by the function 'build', for input_shape={input_shape}.")
        if len(input_shape) == 1:
            error.add_note("X has columns; to train on images, set image_shape.")
        raise


def _check_model(model):
    if not isinstance(model, keras.Model):
        raise TypeError(f"The function 'build' must return a keras.Model; it returned {model!r}.")
    if model.compiled:
        raise ValueError(
            "The function 'build' returned a compiled model. Leave model.compile out: the "
            "optimizer and the loss are parameters of the classifier, `optimizer` and `loss`. Load "
            "a saved model with compile=False."
        )


def _with_shape(x, model, input_shape):
    """Reshape images to a model's input, which may lack the channel of grey images."""
    if not takes_images(model, input_shape):
        found = ", ".join(str(tuple(each.shape[1:])) for each in model.inputs)
        raise ValueError(
            f"The function 'build' returned a model with inputs of shape {found}; it was asked for "
            f"one input of shape {input_shape}, which is its first argument."
        )
    shape = tuple(model.input_shape[1:])
    return x if shape == input_shape else keras.layers.Reshape(shape, name="without_channel")(x)


def _layers_on(x, model, inputs):
    """Call a model's own layers on `x`, which depends on `inputs`, and return the outputs."""

    def call(layer, *args, **kwargs):
        args, kwargs = keras.tree.map_structure(
            lambda each: x if each is inputs else each, (args, kwargs)
        )
        return layer(*args, **kwargs)

    graph = keras.Model(model.inputs[0], one_or_all(model.outputs))
    return keras.models.clone_model(
        graph, input_tensors=inputs, clone_function=lambda layer: layer, call_function=call
    ).output


def _check_outputs(outputs, n_classes):
    shape = getattr(outputs, "shape", None)
    if shape is None or tuple(shape[1:]) != (n_classes,):
        found = "several outputs" if shape is None else f"outputs of shape {tuple(shape[1:])}"
        raise ValueError(
            f"The function 'build' returned a model with {found}; it was asked for one row of "
            f"{n_classes} outputs, one a class, which is its second argument. Two classes have two "
            "outputs, too."
        )


def _set_dtype(model, dtype, begun, by_itself):
    """Set the dtype policy of the layers that take most of the time.

    Others may use layers whose weights are older than `begun`, and their policy would stay.
    """
    is_known = all(type(layer).__module__.startswith("keras.") for layer in layers_in(model))
    older = [each for each in model.weights if creation_number(each) < begun]
    if by_itself and (older or not (is_graph(model) and is_known)):
        return
    if not is_graph(model):
        raise ValueError(
            "precision='bfloat16' needs a functional or sequential model; the function 'build' "
            f"returned a {type(model).__name__}. Set precision='float32', or give the dtype to "
            "its layers."
        )
    if older:
        raise ValueError(
            "precision='bfloat16' would change layers that were made before the network, such as "
            f"that of {older[0].path!r}, for all that use them. Set precision='float32', or create "
            "the layers in the function 'build'."
        )
    layers = model.layers
    last = [layer for layer in layers if layer.weights][-1:]
    first = next((i for i, layer in enumerate(layers) if convolves(layer)), len(layers))
    for layer in layers[first:]:
        if layer not in last:
            for each in (layer, *layers_in(layer)):
                if each.activity_regularizer is None:  # else it adds to the loss, which is float32
                    each.dtype_policy = dtype
