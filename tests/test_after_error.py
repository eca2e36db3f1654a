"""After an error, at any moment of any fit, an estimator is what it was before."""

import contextlib
import copy
import pickle

import keras
import numpy as np
import pytest
from support import assert_same_weights, mlp, tiny, weights

X, Y = tiny()
PARAMETERS = {"early_stopping": True, "dropout": 0.3, "batch_size": 20, "epochs": 3}
# How an estimator that is fitted is trained again.
TRAININGS = {
    "fit": lambda estimator: estimator.fit(X, Y),
    "warm fit": lambda estimator: estimator.set_params(warm_start=True).fit(X, Y),
    "partial_fit": lambda estimator: estimator.partial_fit(X, Y),
}
HOOKS = [
    "set_params",
    "set_model",
    "on_train_begin",
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_batch_begin",  # Keras calls it for `on_train_batch_begin`
    "on_train_batch_end",
    "on_batch_end",
    "on_test_begin",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_test_end",
    "on_epoch_end",
    "on_train_end",
]
TASKS = ["setup", "on_fit_task_begin", "on_fit_task_end", "teardown"]


class Fails(keras.callbacks.Callback):
    """Raises an error when a hook is called for the n-th time."""

    def __init__(self, hook, n_calls=1, error=OSError):
        super().__init__()
        self.n_calls, self.error = n_calls, error
        setattr(self, hook, self.count)

    def count(self, *args, **kwargs):
        self.n_calls -= 1
        if self.n_calls == 0:
            raise self.error("disk full")  # kept, it would hold the estimator and its network


class TaskFails:
    """A callback of scikit-learn's that fails likewise."""

    def __init__(self, hook, n_calls=1):
        self.hook, self.n_calls = hook, n_calls

    def fail(self, hook):
        self.n_calls -= hook == self.hook
        if hook == self.hook and self.n_calls == 0:
            raise OSError("disk full")

    def setup(self, estimator, context):
        self.fail("setup")

    def on_fit_task_begin(self, estimator, context):
        self.fail("on_fit_task_begin")

    def on_fit_task_end(self, estimator, context):
        self.fail("on_fit_task_end")

    def teardown(self, estimator, context):
        self.fail("teardown")


@pytest.fixture(scope="module")
def fitted():
    return pickle.dumps(mlp(**PARAMETERS).fit(X, Y))


def check_same(estimator, fitted):
    """Check that an estimator is what the pickle was of, and goes on like it."""
    before = pickle.loads(fitted)
    estimator.set_params(**before.get_params()).set_callbacks()
    assert set(vars(estimator)) == set(vars(before))
    for name in ("history_", "n_iter_", "best_epoch_", "image_shape_"):
        assert getattr(estimator, name) == getattr(before, name)
    np.testing.assert_array_equal(estimator.predict_proba(X), before.predict_proba(X))
    for each in (estimator, before):
        each.partial_fit(X, Y)
    assert_same_weights(weights(estimator), weights(before))  # optimizer and random state, too
    assert estimator.history_ == before.history_


@pytest.mark.parametrize("n_calls", [1, 2])
@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("train", TRAININGS.values(), ids=TRAININGS)
def test_of_a_keras_callback(train, hook, n_calls, fitted):
    estimator = pickle.loads(fitted).set_params(callbacks=[Fails(hook, n_calls)])
    try:
        train(estimator)
    except OSError:
        check_same(estimator, fitted)
    else:  # there is no such call: what was not raised must not have been due
        assert n_calls > 1 or "test" in hook


