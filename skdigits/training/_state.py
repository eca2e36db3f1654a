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
    shapes = compiled.variables.shapes  # by name
    if isinstance(state, list):
        state = dict(zip(shapes, state, strict=False))
    wrong = [name for name in shapes if name not in state or state[name].shape != shapes[name]]
    unknown = [name for name in state if name not in shapes]
    if weights := [name for name in (*wrong, *unknown) if name.startswith("model/")]:
        raise ValueError(mismatch(written_by, f"{weights[0]!r} does not fit"))
    if wrong:
        compiled.start(np.random.SeedSequence(0), 0.0, 1.0)
        begun = compiled.variables.get()
        state = {**state, **{name: begun[name] for name in wrong}}
    compiled.variables.set([state[name] for name in shapes])


def mismatch(written_by, what):
    """Return the message of an error about a network of another version."""
    writers = ", ".join(f"{name} {version}" for name, version in written_by.items())
    ours = ", ".join(f"{name} {version}" for name, version in versions().items())
    return (
        f"The network was pickled with {writers}, and cannot be made with {ours}: {what}. Load it "
        "with the versions that pickled it."
    )
