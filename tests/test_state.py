"""State: pickle, joblib, copy, clone, warm_start, partial_fit, and programs that are used again."""

import copy
import gc
import pickle
import sys
import weakref

import joblib
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from support import (
    BOTH,
    MLP_AND_SLOWLY_CNN,
    assert_same_weights,
    mlp,
    slow_but,
    tiny,
    weights,
)

from skdigits.preprocessing import ImageReshaper, PixelScaler

# everything that keeps a state of its own: dropout's and augmentation's generators, moving
# averages, the optimizer's moments
STATEFUL = {"dropout": 0.3, "batch_norm": True, "augmentation": "affine"}


def through_joblib(estimator, folder):
    joblib.dump(estimator, folder / "estimator.joblib")
    return joblib.load(folder / "estimator.joblib")


COPIES = {
    "pickle": lambda estimator, folder: pickle.loads(pickle.dumps(estimator)),
    "joblib": through_joblib,
    "deepcopy": lambda estimator, folder: copy.deepcopy(estimator),
    "twice": lambda estimator, folder: copy.deepcopy(pickle.loads(pickle.dumps(estimator))),
}


@pytest.mark.precision
@pytest.mark.parametrize("how", slow_but(COPIES, "pickle", "deepcopy"))
@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_a_copy_predicts_and_goes_on_to_the_same_bits(make, how, tmp_path):
    X, y = tiny()
    original = make(**STATEFUL).fit(X, y)
    twin = COPIES[how](original, tmp_path)
    np.testing.assert_array_equal(twin.predict_proba(X), original.predict_proba(X))
    assert twin.history_ == original.history_
    for estimator in (original, twin):
        estimator.partial_fit(X, y).partial_fit(X[:31], y[:31])
    np.testing.assert_array_equal(twin.predict_proba(X), original.predict_proba(X))
    assert_same_weights(weights(twin), weights(original))


@pytest.mark.parametrize("make_copy", [copy.copy, copy.deepcopy])
def test_a_copy_is_independent_of_the_original(make_copy):
    X, y = tiny()
    original = mlp().fit(X, y)
    before = original.predict_proba(X)
    twin = make_copy(original)
    twin.partial_fit(X, y)
    np.testing.assert_array_equal(original.predict_proba(X), before)
    assert not np.array_equal(twin.predict_proba(X), before)
    assert original.n_iter_ == 2
    assert twin.n_iter_ == 3
    assert [len(values) for values in original.history_.values()] == [2, 2]


@pytest.mark.parametrize("make", BOTH)
def test_an_unfitted_estimator_can_be_pickled(make):
    X, y = tiny()
    twin = pickle.loads(pickle.dumps(make()))
    expected = make().fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(twin.fit(X, y).predict_proba(X), expected)


def test_a_clone_is_unfitted_and_has_the_parameters():
    X, y = tiny()
    fitted = mlp().fit(X, y)
    twin = clone(fitted)
    assert twin.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        twin.predict(X)


def test_a_pickle_holds_neither_the_training_data_nor_more_than_twice_the_optimizer():
    X, y = tiny(n=3000, shape=(20, 20))
    fitted = mlp(epochs=1).fit(X, y)
    assert len(pickle.dumps(fitted)) < 4 * 4 * fitted.n_parameters_ + 20_000 < X.nbytes


KERAS_OBJECTS = {
    "layers": lambda: {
        "activation": keras.layers.PReLU(),
        "kernel_initializer": keras.initializers.RandomNormal(0, 0.1),
        "augmentation": [keras.layers.RandomFlip("horizontal"), keras.layers.GaussianNoise(0.5)],
        "learning_rate_schedule": keras.optimizers.schedules.CosineDecay(0.01, 6),
    },
    "training": lambda: {
        "optimizer": keras.optimizers.SGD(0.01, momentum=0.9),
        "loss": keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        "callbacks": [keras.callbacks.EarlyStopping(monitor="loss"), keras.callbacks.History()],
    },
}


