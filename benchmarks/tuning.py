"""Does `tune` find as good a setting as a random search, sooner? ``python -m benchmarks.tuning``

Both search the same space with the same number of candidates, on the same images: a stratified draw
of the training images for each seed. Each is measured once on the test images, after its last fit
to all drawn images. "one split" is the random search on a single split, as large as the one of
`tune`: it shows how much of the difference is due to the folds, and how much to Optuna. Every
search has a process of its own. Seconds are of processors, without the import of TensorFlow, and
include the last fit. They depend less on other programs than the time on the clock.
"""

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import mean, stdev
from typing import Annotated

import typer
from scipy.stats import ttest_1samp
from sklearn.model_selection import RandomizedSearchCV, StratifiedShuffleSplit, train_test_split

from skdigits.cli._models import make_network
from skdigits.datasets import fetch_fashion_mnist, fetch_mnist, load_digits
from skdigits.model_selection import search_space
from skdigits.tuning import tune

WAYS = ["tune", "folds", "one split"]
FETCH = {"digits": load_digits, "mnist": fetch_mnist, "fashion": fetch_fashion_mnist}
TEST_SHARE = 0.2  # of the single split, as in `tune`


def main(
    data: Annotated[str, typer.Option(help=f"One of {', '.join(FETCH)}.")] = "fashion",
    model: Annotated[str, typer.Option(help="As `skdigits tune --model` takes it.")] = "mlp",
    images: Annotated[int, typer.Option(min=50, help="Training images of a draw.")] = 1000,
    candidates: Annotated[int, typer.Option(min=1, help="Candidates of each search.")] = 20,
    folds: Annotated[int, typer.Option(min=2, help="Folds of the random search.")] = 5,
    seeds: Annotated[int, typer.Option(min=1, help="Draws, with one search of each kind.")] = 5,
    ways: Annotated[list[str], typer.Option(help=f"Some of {', '.join(WAYS)}.")] = WAYS,
):
    """Print a line for each search, and how the others compare with `tune`."""
    rows = []
    for seed in range(seeds):
        for way in ways:
            with ProcessPoolExecutor(1, get_context("spawn")) as process:
                job = process.submit(measure, way, data, model, images, candidates, folds, seed)
                rows.append({"way": way, "seed": seed, **job.result()})
            print(
                "seed {seed}, {way}: test accuracy {accuracy:.4f}, {seconds:.0f} s of processors, "
                "{clock:.0f} s on the clock".format(**rows[-1]),
                flush=True,
            )
    for way in set(ways) - {"tune"} if "tune" in ways else ():
        print_difference(way, rows)


def measure(way, data, model, n_images, n_candidates, n_folds, seed):
    """Return the test accuracy and the seconds of one search."""
    import skdigits._tensorflow  # noqa: F401 (it is not to be measured)

    X, y = FETCH[data](return_X_y=True)
    if n_images < len(y):
        X, _, y, _ = train_test_split(X, y, train_size=n_images, stratify=y, random_state=seed)
    network = make_network(model).set_params(random_state=seed)
    start, clock = time.process_time(), time.perf_counter()
    if way == "tune":
        with tempfile.TemporaryDirectory() as folder:
            result = tune(network, X, y, folder=folder, n_trials=n_candidates, random_state=seed)
        best = result.best_estimator
    else:
        one = StratifiedShuffleSplit(1, test_size=TEST_SHARE, random_state=seed)
        search = RandomizedSearchCV(
            network,
            search_space(network),
            n_iter=n_candidates,
            cv=n_folds if way == "folds" else one,
            random_state=seed,
        )
        best = search.fit(X, y).best_estimator_
    seconds, clock = time.process_time() - start, time.perf_counter() - clock
    accuracy = best.score(*FETCH[data](subset="test", return_X_y=True))
    return {"accuracy": accuracy, "seconds": seconds, "clock": clock}


def print_difference(way, rows):
    """Print how `tune` compares with another search, seed by seed."""
    ours = [row for row in rows if row["way"] == "tune"]
    others = [row for row in rows if row["way"] == way]
    points = [100 * (a["accuracy"] - b["accuracy"]) for a, b in zip(ours, others, strict=True)]
    spread = ""
    if len(points) > 1:
        spread = f" ± {stdev(points):.2f}, p = {ttest_1samp(points, 0).pvalue:.2g}"
    share = sum(row["seconds"] for row in ours) / sum(row["seconds"] for row in others)
    print(
        f"tune against {way}: {mean(points):+.2f}{spread} points of test accuracy, in {share:.2f} "
        "of its processor seconds"
    )


if __name__ == "__main__":
    typer.run(main)
