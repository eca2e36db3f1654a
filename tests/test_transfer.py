"""``transfer_from``: beginning from another network's body."""

import copy
import pickle
from functools import cache

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from support import assert_same_weights, cnn, mlp, slow_but, tiny, weights

from skdigits import CNNClassifier, NetworkClassifier
from skdigits._private_names import TAKES_PUBLIC_WAYS
from skdigits.datasets import fetch_mnist
from skdigits.ensemble import AveragingClassifier

X, Y = tiny(n_classes=3)
X2, Y2 = tiny(n_classes=2, seed=1)


@cache
def fitted(make=mlp, random_state=0):
    """Return what others begin from."""
    return make(batch_norm=make is cnn, random_state=random_state).fit(X, Y)


def body(estimator):
    return weights(estimator)[:-2]


@pytest.mark.precision
def test_another_task_with_other_classes():
    labels = np.array(["cat", "dog"])[Y2]
    settings = {"epochs": 20, "batch_size": 6, "learning_rate": 0.01}
    estimator = cnn(transfer_from=fitted(cnn), **settings).fit(X2, labels)
    assert estimator.classes_.tolist() == ["cat", "dog"]
    assert estimator.predict_proba(X2).shape == (len(X2), 2)
    assert estimator.score(X2, labels) > 0.9


@pytest.mark.precision
def test_a_frozen_body_stays_as_it_was():
    before = body(fitted(cnn))
    settings = {"transfer_from": fitted(cnn), "fine_tune": False, "dropout": 0.5}
    first = weights(cnn(**settings).fit(X2, Y2))
    assert_same_weights(first[:-2], before)
    assert_same_weights(body(fitted(cnn)), before)
    again = cnn(**settings, random_state=1).fit(X2, Y2)
    assert np.abs(weights(again)[-2] - first[-2]).max() > 0


def test_the_output_layer_learns_first_and_then_all():
    settings = {"transfer_from": fitted(), "learning_rate_schedule": "constant"}
    settings["optimizer"] = keras.optimizers.Adam(0.003)
    first = weights(mlp(**settings, fine_tune=False, epochs=2).fit(X2, Y2))

    class After(keras.callbacks.Callback):
        weights = ()

        def on_epoch_end(self, epoch, logs=None):
            self.weights = [*self.weights, [np.array(w) for w in self.model.get_weights()]]

    after = After()
    mlp(**settings, epochs=6, callbacks=[after]).fit(X2, Y2)
    assert_same_weights(after.weights[1], first)
    assert np.abs(after.weights[2][2] - after.weights[1][2]).max() > 0
    after.weights = ()
    mlp(**settings, epochs=2, callbacks=[after]).fit(X2, Y2)
    assert_same_weights(after.weights[0][:-2], body(fitted()))


@pytest.mark.skipif(TAKES_PUBLIC_WAYS, reason="the public way takes all variables only")
@pytest.mark.slow
def test_an_optimizer_with_parts_trains_the_output_layer_alone():
    optimizers = keras.optimizers
    parts = {".*kernel": optimizers.SGD(0.1), "no.*": optimizers.SGD(0.2)}
    chosen = optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.SGD(0.1), parts))
    settings = {"transfer_from": fitted(), "learning_rate_schedule": "constant"}
    several, one = (  # a third of the epochs train the output layer
        weights(mlp(**settings, epochs=3, optimizer=optimizer).fit(X2, Y2))
        for optimizer in (chosen, optimizers.SGD(0.1))
    )
    for found, expected in zip(several, one, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("fine_tune", slow_but([True, False], True))
def test_fine_tuning_learns_at_six_tenths_of_the_rate(fine_tune):
    settings = {"transfer_from": fitted(), "fine_tune": fine_tune, "epochs": 1}
    named = weights(mlp(**settings, optimizer="sgd", learning_rate=0.1).fit(X2, Y2))
    brought = keras.optimizers.SGD(0.06 if fine_tune else 0.1)
    for one, other in zip(
        named, weights(mlp(**settings, optimizer=brought).fit(X2, Y2)), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_going_on_trains_all():
    estimator = mlp(transfer_from=fitted(), epochs=1, fine_tune=False, warm_start=True).fit(X2, Y2)
    before = body(estimator)
    assert_same_weights(body(estimator.fit(X2, Y2)), before)
    estimator.set_params(fine_tune=True).fit(X2, Y2)
    assert np.abs(body(estimator)[2] - before[2]).max() > 0
    estimator.partial_fit(X2, Y2)
    assert estimator.n_iter_ == 4


@pytest.mark.precision
@pytest.mark.parametrize("make_source", [
    pytest.param(lambda: mlp().fit(X, Y), marks=pytest.mark.slow),
    lambda: fitted(cnn).model_,
    lambda: keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(4, 3),
                              keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(9)]),
    lambda: keras.Sequential([keras.Input((6, 6)), keras.layers.Flatten(),
                              keras.layers.Dense(4), keras.layers.Dense(9)]),
], ids=["mlp", "model_", "sequential", "grey without a channel"])  # fmt: skip
def test_other_sources(make_source):
    source = make_source()
    given = getattr(source, "model_", source).get_weights()
    estimator = cnn(transfer_from=source, fine_tune=False).fit(X2, Y2)
    assert_same_weights(body(estimator), given[:-2])


