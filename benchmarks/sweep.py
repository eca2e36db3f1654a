"""Choose settings without the test sets: ``python -m benchmarks.sweep default``.

Each candidate of a group is fitted with several seeds to five sixths of the training images, and
measured on the others, the same for all: as it is, and with `test_time_averaging` ("views", which
the oldest rows lack). "mnist-100" is 100 of those five sixths, drawn by the seed and stratified.
Every fit has one core to itself; seconds are of such a fit. What is in the results
(benchmarks/sweeps/GROUP.json) is not run again. Only `benchmarks.efforts` reads the test sets.
"""

import json
import os
from enum import StrEnum
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter
from typing import Annotated

import joblib
import numpy as np
import typer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from benchmarks.candidates import CANDIDATES, DATA

RESULTS = Path(__file__).parent / "sweeps"

Group = StrEnum("Group", {name: name for name in CANDIDATES})


def main(
    group: Annotated[Group, typer.Argument(help="What to choose.")],
    seeds: Annotated[int, typer.Option(min=1, help="Fits of each candidate on each data set.")] = 3,
    jobs: Annotated[int, typer.Option(min=1, help="Fits side by side, a core each.")] = 2,
    data: Annotated[list[str] | None, typer.Option(help="Only these; all by default.")] = None,
):
    """Measure every candidate of a group on held-out training images; print the table."""
    path = RESULTS / f"{group}.json"
    rows = load_rows(path)
    done = {(row["candidate"], row["data"], row["seed"]) for row in rows}
    left = [
        (name, images, seed)
        for seed in range(seeds)
        for images in data or DATA[group]
        for name in CANDIDATES[group]
        if (name, images, seed) not in done
    ]
    # TensorFlow's number of threads: fits side by side are fastest so. Workers inherit it.
    os.environ |= dict.fromkeys(["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"], "1")
    fits = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", max_nbytes=None)(
        joblib.delayed(measure)(group, *each) for each in left
    )
    for row in fits:
        rows.append(row)
        order = list(CANDIDATES[group])
        rows.sort(key=lambda row: (row["data"], order.index(row["candidate"]), row["seed"]))
        save_rows(path, rows)
        print("{candidate}, {data}, seed {seed}: {accuracy:.4f}".format(**row), flush=True)
    print_table(rows)


def load_rows(path):
    """Return the results kept in a file; none where there is no file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def save_rows(path, rows):
    """Keep results in a file, one a line."""
    lines = ",\n".join(json.dumps(row) for row in rows)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def measure(group, name, data, seed):
    """Return what a candidate reaches on images that it was not trained on."""
    X, y, X_held, y_held = split(data, seed)
    make, settings = CANDIDATES[group][name]
    model = make(**settings, random_state=seed)
    start = perf_counter()
    model.fit(X, y)
    seconds = perf_counter() - start
    accuracy, loss = scores(model, X_held, y_held)
    views_accuracy, views_loss = scores(model.set_params(test_time_averaging=True), X_held, y_held)
    return {
        "candidate": name,
        "data": data,
        "seed": seed,
        "accuracy": accuracy,
        "log_loss": loss,
        "views_accuracy": views_accuracy,
        "views_log_loss": views_loss,
        "seconds": round(seconds, 1),
    }


def scores(model, X, y):
    """Return accuracy and log loss, rounded."""
    probabilities = model.predict_proba(X)
    right = model.classes_[probabilities.argmax(axis=1)] == y
    return round(float(right.mean()), 5), round(float(log_loss(y, probabilities)), 5)


def split(data, seed):
    """Return images and labels to train on, and those held out."""
    images, y, n_images = read(data)
    X, X_held, y, y_held = train_test_split(images, y, test_size=1 / 6, stratify=y, random_state=0)
    return *draw(X, y, n_images, seed), X_held, y_held


def read(data, **options):
    """Return images, labels and the number of images to train on, None for all."""
    from skdigits.datasets import fetch_fashion_mnist, fetch_mnist, load_digits

    name, _, n_images = data.partition("-")
    fetch = {"mnist": fetch_mnist, "fashion": fetch_fashion_mnist, "digits": load_digits}[name]
    return *fetch(return_X_y=True, **options), int(n_images) if n_images else None


def draw(X, y, n_images, seed):
    """Return so many images and their labels, as many of each class as can be; None is all."""
    if n_images is None:
        return X, y
    few, _ = train_test_split(np.arange(len(y)), train_size=n_images, stratify=y, random_state=seed)
    return X[few], y[few]


def print_table(rows):
    """Print the mean and spread of each candidate, by data."""
    table = {}
    for row in rows:
        table.setdefault((row["data"], row["candidate"]), []).append(row)
    print(
        f"{'data':14} {'candidate':52} {'accuracy':>15} {'log loss':>9} {'views':>15} "
        f"{'log loss':>9} {'seconds':>8}  seeds"
    )
    for (data, candidate), found in table.items():
        values = [
            *_accuracy_and_loss(found, "accuracy", "log_loss"),
            *_accuracy_and_loss(found, "views_accuracy", "views_log_loss"),
        ]
        seconds = mean(row["seconds"] for row in found)
        print(
            "{:14} {:52} {:>15} {:>9} {:>15} {:>9} {:8.1f}  {}".format(
                data, candidate, *values, seconds, len(found)
            )
        )


def _accuracy_and_loss(rows, accuracy, loss):
    """Return accuracy in per cent and log loss as text, empty where no row has them."""
    rows = [row for row in rows if accuracy in row]
    if not rows:
        return "", ""
    return mean_and_spread(rows, accuracy), f"{mean(row[loss] for row in rows):.4f}"


def mean_and_spread(rows, accuracy="accuracy"):
    """Return accuracy in per cent as text, with the standard deviation of several rows."""
    found = [100 * row[accuracy] for row in rows]
    spread = f" ± {stdev(found):.2f}" if len(found) > 1 else ""
    return f"{mean(found):.2f}{spread}"


if __name__ == "__main__":
    typer.run(main)
