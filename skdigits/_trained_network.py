"""What `fit` and `partial_fit` of all classifiers do: train a network, and keep the result."""

import copy
import os
from math import nan
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from skdigits._duration import resolve_batch_size, resolve_epochs
from skdigits._epoch_tasks import EpochTasks
from skdigits._interrupts import is_part_of_more
from skdigits._numbers import Moments
from skdigits._sample_weights import loss_weights
from skdigits._validation import ValidatedInput
from skdigits._warnings import warn


class TrainedNetwork(ValidatedInput, CallbackSupportMixin, BaseEstimator):
    """Base of the estimators that train a network by their parameters.

    Each class says which network: two members are abstract, and raise until a class defines them.
    """

    # Set by fit.
    history_: dict
    n_iter_: int
    best_epoch_: int
    _network: Any  # training.Network
    _rng: np.random.Generator
    # Pickles of older versions lack these.
    _split_seed: int = 0  # for the rows that early stopping holds out
    _weights_seen: tuple[float, int] = (0.0, 0)  # sum and number of the weights of all calls so far
    _validation_seconds: float = 0.0  # time of the last training that measured other images
    _moments: Moments | None = None  # of all images, as long as only partial_fit has trained

    _may_convolve = True  # whether convolutions may take most of the time
    _largest_batch = 128  # that "auto" takes

    @property
    def _body_parameters(self):
        """Names of the parameters that do not count if `transfer_from` gives the body."""
        raise NotImplementedError

    def _network_to_build(self):
        """Return the function that builds the network, and its options by name.

        ``build(input_shape, n_classes, *, dtype, **options)`` returns a Keras model that is not
        compiled. `dtype` is Keras's dtype policy for the layers that take most of the time.
        """
        raise NotImplementedError

    def _fit(self, X, y, sample_weight, validation, classes, go_on, in_parts):
        """Train from the beginning or go on; `in_parts` is True for `partial_fit`.

        Images of weight 0 take no part, as if they were not there.
        """
        values, codes = self._labelled_rows(X, y, classes, known=go_on)
        earlier = self._weights_seen if go_on and in_parts else (0.0, 0)
        weights, self._weights_seen = loss_weights(
            sample_weight, self.class_weight, self.classes_, codes, earlier
        )
        rows = np.flatnonzero(weights).astype(np.int32)
        if not len(rows):  # earlier calls had others
            return self
        epochs = None
        if not in_parts:
            epochs = resolve_epochs(self.epochs, len(rows), self._images_in_a_step(len(rows)))
        images = self._learn_images(values, rows, known=go_on)
        validation = self._validate_validation_data(*validation)
        context = self._init_callback_context(max_subtasks=epochs or 1)
        tasks = EpochTasks(context, self, lambda: {"_network": self._network.copy()}, X, y)
        result = self._train((images, codes, weights), rows, validation, go_on, epochs, tasks)
        interrupted = result.interrupted
        try:
            tasks.end()
        except KeyboardInterrupt:
            interrupted = True
        if interrupted and is_part_of_more():
            raise KeyboardInterrupt
        if interrupted:
            warn(
                f"Training was interrupted: {type(self).__name__} keeps the {len(result.logs)} "
                f"epochs done, of {epochs or 1}."
            )
        return self

    def _images_in_a_step(self, n_images):
        return resolve_batch_size(self.batch_size, n_images, self._largest_batch)

    def _train(self, arrays, rows, validation, go_on, epochs, tasks):
        """Train on `rows` of images, labels and weights; measure `validation`, or rows held out.

        `epochs` is None for `partial_fit`.
        """
        from skdigits import training

        self._prepare_random_numbers(go_on)
        images, codes, weights = arrays
        train_rows, val_rows = self._split(rows, codes, validation, may_hold_out=epochs is not None)
        gently = epochs is None and go_on and self._moments is None
        parameters = self._training_parameters(len(train_rows), epochs, gently)
        spec = training.NetworkSpec.of(parameters)
        training.check_loss_values(parameters, are_weighted=np.ptp(weights[rows]) > 0)
        if go_on:
            self._go_on(spec, images, train_rows, in_parts=epochs is None)
        else:
            self._begin(spec, images, train_rows)
        if validation is None and len(val_rows):  # then their loss and accuracy are means
            weights[val_rows] /= weights[val_rows].mean()
        data = training.Data.from_arrays(*arrays)
        val_data = data if validation is None else training.Data.from_arrays(*validation)
        result = training.train(
            self._network,
            parameters,
            training.Rows(data, train_rows),
            training.Rows(val_data, val_rows),
            first_epoch=self.n_iter_,
            rng=self._rng,
            tasks=tasks,
        )
        self._keep(result, is_whole=epochs is not None)
        return result

    def _training_parameters(self, n_rows, epochs, gently):
        """Return the parameters of a training for `skdigits.training`."""
        from skdigits import training

        build, options = self._network_to_build()
        return training.TrainingParameters(
            owner=type(self).__name__,
            build=build,
            build_options=options,
            may_convolve=self._may_convolve and len(self.image_shape_) > 1,
            input_shape=self.image_shape_,
            n_classes=len(self.classes_),
            body=self._body(),
            fine_tune=self.fine_tune,
            precision=self.precision,
            augmentation=self.augmentation,
            loss=self.loss,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            learning_rate_schedule=self.learning_rate_schedule,
            epochs=epochs or 1,
            batch_size=self._images_in_a_step(n_rows),
            early_stopping=self.early_stopping,
            validation_fraction=self.validation_fraction,
            n_iter_no_change=int(self.n_iter_no_change),
            tol=self.tol,
            callbacks=tuple(self.callbacks or ()),
            verbose=int(self.verbose),
            checkpoint=None if epochs is None else self._checkpoint_path(),
            in_parts=epochs is None,
            gently=gently,
        )

    def _body(self):
        """Return the trained network to begin with, or a Keras model, or None."""
        if isinstance(self.transfer_from, TrainedNetwork):
            return getattr(self.transfer_from, "_network", self.transfer_from)
        return getattr(self.transfer_from, "model_", self.transfer_from)

    def _checkpoint_path(self):
        """Return the path of the file that keeps the state of a training, or None."""
        if self.checkpoint is None:
            return None
        name = type(self).__name__
        if not isinstance(self.random_state, Integral):
            raise ValueError(
                f"The 'checkpoint' parameter of {name} needs a random_state that is a number, so "
                "that the same training begins again."
            )
        if self.callbacks:
            raise ValueError(
                f"The 'checkpoint' parameter of {name} cannot keep the state of callbacks; set one "
                "of the two to None."
            )
        return os.fspath(self.checkpoint)

    def _prepare_random_numbers(self, go_on):
        """Make a new random generator, or go on with that of the last training."""
        if go_on:
            self._rng = copy.deepcopy(self._rng)  # after an error the old one is needed
        else:
            self._rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
            self._split_seed = int(self._rng.integers(2**31))

    def _begin(self, spec, images, rows):
        """Make a new network, ready for its training; `rows` standardise its input."""
        from skdigits import training

        if hasattr(self, "_network"):
            self._network.suspend()  # so that this training can use its compiled model
        self._moments = Moments(images, rows, self.offset_)
        self._network = training.Network(spec)
        seed = np.random.SeedSequence(int(self._rng.integers(2**63)))
        self._network.start(seed, *(self._moments.values() if spec.standardizes else (0.0, 1.0)))
        self.history_, self.n_iter_ = {}, 0

    def _go_on(self, spec, images, rows, in_parts):
        """Prepare the present network for more training; `rows` help to standardise its input."""
        self._network.prepare_to_go_on(spec, may_change_dtype=self.precision == "auto")
        if in_parts and self._moments is not None:
            self._moments = self._moments.and_of(images, rows)
            if spec.standardizes:
                self._network.standardize(*self._moments.values())

    def _keep(self, result, is_whole):
        """Keep the result of a training by `fit` (`is_whole`) or by `partial_fit`."""
        self.history_ = _extended(self.history_, self.n_iter_, result.logs)
        self.n_iter_ += len(result.logs)
        self.best_epoch_ = result.best_epoch
        self._validation_seconds = result.validation_seconds
        if is_whole:
            self._moments = None

    def _split(self, rows, codes, validation, may_hold_out):
        """Return the rows to train on, and the rows to measure: of `validation`, or held out.

        All trainings with ``warm_start`` hold out the same rows, so that none was trained on.
        """
        if validation is not None:
            return rows, np.arange(len(validation[1]), dtype=np.int32)
        if may_hold_out and self.early_stopping and self.validation_fraction is not None:
            return _hold_out(rows, codes[rows], self.validation_fraction, self._split_seed)
        return rows, rows[:0]


def _hold_out(rows, codes, fraction, seed):
    """Split rows into rows to train on and rows to measure, stratified by class.

    Parameters
    ----------
    rows : ndarray of int
    codes : ndarray of int
        The class of each of them.
    fraction : float
        Share of the rows to measure.
    seed : int

    Returns
    -------
    train_rows, validation_rows : ndarray of int

    Raises
    ------
    ValueError
        If a class has too few rows.
    """
    try:
        return train_test_split(rows, test_size=fraction, stratify=codes, random_state=seed)
    except ValueError as error:
        raise ValueError(
            f"early_stopping with validation_fraction={fraction} cannot split {len(rows)} samples "
            f"of {len(np.unique(codes))} classes: {error} Use more samples, another fraction, or "
            "validation_fraction=None to stop on the training loss."
        ) from error


def _extended(history, n_before, logs):
    """Add the logs of epochs to a history of `n_before` epochs; missing values become NaN."""
    names = {**history, **{name: None for log in logs for name in log}}
    return {
        name: [*history.get(name, [nan] * n_before), *(log.get(name, nan) for log in logs)]
        for name in names
    }
