"""The scikit-learn contract of every skdigits estimator, once."""

import copy
from math import nan
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from skdigits._duration import resolve_epochs
from skdigits._epoch_tasks import EpochTasks
from skdigits._numbers import Moments
from skdigits._pickling import PickledCallbacks
from skdigits._routed_names import advice_on
from skdigits._unchanged import unchanged_after_error
from skdigits._validation import ValidatedInput
from skdigits._warnings import warn


class ImageClassifier(
    PickledCallbacks, ValidatedInput, CallbackSupportMixin, ClassifierMixin, BaseEstimator
):
    """Base of the image classifiers: training, prediction and state.

    A subclass declares its parameters in ``__init__`` and names its network.
    """

    # Set by fit.
    history_: dict
    n_iter_: int
    best_epoch_: int
    _network: Any  # training.Network
    _rng: np.random.Generator
    # Pickles of older versions lack these.
    _split_seed: int = 0  # of the rows that early stopping holds out
    _weights_seen: tuple[float, int] = (0.0, 0)  # sum and number of the weights of all calls so far
    _moments: Moments | None = None  # of all images, while only partial_fit has trained

    # Parameters that differ from the defaults, by effort.
    _efforts: dict

    # The function of skdigits.networks that builds the network, and the parameters it takes.
    _builder: str
    _network_parameters: tuple = (
        "hidden_layer_sizes",
        "activation",
        "output_activation",
        "kernel_initializer",
        "dropout",
        "batch_norm",
    )

    _parameter_constraints: dict = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [str, callable],
        "output_activation": [str, callable],
        "kernel_initializer": [str, callable],
        "dropout": ["array-like", Interval(Real, 0, 1, closed="left")],
        "batch_norm": ["boolean"],
        "image_shape": ["array-like", None],
        "optimizer": "no_validation",
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left"), None],
        "learning_rate_schedule": [StrOptions({"constant", "one_cycle"}), callable],
        "loss": [str, callable],
        "epochs": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "augmentation": "no_validation",
        "test_time_averaging": ["boolean"],
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "callbacks": [list, tuple, None],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __new__(cls, *args, **parameters):
        """Refuse parameters as SciKeras routes them, and say what they are called here."""
        for name in parameters:
            if "__" in name:
                advice = advice_on(name, cls._get_param_names())
                raise TypeError(f"{cls.__name__} takes no {name!r}; {advice}")
        return super().__new__(cls)

    @classmethod
    def with_effort(cls, effort, **parameters):
        """Return a classifier for less or for more time than the defaults take.

        The settings were chosen on images held out from the training images of MNIST,
        Fashion-MNIST and :func:`~skdigits.datasets.load_digits`, for any small images ("best" of
        a CNN wants 8 x 8 pixels); most of what they were compared with had one seed
        (benchmarks/sweeps). docs/performance.md has what they reach, and in what time.

        Parameters
        ----------
        effort : {"quick", "default", "best"}
            "quick" is for a first look, "default" what the class gives without parameters, "best"
            for the last tenths of a per cent.

        **parameters
            Parameters of the class; they go before the settings of the effort.

        Returns
        -------
        classifier : object
            Not fitted. All its parameters are plain, as if given one by one.

        Raises
        ------
        ValueError
            For an effort of another name.

        Examples
        --------
        >>> from skdigits import CNNClassifier, MLPClassifier
        >>> classifier = CNNClassifier.with_effort("best", random_state=0)
        >>> MLPClassifier.with_effort("quick")
        MLPClassifier(epochs=(5, 250), hidden_layer_sizes=(256, 128))
        """
        if not isinstance(effort, str) or effort not in cls._efforts:
            choices = ", ".join(map(repr, cls._efforts))
            raise ValueError(f"{cls.__name__} has no effort {effort!r}; the efforts are {choices}.")
        return cls(**{**cls._efforts[effort], **parameters})

    def set_params(self, **params):
        """Set parameters, as everywhere in scikit-learn.

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
            For a name that is none of them. Of ``optimizer__learning_rate`` and others that are
            SciKeras's, it says what to use.
        """
        for name in params:
            prefix = name.partition("__")[0]
            if prefix != name and not hasattr(getattr(self, prefix, None), "set_params"):
                advice = advice_on(name, self._get_param_names())
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}; {advice}")
        return super().set_params(**params)

    @unchanged_after_error
    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None, *, X_val=None, y_val=None):
        """Train on images and their labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, h, w) or (n_samples, h, w, c)
            Images, of any real dtype and scale; uint8 needs the least memory.

        y : array-like of shape (n_samples,)
            Labels of any type, at least two different ones. They are required: a data set that
            holds labels too, as Keras takes it, gets an error that says what to do.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss, at least 0. Only their ratios count: they are
            brought to a mean of one.

        X_val : array-like of shape (n_val, ...), default=None
            Images to measure after each epoch, of the shape and scale of those in `X`; "val_loss"
            and "val_accuracy" of `history_` are theirs. They are never trained on. Early stopping
            takes them in place of a part of `X`, unless ``validation_fraction=None``. In a
            Pipeline, ``Pipeline(..., transform_input=["X_val"])`` transforms them as `X`.

        y_val : array-like of shape (n_val,), default=None
            Labels of `X_val`, all among those in `y`.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            For data or parameters that cannot be trained on; the estimator stays as it was.

        Warns
        -----
        UserWarning
            Where `X_val` has another scale than `X`, as far as that can be told, or channels come
            first.
        """
        go_on = self.warm_start and hasattr(self, "_network")
        epochs = resolve_epochs(self, X)
        return self._fit(X, y, sample_weight, (X_val, y_val), None, go_on, epochs)

    @unchanged_after_error
    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, classes=None, sample_weight=None):
        """Train one epoch on these images, going on from where the estimator stands.

        From nothing, the learning rate is constant: a schedule would have to know the number of
        calls. The input is standardised by the mean and variance of all images so far. After `fit`,
        which ends at a rate near zero, the rate is a hundredth of `learning_rate`, and batch
        normalisation keeps the averages that it has: a few calls on images that are known already,
        on single images or on those of one class so do no harm. Set a higher `learning_rate` to
        learn faster, at the price of what was learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, h, w) or (n_samples, h, w, c)
            Images.

        y : array-like of shape (n_samples,)
            Their labels.

        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; the first call needs it where its `y` lacks some.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss, at least 0. Only their ratios count, those to the
            weights of all calls so far.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            As `fit`, and for ``class_weight="balanced"``: the classes of one call are not those of
            all data.
        """
        if isinstance(self.class_weight, str):
            raise ValueError(
                'class_weight="balanced" is not supported by partial_fit: the images of one call '
                "do not tell how common the classes are. Compute the weights from all labels with "
                "sklearn.utils.class_weight.compute_class_weight, and give them as a dict."
            )
        go_on = hasattr(self, "_network")
        return self._fit(X, y, sample_weight, (None, None), classes, go_on, None)

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

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, h, w) or (n_samples, h, w, c)
            Images.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`; each row sums to one. Where the outputs are
            no distribution by themselves, they are what the loss took for one: of sigmoids trained
            with a categorical cross-entropy, the softmax of their logits; of others, the outputs
            divided by their sum.

        Warns
        -----
        UserWarning
            Where images have another scale than those of `fit`, such as 0..1 for 0..255, or are
            their negative, as far as that can be told.
        """
        check_is_fitted(self)
        images = self._validate_images(X)
        self._warn_of_scale(images)
        return self._network.probabilities(images, averaged=self.test_time_averaging)

    @property
    def model_(self):
        """The fitted Keras model; `fit` trains a new one."""
        if not hasattr(self, "_network"):
            raise AttributeError(f"This {type(self).__name__} has no model_ before it is fitted.")
        return self._network.model

    @property
    def n_parameters_(self):
        """Number of weights of the fitted network, those of the standardisation included."""
        if not hasattr(self, "_network"):
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        return self._network.n_parameters

    def __dir__(self):
        """List all attributes but `model_`: who lists them, or shows them, takes their values."""
        names = object.__dir__(self)
        return [name for name in names if name != "model_" and hasattr(self, name)]

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_network")

    def _fit(self, X, y, sample_weight, validation, classes, go_on, epochs):
        """Train from the beginning or go on; `epochs` None is the one epoch of `partial_fit`."""
        context = self._init_callback_context(max_subtasks=epochs or 1)
        tasks = EpochTasks(self, context, X, y)
        images, codes = self._validate_labelled_images(X, y, classes, known=go_on)
        earlier = self._weights_seen if go_on and epochs is None else (0.0, 0)
        weights, self._weights_seen = self._loss_weights(images, y, sample_weight, earlier)
        validation = self._validate_validation_data(*validation)
        n_done, interrupted = self._train(
            (images, codes, weights), validation, go_on, epochs, tasks
        )
        try:
            tasks.end()
        except KeyboardInterrupt:
            interrupted = True
        if interrupted:
            warn(
                f"Training was interrupted: {type(self).__name__} keeps the {n_done} epochs done, "
                f"of {epochs or 1}."
            )
        return self

    def _loss_weights(self, images, y, sample_weight, earlier):
        """Return a weight for each image, of mean one together with those of earlier calls.

        Also the sum and the number of all of these; `earlier` has those before.
        """
        weights = _check_sample_weight(
            sample_weight, images, dtype=np.float64, ensure_non_negative=True
        )
        if sample_weight is None and self.class_weight is None:
            return weights, earlier
        if self.class_weight is not None:
            weights = weights * compute_sample_weight(self.class_weight, y)
            if (weights < 0).any():
                raise ValueError("The 'class_weight' parameter holds a negative weight.")
        total, count = earlier[0] + weights.sum(), earlier[1] + len(weights)
        if not total:
            raise ValueError("sample_weight and class_weight give each image a weight of zero.")
        return weights * (count / total), (total, count)

    def _train(self, arrays, validation, go_on, epochs, tasks):
        """Train on images, labels and weights; measure `validation`, or rows held out.

        Returns
        -------
        n_epochs : int
            How many are done.
        interrupted : bool
            Whether Ctrl-C kept it from doing all.
        """
        from skdigits import training

        spec = training.make_spec(
            self, self._builder, self._network_parameters, self.image_shape_, len(self.classes_)
        )
        if go_on:
            self._network.check_unchanged(spec)
            self._rng = copy.deepcopy(self._rng)  # the old one stays for an error to go back to
        else:
            self._rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
            self._split_seed = int(self._rng.integers(2**31))
        train_rows, val_rows = self._split(arrays, validation, may_hold_out=epochs is not None)
        if not go_on:
            self._moments = Moments(arrays[0], train_rows, self.offset_)
            self._network = self._new_network(spec, *self._moments.values())
            self.history_, self.n_iter_ = {}, 0
        elif epochs is None and self._moments is not None:
            self._moments = self._moments.and_of(arrays[0])
            self._network.standardize(*self._moments.values())
        network, before = self._network, self.n_iter_
        plan = training.make_plan(
            self,
            network.spec,
            len(train_rows),
            epochs,
            self._rng,
            has_validation=len(val_rows) > 0,
            goes_on_from_fit=self._moments is None,
        )
        data = training.Data.from_arrays(*arrays)
        val_data = data if validation is None else training.Data.from_arrays(*validation)
        logs, interrupted = training.train(
            network, (data, train_rows), (val_data, val_rows), plan, tasks
        )
        self.best_epoch_ = self.n_iter_ = before + len(logs)
        if epochs is not None:
            self._moments = None
        self.history_ = _extended(self.history_, before, logs)
        if plan.early_stopping:
            self.best_epoch_ = plan.early_stopping.best_epoch + 1
        return len(logs), interrupted

    def _new_network(self, spec, mean, variance):
        """Return a network at the beginning of its training."""
        from skdigits import training

        if hasattr(self, "_network"):
            self._network.suspend()  # so that this training can use its program
        network = training.Network(spec)
        seed = np.random.SeedSequence(int(self._rng.integers(2**63)))
        network.start(seed, mean, variance)
        return network

    def _split(self, arrays, validation, may_hold_out):
        """Return the rows to train on, and those to measure: of `validation`, or held out.

        A training that goes on holds out what the first did, so that nothing was trained on.
        """
        codes = arrays[1]
        rows = np.arange(len(codes), dtype=np.int32)
        if validation is not None:
            return rows, np.arange(len(validation[1]), dtype=np.int32)
        if not (may_hold_out and self.early_stopping and self.validation_fraction is not None):
            return rows, rows[:0]
        try:
            return train_test_split(
                rows,
                test_size=self.validation_fraction,
                stratify=codes,
                random_state=self._split_seed,
            )
        except ValueError as error:
            raise ValueError(
                f"early_stopping with validation_fraction={self.validation_fraction} cannot split "
                f"{len(rows)} samples of {len(self.classes_)} classes: {error} Use more samples, "
                "another fraction, or validation_fraction=None to stop on the training loss."
            ) from error


def _extended(history, n_before, logs):
    """Add the logs of epochs to a history of `n_before`; a value that one lacks is NaN."""
    names = {**history, **{name: None for log in logs for name in log}}
    return {
        name: [*history.get(name, [nan] * n_before), *(log.get(name, nan) for log in logs)]
        for name in names
    }
