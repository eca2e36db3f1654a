"""A network of the user's, with the standardisation of its input."""

from skdigits._private import layers_in
from skdigits._tensorflow import keras
from skdigits.networks._arguments import shapes
from skdigits.networks._copy import convolves, takes_images
from skdigits.networks._layers import STANDARDIZE, standardized_input


def build_around(
    input_shape, n_classes, *, build, build_options, standardize=True, precision, dtype="float32"
):
    """Build a network by a function of the user's, and put the standardisation before it.

    Parameters
    ----------
    input_shape : tuple of int
        (height, width, channels), or (n_features,) for columns.

    n_classes : int
        Number of outputs.

    build : callable
        ``build(input_shape, n_classes, **build_options)`` gives a Keras model that is not
        compiled, and takes one image to one row of `n_classes` outputs. Grey images may have a
        channel there or not.

    build_options : dict
        Further arguments of `build`.

    standardize : bool, default=True
        Whether the network gets standardised input.

    precision : {"auto", "float32", "bfloat16"}
        "auto" leaves a model in float32 that has no convolution, or a layer that is not Keras's.

    dtype : str, default="float32"
        Keras dtype policy of the layers from the first convolution on, but for the last with
        weights: what `precision` comes to on this processor.

    Returns
    -------
    keras.Model
        Not compiled. The layers of a functional or sequential model are its own layers; a model
        of another kind is one of its layers.

    Raises
    ------
    TypeError
        Where `build` gives something else than a Keras model.
    ValueError
        For a compiled model, for one of other inputs or outputs, and for "bfloat16" with a model
        that is neither functional nor sequential.
    """
    input_shape, n_classes = shapes(input_shape, n_classes, None)
    model = build(input_shape, n_classes, **build_options)
    _check_model(model)
    if isinstance(model, keras.Sequential) and not model.built:
        model.build((None, *input_shape))
    is_graph = bool(getattr(model, "inputs", None))
    names = [layer.name for layer in model.layers]
    inputs, x = standardized_input(input_shape)
    if not standardize or STANDARDIZE in names:  # as the networks of this package have it
        x = inputs
    if is_graph:
        x = _with_shape(x, model, input_shape)
    if dtype != "float32":
        _set_dtype(model, dtype, is_graph, by_itself=precision == "auto")
    outputs = _layers_on(x, model, inputs) if is_graph else model(x)
    _check_outputs(outputs, n_classes)
    return keras.Model(inputs, outputs, name=model.name)


def _check_model(model):
    if not isinstance(model, keras.Model):
        raise TypeError(f"The function 'build' must return a keras.Model; it returned {model!r}.")
    if model.compiled:
        raise ValueError(
            "The function 'build' returned a compiled model. Leave model.compile out: the "
            "optimizer and the loss are parameters of the classifier, `optimizer` and `loss`."
        )


def _with_shape(x, model, input_shape):
    """Give images the shape of a model's input; grey ones may lack the channel there."""
    if not takes_images(model, input_shape):
        found = ", ".join(str(tuple(each.shape[1:])) for each in model.inputs)
        raise ValueError(
            f"The function 'build' returned a model with inputs of shape {found}; it was asked for "
            f"one input of shape {input_shape}, which is its first argument."
        )
    shape = tuple(model.input_shape[1:])
    return x if shape == input_shape else keras.layers.Reshape(shape, name="without_channel")(x)


def _layers_on(x, model, inputs):
    """Return the outputs of a model's own layers, called on `x`, which is made of `inputs`."""

    def call(layer, *args, **kwargs):
        return layer(*(x if each is inputs else each for each in args), **kwargs)

    tensors = model.outputs
    graph = keras.Model(model.inputs[0], tensors[0] if len(tensors) == 1 else tensors)
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


def _set_dtype(model, dtype, is_graph, by_itself):
    """Set the dtype policy of the layers that take the time."""
    is_known = all(type(layer).__module__.startswith("keras.") for layer in layers_in(model))
    if by_itself and not (is_graph and is_known):
        return
    if not is_graph:
        raise ValueError(
            "precision='bfloat16' needs a functional or sequential model; the function 'build' "
            f"returned a {type(model).__name__}. Set precision='float32', or give the dtype to "
            "its layers."
        )
    layers = model.layers
    last = [layer for layer in layers if layer.weights][-1:]
    first = next((i for i, layer in enumerate(layers) if convolves(layer)), len(layers))
    for layer in layers[first:]:
        if layer not in last:
            for each in (layer, *layers_in(layer)):
                each.dtype_policy = dtype
