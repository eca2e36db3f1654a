"""scikit-learn's own checks, on every estimator."""

from functools import partial

import pytest
from sklearn.utils import get_tags
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
# These build one network. A `CNNClassifier` takes the same way through them as an `MLPClassifier`.
SHORT = {
    "check_sample_weights_not_an_array",
    "check_classifiers_classes",
    "check_estimators_fit_returns_self",
    "check_dont_overwrite_parameters",
    "check_positive_only_tag_during_fit",
    "check_sample_weights_shape",
    "check_supervised_y_2d",
    "check_sample_weights_not_overwritten",
    "check_methods_subset_invariance",
    "check_methods_sample_order_invariance",
    "check_readonly_memmap_input",
    "check_f_contiguous_array_estimator",
    "check_dict_unchanged",
    "check_fit_idempotent",
    "check_sample_weights_list",
    "check_class_weight_classifiers",
    "check_fit2d_predict1d",
}


def without_repetitions(checks):
    """Mark the checks of another estimator that repeat those of an `MLPClassifier` as slow."""
    names, cases = checks.args
    marked = []
    for case in cases:
        estimator, check = values = getattr(case, "values", case)
        name = check.func.__name__
        is_slow = (name in LONG and not isinstance(estimator, MLPClassifier)) or (
            name in SHORT and isinstance(estimator, CNNClassifier)
        )
        marks = [*getattr(case, "marks", []), *[pytest.mark.slow] * is_slow]
        marked.append(pytest.param(*values, marks=marks))
    return pytest.mark.parametrize(names, marked, **checks.kwargs)


@without_repetitions(parametrize(ESTIMATORS))
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize(DEFAULTS)
def test_scikit_learn_checks_on_the_defaults(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_the_tags_say_that_images_have_three_dimensions(estimator):
    tags = get_tags(estimator).input_tags
    assert tags.two_d_array
    assert tags.three_d_array
