"""An estimator's network: a program on loan, or the state to fill one with."""

import weakref
from typing import Any

import numpy as np

from skdigits.training import _pool
from skdigits.training._state import BEFORE_VERSIONS, fill, mismatch, versions
from skdigits.training._views import views


class Network:
    """The trained part of an estimator; it can be pickled and copied.

    While it is in use it holds a :class:`Program` of its own. `suspend` gives that back and
    keeps the variables as arrays; the next use takes a program again, not always the same.

    Parameters
    ----------
    spec : NetworkSpec
    """

    def __init__(self, spec):
        self.spec = spec
        self._n_parameters = 0
        self._state: Any = None  # while it has no program, see `skdigits.training._state`
        self._written_by = versions()
        self._program: Any = None
        self._giving_back: Any = None
        self._float32_model: Any = None  # a copy, where the program trains in bfloat16

    @property
    def program(self):
        """The program, taken from the pool or built where the network has none."""
        if self._program is None:
            with _pool.lock:  # several threads may use one estimator
                if self._program is None:
                    self._program = self._take_program()
        return self._program

    def _take_program(self):
        try:
            program = _pool.acquire(self.spec)
        except Exception as error:
            if self._written_by == versions():
                raise
            raise ValueError(mismatch(self._written_by, error)) from error
        if self._state is not None:
            fill(program, self._state, self._written_by)
            self._state, self._written_by = None, versions()
        self._n_parameters = program.model.count_params()
        self._giving_back = weakref.finalize(self, _pool.release, program)
        self._giving_back.atexit = False
        return program

    @property
    def is_suspended(self):
        """Whether it holds no program at this moment."""
        return self._program is None

    @property
    def can_give_back(self):
        """Whether the pool keeps the program of this network when it is given back."""
        return _pool.keeps(self.program)

    @property
    def n_parameters(self):
        """Number of weights."""
        if not self._n_parameters:
            self.program  # noqa: B018  (taking it counts them)
        return self._n_parameters

    @property
    def model(self):
        """The Keras model, in float32; from now on the caller's too."""
        if self.program.is_float32:
            return self.lend_model()
        if self._float32_model is None:
            self._float32_model = self.program.copy_model()
        return self._float32_model

    def lend_model(self):
        """Return the Keras model that is trained, for others to see and to keep."""
        self.program.lent_out = True
        return self.program.model

    def program_to_train(self):
        """Return the program; from now on a copy of its model would be an old one."""
        self._float32_model = None
        return self.program

    def start(self, seed, mean, variance):
        """Begin anew, as :meth:`Program.start`."""
        self.program.start(seed, mean, variance)

    def standardize(self, mean, variance):
        """Standardise the input by another mean and variance than before."""
        self.program_to_train().standardize(mean, variance)

    def check_unchanged(self, spec):
        """Raise if going on would need another network or another optimizer than this one."""
        changed = self.spec.differences(spec)
        if changed:
            raise ValueError(
                f"Training cannot go on with another {changed[0]!r} than it began with; call fit "
                "with warm_start=False to begin anew."
            )

    def probabilities(self, images, *, averaged):
        """Return the probability of each class, as float64; each row sums to one.

        Parameters
        ----------
        images : ndarray of shape (n_images, *input_shape)
        averaged : bool
            Whether they are the mean over views of each image.
        """
        if not averaged:
            return self.program.predict(images)
        parts = [self.program.predict(view) for view in views(images, self.spec.augmentation)]
        return np.mean(parts, axis=0)

    def copy(self):
        """Return a network with the same weights and a program of its own when it is used."""
        twin = type(self)(self.spec)
        twin.__setstate__(self._as_plain_data(self.get_state()))
        return twin

    def get_state(self):
        """Return the values of all variables by name, or None where none were set yet."""
        if self._program is None:
            return self._state
        return dict(zip(self._program.names, self._program.get_state(), strict=True))

    def set_state(self, state):
        """Set all variables from what `get_state` returned."""
        if self._program is None:
            self._state = state
        else:
            fill(self._program, state, self._written_by)

    def suspend(self):
        """Give the program back, if nobody else holds its model."""
        if self._program is not None and _pool.is_free(self._program):
            self._state = self.get_state()
            self._program = None
            self._giving_back()

    def __getstate__(self):
        state = self.get_state()
        if isinstance(state, dict):
            state = {name: np.array(value) for name, value in state.items()}
        return self._as_plain_data(state)

    def _as_plain_data(self, state):
        return {
            "spec": self.spec,
            "state": state,
            "versions": self._written_by,
            "n_parameters": self._n_parameters,
        }

    def __setstate__(self, pickled):
        Network.__init__(self, pickled["spec"])
        if "_state" in pickled:  # as it was before there were names and versions
            pickled = {"state": pickled["_state"], "versions": BEFORE_VERSIONS, "n_parameters": 0}
        self._state, self._written_by = pickled["state"], pickled["versions"]
        self._n_parameters = pickled["n_parameters"]
