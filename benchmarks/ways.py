"""Other ways to train the default CNN, in plain PyTorch: ``python -m benchmarks.ways``.

Each differs in one thing from `benchmarks.torch_recipe`. It is trained with several seeds on a part
of the training images, and measured on 10,000 others. So ways are seen before they are built into
skdigits, which takes no images of mixed classes, for example. What is in the results
(benchmarks/sweeps/ways.json) is not run again. Run it where nothing else runs.
"""

from collections import deque
from copy import deepcopy
from functools import partial
from statistics import mean
from time import perf_counter
from typing import Annotated

import numpy as np
import torch
import typer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from torch import nn

from benchmarks.sweep import RESULTS, load_rows, mean_and_spread, read, save_rows
from benchmarks.torch_recipe import fit, initialize, make_network
from skdigits._processor import has_bfloat16

PATH = RESULTS / "ways.json"
HELD_OUT, N_CLASSES = 10_000, 10
MEMBERS = 3  # networks of an average, and teachers
LAST = 3  # epochs whose weights are averaged
GPU = torch.cuda.is_available()
# Some of the ways smooth the labels, so the others do not.
FIXED = {
    "device": "cuda" if GPU else "cpu",
    "bfloat16": GPU or has_bfloat16(),
    "smoothing": 0.0,
    "decay": 0.01,
}


class Residual(nn.Module):
    """Two convolutions whose output is added to their input."""

    def __init__(self, n_filters):
        super().__init__()
        self.layers = nn.Sequential(*(part for _ in range(2) for part in _convolution(n_filters)))

    def forward(self, x):
        return x + self.layers(x)


def _convolution(n):
    return nn.Conv2d(n, n, 3, padding=1), nn.BatchNorm2d(n, eps=1e-3), nn.ReLU()


def make_residual(n_classes, place, n_filters):
    """Return the default network with a residual block after one of its pooled blocks."""
    layers = list(make_network(n_classes))
    at = 4 * place
    return nn.Sequential(*layers[:at], Residual(n_filters), *layers[at:]).apply(initialize)


def mixup(pixels, labels):
    """Mix each image with another one, and their labels by the same share."""
    others = torch.randperm(len(pixels), device=pixels.device)
    share = float(torch.distributions.Beta(0.2, 0.2).sample())
    classes = nn.functional.one_hot(labels, N_CLASSES).float()
    return [share * each + (1 - share) * each[others] for each in (pixels, classes)]


def cutmix(pixels, labels):
    """Put a square of another image into each, and mix the labels by the square's share."""
    others = torch.randperm(len(pixels), device=pixels.device)
    part, area = _square(pixels, share=float(torch.rand(())) / 2)
    mixed = pixels.clone()
    mixed[part] = pixels[others][part]
    classes = nn.functional.one_hot(labels, N_CLASSES).float()
    return mixed, (1 - area) * classes + area * classes[others]


def erase(pixels, labels):
    """Cover a square of each image, up to half a side long, with the mean of all pixels."""
    part, _ = _square(pixels, share=float(torch.rand(())) ** 2 / 4)
    erased = pixels.clone()
    erased[part] = 0
    return erased, labels


def _square(pixels, share):
    """Return the place of a square with about this share of the pixels, and its share."""
    side = pixels.shape[-1]
    length = round(side * share**0.5)
    top, left = torch.randint(0, side - length + 1, (2,)).tolist()
    return (..., slice(top, top + length), slice(left, left + length)), (length / side) ** 2


def smoothed(pixels, labels):
    """Give each other class a hundredth of the label."""
    return pixels, 0.9 * nn.functional.one_hot(labels, N_CLASSES) + 0.1 / N_CLASSES


def train(X, y, seed, **options):
    """Return a trained network."""
    *_, classifier = fit(X, y, **FIXED, seed=seed, **options)
    return classifier


def train_several(X, y, seed, **options):
    """Return a function that averages the probabilities of several networks."""
    seeds = range(1000 + MEMBERS * seed, 1000 + MEMBERS * (seed + 1))
    networks = [train(X, y, each, **options) for each in seeds]
    return lambda images: np.mean([each.predict_proba(images) for each in networks], axis=0)


