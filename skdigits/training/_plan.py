"""From an estimator's parameters to what the training room works with, names checked."""

import functools

import numpy as np

from skdigits import networks
from skdigits._duration import resolve_batch_size
from skdigits._tensorflow import keras, neutral_keras
from skdigits.training._augmentation import make_layers
from skdigits.training._loop import Plan
from skdigits.training._optimizer import copy_optimizer, learning_rates
from skdigits.training._precision import dtype_policy
from skdigits.training._probabilities import loss_traits, may_be_negative
from skdigits.training._schedules import one_cycle
from skdigits.training._spec import NetworkSpec

# Share of the learning rate for a body that has learned already. Of 0.03, 0.1, 0.3 and 1 only this
# beat training from nothing in each of 14 trials (by hand, without a script that was kept): MNIST,
# Fashion-MNIST and digits held out from training, 10 and 50 images a class, small and default
# networks, few epochs and many. What it reaches on test images is benchmarks.transfer's.
FINE_TUNING = 0.3

# Share of the learning rate that `partial_fit` takes after a `fit`, see its docstring.
GENTLE = 0.01


@neutral_keras()
def make_spec(estimator, builder, network_parameters, input_shape, n_classes):
    """Describe the network of an estimator.

    Parameters
    ----------
    estimator : ImageClassifier

    builder : {"build_mlp", "build_cnn"}
        Function of :mod:`skdigits.networks`.

    network_parameters : sequence of str
        Parameters of the estimator that the function takes.

    input_shape : tuple of int

    n_classes : int

    Returns
    -------
    NetworkSpec

    Raises
    ------
    ValueError, TypeError
        For names that Keras does not know and objects that it would not take; they name the
        parameter.
    """
    check_keras_parameters(estimator)
    if getattr(estimator, "transfer_from", None) is not None:
        build, options = networks.build_from, _body_options(estimator, input_shape)
    else:
        build = getattr(networks, builder)
        options = {name: _own(getattr(estimator, name)) for name in network_parameters}
        convolves = builder == "build_cnn" and len(input_shape) > 1
        options["dtype"] = dtype_policy(estimator.precision, convolves)
    loss = _loss(estimator)
    _check_outputs(estimator, n_classes)
    return NetworkSpec(
        build=build,
        input_shape=input_shape,
        n_classes=n_classes,
        options=options,
        augmentation=_augmentation(estimator, input_shape),
        optimizer=_own_optimizer(estimator.optimizer),
        weight_decay=estimator.weight_decay,
        loss=_own(loss),
        schedule=_own(estimator.learning_rate_schedule),
    )


def _loss(estimator):
    loss = estimator.loss
    return "sparse_categorical_crossentropy" if _is(loss, "auto") else loss


def _check_outputs(estimator, n_classes):
    """Raise if the outputs may be negative and the loss takes no logits: no probabilities."""
    activation, loss = estimator.output_activation, _loss(estimator)
    if not loss_traits(loss).takes_logits and may_be_negative(activation, n_classes):
        raise ValueError(
            f"The 'output_activation' parameter of {type(estimator).__name__} is {activation!r}: "
            f"its outputs may be negative, which are no probabilities, and the loss {loss!r} takes "
            "no logits. Use output_activation='softmax', or a loss with from_logits=True, such as "
            "keras.losses.CategoricalCrossentropy(from_logits=True)."
        )


def _augmentation(estimator, input_shape):
    """Return what changes the images; "auto" is nothing for columns."""
    augmentation, is_image = estimator.augmentation, len(input_shape) > 1
    if _is(augmentation, "auto"):
        return "shift" if is_image else None
    if augmentation is not None and not is_image:
        raise ValueError(
            f"The 'augmentation' parameter of {type(estimator).__name__} is for images, and X has "
            f"{input_shape[0]} columns that are none; give it as images, or set image_shape."
        )
    return _own(augmentation)


def _body_options(estimator, input_shape):
    """Return what `build_from` takes: the body, and how the output layer is to be."""
    name = f"The 'transfer_from' parameter of {type(estimator).__name__}"
    body = getattr(estimator.transfer_from, "model_", estimator.transfer_from)
    if not isinstance(body, keras.Model) or not getattr(body, "inputs", None):
        raise TypeError(
            f"{name} must be a fitted classifier of skdigits or a functional or sequential Keras "
            f"model with weights. Got {estimator.transfer_from!r} instead."
        )
    if not networks.takes_images(body, tuple(input_shape)):
        shapes = [tuple(each.shape[1:]) for each in body.inputs]
        raise ValueError(
            f"{name} takes images of shape {', '.join(map(str, shapes))}, and X has images of "
            f"shape {tuple(input_shape)}."
        )
    own = ("output_activation", "kernel_initializer")
    return {
        "body": body,
        "dtype": dtype_policy(estimator.precision, networks.convolves(body)),
        **{name: _own(getattr(estimator, name)) for name in own},
    }


