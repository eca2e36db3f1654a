"""The state of a network: values by name, and the versions that wrote them."""

import numpy as np
import sklearn

import skdigits
from skdigits._tensorflow import keras, tf

BEFORE_VERSIONS = {"skdigits": "before 0.1.0"}  # what wrote a pickle without names and versions


def versions():
    """Return the versions of what trains, by name."""
    modules = {"skdigits": skdigits, "keras": keras, "tensorflow": tf, "scikit-learn": sklearn}
    return {name: module.__version__ for name, module in modules.items()}


def fill(compiled, state, written_by):
    """Set a compiled model's variables from a state.

    Parameters
    ----------
    compiled : CompiledModel
    state : dict of str to array, or list of array
        By name, or in order, as it was before there were names.
    written_by : dict of str to str
        The versions of what wrote it.

    Raises
    ------
    ValueError
        Where the weights are not those of the model. The optimizer and the
        augmentation begin anew where theirs do not fit.
    """
    names, now = compiled.variables.names, compiled.variables.get()
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
        compiled.start(np.random.SeedSequence(0), 0.0, 1.0)
        now = compiled.variables.get()
    values = [state[name] if fits[name] else value for name, value in zip(names, now, strict=True)]
    compiled.variables.set(values)


def mismatch(written_by, what):
    """Return the message of an error about a network of another version."""
    writers = ", ".join(f"{name} {version}" for name, version in written_by.items())
    ours = ", ".join(f"{name} {version}" for name, version in versions().items())
    return (
        f"The network was pickled with {writers}, and cannot be made with {ours}: {what}. Load it "
        "with the versions that pickled it."
    )
