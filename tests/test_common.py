"""scikit-learn's own checks, on every estimator."""

from functools import partial

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from support import dense

from skdigits import CNNClassifier, MLPClassifier, NetworkClassifier
from skdigits.ensemble import AveragingClassifier

SMALL = {"epochs": (1, 60), "learning_rate": 0.02, "batch_size": 16}
LAYERS = {"hidden_layer_sizes": (16,), **SMALL}


class Dense:
    """`dense` under a name that is the same in every process; a function's shows its address."""

    def __call__(self, input_shape, n_classes, units=16):
        return dense(input_shape, n_classes, units)

    def __repr__(self):
        return "dense"


ESTIMATORS = [
    MLPClassifier(**LAYERS),
    CNNClassifier(filters=(4,), **LAYERS),
    NetworkClassifier(Dense(), build_options={"units": 32}, **SMALL),
    AveragingClassifier(MLPClassifier(**LAYERS), n_estimators=2),
]
DEFAULTS = [MLPClassifier(), CNNClassifier(), AveragingClassifier(n_estimators=2)]

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a row of weight two shares one mini-batch, two equal rows seldom do"
    ),
}


parametrize = partial(
    parametrize_with_checks,
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
    xfail_strict=True,
)


# These build several networks. The classifiers share the code, so the first of them is enough.
LONG = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_estimators_dtypes",
    "check_classifier_data_not_an_array",
    "check_n_features_in_after_fitting",
    "check_classifiers_one_label_sample_weights",
    "check_fit_score_takes_y",
    "check_dtype_object",
    "check_pipeline_consistency",
    "check_estimators_pickle",
    "check_fit2d_1feature",
    "check_sample_weights_pandas_series",
    "check_estimators_overwrite_params",
    "check_estimators_nan_inf",
}


def without_repetitions(checks):
    """Mark the long checks of all estimators but the first as slow."""
    names, cases = checks.args
    marked = []
    for case in cases:
        estimator, check = values = getattr(case, "values", case)
        repeats = check.func.__name__ in LONG and not isinstance(estimator, MLPClassifier)
        marks = [*getattr(case, "marks", []), *[pytest.mark.slow] * repeats]
        marked.append(pytest.param(*values, marks=marks))
    return pytest.mark.parametrize(names, marked, **checks.kwargs)


@without_repetitions(parametrize(ESTIMATORS))
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize(DEFAULTS)
def test_scikit_learn_checks_on_the_defaults(estimator, check):
    check(estimator)