def make_plan(estimator, spec, n_rows, epochs, rng, *, has_validation, goes_on_from_fit):
    """Plan a training of `epochs` epochs; None for the one epoch of ``partial_fit``."""
    batch_size = resolve_batch_size(estimator, n_rows)
    n_steps = -(-n_rows // batch_size)
    gently = epochs is None and goes_on_from_fit
    rates = _learning_rates(estimator, GENTLE if gently else 1.0)
    plan = Plan(
        epochs=epochs or 1,
        batch_size=batch_size,
        learning_rates=rates,
        rng=rng,
        fixed_averages=gently,
        callbacks=list(estimator.callbacks or []),
        verbose=int(estimator.verbose),
        first_epoch=estimator.n_iter_,
    )
    if spec.build is networks.build_from:
        plan.output_epochs = _output_epochs(estimator, plan.epochs)
    if _is(spec.schedule, "one_cycle"):
        if epochs:
            plan.rates = functools.partial(one_cycle, rates[0], epochs * n_steps)
        else:
            plan.rates = functools.partial(np.full_like, fill_value=rates[0], dtype=np.float32)
    if estimator.early_stopping and epochs:
        by_accuracy = has_validation and estimator.validation_fraction is not None
        plan.early_stopping = keras.callbacks.EarlyStopping(
            monitor="val_accuracy" if by_accuracy else "loss",
            mode="max" if by_accuracy else "min",
            min_delta=estimator.tol,
            patience=int(estimator.n_iter_no_change),
            restore_best_weights=True,
            # An output layer that stops improving is no reason to leave the body as it is.
            start_from_epoch=plan.first_epoch + plan.output_epochs if _fine_tunes(estimator) else 0,
        )
    return plan


def _output_epochs(estimator, epochs):
    """Return how many epochs train the output layer only: a third of the first fit, or all."""
    if not estimator.fine_tune:
        return epochs
    return 0 if estimator.n_iter_ else min(max(epochs // 3, 1), epochs - 1)


def _learning_rates(estimator, share):
    """Return the learning rates that the training begins with: an optimizer object has its own."""
    if isinstance(estimator.optimizer, str):
        own = [float(estimator.learning_rate) * (FINE_TUNING if _fine_tunes(estimator) else 1)]
    else:
        own = learning_rates(estimator.optimizer)
    return [None if rate is None else rate * share for rate in own]


def _fine_tunes(estimator):
    return getattr(estimator, "transfer_from", None) is not None and estimator.fine_tune


def check_keras_parameters(estimator):
    """Raise if a parameter that Keras is to understand is nothing Keras knows."""
    _check_known(estimator, "activation", keras.activations.get)
    _check_known(estimator, "output_activation", keras.activations.get)
    _check_known(estimator, "kernel_initializer", keras.initializers.get)
    _check_known(estimator, "optimizer", keras.optimizers.get)
    if not isinstance(estimator.optimizer, str | keras.optimizers.Optimizer):
        _reject(estimator, "optimizer", estimator.optimizer)
    if not _is(estimator.loss, "auto"):
        _check_known(estimator, "loss", keras.losses.get)
    if not _is(estimator.augmentation, "auto"):
        make_layers(estimator.augmentation)
    schedules = keras.optimizers.schedules
    schedule = estimator.learning_rate_schedule
    if not isinstance(schedule, str | schedules.LearningRateSchedule):
        _reject(estimator, "learning_rate_schedule", schedule)
    if not (isinstance(estimator.optimizer, str) or _is(schedule, "constant")):
        own = learning_rates(estimator.optimizer)
        if len(own) != 1 or None in own:
            raise ValueError(
                f"The optimizer of {type(estimator).__name__} has a schedule or several learning "
                "rates of its own: set learning_rate_schedule='constant' to keep them."
            )
    for callback in estimator.callbacks or []:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"The 'callbacks' parameter of {type(estimator).__name__} must hold objects of "
                f"keras.callbacks.Callback. Got {callback!r} instead."
            )


def _check_known(estimator, name, get):
    value = getattr(estimator, name)
    known = _knows_name(get, value) if isinstance(value, str) else _knows(get, value)
    if not known:
        _reject(estimator, name, value)


def _knows(get, value):
    try:
        return not isinstance(value, type | None) and get(value) is not None
    except Exception:  # Keras raises what it likes
        return False


_knows_name = functools.cache(_knows)  # some lookups build the object, which takes milliseconds


def _reject(estimator, name, value):
    raise ValueError(
        f"The {name!r} parameter of {type(estimator).__name__} must be a name or object that Keras "
        f"knows as such. Got {value!r} instead."
    )


def _own_optimizer(optimizer):
    return optimizer if isinstance(optimizer, str) else copy_optimizer(optimizer)


def _own(value):
    """Return a parameter that does not change when the user's object does."""
    if isinstance(value, list | tuple | np.ndarray):
        return tuple(_own(item) for item in value)
    if hasattr(value, "get_config"):
        return type(value).from_config(value.get_config())
    return value


def _is(value, name):
    return isinstance(value, str) and value == name
