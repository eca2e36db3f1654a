"""The values of a network's variables, by names that last, and the versions that wrote them."""

import re

import numpy as np
import sklearn

import skdigits
from skdigits._tensorflow import keras, tf

BEFORE_VERSIONS = {"skdigits": "before 0.1.0"}  # what wrote a pickle without names and versions


def versions():
    """Return the versions of what trains, by name."""
    modules = {"skdigits": skdigits, "keras": keras, "tensorflow": tf, "scikit-learn": sklearn}
    return {name: module.__version__ for name, module in modules.items()}


def names_of_variables(model, optimizer, augmenter):
    """Return a name for each variable of the model, the optimizer and the augmentation, in order.

    Keras calls them by the path from their layer. It numbers optimizers and generators of random
    numbers through a whole process, which are left out of the names.
    """
    paths = [f"model/{variable.path}" for variable in model.variables]
    paths += ["optimizer/" + v.path.partition("/")[2] for v in optimizer.variables]
    paths += [f"augmentation/{v.path}" for v in augmenter.variables] if augmenter else []
    names: list = []
    for path in paths:
        name = re.sub(r"seed_generator_\d+", "seed_generator", path)
        n_before = sum(other.partition(":")[0] == name for other in names)
        names.append(f"{name}:{n_before}" if n_before else name)
    return names


def fill(program, state, written_by):
    """Set a program's variables from a state.

    Parameters
    ----------
    program : Program
    state : dict of str to array, or list of array
        By name, or in order, as it was before there were names.
    written_by : dict of str to str
        The versions of what wrote it.

    Raises
    ------
    ValueError
        Where the weights are not those of the program's network. The optimizer and the
        augmentation begin anew where theirs do not fit.
    """
    names, now = program.names, program.get_state()
    if isinstance(state, list):
        state = dict(zip(names, state, strict=False))
    fits = {
        name: name in state and np.shape(state[name]) == tuple(value.shape)
        for name, value in zip(names, now, strict=True)
    }
    wrong = [name for name, fit in fits.items() if not fit]
    unknown = set(state) - set(names)
    if weights := [name for name in (*wrong, *unknown) if name.startswith("model/")]:
        raise ValueError(mismatch(written_by, f"{weights[0]!r} does not fit"))
    if wrong:
        program.start(np.random.SeedSequence(0), 0.0, 1.0)
        now = program.get_state()
    values = [state[name] if fits[name] else value for name, value in zip(names, now, strict=True)]
    program.set_state(values)


def mismatch(written_by, what):
    """Return the message of an error about a network of another version."""
    writers = ", ".join(f"{name} {version}" for name, version in written_by.items())
    ours = ", ".join(f"{name} {version}" for name, version in versions().items())
    return (
        f"The network was pickled with {writers}, and cannot be made with {ours}: {what}. Load it "
        "with the versions that pickled it."
    )
