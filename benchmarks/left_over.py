"""What several networks all get wrong, and are sure of: ``python -m benchmarks.left_over``.

`benchmarks.efforts` trains networks with different seeds on all training images. A test image of
which each says the same other label, with a high probability, probably has a wrong label, or cannot
be told. This also measures the average of the networks, as `AveragingClassifier` makes it.
OUT/DATA.html shows these images, the surest mistakes first, and what they cost. Their numbers go to
benchmarks/sweeps/left_over.json. The images are of the test set, so nothing may be chosen by them.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from sklearn.metrics import log_loss

from benchmarks.efforts import EFFORTS, probabilities_of
from benchmarks.side_by_side import TITLES
from benchmarks.sweep import RESULTS, load_rows, read, save_rows
from skdigits._pages import render
from skdigits._shown_numbers import percent
from skdigits.datasets import fetch_fashion_mnist
from skdigits.report import _pictures as pictures


def main(
    data: Annotated[list[str], typer.Option(help="mnist, fashion.")] = ("mnist", "fashion"),
    networks: Annotated[int, typer.Option(min=2, help="Networks to train.")] = 5,
    effort: Annotated[str, typer.Option(help=f"One of {', '.join(EFFORTS)}.")] = "default-views",
    least: Annotated[float, typer.Option(help="Probability that each network gives.")] = 0.9,
    out: Annotated[Path, typer.Option(help="Folder of the pages.")] = Path("left-over"),
):
    """Train the networks; write the page and the numbers of the images of each data set."""
    path = RESULTS / "left_over.json"
    rows = [row for row in load_rows(path) if row["data"] not in data]
    for name in data:
        X, y, _ = read(name, subset="test")
        probabilities = np.array([probabilities_of(effort, name, s) for s in range(networks)])
        found = left_over(y, probabilities, least)
        rows += [{"data": name, **row} for row in found]
        average = probabilities.mean(axis=0)
        accuracy = float(np.mean(average.argmax(axis=1) == y))
        print(
            f"{name}, average of {networks}: {100 * accuracy:.2f} %, "
            f"log loss {log_loss(y, average):.4f}",
            flush=True,
        )
        _write_page(out / f"{name}.html", name, X, found, (networks, least, accuracy))
    save_rows(path, rows)


def left_over(labels, probabilities, least):
    """Return the images of which all networks say the same other label with certainty.

    Parameters
    ----------
    labels : ndarray of int of shape (n_images,)
        From 0, one for each column of `probabilities`.
    probabilities : ndarray of shape (n_networks, n_images, n_classes)
    least : float
        The probability of this other label by each network, at least.

    Returns
    -------
    list of dict
        The number of the image, both labels, and the mean probability of the image's own label,
        sorted by this probability.
    """
    said = probabilities.argmax(axis=2)
    sure = (said == said[0]).all(axis=0) & (probabilities.max(axis=2) >= least).all(axis=0)
    wrong = np.flatnonzero(sure & (said[0] != labels))
    own = probabilities[:, wrong, labels[wrong]].mean(axis=0)
    return [
        {
            "image": int(wrong[place]),
            "label": int(labels[wrong[place]]),
            "said": int(said[0, wrong[place]]),
            "own_probability": round(float(own[place]), 6),
        }
        for place in np.argsort(own, kind="stable")
    ]


def _write_page(path, data, X, found, facts):
    n_networks, least, accuracy = facts
    names = fetch_fashion_mnist().target_names if data == "fashion" else list(map(str, range(10)))
    context = {
        "title": TITLES[data],
        "n_networks": n_networks,
        "least": percent(least, digits=0),
        "accuracy": percent(accuracy),
        "cost": percent(len(found) / len(X)),
        "images": [
            {
                "number": row["image"],
                "label": names[row["label"]],
                "said": names[row["said"]],
                "picture": pictures.picture(X[row["image"]]),
            }
            for row in found
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render("benchmarks", "left_over.html.j2", context), encoding="utf-8")
    print(f"{TITLES[data]}: {len(found)} images, {context['cost']}; page: {path}", flush=True)


if __name__ == "__main__":
    typer.run(main)
