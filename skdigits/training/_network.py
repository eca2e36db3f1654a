"""An estimator's network: a compiled model, or the state to fill one with."""

import dataclasses
import weakref
from contextlib import contextmanager
from typing import Any

import numpy as np

from skdigits._numbers import log_mean, logarithms
from skdigits._tensorflow import tf
from skdigits.training import _model_pool
from skdigits.training._graphs import PREDICT_ROWS
from skdigits.training._state import BEFORE_VERSIONS, fill, mismatch, versions
from skdigits.training._steps import is_float32
from skdigits.training._variables import to_array
from skdigits.training._views import views

# Images whose views are in memory at a time: enough calls of the graph for its threads.
VIEWED_ROWS = 4 * PREDICT_ROWS


class Network:
    """The trained part of an estimator; it can be pickled and copied.

    While it is in use it holds a :class:`CompiledModel` of its own. `suspend` gives the model back
    to the pool and keeps the values of the variables. The next use takes a compiled model again,
    maybe another one.

    Parameters
    ----------
    spec : NetworkSpec
    """

    def __init__(self, spec):
        self.spec = spec
        self._n_parameters = 0
        self._state: Any = None  # while it has no compiled model, see `_state.py`
        self._written_by = versions()
        self._architecture: Any = None  # see `CompiledModel`
        self._compiled: Any = None
        self._giving_back: Any = None
        self._float32_model: Any = None  # a copy, if the model trains in bfloat16
        self._is_changing = False

    @property
    def compiled(self):
        """The compiled model; if the network has none, it takes one from the pool or builds it."""
        return self._take()

    def _take(self, seed=None):
        if self._compiled is None:
            with _model_pool.lock:  # several threads may use one estimator
                if self._compiled is None:
                    self._compiled = self._acquire(seed)
        return self._compiled

    def _acquire(self, seed):
        try:
            compiled = _model_pool.acquire(self.spec, seed)
        except Exception as error:
            if self._written_by == versions():
                raise
            raise ValueError(mismatch(self._written_by, error)) from error
        self._check_architecture(compiled.architecture)
        if self._state is not None:
            fill(compiled, self._state, self._written_by)
            self._state, self._written_by = None, versions()
        self._n_parameters = compiled.model.count_params()
        self._giving_back = weakref.finalize(self, _model_pool.release, compiled)
        self._giving_back.atexit = False
        return compiled

    def _check_architecture(self, found):
        """Raise if a function of the user's builds another network than before."""
        if None not in (found, self._architecture) and found != self._architecture:
            raise ValueError(
                "The function 'build' gives another network than when the classifier was fitted. "
                "Restore the function and what it depends on, or fit again."
            )
        self._architecture = found

    @property
    def is_suspended(self):
        """Whether it holds no compiled model now."""
        return self._compiled is None

    @property
    def can_give_back(self):
        """Whether the pool would keep the compiled model of this network."""
        return _model_pool.keeps(self.compiled)

    @property
    def n_parameters(self):
        """Number of weights."""
        if not self._n_parameters:
            self._take()  # this counts them
        return self._n_parameters

    @property
    def model(self):
        """The Keras model, in float32; the caller may keep it."""
        if is_float32(self.compiled.model):
            return self.lend_model()
        if self._is_changing:  # a copy is soon outdated
            return self.compiled.copy_model()
        if self._float32_model is None:
            self._float32_model = self.compiled.copy_model()
        return self._float32_model

    def lend_model(self):
        """Return the Keras model that is trained; callers and callbacks may keep it."""
        self.compiled.lent_out = True
        return self.compiled.model

    def compiled_to_train(self):
        """Return the compiled model; drop the float32 copy, which training makes outdated."""
        self._float32_model = None
        return self.compiled

    @contextmanager
    def changing(self):
        """Give the compiled model to train it; meanwhile each `model` in float32 is a new copy."""
        self._is_changing = True
        try:
            yield self.compiled_to_train()
        finally:
            self._is_changing = False

    def start(self, seed, mean, variance):
        """Begin anew, see :meth:`CompiledModel.start`."""
        self._take(seed).start(seed, mean, variance)

    def standardize(self, mean, variance):
        """Set the mean and variance that standardise the input."""
        self.compiled_to_train().standardize(mean, variance)

    def prepare_to_go_on(self, spec, may_change_dtype):
        """Raise if going on needs a different network or a different optimizer.

        `may_change_dtype` is for networks that come from another type of processor.
        """
        changed = self.spec.differences(spec)
        if changed == ["precision"] and may_change_dtype:
            options = {**self.spec.options, "dtype": spec.options["dtype"]}
            self._change(self.get_state(), dataclasses.replace(self.spec, options=options))
        elif changed == ["optimizer"] and {self.spec.optimizer, spec.optimizer} == {"auto", "adam"}:
            self.compiled_to_train()  # names the values of old pickles
            weights = {
                name: value
                for name, value in self.get_state().items()
                if not name.startswith("optimizer/")  # it begins anew
            }
            self._change(weights, dataclasses.replace(self.spec, optimizer=spec.optimizer))
        elif changed:
            raise ValueError(
                f"Training cannot go on with another {changed[0]!r} than it began with; call fit "
                "with warm_start=False to train a new network."
            )

    def _change(self, state, spec):
        """Go on from a state by another spec."""
        self._state = state
        if self._compiled is not None:
            self._compiled = self._float32_model = None
            self._giving_back()
        self.spec = spec

    def probabilities(self, images, *, averaged):
        """Return the probability of each class, as float64; each row sums to one.

        Parameters
        ----------
        images : ndarray of shape (n_images, *input_shape)
        averaged : bool
            Whether to return the mean over views of each image.
        """
        predict = self.compiled.graphs.predict
        return self._of_views(predict, np.mean, images) if averaged else predict(images)

    def log_probabilities(self, images, *, averaged):
        """Return the logarithms of `probabilities`, also where these are too small for float32."""
        predict = self.compiled.graphs.log_probabilities
        return logarithms(
            self.probabilities(images, averaged=averaged),
            lambda: self._of_views(predict, log_mean, images) if averaged else predict(images),
        )

    def _of_views(self, predict, mean, images):
        """Return the mean of the predictions for several views of each image."""
        starts, of_many = range(0, len(images), VIEWED_ROWS), len(images) > 1
        found = []
        for start in starts:
            several = views(images[start : start + VIEWED_ROWS], self.spec.augmentation)
            found.append(mean([predict(v, of_many=of_many) for v in several], axis=0))
        return np.concatenate(found)

    def score_gradient(self, images, code):
        """Return the gradient of the score of a class, see :meth:`Graphs.score_gradient`."""
        return self.compiled.graphs.score_gradient(images, code)

    def copy(self):
        """Return a network with the same weights; it will take a compiled model of its own."""
        with _model_pool.lock:
            if isinstance(self._state, dict):  # setting variables does not copy tensors
                self._state = {name: tf.convert_to_tensor(v) for name, v in self._state.items()}
        twin = type(self)(self.spec)
        twin.__setstate__(self._as_plain_data(self.get_state()))
        return twin

    def get_state(self):
        """Return the values of all variables by name, or None if there are none yet."""
        with _model_pool.lock:  # another thread may be about to fill a compiled model
            return self._state if self._compiled is None else self._compiled.variables.get()

    def set_state(self, state):
        """Set all variables to what `get_state` returned."""
        if self._compiled is None:
            self._state = state
        else:
            fill(self._compiled, state, self._written_by)

    def restore(self, spec, state):
        """Go back to the spec and the state of an earlier moment."""
        if spec is self.spec:
            self.set_state(state)
        else:
            self._change(state, spec)

    def suspend(self):
        """Give the compiled model back, if nobody else holds it."""
        if self._compiled is not None and _model_pool.is_free(self._compiled):
            self._state = self.get_state()
            self._compiled = None
            self._giving_back()

    def __getstate__(self):
        state = self.get_state()
        if isinstance(state, dict):
            state = {name: to_array(value) for name, value in state.items()}
        return self._as_plain_data(state)

    def _as_plain_data(self, state):
        return {
            "spec": self.spec,
            "state": state,
            "versions": self._written_by,
            "n_parameters": self._n_parameters,
            "architecture": self._architecture,
        }

    def __setstate__(self, pickled):
        Network.__init__(self, pickled["spec"])
        if "_state" in pickled:  # of versions before state had names
            pickled = {"state": pickled["_state"], "versions": BEFORE_VERSIONS, "n_parameters": 0}
        self._state, self._written_by = pickled["state"], pickled["versions"]
        self._n_parameters = pickled["n_parameters"]
        self._architecture = pickled.get("architecture")
