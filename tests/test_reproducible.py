"""Same seed, same data, same bits: again, in other processes, on any number of threads."""

import hashlib
import multiprocessing
import os
import random
import sys

import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict
from support import (
    BOTH,
    assert_same_weights,
    cnn,
    digits,
    mlp,
    processor_flags,
    run_python,
    tiny,
    weights,
)

needs_avx512 = pytest.mark.skipif(
    "avx512f" not in processor_flags(),
    reason="without AVX-512 TensorFlow splits matrix products by the number of threads",
)

RANDOM_PARTS = {"dropout": 0.4, "augmentation": "affine", "batch_norm": True}


@pytest.mark.parametrize("parameters", [{}, RANDOM_PARTS, {"early_stopping": True}])
@pytest.mark.parametrize("make", BOTH)
def test_another_fit_gives_the_same_bits(make, parameters):
    X, y = digits()
    first, second = (make(**parameters).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert_same_weights(weights(first), weights(second))
    assert first.history_ == second.history_
    np.testing.assert_array_equal(first.fit(X, y).predict_proba(X), second.predict_proba(X))


@pytest.mark.parametrize("make", BOTH)
def test_another_seed_gives_another_result(make):
    X, y = tiny()
    first, second = (make(random_state=seed).fit(X, y).predict_proba(X) for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_no_seed_gives_another_result_each_time():
    X, y = tiny()
    estimator = mlp(random_state=None)
    assert not np.array_equal(
        estimator.fit(X, y).predict_proba(X), estimator.fit(X, y).predict_proba(X)
    )


def test_a_random_state_instance_moves_on():
    X, y = tiny()

    def two_fits(seed):
        estimator = mlp(random_state=np.random.RandomState(seed))
        return [estimator.fit(X, y).predict_proba(X) for _ in range(2)]

    first, second = two_fits(3)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal([first, second], two_fits(3))


@pytest.mark.parametrize("part", ["dropout", "augmentation", "shuffling", "split"])
def test_every_random_part_depends_on_the_seed(part):
    """With the same initial weights, the seed still decides this."""
    X, y = tiny()
    parameters = {"dropout": 0, "kernel_initializer": keras.initializers.GlorotUniform(seed=1)}
    parameters |= {
        "dropout": {"dropout": 0.5, "batch_size": 60},
        "augmentation": {"augmentation": "affine", "batch_size": 60},
        "shuffling": {"batch_size": 7},
        "split": {"early_stopping": True, "batch_size": 60},
    }[part]
    results = [mlp(random_state=seed, **parameters).fit(X, y).predict_proba(X) for seed in (0, 1)]
    assert np.abs(results[0] - results[1]).max() > 1e-4


PROCESS = """
import sys, joblib
from support import digits, mlp, cnn
X, y = digits()
configurations = joblib.load(sys.argv[1])
for make, parameters in configurations:
    estimator = make(**parameters).fit(X, y)
    print(joblib.hash([estimator.predict_proba(X), estimator.model_.get_weights()]))
"""
CONFIGURATIONS = [
    (mlp, {}),
    (mlp, {"hidden_layer_sizes": (256, 128), "batch_size": 200}),
    (mlp, {"hidden_layer_sizes": (1,), **RANDOM_PARTS}),
    (mlp, {"hidden_layer_sizes": (7,), "precision": "bfloat16", "activation": "gelu"}),
    (mlp, {"activation": "tanh", "optimizer": "adamw", "loss": "mse", "early_stopping": True}),
    (cnn, {"filters": (1,), "hidden_layer_sizes": (), "batch_size": 200}),
    (cnn, {"filters": (8, 16), "precision": "float32", **RANDOM_PARTS}),
    (cnn, {"filters": (8, 16), "precision": "bfloat16", **RANDOM_PARTS}),
    (cnn, {"filters": (3, 2, 4), "kernel_size": 5, "batch_norm": True}),  # "same" padding
    (cnn, {"filters": (4,), "kernel_size": 1, "pool_size": 1, "activation": "elu"}),
    (cnn, {"filters": (4,), "kernel_size": (2, 3), "pool_size": (3, 2), "activation": "sigmoid"}),
]


QUICK = [
    (mlp, {"hidden_layer_sizes": (256, 128), "batch_size": 200}),
    (cnn, {"filters": (8, 16), **RANDOM_PARTS}),
]


@pytest.mark.parametrize(
    ("configurations", "numbers_of_threads"),
    [
        pytest.param(QUICK, [None], id="same number"),
        pytest.param(QUICK, [1, 2], id="quick", marks=needs_avx512),
        pytest.param(CONFIGURATIONS, [1, 2, 3], id="all", marks=[pytest.mark.slow, needs_avx512]),
    ],
)
def test_other_processes_and_numbers_of_threads_give_the_same_bits(
    configurations, numbers_of_threads, tmp_path
):
    joblib.dump(configurations, tmp_path / "configurations")
    X, y = digits()
    here = []
    for make, parameters in configurations:
        estimator = make(**parameters).fit(X, y)
        here.append(joblib.hash([estimator.predict_proba(X), estimator.model_.get_weights()]))
    for n_threads in numbers_of_threads:
        limit = {"OMP_NUM_THREADS": str(n_threads)} if n_threads else {}
        done = run_python(PROCESS, tmp_path / "configurations", **limit)
        differing = [
            configuration
            for configuration, one, other in zip(
                configurations, here, done.stdout.split(), strict=True
            )
            if one != other
        ]
        assert differing == [], f"with {n_threads} threads"


@pytest.mark.parametrize(
    ("backend", "n_threads"),
    [
        ("threading", None),
        ("loky", os.cpu_count()),
        pytest.param("loky", None, marks=needs_avx512),  # joblib shares the cores out
    ],
)
@pytest.mark.parametrize("make", BOTH)
def test_workers_give_the_bits_of_this_process(make, backend, n_threads):
    """Also after a fit in the parent."""
    X, y = digits()
    estimator = make(**RANDOM_PARTS).fit(X, y)
    expected = cross_val_predict(estimator, X, y, cv=2, method="predict_proba")
    with joblib.parallel_config(backend, inner_max_num_threads=n_threads):
        given = cross_val_predict(estimator, X, y, cv=2, method="predict_proba", n_jobs=2)
    np.testing.assert_array_equal(given, expected)


def threads_of_worker(estimator, X, y):
    estimator.fit(X, y)
    return (
        os.getpid(),
        tf.config.threading.get_intra_op_parallelism_threads(),
        tf.config.threading.get_inter_op_parallelism_threads(),
    )


def test_workers_do_not_oversubscribe_the_cores():
    X, y = tiny()
    estimator = mlp()
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        given = joblib.Parallel(n_jobs=2)(
            joblib.delayed(threads_of_worker)(clone(estimator), X, y) for _ in range(2)
        )
    for process, *n_threads in given:
        assert process != os.getpid()
        assert n_threads == [1, 1]


def in_fork(queue, work):
    try:
        queue.put(("result", work()))
    except RuntimeError as error:
        queue.put(("RuntimeError", str(error)))


@pytest.mark.skipif(sys.platform != "linux", reason="fork is not the way there")
@pytest.mark.parametrize("what", ["new", "new and alike", "fit", "partial_fit", "predict"])
def test_a_forked_process_says_why_it_cannot(what):
    X, y = tiny()
    estimator = mlp().fit(X, y)
    work = {
        "new": lambda: mlp(hidden_layer_sizes=(9,)).fit(X, y),
        "new and alike": lambda: mlp().fit(X, y),
        "fit": lambda: estimator.fit(X, y),
        "partial_fit": lambda: estimator.partial_fit(X, y),
        "predict": lambda: estimator.predict(X),
    }[what]
    fork = multiprocessing.get_context("fork")
    queue = fork.SimpleQueue()
    child = fork.Process(target=in_fork, args=(queue, work))
    child.start()
    child.join(15)
    hangs = child.is_alive()
    if hangs:
        child.kill()
        child.join()
    assert not hangs
    kind, message = queue.get()
    assert kind == "RuntimeError"
    assert "fork" in message
    assert "loky" in message
    estimator.predict(X)  # the parent is not harmed


class TestTheCallersState:
    """Training draws from no generator of the caller's, and sets nothing of Keras's."""

    @pytest.fixture(params=["0", "8"], ids=["built anew", "perhaps from the pool"], autouse=True)
    def _pool(self, request, monkeypatch):
        monkeypatch.setenv("SKDIGITS_POOL_SIZE", request.param)

    def use(self, units=11):
        X, y = tiny()
        for make in BOTH:
            estimator = make(hidden_layer_sizes=(units,), early_stopping=True, **RANDOM_PARTS)
            estimator.fit(X, y).predict(X)
            clone(estimator).partial_fit(X, y).score(X, y)

    def test_python_and_numpy(self):
        random.seed(1)
        np.random.seed(2)  # noqa: NPY002
        python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
        self.use()
        assert random.getstate() == python
        for before, after in zip(numpy, np.random.get_state(), strict=True):  # noqa: NPY002
            np.testing.assert_array_equal(after, before)

    def test_keras_and_tensorflow(self):
        def draw():
            layer = keras.layers.Dense(3)
            layer.build((None, 2))
            return [
                np.asarray(keras.random.normal((3,))),
                tf.random.normal((3,)).numpy(),
                tf.random.get_global_generator().normal((3,)).numpy(),
                layer.kernel.numpy(),
            ]

        def after(work):
            keras.utils.set_random_seed(5)
            tf.random.get_global_generator().reset_from_seed(5)
            before = draw()
            work()
            return [*before, *draw()]

        for expected, given in zip(after(lambda: None), after(self.use), strict=True):
            np.testing.assert_array_equal(given, expected)

    def test_settings(self):
        def settings():
            return [
                keras.config.floatx(),
                keras.config.dtype_policy().name,
                keras.config.image_data_format(),
                keras.config.epsilon(),
                keras.config.is_interactive_logging_enabled(),
                keras.config.is_traceback_filtering_enabled(),
                tf.config.functions_run_eagerly(),
                tf.executing_eagerly(),
                np.get_printoptions(),
                np.geterr(),
                os.getcwd(),
                dict(os.environ),
            ]

        before = settings()
        self.use()
        assert settings() == before

    @pytest.mark.parametrize("make", BOTH)
    def test_they_do_not_change_the_result_either(self, make):
        X, y = tiny()
        parameters = {"hidden_layer_sizes": (13,), **RANDOM_PARTS, "augmentation": "affine"}
        expected = make(**parameters).fit(X, y).predict_proba(X)
        random.seed(99)
        np.random.seed(99)  # noqa: NPY002
        keras.utils.set_random_seed(98)
        np.testing.assert_array_equal(make(**parameters).fit(X, y).predict_proba(X), expected)

    @pytest.mark.parametrize("make", BOTH)
    @pytest.mark.parametrize("policy", ["mixed_bfloat16", "float64"])
    def test_the_callers_dtype_policy_does_not_change_the_result(self, make, policy):
        X, y = tiny()
        parameters = {"hidden_layer_sizes": (13,), "augmentation": "affine", "batch_norm": True}
        expected = make(**parameters).fit(X, y).predict_proba(X)
        keras.config.set_dtype_policy(policy)
        try:
            given = make(**parameters).fit(X, y).predict_proba(X)
        finally:
            keras.config.set_dtype_policy("float32")
        np.testing.assert_array_equal(given, expected)

    @pytest.mark.parametrize("make", BOTH)
    def test_the_callers_floatx_does_not_change_the_result(self, make):
        X, y = tiny()
        expected = make(hidden_layer_sizes=(13,)).fit(X, y).predict_proba(X)
        keras.config.set_floatx("float64")
        try:
            given = make(hidden_layer_sizes=(13,)).fit(X, y).predict_proba(X)
        finally:
            keras.config.set_floatx("float32")
        np.testing.assert_array_equal(given, expected)


def test_the_data_do_not_change():
    X, y = tiny()
    X, y, sample_weight = X.astype(np.float32), y.copy(), np.ones(len(y), np.float32)
    before = hashlib.sha256(X.tobytes() + y.tobytes() + sample_weight.tobytes()).digest()
    cnn(class_weight="balanced").fit(X, y, sample_weight=sample_weight).predict(X)
    assert hashlib.sha256(X.tobytes() + y.tobytes() + sample_weight.tobytes()).digest() == before
