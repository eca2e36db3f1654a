"""scikit-learn's own checks, on every estimator."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from skdigits import CNNClassifier, MLPClassifier
from skdigits.ensemble import AveragingClassifier

ESTIMATORS = [
    MLPClassifier(),
    CNNClassifier(),
    AveragingClassifier(MLPClassifier(hidden_layer_sizes=(32,), epochs=(5, 100)), n_estimators=2),
]

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a row of weight two shares one mini-batch, two equal rows seldom do"
    ),
}


@parametrize_with_checks(
    ESTIMATORS, expected_failed_checks=lambda estimator: EXPECTED_FAILURES, xfail_strict=True
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
