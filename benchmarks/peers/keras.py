"""Plain Keras: build, compile, `fit`, `predict`."""

import keras
import numpy as np

PARAMETERS = None
FEW = 32  # images, a batch of Keras's `predict`


def prepare(images, network):
    X = images.astype(np.float32) / np.float32(255)
    return X[..., None] if network.filters else X.reshape(len(X), -1)


def build(shape, n_classes, network):
    model = keras.Sequential([keras.Input(shape)])
    for n_filters in network.filters:
        model.add(keras.layers.Conv2D(n_filters, network.kernel_size, activation="relu"))
        model.add(keras.layers.MaxPooling2D())
    if network.filters:
        model.add(keras.layers.Flatten())
    for units, rate in zip(network.hidden, network.dropout, strict=True):
        model.add(keras.layers.Dense(units, activation="relu"))
        if rate:
            model.add(keras.layers.Dropout(rate))
    model.add(keras.layers.Dense(n_classes, activation="softmax"))
    return model


class KerasModel:
    def __init__(self, training, tick):
        self.training, self.tick = training, tick

    def fit(self, X, y):
        training = self.training
        keras.utils.set_random_seed(training.seed)
        self.model = build(X.shape[1:], training.n_classes, training.network)
        self.model.compile(
            optimizer=keras.optimizers.Adam(training.learning_rate),
            loss="sparse_categorical_crossentropy",
            steps_per_execution=training.steps_per_execution,
        )
        self.model.fit(
            X,
            y,
            batch_size=training.batch_size,
            epochs=training.epochs,
            callbacks=callbacks(self.tick),
            verbose=0,
        )
        return self

    def predict_proba(self, X):
        if len(X) <= FEW:  # Keras's way for what fits in a batch: `predict` is for many batches
            return keras.ops.convert_to_numpy(self.model(X, training=False))
        return self.model.predict(X, verbose=0)


def callbacks(tick):
    if tick is None:
        return []
    return [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: tick())]


def make(training, tick=None):
    return KerasModel(training, tick)


def count_parameters(model):
    return model.model.count_params()
