"""The optimizer's step, in as few operations as TensorFlow has for it."""

from skdigits._tensorflow import keras, tf


def apply_gradients(optimizer, gradients, variables):
    """Update variables as ``optimizer.apply`` does.

    On small networks most of a step goes into starting operations, and Keras writes Adam as some
    25 of them a variable. TensorFlow has one kernel for the same formula, used here for a plain
    Adam or AdamW; any other optimizer updates by itself (docs/performance.md).
    """
    if not _is_plain_adam(optimizer):
        optimizer.apply(gradients, variables)
        return
    rate = optimizer.learning_rate.value
    if optimizer.weight_decay:
        optimizer._apply_weight_decay(variables)
    step = tf.cast(optimizer.iterations.value + 1, tf.float32)
    settings = {
        "beta1_power": tf.pow(tf.constant(optimizer.beta_1, tf.float32), step),
        "beta2_power": tf.pow(tf.constant(optimizer.beta_2, tf.float32), step),
        "lr": rate,
        "beta1": optimizer.beta_1,
        "beta2": optimizer.beta_2,
        "epsilon": optimizer.epsilon,
    }
    for variable, gradient in zip(variables, gradients, strict=True):
        index = optimizer._get_variable_index(variable)
        mean, variance = optimizer._momentums[index], optimizer._velocities[index]
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=mean.value.handle,
            v=variance.value.handle,
            grad=gradient,
            **settings,
        )
    optimizer.iterations.value.assign_add(1)


def _is_plain_adam(optimizer):
    """Tell whether the optimizer does nothing but Adam's formula, on float32 weights."""
    extras = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "amsgrad")
    return (
        type(optimizer) in (keras.optimizers.Adam, keras.optimizers.AdamW)
        and not any(getattr(optimizer, name) for name in extras)
        and optimizer.gradient_accumulation_steps is None
        and isinstance(optimizer._learning_rate, keras.Variable)
        and all(v.constraint is None for v in optimizer._trainable_variables)
    )
