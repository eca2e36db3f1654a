"""Measure `DigitNormalizer` on pictures of digits, by kind of difficulty.

MNIST's test digits are drawn again with pens, papers, lights and screens of many kinds
(`drawn_digits/`), brought to MNIST's form, and classified by a CNN trained on MNIST with
augmentation. A naive resize and a plain crop-and-centre are measured beside it. With the scans,
scikit-learn's digits are measured, which other people wrote. A folder of real pictures with a
labels.csv (columns file and label) can be measured too. The table is printed, and kept in
benchmarks/sweeps/digit_pictures.json.

    python -m benchmarks.digit_pictures --seeds 3
    python -m benchmarks.digit_pictures --photos FOLDER --pictures 200
    python -m benchmarks.digit_pictures --kinds scans --pictures 500 --out FILE
"""

import csv
import warnings
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from scipy import ndimage
from sklearn.datasets import load_digits

from benchmarks.drawn_digits import KINDS
from benchmarks.drawn_digits.strokes import crop
from benchmarks.sweep import RESULTS, save_rows
from skdigits.preprocessing import DigitNormalizer
from skdigits.preprocessing._digit_normalization.thresholds import otsu_threshold


def plain_resize(picture):
    """Return the picture in grey at 28 x 28, light ink on dark by its mean alone."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    grey = np.asarray(image.convert("L").resize((28, 28), Image.BILINEAR))
    return 255 - grey if grey.mean() > 127 else grey


def crop_and_centre(picture):
    """Return the box of what is above Otsu's threshold, fitted and centred."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    grey = np.asarray(image.convert("L")).astype(float)
    grey = 255 - grey if np.median(grey) > 127 else grey
    ink = np.where(grey > otsu_threshold(grey), grey, 0)
    if not ink.any():
        return np.zeros((28, 28), np.uint8)
    ink = crop(ink, 0)
    scale = 20 / max(ink.shape)
    size = [max(1, round(side * scale)) for side in ink.shape]
    small = np.asarray(Image.fromarray(ink.astype(np.float32)).resize(size[::-1], Image.BOX))
    padded = np.pad(small * 255 / small.max(), 28)
    y, x = (round(centre) - 14 for centre in ndimage.center_of_mass(padded))
    return padded[y : y + 28, x : x + 28].astype(np.uint8)


def normalize(pictures):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return DigitNormalizer(on_error="warn").transform(pictures)


METHODS = {
    "resize": lambda pictures: np.stack([plain_resize(p) for p in pictures]),
    "crop and centre": lambda pictures: np.stack([crop_and_centre(p) for p in pictures]),
    "DigitNormalizer": normalize,
}


def draw_pictures(groups, images, labels, n_pictures, seed):
    """Return for each kind of difficulty in some groups its pictures and their labels.

    The pictures of a kind depend on the seed and its name only, so that new kinds change no others.
    """
    drawn = {}
    for kind in [kind for group in groups for kind in KINDS[group]]:
        rng = np.random.default_rng([seed, *kind.__name__.encode()])
        chosen = rng.permutation(len(images))[:n_pictures]
        drawn[kind.__name__] = [kind(images[i], rng) for i in chosen], labels[chosen]
    return drawn


def scikit_learns_digits():
    """Return scans of 8 x 8 pixels, counts of ink from 0 to 16, which UCI's collection has."""
    scans = load_digits()
    return list((scans.images * (255 / 16)).astype(np.uint8)), scans.target


def load_photos(folder):
    with open(folder / "labels.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    pictures = [Image.open(folder / row["file"]) for row in rows]
    return pictures, np.array([int(row["label"]) for row in rows])


def main(
    seeds: Annotated[int, typer.Option(min=1, help="CNNs and sets of pictures.")] = 3,
    pictures: Annotated[int, typer.Option(min=1, help="Pictures of each kind.")] = 100,
    augmentation: Annotated[list[str], typer.Option(help="Of the CNNs' training.")] = ("affine",),
    kinds: Annotated[list[str], typer.Option(help="Groups of kinds.")] = tuple(KINDS),
    photos: Annotated[Path | None, typer.Option(help="Folder of pictures and labels.csv.")] = None,
    out: Annotated[Path, typer.Option(help="File of the results.")] = RESULTS
    / "digit_pictures.json",
):
    """Measure each method on each kind of picture; write and print the table."""
    from skdigits import CNNClassifier
    from skdigits.datasets import fetch_mnist

    X, y = fetch_mnist(subset="train", return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    X_test = X_test.reshape(-1, 28, 28)
    scores = {}
    for seed in range(seeds):
        model = CNNClassifier(augmentation=augmentation, random_state=seed)
        model.fit(X.reshape(-1, 28, 28), y)
        sets = draw_pictures(kinds, X_test, y_test, pictures, seed)
        if "scans" in kinds:
            sets["scikit-learn's digits"] = scikit_learns_digits()
        if photos:
            sets["photos"] = load_photos(photos)
        for kind, (drawn, labels) in sets.items():
            row = scores.setdefault(kind, {name: [] for name in METHODS})
            for name, method in METHODS.items():
                row[name].append(round(float(np.mean(model.predict(method(drawn)) == labels)), 4))
            print(seed, kind, *(f"{name}: {row[name][-1]:.3f}" for name in METHODS), flush=True)
    settings = {"pictures": pictures, "augmentation": list(augmentation)}
    save_rows(out, [{"kind": kind, **settings, **row} for kind, row in scores.items()])
    print("\n| kind |", " | ".join(METHODS), "|\n|---|" + "---|" * len(METHODS))
    for kind, row in scores.items():
        print(f"| {kind} |", " | ".join(f"{np.mean(row[name]):.3f}" for name in METHODS), "|")


if __name__ == "__main__":
    typer.run(main)
