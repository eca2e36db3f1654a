"""Private names of TensorFlow and Keras: each is still there, and its public way does as much."""

import ast
import collections
import os
import platform
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import run_python

from skdigits import _private_names

PACKAGE = Path(_private_names.__file__).parent
MODEL = keras.Sequential(
    [
        keras.Input((4,)),
        keras.layers.Dense(3),
        keras.Sequential([keras.layers.Dense(2), keras.layers.BatchNormalization()]),
    ]
)


def traced(function, *arguments):
    """Return what a function gives while a graph is traced."""
    found = []
    tf.function(
        lambda: found.append(function(*arguments)) or tf.constant(0)
    ).get_concrete_function()
    return found[0]


def way_of(name, way):
    return _private_names.WAYS[name][["private", "public"].index(way)]


BOTH_WAYS = pytest.mark.parametrize("way", ["private", "public"])


@BOTH_WAYS
def test_run_graph(way):
    double = tf.function(lambda x: 2 * x, input_signature=[tf.TensorSpec([None], tf.float32)])
    graph = double.get_concrete_function()
    outputs = way_of("run_graph", way)(graph, tf.constant([1.0, 2.0]), "SINGLE_THREADED_EXECUTOR")
    assert outputs.numpy().tolist() == [2.0, 4.0]


RUNS = """
import tensorflow as tf
from skdigits import _private_names
private, public = _private_names.WAYS["tensorflow_runs"]
before = tf.config.threading.get_inter_op_parallelism_threads()
assert public() is False
assert private() is False  # the question itself starts nothing
assert tf.config.threading.get_inter_op_parallelism_threads() == before
tf.constant(1.0) + 1
assert public() is True
assert private() is True
"""


@BOTH_WAYS
def test_tensorflow_runs(way):
    tf.constant(1.0) + 1
    assert way_of("tensorflow_runs", way)() is True


@pytest.mark.slow
def test_tensorflow_does_not_run_yet():
    run_python(RUNS)


def test_eager_context():
    one = way_of("eager_context", "private")()
    assert one is way_of("eager_context", "private")()
    assert hasattr(one, "ones_rank_cache")
    assert way_of("eager_context", "public")() is not one


def test_onednn_operations():
    """What they compute is in test_onednn.py."""
    add = way_of("onednn_operations", "private")()
    if add is None and (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("TensorFlow need not have oneDNN's operations here")
    options = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}
    options |= {"data_format": "NHWC", "explicit_paddings": [], "workspace_enabled": True}
    image = tf.reshape(tf.range(16.0), (1, 4, 4, 1))
    largest = tf.function(lambda: add("_MklNativeMaxPool", input=image, **options)[0])()
    assert largest.numpy().ravel().tolist() == [5, 7, 13, 15]
    assert way_of("onednn_operations", "public")() is None


@pytest.mark.parametrize("attributes", [set(), None])
def test_another_onednn_is_left_alone(monkeypatch, attributes):
    """As of a TensorFlow whose operation has other attributes, or that has no such operation."""
    name = "_MklNativeMaxPool" if attributes is not None else "_MklNoSuchOperation"
    monkeypatch.setitem(_private_names._ATTRIBUTES, name, attributes)
    assert way_of("onednn_operations", "private")() is None


def test_swap_numbers_of_names():
    swap = way_of("swap_numbers_of_names", "private")
    before = swap(collections.defaultdict(int))
    try:
        assert keras.layers.Dense(1).name == "dense"
    finally:
        assert swap(before)["dense"] == 1
    public = way_of("swap_numbers_of_names", "public")
    assert public({}) is None


@BOTH_WAYS
def test_layers_in(way):
    found = way_of("layers_in", way)(MODEL)
    kinds = {type(layer).__name__ for layer in found}
    assert {"Dense", "BatchNormalization", "Sequential"} <= kinds
    wrapped = keras.layers.Bidirectional(keras.layers.GRU(3))
    wrapped.build((None, 4, 2))
    cells = [layer for layer in way_of("layers_in", way)(wrapped) if "GRUCell" in str(type(layer))]
    assert len(cells) == 2


@BOTH_WAYS
def test_own_variables(way):
    own = way_of("own_variables", way)
    dense = keras.layers.Dense(2)
    dense.build((None, 3))
    assert [variable.name for variable in own(dense)] == ["kernel", "bias"]
    assert own(keras.Sequential([keras.Input((3,)), dense])) == []


@BOTH_WAYS
def test_logits_behind(way):
    def shapes_behind():
        logits = tf.random.normal((2, 3))
        behind = way_of("logits_behind", way)(keras.activations.sigmoid(logits))
        return behind is logits, way_of("logits_behind", way)(tf.nn.softmax(logits))

    assert traced(shapes_behind) == (True, None)


def test_connections():
    assert way_of("connections", "private")(MODEL.layers[0])[0].output_tensors
    assert way_of("connections", "public")(MODEL.layers[0]) is None


