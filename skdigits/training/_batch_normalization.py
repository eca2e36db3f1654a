"""Batch normalisation in a training step, as one operation.

Keras writes it as moments, casts, broadcasts and products: a quarter of the time of a step of the
default CNN (docs/performance.md). TensorFlow has one operation for it. The model keeps Keras's own
layers. They compute in this way only while the graph of the training step is traced.
"""

from contextlib import contextmanager

from skdigits._private_names import layers_in
from skdigits._tensorflow import keras, tf
from skdigits.training._onednn import fused_batch_normalization

# The operation raises a smaller epsilon to this on a GPU.
LEAST_EPSILON = 1.001e-5


def batch_normalizations(model):
    """Return a model's trainable layers of batch normalisation."""
    kind = keras.layers.BatchNormalization
    return [layer for layer in layers_in(model) if isinstance(layer, kind) and layer.trainable]


@contextmanager
def inference_mode(layers):
    """Let layers of batch normalisation use their averages; their gamma and beta still learn."""
    for layer in layers:
        layer.trainable = False  # in Keras this means inference mode
    try:
        yield
    finally:
        for layer in layers:
            layer.trainable = True


def averages_of(layers):
    """Return the variables in which layers of batch normalisation keep their averages."""
    return [each.value for layer in layers for each in (layer.moving_mean, layer.moving_variance)]


def calls_of_one_operation(layers):
    """Return pairs of a layer and its call, for `replaced_calls`, for the layers that can."""
    return [(layer, _Call(layer)) for layer in layers if _is_plain(layer)]


def _is_plain(layer):
    """Tell whether a layer does nothing but Keras's formula over all axes except the last."""
    return (
        type(layer) is keras.layers.BatchNormalization
        and layer.center
        and layer.scale
        and not layer.synchronized
        and not layer.renorm
        and layer.epsilon >= LEAST_EPSILON
        and layer.compute_dtype in ("float32", "bfloat16")
    )


class _Call:
    """The call of a layer of batch normalisation."""

    def __init__(self, layer):
        self._layer, self._call_of_keras = layer, layer.call
        # Outside of a call Keras gives the variables as they are, in float32.
        self._gamma, self._beta = layer.gamma.value, layer.beta.value
        self._mean, self._variance = layer.moving_mean.value, layer.moving_variance.value

    def __call__(self, inputs, training=None, mask=None):
        n_axes = len(inputs.shape)
        last = self._layer.axis in (-1, n_axes - 1)
        if not (training and mask is None and last and n_axes in (2, 4)):
            return self._call_of_keras(inputs, training=training, mask=mask)
        inputs = tf.cast(inputs, self._layer.compute_dtype)
        normalized = _normalized_rows if n_axes == 2 else _normalized_images
        gamma, beta = tf.convert_to_tensor(self._gamma), tf.convert_to_tensor(self._beta)
        outputs, mean, variance = normalized(inputs, gamma, beta, self._layer.epsilon)
        self._average(self._variance, variance)
        self._average(self._mean, mean)
        return outputs

    def _average(self, average, value):
        average.assign_sub((1 - self._layer.momentum) * (average - value))


def _normalized_images(images, gamma, beta, epsilon):
    """Return images, normalised by one operation, and their mean and variance."""
    outputs, mean, variance = fused_batch_normalization(images, gamma, beta, epsilon)
    n_values = tf.cast(tf.size(images), tf.float32) / images.shape[-1]
    # The operation divides the squares by one less than their number, Keras by the number.
    return outputs, mean, variance - variance / n_values


def _normalized_rows(rows, gamma, beta, epsilon):
    """Return the rows of a dense layer, normalised by Keras's formula, and their mean and variance.

    For rows this is faster than the one operation. The gradient is written out: TensorFlow would
    make five times as many operations of it, and to trace them takes longer than to train on a few
    hundred images.
    """
    dtype, n_rows = rows.dtype, tf.cast(tf.shape(rows)[0], tf.float32)
    exact = tf.cast(rows, tf.float32)
    mean = tf.reduce_mean(exact, axis=0)
    centered = exact - mean
    variance = tf.reduce_mean(tf.square(centered), axis=0)
    inverse = tf.math.rsqrt(variance + epsilon)
    unit = centered * inverse

    @tf.custom_gradient
    def normalized(rows, gamma, beta):
        def gradient(change):
            change = tf.cast(change, tf.float32)
            of_beta = tf.reduce_sum(change, axis=0)
            of_gamma = tf.reduce_sum(change * unit, axis=0)
            of_rows = change - (of_beta + unit * of_gamma) / n_rows
            return tf.cast(of_rows * (gamma * inverse), dtype), of_gamma, of_beta

        return tf.cast(unit * gamma + beta, dtype), gradient

    return normalized(rows, gamma, beta), mean, variance
