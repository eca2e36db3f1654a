"""Eight threads use classifiers at once: the same bits as one after the other."""

import copy
import pickle
import threading

import keras
import numpy as np
import pytest
from sklearn.base import clone
from support import cnn, dense, mlp, slow_but, tiny

import skdigits
from skdigits import NetworkClassifier
from skdigits.ensemble import AveragingClassifier

N_THREADS = 8
X, Y = tiny()
CLASSIFIERS = {
    "mlp": mlp(),
    "cnn": cnn(),
    "network": NetworkClassifier(dense, epochs=2, augmentation=None, random_state=0),
    "average": AveragingClassifier(mlp(), n_estimators=2, random_state=0),
}
# A classifier and several of them; the other kinds go the same way.
of_each_kind = pytest.mark.parametrize("kind", slow_but(CLASSIFIERS, "mlp", "average"))


def at_once(work):
    """Run `work(number)` in threads that begin together, and return what they give, in order."""
    barrier, given = threading.Barrier(N_THREADS), {}

    def go(number):
        barrier.wait()
        given[number] = work(number)

    threads = [threading.Thread(target=go, args=(number,)) for number in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [given[number] for number in range(N_THREADS)]


@pytest.mark.parametrize("kind", slow_but(CLASSIFIERS, "mlp"))
def test_each_fits_a_classifier_of_its_own(kind):
    def probabilities(seed):
        return clone(CLASSIFIERS[kind]).set_params(random_state=seed).fit(X, Y).predict_proba(X)

    expected = [probabilities(seed) for seed in range(N_THREADS)]
    np.testing.assert_array_equal(at_once(probabilities), expected)


@of_each_kind
@pytest.mark.parametrize("make_copy", [lambda e: e, copy.deepcopy], ids=["fitted", "copied"])
def test_all_predict_with_one_classifier(kind, make_copy):
    fitted = clone(CLASSIFIERS[kind]).fit(X, Y)
    parts = [X[: 7 * number + 4] for number in range(N_THREADS)]
    expected = [fitted.predict_proba(part) for part in parts]
    shared = make_copy(fitted)
    given = at_once(lambda number: [shared.predict_proba(parts[number]) for _ in range(5)])
    for found, right in zip(given, expected, strict=True):
        for each in found:
            np.testing.assert_array_equal(each, right)


@of_each_kind
@pytest.mark.parametrize("fit_before", [False, True])
def test_all_fit_one_classifier(kind, fit_before):
    expected = clone(CLASSIFIERS[kind]).fit(X, Y).predict_proba(X)
    shared = clone(CLASSIFIERS[kind])
    if fit_before:
        shared.fit(X[:30], Y[:30] % 2)
    given = at_once(lambda number: shared.fit(X, Y).predict_proba(X))
    for found in [*given, shared.predict_proba(X)]:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba"])
def test_some_train_one_classifier_while_others_use_it(method):
    """Whoever uses it finds it as it was before or after a training, never between."""

    def predicted(classifier):
        return getattr(classifier, method)(X)

    shared, twin = mlp().fit(X, Y), mlp().fit(X, Y)
    states = [predicted(twin)]
    for _ in range(N_THREADS // 2):
        states.append(predicted(twin.partial_fit(X, Y)))

    def work(number):
        if number % 2:
            return [predicted(shared.partial_fit(X, Y))]
        copied = pickle.loads(pickle.dumps(shared))
        found = [predicted(shared) for _ in range(8)]
        return [*found, predicted(copied), predicted(copied)]

    for given in at_once(work):
        for found in given:
            assert any(np.array_equal(found, state) for state in states)
    np.testing.assert_array_equal(predicted(shared), states[-1])
    assert shared.n_iter_ == twin.n_iter_


class Uses(keras.callbacks.Callback):
    """Uses a classifier during its training, in the same thread."""

    def on_epoch_end(self, epoch, logs=None):
        self.found = self.classifier.predict(X), pickle.dumps(self.classifier.history_)


def test_callbacks_may_use_the_classifier():
    callback = Uses()
    callback.classifier = mlp().fit(X, Y)
    callback.classifier.set_params(callbacks=[callback], warm_start=True).fit(X, Y)
    assert callback.found[0].shape == Y.shape


def test_a_loaded_body_does_not_wait_for_a_fit_that_waits_for_it(monkeypatch):
    """Each had taken one of two locks, and waited for the other one."""
    body = copy.deepcopy(mlp().fit(X, Y))  # without a compiled model
    get_state, fitted = np.random.get_state, []

    def fit(classifier):
        fitted.append(classifier.fit(X, Y))

    beginning = mlp(transfer_from=body)
    other = mlp(hidden_layer_sizes=(23,))  # that no other test has built
    threads = [threading.Thread(target=fit, args=[e], daemon=True) for e in (beginning, other)]

    def begin():
        """Begin the fit from the body as the other one begins to build its network."""
        monkeypatch.undo()
        threads[0].start()
        threads[0].join(0.2)  # as long as it can go on
        return get_state()

    monkeypatch.setattr(np.random, "get_state", begin)
    threads[1].start()
    threads[1].join(60)
    threads[0].join(60)
    assert len(fitted) == 2


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["keras", "tflite"])
def test_an_export_does_not_wait_for_a_network_that_waits_for_it(suffix, tmp_path, monkeypatch):
    """Each had taken one of two locks, and waited for the other one."""
    loaded = copy.deepcopy(mlp().fit(X, Y))  # without a compiled model, but the pool has one
    fitted = mlp(hidden_layer_sizes=(24, len(suffix))).fit(X, Y)  # as no other test
    other = copy.deepcopy(fitted)  # that has to build one
    floatx, get_state, has_begun = keras.config.floatx, np.random.get_state, threading.Event()
    done = []

    def export():
        done.append(skdigits.export(loaded, tmp_path / f"model.{suffix}", images=X))

    threads = [threading.Thread(target=export, daemon=True)]
    threads.append(threading.Thread(target=lambda: done.append(other.predict(X)), daemon=True))

    def begin():
        """Let the other network be built as the export works with Keras's settings."""
        monkeypatch.setattr(keras.config, "floatx", floatx)
        threads[1].start()
        assert has_begun.wait(60)
        return floatx()

    def tell():
        """Tell that this has begun."""
        has_begun.set()
        return get_state()

    monkeypatch.setattr(keras.config, "floatx", begin)
    monkeypatch.setattr(np.random, "get_state", tell)
    threads[0].start()
    for thread in threads:
        thread.join(60)
    assert len(done) == 2


def test_trainings_that_fail_leave_the_classifier_to_the_others():
    shared = mlp().fit(X, Y)
    expected = shared.predict_proba(X)

    def work(number):
        if number % 2:
            with pytest.raises(ValueError, match="NaN"):
                shared.fit(np.full(X.shape, np.nan), Y)
        return shared.predict_proba(X)

    for found in at_once(work):
        np.testing.assert_array_equal(found, expected)
