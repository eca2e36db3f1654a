"""Early stopping, and a place among scikit-learn's tools."""

import inspect
import pickle

import numpy as np
import pytest
import sklearn
from scipy.stats import loguniform
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    check_cv,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from support import BOTH, MLP_AND_SLOWLY_CNN, assert_same_weights, mlp, tiny, weights

from skdigits import CNNClassifier, MLPClassifier, NetworkClassifier
from skdigits.preprocessing import ImageReshaper, PixelScaler

X, Y = tiny()
NOISY = np.where(np.random.default_rng(0).random(len(Y)) < 0.4, (Y + 1) % 3, Y)  # not all learnt
LEARNS = {"epochs": 20, "batch_size": 10, "learning_rate": 0.01, "dropout": 0}


@pytest.mark.parametrize("made", [CNNClassifier(), MLPClassifier(), NetworkClassifier(len)])
def test_help_shows_the_parameters(made):
    assert set(inspect.signature(type(made)).parameters) == set(made.get_params())


def rows_trained_on(labels, **parameters):
    """Fit on images that each have a pixel of their own; return which of these were seen.

    The network standardises by the mean of the images that it trains on, so the means tell.
    """
    estimator = mlp(epochs=1, **parameters).fit(np.eye(len(labels), dtype=np.float32), labels)
    mean = weights(estimator)[0].ravel()
    assert mean.shape == (len(labels),)
    return mean > 0


class TestValidationSplit:
    LABELS = np.repeat([0, 1, 2], [20, 40, 30])

    @pytest.mark.parametrize(("fraction", "n_each"), [(0.1, [2, 4, 3]), (0.3, [6, 12, 9])])
    def test_it_is_stratified_and_of_the_size_asked_for(self, fraction, n_each):
        trained = rows_trained_on(self.LABELS, early_stopping=True, validation_fraction=fraction)
        assert np.bincount(self.LABELS[~trained]).tolist() == n_each

    def test_it_follows_the_seed(self):
        first, again, other = (
            rows_trained_on(self.LABELS, early_stopping=True, random_state=seed)
            for seed in (0, 0, 1)
        )
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)

    @pytest.mark.parametrize(
        "parameters", [{}, {"early_stopping": True, "validation_fraction": None}]
    )
    def test_without_it_all_rows_are_trained_on(self, parameters):
        assert rows_trained_on(self.LABELS, **parameters).all()


