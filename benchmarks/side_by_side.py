"""Accuracy against the time of a fit, ours and others': ``python -m benchmarks.side_by_side``.

Every recipe of `benchmarks.usual_recipes` is fitted to all training images and measured on the test
images, each in a process of its own, in turns, on all cores. The clock starts when imports are done
and the raw images are in memory, and stops when the classifier is ready to predict. What is in the
results (benchmarks/sweeps/side_by_side.json) is not run again; delete it on another machine. The
figure goes to docs/performance/side_by_side.png.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean, stdev
from typing import Annotated

import numpy as np
import typer

from benchmarks.sweep import RESULTS, load_rows, read, save_rows
from benchmarks.usual_recipes import RECIPES

MODULE = "benchmarks.side_by_side"
FIGURE = Path(__file__).resolve().parents[1] / "docs/performance/side_by_side.png"
TITLES = {"mnist": "MNIST", "fashion": "Fashion-MNIST"}
TICKS = (3, 10, 30, 100, 300, 1000)
IMPORTS = {
    "skdigits": "skdigits.training",
    "Keras": "keras",
    "PyTorch": "torch",
    "scikit-learn": "sklearn",
}
MARKS = {
    "skdigits": ("o", "C0"),
    "Keras": ("s", "C1"),
    "PyTorch": ("^", "C2"),
    "scikit-learn": ("D", "C3"),
}


def main(
    recipes: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(RECIPES)}.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Fits of each on each data set.")] = 1,
    data: Annotated[list[str], typer.Option(help="mnist, fashion.")] = ("mnist", "fashion"),
    child: Annotated[str, typer.Option(hidden=True)] = "",
):
    """Measure what is not in the results yet; print the table and draw the figure."""
    if child:
        print(json.dumps(_measure(*json.loads(child))))
        return
    path = RESULTS / "side_by_side.json"
    rows = load_rows(path)
    done = {(row["recipe"], row["data"], row["seed"]) for row in rows}
    for seed in range(seeds):
        for name in data:
            for recipe in recipes or RECIPES:
                if (recipe, name, seed) not in done:
                    rows.append(_run(recipe, name, seed))
                    rows.sort(key=lambda row: (row["data"], row["recipe"], row["seed"]))
                    save_rows(path, rows)
    means = summarised(rows)
    print_table(means)
    draw(means)


def _run(*wanted):
    command = [sys.executable, "-m", MODULE, "--child", json.dumps(wanted)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    row = json.loads(done.stdout.splitlines()[-1])
    print("{recipe}, {data}, seed {seed}: {accuracy:.4f}, {seconds} s".format(**row), flush=True)
    return row


def _measure(recipe, data, seed):
    X, y, _ = read(data)
    X_test, y_test, _ = read(data, subset="test")
    __import__(IMPORTS[RECIPES[recipe].library])
    start, processor = time.perf_counter(), time.process_time()
    predict = RECIPES[recipe].fit(X, y, seed, data)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    return {
        "recipe": recipe,
        "data": data,
        "seed": seed,
        "accuracy": float(np.mean(predict(X_test) == y_test)),
        "seconds": round(seconds, 1),
        "processor_seconds": round(processor, 1),
    }


def summarised(rows):
    """Return mean and spread of the accuracy and the mean seconds, by recipe and data."""
    found: dict = {}
    for row in rows:
        found.setdefault((row["recipe"], row["data"]), []).append(row)
    return {
        key: (
            mean(row["accuracy"] for row in group),
            stdev(row["accuracy"] for row in group) if len(group) > 1 else 0.0,
            mean(row["seconds"] for row in group),
            len(group),
        )
        for key, group in found.items()
    }


def print_table(means):
    """Print a table in Markdown, the fastest first."""
    print("| | library | data | test accuracy | fit, seconds | seeds |\n|---|---|---|---|---|---|")
    for (recipe, data), (accuracy, spread, seconds, seeds) in sorted(
        means.items(), key=lambda item: (list(TITLES).index(item[0][1]), item[1][2])
    ):
        title, library, _ = RECIPES[recipe]
        text = f"{100 * accuracy:.2f}" + (f" ± {100 * spread:.2f}" if seeds > 1 else "")
        print(f"| {title} | {library} | {TITLES[data]} | {text} % | {seconds:.0f} | {seeds} |")


def draw(means):
    """Draw the accuracy against the seconds of a fit, for each data set."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(TITLES), figsize=(11, 4.6), layout="constrained")
    for ax, (data, title) in zip(axes, TITLES.items(), strict=True):
        for (recipe, name), (accuracy, _, seconds, _) in means.items():
            if name == data:
                library = RECIPES[recipe].library
                mark, color = MARKS[library]
                ax.plot(seconds, 100 * accuracy, mark, color=color, label=library, markersize=8)
                # Some stand at the left of their points, and "views" above "default", so that no
                # name hides another.
                left = library in ("skdigits", "Keras")
                up = 2 if recipe == "views" else -5 if left else -3
                ax.annotate(
                    recipe,
                    (seconds, 100 * accuracy),
                    (-7 if left else 7, up),
                    ha="right" if left else "left",
                    textcoords="offset points",
                    fontsize=9,
                )
        ax.set(xscale="log", xlabel="fit of 60,000 images (seconds)", title=title)
        ax.set_xticks(TICKS, labels=map(str, TICKS))
        ax.minorticks_off()
        ax.margins(x=0.25, y=0.1)
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("test accuracy (%)")
    handles = {
        text: handle for handle, text in zip(*axes[0].get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(MARKS))
    figure.savefig(FIGURE, dpi=130)


if __name__ == "__main__":
    typer.run(main)
