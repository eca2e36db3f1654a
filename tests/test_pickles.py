"""Pickles of other versions, of callbacks made of lambdas, and what is in a pickle."""

import copy
import pickle
from pathlib import Path

import keras
import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.model_selection import GridSearchCV
from support import BOTH, cnn, mlp, slow_but, tiny

import skdigits
from skdigits.ensemble import AveragingClassifier
from skdigits.preprocessing import DigitNormalizer, ImageReshaper, PixelScaler

X, Y = tiny()
PICKLES = Path(__file__).parent / "pickles"


class TestOfOtherVersions:
    @pytest.mark.parametrize("name", ["mlp", "cnn"])
    def test_one_from_before_there_were_versions_predicts_and_goes_on(self, name):
        estimator, images, probabilities = pickle.loads(
            (PICKLES / f"{name}-without-versions.pkl").read_bytes()
        )
        np.testing.assert_allclose(estimator.predict_proba(images), probabilities, atol=1e-5)
        assert estimator.n_parameters_ == estimator.model_.count_params()
        n_epochs = estimator.n_iter_
        assert estimator.partial_fit(images, Y).n_iter_ == n_epochs + 1
        twin = pickle.loads(pickle.dumps(estimator))
        np.testing.assert_array_equal(twin.predict_proba(X), estimator.predict_proba(X))

    @pytest.mark.parametrize(
        "estimator",
        [mlp(), cnn(), AveragingClassifier(), DigitNormalizer(), ImageReshaper(), PixelScaler()],
        ids=lambda estimator: type(estimator).__name__,
    )
    def test_a_parameter_that_did_not_exist_has_its_default(self, estimator):
        defaults = type(estimator)().get_params(deep=False)
        for name in defaults:
            state = dict(estimator.__getstate__())
            del state[name]
            twin = type(estimator).__new__(type(estimator))
            twin.__setstate__(state)
            expected = {**estimator.get_params(deep=False), name: defaults[name]}
            assert twin.get_params(deep=False) == expected

    def edited(self, estimator, edit):
        """Return an estimator from a pickle of version 0.0.9, in which the state was another."""
        state = estimator.__getstate__()
        edit(state["_network"]["state"])
        state["_network"]["versions"] = {"skdigits": "0.0.9", "keras": "3.14.0"}
        twin = type(estimator).__new__(type(estimator))
        with pytest.warns(InconsistentVersionWarning, match="from version 0.0.9 of skdigits, 3.14"):
            twin.__setstate__(state)
        with pytest.warns(InconsistentVersionWarning):
            return pickle.loads(pickle.dumps(twin))

    @pytest.mark.parametrize(
        "edit",
        [
            lambda state: state.pop("model/hidden_1/bias"),
            lambda state: state.update({"model/hidden_1/scale": np.ones(16)}),
            lambda state: state.update({"model/hidden_1/bias": np.ones(15)}),
        ],
        ids=["fewer", "more", "another shape"],
    )
    def test_weights_of_another_network_name_the_versions_that_wrote_them(self, edit):
        estimator = self.edited(mlp().fit(X, Y), edit)
        ours = f"skdigits {skdigits.__version__}, keras {keras.__version__}"
        for _ in range(2):
            with pytest.raises(
                ValueError, match=rf"skdigits 0.0.9, keras 3.14.0.*{ours}.*hidden_1"
            ):
                estimator.predict_proba(X)

    def test_an_optimizer_of_another_kind_begins_anew(self):
        def forget(state):
            for name in [name for name in state if name.startswith("optimizer/")]:
                del state[name]
            state["optimizer/centre"] = np.ones(3)

        original = mlp(learning_rate_schedule="constant").fit(X, Y)
        estimator = self.edited(original, forget)
        np.testing.assert_array_equal(estimator.predict_proba(X), original.predict_proba(X))
        assert estimator.partial_fit(X, Y).n_iter_ == 3
        assert np.isfinite(estimator.predict_proba(X)).all()

    @pytest.mark.slow
    def test_order_does_not_matter(self):
        def turn_round(state):
            for name in list(state)[::-1]:
                state[name] = state.pop(name)

        original = cnn(dropout=0.3, augmentation="affine").fit(X, Y)
        twin = self.edited(original, turn_round)
        for estimator in (original, twin):
            estimator.partial_fit(X, Y)
        np.testing.assert_array_equal(twin.predict_proba(X), original.predict_proba(X))


class TestNames:
    """Weights have the same names whatever else this process has built with Keras."""

    @pytest.mark.parametrize("make", slow_but(BOTH, cnn))
    def test_they_depend_on_the_network_alone(self, make):
        parameters = {"dropout": 0.1, "batch_norm": True, "optimizer": keras.optimizers.SGD(0.1)}
        first = make(hidden_layer_sizes=(5,), **parameters).fit(X, Y)
        keras.Sequential([keras.layers.Dense(3), keras.layers.Dropout(0.1)]).build((None, 4))
        second = make(hidden_layer_sizes=(6,), **parameters).fit(X, Y)
        paths = [[weight.path for weight in each.model_.variables] for each in (first, second)]
        assert [path.partition("seed_generator")[0] for path in paths[0]] == [
            path.partition("seed_generator")[0] for path in paths[1]
        ]

    def test_the_users_own_numbers_go_on(self):
        number = int(keras.layers.Dense(1, name=None).name.rpartition("_")[2])
        mlp(hidden_layer_sizes=(7, 7)).fit(X, Y)
        assert keras.layers.Dense(1).name == f"dense_{number + 1}"

    def test_layers_of_the_users_from_before_fit_behind_those_of_a_network(self):
        keras.layers.Dense(1)
        mine = keras.layers.Dense(2)
        model = mlp(hidden_layer_sizes=(4, 4, 4)).fit(X, Y).model_
        assert keras.Model(model.input, mine(model.layers[-2].output)).output_shape == (None, 2)


def scheduler():
    return keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.01 / (1 + epoch))


class TestCallbacksOfLambdas:
    def estimator(self):
        return mlp(callbacks=[scheduler()], learning_rate_schedule="constant")

    def test_they_survive_a_pickle(self):
        estimator = self.estimator().fit(X, Y)
        twin = pickle.loads(pickle.dumps(estimator))
        np.testing.assert_array_equal(twin.predict_proba(X), estimator.predict_proba(X))
        assert twin.fit(X, Y).history_ == estimator.history_

    def test_copies_hold_the_same_functions(self):
        estimator = self.estimator()
        schedule = estimator.callbacks[0].schedule
        assert copy.copy(estimator).callbacks is estimator.callbacks
        assert copy.deepcopy(estimator).callbacks[0].schedule is schedule

    def test_worker_processes_call_them(self):
        estimator = self.estimator()
        (there,) = Parallel(n_jobs=2)([delayed(estimator.fit)(X, Y)])
        assert there.history_["learning_rate"] == pytest.approx([0.01, 0.005])

    def test_a_search_that_is_fitted_is_pickled(self):
        search = GridSearchCV(self.estimator(), {"batch_size": [20, 30]}, cv=2).fit(X, Y)
        twin = pickle.loads(pickle.dumps(search))
        np.testing.assert_array_equal(twin.predict_proba(X), search.predict_proba(X))
