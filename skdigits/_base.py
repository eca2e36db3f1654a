"""The scikit-learn interface that all classifiers share."""

import inspect
import os
import sys
from importlib import import_module

from sklearn.base import ClassifierMixin
from sklearn.callback import with_callbacks
from sklearn.utils.validation import check_is_fitted

from skdigits import _constraints as c
from skdigits._pickling import PickledCallbacks, parameter_names, shallow_copy
from skdigits._routed_names import advice_on
from skdigits._saved_state import plain_state, restored_state
from skdigits._thread_safety import reads, trains
from skdigits._trained_network import TrainedNetwork
from skdigits._unchanged import unchanged_after_error

# Objects of Keras, such as optimizers, start TensorFlow. This import fixes its number of threads
# before that.
if "tensorflow" in sys.modules:
    import_module("skdigits._tensorflow")


class ImageClassifier(PickledCallbacks, ClassifierMixin, TrainedNetwork):
    """Base of the image classifiers: parameters, prediction and state.

    A subclass declares its parameters in ``__init__``, including those of `_constraints`, and
    returns its network from `_network_to_build`.
    """

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
        parameters = parameter_names(cls)
        kinds = [each.kind for each in inspect.signature(cls.__init__).parameters.values()]
        for name in kwargs:
            if name not in parameters:
                advice = advice_on(name, parameters)
                if inspect.Parameter.VAR_KEYWORD in kinds:
                    advice = "name each parameter in __init__, since clones lose those of **kwargs."
                raise TypeError(f"{cls.__name__} takes no {name!r}; {advice}")
        return super().__new__(cls)

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

    def __sklearn_tags__(self):
        """Return the tags: besides rows, images are arrays of three dimensions."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_clone__(self):
        """Clone the estimator, but keep `transfer_from`: its clone would not be fitted."""
        bare = shallow_copy(self)
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
            divided by their mean. A sample of weight 0 takes no part in the training, as if it was
            not there; only its label still is in `classes_`.

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
        return self._fit(X, y, sample_weight, (X_val, y_val), None, go_on, in_parts=False)

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
            to the weights of earlier calls. Samples of weight 0 take no part, and a later call
            where all weights are 0 changes nothing.

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
        return self._fit(X, y, sample_weight, (None, None), classes, go_on, in_parts=True)

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
    def __copy__(self):
        """Return a copy that has the same parameters and a network of its own."""
        twin = shallow_copy(self)
        if hasattr(self, "_network"):
            twin._network = self._network.copy()
        return twin

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
