"""Dropout whose rates are variables, so that networks with other rates need no new graph.

A search over the rate builds as many networks as there are other settings. Keras's layers have
their rates as constants in the graph.
"""

from skdigits._private_names import layers_in
from skdigits._tensorflow import keras, tf
from skdigits.networks._arguments import dropout_rates
from skdigits.networks._layers import DROPOUT


def without_rates(dropout):
    """Return which layers drop anything, by a `dropout` parameter; the rates are left out."""
    if hasattr(dropout, "__len__"):
        return tuple(rate > 0 for rate in dropout_rates(dropout, len(dropout)))
    return dropout > 0


class DropoutRates:
    """The rates of a model's layers of dropout.

    Parameters
    ----------
    model : keras.Model
        Of `build_mlp` or `build_cnn`, with its `dropout` parameter.
    """

    def __init__(self, model):
        kind = keras.layers.Dropout  # an activation may be one, too: it keeps its rate
        layers = [each for each in layers_in(model) if type(each) is kind]
        self._layers = [each for each in layers if each.name.endswith(DROPOUT)]
        self._values = [tf.Variable(_rate_and_factor(each.rate)) for each in self._layers]

    def set(self, dropout):
        """Set the rates to those of a `dropout` parameter that drops in the same layers."""
        is_single = not hasattr(dropout, "__len__")
        rates = [dropout] * len(self._layers) if is_single else [each for each in dropout if each]
        for layer, value, rate in zip(self._layers, self._values, rates, strict=True):
            layer.rate = rate
            value.assign(_rate_and_factor(rate))

    @property
    def calls(self):
        """Pairs of each layer and its call, for `replaced_calls`."""
        return [(each, _Call(each, v)) for each, v in zip(self._layers, self._values, strict=True)]


def _rate_and_factor(rate):
    return tf.constant([rate, 1 / (1 - rate)], tf.float32)


class _Call:
    """The call of a layer of dropout: Keras's formula, with the rate from a variable."""

    def __init__(self, layer, value):
        self._layer, self._value = layer, value

    def __call__(self, inputs, training=False):
        if not training:
            return inputs
        rate, factor = tf.unstack(tf.cast(self._value, inputs.dtype))
        shape, seed = tf.shape(inputs), self._layer.seed_generator
        random = keras.random.uniform(shape, dtype=inputs.dtype.name, seed=seed)
        return tf.where(random >= rate, inputs * factor, tf.zeros([], inputs.dtype))
