"""What the efforts reach on the test sets: ``python -m benchmarks.efforts quick default mlp``.

Each is fitted with several seeds to all training images, or to 100 of them ("mnist-100", drawn by
the seed), on all cores, and measured once on the test images, which chose nothing (that was
`benchmarks.sweep`). scikit-learn's classifiers stand beside them. An average also gives a row for
each of its networks, with the seed that it was given and its share of the seconds. What is in the
results (benchmarks/sweeps/efforts.json) is not run again: delete the rows of what has changed.
"""

from statistics import mean
from time import perf_counter
from typing import Annotated

import sklearn.neural_network
import typer
from sklearn.metrics import accuracy_score, log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from benchmarks.sweep import RESULTS, draw, load_rows, mean_and_spread, read, save_rows
from skdigits import CNNClassifier, MLPClassifier
from skdigits.ensemble import AveragingClassifier
from skdigits.metrics import expected_calibration_error


def to_rows(images):
    """Return scikit-learn's form of images: rows of numbers from 0 to 1."""
    return images.reshape(len(images), -1) / 255


MEMBERS = 3
# What the user knows of the images: digits may be turned a little, garments mirrored.
TURNED, MIRRORED = "affine", ("shift", "flip")
# Epochs. "best" had 8 when its networks were measured on all images; few images take 2000 batches.
EIGHT, SIXTEEN = (8, 2000), (16, 2000)
EFFORTS = {
    "quick": CNNClassifier.with_effort("quick"),
    "default": CNNClassifier(),
    "default-views": CNNClassifier(test_time_averaging=True),
    "default-average": AveragingClassifier(CNNClassifier(test_time_averaging=True)),
    "best": CNNClassifier.with_effort("best"),
    "best-elastic": CNNClassifier.with_effort("best", augmentation="elastic"),
    "best-turned": CNNClassifier.with_effort("best", augmentation=TURNED, epochs=EIGHT),
    "best-mirrored": CNNClassifier.with_effort("best", augmentation=MIRRORED, epochs=EIGHT),
    "best-mirrored-longer": CNNClassifier.with_effort(
        "best", augmentation=MIRRORED, epochs=SIXTEEN
    ),
    "averaged-turned": AveragingClassifier(
        CNNClassifier.with_effort("best", augmentation=TURNED, epochs=EIGHT), MEMBERS
    ),
    "averaged-mirrored": AveragingClassifier(
        CNNClassifier.with_effort("best", augmentation=MIRRORED, epochs=EIGHT), MEMBERS
    ),
    "mlp-quick": MLPClassifier.with_effort("quick"),
    "mlp": MLPClassifier(),
    "mlp-best": MLPClassifier.with_effort("best"),
    "svc": SVC(),
    "sklearn-mlp": sklearn.neural_network.MLPClassifier(),
}


def main(
    efforts: Annotated[list[str], typer.Argument(help=f"Some of {', '.join(EFFORTS)}.")],
    seeds: Annotated[int, typer.Option(min=1, help="Fits of each on each data set.")] = 5,
    data: Annotated[list[str], typer.Option(help="mnist, fashion-1000, ...")] = (
        "mnist",
        "fashion",
    ),
):
    """Measure efforts on the test images; print the table of all that were measured."""
    path = RESULTS / "efforts.json"
    rows = load_rows(path)
    done = {(row["effort"], row["data"], row["seed"]) for row in rows}
    wanted = [(effort, name, seed) for seed in range(seeds) for name in data for effort in efforts]
    for effort, name, seed in wanted:
        if (effort, name, seed) not in done:
            rows += measure(effort, name, seed)
            rows.sort(key=lambda row: (row["effort"], row["data"], row["seed"]))
            save_rows(path, rows)
    print_table(rows)


def measure(effort, name, seed):
    """Return the rows of one fit: one, and of an average of "best" one for each network in it."""
    X, y, n_images = read(name)
    X, y = draw(X, y, n_images, seed)
    X_test, y_test, _ = read(name, subset="test")
    model = EFFORTS[effort].set_params(random_state=seed)
    if type(model).__module__.startswith("sklearn."):
        model = make_pipeline(FunctionTransformer(to_rows), model)
    start = perf_counter()
    model.fit(X, y)
    seconds = perf_counter() - start
    rows = [_row(effort, name, seed, seconds, model, X_test, y_test)]
    for member in model.estimators_ if effort.startswith("averaged") else []:
        single = effort.replace("averaged", "best")
        share = seconds / len(model.estimators_)
        rows.append(_row(single, name, member.random_state, share, member, X_test, y_test))
    return rows


def _row(effort, data, seed, seconds, model, X, y):
    losses = {}
    if hasattr(model, "predict_proba"):
        probabilities = model.predict_proba(X)
        labels = model.classes_[probabilities.argmax(axis=1)]
        losses["log_loss"] = round(float(log_loss(y, probabilities)), 5)
        losses["calibration_error"] = round(float(expected_calibration_error(y, probabilities)), 5)
    else:
        labels = model.predict(X)
    row = {
        "effort": effort,
        "data": data,
        "seed": seed,
        "accuracy": round(float(accuracy_score(y, labels)), 5),
        **losses,
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
        losses = " | ".join(
            f"{mean(row[loss] for row in found):.4f}" if loss in found[0] else ""
            for loss in ("log_loss", "calibration_error")
        )
        seconds = mean(row["seconds"] for row in found)
        print(
            f"| {effort} | {data} | {mean_and_spread(found)} % | {losses} "
            f"| {seconds:.1f} | {len(found)} |"
        )


if __name__ == "__main__":
    typer.run(main)