@pytest.mark.parametrize("make_objects", KERAS_OBJECTS.values(), ids=KERAS_OBJECTS)
def test_estimators_with_keras_objects_are_cloned_and_copied(make_objects):
    X, y = tiny()
    estimator = mlp(**make_objects()).fit(X, y)
    expected = estimator.predict_proba(X)
    for make_copy in (lambda each: pickle.loads(pickle.dumps(each)), copy.deepcopy):
        np.testing.assert_array_equal(make_copy(estimator).predict_proba(X), expected)
    np.testing.assert_array_equal(clone(estimator).fit(X, y).predict_proba(X), expected)
    np.testing.assert_array_equal(estimator.fit(X, y).predict_proba(X), expected)


def test_pipelines_and_searches_are_pickled_with_their_estimator():
    X, y = tiny()
    rows = X.reshape(len(X), -1)
    pipeline = make_pipeline(PixelScaler(), ImageReshaper((6, 6)), mlp())
    search = GridSearchCV(pipeline, {"mlpclassifier__learning_rate": [0.01, 0.001]}, cv=2)
    search.fit(rows, y)
    expected = search.predict_proba(rows)
    for twin in (pickle.loads(pickle.dumps(search)), copy.deepcopy(search)):
        np.testing.assert_array_equal(twin.predict_proba(rows), expected)


