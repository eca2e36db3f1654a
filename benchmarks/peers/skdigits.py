"""skdigits: raw uint8 images, as they come."""

from keras.callbacks import LambdaCallback

import skdigits.training  # noqa: F401  what the first fit would import
from skdigits import CNNClassifier, MLPClassifier

PARAMETERS = {
    "learning_rate": "learning_rate",
    "hidden": "hidden_layer_sizes",
    "batch_size": "batch_size",
}


def prepare(images, network):
    return images


def make(training, tick=None):
    callbacks = [LambdaCallback(on_epoch_end=lambda epoch, logs: tick())] if tick else None
    common = {"random_state": training.seed, "callbacks": callbacks}
    if training.setting:
        return CNNClassifier(**training.setting, **common)
    network = training.network
    common |= {
        "hidden_layer_sizes": network.hidden,
        "dropout": network.dropout,
        "batch_norm": False,
        "weight_decay": None,
        "augmentation": None,
        "optimizer": "adam",
        "learning_rate": training.learning_rate,
        "learning_rate_schedule": "constant",
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "precision": training.precision,
    }
    if not network.filters:
        return MLPClassifier(**common)
    return CNNClassifier(filters=network.filters, kernel_size=network.kernel_size, **common)


def count_parameters(model):
    return model.n_parameters_
