"""Check parameters that go to Keras, before anything is built."""

import functools

from skdigits._tensorflow import keras, tf
from skdigits.training._augmentation import make_layers
from skdigits.training._halves import is_of_keras
from skdigits.training._optimizer import learning_rates
from skdigits.training._probabilities import loss_traits, may_be_negative

# Options of the building functions that go to Keras, and the functions that look them up.
BUILD_OPTIONS = {
    "activation": keras.activations.get,
    "output_activation": keras.activations.get,
    "kernel_initializer": keras.initializers.get,
}


CROSS_ENTROPY = "sparse_categorical_crossentropy"  # the loss "auto"


def check_parameters(parameters):
    """Raise if a parameter goes to Keras and Keras does not know its value.

    Parameters
    ----------
    parameters : TrainingParameters

    Raises
    ------
    ValueError, TypeError
        The message names the parameter and its owner.
    """
    owner, options = parameters.owner, parameters.build_options
    for name, get in BUILD_OPTIONS.items():
        if name in options:
            _check_known(owner, name, options[name], get)
    _check_optimizer(parameters)
    if not is_name(parameters.loss, "auto"):
        _check_known(owner, "loss", parameters.loss, keras.losses.get)
    _check_augmentation(parameters)
    _check_callbacks(parameters)
    if "output_activation" in options:
        _check_outputs(parameters, options["output_activation"])


def check_loss_values(parameters, *, are_weighted):
    """Raise ValueError if a loss does not give one number for each image.

    Keras multiplies the numbers by the weights of the images. Of one number for a batch, as of
    "dice", weights of single images would do nothing. Numbers for each output would get weights
    that are not theirs, or none would fit.

    Parameters
    ----------
    parameters : TrainingParameters
        Checked.
    are_weighted : bool
        Whether some images weigh more than others.
    """
    if is_name(parameters.loss, "auto"):
        return
    loss = keras.losses.get(parameters.loss)
    if is_of_keras(loss) and not are_weighted:  # none of Keras's gives more; a trace takes time
        return
    outputs = tf.TensorSpec((2, parameters.n_classes))
    labels = tf.TensorSpec((2,), tf.int32) if loss_traits(loss).takes_numbers else outputs
    function = loss.call if isinstance(loss, keras.losses.Loss) else loss
    try:
        given = tf.function(function).get_concrete_function(labels, outputs).structured_outputs
        n_numbers = given.shape.num_elements()
    except Exception:  # the training says what is wrong with it
        return
    start = f"The 'loss' parameter of {parameters.owner} gives"
    end = "Let it return one number an image, such as keras.ops.mean(..., axis=-1)"
    if n_numbers == 1 and are_weighted:
        raise ValueError(
            f"{start} one number for all images, so sample_weight and class_weight cannot weigh "
            f"them. {end} or keras.losses.Dice(axis=-1)."
        )
    if (n_numbers or 0) > 2:
        raise ValueError(f"{start} several numbers for each image. {end}.")


def is_name(value, name):
    """Tell whether a parameter is this name; it may also be an array or an object."""
    return isinstance(value, str) and value == name


def loss_of(parameters):
    """Return the loss for Keras: "auto" is the categorical cross-entropy for numbers."""
    if is_name(parameters.loss, "auto"):
        return CROSS_ENTROPY
    return parameters.loss


def _check_optimizer(parameters):
    owner, optimizer = parameters.owner, parameters.optimizer
    if not is_name(optimizer, "auto"):
        _check_known(owner, "optimizer", optimizer, keras.optimizers.get)
    if not isinstance(optimizer, str | keras.optimizers.Optimizer):
        _reject(owner, "optimizer", optimizer)
    schedule = parameters.learning_rate_schedule
    if not isinstance(schedule, str | keras.optimizers.schedules.LearningRateSchedule):
        raise ValueError(
            f"The 'learning_rate_schedule' parameter of {owner} must be 'constant', 'one_cycle' or "
            f"an object of keras.optimizers.schedules. Got {schedule!r} instead; for a rate of "
            "your own, give a subclass of keras.optimizers.schedules.LearningRateSchedule."
        )
    if not isinstance(schedule, str):
        _check_can_be_made_anew(owner, schedule)
    if not (isinstance(optimizer, str) or is_name(schedule, "constant")):
        own = learning_rates(optimizer)
        if len(own) != 1 or None in own:
            raise ValueError(
                f"The optimizer of {owner} has a schedule or several learning rates of its own: "
                "set learning_rate_schedule='constant' to keep them."
            )


def _check_can_be_made_anew(owner, schedule):
    try:
        type(schedule).from_config(schedule.get_config())
    except Exception as error:  # of a class of the user's
        raise TypeError(
            f"The 'learning_rate_schedule' parameter of {owner} cannot be made anew from its "
            f"get_config(). Let it return the arguments of {type(schedule).__name__}: {error}"
        ) from error


def _check_augmentation(parameters):
    augmentation, shape = parameters.augmentation, parameters.input_shape
    if is_name(augmentation, "auto"):
        return
    make_layers(augmentation)
    if augmentation is not None and len(shape) == 1:
        raise ValueError(
            f"The 'augmentation' parameter of {parameters.owner} is for images, and X has "
            f"{shape[0]} columns; give X as images, or set image_shape."
        )


def _check_callbacks(parameters):
    for callback in parameters.callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"The 'callbacks' parameter of {parameters.owner} must hold objects of "
                f"keras.callbacks.Callback. Got {callback!r} instead."
            )


def _check_outputs(parameters, activation):
    """Raise if the outputs may be negative, unless the loss takes logits."""
    loss = loss_of(parameters)
    if not loss_traits(loss).takes_logits and may_be_negative(activation, parameters.n_classes):
        raise ValueError(
            f"The 'output_activation' parameter of {parameters.owner} is {activation!r}: its "
            f"outputs may be negative, so they are not probabilities, and the loss {loss!r} does "
            "not take logits. Use output_activation='softmax', or a loss with from_logits=True, "
            "such as keras.losses.CategoricalCrossentropy(from_logits=True)."
        )


def _check_known(owner, name, value, get):
    known = _knows_name(get, value) if isinstance(value, str) else _knows(get, value)
    if not known:
        _reject(owner, name, value)


def _knows(get, value):
    try:
        return not isinstance(value, type | None) and get(value) is not None
    except Exception:  # Keras may raise any error
        return False


_knows_name = functools.cache(_knows)  # some lookups build the object, which takes milliseconds


def _reject(owner, name, value):
    auto = "'auto', or " if name in ("optimizer", "loss") else ""
    raise ValueError(
        f"The {name!r} parameter of {owner} must be {auto}a name or object that Keras knows as "
        f"such. Got {value!r} instead."
    )
