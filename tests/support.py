"""What the tests of the estimators share: small data, small networks, fresh processes."""

import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from skdigits import CNNClassifier, MLPClassifier
from skdigits.datasets import load_digits

N_IMAGES = 200


@cache
def digits():
    """Return a few digits as uint8 images and their labels, read-only."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:N_IMAGES].copy(), y[:N_IMAGES].copy()
    X.flags.writeable = y.flags.writeable = False
    return X, y


def on_one_core():
    """Keep this process to one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])


# Small and plain: what the defaults add, a test asks for where it is about that.
SMALL = {
    "hidden_layer_sizes": (16,),
    "epochs": 2,
    "batch_size": 60,  # fewer than 64: to halve them takes longer to trace
    "batch_norm": False,
    "optimizer": "adam",
    "learning_rate": 0.003,
    "weight_decay": None,
    "augmentation": None,
    "random_state": 0,
}


def mlp(**parameters):
    """Return an MLP that trains in a moment."""
    return MLPClassifier(**SMALL | parameters)


def cnn(**parameters):
    """Return a CNN that trains in a moment."""
    return CNNClassifier(**SMALL | {"filters": (4, 4)} | parameters)


BOTH = [mlp, cnn]
# For what both do with the same code.
MLP_AND_SLOWLY_CNN = [mlp, pytest.param(cnn, marks=pytest.mark.slow)]
CNN_AND_SLOWLY_MLP = [pytest.param(mlp, marks=pytest.mark.slow), cnn]


def dense(input_shape, n_classes, units=16, activation="relu"):
    """Build a small network, as a user of `NetworkClassifier` would."""
    import keras

    layers = keras.layers
    inputs = keras.Input(input_shape)
    x = layers.Flatten()(inputs) if len(input_shape) > 1 else inputs
    x = layers.Dense(units, activation=activation)(x)
    return keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(x))


def slow_but(cases, *quick):
    """Return the names of cases for `pytest.mark.parametrize`, all but the quick ones slow."""
    unknown = set(quick) - set(cases)
    assert not unknown, unknown
    slow = pytest.mark.slow
    return [each if each in quick else pytest.param(each, marks=slow) for each in cases]


def tiny(n=60, shape=(6, 6), n_classes=3, seed=0):
    """Return random uint8 images whose brightness tells their class."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    X = rng.integers(0, 60, (n, *shape)) + 60 * y.reshape(-1, *[1] * len(shape))
    return X.astype(np.uint8), y


def weights(estimator):
    """Return copies of all weights of a fitted estimator."""
    return [np.array(weight) for weight in estimator.model_.get_weights()]


def assert_same_weights(one, other):
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


def run_python(code, *arguments, timeout=120, **environment):
    """Run code in a fresh Python process and return it, completed without an error."""
    path = os.pathsep.join([os.path.dirname(__file__), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr
    return done
