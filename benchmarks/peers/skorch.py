"""skorch: its NeuralNetClassifier around the network of the PyTorch peer."""

import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback

from benchmarks.peers.torch import EPSILON, Net, prepare

__all__ = ["PARAMETERS", "count_parameters", "make", "prepare"]

PARAMETERS = {"learning_rate": "lr", "hidden": "module__hidden", "batch_size": "batch_size"}


class Tick(Callback):
    def __init__(self, tick):
        self.tick = tick

    def on_epoch_end(self, net, **kwargs):
        self.tick()


class Classifier(NeuralNetClassifier):
    """Reads the shape of the network's input from the data, as the other peers do."""

    def fit(self, X, y):
        self.set_params(module__shape=X.shape[1:])
        return super().fit(X, y)


def make(training, tick=None):
    torch.manual_seed(training.seed)
    return Classifier(
        module=Net,
        module__shape=None,
        module__n_classes=training.n_classes,
        module__network=training.network,
        module__hidden=training.network.hidden,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        optimizer__eps=EPSILON,
        lr=training.learning_rate,
        max_epochs=training.epochs,
        batch_size=training.batch_size,
        iterator_train__shuffle=True,
        train_split=None,  # or it trains on four fifths of the data
        callbacks=[Tick(tick)] if tick else None,
        verbose=0,
    )


def count_parameters(model):
    return sum(weights.numel() for weights in model.module_.parameters())
