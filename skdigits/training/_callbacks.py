"""Keras callbacks: call their hooks as Keras's `fit` does, and clean up after them."""

import copy
from contextlib import contextmanager, nullcontext

import numpy as np

from skdigits._private_names import eager_context, forget_swapped_averages, take_model_back
from skdigits._tensorflow import keras
from skdigits._warnings import warn
from skdigits.training._muon import Muon
from skdigits.training._probabilities import loss_traits

SETS_RATE = (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)
# It restores the state of the optimizer, and with it a rate that may be overwritten.
RESTORES_STATE = keras.callbacks.BackupAndRestore
PLAIN_CONTAINERS = (list, dict, set)


class Callbacks:
    """Callbacks of one training.

    It differs from `keras.callbacks.CallbackList` in two ways: hooks get the logs that the training
    keeps, not copies, and they run in this thread.

    Parameters
    ----------
    callbacks : list of keras.callbacks.Callback
    compiled : CompiledModel
    overwrites_rate : bool
        Whether the training sets the learning rate at each step, so that callbacks cannot.
    """

    def __init__(self, callbacks, compiled, overwrites_rate):
        self._callbacks = callbacks
        self._compiled = compiled
        self._watches_rate = overwrites_rate

    @contextmanager
    def given(self, model, **params):
        """Give the callbacks the model for the time of a training.

        Callbacks are parameters, which `clone` copies. So attributes that the training has changed
        and that cannot be copied, such as open files, are set back afterwards.
        """
        before = [_attributes(callback) for callback in self._callbacks]
        try:
            for callback in self._callbacks:
                callback.set_params(params)
                callback.set_model(model)
            if self._callbacks:
                _build_metrics(self._compiled)
                self._warn_of_types()
            yield
        finally:
            for callback, attributes in zip(self._callbacks, before, strict=True):
                take_model_back(callback)
                if isinstance(callback, keras.callbacks.SwapEMAWeights):
                    forget_swapped_averages(callback)
                _drop_opened(callback, attributes)

    def call(self, hook, *number, logs=None):
        """Call a hook of each callback, with the number of the epoch or batch if it takes one."""
        logs = {} if logs is None else logs
        rates = self._compiled.learning_rates if self._watches_rate else None
        for callback in self._callbacks:
            with self._files_of(callback):
                getattr(callback, hook)(*number, logs)
            if self._watches_rate and self._compiled.learning_rates != rates:
                if isinstance(callback, RESTORES_STATE):
                    rates = self._compiled.learning_rates
                else:
                    self._warn_of(callback)

    def end(self, logs):
        """Call `on_train_end`; Ctrl-C ends the hook that is running, not those of the others.

        Returns
        -------
        bool
            Whether Ctrl-C has ended a hook.
        """
        self._watches_rate = interrupted = False
        for callback in self._callbacks:
            try:
                callback.on_train_end(logs)
            except KeyboardInterrupt:
                interrupted = True
        return interrupted

    def see_batches(self, stage):
        """Tell whether a callback looks at each batch of a stage, "train" or "test"."""
        hooks = [f"on_{stage}_batch_begin", f"on_{stage}_batch_end"]
        if stage == "train":
            hooks += ["on_batch_begin", "on_batch_end"]  # their old names
        return any(
            not _is_default(callback, hook)
            for callback in self._callbacks
            if not isinstance(callback, keras.callbacks.ProgbarLogger)
            for hook in hooks
        )

    def _files_of(self, callback):
        """Return a context in which the files that a callback writes suit what reads them."""
        optimizer = self._compiled.optimizer
        restores = isinstance(callback, RESTORES_STATE) and isinstance(optimizer, Muon)
        return optimizer.saving_moments() if restores else nullcontext()

    def _warn_of_types(self):
        for callback in self._callbacks:
            if self._watches_rate and isinstance(callback, SETS_RATE):
                self._warn_of(callback)

    def _warn_of(self, callback):
        self._watches_rate = False
        warn(
            f"{type(callback).__name__} sets the learning rate without effect: the training sets "
            "it at every step (learning_rate_schedule='one_cycle'). Set "
            "learning_rate_schedule='constant'."
        )


def _is_default(callback, hook):
    """Tell whether a callback does nothing at a hook: it has the method of Keras's base class."""
    method = getattr(callback, hook)
    return getattr(method, "__func__", method) is getattr(keras.callbacks.Callback, hook)


def _build_metrics(compiled):
    """Build the model's accuracy: callbacks ask it whether a higher value is better."""
    model, n_classes = compiled.model, compiled.spec.n_classes
    if any(getattr(metric, "metrics", None) for metric in model.metrics):
        return
    takes_numbers = loss_traits(compiled.spec.loss).takes_numbers
    labels = np.zeros(1 if takes_numbers else (1, n_classes), np.float32)
    model.compute_metrics(None, labels, np.zeros((1, n_classes), np.float32))
    model.reset_metrics()


def as_float(value):
    """Return a number of any kind as a float, and anything else as it is."""
    try:
        is_number = not isinstance(value, str | bytes) and np.ndim(value) == 0
        return float(value) if is_number else value
    except Exception:  # tensors and users' objects may raise any error
        return value


def _attributes(callback):
    """Return a callback's attributes, with copies of those that may change in place."""
    return {
        name: copy.copy(value) if type(value) in PLAIN_CONTAINERS else value
        for name, value in vars(callback).items()
    }


def _drop_opened(callback, before):
    """Set back the attributes that have changed since `before` and cannot be copied."""
    attributes = vars(callback)
    for name, value in list(attributes.items()):
        if _is_same(value, before.get(name)) or _can_be_copied(value):
            continue
        if name in before:
            attributes[name] = before[name]
        else:
            del attributes[name]


def _is_same(value, other):
    if type(value) in PLAIN_CONTAINERS and type(value) is type(other):
        return len(value) == len(other) and all(map(_is_same, _items(value), _items(other)))
    return value is other


def _items(container):
    return list(container.values()) if isinstance(container, dict) else list(container)


def _can_be_copied(value):
    if isinstance(value, keras.Layer | np.ndarray):  # trying would be slow
        return True
    try:
        copy.deepcopy(value, _Memo())
    except Exception:  # objects may raise any error
        return False
    return True


class _Memo(dict):
    """What `copy.deepcopy` has copied so far; it refuses to copy TensorFlow's state.

    The writers of a TensorBoard callback refer to that.
    """

    def __init__(self):
        super().__init__()
        self._refused = id(eager_context())

    def get(self, key, default=None):
        if key == self._refused:
            raise TypeError("TensorFlow's state cannot be copied")
        return super().get(key, default)
