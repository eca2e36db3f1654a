"""Measure classifiers that are fitted already."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdigits.model_selection._inputs import (
    as_data,
    as_labels,
    as_same_labels,
    check_lengths,
    named_models,
    row_shape,
)
from skdigits.model_selection._measure import (
    errors_name,
    hint_at_rows,
    import_keras_first,
    measure_fitted,
    rows_for,
    text_of_estimator,
)
from skdigits.model_selection._model_results import Comparison, compare_outcomes


def evaluate(models, X, y) -> Comparison:
    """Measure fitted classifiers on the same images, as `compare` measures those that it fits.

    Parameters
    ----------
    models : dict of str to classifier, or list of classifiers or of pairs (name, classifier)
        The fitted models by name, as `compare` takes them. All have learned the same classes.
    X : array-like of shape (n_images, height, width[, channels]) or (n_images, n_features)
        The images to measure on. The models have not been trained on them. Classifiers of
        scikit-learn get images as rows of pixels.
    y : array-like of shape (n_images,)
        Their labels. Some classes may be missing.

    Returns
    -------
    Comparison
        The measures, as plain data. It does not know the time of the fits, and the number of images
        that the models were trained on.

    Raises
    ------
    ValueError
        If there is no model, or two have the same name; if the models have learned different
        classes; if ``y`` has other labels; if ``X`` has another length than ``y``, or a shape that
        a model does not take.
    TypeError
        If a model is not a classifier.
    sklearn.exceptions.NotFittedError
        If a model is not fitted.

    See Also
    --------
    compare : Fit classifiers and measure them.
    skdigits.report.write_report : Write the result as a page.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skdigits.datasets import load_digits
    >>> from skdigits.model_selection import evaluate
    >>> X, y = load_digits(return_X_y=True)
    >>> X_test, y_test = load_digits(subset="test", return_X_y=True)
    >>> bayes = GaussianNB().fit(X.reshape(len(X), -1), y)
    >>> comparison = evaluate({"bayes": bayes}, X_test.reshape(len(X_test), -1), y_test)
    >>> comparison["bayes"].mean["accuracy"] > 0.5
    True
    """
    named = named_models(models)
    classes = _shared_classes(named)
    X = as_data(X)
    y = as_same_labels(as_labels(y, "y"), classes, "y", "classes_")
    check_lengths(X, y, "X")
    import_keras_first(named.values())
    outcomes = {}
    for name, model in named.items():
        evaluated = rows_for(model, X), y
        with errors_name(f"model {name!r}"), hint_at_rows():
            outcomes[name] = [measure_fitted(model, evaluated, np.arange(len(y)), classes)]
    return compare_outcomes(
        {name: text_of_estimator(model) for name, model in named.items()},
        outcomes,
        classes.tolist(),
        image_shape=list(row_shape(X)),
        n_train=None,
        n_images=len(y),
        n_folds=None,
        random_state=None,
    )


def _shared_classes(models):
    """Return the classes that all models have learned."""
    known = {}
    for name, model in models.items():
        check_is_fitted(model)
        known[name] = model.classes_
    first, *others = known
    for other in others:
        if not np.array_equal(known[first], known[other]):
            raise ValueError(
                f"The models {first!r} and {other!r} have learned different classes; give models "
                "with the same classes."
            )
    return known[first]