class TestPartialFit:
    @pytest.mark.parametrize("make", BOTH)
    def test_each_call_is_one_epoch_more(self, make):
        X, y = tiny()
        estimator = make(epochs=7)
        for n_calls in range(1, 4):
            assert estimator.partial_fit(X, y, classes=[0, 1, 2]) is estimator
            assert estimator.n_iter_ == n_calls
            assert [len(v) for v in estimator.history_.values()] == [n_calls, n_calls]
        assert estimator.history_["loss"][-1] < estimator.history_["loss"][0]

    def test_it_learns_from_parts_that_lack_classes(self):
        X, y = tiny(n=90)
        estimator = mlp(learning_rate=0.01, dropout=0, batch_size=10)
        for _ in range(25):
            for label in (2, 0, 1):
                estimator.partial_fit(X[y == label], y[y == label], classes=[2, 1, 0])
        assert estimator.classes_.tolist() == [0, 1, 2]
        assert estimator.predict_proba(X).shape == (90, 3)
        assert set(estimator.predict(X)) <= {0, 1, 2}

    def test_classes_that_never_come(self):
        X, y = tiny()
        names = np.array(["b", "d", "f"])
        estimator = mlp().partial_fit(X, names[y], classes=list("gfedcba"))
        assert estimator.classes_.tolist() == list("abcdefg")
        assert estimator.predict_proba(X).shape == (len(X), 7)

    def test_it_goes_on_from_fit(self):
        X, y = tiny()
        estimator = mlp(learning_rate_schedule="constant").fit(X, y)
        before = weights(estimator)
        estimator.partial_fit(X, y)
        assert estimator.n_iter_ == 3
        assert len(estimator.history_["loss"]) == 3
        assert any(
            not np.array_equal(a, b) for a, b in zip(before, weights(estimator), strict=True)
        )

    def test_epochs_of_it_are_a_fit_at_a_constant_rate(self):
        X, y = tiny()
        whole = mlp(epochs=3, learning_rate_schedule="constant", augmentation="affine").fit(X, y)
        parts = mlp(learning_rate_schedule="constant", augmentation="affine")
        for _ in range(3):
            parts.partial_fit(X, y)
        np.testing.assert_array_equal(parts.predict_proba(X), whole.predict_proba(X))
        assert parts.history_ == whole.history_

    def test_the_input_is_standardised_by_all_images_so_far(self):
        X, y = tiny()

        def mean_and_variance(estimator):
            layer = estimator.model_.get_layer("standardize")
            return layer.moving_mean.numpy()[0], layer.moving_variance.numpy()[0]

        estimator = mlp().partial_fit(X, y)
        np.testing.assert_allclose(mean_and_variance(estimator), (X.mean(), X.var()), rtol=1e-5)
        estimator.partial_fit(X[:9] // 2, y[:9])
        seen = np.concatenate([X, X[:9] // 2])
        expected = seen.mean(), seen.var()
        np.testing.assert_allclose(mean_and_variance(estimator), expected, rtol=1e-5)
        estimator.set_params(warm_start=True).fit(X[:9] // 2, y[:9])
        estimator.partial_fit(X[:9] // 2, y[:9])
        np.testing.assert_allclose(mean_and_variance(estimator), expected, rtol=1e-5)


class TestWarmStart:
    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    def test_another_fit_goes_on(self, make):
        X, y = tiny()
        estimator = make(warm_start=True, learning_rate_schedule="constant").fit(X, y)
        estimator.set_params(epochs=3).fit(X, y)
        whole = make(epochs=5, learning_rate_schedule="constant").fit(X, y)
        assert estimator.n_iter_ == estimator.best_epoch_ == 5
        assert estimator.history_ == whole.history_
        np.testing.assert_array_equal(estimator.predict_proba(X), whole.predict_proba(X))

    def test_without_it_another_fit_begins_anew(self):
        X, y = tiny()
        estimator = mlp().fit(X, y)
        history, before = estimator.history_, estimator.predict_proba(X)
        estimator.fit(X, y)
        assert estimator.history_ == history
        assert estimator.n_iter_ == 2
        np.testing.assert_array_equal(estimator.predict_proba(X), before)

    def test_a_fit_on_other_images_begins_anew(self):
        X, y = tiny()
        others, labels = tiny(shape=(9, 5, 3), n_classes=2)
        estimator = mlp().fit(X, y).fit(others, labels)
        assert estimator.image_shape_ == (9, 5, 3)
        expected = mlp().fit(others, labels).predict_proba(others)
        np.testing.assert_array_equal(estimator.predict_proba(others), expected)

    def test_history_has_one_value_an_epoch_when_validation_comes_or_goes(self):
        X, y = tiny()
        for first in (True, False):
            estimator = mlp(warm_start=True, early_stopping=first).fit(X, y)
            estimator.set_params(early_stopping=not first).fit(X, y)
            assert estimator.n_iter_ == 4
            assert set(estimator.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
            assert {len(values) for values in estimator.history_.values()} == {4}

    def test_the_learning_rate_can_be_changed_between_fits(self):
        X, y = tiny()
        estimator = mlp(warm_start=True, learning_rate_schedule="constant").fit(X, y)
        before = estimator.predict_proba(X)
        estimator.set_params(learning_rate=1e-30).fit(X, y)
        np.testing.assert_allclose(estimator.predict_proba(X), before, atol=1e-6)


class TestReuse:
    """Programs serve again when their estimators are gone, and nobody can tell."""

    @pytest.mark.slow
    @pytest.mark.parametrize("make", BOTH)
    def test_a_fit_gives_the_same_bits_with_and_without_the_pool(self, make, builds, monkeypatch):
        X, y = tiny()
        settings = [{}, {"learning_rate": 0.02, "random_state": 7}, {"optimizer": "sgd"}]

        def probabilities(make, size, settings):
            monkeypatch.setenv("SKDIGITS_POOL_SIZE", size)
            builds.clear()
            return [
                make(hidden_layer_sizes=(14,), **each).fit(X, y).predict_proba(X)
                for each in settings
            ]

        without = probabilities(make, "0", settings)
        assert len(builds) == 3
        with_pool = probabilities(make, "8", [*settings, {}, {}])
        assert len(builds) == 2
        for one, other in zip(with_pool, [*without, without[0], without[0]], strict=True):
            np.testing.assert_array_equal(one, other)

    def test_two_live_estimators_share_no_weights(self):
        X, y = tiny()
        first = mlp(random_state=1).fit(X, y)
        before = first.predict_proba(X)
        second = mlp(random_state=2).fit(X, y)
        assert first.model_ is not second.model_
        second.partial_fit(X, y)
        np.testing.assert_array_equal(first.predict_proba(X), before)

    def test_a_model_that_the_user_holds_is_left_alone(self):
        X, y = tiny()
        estimator = mlp().fit(X, y)
        model = estimator.model_
        before = [np.array(w) for w in model.get_weights()]
        estimator.set_params(random_state=5).fit(X, y)
        assert estimator.model_ is not model
        assert_same_weights(model.get_weights(), before)
        del estimator
        mlp(random_state=6).fit(X, y)
        mlp(random_state=7).fit(X, y)
        assert_same_weights(model.get_weights(), before)

    def test_a_model_that_a_callback_holds_is_left_alone(self):
        class Holds(keras.callbacks.Callback):
            def on_train_begin(self, logs=None):
                self.held = self.model

        X, y = tiny()
        callback = Holds()
        mlp(callbacks=[callback]).fit(X, y)
        before = [np.array(w) for w in callback.held.get_weights()]
        mlp(random_state=5).fit(X, y)
        assert_same_weights(callback.held.get_weights(), before)

    def test_a_parameter_that_is_changed_in_place_counts(self):
        X, y = tiny()
        sizes = [16]
        estimator = mlp(hidden_layer_sizes=sizes).fit(X, y)
        before = estimator.predict_proba(X)
        sizes.append(8)
        np.testing.assert_array_equal(
            pickle.loads(pickle.dumps(estimator)).predict_proba(X), before
        )
        np.testing.assert_array_equal(copy.deepcopy(estimator).predict_proba(X), before)
        expected = mlp(hidden_layer_sizes=(16, 8)).fit(X, y).predict_proba(X)
        np.testing.assert_array_equal(estimator.fit(X, y).predict_proba(X), expected)
        del estimator
        again = mlp(hidden_layer_sizes=[16, 8]).fit(X, y)
        assert [layer.units for layer in again.model_.layers if hasattr(layer, "units")] == [
            16,
            8,
            3,
        ]

    def test_an_optimizer_that_is_changed_in_place_counts(self):
        X, y = tiny()
        optimizer = keras.optimizers.SGD(0.01)
        estimator = mlp(optimizer=optimizer).fit(X, y)
        optimizer.momentum = 0.9
        fresh = keras.optimizers.SGD(0.01, momentum=0.9)
        expected = mlp(optimizer=fresh, random_state=0).fit(X, y).predict_proba(X)
        np.testing.assert_array_equal(estimator.fit(X, y).predict_proba(X), expected)

    def test_estimators_that_are_dropped_and_made_in_any_order(self):
        X, y = tiny()
        expected = {seed: mlp(random_state=seed).fit(X, y).predict_proba(X) for seed in range(3)}
        live = [mlp(random_state=seed).fit(X, y) for seed in (2, 1)]
        live.append(copy.deepcopy(live[0]))
        del live[0]
        live.append(mlp(random_state=0).fit(X, y))
        for estimator, seed in zip(live, (1, 2, 0), strict=True):
            np.testing.assert_array_equal(estimator.predict_proba(X), expected[seed])


def test_an_estimator_may_be_collected_while_another_is_traced(monkeypatch):
    """Python's collector runs whenever it likes."""

    def collects(x):
        gc.collect()
        return keras.ops.relu(x)

    X, y = tiny()
    estimator = mlp(optimizer=keras.optimizers.SGD(0.01)).fit(X, y)
    estimator.cycle = estimator
    del estimator
    errors = []
    monkeypatch.setattr(sys, "unraisablehook", lambda error: errors.append(error.exc_type))
    mlp(activation=collects, hidden_layer_sizes=(5,)).fit(X, y)
    assert errors == []


@pytest.mark.parametrize(
    ("size", "most"),
    [
        ("1", 1),
        pytest.param("0", 0, marks=pytest.mark.slow),
        pytest.param("", 8, marks=pytest.mark.slow),
    ],
)
def test_the_number_of_models_kept_is_bounded(size, most, monkeypatch):
    built, compile_model = weakref.WeakSet(), keras.Model.compile

    def note(model, *args, **kwargs):
        built.add(model)
        return compile_model(model, *args, **kwargs)

    monkeypatch.setattr(keras.Model, "compile", note)
    monkeypatch.setenv("SKDIGITS_POOL_SIZE", size)
    for units in range(1, most + 2):
        mlp(hidden_layer_sizes=(units,), epochs=1).fit(*tiny())
    gc.collect()
    assert len(built) == most


def test_a_state_of_a_later_version_says_so():
    """It may hold what this version does not know, and is not damaged."""
    state = mlp().fit(*tiny()).__getstate__()
    state["_network"]["spec"]["later"] = 1
    state["_network"]["versions"]["skdigits"] = "99.0"
    with pytest.raises(ValueError, match=r"or of other versions \(99\.0 of skdigits\)"):
        mlp().__setstate__(state)
