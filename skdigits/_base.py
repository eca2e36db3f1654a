"""The scikit-learn interface that all classifiers share."""

import copy
import inspect
import os
import sys
from importlib import import_module
from math import nan
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdigits import _constraints as c
from skdigits._duration import resolve_batch_size, resolve_epochs
from skdigits._epoch_tasks import EpochTasks
from skdigits._held_out import hold_out
from skdigits._numbers import Moments
from skdigits._pickling import PickledCallbacks, parameter_names
from skdigits._routed_names import advice_on
from skdigits._sample_weights import loss_weights
from skdigits._saved_state import plain_state, restored_state
from skdigits._thread_safety import reads, trains
from skdigits._unchanged import unchanged_after_error
from skdigits._validation import ValidatedInput
from skdigits._warnings import warn

# Objects of Keras, such as optimizers, start TensorFlow. This import fixes its number of threads
# before that.
if "tensorflow" in sys.modules:
    import_module("skdigits._tensorflow")


class ImageClassifier(
    PickledCallbacks, ValidatedInput, CallbackSupportMixin, ClassifierMixin, BaseEstimator
):
    """Base of the image classifiers: training, prediction and state.

    A subclass declares its parameters in ``__init__``, including those of `_constraints`, and
    returns its network from `_network_to_build`.
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

    _constraints: dict = {
        "image_shape": [c.ARRAY_LIKE, c.NONE],
        "learning_rate": [c.real_number("(0, inf)")],
        "weight_decay": [c.real_number("[0, inf)"), c.NONE],
        "learning_rate_schedule": [c.one_of("constant", "one_cycle"), c.SCHEDULE],
        "loss": [c.TEXT, c.CALLABLE],
        "epochs": [c.whole_number(1), c.ARRAY_LIKE],
        "batch_size": [c.one_of("auto"), c.whole_number(1)],
        "early_stopping": [c.BOOLEAN],
        "validation_fraction": [c.real_number("(0, 1)"), c.NONE],
        "n_iter_no_change": [c.whole_number(1)],
        "tol": [c.real_number("[0, inf)")],
        "test_time_averaging": [c.BOOLEAN],
        "fine_tune": [c.BOOLEAN],
        "precision": [c.one_of("auto", "float32", "bfloat16")],
        "class_weight": [c.instance_of(dict), c.one_of("balanced"), c.NONE],
        "callbacks": [c.instance_of(list, tuple), c.NONE],
        "checkpoint": [c.instance_of(str, os.PathLike), c.NONE],
        "warm_start": [c.BOOLEAN],
        "verbose": [c.VERBOSE],
        "random_state": c.RANDOM_STATE,
    }

    def __init_subclass__(cls, **kwargs):
        """Show the parameters in help and in notebooks, not those of `__new__`."""
        super().__init_subclass__(**kwargs)
        signature = inspect.signature(cls.__init__)
        _, *parameters = signature.parameters.values()
        cls.__signature__ = signature.replace(parameters=parameters)

    def __new__(cls, *args, **kwargs):
        """Refuse unknown parameters, and name those to use here."""
        _, *parameters = inspect.signature(cls.__init__).parameters
        for name in kwargs:
            if name not in parameters:
                advice = advice_on(name, parameters)
                raise TypeError(f"{cls.__name__} takes no {name!r}; {advice}")
        return super().__new__(cls)

    def _network_to_build(self):
        """Return the function that builds the network, and its options by name.

        ``build(input_shape, n_classes, *, dtype, **options)`` returns a Keras model that is not
        compiled. `dtype` is Keras's dtype policy for the layers that take most of the time.
        """
        raise NotImplementedError

    def get_params(self, deep=True):
        """Return the parameters.

        Parameters
        ----------
        deep : bool, default=True
            It makes no difference: the only parameter that may be an estimator is `transfer_from`,
            whose own parameters cannot be set.

        Returns
        -------
        params : dict
            Values by name.
        """
        return super().get_params(deep=False)

    def __sklearn_clone__(self):
        """Clone the estimator, but keep `transfer_from`: its clone would not be fitted."""
        bare = copy.copy(self)
        bare.transfer_from = None
        cloned = super(ImageClassifier, bare).__sklearn_clone__()
        cloned.transfer_from = self.transfer_from
        return cloned

    def set_params(self, **params):
        """Set parameters.

        Parameters
        ----------
        **params : dict
            Parameters of the class, by name.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If there is no parameter of this name. For misspelt names, and for those in the style of
            SciKeras, such as ``optimizer__learning_rate``, the message says what to use.
        """
        known = self.get_params(deep=False)
        for name in params:
            if name not in known:
                advice = advice_on(name, known)
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}; {advice}")
        return super().set_params(**params)

    @trains
    @unchanged_after_error
    @with_callbacks
    @c.with_checked_parameters
    def fit(self, X, y=None, sample_weight=None, *, X_val=None, y_val=None):
        """Train on images and their labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, h, w) or (n_samples, h, w, c)
            Images, of any real dtype and scale. uint8 needs the least memory.

        y : array-like of shape (n_samples,)
            Labels of any type, at least two different ones. They are required: if `X` is a data set
            that also holds labels, as Keras takes it, an error says what to do.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss, at least 0. Only their ratios count: they are
            divided by their mean.

        X_val : array-like of shape (n_val, ...), default=None
            Images to measure after each epoch, of the same shape and scale as those in `X`. The
            results are "val_loss" and "val_accuracy" of `history_`. The network is not trained on
            them. Early stopping uses them instead of a part of `X`, unless
            ``validation_fraction=None``. In a pipeline,
            ``Pipeline(..., transform_input=["X_val"])`` transforms them like `X`.

        y_val : array-like of shape (n_val,), default=None
            Labels of `X_val`. All of them must be in `y`.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If data or parameters cannot be used. The estimator does not change.

        Warns
        -----
        UserWarning
            If `X_val` seems to have another scale than `X`, or channels seem to come first.
        """
        go_on = self.warm_start and hasattr(self, "_network")
        n_images = _number_of_images(X)
        epochs = resolve_epochs(self.epochs, n_images, self._images_in_a_step(n_images))
        return self._fit(X, y, sample_weight, (X_val, y_val), None, go_on, epochs)

    @trains
    @unchanged_after_error
    @with_callbacks
    @c.with_checked_parameters
    def partial_fit(self, X, y=None, classes=None, sample_weight=None):
        """Train one epoch on these images, from the present state of the estimator.

        If the estimator was not fitted before, the learning rate is constant, since a schedule
        would need the number of calls. The input is standardised by the mean and variance of all
        images so far.

        After `fit` the rate is a hundredth of `learning_rate`, and batch normalisation keeps its
        averages. So a few calls do little harm, even on known images, on single images or on images
        of one class. Set a higher `learning_rate` to learn new images faster; the network then
        forgets more of the earlier ones.

        A schedule of Keras goes on in either case, at its own rates. An optimizer that is an object
        keeps its rate, or takes a hundredth of it after `fit`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, h, w) or (n_samples, h, w, c)
            Images.

        y : array-like of shape (n_samples,)
            Their labels.

        classes : array-like of shape (n_classes,), default=None
            All labels that later calls may have. The first call needs them if its `y` does not have
            all of them.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss, at least 0. Only their ratios count, including those
            to the weights of earlier calls.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            As in `fit`, and for ``class_weight="balanced"``, which needs the labels of all calls.
        """
        if isinstance(self.class_weight, str):
            raise ValueError(
                'class_weight="balanced" is not supported by partial_fit: the images of one call '
                "do not tell how common the classes are. Compute the weights from all labels with "
                "sklearn.utils.class_weight.compute_class_weight, and give them as a dict."
            )
        go_on = hasattr(self, "_network")
        return self._fit(X, y, sample_weight, (None, None), classes, go_on, None)

    @reads
    def predict(self, X):
        """Predict the label of each image.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, h, w) or (n_samples, h, w, c)
            Images.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels, as they were given to `fit`.
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    @reads
    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, h, w) or (n_samples, h, w, c)
            Images.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`. Each row sums to one. If the outputs of the
            network do not sum to one, the loss decides: with ``from_logits=True``, and for sigmoids
            with a categorical cross-entropy, the probabilities are the softmax of the logits; for
            other outputs, they are the outputs divided by their sum. With a binary cross-entropy of
            logits, these outputs are the sigmoids of the logits.

        Warns
        -----
        UserWarning
            If the images seem to have another scale than those of `fit`, such as 0..1 instead of
            0..255, or seem to be inverted.
        """
        images = self._images_to_predict(X)
        return self._network.probabilities(images, averaged=self.test_time_averaging)

    @reads
    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        The values are those of ``np.log(predict_proba(X))``. Probabilities that are too small for
        float32 have a value here, too: it comes from the input of the softmax. It is -inf only if
        the outputs of the network are no softmax or sigmoids, and one of them is zero.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, h, w) or (n_samples, h, w, c)
            Images.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            Natural logarithms, in the order of `classes_`.
        """
        images = self._images_to_predict(X)
        return self._network.log_probabilities(images, averaged=self.test_time_averaging)

    def _images_to_predict(self, X):
        check_is_fitted(self)
        images = self._validate_images(X)
        self._warn_of_scale(images)
        return images

    @property
    def model_(self):
        """The fitted Keras model. Another `fit` makes a new one."""
        if not hasattr(self, "_network"):
            raise AttributeError(f"This {type(self).__name__} has no model_ before it is fitted.")
        return self._network.model

    @property
    def n_parameters_(self):
        """Number of weights of the fitted network, including those of the standardisation."""
        if not hasattr(self, "_network"):
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        return self._network.n_parameters

    def __dir__(self):
        """List all attributes but `model_`: tools read the values of those in the list."""
        names = object.__dir__(self)
        return [name for name in names if name != "model_" and hasattr(self, name)]

    @reads
    def __getstate__(self):
        """Return the state as plain data, as far as it can be."""
        state = dict(super().__getstate__())
        state.pop("_validation_seconds", None)  # the same training gives the same file
        return plain_state(state, parameter_names(type(self)))

    def __setstate__(self, state):
        """Restore an estimator; parameters that are not in the state get their defaults."""
        names, owner = parameter_names(type(self)), type(self).__name__
        super().__setstate__(restored_state(state, names, owner))

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_network")

    def _fit(self, X, y, sample_weight, validation, classes, go_on, epochs):
        """Train from the beginning or go on; `partial_fit` gives None for `epochs`."""
        context = self._init_callback_context(max_subtasks=epochs or 1)
        tasks = EpochTasks(context, self, lambda: {"_network": self._network.copy()}, X, y)
        images, codes = self._validate_labelled_images(X, y, classes, known=go_on)
        earlier = self._weights_seen if go_on and epochs is None else (0.0, 0)
        weights, self._weights_seen = loss_weights(
            sample_weight, self.class_weight, self.classes_, codes, earlier
        )
        validation = self._validate_validation_data(*validation)
        result = self._train((images, codes, weights), validation, go_on, epochs, tasks)
        interrupted = result.interrupted
        try:
            tasks.end()
        except KeyboardInterrupt:
            interrupted = True
        if interrupted:
            warn(
                f"Training was interrupted: {type(self).__name__} keeps the {len(result.logs)} "
                f"epochs done, of {epochs or 1}."
            )
        return self

    def _images_in_a_step(self, n_images):
        return resolve_batch_size(self.batch_size, n_images, self._largest_batch)

    def _train(self, arrays, validation, go_on, epochs, tasks):
        """Train on images, labels and weights; measure `validation`, or rows held out."""
        from skdigits import training

        self._prepare_random_numbers(go_on)
        train_rows, val_rows = self._split(arrays[1], validation, may_hold_out=epochs is not None)
        gently = epochs is None and go_on and self._moments is None
        parameters = self._training_parameters(len(train_rows), epochs, gently)
        if np.ptp(arrays[2]) > 0:
            training.check_loss_takes_weights(parameters)
        spec = training.NetworkSpec.of(parameters)
        if go_on:
            self._go_on(spec, arrays[0], in_parts=epochs is None)
        else:
            self._begin(spec, arrays[0], train_rows)
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
        if isinstance(self.transfer_from, ImageClassifier):
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

    def _begin(self, spec, images, train_rows):
        """Make a new network, ready for its training."""
        from skdigits import training

        if hasattr(self, "_network"):
            self._network.suspend()  # so that this training can use its compiled model
        self._moments = Moments(images, train_rows, self.offset_)
        self._network = training.Network(spec)
        seed = np.random.SeedSequence(int(self._rng.integers(2**63)))
        self._network.start(seed, *(self._moments.values() if spec.standardizes else (0.0, 1.0)))
        self.history_, self.n_iter_ = {}, 0

    def _go_on(self, spec, images, in_parts):
        """Prepare the present network for more training."""
        self._network.prepare_to_go_on(spec, may_change_dtype=self.precision == "auto")
        if in_parts and self._moments is not None:
            self._moments = self._moments.and_of(images)
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

    def _split(self, codes, validation, may_hold_out):
        """Return the rows to train on, and the rows to measure: of `validation`, or held out.

        All trainings with ``warm_start`` hold out the same rows, so that none was trained on.
        """
        rows = np.arange(len(codes), dtype=np.int32)
        if validation is not None:
            return rows, np.arange(len(validation[1]), dtype=np.int32)
        if may_hold_out and self.early_stopping and self.validation_fraction is not None:
            return hold_out(rows, codes, self.validation_fraction, self._split_seed)
        return rows, rows[:0]


def _extended(history, n_before, logs):
    """Add the logs of epochs to a history of `n_before` epochs; missing values become NaN."""
    names = {**history, **{name: None for log in logs for name in log}}
    return {
        name: [*history.get(name, [nan] * n_before), *(log.get(name, nan) for log in logs)]
        for name in names
    }


def _number_of_images(X):
    """Return the number of images in X; 0 for other objects, which later checks refuse."""
    try:
        return X.shape[0] if hasattr(X, "shape") else len(X)
    except (TypeError, IndexError):
        return 0
