"""Average the predictions of several networks."""

import copy
import math
from contextlib import nullcontext

import numpy as np
from sklearn import get_config
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    clone,
    is_classifier,
)
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.metadata_routing import (
    UNUSED,
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, column_or_1d

from skdigits import _constraints as c
from skdigits._arrays import check_labels, check_texts
from skdigits._base import ImageClassifier
from skdigits._cnn import CNNClassifier
from skdigits._nested import last_step, random_states, with_last_step
from skdigits._numbers import log_mean, logarithms
from skdigits._pickling import OldPickles
from skdigits._warnings import without_our_warnings

__all__ = ["AveragingClassifier"]

MAX_SEED = np.iinfo(np.int32).max  # as in the ensembles of scikit-learn


class AveragingClassifier(OldPickles, ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Average the probabilities of equal classifiers that are trained from different seeds.

    All members learn from the same data. They differ by chance only: by their initial weights, the
    order of the images, dropout and augmentation. Their average is usually more accurate than a
    single member, and its probabilities are better [1]_. Training and prediction take
    `n_estimators` times as long.

    Parameters
    ----------
    estimator : classifier with `predict_proba` and `random_state`, default=None
        The classifier to clone for each member: a network, a Pipeline with a network, or any other
        classifier of scikit-learn that depends on chance. None means ``CNNClassifier()``.

    n_estimators : int, default=5
        Number of members, at least 1. More members improve the average less and less; the time
        grows with their number. The default is that of [1]_.

    n_jobs : int, default=None
        Number of members to train in parallel. None means 1, unless in a `joblib.parallel_config`
        context; -1 means all processors. A single network uses up to four cores, and every worker
        process has to import TensorFlow first. So set it for small networks that train for long,
        or on machines with many cores. It does not affect `predict`.

    random_state : int, RandomState instance or None, default=None
        Determines each `random_state` of each member; a `random_state` that is set in `estimator`
        is replaced. Pass an int for the same result, bit for bit, with any `n_jobs`.

    Attributes
    ----------
    estimators_ : list of classifiers
        The fitted members.

    classes_ : ndarray of shape (n_classes,)
        The labels.

    n_features_in_ : int
        Number of values in an image. Only defined if the members expose it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if `X` was a data frame with names. Only defined if the members
        expose it.

    See Also
    --------
    sklearn.ensemble.VotingClassifier : Average different classifiers.
    sklearn.ensemble.BaggingClassifier : Average equal classifiers, each fitted on a sample.
    CNNClassifier : The default members.

    Notes
    -----
    Members are fitted on the labels as they are given, so that each can be used by itself. Members
    that are trained one after the other share one compiled model, and so do all members when they
    predict. Each call of `predict` or `predict_proba` has to set the weights of each member, which
    takes some milliseconds for each. So predict many images in one call rather than one by one.

    References
    ----------
    .. [1] B. Lakshminarayanan, A. Pritzel and C. Blundell, "Simple and scalable predictive
       uncertainty estimation using deep ensembles", 2017, https://arxiv.org/abs/1612.01474

    Examples
    --------
    >>> from skdigits import MLPClassifier
    >>> from skdigits.datasets import load_digits
    >>> from skdigits.ensemble import AveragingClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X_test, y_test = load_digits(subset="test", return_X_y=True)
    >>> network = MLPClassifier(epochs=3)
    >>> classifier = AveragingClassifier(network, n_estimators=3, random_state=0).fit(X, y)
    >>> len(classifier.estimators_), classifier.predict_proba(X_test).shape
    (3, (355, 10))
    >>> bool(classifier.score(X_test, y_test) > 0.9)
    True
    """

    _constraints: dict = {
        "estimator": [c.with_methods("fit", "predict_proba"), c.NONE],
        "n_estimators": [c.whole_number(1)],
        "n_jobs": [c.whole_number(-math.inf), c.NONE],
        "random_state": c.RANDOM_STATE,
    }
    # The members request weights, not the average: it has no request to set.
    __metadata_request__fit = {"sample_weight": UNUSED}

    def __init__(self, estimator=None, n_estimators=5, *, n_jobs=None, random_state=None):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.n_jobs = n_jobs
        self.random_state = random_state

    @c.with_checked_parameters
    def fit(self, X, y, sample_weight=None, **fit_params):
        """Train the members.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, h, w) or (n_samples, h, w, c)
            Images, as the members take them.

        y : array-like of shape (n_samples,)
            Labels, as the members take them.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, for the `fit` of each member.

        **fit_params : dict
            More arguments for the `fit` of each member, such as `X_val` and `y_val`. With
            ``enable_metadata_routing=True``, members get the arguments that they request, and
            `sample_weight` only if they request it.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If `estimator` is not a classifier or has no `random_state`, and for the errors of a
            member. The estimator stays as it was.
        """
        estimator = self._get_estimator()
        seeds = _check_estimator(estimator, self.n_estimators)
        y = column_or_1d(check_labels(y), warn=True)
        check_texts(y)
        check_classification_targets(y)
        if sample_weight is not None:
            fit_params["sample_weight"] = sample_weight
        if get_config()["enable_metadata_routing"]:
            fit_params = process_routing(self, "fit", **fit_params).estimator.fit

        rng = check_random_state(self.random_state)
        members = [
            clone(estimator).set_params(**{name: rng.randint(MAX_SEED) for name in seeds})
            for _ in range(self.n_estimators)
        ]
        self.estimators_ = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit_member)(member, X, y, fit_params, warns=member is members[0])
            for member in members
        )
        return self

    def predict(self, X):
        """Predict the label of each image: the label with the highest mean probability.

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
        """Predict the probability of each class: the mean over the members.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, h, w) or (n_samples, h, w, c)
            Images.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`; each row sums to one.
        """
        check_is_fitted(self)
        return np.mean(self._predictions(_predict_proba, X), axis=0)

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        The values are those of ``np.log(predict_proba(X))``. Probabilities that are too small for
        floats have a value here, too, if the members have it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, h, w) or (n_samples, h, w, c)
            Images.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            Natural logarithms, in the order of `classes_`.
        """
        return logarithms(
            self.predict_proba(X),
            lambda: log_mean(self._predictions(_predict_log_proba, X), axis=0),
        )

    def _predictions(self, predict, X):
        """Return the predictions of all members; only the first one warns."""
        first, *others = self.estimators_
        found = [predict(first, X)]
        with without_our_warnings():
            found += [predict(member, X) for member in others]
        return found

    @property
    def classes_(self):
        """The labels."""
        return self._first_member("classes_").classes_

    @property
    def n_features_in_(self):
        """Number of values in an image."""
        return self._first_member("n_features_in_").n_features_in_

    @property
    def feature_names_in_(self):
        """Names of the columns."""
        return self._first_member("feature_names_in_").feature_names_in_

    def get_metadata_routing(self):
        """Get metadata routing of this object.

        Returns
        -------
        routing : MetadataRouter
            The routing from `fit` to the members, and the requests of `score`.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(estimator=self._get_estimator(), method_mapping=mapping)

    def __sklearn_tags__(self):
        """Return the tags; an average takes the same input as its members."""
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self._get_estimator()).input_tags
        return tags

    def _get_estimator(self):
        """Return the classifier to clone for each member."""
        return CNNClassifier() if self.estimator is None else self.estimator

    def _first_member(self, attribute):
        """Return a fitted member, for an attribute that all members share."""
        if not hasattr(self, "estimators_"):
            raise AttributeError(
                f"This {type(self).__name__} has no {attribute} before it is fitted."
            )
        return self.estimators_[0]


