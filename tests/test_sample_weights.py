"""Weights of images and of classes; images of weight zero."""

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.class_weight import compute_sample_weight
from support import MLP_AND_SLOWLY_CNN, assert_same_weights, dense, mlp, slow_but, tiny, weights

from skdigits import NetworkClassifier
from skdigits.ensemble import AveragingClassifier

X, Y = tiny()
LEARNS = {"epochs": 20, "batch_size": 10, "learning_rate": 0.01, "dropout": 0}


@pytest.mark.precision
class TestWeights:
    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    def test_weights_of_one_are_no_weights(self, make):
        one = make().fit(X, Y, sample_weight=np.ones(len(Y)))
        assert_same_weights(weights(one), weights(make().fit(X, Y)))

    def test_the_heavier_label_wins(self):
        """Each image is there with two labels; the weights say which is right."""
        images, labels = np.concatenate([X, X]), np.concatenate([Y, (Y + 1) % 3])
        for heavy in (0, 1):
            sample_weight = np.repeat([1.0, 0.05] if heavy == 0 else [0.05, 1.0], len(Y))
            estimator = mlp(**LEARNS).fit(images, labels, sample_weight=sample_weight)
            assert np.mean(estimator.predict(X) == (Y + heavy) % 3) > 0.9

    @pytest.mark.parametrize("class_weight", [{"a": 3, "b": 0.5, "c": 1}, {"b": 4}, "balanced"])
    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    def test_class_weight_is_the_same_sample_weight(self, make, class_weight):
        labels = np.array(["a", "a", "a", "b", "c", "c"])[np.arange(len(Y)) % 6]
        expected = make().fit(X, labels, sample_weight=compute_sample_weight(class_weight, labels))
        given = make(class_weight=class_weight).fit(X, labels)
        assert_same_weights(weights(given), weights(expected))
        plain = make().fit(X, labels)
        assert np.abs(plain.predict_proba(X) - given.predict_proba(X)).max() > 1e-4

    def test_class_weight_multiplies_sample_weight(self):
        sample_weight = np.linspace(0.5, 2, len(Y))
        class_weight = {0: 4, 1: 1, 2: 0.25}
        product = sample_weight * compute_sample_weight(class_weight, Y)
        given = mlp(class_weight=class_weight).fit(X, Y, sample_weight=sample_weight)
        expected = mlp().fit(X, Y, sample_weight=product)
        for one, other in zip(weights(given), weights(expected), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


# name -> (parameters, methods to call)
TRAININGS = {
    "fit": ({}, ["fit"]),
    "least steps": ({"epochs": (1, 12), "batch_size": "auto"}, ["fit"]),
    "early stopping": ({"early_stopping": True, "validation_fraction": 0.2}, ["fit"]),
    "class weights": ({"class_weight": "balanced"}, ["fit"]),
    "warm start": ({"warm_start": True}, ["fit", "fit"]),
    "partial_fit": ({}, ["partial_fit"] * 2),
}


def normalised(input_shape, n_classes):
    """Build a network with batch normalisation."""
    model = dense(input_shape, n_classes)
    hidden = keras.layers.BatchNormalization()(model.layers[-2].output)
    return keras.Model(model.inputs, model.layers[-1](hidden))


class TestWeightsOfZero:
    """Images of weight zero take no part: a fit gives the same bits as without them."""

    COUNTS = np.arange(len(Y)) % 7 > 1
    WEIGHTS = np.where(COUNTS, np.linspace(0.1, 3, len(Y)), 0.0)
    WILD = np.where(COUNTS[:, np.newaxis, np.newaxis], X, 1e9).astype(np.float32)

    def assert_same(self, estimator, expected, methods, images=WILD):
        """Fit one to all images, and the other to those that count; compare what they give."""
        rest, labels, heavy = images[self.COUNTS], Y[self.COUNTS], self.WEIGHTS[self.COUNTS]
        for method in methods:
            getattr(estimator, method)(images, Y, sample_weight=self.WEIGHTS)
            getattr(expected, method)(rest, labels, sample_weight=heavy)
        np.testing.assert_array_equal(estimator.predict_proba(rest), expected.predict_proba(rest))

    @pytest.mark.precision
    @pytest.mark.parametrize("training", TRAININGS)
    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    def test_the_same_bits(self, make, training):
        parameters, methods = TRAININGS[training]
        estimator, expected = (make(batch_norm=True, **parameters) for _ in range(2))
        self.assert_same(estimator, expected, methods)
        assert estimator.history_ == expected.history_
        assert_same_weights(weights(estimator), weights(expected))
        with pytest.warns(UserWarning, match="another scale"):
            estimator.predict(X / 25500)

    def test_of_any_classifier(self):
        network = NetworkClassifier(normalised, epochs=1, augmentation=None, random_state=0)
        self.assert_same(network, clone(network), ["fit"])
        average = AveragingClassifier(mlp(batch_norm=True), n_estimators=2, random_state=0)
        self.assert_same(average, clone(average), ["fit"])

    @pytest.mark.parametrize("dtype", slow_but(["uint8", "float32", "float64"], "uint8", "float32"))
    def test_in_a_mapped_file(self, dtype, tmp_path):
        np.save(tmp_path / "images.npy", np.minimum(self.WILD, 255).astype(dtype))
        images = np.load(tmp_path / "images.npy", mmap_mode="r")
        self.assert_same(mlp(), mlp(), ["fit", "partial_fit"], images)

    @pytest.mark.parametrize("mapped", [False, True])
    def test_they_do_not_set_the_origin_of_columns(self, mapped, tmp_path):
        late = np.where(self.COUNTS[:, np.newaxis], 1e9 + X.reshape(len(X), -1) / 7, 0)
        np.save(tmp_path / "late.npy", late)
        given = np.load(tmp_path / "late.npy", mmap_mode="r") if mapped else late
        estimator = mlp()
        self.assert_same(estimator, mlp(), ["fit"], given)
        np.testing.assert_array_equal(estimator.offset_, late[self.COUNTS].min(axis=0))

    def test_a_class_without_weight_stays_a_class(self):
        estimator = mlp(class_weight={2: 0}).partial_fit(X, Y)
        others = Y != 2
        expected = mlp().partial_fit(X[others], Y[others], classes=[0, 1, 2])
        assert_same_weights(weights(estimator), weights(expected))
        assert mlp(class_weight={2: 0}).fit(X, Y).classes_.tolist() == [0, 1, 2]

    def test_a_part_of_them_changes_nothing(self):
        estimator, expected = mlp().partial_fit(X, Y), mlp().partial_fit(X, Y)
        estimator.partial_fit(self.WILD, Y, sample_weight=np.zeros(len(Y)))
        assert estimator.n_iter_ == 1
        self.assert_same(estimator, expected, ["partial_fit"])
