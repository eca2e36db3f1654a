"""The recipe of ``CNNClassifier()``, written in plain PyTorch as well as we can.

The same network, AdamW with a one-cycle rate, labels that are smoothed in the first three quarters,
random moves by a pixel, channels last, and bfloat16 where it is faster. The images stay in the
memory of the device, as raw bytes.
"""

from contextlib import nullcontext

import torch
from torch import nn

FILTERS, UNITS = (16, 48, 96), 128
RATE, DECAY, RISING = 0.01, 0.1, 0.23  # of the one-cycle schedule and of AdamW
SMOOTHING, SMOOTHED = 0.1, 0.75  # of the labels, in this share of the steps


def make_network(n_classes, filters=FILTERS):
    """Return the network; its outputs are logits."""
    layers, n_in, side = [], 1, 28
    for n_filters in filters:
        layers += [nn.Conv2d(n_in, n_filters, 3, padding=1), nn.MaxPool2d(2)]
        layers += [nn.BatchNorm2d(n_filters, eps=1e-3), nn.ReLU()]
        n_in, side = n_filters, side // 2
    layers += [nn.Flatten(), nn.Linear(n_in * side * side, UNITS)]
    layers += [nn.BatchNorm1d(UNITS, eps=1e-3), nn.ReLU(), nn.Linear(UNITS, n_classes)]
    network = nn.Sequential(*layers)
    return network.apply(initialize)


def initialize(layer):
    """Give a layer Keras's initial weights."""
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)


def fit(
    images,
    labels,
    *,
    epochs=8,
    batch_size=128,
    device="cpu",
    bfloat16,
    moves=True,
    smoothing=SMOOTHING,
    decay=DECAY,
    seed=0,
    make=make_network,
    change=None,
):
    """Train, and yield the trained network after each epoch.

    Parameters
    ----------
    images : ndarray of uint8, of shape (n_images, 28, 28)
    labels : ndarray of int, or of float32 and of shape (n_images, n_classes)
        The classes, or their probabilities.
    bfloat16 : bool
        Whether to compute in bfloat16 (`torch.autocast`).
    moves : bool
        Whether to move each image by up to a pixel each way.
    smoothing : float
        Label smoothing of the first three quarters.
    decay : float
        Weight decay of the kernels.
    make : callable
        Makes the network for a number of classes.
    change : callable, default=None
        Changes the pixels of a batch and their labels (see `benchmarks.ways`).
    """
    torch.manual_seed(seed)
    X = torch.from_numpy(images).to(device)
    y = torch.from_numpy(labels).to(device)
    mean, std = (images / 255).mean(), (images / 255).std()
    n_classes = int(labels.max()) + 1 if labels.ndim == 1 else labels.shape[1]
    network = make(n_classes).to(device, memory_format=torch.channels_last)
    kernels = [weight for weight in network.parameters() if weight.ndim > 1]
    others = [weight for weight in network.parameters() if weight.ndim == 1]
    optimizer = torch.optim.AdamW(
        [{"params": kernels}, {"params": others, "weight_decay": 0.0}],
        lr=RATE,
        eps=1e-7,
        weight_decay=decay,
        fused=True,
    )
    n_steps = epochs * -(-len(X) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        RATE,
        n_steps,
        pct_start=RISING,
        cycle_momentum=False,
    )
    for _ in range(epochs):
        network.train()
        for rows in torch.randperm(len(X), device=device).split(batch_size):
            batch = _moved(X[rows]) if moves else X[rows]
            pixels, targets = ((batch / 255 - mean) / std)[:, None], y[rows]
            if change:
                pixels, targets = change(pixels, targets)
            pixels = pixels.contiguous(memory_format=torch.channels_last)
            with torch.autocast(device, torch.bfloat16) if bfloat16 else nullcontext():
                outputs = network(pixels)
                now = smoothing if schedule.last_epoch < SMOOTHED * n_steps else 0.0
                loss = nn.functional.cross_entropy(outputs, targets, label_smoothing=now)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        yield _Classifier(network.eval(), device, mean, std)


class _Classifier:
    def __init__(self, network, device, mean, std):
        self.network, self.device, self.mean, self.std = network, device, mean, std

    def predict(self, images):
        return self.predict_proba(images).argmax(1)

    @torch.inference_mode()
    def predict_proba(self, images):
        found = []
        for batch in torch.from_numpy(images).to(self.device).split(1024):
            found.append(self.network(((batch / 255 - self.mean) / self.std)[:, None]).softmax(1))
        return torch.cat(found).cpu().numpy()


def _moved(batch):
    """Move each image by up to a pixel each way; what comes in repeats the border."""
    n, side = len(batch), batch.shape[-1]
    places = torch.arange(side, device=batch.device)
    down, across = torch.randint(-1, 2, (2, n, 1), device=batch.device)
    rows = (places + down).clamp(0, side - 1)
    columns = (places + across).clamp(0, side - 1)
    numbers = torch.arange(n, device=batch.device)
    return batch[numbers[:, None, None], rows[:, :, None], columns[:, None, :]]