def test_clones_searches_and_copies_keep_what_was_learned():
    estimator = mlp(transfer_from=fitted(), fine_tune=False)
    for twin in (clone(estimator), copy.deepcopy(estimator), pickle.loads(pickle.dumps(estimator))):
        assert_same_weights(body(twin.fit(X2, Y2)), body(fitted()))
    assert clone(estimator).get_params()["transfer_from"] is fitted()
    assert len(cross_val_score(estimator, X2, Y2, cv=2, error_score="raise")) == 2
    del twin  # its network serves again
    estimator.fit(X2, Y2)
    loaded = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(loaded.predict_proba(X2), estimator.predict_proba(X2))
    for twin in (copy.deepcopy(estimator), loaded):
        assert twin.partial_fit(X2, Y2).n_iter_ == estimator.n_iter_ + 1


@pytest.mark.parametrize("seeds", slow_but([(0, 5), (0, None), (None, 0)], (0, 5), (None, 0)))
def test_going_on_from_another_source_is_refused(seeds):
    one, other = (None if seed is None else fitted(random_state=seed) for seed in seeds)
    estimator = mlp(transfer_from=one, warm_start=True).fit(X2, Y2)
    estimator.set_params(transfer_from=other)
    with pytest.raises(ValueError, match="go on with another 'transfer_from'"):
        estimator.fit(X2, Y2)


def test_early_stopping_waits_until_the_body_learns():
    stops = {"early_stopping": True, "n_iter_no_change": 1, "tol": 10.0, "epochs": 12}
    # Of the 6, four train the output layer, and one is to compare with.
    assert mlp(transfer_from=fitted(), **stops).fit(X2, Y2).n_iter_ == 6
    assert mlp(transfer_from=fitted(), fine_tune=False, **stops).fit(X2, Y2).n_iter_ == 2
    stops["warm_start"] = True
    assert mlp(transfer_from=fitted(), **stops).fit(X2, Y2).fit(X2, Y2).n_iter_ == 8


def test_the_best_epoch_is_the_last_if_early_stopping_never_looked():
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(stop.model, "stop_training", epoch == 2)
    )
    new = mlp(transfer_from=fitted(), early_stopping=True, epochs=12, callbacks=[stop]).fit(X, Y)
    assert new.n_iter_ == new.best_epoch_ == 3


def test_the_source_stays_as_it_is_in_averages_and_searches():
    parameters = fitted().get_params()
    ensemble = AveragingClassifier(mlp(transfer_from=fitted()), n_estimators=2, random_state=1)
    assert len(ensemble.fit(X2, Y2).estimators_) == 2
    assert fitted().get_params() == parameters
    assert not any(name.startswith("transfer_from__") for name in ensemble.get_params())
    sources = [FrozenEstimator(fitted()), None]
    options = {"cv": 2, "refit": False, "error_score": "raise"}
    search = GridSearchCV(mlp(), {"transfer_from": sources}, **options)
    assert hasattr(search.fit(X2, Y2), "best_score_")


def test_two_sources_of_one_architecture_are_not_mixed_up():
    for source in (fitted(), fitted(random_state=5), fitted()):
        estimator = mlp(transfer_from=source, fine_tune=False).fit(X2, Y2)
        assert_same_weights(body(estimator), body(source))


@pytest.mark.slow
@pytest.mark.precision
def test_same_seed_same_bits():
    settings = {"transfer_from": fitted(), "augmentation": "affine"}
    assert_same_weights(*(weights(mlp(**settings).fit(X2, Y2)) for _ in range(2)))


def test_layers_that_are_frozen_in_the_source_learn_too():
    hidden = keras.layers.Dense(4, activation="relu")
    layers = [keras.layers.Flatten(), hidden, keras.layers.Dense(3)]
    source = keras.Sequential([keras.Input((6, 6, 1)), *layers])
    source.trainable = False
    before = source.get_weights()
    estimator = mlp(transfer_from=source, epochs=6).fit(X2, Y2)
    assert (body(estimator)[0] != before[0]).any()
    assert_same_weights(source.get_weights(), before)
    standardize = mlp(transfer_from=fitted(), epochs=2).fit(X2, Y2).model_.get_layer("standardize")
    assert not standardize.trainable


class Doubling(keras.Sequential):
    """Layers whose outputs are doubled by a call of their own."""

    def call(self, images, training=None, mask=None):
        return 2 * super().call(images, training=training, mask=mask)


