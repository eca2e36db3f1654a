"""The training loop: epochs, Keras callbacks, early stopping, and Ctrl-C."""

import itertools
import math
import sys
import time
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from skdigits._memory_mapped import MappedRows, is_mapped
from skdigits._private_names import forget_restored_epoch, restored_epoch
from skdigits._tensorflow import keras, tf
from skdigits.training._callbacks import Callbacks, as_float
from skdigits.training._checkpoint import Checkpoint, fingerprint
from skdigits.training._halves import least_last
from skdigits.training._plan import make_plan
from skdigits.training._schedules import steadied

# Steps of one graph call. Python can react to Ctrl-C between calls. A call costs about a
# millisecond.
STEPS_PER_CALL = 256
STEPS_PER_BAR_UPDATE = 16
BYTES_PER_CALL = 2**27  # of images; those of a larger mapped file are in memory during a call


class Data(NamedTuple):
    """Images, labels and weights: as tensors, apart from images in large memory-mapped files.

    Images in such a file stay there: each graph call gets those that it needs.
    """

    images: Any
    labels: Any
    weights: Any

    @classmethod
    def from_arrays(cls, images, labels, weights):
        """Convert arrays: images of any float or uint8 dtype, labels 0..n_classes-1, weights."""
        stays = is_mapped(images) and images.nbytes > BYTES_PER_CALL
        return cls(
            # tf.constant would copy the images twice; Identity copies them at most once.
            MappedRows(images) if stays else tf.raw_ops.Identity(input=images),
            tf.constant(labels, tf.int32),
            tf.constant(weights, tf.float32),
        )

    @property
    def image_bytes(self):
        """The size of an image."""
        return max(1, math.prod(self.images.shape[1:]) * tf.as_dtype(self.images.dtype).size)

    @contextmanager
    def in_memory(self, groups):
        """Give an iterator over data in memory that have the given rows, and their numbers in them.

        Parameters
        ----------
        groups : iterable of ndarray of int32
            The rows of each graph call. Those of the next call are read while one runs. Data may
            be overwritten once the caller asks for the next.
        """
        if not isinstance(self.images, MappedRows):
            yield ((self, rows) for rows in groups)
            return
        with self.images.ahead(groups) as found:
            yield itertools.starmap(self._part, found)

    def _part(self, rows, images):
        images = tf.raw_ops.Identity(input=images)
        part = Data(images, tf.gather(self.labels, rows), tf.gather(self.weights, rows))
        return part, np.arange(len(rows), dtype=np.int32)


class Rows(NamedTuple):
    """Some of the images: what to train on, or what to measure after each epoch."""

    data: Data
    numbers: np.ndarray  # of int32


class TrainingResult(NamedTuple):
    """The result of a training, apart from the network.

    Attributes
    ----------
    logs : list of dict
        The logs of each epoch. They are empty if a callback has restored the epoch from a file.
    best_epoch : int
        The epoch, counted from 1, whose weights the network has.
    interrupted : bool
        Whether Ctrl-C ended the training early. The weights are those of the last complete epoch.
    validation_seconds : float
        Wall time of the measurements after the epochs.
    """

    logs: list
    best_epoch: int
    interrupted: bool
    validation_seconds: float


def train(network, parameters, training, validation, *, first_epoch, rng, tasks):
    """Train a network.

    Parameters
    ----------
    network : Network
    parameters : TrainingParameters
    training, validation : Rows
        What to train on, and what to measure after each epoch; `validation` may have no rows.
    first_epoch : int
        Number of epochs that the network was trained before.
    rng : numpy.random.Generator
        Shuffles the rows of each epoch.
    tasks : object
        The loop calls its `begin_epoch` and `end_epoch`; `end_epoch` returns True to stop.

    Returns
    -------
    TrainingResult

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C in the first epoch. After any error the state of the network is undefined.
    """
    has_validation = len(validation.numbers) > 0
    n_rows = len(training.numbers)
    plan = make_plan(parameters, network.spec, n_rows, first_epoch, has_validation=has_validation)
    checkpoint = None
    if parameters.checkpoint is not None:
        known = fingerprint(network, parameters, training, validation, rng)
        checkpoint = Checkpoint(parameters.checkpoint, known)
    with network.changing() as compiled:
        # Users' callbacks see the model, and may keep it.
        model = network.lend_model() if plan.callbacks else compiled.model
        loop = _Loop(compiled, model, plan, rng, tasks, checkpoint)
        return loop.train(training, validation)


