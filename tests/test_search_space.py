"""Spaces to search, for scikit-learn and for Optuna."""

import keras
import numpy as np
import pytest
from scipy.stats import norm, randint
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (for the import below)
from sklearn.model_selection import HalvingRandomSearchCV, ParameterSampler, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from support import MLP_AND_SLOWLY_CNN, cnn, digits, mlp, slow_but

from skdigits import CNNClassifier, MLPClassifier, NetworkClassifier
from skdigits.ensemble import AveragingClassifier
from skdigits.model_selection import search_space, suggest
from skdigits.preprocessing import PixelScaler

X, Y = digits()
X, Y = X[:60], Y[:60]


@pytest.mark.parametrize("size", ["small", "full"])
@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier(),
        CNNClassifier(),
        NetworkClassifier(lambda shape, n_classes: None),
        make_pipeline(PixelScaler(), CNNClassifier()),
        AveragingClassifier(make_pipeline(PixelScaler(), MLPClassifier())),
        VotingClassifier([("a", MLPClassifier()), ("b", CNNClassifier())]),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else value,
)
def test_every_candidate_is_one_of_the_estimator(estimator, size):
    space = search_space(estimator, size)
    assert set(space) <= set(estimator.get_params())
    for params in ParameterSampler(space, 20, random_state=0):
        estimator.set_params(**params)


def test_full_has_more_than_small_and_a_prefix_comes_first():
    small, full = (search_space(cnn(), size, "clf__") for size in ("small", "full"))
    assert set(small) < set(full)
    assert all(name.startswith("clf__") for name in full)


def test_a_network_to_begin_with_is_not_searched():
    inside = make_pipeline(PixelScaler(), AveragingClassifier(cnn(transfer_from=cnn())))
    assert not [name for name in search_space(inside, "full") if "transfer_from" in name]


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_what_a_network_to_begin_with_makes_of_no_effect_is_not_searched(make):
    body = make(hidden_layer_sizes=(8,), epochs=1).fit(X, Y)
    transferred = make(transfer_from=body, epochs=1)
    assert set(search_space(transferred)) == {"learning_rate"}
    full = {
        name: values[-1]
        for name, values in search_space(make(), "full").items()
        if type(values) is list
    }
    ignored = full.keys() - search_space(transferred, "full")
    other = clone(transferred).set_params(**{name: full[name] for name in ignored})
    expected = transferred.fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(other.fit(X, Y).predict_proba(X), expected)


@pytest.mark.parametrize(
    ("options", "ignored"),
    [
        ({"optimizer": keras.optimizers.SGD(0.05)}, {"learning_rate", "weight_decay"}),
        (
            {"learning_rate_schedule": keras.optimizers.schedules.CosineDecay(0.05, 10)},
            {"learning_rate"},
        ),
    ],
    ids=["optimizer", "schedule"],
)
def test_what_an_object_replaces_is_not_searched(options, ignored):
    estimator = mlp(**options)
    assert search_space(mlp(), "full").keys() - search_space(estimator, "full") == ignored
    other = clone(estimator).set_params(**dict.fromkeys(ignored, 0.5))
    expected = estimator.fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(other.fit(X, Y).predict_proba(X), expected)


@pytest.mark.parametrize("estimator", [AveragingClassifier(), PixelScaler(), 3, MLPClassifier])
def test_what_has_no_classifier(estimator):
    with pytest.raises(ValueError, match="there is none in"):
        search_space(estimator)


def test_an_unknown_size():
    for size in ("tiny", ["small"]):
        with pytest.raises(ValueError, match=r"'size' .* among {'small', 'full'}\. Got .* instead"):
            search_space(mlp(), size)


def test_a_prefix_is_text():
    with pytest.raises(ValueError, match=r"'prefix' parameter of search_space must be .* Got 3 "):
        search_space(mlp(), prefix=3)


@pytest.mark.parametrize("n_iter", slow_but([1, 3], 1))
def test_the_full_space_of_a_cnn_trains(n_iter):
    estimator = cnn(epochs=1)
    space = search_space(estimator, "full")
    search = RandomizedSearchCV(
        estimator, space, n_iter=n_iter, cv=2, error_score="raise", random_state=1
    )
    assert np.isfinite(search.fit(X, Y).best_score_)


@pytest.mark.slow
def test_halving_with_epochs_as_the_resource():
    estimator = mlp()
    space = search_space(estimator) | {"hidden_layer_sizes": [(8,), (16,)]}
    search = HalvingRandomSearchCV(
        estimator, space, resource="epochs", max_resources=4, factor=2, cv=2,
        random_state=0,
    ).fit(X, Y)  # fmt: skip
    assert search.n_resources_ == [1, 2, 4]
    assert search.best_params_["epochs"] == search.best_estimator_.n_iter_ == 4


class TestOptuna:
    optuna = pytest.importorskip("optuna")

    def test_it_draws_what_scikit_learn_would_draw(self):
        study = self.optuna.create_study(sampler=self.optuna.samplers.RandomSampler(seed=0))
        space = search_space(cnn(), "full")
        for _ in range(20):
            params = suggest(study.ask(), space)
            for name, value in params.items():
                values = space[name]
                if hasattr(values, "support"):
                    assert values.support()[0] <= value <= values.support()[1]
                else:
                    assert any(value is each for each in values)

    def test_networks_that_look_alike_are_all_drawn(self):
        """Optuna knows them by their text, and their parameters are equal."""
        half = len(X) // 2
        networks = [mlp().fit(X[:half], Y[:half]), mlp().fit(X[half:], Y[half:])]
        study = self.optuna.create_study(sampler=self.optuna.samplers.RandomSampler(seed=0))
        space = {"transfer_from": networks}
        drawn = [suggest(study.ask(), space)["transfer_from"] for _ in range(10)]
        assert all(any(each is one for each in drawn) for one in networks)

    def test_objects_are_known_by_what_they_do(self):
        """Each process makes its own, at another address."""
        study = self.optuna.create_study()
        for _ in range(3):
            optimizers = [keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.01)]
            assert suggest(study.ask(), {"optimizer": optimizers})["optimizer"] in optimizers

    def test_items_that_have_the_same_text(self):
        with pytest.raises(ValueError, match="'batch_size' has two items with the text '32'"):
            suggest(self.optuna.create_study().ask(), {"batch_size": [32, "32"]})

    def test_whole_numbers_and_distributions_that_it_lacks(self):
        trial = self.optuna.create_study().ask()
        drawn = suggest(trial, {"epochs": randint(2, 4)})
        assert drawn["epochs"] in (2, 3)
        with pytest.raises(ValueError, match="'dropout' has a distribution that Optuna"):
            suggest(trial, {"dropout": norm()})
