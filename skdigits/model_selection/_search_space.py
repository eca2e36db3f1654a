"""What to search: distributions for the parameters of the classifiers."""

from hashlib import sha256
from numbers import Number

import numpy as np
from scipy.stats import loguniform, uniform

from skdigits import _constraints as c
from skdigits._base import ImageClassifier

# By size and parameter. A classifier is searched over those parameters that it has. docs/design.md
# says where the limits come from.
_LAYERS = [(128,), (256,), (512,), (256, 128), (512, 256), (1024, 512)]
_LAYERS_AFTER_FILTERS = [(64,), (128,), (256,)]
_FILTERS = ["auto", (16, 32), (32, 64), (16, 32, 64), (16, 48, 96), (32, 64, 128)]
SMALL = {
    "filters": _FILTERS,
    "hidden_layer_sizes": _LAYERS,
    "dropout": uniform(0, 0.5),
    "learning_rate": loguniform(0.001, 0.03),
}
FULL = {
    **SMALL,
    "learning_rate": loguniform(0.0001, 0.1),
    "weight_decay": loguniform(0.001, 1),
    "kernel_size": [3, 5],
    "batch_norm": [True, False],
    "activation": ["relu", "gelu", "tanh"],
    "batch_size": ["auto", 32, 64, 128, 256],
    "augmentation": ["auto", None],
}
SIZES = {"small": SMALL, "full": FULL}


@c.with_checked_arguments({"size": [c.one_of(*SIZES)], "prefix": [c.TEXT]})
def search_space(estimator, size="small", prefix=""):
    """Return distributions for a random search of a classifier's parameters.

    Parameters
    ----------
    estimator : estimator
        A classifier of this package, or a pipeline or another estimator around one or several. It
        need not be fitted.

    size : {"small", "full"}, default="small"
        "small" has the parameters that matter most: the layers, the dropout rate and the learning
        rate. 20 candidates are enough for it. "full" adds weight decay, batch size, activation,
        batch normalisation, augmentation and the size of the kernels, and has a wider range of
        learning rates. It needs 50 or more candidates to be better than "small". Parameters that
        the classifier ignores are left out: those of the hidden layers, if it has `transfer_from`,
        and those that an optimizer object or a schedule of Keras replaces.

    prefix : str, default=""
        What comes before each name, such as ``"estimator__"`` for an estimator that is not made
        yet. The names of steps of `estimator` are added by themselves.

    Returns
    -------
    space : dict of str to (list or scipy distribution)
        For ``RandomizedSearchCV`` and ``HalvingRandomSearchCV``. The latter may use epochs as its
        resource, which are not in the space. :func:`suggest` takes it for Optuna.

    Raises
    ------
    ValueError
        If there is no such size, if the prefix is no text, or if there is no classifier of this
        package in `estimator`.

    See Also
    --------
    suggest : Draw parameters in a trial of Optuna.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdigits import MLPClassifier
    >>> from skdigits.model_selection import search_space
    >>> from skdigits.preprocessing import PixelScaler
    >>> space = search_space(make_pipeline(PixelScaler(), MLPClassifier()))
    >>> for name in space:
    ...     print(name)
    mlpclassifier__hidden_layer_sizes
    mlpclassifier__dropout
    mlpclassifier__learning_rate
    """
    return {
        f"{prefix}{step}{name}": distribution
        for step, classifier in _classifiers(estimator)
        for name, distribution in _space_of(classifier, SIZES[size]).items()
    }


def suggest(trial, space):
    """Draw parameters from a space in a trial of Optuna.

    Parameters
    ----------
    trial : optuna.trial.BaseTrial
        Optuna keeps numbers and texts, so it knows items of lists by their text. That of objects
        and functions is their name with a digest of what they do.

    space : dict of str to (list or scipy distribution)
        From :func:`search_space`, or a space of your own with ``uniform``, ``loguniform`` and
        ``randint`` of scipy.

    Returns
    -------
    params : dict
        For ``set_params`` of the estimator.

    Raises
    ------
    ValueError
        If Optuna does not have a distribution.

    Examples
    --------
    >>> import optuna
    >>> from skdigits import MLPClassifier
    >>> from skdigits.model_selection import search_space, suggest
    >>> space = search_space(MLPClassifier())
    >>> params = suggest(optuna.trial.FixedTrial(
    ...     {"hidden_layer_sizes": "(256, 128)", "dropout": 0.2, "learning_rate": 0.01}
    ... ), space)
    >>> MLPClassifier(**params)
    MLPClassifier(dropout=0.2, hidden_layer_sizes=(256, 128), learning_rate=0.01)
    """
    return {name: _suggest(trial, name, values) for name, values in space.items()}


