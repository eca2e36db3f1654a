"""What the efforts reach on the test sets: ``python -m benchmarks.efforts quick default mlp``.

Each is fitted with several seeds to all training images, on all cores, and measured once on the
test images, which chose nothing (that was `benchmarks.sweep`). An average also gives a row for each
of its networks: they differ by their seeds only. What is in the results
(benchmarks/sweeps/efforts.json) is not run again.
"""

import json
from statistics import mean, stdev
from time import perf_counter
from typing import Annotated

import typer
from sklearn.metrics import log_loss

from benchmarks.sweep import RESULTS
from skdigits import CNNClassifier, MLPClassifier
from skdigits.datasets import fetch_fashion_mnist, fetch_mnist
from skdigits.ensemble import AveragingClassifier
from skdigits.metrics import expected_calibration_error

MEMBERS = 4
MIRRORED = ("shift", "erase", "flip")  # of garments, which a mirror does not change
EFFORTS = {
    "quick": CNNClassifier.with_effort("quick"),
    "default": CNNClassifier(),
    "best": CNNClassifier.with_effort("best"),
    "averaged": AveragingClassifier(CNNClassifier.with_effort("best"), MEMBERS),
    "averaged-mirrored": AveragingClassifier(
        CNNClassifier.with_effort("best", augmentation=MIRRORED), MEMBERS
    ),
    "mlp-quick": MLPClassifier.with_effort("quick"),
    "mlp": MLPClassifier(),
    "mlp-best": MLPClassifier.with_effort("best"),
}
FETCH = {"mnist": fetch_mnist, "fashion": fetch_fashion_mnist}


def main(
    efforts: Annotated[list[str], typer.Argument(help=f"Some of {', '.join(EFFORTS)}.")],
    seeds: Annotated[int, typer.Option(min=1, help="Fits of each on each data set.")] = 5,
    data: Annotated[list[str], typer.Option(help="mnist, fashion.")] = tuple(FETCH),
):
    """Measure efforts on the test images; print the table of all that were measured."""
    path = RESULTS / "efforts.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    done = {(row["effort"], row["data"], row["seed"]) for row in rows}
    wanted = [(effort, name, seed) for seed in range(seeds) for name in data for effort in efforts]
    for effort, name, seed in wanted:
        if (effort, name, seed) not in done:
            rows += measure(effort, name, seed)
            rows.sort(key=lambda row: (row["effort"], row["data"], row["seed"]))
            lines = ",\n".join(json.dumps(row) for row in rows)
            path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print_table(rows)


def measure(effort, name, seed):
    """Return the rows of one fit: one, and of an average one for each network in it."""
    fetch = FETCH[name]
    X, y = fetch(return_X_y=True)
    test = fetch(subset="test", return_X_y=True)
    model = EFFORTS[effort].set_params(random_state=seed)
    start = perf_counter()
    model.fit(X, y)
    seconds = perf_counter() - start
    rows = [_row(effort, name, seed, seconds, model, *test)]
    for number, member in enumerate(getattr(model, "estimators_", [])):
        single = effort.replace("averaged", "best")
        share = seconds / len(model.estimators_)
        rows.append(_row(single, name, seed * MEMBERS + number, share, member, *test))
    return rows


def _row(effort, name, seed, seconds, model, X, y):
    probabilities = model.predict_proba(X)
    right = model.classes_[probabilities.argmax(axis=1)] == y
    row = {
        "effort": effort,
        "data": name,
        "seed": seed,
        "accuracy": round(float(right.mean()), 5),
        "log_loss": round(float(log_loss(y, probabilities)), 5),
        "calibration_error": round(float(expected_calibration_error(y, probabilities)), 5),
        "seconds": round(seconds, 1),
    }
    print("{effort}, {data}, seed {seed}: {accuracy:.4f}, {seconds} s".format(**row), flush=True)
    return row


def print_table(rows):
    """Print the mean and spread of each effort, by data."""
    table = {}
    for row in rows:
        table.setdefault((row["effort"], row["data"]), []).append(row)
    print("| effort | data | accuracy | log loss | calibration error | fit, seconds | seeds |")
    print("|---|---|---|---|---|---|---|")
    for (effort, data), found in table.items():
        scores = [100 * row["accuracy"] for row in found]
        spread = f" ± {stdev(scores):.2f}" if len(scores) > 1 else ""
        loss, error, seconds = (
            mean(row[measure] for row in found)
            for measure in ("log_loss", "calibration_error", "seconds")
        )
        print(
            f"| {effort} | {data} | {mean(scores):.2f}{spread} % | {loss:.4f} | {error:.4f} "
            f"| {seconds:.1f} | {len(found)} |"
        )


if __name__ == "__main__":
    typer.run(main)
