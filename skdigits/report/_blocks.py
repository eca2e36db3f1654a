"""Parts of a page about a comparison, as texts and pictures for the templates; its files."""

from math import prod
from pathlib import Path

import numpy as np
from sklearn.utils import check_consistent_length

from skdigits._files import escaped, to_json, write_bytes, write_text
from skdigits._image_shape import with_channel
from skdigits._shown_numbers import count, percent
from skdigits.inspection import SampleImagesDisplay, choose_samples, find_confusions
from skdigits.inspection._drawn_images import as_images
from skdigits.model_selection._inputs import as_data, as_same_labels, n_rows, row_shape
from skdigits.report import _format as fmt
from skdigits.report import _pictures as pictures

N_SAMPLES = 10
MOST_LETTERS_BESIDE_SAMPLES = 30  # three lines
N_CONFUSIONS = 6
N_EXAMPLES = 6
MOST_FACTS = 4
WHAT_IT_IS = {
    "CNNClassifier": "a convolutional neural network",
    "MLPClassifier": "a multilayer perceptron, a network of fully connected layers",
}
SIGNIFICANCE = 0.05


def named_images(comparison, X, y, class_names):
    """Return the names of the classes, and what `evaluated` returns.

    Parameters
    ----------
    comparison : skdigits.model_selection.Comparison
    X, y : array-like
        The evaluated images and their labels.
    class_names : list of str or None
        None means the labels.
    """
    labels = comparison.classes if class_names is None else class_names
    names = [escaped(str(label)) for label in labels]
    return names, *evaluated(comparison, X, y, names)


def write_page(folder, page, results, pngs=None):
    """Write ``index.html`` and ``results.json``, and pictures by name; return the page's path."""
    text = to_json(results)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (pngs or {}).items():
        write_bytes(folder / f"{name}.png", content)
    write_text(folder / "results.json", text)
    write_text(folder / "index.html", page)
    return folder / "index.html"


def evaluated(comparison, X, y, class_names):
    """Return the evaluated images as pixels, or None if they are not pictures, and their labels.

    Raises
    ------
    ValueError
        If images, labels or names do not belong to the comparison.
    """
    check_consistent_length(X, y)
    X = as_data(X)
    shape, wanted = row_shape(X), tuple(comparison.image_shape)
    if prod(shape) != prod(wanted):
        raise ValueError(
            f"X must hold the images of the comparison, of shape {list(wanted)}; "
            f"got an array of shape {(n_rows(X), *shape)}."
        )
    last = max(max(model.mistakes["index"], default=0) for model in comparison.models)
    if last >= len(y):
        raise ValueError(f"X must hold all evaluated images; it has {len(y)}, but no image {last}.")
    if len(class_names) != len(comparison.classes):
        raise ValueError(
            f"class_names must name {len(comparison.classes)} classes, got {len(class_names)}."
        )
    y = as_same_labels(y, np.array(comparison.classes), "y", "the comparison")
    try:
        return pictures.to_pixels(as_images(X, with_channel(wanted))), y
    except ValueError:  # columns of a table, or pictures of several sizes
        return None, y


def samples(X, y, names, random_state):
    """Return a row of images of each class, or None for a class without images."""
    rows = choose_samples(X, y, n_images=N_SAMPLES, random_state=random_state)
    chosen = dict(zip(np.unique(y).tolist(), rows, strict=True))
    titles = fmt.short_names(names.values(), most=MOST_LETTERS_BESIDE_SAMPLES)
    return [
        {
            "name": title,
            "n": len(chosen.get(label, ())),
            "share": len(chosen.get(label, ())) / N_SAMPLES,  # of the width, for equal pixels
            "picture": pictures.strip(X[chosen[label]]) if label in chosen else None,
        }
        for label, title in zip(names, titles, strict=True)
    ]


def samples_drawing(X, y, names, title):
    """Return the same images as a drawing, for the classes that have images."""
    labels = fmt.short_names([names[label] for label in np.unique(y).tolist()])

    def plot(ax):
        options = {"n_images": N_SAMPLES, "labels": labels, "random_state": 0}
        SampleImagesDisplay.from_arrays(X, y, **options, ax=ax)

    size = 1.4 + 0.45 * N_SAMPLES, 0.3 + 0.5 * len(labels)
    return pictures.Drawing(plot, f"Images of each class of {title}", size)


