"""Plan a training: decide what each epoch and step does."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdigits._tensorflow import keras
from skdigits.training._checks import is_name
from skdigits.training._optimizer import learning_rates
from skdigits.training._schedules import label_smoothing, one_cycle

# Share of the learning rate for a trained body. docs/experiments.md has the others that we tried.
FINE_TUNING = 0.6

# Share of the learning rate that `partial_fit` takes after a `fit`, see its docstring.
GENTLE = 0.01


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes
    ----------
    epochs : int
    batch_size : int
    n_steps : int
        Steps of an epoch.
    first_epoch : int
        Number of epochs that the network was trained before.
    output_epochs : int
        How many of the first epochs train only the output layer.
    learning_rates : list of (float or None)
        What each part of the optimizer begins with; None if the part has a Keras schedule.
    rates : callable or None
        Returns the learning rates for an array of step numbers; None leaves the rate as it is.
    smoothing : callable or None
        Returns how much the labels are smoothed, in the same way; None never smooths them.
    fixed_averages : bool
        Whether batch normalisation keeps its averages and normalises by them.
    early_stopping : keras.callbacks.EarlyStopping or None
    callbacks : list of keras.callbacks.Callback
        The user's.
    verbose : int
        As in Keras.
    """

    epochs: int
    batch_size: int
    n_steps: int
    first_epoch: int
    output_epochs: int
    learning_rates: list
    rates: Any
    smoothing: Any
    fixed_averages: bool
    early_stopping: Any
    callbacks: list
    verbose: int

    @property
    def last_epoch(self):
        """Number of epochs that the network will have been trained at the end."""
        return self.first_epoch + self.epochs


def make_plan(parameters, spec, n_rows, first_epoch, *, has_validation):
    """Plan a training.

    Parameters
    ----------
    parameters : TrainingParameters
    spec : NetworkSpec
        Describes the network.
    n_rows : int
        Number of images to train on.
    first_epoch : int
        Number of epochs that the network was trained before.
    has_validation : bool
        Whether there are images to measure after each epoch.

    Returns
    -------
    Plan
    """
    n_steps = -(-n_rows // parameters.batch_size)
    own_rates = _learning_rates(parameters, spec)
    output_epochs = _output_epochs(parameters, spec, first_epoch)
    stops_after = first_epoch + output_epochs if _fine_tunes(parameters, spec) else 0
    return Plan(
        epochs=parameters.epochs,
        batch_size=parameters.batch_size,
        n_steps=n_steps,
        first_epoch=first_epoch,
        output_epochs=output_epochs,
        learning_rates=own_rates,
        rates=_rates_of_steps(parameters, spec, own_rates[0], n_steps),
        smoothing=_smoothing_of_steps(parameters, spec, n_steps),
        fixed_averages=parameters.gently,
        early_stopping=_early_stopping(parameters, stops_after, has_validation),
        callbacks=list(parameters.callbacks),
        verbose=parameters.verbose,
    )


def _learning_rates(parameters, spec):
    """Return the learning rates that the training begins with; an optimizer may have its own."""
    share = GENTLE if parameters.gently else 1.0
    if isinstance(parameters.optimizer, str):
        tuned = FINE_TUNING if _fine_tunes(parameters, spec) else 1
        return [float(parameters.learning_rate) * tuned * share]
    own = learning_rates(parameters.optimizer)
    return [None if rate is None else rate * share for rate in own]


def _rates_of_steps(parameters, spec, rate, n_steps):
    """Return a function from step numbers to learning rates; None leaves the rate as it is."""
    if not spec.sets_rate:
        return None
    if parameters.in_parts:  # the number of parts is unknown
        return functools.partial(np.full_like, fill_value=rate, dtype=np.float32)
    return functools.partial(one_cycle, rate, parameters.epochs * n_steps)


def _smoothing_of_steps(parameters, spec, n_steps):
    """Return a function from step numbers to label smoothing; None leaves labels as they are."""
    stopping = keras.callbacks.EarlyStopping
    may_stop = any(isinstance(callback, stopping) for callback in parameters.callbacks)
    knows_end = not (parameters.in_parts or parameters.early_stopping or may_stop)
    if knows_end and spec.may_smooth_labels and is_name(parameters.loss, "auto"):
        return functools.partial(label_smoothing, parameters.epochs * n_steps)
    return None


def _output_epochs(parameters, spec, first_epoch):
    """Return how many epochs train only the output layer: a third of the first fit, or all."""
    if not spec.is_transferred:
        return 0
    epochs = parameters.epochs
    if not parameters.fine_tune:
        return epochs
    return 0 if first_epoch else min(max(epochs // 3, 1), epochs - 1)


class _EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras's callback, but the best epoch has the best score, however small the difference.

    Keras ignores smaller improvements than `min_delta` also when it keeps the best weights.
    scikit-learn ignores them only when it counts epochs without improvement.
    """

    best_epoch: int
    best_weights: list | None

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        self.best_score = None  # of the best epoch; `best` is what `min_delta` is added to

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        score = logs[self.monitor]
        if self.best_weights is None:  # before `start_from_epoch`
            return
        if epoch == self.best_epoch:
            self.best_score = score
        elif self.monitor_op(score, self.best_score):
            self.best_score = score
            self.best_epoch = epoch
            self.best_weights = self.model.get_weights()


def _early_stopping(parameters, first_epoch, has_validation):
    """Return Keras's callback, or None.

    It ignores epochs before `first_epoch`: when the output layer alone stops improving, the body
    may still improve.
    """
    if not parameters.early_stopping or parameters.in_parts:
        return None
    by_accuracy = has_validation and parameters.validation_fraction is not None
    return _EarlyStopping(
        monitor="val_accuracy" if by_accuracy else "loss",
        mode="max" if by_accuracy else "min",
        min_delta=parameters.tol,
        patience=parameters.n_iter_no_change,
        restore_best_weights=True,
        start_from_epoch=first_epoch,
    )


def _fine_tunes(parameters, spec):
    return spec.is_transferred and parameters.fine_tune