def train_by_teachers(X, y, seed, **options):
    """Train on the mean of the labels and of what several networks say; return the network."""
    said = train_several(X, y, seed)(X)
    targets = (np.eye(N_CLASSES)[y] + said) / 2
    start = perf_counter()
    network = train(X, targets.astype(np.float32), seed, **options)
    network.seconds = perf_counter() - start  # the teachers' time is not the student's
    return network


def train_and_average_weights(X, y, seed):
    """Return a network with the mean of the weights at the ends of the last epochs."""
    ends = deque(maxlen=LAST)
    for classifier in fit(X, y, **FIXED, seed=seed):
        ends.append(deepcopy(classifier.network.state_dict()))
    average = {name: torch.stack([end[name].float() for end in ends]).mean(0) for name in ends[0]}
    classifier.network.load_state_dict(average)
    return classifier


WAYS = {
    "as it is": train,
    "12 epochs": partial(train, epochs=12),
    "residual block at 7 x 7": partial(train, make=partial(make_residual, place=2, n_filters=48)),
    "residual block at 3 x 3": partial(train, make=partial(make_residual, place=3, n_filters=96)),
    "wider end: 16, 48, 144": partial(train, make=partial(make_network, filters=(16, 48, 144))),
    "weights of the last epochs averaged": train_and_average_weights,
    "mixup": partial(train, change=mixup),
    "cutmix": partial(train, change=cutmix),
    "erase": partial(train, change=erase),
    "smoothed labels": partial(train, change=smoothed),
    "average of three": train_several,
    "average of three, smoothed labels": partial(train_several, change=smoothed),
    "taught by three": train_by_teachers,
}


def main(
    ways: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(WAYS)}.")] = None,
    data: Annotated[str, typer.Option(help="mnist or fashion.")] = "fashion",
    images: Annotated[int, typer.Option(min=100, help="To train on.")] = 20_000,
    seeds: Annotated[int, typer.Option(min=1, help="Fits of each.")] = 3,
):
    """Measure what is not in the results yet, and print the table."""
    rows = load_rows(PATH)
    done = {(row["way"], row["data"], row["images"], row["seed"]) for row in rows}
    for seed in range(seeds):
        for way in ways or WAYS:
            if (way, data, images, seed) not in done:
                rows.append(measure(way, data, images, seed))
                save_rows(PATH, rows)
    print_table([row for row in rows if (row["data"], row["images"]) == (data, images)])


def measure(way, data, images, seed):
    """Return what a way reaches on images that it was not trained on."""
    X, y, _ = read(data)
    X, X_held, y, y_held = train_test_split(
        X, y.astype(np.int64), train_size=images, test_size=HELD_OUT, stratify=y, random_state=0
    )
    start = perf_counter()
    network = WAYS[way](X, y, seed)
    seconds = getattr(network, "seconds", perf_counter() - start)
    probabilities = getattr(network, "predict_proba", network)(X_held)
    row = {
        "way": way,
        "data": data,
        "images": images,
        "seed": seed,
        "accuracy": round(float(np.mean(probabilities.argmax(axis=1) == y_held)), 5),
        "log_loss": round(float(log_loss(y_held, probabilities)), 5),
        "seconds": round(seconds, 1),
    }
    print("{way}, {data}, seed {seed}: {accuracy:.4f}, {seconds} s".format(**row), flush=True)
    return row


def print_table(rows):
    """Print the mean and spread of each way."""
    print("| way | held-out accuracy | log loss | fit, seconds | seeds |\n|---|---|---|---|---|")
    for way in dict.fromkeys(row["way"] for row in rows):
        found = [row for row in rows if row["way"] == way]
        loss, seconds = (mean(row[name] for row in found) for name in ("log_loss", "seconds"))
        print(f"| {way} | {mean_and_spread(found)} % | {loss:.3f} | {seconds:.0f} | {len(found)} |")


if __name__ == "__main__":
    typer.run(main)
