"""A training that is no longer finite is an error, and leaves everything as it was."""

import keras
import numpy as np
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV
from support import BOTH, assert_same_weights, mlp, slow_but, tiny, weights

from skdigits.ensemble import AveragingClassifier

X, Y = tiny()
EXPLODES = {"optimizer": "sgd", "learning_rate": 1e30, "learning_rate_schedule": "constant"}


def overflows(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2, axis=-1) * np.float32(3e38) * 1e3


def has_no_gradient_but_nan(y_true, y_pred):
    """A finite loss whose gradient is not: the root of zero."""
    return keras.ops.sqrt(keras.ops.sum(y_pred, axis=-1) * 0)


@pytest.mark.precision
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (EXPLODES, "epoch 1|epoch 2"),
        ({**EXPLODES, "learning_rate_schedule": "one_cycle"}, "epoch 1|epoch 2"),
        ({"optimizer": keras.optimizers.SGD(1e30), "learning_rate_schedule": "constant"}, "epoch"),
        ({"loss": overflows}, "the loss is inf"),
        ({"loss": has_no_gradient_but_nan}, "a weight is nan"),
        ({"kernel_initializer": keras.initializers.Constant(1e38)}, "finite"),
    ],
    ids=["sgd", "one cycle", "optimizer", "loss", "gradient", "initial weights"],
)
@pytest.mark.parametrize("make", slow_but(BOTH, mlp))
def test_it_says_what_when_and_what_to_lower(make, parameters, message):
    estimator = make(**parameters, epochs=3)
    with pytest.raises(ValueError, match="finite") as caught:
        estimator.fit(X, Y)
    assert any(part in str(caught.value) for part in message.split("|"))
    assert "Lower" in str(caught.value)
    assert not [name for name in vars(estimator) if name.endswith("_") or name == "_network"]


@pytest.mark.parametrize("method", slow_but(["fit", "partial_fit"], "partial_fit"))
def test_a_fitted_classifier_is_as_it_was(method):
    estimator = mlp(warm_start=True, batch_norm=True, random_state=0).fit(X, Y)
    before, history = weights(estimator), dict(estimator.history_)
    estimator.set_params(learning_rate=1e38, batch_size=20)
    with pytest.raises(ValueError, match="finite"):
        getattr(estimator, method)(X, Y)
    assert_same_weights(weights(estimator), before)
    assert estimator.history_ == history
    same = mlp(warm_start=True, batch_norm=True, random_state=0).fit(X, Y)
    for each in (estimator, same):  # random state and optimizer, too
        each.set_params(learning_rate=0.003, batch_size=60).fit(X, Y)
    assert_same_weights(weights(estimator), weights(same))


def test_validation_images_that_are_not_finite_for_the_network():
    estimator = mlp(loss="mse", activation=lambda x: keras.ops.exp(x * x * 1e-2))
    far = np.full_like(X, 255.0, dtype=np.float32) * 1e18
    with pytest.raises(ValueError, match="validation"):
        estimator.fit(X, Y, X_val=far, y_val=Y)


def test_in_a_search_it_is_the_candidates_failure():
    grid = {"learning_rate": [1e30, 0.003]}
    search = GridSearchCV(mlp(optimizer="sgd"), grid, cv=2, error_score=0.0)
    with pytest.warns(FitFailedWarning, match="finite"):
        search.fit(X, Y)
    assert search.best_params_ == {"learning_rate": 0.003}
    assert search.cv_results_["mean_test_score"][0] == 0


@pytest.mark.parametrize("rate", slow_but([1e15, 1e30], 1e15))
def test_no_classifier_answers_with_numbers_that_are_none(rate):
    """One step at such a rate leaves weights that are finite, and outputs that are not."""
    estimator = mlp(batch_size=60, epochs=1, learning_rate=rate, hidden_layer_sizes=(16, 16, 16))
    with pytest.raises(ValueError, match="finite"):
        estimator.set_params(learning_rate_schedule="constant").fit(X, Y).predict_proba(X)


def test_an_error_of_the_loss_names_the_loss():
    with pytest.raises(ValueError, match="rank") as caught:
        mlp(loss=lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p)).fit(X, Y)
    assert any("loss" in note for note in caught.value.__notes__)


def test_a_member_of_an_average_fails_with_the_average():
    average = AveragingClassifier(mlp(**EXPLODES), n_estimators=2)
    with pytest.raises(ValueError, match="finite"):
        average.fit(X, Y)
    assert not hasattr(average, "estimators_")


def test_a_loss_scale_that_overflows_is_lowered_and_no_failure():
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.05), 1e38)
    estimator = mlp(optimizer=optimizer, learning_rate_schedule="constant", epochs=5).fit(X, Y)
    assert np.isfinite(estimator.history_["loss"]).all()
