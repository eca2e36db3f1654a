"""Private names of TensorFlow and Keras. No other module uses any.

Each function has a public way, which it takes if the private name is gone. The public way is slower
or knows less. With ``SKDIGITS_TEST_PUBLIC_WAYS=1`` in the environment, all functions take the
public way. tests/test_private_names.py tells which name has moved.
"""

import functools
import math
import os
from contextlib import suppress

TAKES_PUBLIC_WAYS = os.environ.get("SKDIGITS_TEST_PUBLIC_WAYS") == "1"

# The private and the public way by name, for tests.
WAYS: dict = {}


def with_public_way(public):
    """Decorate a function that uses a private name: without the name, `public` replaces it."""

    def decorate(private):
        @functools.wraps(private)
        def call(*args):
            if not TAKES_PUBLIC_WAYS:
                with suppress(AttributeError, ImportError):
                    return private(*args)
            return public(*args)

        WAYS[private.__name__] = private, public
        return call

    return decorate


def _require(thing, name):
    """Raise AttributeError if a private name is gone: to set it would have no effect."""
    getattr(thing, name)


# TensorFlow


def _run_graph(graph, images, executor):
    return graph(images)


@with_public_way(_run_graph)
def run_graph(graph, images, executor):
    """Call a concrete function of one argument, with an executor of TensorFlow's.

    The public way takes longer than the network itself takes for one image. So do several threads
    that pass the operations of the network to each other.
    """
    from tensorflow.python.eager import context

    call = graph._call_flat
    with context.function_executor_type(executor):
        return call([images], graph.captured_inputs)


def _tensorflow_runs():
    import tensorflow

    threading = tensorflow.config.threading
    before = threading.get_inter_op_parallelism_threads()
    try:
        for number in (before + 1, before):
            threading.set_inter_op_parallelism_threads(number)
    except RuntimeError:  # the number can be set only before TensorFlow starts
        return True
    return False


@with_public_way(_tensorflow_runs)
def tensorflow_runs():
    """Tell whether TensorFlow has started its threads in this process."""
    from tensorflow.python.eager import context

    return context.context()._initialized


def _eager_context():
    return object()


@with_public_way(_eager_context)
def eager_context():
    """Return TensorFlow's state of this process, which must not be copied.

    When a copy is collected, TensorFlow loses what it keeps for gradients, and no eager gradient
    works any more in this process. The public way returns another object.
    """
    from tensorflow.python.eager import context

    return context.context()


# The label of the kernels that TensorFlow itself puts in the place of its own, in TensorFlow.
_LABEL = "MklNameChangeOp"

# oneDNN's operations and their attributes. All attributes have to be given, so other ones in
# another version of TensorFlow would be an error in the midst of a fit.
_WINDOW = {"T", "data_format", "explicit_paddings", "padding", "strides"}
_CONVOLUTION = _WINDOW | {"dilations", "use_cudnn_on_gpu"}
_POOLING = _WINDOW | {"ksize", "workspace_enabled"}
_NORMALIZATION = {"T", "U", "data_format", "epsilon", "is_training"}
_ATTRIBUTES = {
    "_MklNativeConv2D": _CONVOLUTION | {"is_filter_const"},
    "_MklNativeConv2DWithBias": _CONVOLUTION | {"is_filter_const"},
    "_MklNativeConv2DBackpropFilter": _CONVOLUTION,
    "_MklNativeConv2DBackpropInput": _CONVOLUTION,
    "_MklNativeMaxPool": _POOLING,
    "_MklNativeMaxPoolGrad": _POOLING,
    "_MklNativeFusedBatchNormV3": _NORMALIZATION | {"exponential_avg_factor"},
    "_MklNativeFusedBatchNormGradV3": _NORMALIZATION,
}


@with_public_way(lambda: None)
def onednn_operations():
    """Return what adds an operation of oneDNN's to a graph, by its name and its arguments.

    It is None where TensorFlow has none, or other ones, and by the public way.
    """
    import tensorflow
    from tensorflow.python.framework import kernels, op_def_library, op_def_registry

    _require(tensorflow.Graph, "_kernel_label_map")
    for operation, names in _ATTRIBUTES.items():
        definition = op_def_registry.get(operation)
        if definition is None or {each.name for each in definition.attr} != names:
            return None
        if not kernels.get_registered_kernels_for_op(operation).kernel:
            return None

    def add(operation, **arguments):
        graph = tensorflow.compat.v1.get_default_graph()
        with graph._kernel_label_map({operation: _LABEL}):
            return op_def_library.apply_op(operation, name="onednn", **arguments)

    return add


# Keras: names and layers


@with_public_way(lambda numbers: None)
def swap_numbers_of_names(numbers):
    """Set how often Keras has used each name in this process, and return the old numbers.

    The public way does not change the numbers.
    """
    from keras.src.backend.common import global_state

    before = global_state.get_global_attribute("object_name_uids")
    global_state.set_global_attribute("object_name_uids", numbers)
    return before


def _layers_in(model):
    found: dict = {}
    for layer in _sublayers(model):
        found |= {id(each): each for each in [layer, *_layers_in(layer)]}
    return list(found.values())


