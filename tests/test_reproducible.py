"""Same seed, same data, same bits: again, in other processes, on any number of cores."""

import gc
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
from sklearn.model_selection import cross_val_predict
from support import (
    MLP_AND_SLOWLY_CNN,
    assert_same_weights,
    cnn,
    digits,
    mlp,
    run_python,
    slow_but,
    tiny,
    weights,
)

# Of an operation, and operations at a time, as the user guide says.
N_THREADS = 1 if os.cpu_count() < 4 else 2
N_OPERATIONS = min(os.cpu_count(), 4)
RANDOM_PARTS = {"dropout": 0.4, "augmentation": "affine", "batch_norm": True}
# Convolutions, large matrices, and all random parts: of one network that the tests share.
OF_CNN = {"filters": (8, 16), "hidden_layer_sizes": (256, 128), **RANDOM_PARTS}


@pytest.mark.precision
@pytest.mark.parametrize(
    ("make", "parameters"),
    [
        (mlp, {}),
        (mlp, {"early_stopping": True}),
        (mlp, RANDOM_PARTS),
        pytest.param(cnn, OF_CNN, marks=pytest.mark.slow),
        pytest.param(cnn, {}, marks=pytest.mark.slow),
        pytest.param(cnn, {"early_stopping": True}, marks=pytest.mark.slow),
    ],
)
def test_another_fit_gives_the_same_bits(make, parameters):
    X, y = digits()
    first, second = (make(**parameters).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert_same_weights(weights(first), weights(second))
    assert first.history_ == second.history_
    np.testing.assert_array_equal(first.fit(X, y).predict_proba(X), second.predict_proba(X))


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
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
import tensorflow as tf
from support import cnn, digits, mlp, on_one_core
if sys.argv[2] == "one core":
    on_one_core()
X, y = digits()
configurations, fitted = joblib.load(sys.argv[1])
while fitted:  # a network that nobody holds serves again below
    estimator = fitted.pop(0)
    before = estimator.predict_proba(X)
    print(joblib.hash([before, estimator.partial_fit(X, y).predict_proba(X), estimator.history_]))
for make, parameters in configurations:
    estimator = make(**parameters).fit(X, y)
    print(joblib.hash([estimator.predict_proba(X), estimator.model_.get_weights()]))
print(tf.config.threading.get_intra_op_parallelism_threads())
print(tf.config.threading.get_inter_op_parallelism_threads())
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


TWO = {
    "cnn": (cnn, OF_CNN),
    "mlp": (mlp, {"hidden_layer_sizes": (256, 128), "batch_size": 200}),
}


def fresh_process(configurations, folder, cores="all cores", fitted=(), **environment):
    """Go on with the fitted ones and fit the configurations in a fresh process.

    Return a hash of what comes of each, and TensorFlow's two numbers of threads.
    """
    joblib.dump((configurations, fitted), folder / "pickled")
    done = run_python(PROCESS, folder / "pickled", cores, **environment)
    *hashes, intra, inter = done.stdout.split()
    return hashes, [int(intra), int(inter)]


@pytest.mark.precision
@pytest.mark.parametrize("name", slow_but(TWO, "cnn"))
def test_one_core_and_all_of_them_give_the_same_bits(name, tmp_path):
    """Also in another process, from pickles, and if joblib's share of the cores says one.

    All processes have the same threads. A number that the caller has chosen is kept: 0 leaves it to
    TensorFlow.
    """
    X, y = digits()
    make, parameters = TWO[name]
    fitted = make(**parameters).fit(X, y)
    chosen = {"OMP_NUM_THREADS": "1", "TF_NUM_INTEROP_THREADS": str(N_OPERATIONS)}
    there, threads = fresh_process([TWO[name]], tmp_path, "one core", [fitted], **chosen)
    before = fitted.predict_proba(X)
    fit = joblib.hash([before, fitted.model_.get_weights()])
    fitted.partial_fit(X, y)
    assert there == [joblib.hash([before, fitted.predict_proba(X), fitted.history_]), fit]
    assert threads == [N_THREADS, 0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"TF_ENABLE_ONEDNN_OPTS": "0"},
        {"TF_ENABLE_ONEDNN_OPTS": "1"},
        {"ONEDNN_MAX_CPU_ISA": "AVX2"},
        {"TF_NUM_INTRAOP_THREADS": "1"},
        {"TF_NUM_INTRAOP_THREADS": "3"},
        {"TF_NUM_INTRAOP_THREADS": "16"},
    ],
    ids=str,
)
def test_the_bits_of_every_configuration(environment, tmp_path):
    configurations = CONFIGURATIONS
    if "ONEDNN_MAX_CPU_ISA" in environment:  # oneDNN then has no bfloat16, though TensorFlow asks
        configurations = [(make, {**p, "precision": "float32"}) for make, p in configurations]
    one, all_of_them = (
        fresh_process(configurations, tmp_path, cores, **environment)[0]
        for cores in ("one core", "all cores")
    )
    differing = [
        configuration
        for configuration, *pair in zip(configurations, one, all_of_them, strict=True)
        if len(set(pair)) > 1
    ]
    assert differing == []


