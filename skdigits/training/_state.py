"""The state of a network: values by name, and the library versions that wrote them."""

import re

import numpy as np
import sklearn

import skdigits
from skdigits._tensorflow import keras, tf

BEFORE_VERSIONS = {"skdigits": "before 0.1.0"}  # for pickles without versions


def versions():
    """Return the versions of the libraries that train, by name."""
    modules = {"skdigits": skdigits, "keras": keras, "tensorflow": tf, "scikit-learn": sklearn}
    return {name: module.__version__ for name, module in modules.items()}


def fill(compiled, state, written_by):
    """Set a compiled model's variables from a state.

    Parameters
    ----------
    compiled : CompiledModel
    state : dict of str to array, or list of array
        Values by name, or in order, as old pickles have them.
    written_by : dict of str to str
        Versions of the libraries that wrote the state, by name.

    Raises
    ------
    ValueError
        If the weights do not fit the model. If only variables of the optimizer or the augmentation
        do not fit, these begin anew.
    """
    shapes = compiled.variables.shapes  # by name
    if isinstance(state, list):
        state = dict(zip(shapes, state, strict=False))
    elif state.keys() != shapes.keys():
        state = _renumbered(state, shapes)
    wrong = [name for name in shapes if name not in state or state[name].shape != shapes[name]]
    unknown = [name for name in state if name not in shapes]
    if weights := [name for name in (*wrong, *unknown) if name.startswith("model/")]:
        raise ValueError(mismatch(written_by, f"{weights[0]!r} does not fit"))
    if wrong:
        compiled.start(np.random.SeedSequence(0), 0.0, 1.0)
        begun = compiled.variables.get()
        state = {**state, **{name: begun[name] for name in wrong}}
    compiled.variables.set([state[name] for name in shapes])


def _renumbered(state, names):
    """Return a state by other names, if they differ only in the numbers that Keras counts."""
    same = [_plain(name) for name in state] == [_plain(name) for name in names]
    return dict(zip(names, state.values(), strict=True)) if same else state


def _plain(name):
    return re.sub(r"_\d+(?=[/_:]|$)", "", name)


def mismatch(written_by, what):
    """Return an error message about a network that cannot be made from its state."""
    if written_by == versions():
        return f"The weights of the network do not fit its layers: {what}. Its file is damaged."
    writers = ", ".join(f"{name} {version}" for name, version in written_by.items())
    ours = ", ".join(f"{name} {version}" for name, version in versions().items())
    return (
        f"The network was saved with {writers}, and cannot be made with {ours}: {what}. Load it "
        "with the versions that saved it."
    )
