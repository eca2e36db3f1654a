"""Set a model to the state it starts a training from, drawn from a seed of its own.

Keras draws initial weights while it builds a model, from seeds that come from Python's global
generator. Here they are drawn again for a model that exists already: the caller's generators are
left alone, and a model that is used again begins exactly as a new one would.
"""

import numpy as np

from skdigits._tensorflow import keras


def initializers(model):
    """Find the initializer of each of a model's variables.

    Keras layers name them after the variable: ``kernel`` begins with ``kernel_initializer``.

    Returns
    -------
    list of (variable, callable or None)
        None for the state of a random generator, and where a layer does not tell.
    """
    return [
        (variable, getattr(layer, f"{variable.name}_initializer", None))
        for layer in model._flatten_layers(include_self=False, recursive=True)
        for variable in layer._trainable_variables + layer._non_trainable_variables
    ]


def can_start_again(model):
    """Tell whether `initial_values` draws all of a model's weights."""
    known = {id(variable) for variable, initializer in initializers(model) if initializer}
    return all(id(variable) in known for variable in model.weights)


def initial_values(model, seed):
    """Draw a model's weights, and the states of its random generators, from a seed.

    Parameters
    ----------
    model : keras.Model

    seed : numpy.random.SeedSequence

    Returns
    -------
    dict
        From the ``id`` of each of the model's variables to its value. A variable whose
        initializer is not known keeps the value that it was built with.
    """
    known = {id(v): initializer for v, initializer in initializers(model) if initializer}
    weights = {id(variable) for variable in model.weights}
    seeds = iter(seed.generate_state(2 * len(model.variables)).tolist())
    values = {}
    for variable in model.variables:
        first, second = next(seeds), next(seeds)
        if id(variable) in known:
            initializer = _with_seed(known[id(variable)], first)
            values[id(variable)] = initializer(variable.shape, variable.dtype)
        elif id(variable) in weights:
            values[id(variable)] = variable.value
        else:
            values[id(variable)] = np.array([first, second], variable.dtype)
    return values


def _with_seed(initializer, seed):
    """Give an initializer that the user has not seeded this seed."""
    if not isinstance(initializer, keras.initializers.Initializer):
        return initializer  # a function, which draws as it likes
    config = initializer.get_config()
    if "seed" not in config or config["seed"] is not None:
        return initializer
    return type(initializer).from_config({**config, "seed": seed})
