"""The training loop: epochs, Keras callbacks, early stopping, and Ctrl-C."""

import sys
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from skdigits._tensorflow import keras, tf
from skdigits.training._callbacks import Callbacks, as_float
from skdigits.training._schedules import steadied

# Steps of one graph call. Python is reached between calls, for Ctrl-C; a call costs about a
# millisecond.
STEPS_PER_CALL = 256
STEPS_PER_BAR_UPDATE = 16


class Data(NamedTuple):
    """Images, labels and weights as tensors, which stay in memory for the whole training."""

    images: Any
    labels: Any
    weights: Any

    @classmethod
    def from_arrays(cls, images, labels, weights):
        """Convert arrays: images of any float or uint8 dtype, labels 0..n_classes-1, weights."""
        # tf.constant would copy the images twice; this copies them once, or not at all.
        return cls(
            tf.raw_ops.Identity(input=images),
            tf.constant(labels, tf.int32),
            tf.constant(weights, tf.float32),
        )


@dataclass
class Plan:
    """How to train.

    Attributes
    ----------
    epochs : int
    batch_size : int
    learning_rates : list of (float or None)
        What each part of the optimizer begins with; None for one that follows a Keras schedule.
    rates : callable or None
        From an array of step numbers to the learning rates, for a program that sets them.
    rng : numpy.random.Generator
        Shuffles the rows of each epoch.
    early_stopping : keras.callbacks.EarlyStopping or None
    callbacks : list of keras.callbacks.Callback
        The user's.
    verbose : int
        As in Keras.
    first_epoch : int
        Number of epochs that the network has behind it.
    output_epochs : int
        How many of the first epochs train the output layer only.
    fixed_averages : bool
        Whether batch normalisation keeps its averages, and normalises by them.
    """

    epochs: int
    batch_size: int
    learning_rates: list
    rng: np.random.Generator
    rates: Any = None
    early_stopping: Any = None
    callbacks: list = field(default_factory=list)
    verbose: int = 0
    first_epoch: int = 0
    output_epochs: int = 0
    fixed_averages: bool = False


