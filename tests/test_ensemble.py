"""Classifiers that are trained from several seeds and averaged."""

import copy
import pickle
import threading
import weakref

import numpy as np
import pandas as pd
import pytest
import sklearn
from joblib import Parallel, delayed, parallel_config
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from support import MLP_AND_SLOWLY_CNN, cnn, digits, mlp, tiny

from skdigits import CNNClassifier
from skdigits.datasets import load_digits
from skdigits.ensemble import AveragingClassifier
from skdigits.preprocessing import ImageReshaper, PixelScaler


def averaged(estimator=None, **parameters):
    """Return an average that trains in a moment."""
    if estimator is None:
        estimator = mlp(random_state=None)
    return AveragingClassifier(estimator, **{"n_estimators": 2, "random_state": 0} | parameters)


@pytest.fixture(scope="module")
def fitted():
    return averaged(mlp(hidden_layer_sizes=(32,), epochs=6), n_estimators=3).fit(*digits())


@pytest.mark.slow
def test_the_default_is_the_average_of_five_default_cnns():
    classifier = AveragingClassifier()
    assert classifier.n_estimators == 5
    X, y = tiny(n=12)
    (member,) = clone(classifier).set_params(n_estimators=1).fit(X, y).estimators_
    seed = member.random_state
    assert member.get_params() == CNNClassifier(random_state=seed).get_params()


def test_probabilities_are_the_mean_of_the_members(fitted):
    X_test, y_test = load_digits(subset="test", return_X_y=True)
    apart = [member.predict_proba(X_test) for member in fitted.estimators_]
    together = fitted.predict_proba(X_test)
    np.testing.assert_allclose(together, sum(apart) / 3, atol=1e-12)
    np.testing.assert_allclose(together.sum(axis=1), 1)
    best = fitted.classes_[together.argmax(axis=1)]
    np.testing.assert_array_equal(fitted.predict(X_test), best)
    # Jensen's inequality: on any images whatever.
    assert log_loss(y_test, together) < np.mean([log_loss(y_test, p) for p in apart])
    assert fitted.score(X_test, y_test) > 0.6


@pytest.mark.filterwarnings("ignore:X seems to have another scale")
def test_logarithms_are_those_of_the_mean_however_small():
    X, y = tiny()
    average = AveragingClassifier(mlp(), n_estimators=2, random_state=0).fit(X, y)
    np.testing.assert_array_equal(average.predict_log_proba(X), np.log(average.predict_proba(X)))
    far = 3000 * X.astype(np.float32)
    log_p = average.predict_log_proba(far)
    assert average.predict_proba(far).min() == 0
    assert np.isfinite(log_p).all()
    members = [member.predict_log_proba(far) for member in average.estimators_]
    np.testing.assert_allclose(log_p, np.logaddexp(*members) - np.log(2), rtol=1e-6, atol=1e-12)


def test_logarithms_of_members_that_have_probabilities_only():
    X, y = tiny()
    rows = X.reshape(len(X), -1)
    average = AveragingClassifier(RandomForestClassifier(5), n_estimators=2, random_state=0)
    log_p = average.fit(rows, y).predict_log_proba(rows)
    np.testing.assert_allclose(np.exp(log_p), average.predict_proba(rows), atol=1e-12)


def test_members_differ_by_their_seed_and_by_nothing_else(fitted):
    X, y = digits()
    seeds = [member.random_state for member in fitted.estimators_]
    assert len(set(seeds)) == 3
    for member in fitted.estimators_:
        expected = clone(member).fit(X, y).predict_proba(X)
        np.testing.assert_array_equal(member.predict_proba(X), expected)
        plain = member.get_params() | {"random_state": 0}
        assert plain == fitted.estimator.get_params()


def test_every_seed_of_a_pipeline_is_set():
    X, y = tiny()
    pipeline = make_pipeline(PixelScaler(), mlp(random_state=None))
    first, second = averaged(pipeline, n_estimators=2).fit(X, y).estimators_
    assert first[-1].random_state != second[-1].random_state
    assert not np.array_equal(first.predict_proba(X), second.predict_proba(X))


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
@pytest.mark.parametrize("shape", [(16,), (6, 5), (6, 5, 2)])
def test_images_of_all_shapes(make, shape):
    X, y = tiny(shape=shape)
    classifier = averaged(make(epochs=1), n_estimators=2).fit(X, y)
    assert classifier.n_features_in_ == np.prod(shape)
    assert classifier.predict_proba(X).shape == (60, 3)
    with pytest.raises(ValueError, match="features"):
        classifier.predict(np.ones((3, 7)))


def test_string_labels_are_those_of_the_members_too():
    X, y = tiny()
    names = np.array(["shirt", "bag", "coat"])[y]
    classifier = averaged().fit(X, names)
    assert classifier.classes_.tolist() == ["bag", "coat", "shirt"]
    for member in classifier.estimators_:
        np.testing.assert_array_equal(member.classes_, classifier.classes_)
    assert set(classifier.predict(X)) <= set(names)


