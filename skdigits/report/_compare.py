"""The page of a comparison: which model is best, by how much, and what each gets wrong."""

from pathlib import Path

import numpy as np
from sklearn.utils import check_consistent_length

from skdigits._files import to_json, write_text
from skdigits.inspection import choose_samples, find_confusions
from skdigits.report import _format as fmt
from skdigits.report import _pictures as pictures
from skdigits.report._page import render

N_SAMPLES = 10
N_CONFUSIONS = 6
N_EXAMPLES = 6
SIGNIFICANCE = 0.05


def write_report(comparison, X, y, folder, *, title, class_names=None, run=None):
    """Write ``index.html`` and ``results.json`` of a comparison.

    The page needs no other file and no network. Each file appears whole or not at all, in place
    of an older one.

    Parameters
    ----------
    comparison : skdigits.model_selection.Comparison
        What to report.
    X : array-like of shape (n_images, height, width[, channels])
        The images that the models were evaluated on: ``X_test``, or ``X`` for folds.
    y : array-like of shape (n_images,)
        Their labels.
    folder : path-like
        Where to write. Made where it doesn't exist.
    title : str
        What the images are, such as "MNIST".
    class_names : list of str, default=None
        Names of the classes in sorted order; None takes the labels.
    run : dict, default=None
        How the result was made, as `describe_run` gives it.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ValueError
        If ``X``, ``y`` or ``class_names`` don't belong to the comparison.
    OSError
        If the folder can't be written.

    See Also
    --------
    skdigits.model_selection.compare : Make the comparison.

    Examples
    --------
    >>> import tempfile
    >>> from skdigits.datasets import load_digits
    >>> from sklearn.dummy import DummyClassifier
    >>> from skdigits.model_selection import compare
    >>> from skdigits.report import write_report
    >>> X, y = load_digits(subset="all", return_X_y=True)
    >>> comparison = compare({"dummy": DummyClassifier()}, X, y, cv=2, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_report(comparison, X, y, folder, title="Digits")
    ...     sorted(path.name for path in page.parent.iterdir())
    ['index.html', 'results.json']
    """
    check_consistent_length(X, y)
    X, y = np.asarray(X), np.asarray(y)
    if list(X.shape[1:]) != comparison.image_shape or X.ndim not in (3, 4):
        raise ValueError(
            f"X must hold the images of the comparison, of shape {comparison.image_shape}; "
            f"got an array of shape {X.shape}."
        )
    names = [str(label) for label in (class_names or comparison.classes)]
    if len(names) != len(comparison.classes):
        raise ValueError(
            f"class_names must name {len(comparison.classes)} classes, got {len(names)}."
        )
    data = {"title": title, "class_names": names}
    page = render("compare.html.j2", _context(comparison, pictures.to_pixels(X), y, data, run))
    results = to_json({"data": data, "comparison": comparison.to_dict(), "run": run})

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "results.json", results)
    write_text(folder / "index.html", page)
    return folder / "index.html"


def _context(comparison, X, y, data, run):
    """Return all that the template shows, as texts and pictures."""
    models = fmt.ranked(comparison)
    names = dict(zip(comparison.classes, data["class_names"], strict=True))
    histories = {
        model.name: [run.history for run in model.runs] for model in models if model.runs[0].history
    }
    metrics = [m for m in ("accuracy", "loss") if any(m in h[0] for h in histories.values())]
    return {
        "title": data["title"],
        "comparison": comparison,
        "headline": _headline(models),
        "evidence": [_evidence(models[0], model) for model in models[1:]],
        "facts": _facts(models[0]),
        "clear": len(models) > 1 and models[1].against_best["p_value"] < SIGNIFICANCE,
        "table": fmt.comparison_table(comparison),
        "samples": _samples(X, y, data["class_names"], comparison.random_state),
        "curves": [pictures.learning_curves(histories, metric) for metric in metrics],
        "validated": any(f"val_{m}" in h[0] for m in metrics for h in histories.values()),
        "models": [_model(model, X, names) for model in models],
        "how": _how(comparison, run),
        "estimators": [(model.name, model.estimator) for model in models],
        "fmt": fmt,
    }