# Each worker of "loky" is a process; test_one_core... and the averages have other processes.
@pytest.mark.parametrize("backend", slow_but(["threading", "loky"], "threading"))
@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_workers_give_the_bits_of_this_process(make, backend):
    """Also after a fit in the parent, though joblib shares out the cores."""
    X, y = digits()
    make(**RANDOM_PARTS).fit(X, y)
    estimator = make(**RANDOM_PARTS)
    expected = cross_val_predict(estimator, X, y, cv=2, method="predict_proba")
    with joblib.parallel_config(backend):
        given = cross_val_predict(estimator, X, y, cv=2, method="predict_proba", n_jobs=2)
    np.testing.assert_array_equal(given, expected)


NUMBERS = """
import sys
import tensorflow as tf
if sys.argv[1] == "set":
    tf.config.threading.set_intra_op_parallelism_threads(3)
elif sys.argv[1] == "started":
    tf.ones(3).numpy()
from support import mlp, tiny
if sys.argv[1] == "an optimizer":
    tf.keras.optimizers.SGD()
mlp().fit(*tiny())
print(tf.config.threading.get_intra_op_parallelism_threads())
print(tf.config.threading.get_inter_op_parallelism_threads())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "environment", "expected"),
    [
        ("not at all", {}, [N_THREADS, N_OPERATIONS]),
        ("an optimizer", {}, [N_THREADS, N_OPERATIONS]),
        ("set", {"TF_NUM_INTEROP_THREADS": "3"}, [3, 0]),  # 0 leaves it to TensorFlow
        ("started", {}, [0, 0]),
    ],
)
def test_a_number_of_threads_that_the_caller_chose_is_kept(how, environment, expected):
    done = run_python(NUMBERS, how, **environment)
    assert [int(number) for number in done.stdout.split()] == expected


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


POOLS = {
    "mlp, built anew": (mlp, "0"),
    "cnn, built anew": (cnn, "0"),
    "mlp, from the pool": (mlp, "8"),
    "cnn, from the pool": (cnn, "8"),
}


class TestTheCallersState:
    """Training draws from no generator of the caller's, and sets nothing of Keras's."""

    @pytest.fixture(params=slow_but(POOLS, "mlp, built anew", "mlp, from the pool"))
    def make(self, request, monkeypatch):
        """Return what makes a classifier, and say whether its network may have served before."""
        make, size = POOLS[request.param]
        monkeypatch.setenv("SKDIGITS_POOL_SIZE", size)
        return make

    def use(self, make):
        """Train a new network, and then one from the pool."""
        X, y = tiny()
        for _ in range(2):
            estimator = make(hidden_layer_sizes=(11,), early_stopping=True, **RANDOM_PARTS)
            estimator.fit(X, y).predict(X)
            estimator.partial_fit(X, y).score(X, y)

    def settings(self):
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
            gc.isenabled(),
            os.getcwd(),
            dict(os.environ),
        ]

    @pytest.mark.parametrize("one_of_both", MLP_AND_SLOWLY_CNN)
    def test_settings_and_generators(self, one_of_both):
        def draw():
            layer = keras.layers.Dense(3)
            layer.build((None, 2))
            return [
                np.asarray(keras.random.normal((3,))),
                tf.random.normal((3,)).numpy(),
                tf.random.get_global_generator().normal((3,)).numpy(),
                layer.kernel.numpy(),
                np.random.normal(size=3),  # noqa: NPY002
                random.random(),
            ]

        def after(work):
            keras.utils.set_random_seed(5)  # Python's and NumPy's, too
            tf.random.get_global_generator().reset_from_seed(5)
            drawn, settings = draw(), self.settings()
            work()
            assert self.settings() == settings
            return [*drawn, *draw()]

        untouched, used = after(lambda: None), after(lambda: self.use(one_of_both))
        for expected, given in zip(untouched, used, strict=True):
            np.testing.assert_array_equal(given, expected)

    def test_they_do_not_change_the_result_either(self, make):
        X, y = digits()
        parameters = OF_CNN if make is cnn else RANDOM_PARTS
        expected = make(**parameters).fit(X, y).predict_proba(X)
        random.seed(99)
        np.random.seed(99)  # noqa: NPY002
        keras.utils.set_random_seed(98)
        for change, value in (
            (keras.config.set_dtype_policy, "mixed_bfloat16"),
            (keras.config.set_floatx, "float64"),
        ):
            change(value)
            try:
                given = make(**parameters).fit(X, y).predict_proba(X)
            finally:
                change("float32")
            np.testing.assert_array_equal(given, expected)


def test_the_data_do_not_change():
    X, y = tiny()
    X, y, sample_weight = X.astype(np.float32), y.copy(), np.ones(len(y), np.float32)
    before = hashlib.sha256(X.tobytes() + y.tobytes() + sample_weight.tobytes()).digest()
    cnn(class_weight="balanced").fit(X, y, sample_weight=sample_weight).predict(X)
    assert hashlib.sha256(X.tobytes() + y.tobytes() + sample_weight.tobytes()).digest() == before
