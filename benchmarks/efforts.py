"""What the efforts reach on the test sets: ``python -m benchmarks.efforts quick default mlp``.

Each is fitted with several seeds to all training images, or to 100 of them ("mnist-100", drawn by
the seed), on all cores, and measured once on the test images, which chose nothing (that was
`benchmarks.sweep`). scikit-learn's classifiers stand beside them. What is in the results
(benchmarks/sweeps/efforts.json) is not run again: delete the rows of what has changed. The
probabilities of the test images go to build/efforts; `benchmarks.left_over` averages them.
"""

from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Annotated

import numpy as np
import sklearn.neural_network
import typer
from sklearn.ensemble import VotingClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from benchmarks.sweep import RESULTS, draw, load_rows, mean_and_spread, read, save_rows
from benchmarks.usual_recipes import KNOWN
from skdigits import CNNClassifier, MLPClassifier
from skdigits.ensemble import AveragingClassifier
from skdigits.metrics import expected_calibration_error


def to_rows(images):
    """Return scikit-learn's form of images: rows of numbers from 0 to 1."""
    return images.reshape(len(images), -1) / 255


PATH = RESULTS / "efforts.json"
PROBABILITIES = Path("build/efforts")
EFFORTS = {
    "quick": CNNClassifier.with_effort("quick"),
    "default": CNNClassifier(),
    "default-views": CNNClassifier(test_time_averaging=True),
    "default-average": AveragingClassifier(CNNClassifier(test_time_averaging=True)),
    "both-kinds": VotingClassifier(
        [
            ("cnn", AveragingClassifier(CNNClassifier(test_time_averaging=True))),
            ("mlp", AveragingClassifier(MLPClassifier(test_time_averaging=True))),
        ],
        voting="soft",
        weights=[2, 1],
    ),
    "best": CNNClassifier.with_effort("best"),
    "best-elastic": CNNClassifier.with_effort("best", augmentation="elastic"),
    "best-known": CNNClassifier.with_effort("best"),  # told what the images are
    "mlp-quick": MLPClassifier.with_effort("quick"),
    "mlp": MLPClassifier(),
    "mlp-best": MLPClassifier.with_effort("best"),
    "svc": SVC(),
    "sklearn-mlp": sklearn.neural_network.MLPClassifier(),
}

OF_ROWS = "svc", "sklearn-mlp"  # they take rows of numbers


def main(
    efforts: Annotated[list[str], typer.Argument(help=f"Some of {', '.join(EFFORTS)}.")],
    seeds: Annotated[int, typer.Option(min=1, help="Fits of each on each data set.")] = 5,
    data: Annotated[list[str], typer.Option(help="mnist, fashion-1000, ...")] = (
        "mnist",
        "fashion",
    ),
):
    """Measure efforts on the test images; print the table of all that were measured."""
    done = {_key(row) for row in load_rows(PATH)}
    for seed in range(seeds):
        for name in data:
            for effort in efforts:
                if (effort, name, seed) not in done:
                    measure(effort, name, seed)
    print_table(load_rows(PATH))


def probabilities_of(effort, name, seed):
    """Return the probabilities of the test images; measure the effort if they are not there."""
    if not _file(effort, name, seed).exists():
        measure(effort, name, seed)
    return np.load(_file(effort, name, seed))


def measure(effort, name, seed):
    """Fit an effort; keep its row and, if it has any, the probabilities of the test images."""
    X, y, n_images = read(name)
    X, y = draw(X, y, n_images, seed)
    X_test, y_test, _ = read(name, subset="test")
    model = EFFORTS[effort]
    names = [name for name in model.get_params() if name.endswith("random_state")]
    # An average gives its members seeds of their own.
    model.set_params(**{name: seed for name in names if "estimator" not in name})
    if effort == "best-known":
        model.set_params(augmentation=KNOWN[name.split("-")[0]])
    if effort in OF_ROWS:
        model = make_pipeline(FunctionTransformer(to_rows), model)
    start = perf_counter()
    model.fit(X, y)
    seconds = perf_counter() - start
    path = _file(effort, name, seed)
    row = {"effort": effort, "data": name, "seed": seed, **_found(model, X_test, y_test, path)}
    row["seconds"] = round(seconds, 1)
    others = [each for each in load_rows(PATH) if _key(each) != _key(row)]
    save_rows(PATH, sorted([*others, row], key=_key))
    print("{effort}, {data}, seed {seed}: {accuracy:.4f}, {seconds} s".format(**row), flush=True)


def _key(row):
    return row["effort"], row["data"], row["seed"]


def _file(effort, name, seed):
    return PROBABILITIES / f"{effort}-{name}-{seed}.npy"


def _found(model, X, y, path):
    """Return what a model reaches, and save its probabilities."""
    if not hasattr(model, "predict_proba"):
        return {"accuracy": round(float(accuracy_score(y, model.predict(X))), 5)}
    probabilities = model.predict_proba(X)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, probabilities)
    labels = model.classes_[probabilities.argmax(axis=1)]
    return {
        "accuracy": round(float(accuracy_score(y, labels)), 5),
        "log_loss": round(float(log_loss(y, probabilities)), 5),
        "calibration_error": round(float(expected_calibration_error(y, probabilities)), 5),
    }


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