def test_names_of_columns_are_kept_and_forgotten():
    X, y = tiny(shape=(16,))
    frame = pd.DataFrame(X, columns=[f"pixel {n}" for n in range(16)])
    classifier = averaged(n_estimators=2).fit(frame, y)
    assert classifier.feature_names_in_.tolist() == frame.columns.tolist()
    assert not hasattr(classifier.fit(X, y), "feature_names_in_")


def test_the_same_seed_gives_the_same_bits():
    X, y = tiny()

    def fit(seed):
        return averaged(random_state=seed).fit(X, y).predict_proba(X)

    np.testing.assert_array_equal(fit(0), fit(0))
    assert not np.array_equal(fit(0), fit(1))
    moving = np.random.RandomState(3)
    first, second = fit(moving), fit(moving)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, fit(np.random.RandomState(3)))


def test_members_in_threads_give_the_same_bits():
    X, y = tiny()
    expected = averaged().fit(X, y).predict_proba(X)
    with parallel_config("threading", n_jobs=2):
        found = averaged().fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.slow
def test_members_in_processes_give_the_same_bits():
    X, y = tiny()
    one, two = (averaged(n_jobs=n).fit(X, y).predict_proba(X) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_any_classifier_with_a_seed_is_averaged_in_processes_too():
    X, y = tiny(shape=(16,))
    forest = RandomForestClassifier(2)
    one, two = (averaged(forest, n_jobs=n).fit(X, y).predict_proba(X) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "estimator",
    [mlp(hidden_layer_sizes=(19,)), make_pipeline(PixelScaler(), mlp(hidden_layer_sizes=(18,)))],
)
def test_members_are_trained_and_predict_with_one_compiled_network(estimator, builds):
    X, y = tiny()
    classifier = averaged(estimator).fit(X, y)
    expected = classifier.predict_proba(X)
    loaded = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(loaded.predict_proba(X), expected)
    np.testing.assert_array_equal(loaded.predict_proba(X[:1]), classifier.predict_proba(X[:1]))
    assert len(builds) == 1
    apart = [member.predict_proba(X) for member in loaded.estimators_]
    np.testing.assert_array_equal(np.mean(apart, axis=0), expected)


def test_without_a_pool_no_network_is_built_twice(monkeypatch, builds):
    X, y = tiny()
    monkeypatch.setenv("SKDIGITS_POOL_SIZE", "0")
    classifier = averaged(mlp(hidden_layer_sizes=(20,))).fit(X, y)
    expected = classifier.predict_proba(X)
    before = len(builds)
    np.testing.assert_array_equal(classifier.predict_proba(X), expected)
    assert len(builds) == before


def test_predictions_in_threads_and_of_single_members_do_not_mix():
    X, y = tiny()
    classifier = averaged(mlp(hidden_layer_sizes=(21,))).fit(X, y)
    ask = [classifier, *classifier.estimators_] * 4
    expected = [each.predict_proba(X) for each in copy.deepcopy(ask)]
    found = Parallel(n_jobs=4, backend="threading")(delayed(each.predict_proba)(X) for each in ask)
    np.testing.assert_array_equal(found, expected)


def test_a_network_that_another_thread_takes_is_copied_as_a_whole(monkeypatch):
    """It has no state of its own for a moment, while it fills a compiled model."""
    X, y = tiny()
    classifier = mlp().fit(X, y)
    expected = classifier.predict_proba(X)
    classifier._network.suspend()
    copies, finalize = [], weakref.finalize
    thread = threading.Thread(target=lambda: copies.append(classifier._network.copy()))

    def begin(*arguments):
        monkeypatch.undo()
        thread.start()
        thread.join(0.2)  # as long as it can go on
        return finalize(*arguments)

    monkeypatch.setattr(weakref, "finalize", begin)
    classifier.predict_proba(X)
    thread.join()
    twin = copy.copy(classifier)
    (twin._network,) = copies
    np.testing.assert_array_equal(twin.predict_proba(X), expected)


class TestFitArguments:
    X, y = tiny()
    WEIGHTS = (y != 0).astype(float)

    def assert_weighted(self, members, rows=slice(None)):
        """Check that each is what its network becomes with these weights, and only with them."""
        X, y, weights = self.X[rows], self.y[rows], self.WEIGHTS[rows]
        for member in members:
            found = member.predict_proba(X)
            np.testing.assert_array_equal(found, clone(member).fit(X, y, weights).predict_proba(X))
            assert not np.array_equal(found, clone(member).fit(X, y).predict_proba(X))

    def test_sample_weight_reaches_the_members(self):
        self.assert_weighted(averaged().fit(self.X, self.y, self.WEIGHTS).estimators_)

    def test_validation_data_reach_the_members(self):
        classifier = averaged(n_estimators=2).fit(self.X, self.y, X_val=self.X, y_val=self.y)
        for member in classifier.estimators_:
            assert len(member.history_["val_loss"]) == 2

    def test_of_a_pipeline_they_are_named_after_the_step(self):
        classifier = averaged(make_pipeline(ImageReshaper(), mlp()))
        classifier.fit(self.X, self.y, mlpclassifier__sample_weight=self.WEIGHTS)
        self.assert_weighted(pipeline[-1] for pipeline in classifier.estimators_)
        with pytest.raises(ValueError, match="does not accept the sample_weight parameter"):
            classifier.fit(self.X, self.y, self.WEIGHTS)

    def test_with_metadata_routing_members_get_what_they_request(self):
        with sklearn.config_context(enable_metadata_routing=True):
            weighted = averaged(
                make_pipeline(ImageReshaper(), mlp().set_fit_request(sample_weight=True))
            ).fit(self.X, self.y, self.WEIGHTS)
            validated = averaged(mlp().set_fit_request(X_val=True, y_val=True))
            validated.fit(self.X, self.y, X_val=self.X, y_val=self.y)
            with pytest.raises(ValueError, match="not explicitly set as requested or not"):
                averaged(mlp()).fit(self.X, self.y, self.WEIGHTS)
        self.assert_weighted(pipeline[-1] for pipeline in weighted.estimators_)
        assert "val_loss" in validated.estimators_[0].history_

    def test_with_metadata_routing_cross_validation_passes_weights_on(self):
        with sklearn.config_context(enable_metadata_routing=True):
            asking = averaged(mlp().set_fit_request(sample_weight=True), n_estimators=2)
            result = cross_validate(
                asking.set_score_request(sample_weight=True),
                self.X,
                self.y,
                cv=2,
                params={"sample_weight": self.WEIGHTS},
                return_estimator=True,
                return_indices=True,
            )
        folds = zip(result["estimator"], result["indices"]["train"], strict=True)
        for classifier, rows in folds:
            self.assert_weighted(classifier.estimators_, rows)
        assert not hasattr(asking, "set_fit_request")


@pytest.mark.parametrize("make_copy", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_copies_predict_the_same_bits(fitted, make_copy):
    X, _ = digits()
    expected = fitted.predict_proba(X)
    np.testing.assert_array_equal(make_copy(fitted).predict_proba(X), expected)


def test_a_search_reaches_the_parameters_of_the_members():
    X, y = tiny()
    space = {"estimator__hidden_layer_sizes": [(8,), (16,)], "n_estimators": [1, 2]}
    search = GridSearchCV(averaged(), space, cv=2).fit(X, y)
    best = search.best_estimator_
    assert len(best.estimators_) == search.best_params_["n_estimators"]
    for member in best.estimators_:
        wanted = search.best_params_["estimator__hidden_layer_sizes"]
        assert member.hidden_layer_sizes == wanted


def test_after_an_error_it_is_as_it_was():
    X, y = tiny()
    classifier = averaged(cnn(), n_estimators=2).fit(X, y)
    before, state = classifier.predict_proba(X), dict(vars(classifier))
    for bad in ({"X": X[:, :5], "y": y[:7]}, {"X": X, "y": np.zeros(60)}):
        with pytest.raises(ValueError, match=r"give one label for each image|class"):
            classifier.fit(**bad)
        assert vars(classifier) == state
        np.testing.assert_array_equal(classifier.predict_proba(X), before)
    unfitted = averaged()
    with pytest.raises(ValueError, match="give one label for each image"):
        unfitted.fit(X, y[:7])
    with pytest.raises(NotFittedError):
        unfitted.predict(X)
    for name in ("classes_", "n_features_in_", "feature_names_in_"):
        assert not hasattr(unfitted, name)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_estimators": 0}, "'n_estimators' parameter"),
        ({"n_jobs": 0.5}, "'n_jobs' parameter"),
        ({"estimator": LinearSVC()}, "'estimator' parameter.*predict_proba"),
        ({"estimator": GaussianMixture()}, "GaussianMixture should be a classifier"),
        ({"estimator": GaussianNB()}, "GaussianNB has no random_state"),
        ({"estimator": mlp(checkpoint="x")}, "cannot share the file 'x' of the 'checkpoint'"),
        (
            {"estimator": make_pipeline(PixelScaler(), mlp(checkpoint="x"))},
            "cannot share the file 'x' of the 'checkpoint'",
        ),
    ],
)
def test_what_cannot_be_averaged_is_refused(parameters, message):
    X, y = tiny(shape=(16,))
    with pytest.raises(ValueError, match=message):
        averaged().set_params(**parameters).fit(X, y)


def test_the_user_s_estimator_is_left_alone():
    X, y = tiny()
    estimator = mlp(random_state=None)
    averaged(estimator).fit(X, y)
    assert estimator.random_state is None
    assert not hasattr(estimator, "classes_")