def _suggest(trial, name, values):
    if not hasattr(values, "rvs"):
        by_text = _by_text(name, values)
        return by_text[trial.suggest_categorical(name, list(by_text))]
    kind, *limits = _described(name, values).values()
    if kind == "randint":
        return trial.suggest_int(name, *limits)
    return trial.suggest_float(name, *limits, log=kind == "loguniform")


def describe_space(space):
    """Return a space as plain data.

    Returns
    -------
    dict of str to (list or dict)
        For each parameter the texts of its choices, or its ``distribution``, "uniform",
        "loguniform" or "randint", with the lowest value ``low`` and the highest one ``high``.

    Raises
    ------
    ValueError
        If Optuna does not have a distribution.
    """
    return {
        name: _described(name, values) if hasattr(values, "rvs") else list(_by_text(name, values))
        for name, values in space.items()
    }


def _by_text(name, values):
    """Return the items of a list by their texts."""
    by_text: dict = {}
    for value in values:
        text = text_of_choice(value)
        if _is_plain(value) and by_text.setdefault(text, value) != value:
            raise ValueError(f"{name!r} has two items with the text {text!r}; leave one out.")
        by_text[text] = value
    return by_text


def text_of_choice(value):
    """Return an item of a list as the text that Optuna and `describe_space` have of it."""
    return str(value) if _is_plain(value) else text_of(value)


def text_of(value):
    """Return a value as text that is the same in each process; objects as a digest."""
    if _is_plain(value):
        return " ".join(repr(value).split())
    from skdigits.training import describe

    digest = sha256(describe(value).encode()).hexdigest()[:16]
    return f"{getattr(value, '__name__', type(value).__name__)} of digest {digest}"


def as_plain(value, of_object=text_of):
    """Return a value as JSON has it: lists for tuples and arrays, and what objects give."""
    if isinstance(value, dict):
        return {name: as_plain(item, of_object) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(item, of_object) for item in value]
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return value if isinstance(value, str | int | float | None) else of_object(value)


def _is_plain(value):
    if isinstance(value, dict):
        return _is_plain([*value, *value.values()])
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | bytes | Number)


def _described(name, values):
    kind, (low, high) = getattr(getattr(values, "dist", None), "name", None), values.support()
    if kind == "randint":
        return {"distribution": kind, "low": int(low), "high": int(high)}
    if kind not in ("uniform", "loguniform", "reciprocal"):
        raise ValueError(f"{name!r} has a distribution that Optuna does not have: {values!r}.")
    kind = "uniform" if kind == "uniform" else "loguniform"
    return {"distribution": kind, "low": float(low), "high": float(high)}


def _classifiers(estimator):
    """Return the classifiers of this package in an estimator, with the prefix of each."""
    if isinstance(estimator, ImageClassifier):
        return [("", estimator)]
    is_estimator = hasattr(estimator, "get_params") and not isinstance(estimator, type)
    params = estimator.get_params(deep=True) if is_estimator else {}
    found = [(f"{name}__", each) for name, each in params.items() if _is_searched(name, each)]
    if not found:
        raise ValueError(
            f"search_space knows the classifiers of this package, and there is none in "
            f"{estimator!r}. If its estimator is None, set it."
        )
    return found


def _is_searched(name, value):
    """Tell whether a parameter is a classifier to search; a trained one to begin with is not."""
    return isinstance(value, ImageClassifier) and not name.endswith("transfer_from")


def ignored_parameters(classifier):
    """Return the parameters that a classifier ignores, each with the one that replaces it."""
    ignored: dict[str, str] = {}
    if classifier.transfer_from is not None:
        ignored |= dict.fromkeys(classifier._body_parameters, "transfer_from")
    if not isinstance(classifier.learning_rate_schedule, str):
        ignored["learning_rate"] = "learning_rate_schedule"
    if not isinstance(classifier.optimizer, str):
        ignored |= dict.fromkeys(("learning_rate", "weight_decay"), "optimizer")
    return ignored


def _space_of(classifier, space):
    known = classifier.get_params(deep=False).keys() - ignored_parameters(classifier).keys()
    own = {name: values for name, values in space.items() if name in known}
    if "filters" in own:
        own["hidden_layer_sizes"] = _LAYERS_AFTER_FILTERS
    return own