def _how(comparison, run):
    """Return how the result was made, as pairs of a name and a text."""
    pairs = [("Seed", "none" if comparison.random_state is None else comparison.random_state)]
    if run:
        pairs.insert(0, ("Command", run["command"]))
        if run["seconds"] is not None:
            pairs.append(("Time in all", fmt.duration(run["seconds"])))
        versions = ", ".join(f"{package} {version}" for package, version in run["versions"].items())
        pairs += [
            ("Date", run["date"].replace("T", " ").replace("+00:00", " UTC")),
            ("Machine", f"{run['system']}, {fmt.plural(run['cores'], 'core')}"),
            ("Versions", f"Python {run['python']}, {versions}"),
        ]
    return pairs


def _headline(models):
    """Return the answer in one sentence, with no more certainty than the data has."""
    best = models[0]
    accuracy = fmt.percent(best.mean["accuracy"])
    if len(models) == 1:
        return f"{best.name} gets {accuracy} of the images right"
    second = models[1]
    if second.against_best["p_value"] >= SIGNIFICANCE:
        other = fmt.percent(second.mean["accuracy"])
        return (
            f"Too close to call: {best.name} gets {accuracy} of the images right, "
            f"{second.name} {other}"
        )
    points = 100 * (best.mean["accuracy"] - second.mean["accuracy"])
    return (
        f"{best.name} is the most accurate: {accuracy} of the images right, "
        f"{points:.2f} points ahead of {second.name}"
    )


def _evidence(best, model):
    """Return how sure the difference between the best model and another is."""
    test = model.against_best
    return {
        "name": model.name,
        "differing": test["only_best_right"] + test["only_this_right"],
        "only_best": test["only_best_right"],
        "only_this": test["only_this_right"],
        "best": best.name,
        "p_value": fmt.p_value(test["p_value"]),
        "could_be_chance": test["p_value"] >= SIGNIFICANCE,
    }


def _facts(best):
    """Return the best model's figures for the head of the page."""
    wrong = len(best.mistakes["index"])
    facts = [
        (fmt.percent(best.mean["accuracy"]), f"{best.name}, accuracy"),
        (fmt.count(wrong), f"{best.name}, {'mistake' if wrong == 1 else 'mistakes'}"),
        (f"{fmt.seconds(best.mean['fit_seconds'])}{fmt.NARROW_SPACE}s", "to fit"),
    ]
    if best.n_parameters is None:
        facts.append(
            (f"{fmt.seconds(best.mean['predict_seconds'])}{fmt.NARROW_SPACE}s", "to predict")
        )
    else:
        facts.append((fmt.count(best.n_parameters), "parameters"))
    return facts


def _samples(X, y, class_names, random_state):
    rows = choose_samples(X, y, n_images=N_SAMPLES, random_state=random_state)
    return [
        {"name": name, "n": len(row), "picture": pictures.strip(X[row])}
        for name, row in zip(class_names, rows, strict=True)
    ]


def _model(model, X, names):
    """Return one model's part of the page."""
    return {
        "name": model.name,
        "n_mistakes": len(model.mistakes["index"]),
        "matrix": pictures.confusion_matrix(model.confusion, list(names.values()), model.name),
        "confusions": _confusions(model, X, names),
        "per_class": [
            {**row, "name": names[row["label"]], "support": fmt.count(row["support"])}
            for row in model.per_class
        ],
        "average": {
            measure: float(np.mean([row[measure] for row in model.per_class]))
            for measure in ("precision", "recall", "f1")
        },
        "n": fmt.count(sum(row["support"] for row in model.per_class)),
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
        n_images=N_EXAMPLES,
    )
    return [
        {
            "label": names[confusion.label],
            "predicted": names[confusion.predicted],
            "count": fmt.count(confusion.count),
            "support": fmt.count(support[confusion.label]),
            "examples": [
                {
                    "index": mistakes["index"][position],
                    "sureness": fmt.percent(probability[position], digits=0) if probability else "",
                    "picture": pictures.picture(X[mistakes["index"][position]]),
                }
                for position in confusion.indices
            ],
        }
        for confusion in confusions
    ]