class TestEarlyStopping:
    @pytest.mark.precision
    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    def test_the_weights_are_those_of_the_best_epoch(self, make):
        """The accuracy on the rows set aside is the best of all epochs."""
        parameters = {"early_stopping": True, "validation_fraction": 0.5, "n_iter_no_change": 4}
        parameters["random_state"] = 2  # where the last epoch is not the best for either network
        estimator = make(**{**LEARNS, **parameters, "epochs": 40}).fit(X, NOISY)
        history = estimator.history_["val_accuracy"]
        best = int(np.argmax(history))
        assert estimator.best_epoch_ == best + 1
        assert estimator.n_iter_ == len(history) == best + 1 + 4
        assert history[-1] < history[best]

        # The split depends on labels and seed only, so other images tell it.
        trained = rows_trained_on(NOISY, **parameters)
        score = estimator.score(X[~trained], NOISY[~trained])
        assert score == pytest.approx(history[best])

    @pytest.mark.precision
    def test_the_best_epoch_may_be_better_by_less_than_tol(self):
        parameters = {"early_stopping": True, "validation_fraction": 0.5, "n_iter_no_change": 6}
        parameters["random_state"] = 2  # where neither the first nor the last epoch is the best
        estimator = mlp(**{**LEARNS, **parameters, "tol": 10.0}).fit(X, NOISY)
        history = estimator.history_["val_accuracy"]
        best = int(np.argmax(history))
        assert estimator.n_iter_ == len(history) == 7
        assert 0 < best < 6
        assert estimator.best_epoch_ == best + 1
        trained = rows_trained_on(NOISY, **parameters)
        assert estimator.score(X[~trained], NOISY[~trained]) == pytest.approx(history[best])

    def test_the_rows_set_aside_count_by_their_weights(self):
        sample_weight = np.linspace(0.1, 3, len(Y))
        parameters = {"early_stopping": True, "validation_fraction": 0.5}
        estimator = mlp(**parameters, epochs=3).fit(X, NOISY, sample_weight)
        aside = ~rows_trained_on(NOISY, **parameters)
        best, heavy = estimator.best_epoch_ - 1, sample_weight[aside]
        score = estimator.score(X[aside], NOISY[aside], heavy)
        assert estimator.history_["val_accuracy"][best] == pytest.approx(score)
        loss = log_loss(NOISY[aside], estimator.predict_proba(X[aside]), sample_weight=heavy)
        assert estimator.history_["val_loss"][best] == pytest.approx(loss, rel=1e-4)

    def test_on_the_training_loss(self):
        parameters = {"early_stopping": True, "validation_fraction": None, "n_iter_no_change": 3}
        estimator = mlp(**parameters, epochs=50, tol=10).fit(X, Y)
        assert estimator.n_iter_ == 4
        assert estimator.best_epoch_ == int(np.argmin(estimator.history_["loss"])) + 1
        assert set(estimator.history_) == {"loss", "accuracy"}

    def test_with_a_rate_too_high_the_least_loss_is_kept(self):
        parameters = {"early_stopping": True, "validation_fraction": None, "n_iter_no_change": 5}
        estimator = mlp(**{**LEARNS, **parameters, "learning_rate": 0.3, "tol": 0}).fit(X, Y)
        assert estimator.best_epoch_ == int(np.argmin(estimator.history_["loss"])) + 1

    def test_while_it_gets_better_all_epochs_are_trained(self):
        parameters = {"early_stopping": True, "validation_fraction": None, "n_iter_no_change": 1}
        steps = {"batch_size": len(Y), "dropout": 0, "learning_rate_schedule": "constant"}
        estimator = mlp(**parameters, **steps, epochs=5).fit(X, Y)
        assert np.all(np.diff(estimator.history_["loss"]) < 0)
        assert estimator.n_iter_ == estimator.best_epoch_ == 5

    @pytest.mark.parametrize("make", BOTH)
    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_history_has_one_value_an_epoch(self, make, early_stopping):
        estimator = make(early_stopping=early_stopping, epochs=3).fit(X, Y)
        names = {"loss", "accuracy"} | ({"val_loss", "val_accuracy"} if early_stopping else set())
        assert set(estimator.history_) == names
        assert {len(values) for values in estimator.history_.values()} == {estimator.n_iter_} == {3}
        assert all(
            type(value) is float for values in estimator.history_.values() for value in values
        )
        assert 1 <= estimator.best_epoch_ <= 3
        assert early_stopping or estimator.best_epoch_ == 3


