"""What the command line calls models."""

from skdigits.cli._arguments import unknown

# Ours: the class, and the effort.
OURS = {
    "mlp": ("MLPClassifier", "default"),
    "mlp-quick": ("MLPClassifier", "quick"),
    "mlp-best": ("MLPClassifier", "best"),
    "cnn": ("CNNClassifier", "default"),
    "cnn-quick": ("CNNClassifier", "quick"),
    "cnn-best": ("CNNClassifier", "best"),
}

# Short names of scikit-learn's classifiers, with what differs from their defaults.
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


def make_model(name):
    """Return the unfitted model of a name, ready for images of shape (n, height, width).

    Raises
    ------
    ValueError
        If there is no such model, or if scikit-learn's needs another one inside.
    """
    import skdigits

    if name in OURS:
        class_name, effort = OURS[name]
        return getattr(skdigits, class_name).with_effort(effort)
    class_name, parameters = BASELINES.get(name, (name, {}))
    return _with_pixels_scaled(_scikit_learn_class(class_name), parameters)


def _scikit_learn_class(name):
    from sklearn.utils import all_estimators

    classes = dict(all_estimators(type_filter="classifier"))
    if name not in classes:
        error = unknown("model", name, [*OURS, *BASELINES])
        raise ValueError(
            f"{error}, or the name of one of scikit-learn's classifiers, such as "
            "ExtraTreesClassifier"
        )
    return classes[name]


def _with_pixels_scaled(classifier, parameters):
    """Put before a classifier what scikit-learn's own need: flat rows of pixels from 0 to 1."""
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
