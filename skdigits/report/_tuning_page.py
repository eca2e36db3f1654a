"""The page of a search: what was found, how, and what mistakes the best classifier makes."""

import math
from dataclasses import replace

from skdigits._pages import render
from skdigits._shown_numbers import DASH, count, number, percent, seconds
from skdigits.model_selection._search_space import as_plain
from skdigits.report import _blocks as blocks
from skdigits.report import _format as fmt
from skdigits.report._tuning_charts import MOST_PARAMETERS, tuning_charts

N_TRIALS = 10  # trials that are shown without a click
# What became of a trial, in words.
ENDS = {"complete": "complete", "pruned": "stopped early", "failed": "failed"}


def write_tuning(result, comparison, X, y, folder, *, title, class_names=None, run=None):
    """Write ``index.html`` and ``results.json`` of a search.

    The page needs no other file and no network. Each file is written whole or not at all, and
    replaces an older one.

    Parameters
    ----------
    result : skdigits.tuning.TuningResult
        The search, from `tune`.
    comparison : skdigits.model_selection.Comparison
        The best classifier alone on the test images, from `evaluate`.
    X : array-like of shape (n_images, height, width[, channels]) or (n_images, n_features)
        The test images.
    y : array-like of shape (n_images,)
        Their labels.
    folder : path-like
        Where to write. It is made if it does not exist. The folder of the search is a good place.
    title : str
        Name of the data, such as "MNIST".
    class_names : list of str, default=None
        Names of the classes in sorted order. If None, the labels.
    run : dict, default=None
        How the result was made, as `describe_run` gives it.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ValueError
        If ``X``, ``y`` or ``class_names`` do not belong to the comparison.
    OSError
        If the page cannot be written.

    See Also
    --------
    skdigits.tuning.tune : Search the parameters of a classifier.
    write_report : Write the page of a comparison.

    Examples
    --------
    >>> import tempfile
    >>> from skdigits import MLPClassifier
    >>> from skdigits.datasets import load_digits
    >>> from skdigits.model_selection import evaluate
    >>> from skdigits.report import write_tuning
    >>> from skdigits.tuning import tune
    >>> X, y = load_digits(return_X_y=True)
    >>> space = {"hidden_layer_sizes": [(8,), (16,)]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     search = MLPClassifier(epochs=1, random_state=0), X[:200], y[:200]
    ...     result = tune(*search, folder=folder, n_trials=1, space=space)
    ...     comparison = evaluate({"best": result.best_estimator}, X[200:300], y[200:300])
    ...     page = write_tuning(result, comparison, X[200:300], y[200:300], folder, title="Digits")
    ...     sorted(path.name for path in page.parent.iterdir())
    ['.locks', 'best.skd', 'index.html', 'journal.log', 'results.json', 'search.json']
    """
    names, X, y = blocks.named_images(comparison, X, y, class_names)
    data = {"title": title, "class_names": names}
    page = render("skdigits.report", "tune.html.j2", _context(result, comparison, X, data, run))
    (model,) = comparison.models
    results = {
        "data": data,
        "search": result.to_dict(),
        "test": {"n_images": comparison.n_evaluated, "accuracy": model.mean["accuracy"]},
        "comparison": comparison.to_dict(),
        "run": run,
    }
    return blocks.write_page(folder, page, results)


def _context(result, comparison, X, data, run):
    """Return the values that the template shows, as texts and pictures."""
    names = dict(zip(comparison.classes, data["class_names"], strict=True))
    best = f"the best {result.estimator.partition('(')[0]}"
    model = blocks.model_part(replace(comparison.models[0], name=best), X, names)
    tried = [trial for trial in result.trials if trial.state in ENDS]
    ends = ["End"] if any(trial.state != "complete" for trial in tried) else []
    measured = [trial for trial in tried if trial.accuracy is not None]
    measured.sort(key=lambda trial: (trial.finished, trial.number))
    accuracy = percent(comparison.models[0].mean["accuracy"])
    charts = tuning_charts(
        measured, result.space, result.importances, result.best_trial, of=f", {data['title']}"
    )
    return {
        "title": data["title"],
        "result": result,
        "n_tried": len(tried),
        "n_pruned": sum(trial.state == "pruned" for trial in tried),
        "n_on_all_splits": sum(bool(trial.other_accuracies) for trial in tried),
        "n_lost": sum(trial.state == "lost" for trial in result.trials),
        "failures": list(dict.fromkeys(trial.error for trial in tried if trial.error)),
        "n_test": comparison.n_evaluated,
        "accuracy": accuracy,
        "facts": [
            (accuracy, "the best setting, test images"),
            (percent(result.best_trial.mean_accuracy), "the best setting, held-out images"),
            (count(len(tried)), "setting" if len(tried) == 1 else "settings"),
            (fmt.duration(sum(trial.seconds for trial in tried)), "of training in the search"),
        ],
        "best": [
            (fmt.words(name), fmt.parameter(as_plain(value)))
            for name, value in result.best_trial.params.items()
        ],
        "charts": charts,
        "n_drawn": MOST_PARAMETERS,
        "columns": [
            "Trial",
            *map(fmt.words, result.space),
            "Accuracy",
            *_splits_columns(result),
            "Epochs",
            "Time (s)",
            *ends,
        ],
        "rows": [_row(trial, result, ends) for trial in sorted(tried, key=_rank)],
        "n_shown": N_TRIALS,
        "model": model,
        "how": [*blocks.run_facts(run), ("Seed", result.random_state)],
        "fmt": fmt,
    }


def _rank(trial):
    """Sort complete trials first, the best first, then those that were stopped, then failed."""
    loss = trial.loss if trial.loss is not None else 0.0
    mean = trial.mean_loss if trial.other_losses else math.inf
    accuracy = trial.accuracy or 0.0
    return list(ENDS).index(trial.state), mean, -accuracy, loss, trial.number


def _splits_columns(result):
    if result.n_splits == 1:
        return []
    return [f"Mean of {result.n_splits} splits", "Mean log loss"]


def _row(trial, result, ends):
    params = as_plain(trial.params)
    on_all = bool(trial.other_accuracies)
    means = [
        percent(trial.mean_accuracy if on_all else None),
        number(trial.mean_loss if on_all else None),
    ]
    return [
        f"#{trial.number}",
        *(fmt.parameter(params[name]) if name in params else DASH for name in result.space),
        percent(trial.accuracy),
        *(means if result.n_splits > 1 else []),
        count(len(trial.curve)),
        seconds(trial.seconds),
        *([ENDS[trial.state]] if ends else []),
    ]