class TestValidationData:
    """X_val and y_val are measured after each epoch, and never trained on."""

    X_VAL, Y_VAL = tiny(n=25, seed=1)

    @pytest.mark.precision
    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    def test_the_training_is_the_same_bit_for_bit(self, make):
        def found(**validation):
            estimator = make(dropout=0.3, augmentation="flip").fit(X, Y, **validation)
            return weights(estimator), estimator.history_

        (expected, plain), (same, measured) = found(), found(X_val=self.X_VAL, y_val=self.Y_VAL)
        assert_same_weights(same, expected)
        assert set(measured) == {"loss", "accuracy", "val_loss", "val_accuracy"}
        for name in plain:
            assert measured[name] == plain[name]

    @pytest.mark.precision
    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    def test_each_epoch_is_measured(self, make):
        """Without weights: those of the training data are its own."""
        slow = {"learning_rate_schedule": "constant", "class_weight": {0: 5}}
        estimator = make(**slow, epochs=3).fit(X, Y, X_val=self.X_VAL, y_val=self.Y_VAL)
        for epoch in range(3):
            until = make(**slow, epochs=epoch + 1).fit(X, Y)
            score = until.score(self.X_VAL, self.Y_VAL)
            assert estimator.history_["val_accuracy"][epoch] == pytest.approx(score)
            loss = log_loss(self.Y_VAL, until.predict_proba(self.X_VAL))
            assert estimator.history_["val_loss"][epoch] == pytest.approx(loss, rel=1e-4)

    @pytest.mark.parametrize(
        "dtypes",
        [
            ("uint8", "float32"),
            ("float32", "uint8"),
            pytest.param(("int", "u1"), marks=pytest.mark.slow),
        ],
    )
    def test_pixels_of_another_dtype_mean_the_same(self, dtypes):
        expected = mlp().fit(X, Y, X_val=self.X_VAL, y_val=self.Y_VAL).history_
        train_images, val_images = X.astype(dtypes[0]), self.X_VAL.astype(dtypes[1])
        history = mlp().fit(train_images, Y, X_val=val_images, y_val=self.Y_VAL).history_
        assert history == expected

    def test_rows_lists_and_labels_of_any_type(self):
        names = np.array(["zero", "one", "two"])
        expected = mlp().fit(X, names[Y], X_val=self.X_VAL, y_val=names[self.Y_VAL]).history_
        rows, labels = self.X_VAL.reshape(-1, 36).tolist(), names[self.Y_VAL].tolist()
        assert mlp().fit(X, names[Y], X_val=rows, y_val=labels).history_ == expected
        one_class = self.Y_VAL == 0
        estimator = mlp().fit(X, Y, X_val=self.X_VAL[one_class], y_val=self.Y_VAL[one_class])
        assert len(estimator.history_["val_loss"]) == 2

    def test_early_stopping_takes_them_in_place_of_a_split(self):
        rng = np.random.default_rng(0)
        y_val = np.where(rng.random(25) < 0.4, (self.Y_VAL + 1) % 3, self.Y_VAL)
        parameters = {**LEARNS, "early_stopping": True, "n_iter_no_change": 4, "epochs": 40}
        estimator = mlp(**parameters).fit(X, Y, X_val=self.X_VAL, y_val=y_val)
        history = estimator.history_["val_accuracy"]
        best = int(np.argmax(history))
        assert estimator.best_epoch_ == best + 1
        assert estimator.n_iter_ == len(history) == best + 1 + 4
        assert estimator.score(self.X_VAL, y_val) == pytest.approx(history[best])
        rows = np.eye(36, dtype=np.float32)  # a pixel each, so that the mean tells who is there
        labels = np.arange(36) % 3
        fitted = mlp(early_stopping=True).fit(rows, labels, X_val=rows[:3], y_val=labels[:3])
        np.testing.assert_allclose(weights(fitted)[0].ravel(), 1 / 36)

    def test_the_training_loss_decides_without_a_validation_fraction(self):
        parameters = {**LEARNS, "early_stopping": True, "n_iter_no_change": 1, "epochs": 40}
        parameters |= {"validation_fraction": None, "tol": 0.01}
        alone = mlp(**parameters).fit(X, Y)
        measured = mlp(**parameters).fit(X, Y, X_val=self.X_VAL, y_val=self.Y_VAL)
        assert alone.best_epoch_ == measured.best_epoch_
        assert alone.n_iter_ == measured.n_iter_ < 40
        assert_same_weights(weights(measured), weights(alone))
        assert len(measured.history_["val_accuracy"]) == measured.n_iter_

    def test_going_on_with_and_without_them(self):
        estimator = mlp(warm_start=True).fit(X, Y)
        estimator.fit(X, Y, X_val=self.X_VAL, y_val=self.Y_VAL).fit(X, Y)
        assert [bool(np.isnan(loss)) for loss in estimator.history_["val_loss"]] == [
            *[True, True],
            *[False, False],
            *[True, True],
        ]

    def test_they_are_routed_through_a_pipeline_that_transforms_them(self):
        with sklearn.config_context(enable_metadata_routing=True):
            network = mlp().set_fit_request(X_val=True, y_val=True)
            pipeline = make_pipeline(PixelScaler(), network, transform_input=["X_val"])
            pipeline.fit(X, Y, X_val=self.X_VAL, y_val=self.Y_VAL)
        scaler = PixelScaler().fit(X)
        expected = mlp().fit(
            scaler.transform(X), Y, X_val=scaler.transform(self.X_VAL), y_val=self.Y_VAL
        )
        assert pipeline[-1].history_ == expected.history_


