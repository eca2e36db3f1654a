"""Check the arguments of a comparison before any work: models, images, labels, splits."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from skdigits._arrays import check_known_labels, check_labels, check_number, check_type
from skdigits._nested import last_step


def named_models(models):
    """Return models by name, after a check that each is a classifier that can be cloned.

    Parameters
    ----------
    models : dict of str to classifier, or list of classifier or of (str, classifier)
        Models without a name are named after their class, with a number if a class comes more than
        once.

    Raises
    ------
    ValueError
        If there is no model, or two have the same name.
    TypeError
        If `models` has another type, or a model is not a classifier.
    """
    if isinstance(models, Mapping):
        pairs = list(models.items())
    elif isinstance(models, list | tuple):
        pairs = _named_by_class(models)
    else:
        raise TypeError(
            "models must be a dict of names and classifiers, or a list of classifiers; got "
            f"{type(models).__name__}."
        )
    if not pairs:
        raise ValueError("models is empty; give at least one classifier.")
    for name, model in pairs:
        if not isinstance(name, str):
            raise TypeError(f"The name of a model must be a string, got {name!r}.")
        if not _is_classifier(model):
            raise TypeError(f"The model {name!r} is not a classifier: {model!r}.")
        if not _will_predict(model):
            raise TypeError(f"The model {name!r} will have no predict after its fit: {model!r}.")
        clone(model)
    counts = Counter(name for name, _ in pairs)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise ValueError(f"Several models have the name {twice[0]!r}; give each its own name.")
    return dict(pairs)


def _named_by_class(models):
    """Return pairs of a name and a model, in the order of a list of models and pairs."""
    pairs = [
        model if isinstance(model, tuple) and len(model) == 2 else (None, model) for model in models
    ]
    classes = [_class_name(model) for name, model in pairs if name is None]
    numbers = {name: iter(range(1, count + 1)) for name, count in Counter(classes).items()}
    named = []
    for name, model in pairs:
        if name is None:
            name = _class_name(model)
            name = f"{name}-{next(numbers[name])}" if classes.count(name) > 1 else name
        named.append((name, model))
    return named


def _class_name(model):
    model = last_step(model)
    return (model if isinstance(model, type) else type(model)).__name__


def _is_classifier(model):
    try:
        return not isinstance(model, type) and is_classifier(model)
    except (AttributeError, TypeError):  # not an estimator
        return False


def _will_predict(model):
    """Return whether a classifier has `predict`, or may have it after its fit.

    A StackingClassifier gets it from a final estimator that its fit makes. A search with
    ``refit=False`` never has it.
    """
    model = last_step(model)
    may_have = hasattr(type(model), "predict") and getattr(model, "refit", True)
    return hasattr(model, "predict") or may_have


def refuse_frozen(models):
    """Raise TypeError for a classifier that no fit changes: its training may have seen any image.

    Parameters
    ----------
    models : dict of str to classifier
    """
    for name, model in models.items():
        if isinstance(last_step(model), FrozenEstimator):
            raise TypeError(
                f"The model {name!r} is frozen, and compare fits each model; measure it with "
                "skdigits.model_selection.evaluate, or give the classifier without FrozenEstimator."
            )


def as_data(X):
    """Return images or rows in a form that can be split; data frames stay data frames."""
    if hasattr(X, "columns") or issparse(X):
        return X.tocsr() if issparse(X) else X
    check_type(X)
    try:
        return np.asarray(X)
    except ValueError:  # pictures of several sizes, as DigitNormalizer takes them
        return list(X)


def n_rows(X):
    """Return the number of images or rows."""
    return X.shape[0] if hasattr(X, "shape") else len(X)


def row_shape(X):
    """Return the shape of one image or row; an empty one for images of several sizes."""
    return tuple(X.shape[1:]) if hasattr(X, "shape") else ()


def as_labels(y, name):
    """Return labels as an array of one dimension, after a check that all have one type."""
    y = check_labels(y, name)
    if isinstance(y, list | tuple):  # numpy would turn numbers among strings into strings
        y = np.array(y, dtype=object)
    y = column_or_1d(y, input_name=name, warn=True)
    if y.dtype == object:
        texts = [isinstance(label, str) for label in y]
        if any(texts) and not all(texts):
            other = y[texts.index(False)]
            raise ValueError(f"{name} must have labels of one type; it has strings and {other!r}.")
        y = np.array(y.tolist())
    if y.dtype.kind not in "biufU":
        raise TypeError(f"{name} must have strings, numbers or booleans, but it has {y.dtype}.")
    check_classification_targets(y)
    return y


def as_same_labels(y, classes, name, known):
    """Return labels in the type of `classes`, which are the labels in the argument `known`."""
    y = as_labels(y, name)
    check_known_labels(y, classes, name, known)
    return classes[np.searchsorted(classes, y)]


def check_lengths(X, y, name):
    """Check that there are images, and one label for each."""
    check_number(X, y, name)
    if len(y) == 0:
        raise ValueError(f"{name} has no images.")


def check_split(number, n_splits, train, evaluated, y):
    """Refuse a split that can't be trained on or has nothing to measure, before any training."""
    if len(evaluated) == 0:
        raise ValueError(f"Split {number} of {n_splits} has no images to evaluate on.")
    if len(np.unique(y[train])) < 2:
        raise ValueError(
            f"Split {number} of {n_splits} has training images of one class only; shuffle the "
            "images, or give cv as a number of folds, which are stratified."
        )