def test_a_model_inside_the_source_keeps_its_call():
    inside = Doubling([keras.layers.Flatten(), keras.layers.Dense(4, activation="relu")])
    output = keras.layers.Dense(3, activation="softmax")
    source = keras.Sequential([keras.Input((*X.shape[1:], 1)), inside, output])
    model = mlp(transfer_from=source, fine_tune=False, epochs=1).fit(X2, Y2).model_
    features = keras.Model(model.inputs, model.layers[-1].input)
    pixels = X2[..., None].astype("float32")
    np.testing.assert_allclose(features(pixels), inside(pixels), rtol=1e-6)


class Subclassed(keras.Model):
    """A network whose layers Keras does not know in their order."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)
        self.build((None, 6, 6, 1))

    def build(self, input_shape):
        self.dense.build((None, 36))
        super().build(input_shape)

    def call(self, images):
        return self.dense(keras.ops.reshape(images, (-1, 36)))


@pytest.mark.parametrize("source", [cnn(), "model.keras", 3, keras.Sequential(), Subclassed()])
def test_what_is_no_fitted_network_is_named(source):
    with pytest.raises(TypeError, match="'transfer_from' parameter of CNNClassifier must be a fit"):
        cnn(transfer_from=source).fit(X2, Y2)


class Whole(keras.Model):
    """A network that is one layer of a `NetworkClassifier`'s."""

    def __init__(self, n_classes):
        super().__init__()
        self.flatten, self.hidden = keras.layers.Flatten(), keras.layers.Dense(8)
        self.out = keras.layers.Dense(n_classes, activation="softmax")

    def call(self, images):
        return self.out(self.hidden(self.flatten(images)))


def test_a_source_without_layers_that_can_be_kept_is_refused():
    options = {"epochs": 1, "augmentation": None, "random_state": 0}
    whole = NetworkClassifier(lambda shape, n_classes: Whole(n_classes), **options).fit(X, Y)
    with pytest.raises(ValueError, match="output layer inside 'whole', a model that is one of"):
        mlp(transfer_from=whole).fit(X2, Y2)
    with pytest.raises(ValueError, match="no layers below its output layer"):
        mlp(transfer_from=mlp(hidden_layer_sizes=()).fit(X, Y)).fit(X2, Y2)


@pytest.mark.precision
def test_a_source_with_a_recurrent_layer():
    """Its loops need more than the one thread that runs the predictions of other networks."""
    layers = keras.layers
    source = keras.Sequential([keras.Input((6, 6)), layers.LSTM(4), layers.Dense(3)])
    classifier = mlp(transfer_from=source, epochs=1).fit(X, Y)
    expected = classifier.model_.predict(X[..., np.newaxis], verbose=0)
    np.testing.assert_allclose(classifier.predict_proba(X), expected, atol=1e-5)
    np.testing.assert_allclose(classifier.predict_proba(X[:1]), expected[:1], atol=1e-5)


def test_images_of_another_shape_are_refused():
    images, labels = tiny(shape=(7, 6), n_classes=2)
    with pytest.raises(ValueError, match=r"transfer_from.*\(6, 6, 1\).*\(7, 6, 1\)"):
        mlp(transfer_from=fitted()).fit(images, labels)


def test_a_source_of_grey_images_takes_no_colours_and_one_of_two_inputs_nothing():
    grey = keras.Sequential([keras.Input((6, 6)), keras.layers.Flatten(), keras.layers.Dense(3)])
    with pytest.raises(ValueError, match=r"transfer_from.*\(6, 6\).*\(6, 6, 3\)"):
        mlp(transfer_from=grey).fit(*tiny(shape=(6, 6, 3), n_classes=2))
    ends = [keras.Input((6, 6, 1)), keras.Input((3,))]
    both = keras.layers.Concatenate()([keras.layers.Flatten()(ends[0]), ends[1]])
    pair = keras.Model(ends, keras.layers.Dense(2)(both))
    with pytest.raises(ValueError, match=r"transfer_from.*\(6, 6, 1\), \(3,\)"):
        mlp(transfer_from=pair).fit(X2, Y2)


@pytest.mark.slow
def test_it_beats_training_from_nothing_on_ten_images_a_class(data_folder, monkeypatch):
    """The digits 5 to 9 by a body that has seen the others, in 30 steps."""
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))
    images, labels = fetch_mnist(subset="test", return_X_y=True)
    small = {"filters": (8, 16), "precision": "float32"}
    old, new = np.flatnonzero(labels < 5)[:2500], np.flatnonzero(labels >= 5)
    source = CNNClassifier(**small, epochs=6, random_state=0).fit(images[old], labels[old])
    scores = {"transfer": [], "nothing": []}
    for seed in range(5):
        few, others = train_test_split(
            new, train_size=50, test_size=1000, stratify=labels[new], random_state=seed
        )
        for name, options in (("transfer", {"transfer_from": source}), ("nothing", {})):
            estimator = CNNClassifier(**small, **options, epochs=30, random_state=seed)
            estimator.fit(images[few], labels[few])
            scores[name].append(estimator.score(images[others], labels[others]))
    assert np.mean(scores["transfer"]) > np.mean(scores["nothing"]) + 0.01, scores