def _sublayers(layer):
    """Return the layers in the attributes of a layer; those of a model come in order."""
    import keras

    kept = list(getattr(layer, "layers", []))
    for value in vars(layer).values():
        value = list(value.values()) if isinstance(value, dict) else value
        kept += value if isinstance(value, list | tuple) else [value]
    return list({id(each): each for each in kept if isinstance(each, keras.Layer)}.values())


@with_public_way(_layers_in)
def layers_in(model):
    """Return all layers of a model, including layers inside its layers."""
    return model._flatten_layers(include_self=False, recursive=True)


def _own_variables(layer):
    inner = {id(variable) for each in _sublayers(layer) for variable in each.variables}
    return [variable for variable in layer.variables if id(variable) not in inner]


@with_public_way(_own_variables)
def own_variables(layer):
    """Return the variables of a layer, without those of layers inside it."""
    return layer._trainable_variables + layer._non_trainable_variables


def _logits_behind(outputs):
    return outputs.op.inputs[0] if outputs.op.type == "Sigmoid" else None


@with_public_way(_logits_behind)
def logits_behind(outputs):
    """Return what Keras's losses use instead of a graph's sigmoids; None for other outputs."""
    if not _sigmoids_have_logits():
        raise AttributeError
    return getattr(outputs, "_keras_logits", None)


@functools.cache
def _sigmoids_have_logits():
    import keras

    return hasattr(keras.activations.sigmoid(keras.ops.zeros(1)), "_keras_logits")


@with_public_way(lambda variable: math.inf)
def creation_number(variable):
    """Return a number that is higher for a Keras variable that was made later.

    By the public way all are made last.
    """
    return int(variable.value._unique_id.rpartition("_")[2])


@with_public_way(lambda layer: None)
def connections(layer):
    """Return Keras's nodes for the calls of a layer, as a list; None if they are unknown."""
    return layer._inbound_nodes


# Attributes that Keras sets when a model is used. A model that was lent out is not used again where
# one of them has another name.
SET_BY_USE = ("_called", "_eval_epoch_iterator", "_initial_epoch")


# Keras: optimizers


@with_public_way(lambda optimizer: optimizer.get_config())
def config_of(optimizer):
    """Return the configuration of an optimizer; a schedule of its rate is a new object in it.

    From the configuration of a schedule, Keras makes only schedules that are its own.
    """
    import keras

    config, rate = optimizer.get_config(), optimizer._learning_rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        config["learning_rate"] = type(rate).from_config(rate.get_config())
    return config


@with_public_way(lambda optimizer, variables: None)
def adam_moments(optimizer, variables):
    """Return the mean and the variance of each gradient as Adam keeps them.

    The public way returns None: Adam should apply the gradients itself.
    """
    _require(optimizer, "_apply_weight_decay")
    means, variances = optimizer._momentums, optimizer._velocities
    places = [optimizer._get_variable_index(variable) for variable in variables]
    return [(means[place], variances[place]) for place in places]


def decay_weights(optimizer, variables):
    """Apply weight decay; for an optimizer for which `adam_moments` returns moments."""
    optimizer._apply_weight_decay(variables)


def _apply_by_parts(optimizer, gradients, variables):
    optimizer.apply(gradients, variables)


@with_public_way(_apply_by_parts)
def apply_by_parts(optimizer, gradients, variables):
    """Update variables as a ``MultiOptimizer`` does.

    The public way takes no fewer variables than all that the optimizer was built for.
    """
    places = [optimizer._var_to_optimizer_idx[optimizer._var_key(each)] for each in variables]
    for number, part in enumerate(optimizer.optimizers):
        pairs = zip(gradients, variables, strict=True)
        own = [pair for pair, place in zip(pairs, places, strict=True) if place == number]
        if own:
            part.apply(*map(list, zip(*own, strict=True)))
    optimizer.iterations.assign_add(1)


@with_public_way(lambda optimizer: None)
def excluded_from_weight_decay(optimizer):
    """Return the pattern of names that ``exclude_from_weight_decay`` got, or None.

    The config of the optimizer does not contain it.
    """
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    return pattern.pattern if pattern else None


# Keras: callbacks


def _take_model_back(callback):
    with suppress(Exception):  # some callbacks use the model
        callback.set_model(None)


@with_public_way(_take_model_back)
def take_model_back(callback):
    """Make a callback forget the model that it was given."""
    _require(callback, "_model")
    callback._model = None


@with_public_way(lambda callback: None)
def forget_swapped_averages(callback):
    """Make ``SwapEMAWeights`` forget that the weights in the model were averages."""
    _require(callback, "_ema_weights_in_model")
    callback._ema_weights_in_model = False


@with_public_way(lambda model: 0)
def restored_epoch(model):
    """Return the number of epochs that ``BackupAndRestore`` has restored; 0 by the public way."""
    return model._initial_epoch or 0


@with_public_way(lambda model: None)
def forget_restored_epoch(model):
    """Make a model forget what `restored_epoch` returns."""
    _require(model, "_initial_epoch")
    model._initial_epoch = None
