"""scikit-learn's MLPClassifier: it has no dropout, and its own initial scale."""

import warnings
from contextlib import redirect_stdout

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

PARAMETERS = {
    "learning_rate": "learning_rate_init",
    "hidden": "hidden_layer_sizes",
    "batch_size": "batch_size",
}

# It is stopped after the wanted epochs, and says so after each fit.
warnings.simplefilter("ignore", ConvergenceWarning)


def prepare(images, network):
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


class Lines:
    """Stands in for the output: calls `tick` at the line that scikit-learn prints an epoch."""

    def __init__(self, tick):
        self.tick = tick

    def write(self, text):
        if text.startswith("Iteration "):
            self.tick()

    def flush(self):
        pass


class TimedClassifier(MLPClassifier):
    def fit(self, X, y):
        with redirect_stdout(self.lines):
            return super().fit(X, y)


def make(training, tick=None):
    parameters = {
        "hidden_layer_sizes": training.network.hidden,
        "alpha": 0.0,
        "batch_size": training.batch_size,
        "learning_rate_init": training.learning_rate,
        "max_iter": training.epochs,
        "n_iter_no_change": training.epochs,
        "random_state": training.seed,
    }
    if tick is None:
        return MLPClassifier(**parameters)
    model = TimedClassifier(**parameters, verbose=True)
    model.lines = Lines(tick)
    return model


def count_parameters(model):
    return sum(weights.size for weights in [*model.coefs_, *model.intercepts_])
