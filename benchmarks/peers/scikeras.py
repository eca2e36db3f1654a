"""SciKeras: its KerasClassifier around the network of the plain Keras peer."""

from dataclasses import replace

import keras
from scikeras.wrappers import KerasClassifier

from benchmarks.peers.keras import build, callbacks, prepare

__all__ = ["PARAMETERS", "count_parameters", "make", "prepare"]

PARAMETERS = {
    "learning_rate": "optimizer__learning_rate",
    "hidden": "model__hidden",
    "batch_size": "batch_size",
}


def build_from_meta(meta, network, hidden):
    return build(meta["X_shape_"][1:], meta["n_classes_"], replace(network, hidden=hidden))


def make(training, tick=None):
    # Not through random_state: SciKeras would turn on TensorFlow's slower deterministic operations.
    keras.utils.set_random_seed(training.seed)
    return KerasClassifier(
        model=build_from_meta,
        model__network=training.network,
        model__hidden=training.network.hidden,
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        optimizer__learning_rate=training.learning_rate,
        compile__steps_per_execution=training.steps_per_execution,
        epochs=training.epochs,
        batch_size=training.batch_size,
        callbacks=callbacks(tick),
        verbose=0,
    )


def count_parameters(model):
    return model.model_.count_params()