def _check_estimator(estimator, n_estimators):
    """Return the names of all `random_state` parameters; raise if there is nothing to average."""
    name = type(estimator).__name__
    if not is_classifier(estimator):
        raise ValueError(f"The estimator {name} should be a classifier.")
    seeds = list(random_states(estimator))
    if not seeds:
        raise ValueError(
            f"The estimator {name} has no random_state, so that all members would be the same; use "
            "it by itself."
        )
    classifier = last_step(estimator)
    if n_estimators > 1 and getattr(classifier, "checkpoint", None) is not None:
        raise ValueError(
            f"The {n_estimators} members of an average cannot share the file "
            f"{str(classifier.checkpoint)!r} of the 'checkpoint' parameter, which is for one fit: "
            "set checkpoint=None."
        )
    return seeds


def _fit_member(member, X, y, fit_params, *, warns):
    """Fit one member, in this process or in a worker."""
    with nullcontext() if warns else without_our_warnings():
        member.fit(X, y, **fit_params)
    classifier = last_step(member)
    if isinstance(classifier, ImageClassifier):
        classifier._network.suspend()  # so that the next member can use its compiled model
    return member


def _predict_proba(member, X):
    """Return the probabilities of a member."""
    return _predict(member, "predict_proba", X)


def _predict_log_proba(member, X):
    """Return the logarithms of the probabilities of a member."""
    with np.errstate(divide="ignore"):
        if hasattr(member, "predict_log_proba"):
            return _predict(member, "predict_log_proba", X)
        return np.log(member.predict_proba(X))


def _predict(member, method, X):
    """Predict with a member whose network takes a compiled model for this prediction only.

    In this way, all members predict with the same compiled model, one after the other. A copy of
    the network takes it, with the same weights, since another thread may use the network itself.
    """
    classifier = last_step(member)
    if not isinstance(classifier, ImageClassifier) or not classifier._network.is_suspended:
        return getattr(member, method)(X)
    twin = copy.copy(classifier)
    predicted = getattr(with_last_step(member, twin), method)(X)
    if not twin._network.can_give_back:
        classifier._network = twin._network  # the next prediction would have to build it again
    return predicted