def train(network, training, validation, plan, tasks):
    """Train a network.

    Parameters
    ----------
    network : Network
    training, validation : (Data, ndarray of int32)
        Data, and its rows to train on and to measure after each epoch; the latter may be none.
    plan : Plan
    tasks : object
        Its `begin_epoch` and `end_epoch` are called; the latter returns True to stop.

    Returns
    -------
    history : list of dict
        The logs of each epoch; of one that a callback has restored from a file, no logs.
    interrupted : bool
        Whether Ctrl-C cut the training short; the weights are those of the last epoch done.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C in the first epoch. After this and any other error the network is anywhere.
    """
    program = network.program_to_train()
    # Users' callbacks see the model, and may keep it.
    model = network.lend_model() if plan.callbacks else program.model
    callbacks = _callbacks(plan, program)
    n_steps = -(-len(training[1]) // plan.batch_size)
    last_epoch = plan.first_epoch + plan.epochs
    with callbacks.given(model, verbose=plan.verbose, epochs=last_epoch, steps=n_steps):
        program.set_learning_rates(plan.learning_rates)
        history, interrupted = _run_epochs(program, training, validation, plan, tasks, callbacks)
        program.finalize()
        interrupted |= callbacks.end(history[-1])
    return history, interrupted


def _callbacks(plan, program):
    callbacks = list(plan.callbacks)
    if plan.early_stopping:
        callbacks.append(plan.early_stopping)
    bar = keras.callbacks.ProgbarLogger
    shows_bar = plan.verbose and sys.stdout is not None  # Keras's bar would fail
    if shows_bar and not any(isinstance(callback, bar) for callback in callbacks):
        callbacks.append(bar())
    return Callbacks(callbacks, program, overwrites_rate=plan.rates is not None)


def _run_epochs(program, training, validation, plan, tasks, callbacks):
    """Train epoch by epoch; after Ctrl-C set the program back to the end of the last whole one."""
    (data, train_rows), (val_data, val_rows) = training, validation
    model = program.model
    model.stop_training, model._initial_epoch = False, None
    done = None
    try:
        callbacks.call("on_train_begin")
        history = _restored_epochs(model, plan, train_rows)
        for epoch in range(plan.first_epoch + len(history), plan.first_epoch + plan.epochs):
            tasks.begin_epoch()
            callbacks.call("on_epoch_begin", epoch)
            logs = _run_epoch(program, data, train_rows, plan, len(history), callbacks)
            if len(val_rows):
                measured = _measure(program, val_data, val_rows, plan.batch_size, callbacks)
                logs |= {f"val_{name}": value for name, value in measured.items()}
                _check_finite("the validation loss is", measured["loss"], epoch)
            callbacks.call("on_epoch_end", epoch, logs=logs)
            history = [*history, {name: as_float(value) for name, value in logs.items()}]
            done = history, program.get_state(), plan.rng.bit_generator.state
            if tasks.end_epoch() or model.stop_training:
                break
    except KeyboardInterrupt:
        if done is None:
            raise
        history, state, plan.rng.bit_generator.state = done
        program.set_state(state)
        return history, True
    return history, False


def _restored_epochs(model, plan, train_rows):
    """Return empty logs of the epochs that `BackupAndRestore` has restored, if any."""
    n_epochs = min((model._initial_epoch or 0) - plan.first_epoch, plan.epochs)
    for _ in range(n_epochs):
        plan.rng.permutation(train_rows)  # so that the others come in the order that was theirs
    return [{} for _ in range(n_epochs)]


def _measure(program, data, rows, batch_size, callbacks):
    """Return the logs of a measurement, in as few graph calls as the callbacks allow."""
    callbacks.call("on_test_begin")
    if not callbacks.see_batches("test"):
        batch_size = len(rows)
    loss_sum = correct_sum = 0.0
    logs = {}
    for batch, first in enumerate(range(0, len(rows), batch_size)):
        callbacks.call("on_test_batch_begin", batch)
        part = rows[first : first + batch_size]
        loss, correct = program.evaluate(data, part)
        loss_sum, correct_sum = loss_sum + loss, correct_sum + correct
        n_seen = first + len(part)
        logs = {"accuracy": correct_sum / n_seen, "loss": loss_sum / n_seen}
        callbacks.call("on_test_batch_end", batch, logs=dict(logs))
    callbacks.call("on_test_end", logs=dict(logs))
    return logs


def _run_epoch(program, data, train_rows, plan, epoch, callbacks):
    """Train one epoch in as few graph calls as the callbacks allow, and return its logs."""
    order, batch_size = plan.rng.permutation(train_rows), plan.batch_size
    n_steps = -(-len(order) // batch_size)
    loss_sum = correct_sum = 0.0
    logs = {}
    for first, last in _calls(len(order), batch_size, _steps_per_call(plan, callbacks)):
        callbacks.call("on_train_batch_begin", first)
        rows = order[first * batch_size : (last + 1) * batch_size]
        steps = epoch * n_steps + np.arange(first, last + 1)
        sizes = np.diff(np.minimum(np.arange(first, last + 2) * batch_size, len(order)))
        rates = steadied(plan.rates(steps), sizes) if plan.rates else np.zeros(0, np.float32)
        loss, correct, finite = program.train(
            data,
            rows,
            batch_size,
            rates,
            output_only=epoch < plan.output_epochs,
            # What one image has in common with itself is nothing to normalise by.
            fixed_averages=plan.fixed_averages or len(rows) == last + 1 - first,
        )
        _check_finite("the loss is", loss, plan.first_epoch + epoch)
        _check_finite("a weight is", 0.0 if finite else np.nan, plan.first_epoch + epoch)
        loss_sum, correct_sum = loss_sum + loss, correct_sum + correct
        n_seen = min((last + 1) * batch_size, len(order))
        logs = {"accuracy": correct_sum / n_seen, "loss": loss_sum / n_seen}
        callbacks.call("on_train_batch_end", last, logs=dict(logs))
        if program.model.stop_training:
            break
    return logs


def _calls(n_rows, batch_size, steps_per_call):
    """Yield the first and last step of each graph call; a last batch of one image is its own."""
    n_steps = -(-n_rows // batch_size)
    n_whole = n_steps - 1 if batch_size > 1 and n_rows % batch_size == 1 else n_steps
    for first in range(0, n_whole, steps_per_call):
        yield first, min(first + steps_per_call, n_whole) - 1
    if n_whole < n_steps:
        yield n_whole, n_whole


def _check_finite(what, value, epoch):
    if not np.isfinite(value):
        raise ValueError(
            f"Training failed in epoch {epoch + 1}: {what} {value}, no finite number any more. "
            "Lower the learning rate, bound the gradients (clipnorm of a Keras optimizer), or "
            "look for a loss or layers of your own that overflow."
        )


def _steps_per_call(plan, callbacks):
    """Callbacks that look at batches get every batch; a progress bar some; others none."""
    if callbacks.see_batches("train"):
        return 1
    return STEPS_PER_BAR_UPDATE if plan.verbose else STEPS_PER_CALL