def accuracies(models):
    """Return the accuracies of the first models, for the top of a page that calls none the best."""
    return [
        (percent(model.mean["accuracy"]), f"{model.name}, accuracy")
        for model in models[:MOST_FACTS]
    ]


def kinds(models):
    """Return what the names of models stand for: the names of each class, and what it is."""
    names: dict[str, list[str]] = {}
    for model in models:
        names.setdefault(model.estimator.partition("(")[0], []).append(model.name)
    between = "; " if any("," in model.name for model in models) else ", "
    return [
        {
            "names": between.join(found),
            "text": f"{kind}, {WHAT_IT_IS[kind]}" if kind in WHAT_IT_IS else kind,
        }
        for kind, found in names.items()
    ]


def axis_name(axis, labels):
    """Return the name of an axis of a sweep; sizes of one hidden layer are its nodes."""
    one_layer = axis == "hidden_layer_sizes" and all(label.isdecimal() for label in labels)
    return "Hidden nodes" if one_layer else fmt.words(axis)


def histories(models):
    """Return the histories of all runs, for each model that has them."""
    return {
        model.name: [run.history for run in model.runs] for model in models if model.runs[0].history
    }


def metrics(histories):
    """Return the metrics that the histories have."""
    return [m for m in ("accuracy", "loss") if any(m in runs[0] for runs in histories.values())]


def is_validated(histories):
    """Return whether the histories have a validation curve."""
    return any(key.startswith("val_") for runs in histories.values() for key in runs[0])


def model_part(model, X, names, *, of=""):
    """Return the confusions of a model, and its figures for each class.

    Parameters
    ----------
    model : skdigits.model_selection.ModelResult
        The model.
    X : ndarray of uint8 or None
        The evaluated images as pixels, if they are pictures.
    names : dict of label to str
        Names of the classes.
    of : str, default=""
        The data that the model was trained on, if a page has several.
    """
    return {
        "name": model.name,
        "n_mistakes": len(model.mistakes["index"]),
        "matrix": pictures.confusion_matrix(model.confusion, list(names.values()), model.name + of),
        "confusions": _confusions(model, X, names),
        "per_class": [
            {**row, "name": names[row["label"]], "support": count(row["support"])}
            for row in model.per_class
        ],
        "average": {
            measure: np.mean([row[measure] for row in model.per_class if row[measure] is not None])
            for measure in ("precision", "recall", "f1")
        },
        "n": count(sum(row["support"] for row in model.per_class)),
    }


def _confusions(model, X, names):
    mistakes = model.mistakes
    probability = None if None in mistakes["probability"] else mistakes["probability"]
    support = {row["label"]: row["support"] for row in model.per_class}
    confusions = find_confusions(
        mistakes["label"],
        mistakes["predicted"],
        probability=probability,
        n_confusions=N_CONFUSIONS,
        n_images=len(mistakes["label"]),
    )
    return [
        {
            "label": names[confusion.label],
            "predicted": names[confusion.predicted],
            "count": count(confusion.count),
            "support": count(support[confusion.label]),
            "examples": [
                {
                    "index": index,
                    "sureness": percent(probability[position], digits=0) if probability else "",
                    "picture": None if X is None else pictures.picture(X[index]),
                }
                for index, position in _surest(confusion.indices, mistakes["index"])
            ],
        }
        for confusion in confusions
    ]


def _surest(positions, index):
    """Return the first images and the positions of their mistakes, each image once.

    Several runs may have made a mistake on the same image.
    """
    first: dict[int, int] = {}
    for position in positions:
        first.setdefault(index[position], position)
    return list(first.items())[:N_EXAMPLES]


def run_facts(run):
    """Return how a result was made, as pairs of a name and a text."""
    if not run:
        return []
    versions = ", ".join(f"{package} {version}" for package, version in run["versions"].items())
    pairs = [("Command", run["command"])]
    if run["seconds"] is not None:
        pairs.append(("Time in all", fmt.duration(run["seconds"])))
    return [
        *pairs,
        ("Date", fmt.date(run["date"])),
        ("Machine", f"{run['system']}, {fmt.plural(run['cores'], 'core')}"),
        ("Versions", f"Python {run['python']}, {versions}"),
    ]
