"""The models that the command line knows, by name."""

from skdigits._classifier_registry import SHORT_NAMES, load_class
from skdigits.cli._arguments import unknown

# For each name of a network the class and the effort.
NETWORKS = {
    f"{short_name}{suffix}": (class_name, effort)
    for short_name, class_name in SHORT_NAMES.items()
    for suffix, effort in (("", "default"), ("-quick", "quick"), ("-best", "best"))
}

# Short names of scikit-learn's classifiers, with the parameters that differ from the defaults.
BASELINES = {
    "logistic": ("LogisticRegression", {"max_iter": 200}),
    "svc": ("SVC", {}),
    "linear-svc": ("LinearSVC", {}),
    "knn": ("KNeighborsClassifier", {}),
    "tree": ("DecisionTreeClassifier", {}),
    "forest": ("RandomForestClassifier", {"n_jobs": -1}),
    "hist-gradient-boosting": ("HistGradientBoostingClassifier", {}),
    "sklearn-mlp": ("MLPClassifier", {}),
    "dummy": ("DummyClassifier", {}),
}


def make_network(name):
    """Return the network of a name, not fitted.

    Raises
    ------
    ValueError
        If there is no such network.
    """
    if name not in NETWORKS:
        hint = "; `skdigits compare` has it" if name in BASELINES else ""
        raise ValueError(f"{unknown('network', name, NETWORKS)}{hint}")
    class_name, effort = NETWORKS[name]
    return load_class(class_name).with_effort(effort)


def complete_network(incomplete: str):
    """Return the networks whose names begin so, for a shell."""
    return [name for name in NETWORKS if name.startswith(incomplete)]


def complete_models(incomplete: str):
    """Return names, separated by commas, whose last one is completed, for a shell."""
    before, comma, last = incomplete.rpartition(",")
    names = (*NETWORKS, *BASELINES)
    return [f"{before}{comma}{name}" for name in names if name.startswith(last)]


def make_model(name):
    """Return the model of a name, not fitted, for images of shape (n_images, height, width).

    Raises
    ------
    ValueError
        If there is no such model, or if a model of scikit-learn needs arguments.
    """
    if name in NETWORKS:
        return make_network(name)
    class_name, parameters = BASELINES.get(name, (name, {}))
    return _with_pixels_scaled(_scikit_learn_class(class_name), parameters)


def _scikit_learn_class(name):
    from sklearn.utils import all_estimators

    classes = dict(all_estimators(type_filter="classifier"))
    if name not in classes:
        error = unknown("model", name, [*NETWORKS, *BASELINES])
        raise ValueError(
            f"{error}, or the name of one of scikit-learn's classifiers, such as "
            "ExtraTreesClassifier"
        )
    return classes[name]


def _with_pixels_scaled(classifier, parameters):
    """Return a pipeline that gives a classifier what it needs: rows of pixels from 0 to 1."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    from skdigits.preprocessing import PixelScaler

    try:
        model = classifier(**parameters)
    except TypeError as error:
        raise ValueError(
            f"the model {classifier.__name__!r} can't be used by its name alone: {error}"
        ) from None
    return make_pipeline(FunctionTransformer(_flatten), PixelScaler(), model)


def _flatten(images):
    return images.reshape(len(images), -1)
