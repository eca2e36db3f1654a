"""Keras optimizers: copies, learning rates, and steps of few operations."""

import numpy as np

from skdigits._private_names import (
    adam_moments,
    apply_by_parts,
    config_of,
    decay_weights,
    excluded_from_weight_decay,
)
from skdigits._tensorflow import keras, tf


def copy_optimizer(optimizer):
    """Copy a user's optimizer, since a Keras optimizer belongs to one model.

    Raises
    ------
    TypeError
        If the optimizer holds something that Keras cannot copy, such as a lambda.
    """
    try:
        copied = type(optimizer).from_config(config_of(optimizer))
    except Exception as error:  # Keras may raise any error
        raise TypeError(
            f"The 'optimizer' parameter cannot be made anew from its get_config(): {error}"
        ) from error
    # A MultiOptimizer with a function has no parts before it is built.
    for one, other in zip(parts(optimizer), parts(copied), strict=False):
        excluded = excluded_from_weight_decay(one)
        if excluded:
            other.exclude_from_weight_decay(var_names=[excluded])
    return copied


def parts(optimizer):
    """Return the optimizers that update weights: the optimizer itself, or those that it wraps."""
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return parts(optimizer.inner_optimizer)
    if isinstance(optimizer, keras.optimizers.MultiOptimizer):
        return list(optimizer.optimizers)
    return [optimizer]


def learning_rates(optimizer):
    """Return the learning rate of each part; None if the part has a schedule of its own."""
    rates = [part.learning_rate for part in parts(optimizer)]
    return [float(rate) if isinstance(rate, keras.Variable) else None for rate in rates]


def set_learning_rates(optimizer, rates):
    """Set the learning rate of each part, unless the part has a schedule of its own."""
    for part, rate in zip(parts(optimizer), rates, strict=True):
        if isinstance(part.learning_rate, keras.Variable):
            part.learning_rate = rate


class StartingState:
    """The values of an optimizer's variables when a training begins.

    Most begin as constants. Some begin as copies of the weights, which each training draws anew:
    ``ScheduleFreeAdamW`` has such variables.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Just built.
    weights : list of keras.Variable
        The weights it was built for. They must still have the values they had then.
    """

    def __init__(self, optimizer, weights):
        values = {id(weight): weight.value.numpy() for weight in weights}
        self._constants: list = []
        self._copied: dict = {}  # position -> id of the weight
        for position, variable in enumerate(optimizer.variables):
            value = variable.value.numpy()
            self._constants.append(tf.constant(value))
            if not np.ptp(value):  # a constant, the same in every training
                continue
            equal = [key for key, weight in values.items() if np.array_equal(weight, value)]
            if equal:  # weights may be equal, too; the copies have the order of the weights
                self._copied[position] = min(equal, key=list(self._copied.values()).count)

    def values(self, weights):
        """Return a value for each variable; `weights` has values by the ``id`` of the weight."""
        return [
            weights[self._copied[position]] if position in self._copied else constant
            for position, constant in enumerate(self._constants)
        ]


def apply_gradients(optimizer, gradients, variables):
    """Update variables as ``optimizer.apply`` does.

    On small networks, a step spends most of its time on starting operations. Keras's Adam takes
    about 25 operations for each variable. TensorFlow has one kernel for the same formula. This
    function uses it for a plain Adam or AdamW (docs/performance.md). Other optimizers update the
    variables themselves.
    """
    if isinstance(optimizer, keras.optimizers.MultiOptimizer):
        apply_by_parts(optimizer, gradients, variables)
        return
    dense = all(isinstance(gradient, tf.Tensor) for gradient in gradients)
    plain = dense and _is_plain_adam(optimizer, variables)
    moments = adam_moments(optimizer, variables) if plain else None
    if moments is None:
        optimizer.apply(gradients, variables)
        return
    if optimizer.weight_decay:
        decay_weights(optimizer, variables)
    take_adams_steps(optimizer, list(zip(variables, gradients, moments, strict=True)))
    optimizer.iterations.value.assign_add(1)


def take_adams_steps(optimizer, steps):
    """Update variables by Adam's formula, without weight decay.

    Parameters
    ----------
    optimizer : keras.optimizers.Adam
    steps : list of tuple
        A variable, its gradient, and its moments as `adam_moments` returns them.
    """
    step = tf.cast(optimizer.iterations.value + 1, tf.float32)
    rate = tf.cast(optimizer.learning_rate, tf.float32)
    numbers = {"beta1": optimizer.beta_1, "beta2": optimizer.beta_2, "epsilon": optimizer.epsilon}
    numbers = {name: tf.constant(number, tf.float32) for name, number in numbers.items()}
    numbers |= {
        "beta1_power": tf.pow(numbers["beta1"], step),
        "beta2_power": tf.pow(numbers["beta2"], step),
        "lr": rate,
    }
    for variable, gradient, (mean, variance) in steps:
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=mean.value.handle,
            v=variance.value.handle,
            grad=gradient,
            **{name: tf.cast(number, variable.dtype) for name, number in numbers.items()},
        )


def _is_plain_adam(optimizer, variables):
    """Tell whether the optimizer does nothing but Adam's formula."""
    extras = (
        "clipnorm",
        "clipvalue",
        "global_clipnorm",
        "use_ema",
        "amsgrad",
        "loss_scale_factor",
        "gradient_accumulation_steps",
    )
    return (
        type(optimizer) in (keras.optimizers.Adam, keras.optimizers.AdamW)
        and not any(getattr(optimizer, name) for name in extras)
        and isinstance(optimizer.learning_rate, keras.Variable)
        and all(variable.constraint is None for variable in variables)
    )