def test_these_are_all_hooks_of_keras():
    names = [name for name in dir(keras.callbacks.Callback) if name.startswith(("on_", "set_"))]
    assert {name for name in names if "predict" not in name} == set(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_the_next_fit_is_as_if_there_had_been_none(hook, fitted):
    expected = pickle.loads(fitted).predict_proba(X)
    estimator = mlp(**PARAMETERS, callbacks=[Fails(hook)])
    with contextlib.suppress(OSError):
        estimator.fit(X, Y)
        assert hook.startswith("on_test_batch")  # batches of validation have no hooks
    attributes = set(vars(estimator)) - set(estimator.get_params())
    assert not attributes or hook.startswith("on_test_batch")
    del estimator  # its compiled model is used again
    for again in (mlp(**PARAMETERS), pickle.loads(fitted)):
        np.testing.assert_array_equal(again.fit(X, Y).predict_proba(X), expected)


@pytest.mark.parametrize("n_calls", [1, 2, 4])
@pytest.mark.parametrize("hook", TASKS)
@pytest.mark.parametrize("train", TRAININGS.values(), ids=TRAININGS)
def test_of_a_scikit_learn_callback(train, hook, n_calls, fitted):
    estimator = pickle.loads(fitted).set_callbacks(TaskFails(hook, n_calls))
    try:
        train(estimator)
    except OSError:
        check_same(estimator, fitted)
    else:
        assert n_calls > 1


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, SystemExit, ValueError])
@pytest.mark.parametrize("train", TRAININGS.values(), ids=TRAININGS)
def test_of_any_kind(train, error, fitted):
    estimator = pickle.loads(fitted).set_params(callbacks=[Fails("on_train_batch_end", 2, error)])
    with pytest.raises(error):
        train(estimator)
    check_same(estimator, fitted)


def test_after_keras_has_set_back_the_best_weights(fitted):
    """Keras's early stopping does so at the end of a training, before the hook that fails."""
    stopping = keras.callbacks.EarlyStopping("loss", restore_best_weights=True)
    estimator = pickle.loads(fitted).set_params(callbacks=[stopping, Fails("on_train_end")])
    with pytest.raises(OSError, match="disk full"):
        estimator.set_params(warm_start=True).fit(X, Y)
    check_same(estimator, fitted)


def raising(*args, **kwargs):
    raise ArithmeticError("of the user's own")


@pytest.mark.parametrize("name", ["loss", "activation", "kernel_initializer"])
@pytest.mark.parametrize("fit_before", [True, False])
def test_of_a_function_of_the_users(fit_before, name, fitted):
    estimator = pickle.loads(fitted) if fit_before else mlp(**PARAMETERS)
    with pytest.raises(ArithmeticError):
        estimator.set_params(**{name: raising}).fit(X, Y)
    if fit_before:
        check_same(estimator, fitted)
    else:
        assert not hasattr(estimator, "classes_")
        assert not hasattr(estimator, "n_features_in_")


@pytest.mark.parametrize(
    "train",
    [
        lambda estimator: estimator.fit(X[:, :5], Y[:-1]),
        lambda estimator: estimator.fit(X, np.zeros(len(Y))),
        lambda estimator: estimator.fit(X[:, :5], Y, X_val=X, y_val=Y),
        lambda estimator: estimator.set_params(epochs=0).fit(X, Y),
        lambda estimator: estimator.set_params(optimizer="adamant").fit(X, Y),
        lambda estimator: estimator.set_params(learning_rate=1e30, optimizer="sgd").fit(X, Y),
        lambda estimator: estimator.partial_fit(X, Y + 1),
        lambda estimator: estimator.partial_fit(X[:, :5], Y),
    ],
    ids=["lengths", "one class", "X_val", "epochs", "optimizer", "not finite", "classes", "shape"],
)
def test_of_bad_input(train, fitted):
    estimator = pickle.loads(fitted)
    with pytest.raises(ValueError):  # noqa: PT011  (which one is tested elsewhere)
        train(estimator)
    check_same(estimator, fitted)


def test_a_random_state_that_was_drawn_from_is_set_back():
    expected = mlp(random_state=np.random.RandomState(0)).fit(X, Y).predict_proba(X)
    estimator = mlp(random_state=np.random.RandomState(0), callbacks=[Fails("on_train_end")])
    with pytest.raises(OSError, match="disk full"):
        estimator.fit(X, Y)
    np.testing.assert_array_equal(
        estimator.set_params(callbacks=None).fit(X, Y).predict_proba(X), expected
    )


def test_files_that_callbacks_had_open_do_not_stay(tmp_path):
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    estimator = mlp(callbacks=[log, Fails("on_epoch_end", 2)])
    with pytest.raises(OSError, match="disk full"):
        estimator.fit(X, Y)
    pickle.dumps(copy.deepcopy(log))
    assert len((tmp_path / "log.csv").read_text().splitlines()) >= 2
    assert estimator.set_params(callbacks=[log]).fit(X, Y).n_iter_ == 2
