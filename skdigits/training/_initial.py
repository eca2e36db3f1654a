"""Draw the initial values of a model's variables from a seed.

Keras draws initial weights while it builds a model, from seeds that come from Python's global
generator. This module draws them again for an existing model. So the caller's generators do not
change, and a model that is used again begins exactly as a new one.
"""

import numpy as np

from skdigits._private_names import creation_number, layers_in, own_variables
from skdigits._tensorflow import keras

# A weight with so few different values was not trained: an LSTM's bias begins with zeros and ones.
FEW_VALUES = 2


class InitialValues:
    """The initial values of a model's variables.

    Most weights have an initializer, which draws them anew for each training. After building, a
    weight may differ from what its initializer gives. Then it was loaded or copied, for example
    from a trained network, and it begins with this value. A weight without a known initializer
    also begins with the value that it has after building.

    Parameters
    ----------
    model : keras.Model
        Just built.

    begun : float
        The creation number of a variable that was made just before. A weight that is older has
        been used elsewhere, and begins as it is.

    Attributes
    ----------
    are_all_known : bool
        Whether every weight begins as it would in a new model.
    """

    def __init__(self, model, begun):
        self._model = model
        self._weights = {id(variable) for variable in model.weights}
        self._initializers = {
            id(variable): initializer
            for variable, initializer in _initializers(model)
            if initializer and creation_number(variable) >= begun and _gives(initializer, variable)
        }
        self._built = {
            id(variable): variable.value.numpy()
            for variable in model.weights
            if id(variable) not in self._initializers
        }
        self.are_all_known = all(
            np.unique(value).size <= FEW_VALUES for value in self._built.values()
        ) and all(creation_number(variable) >= begun for variable in model.weights)

    def draw(self, seed):
        """Return a value for each variable, by its ``id``.

        Parameters
        ----------
        seed : numpy.random.SeedSequence
            For the weights that an initializer draws, and for the model's random generators.
        """
        variables = self._model.variables
        seeds = iter(seed.generate_state(2 * len(variables)).tolist())
        values = {}
        for variable in variables:
            first, second = next(seeds), next(seeds)
            if id(variable) in self._initializers:
                initializer = _with_seed(self._initializers[id(variable)], first)
                values[id(variable)] = initializer(variable.shape, dtype=variable.dtype)
            elif id(variable) in self._weights:
                values[id(variable)] = self._built[id(variable)]
            else:
                values[id(variable)] = np.array([first, second], variable.dtype)
        return values


def _initializers(model):
    """Return each of a model's variables with its initializer, or with None if it is unknown.

    Keras layers name initializers after variables: ``kernel_initializer`` initializes ``kernel``.
    """
    return [
        (variable, _known(getattr(layer, f"{variable.name}_initializer", None)))
        for layer in layers_in(model)
        for variable in own_variables(layer)
    ]


def _known(initializer):
    """Return what draws the values, for a name or a class too; None for what Keras cannot use."""
    try:
        return keras.initializers.get(initializer)
    except Exception:  # a layer of the user's may have anything under this name
        return None


def _gives(initializer, variable):
    """Tell whether a variable has the value that its initializer gives."""
    if not isinstance(initializer, keras.initializers.Initializer):
        return True  # a function may draw from any generator
    if isinstance(getattr(initializer, "seed", None), keras.random.SeedGenerator):
        return True  # the generator has advanced since
    given = initializer(variable.shape, dtype=variable.dtype)
    return np.array_equal(keras.ops.convert_to_numpy(given), variable.value.numpy())


def _with_seed(initializer, seed):
    """Return an initializer with this seed, unless the user has given it one."""
    if not isinstance(initializer, keras.initializers.Initializer):
        return initializer  # a function may draw from any generator
    config = initializer.get_config()
    if "seed" not in config or config["seed"] is not None:
        return initializer
    return type(initializer).from_config({**config, "seed": seed})
