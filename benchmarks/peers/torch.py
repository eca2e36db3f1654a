"""A plain PyTorch loop over tensors in memory, convolutions in channels-last."""

import numpy as np
import torch
from torch import nn

PARAMETERS = None
EPSILON = 1e-7  # of Adam, as in Keras

# The first optimizer imports some 800 modules, for a second: imports come before the clock.
torch.optim.Adam([torch.zeros(1)])


def prepare(images, network):
    X = images.astype(np.float32) / np.float32(255)
    return X[:, None] if network.filters else X.reshape(len(X), -1)


class Net(nn.Module):
    """The network, with Keras's initial weights; its outputs are logits."""

    def __init__(self, shape, n_classes, network, hidden):
        super().__init__()
        layers = []
        size, (n_in, side) = np.prod(shape), (shape[0], shape[-1])
        for n_filters in network.filters:
            layers += [nn.Conv2d(n_in, n_filters, network.kernel_size), nn.ReLU(), nn.MaxPool2d(2)]
            n_in, side = n_filters, (side - network.kernel_size + 1) // 2
            size = n_in * side * side
        if network.filters:
            layers.append(nn.Flatten())
        for units, rate in zip(hidden, network.dropout, strict=True):
            layers += [nn.Linear(size, units), nn.ReLU()]
            layers += [nn.Dropout(rate)] if rate else []
            size = units
        self.layers = nn.Sequential(*layers, nn.Linear(size, n_classes))
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)
        self.to(memory_format=torch.channels_last)

    def forward(self, X):
        return self.layers(X)


class TorchModel:
    def __init__(self, training, tick):
        self.training, self.tick = training, tick

    def fit(self, X, y):
        training, network = self.training, self.training.network
        torch.manual_seed(training.seed)
        self.net = Net(X.shape[1:], training.n_classes, network, network.hidden)
        optimizer = torch.optim.Adam(self.net.parameters(), lr=training.learning_rate, eps=EPSILON)
        X, y = torch.from_numpy(X), torch.from_numpy(y)
        for _ in range(training.epochs):
            for rows in torch.randperm(len(X)).split(training.batch_size):
                optimizer.zero_grad()
                nn.functional.cross_entropy(self.net(X[rows]), y[rows]).backward()
                optimizer.step()
            if self.tick:
                self.tick()
        self.net.eval()
        return self

    def predict_proba(self, X):
        with torch.inference_mode():
            batches = torch.from_numpy(X).split(1024)
            return torch.cat([self.net(batch).softmax(1) for batch in batches]).numpy()


def make(training, tick=None):
    return TorchModel(training, tick)


def count_parameters(model):
    return sum(weights.numel() for weights in model.net.parameters())