class TestScikitLearn:
    @pytest.mark.parametrize("make", BOTH)
    def test_integer_cv_is_stratified(self, make):
        assert is_classifier(make())
        assert isinstance(check_cv(3, Y, classifier=is_classifier(make())), StratifiedKFold)
        order = np.argsort(Y)  # a fold of the first third would never see its class in training
        scores = cross_val_score(make(**LEARNS), X[order], Y[order], cv=3, error_score="raise")
        assert scores.shape == (3,)
        assert scores.min() > 0.8

    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    def test_a_randomized_search_is_pickled_with_its_best(self, make):
        space = {"learning_rate": loguniform(1e-3, 1e-1), "dropout": [0, 0.2]}
        search = RandomizedSearchCV(
            make(epochs=10), space, n_iter=2, cv=2, random_state=0, error_score="raise"
        ).fit(X, Y)
        assert search.best_params_.keys() == space.keys()
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
        again = pickle.loads(pickle.dumps(search))
        assert again.best_params_ == search.best_params_
        np.testing.assert_array_equal(again.predict_proba(X), search.predict_proba(X))

    def test_calibration(self):
        rows = X.reshape(len(X), -1)
        calibrated = CalibratedClassifierCV(mlp(**LEARNS), cv=2).fit(rows, Y)
        assert calibrated.score(rows, Y) > 0.9
        np.testing.assert_allclose(calibrated.predict_proba(rows).sum(axis=1), 1)

    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    def test_sample_weight_is_routed_through_a_pipeline_and_a_search(self, make):
        rows, sample_weight = X.reshape(len(X), -1), np.linspace(0, 3, len(Y))
        grid = {"network__learning_rate": [0.01]}

        def searched(**metadata):
            network = (
                make().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
            )
            pipeline = Pipeline([("images", ImageReshaper()), ("network", network)])
            search = GridSearchCV(pipeline, grid, cv=2, error_score="raise")
            return search.fit(rows, Y, **metadata)

        with sklearn.config_context(enable_metadata_routing=True):
            plain, weighted = searched(), searched(sample_weight=sample_weight)
        expected = make(learning_rate=0.01).fit(X, Y, sample_weight=sample_weight)
        assert_same_weights(weights(weighted.best_estimator_[-1]), weights(expected))
        assert not np.array_equal(plain.predict_proba(rows), weighted.predict_proba(rows))
        assert weighted.best_estimator_[-1].image_shape_ == (6, 6, 1)


ROUTED = {
    "optimizer__learning_rate": "use 'learning_rate'",
    "optimizer__lr": "use 'learning_rate'",
    "optimizer__weight_decay": "use 'weight_decay'",
    "optimizer__momentum": r"keras\.optimizers\.SGD\(momentum=\.\.\.\)",
    "loss__from_logits": r"CategoricalCrossentropy\(from_logits=\.\.\.\)",
    "callbacks__patience": r"keras\.callbacks\.EarlyStopping\(patience=\.\.\.\)",
    "callbacks__0__monitor": r"keras\.callbacks",
    "fit__epochs": "use 'epochs'",
    "fit__validation_split": "use 'validation_fraction'",
    "model__dropout": "use 'dropout'",
    "model__units": "the parameters are .*hidden_layer_sizes",
}


@pytest.mark.parametrize("name", ROUTED)
@pytest.mark.parametrize("make", BOTH)
def test_parameters_as_scikeras_routes_them_say_what_to_use(make, name):
    estimator = make()
    with pytest.raises(ValueError, match=f"{name}.*{ROUTED[name]}"):
        estimator.set_params(**{name: 1, "epochs": 9})
    assert estimator.epochs != 9
    with pytest.raises(TypeError, match=f"{name}.*{ROUTED[name]}"):
        type(estimator)(**{name: 1})
    pipeline = make_pipeline(estimator)
    step = f"{type(estimator).__name__.lower()}__{name}"
    with pytest.raises(ValueError, match=ROUTED[name]):
        GridSearchCV(pipeline, {step: [1]}, cv=2).fit(*tiny())


@pytest.mark.parametrize("source", [None, CNNClassifier(epochs=9)])
def test_parameters_of_a_classifier_to_begin_from_stay_as_they_are(source):
    with pytest.raises(ValueError, match="transfer_from__epochs"):
        CNNClassifier(transfer_from=source).set_params(transfer_from__epochs=3)
    assert source is None or source.epochs == 9


def test_one_column_is_two_dimensional_in_each_dtype():
    column = Y[:, np.newaxis].astype(np.float32)
    estimator = mlp().fit(column, Y)
    for dtype in (np.float32, np.float64, np.uint8):
        with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
            estimator.predict(column[:, 0].astype(dtype))


def test_another_image_shape_needs_another_network():
    rows = X.reshape(len(X), -1)
    estimator = mlp(warm_start=True, image_shape=(rows.shape[1],)).fit(rows, Y)
    for shape in (X.shape[1:], (rows.shape[1], 1)):
        with pytest.raises(ValueError, match="another 'image_shape' than it began with"):
            estimator.set_params(image_shape=shape).fit(rows, Y)
    assert estimator.set_params(image_shape=None).fit(rows, Y).n_iter_ == 4