class _Loop:
    """One training.

    Parameters
    ----------
    compiled : CompiledModel
    model : keras.Model
        Of `compiled`.
    plan : Plan
    rng, tasks
        As in `train`.
    checkpoint : Checkpoint or None
    """

    def __init__(self, compiled, model, plan, rng, tasks, checkpoint):
        self.compiled, self.model = compiled, model
        self.plan, self.rng, self.tasks, self.checkpoint = plan, rng, tasks, checkpoint
        overwrites_rate = plan.rates is not None
        self.callbacks = Callbacks(_all_callbacks(plan), self.compiled, overwrites_rate)
        self.validation_seconds = 0.0

    def train(self, training, validation):
        """Train all epochs."""
        plan, callbacks = self.plan, self.callbacks
        params = {"verbose": plan.verbose, "epochs": plan.last_epoch, "steps": plan.n_steps}
        with callbacks.given(self.model, **params):
            self.compiled.set_learning_rates(plan.learning_rates)
            history, interrupted = self._train_epochs(training, validation)
            self.compiled.finalize()
            interrupted |= callbacks.end(history[-1])
        last_epoch = plan.first_epoch + len(history)
        best_epoch = _restored_epoch([*plan.callbacks, plan.early_stopping]) or last_epoch
        return TrainingResult(history, best_epoch, interrupted, self.validation_seconds)

    def _train_epochs(self, training, validation):
        """Train epoch by epoch; after Ctrl-C go back to the end of the last complete epoch."""
        self.model.stop_training = False
        forget_restored_epoch(self.model)
        done = None
        try:
            self.callbacks.call("on_train_begin")
            history, stopped = self._restored(training)
            if history:
                done = history, self.compiled.variables.get(), self.rng.bit_generator.state
            for epoch in range(len(history), 0 if stopped else self.plan.epochs):
                history = [*history, self._train_epoch(training, validation, epoch)]
                done = history, self.compiled.variables.get(), self.rng.bit_generator.state
                stopped = self.tasks.end_epoch() or self.model.stop_training
                self._keep(history, bool(stopped))
                if stopped:
                    break
        except KeyboardInterrupt:
            if done is None:
                raise
            history, values, self.rng.bit_generator.state = done
            self.compiled.variables.set(values.values())
            return history, True
        return history, False

    def _restored(self, training):
        """Return the logs of epochs that were done before, and whether the training ended there."""
        if self.checkpoint is None:
            return self._logs_of_backup(training), False
        variables, stopping = self.compiled.variables, self.plan.early_stopping
        return self.checkpoint.restore(variables, self.rng, stopping)

    def _keep(self, history, stopped):
        """Write the state after an epoch, if there is a file for it."""
        if self.checkpoint:
            variables, stopping = self.compiled.variables, self.plan.early_stopping
            self.checkpoint.keep(history, variables, self.rng, stopping, stopped)

    def _logs_of_backup(self, training):
        """Return an empty log for each epoch that `BackupAndRestore` has restored."""
        n_epochs = min(restored_epoch(self.model) - self.plan.first_epoch, self.plan.epochs)
        for _ in range(n_epochs):
            self.rng.permutation(training.numbers)  # later epochs keep their order
        return [{} for _ in range(n_epochs)]

    def _train_epoch(self, training, validation, epoch):
        """Train and measure one epoch, and return its logs."""
        number = self.plan.first_epoch + epoch
        self.tasks.begin_epoch()
        self.callbacks.call("on_epoch_begin", number)
        logs = self._train_batches(training, epoch)
        if len(validation.numbers):
            start = time.perf_counter()
            measured = self._measure(validation)
            self.validation_seconds += time.perf_counter() - start
            logs |= {f"val_{name}": value for name, value in measured.items()}
            _check_finite("the validation loss is", measured["loss"], number)
        self.callbacks.call("on_epoch_end", number, logs=logs)
        return {name: as_float(value) for name, value in logs.items()}

    def _train_batches(self, training, epoch):
        """Train on all rows, in as few graph calls as the callbacks allow, and return the logs."""
        batch_size = self.plan.batch_size
        order = self.rng.permutation(training.numbers)
        sums, logs = _Sums(), {}
        n_steps = self._steps_per_call(batch_size * training.data.image_bytes)
        calls = list(_calls(len(order), batch_size, n_steps))
        groups = (order[first * batch_size : (last + 1) * batch_size] for first, last in calls)
        with training.data.in_memory(groups) as parts:
            for (first, last), (data, rows) in zip(calls, parts, strict=True):
                self.callbacks.call("on_train_batch_begin", first)
                loss, correct = self._take_steps(data, rows, epoch, first, last)
                logs = sums.add(len(rows), loss, correct)
                self.callbacks.call("on_train_batch_end", last, logs=dict(logs))
                if self.model.stop_training:
                    break
        return logs

    def _take_steps(self, data, rows, epoch, first, last):
        """Take the steps from `first` to `last` of an epoch; return the sums of losses and hits."""
        plan, n_steps = self.plan, last + 1 - first
        steps = epoch * plan.n_steps + np.arange(first, last + 1)
        rates = np.zeros(0, np.float32)
        if plan.rates:
            sizes = np.diff(np.minimum(np.arange(n_steps + 1) * plan.batch_size, len(rows)))
            rates = steadied(plan.rates(steps), sizes)
        smoothing = plan.smoothing(steps) if plan.smoothing else np.zeros(n_steps, np.float32)
        loss, correct, finite = self.compiled.graphs.train(
            data,
            rows,
            plan.batch_size,
            rates,
            smoothing,
            output_only=epoch < plan.output_epochs,
            # A batch of one image has no variance to normalise by.
            fixed_averages=plan.fixed_averages or len(rows) == n_steps,
        )
        _check_finite("the loss is", loss, plan.first_epoch + epoch)
        _check_finite("a weight is", 0.0 if finite else np.nan, plan.first_epoch + epoch)
        return loss, correct

    def _measure(self, validation):
        """Return the logs of a measurement, in as few graph calls as the callbacks allow."""
        data, numbers = validation
        callbacks, sums, logs = self.callbacks, _Sums(), {}
        callbacks.call("on_test_begin")
        batch_size = max(1, BYTES_PER_CALL // data.image_bytes)
        if callbacks.see_batches("test"):
            batch_size = self.plan.batch_size
        starts = range(0, len(numbers), batch_size)
        with data.in_memory(numbers[start : start + batch_size] for start in starts) as parts:
            for batch, (part, rows) in enumerate(parts):
                callbacks.call("on_test_batch_begin", batch)
                logs = sums.add(len(rows), *self.compiled.graphs.evaluate(part, rows))
                callbacks.call("on_test_batch_end", batch, logs=dict(logs))
        callbacks.call("on_test_end", logs=dict(logs))
        return logs

    def _steps_per_call(self, batch_bytes):
        """Return the steps of a graph call: callbacks may need every batch, a progress bar some."""
        if self.callbacks.see_batches("train"):
            return 1
        most = STEPS_PER_BAR_UPDATE if self.plan.verbose else STEPS_PER_CALL
        return max(1, min(most, BYTES_PER_CALL // batch_bytes))


class _Sums:
    """Sums of losses and hits over the rows of an epoch."""

    def __init__(self):
        self.n_rows, self.loss, self.correct = 0, 0.0, 0.0

    def add(self, n_rows, loss, correct):
        """Add the sums over more rows, and return the means over all rows."""
        self.n_rows += n_rows
        self.loss += loss
        self.correct += correct
        return {"accuracy": self.correct / self.n_rows, "loss": self.loss / self.n_rows}


def _restored_epoch(callbacks):
    """Return the epoch, from 1, whose weights early stopping has restored at the end, or None."""
    epochs = [
        each.best_epoch + 1
        for each in callbacks
        if isinstance(each, keras.callbacks.EarlyStopping)
        and each.restore_best_weights
        and each.best_weights is not None
    ]
    return epochs[-1] if epochs else None


def _all_callbacks(plan):
    callbacks = list(plan.callbacks)
    if plan.early_stopping:
        callbacks.append(plan.early_stopping)
    bar = keras.callbacks.ProgbarLogger
    shows_bar = plan.verbose and sys.stdout is not None  # Keras's bar needs an output
    if shows_bar and not any(isinstance(callback, bar) for callback in callbacks):
        callbacks.append(bar())
    return callbacks


def _calls(n_rows, batch_size, steps_per_call):
    """Yield the first and last step of each graph call; a very small last batch gets its own."""
    n_steps = -(-n_rows // batch_size)
    n_whole = n_steps - (0 < n_rows % batch_size < least_last(batch_size))
    for first in range(0, n_whole, steps_per_call):
        yield first, min(first + steps_per_call, n_whole) - 1
    if n_whole < n_steps:
        yield n_whole, n_whole


def _check_finite(what, value, epoch):
    if not np.isfinite(value):
        raise ValueError(
            f"Training failed in epoch {epoch + 1}: {what} {value}, which is not a finite number. "
            "Lower the learning rate, bound the gradients (clipnorm of a Keras optimizer), or "
            "look for a loss or layers of your own that overflow."
        )