def test_adam_moments():
    optimizer, weight = keras.optimizers.AdamW(), keras.Variable([1.0, 2.0], name="kernel")
    optimizer.build([weight])
    optimizer.apply([tf.constant([1.0, -1.0])])
    [(mean, variance)] = way_of("adam_moments", "private")(optimizer, [weight])
    np.testing.assert_allclose(mean, [0.1, -0.1], rtol=1e-5)
    np.testing.assert_allclose(variance, [0.001, 0.001], rtol=1e-5)
    before = weight.numpy()
    _private_names.decay_weights(optimizer, [weight])
    np.testing.assert_allclose(weight, before * (1 - 0.001 * 0.004), rtol=1e-6)
    assert way_of("adam_moments", "public")(optimizer, [weight]) is None


class Halved(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.5

    def get_config(self):
        return {}


@BOTH_WAYS
def test_config_of(way):
    optimizer = keras.optimizers.SGD(0.5)
    assert way_of("config_of", way)(optimizer) == optimizer.get_config()
    rate = way_of("config_of", way)(keras.optimizers.SGD(Halved()))["learning_rate"]
    assert isinstance(rate, dict if way == "public" else Halved)


def test_excluded_from_weight_decay():
    optimizer = keras.optimizers.AdamW()
    assert way_of("excluded_from_weight_decay", "private")(optimizer) is None
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    assert way_of("excluded_from_weight_decay", "private")(optimizer) == "bias"
    assert way_of("excluded_from_weight_decay", "public")(optimizer) is None


@BOTH_WAYS
def test_apply_by_parts(way):
    optimizers = keras.optimizers
    chosen = optimizers.OptimizerMap(optimizers.SGD(0.1), {"kernel": optimizers.SGD(0.2)})
    optimizer = optimizers.MultiOptimizer(chosen)
    weights = [keras.Variable([1.0], name=name) for name in ("kernel", "bias")]
    optimizer.build(weights)
    apply = way_of("apply_by_parts", way)
    apply(optimizer, [tf.constant([1.0])] * 2, weights)
    np.testing.assert_allclose(np.ravel(weights), [0.8, 0.9], rtol=1e-6)
    if way == "private":
        apply(optimizer, [tf.constant([1.0])], weights[1:])
        np.testing.assert_allclose(np.ravel(weights), [0.8, 0.8], rtol=1e-6)
        assert int(optimizer.iterations) == 2


@BOTH_WAYS
def test_take_model_back(way):
    callback = keras.callbacks.Callback()
    callback.set_model(MODEL)
    way_of("take_model_back", way)(callback)
    assert callback.model is None


def test_forget_swapped_averages():
    callback = keras.callbacks.SwapEMAWeights()
    callback._ema_weights_in_model = True
    way_of("forget_swapped_averages", "public")(callback)
    way_of("forget_swapped_averages", "private")(callback)
    assert not callback._ema_weights_in_model


def test_restored_epoch(tmp_path):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    for _ in range(2):  # the second goes on where the first was left
        backup = keras.callbacks.BackupAndRestore(tmp_path)
        backup.set_model(model)
        backup.on_train_begin()
        backup.on_epoch_end(0)
    assert way_of("restored_epoch", "private")(model) == 1
    assert way_of("restored_epoch", "public")(model) == 0
    way_of("forget_restored_epoch", "private")(model)
    assert way_of("restored_epoch", "private")(model) == 0


def test_what_use_sets():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = set(vars(model))
    model.fit(np.zeros((2, 1)), np.zeros(2), verbose=0)
    assert set(_private_names.SET_BY_USE) <= set(vars(model))
    assert set(vars(model)) - before <= {*_private_names.SET_BY_USE, "stop_training", "history"}


# Python's own, and the method by which scikit-learn's mixin for callbacks is to be used.
ALLOWED = {"_exit", "_getframe", "_init_callback_context"}  # documented


def private_names(tree):
    """Return the private names that a module defines, and those that it uses of objects."""
    defined, used = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.add(node.id)
        elif isinstance(node, ast.Attribute):
            (defined if isinstance(node.ctx, ast.Store) else used).add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            library, *inner = node.module.split(".")
            names = [*inner, *(alias.name for alias in node.names)]
            if library != "skdigits":
                assert "src" not in inner
                assert inner[:1] != ["python"]
                used |= set(names)
            else:
                defined |= set(names)
    return defined, {name for name in used if name.startswith("_") and name[-2:] != "__"}


def test_no_other_module_uses_private_names():
    trees = {path: ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    del trees[Path(_private_names.__file__)]
    found = {path: private_names(tree) for path, tree in trees.items()}
    ours = set.union(*(defined for defined, _ in found.values()))
    foreign = {path.name: used - ours - ALLOWED for path, (_, used) in found.items()}
    assert {name: names for name, names in foreign.items() if names} == {}


@pytest.mark.slow
def test_estimators_work_by_the_public_ways():
    """The files that go through all of the training, in a process that uses no private names."""
    here = Path(__file__).parent
    files = ["test_training.py", "test_probabilities.py", "test_callbacks.py", "test_state.py"]
    files += ["test_network_classifier.py", "test_estimators.py", "test_bad_input.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-m", "not slow", *(str(here / name) for name in files)],
        env={**os.environ, "SKDIGITS_TEST_PUBLIC_WAYS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
