"""The page of a comparison: which model is best, by how much, and what mistakes each makes."""

from skdigits._pages import render
from skdigits._shown_numbers import count, number, percent
from skdigits.model_selection._table import comparison_table, ranked
from skdigits.report import _blocks as blocks
from skdigits.report import _format as fmt
from skdigits.report import _pictures as pictures


def write_report(comparison, X, y, folder, *, title, class_names=None, run=None):
    """Write ``index.html`` and ``results.json`` of a comparison.

    The page needs no other file and no network. Each file is written whole or not at all, and
    replaces an older one.

    Parameters
    ----------
    comparison : skdigits.model_selection.Comparison
        The comparison, from `compare` or `evaluate`.
    X : array-like of shape (n_images, height, width[, channels]) or (n_images, n_features)
        The images that the models were evaluated on: ``X_test``, or ``X`` for folds. If the models
        got rows of pixels, images can be given here to set their shape; otherwise rows are drawn as
        squares if possible. If X does not make pictures, the page shows none.
    y : array-like of shape (n_images,)
        The labels of these images.
    folder : path-like
        Where to write. It is made if it does not exist.
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
        If the folder cannot be written.

    See Also
    --------
    skdigits.model_selection.compare : Fit models and compare them.
    skdigits.model_selection.evaluate : Measure fitted models.

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
    names, X, y = blocks.named_images(comparison, X, y, class_names)
    data = {"title": title, "class_names": names}
    page = render("skdigits.report", "compare.html.j2", _context(comparison, X, y, data, run))
    results = {"data": data, "comparison": comparison.to_dict(), "run": run}
    return blocks.write_page(folder, page, results)


def _context(comparison, X, y, data, run):
    """Return the values that the template shows, as texts and pictures."""
    models = ranked(comparison)
    is_clear = _is_clear(models)
    names = dict(zip(comparison.classes, data["class_names"], strict=True))
    histories = blocks.histories(models)
    return {
        "title": data["title"],
        "comparison": comparison,
        "headline": _headline(models),
        "evidence": [_evidence(models[0], model) for model in models[1:]],
        "facts": _facts(models[0], comparison) if is_clear else blocks.accuracies(models),
        "clear": is_clear and len(models) > 1,
        "table": comparison_table(comparison),
        "kinds": blocks.kinds(models),
        "samples": None if X is None else blocks.samples(X, y, names, comparison.random_state or 0),
        "size": None if X is None else " × ".join(str(side) for side in X.shape[1:3]),
        "curves": [
            pictures.training_curves(
                histories, metric, held_out="test" if _has_test_curves(models) else "validation"
            )
            for metric in blocks.metrics(histories)
        ],
        "validated": blocks.is_validated(histories),
        "tested": _has_test_curves(models),
        "runs": _runs(comparison),
        "models": [blocks.model_part(model, X, names) for model in models],
        "how": _how(comparison, run),
        "estimators": [(model.name, model.estimator) for model in models],
        "fmt": fmt,
    }


def _how(comparison, run):
    """Return how the result was made, as pairs of a name and a text."""
    pairs = blocks.run_facts(run)
    if comparison.n_train is not None:
        first, n_seeds = comparison.random_state, comparison.n_seeds or 1
        if first is None:
            pairs.insert(1, ("Seed", "none"))
        elif n_seeds == 1:
            pairs.insert(1, ("Seed", first))
        else:
            pairs.insert(1, ("Seeds", f"{first} to {first + n_seeds - 1}"))
    return pairs


def _runs(comparison):
    """Return what the runs of a model are, or None for a single run.

    They are "seeds", or "folds" that predict each image once, or "splits" that repeat images.
    """
    if (comparison.n_folds or 1) > 1:
        return "folds" if comparison.n_evaluated == comparison.n_images else "splits"
    return "seeds" if (comparison.n_seeds or 1) > 1 else None


def _has_test_curves(models):
    """Return whether all validation curves are of the evaluated images."""
    runs = [model.runs[0] for model in models]
    return all(
        run.has_test_curves for run in runs if any(key.startswith("val_") for key in run.history)
    )


def _is_clear(models):
    """Return whether no other model is too close to the best one to call it the best."""
    return len(models) == 1 or not _could_be_chance(models[1].against_best)


def _could_be_chance(test):
    return test["p_value"] >= blocks.SIGNIFICANCE


def _headline(models):
    """Return the answer in one sentence; it claims only what the data show."""
    names = fmt.short_names([each.name for each in models], most=fmt.MOST_LETTERS_IN_HEADLINE)
    accuracies = [percent(model.mean["accuracy"]) for model in models]
    if len(models) == 1:
        return f"{names[0]} gets {accuracies[0]} of the images right"
    if not _is_clear(models):
        return (
            f"Too close to call: {names[0]} gets {accuracies[0]} of the images right, "
            f"{names[1]} {accuracies[1]}"
        )
    points = 100 * (models[0].mean["accuracy"] - models[1].mean["accuracy"])
    return (
        f"{names[0]} is the most accurate: {accuracies[0]} of the images right, "
        f"{points:.2f} points ahead of {names[1]}"
    )


def _evidence(best, model):
    """Return how certain the difference between the best model and another one is."""
    test = model.against_best
    evidence = {
        "name": model.name,
        "best": best.name,
        "p_value": fmt.p_value(test["p_value"]),
        "could_be_chance": _could_be_chance(test),
        "over_images": "only_best_right" in test,
    }
    if "n_won" in test:
        lead = number(100 * test["mean"], 100 * test["std"], digits=2)
        return {**evidence, "lead": lead, "n_won": test["n_won"], "n": test["n"]}
    return {
        **evidence,
        "differing": test["only_best_right"] + test["only_this_right"],
        "only_best": test["only_best_right"],
        "only_this": test["only_this_right"],
        "more": len(model.mistakes["index"]) - len(best.mistakes["index"]),
    }


def _facts(best, comparison):
    """Return figures of the best model for the top of the page."""
    facts = {"accuracy": percent(best.mean["accuracy"])}
    if comparison.n_evaluated > comparison.n_images:
        facts[_runs(comparison)] = count(len(best.runs))
    else:
        wrong = len(best.mistakes["index"])
        facts["mistake" if wrong == 1 else "mistakes"] = count(wrong)
    fit_seconds, n_parameters = best.mean["fit_seconds"], best.n_parameters
    if fit_seconds is not None:
        facts["to fit"] = fmt.in_seconds(fit_seconds)
    if fit_seconds is None or n_parameters is None:
        facts["to predict"] = fmt.in_seconds(best.mean["predict_seconds"])
    if n_parameters is not None:
        facts["parameters"] = count(n_parameters)
    return [(value, f"{best.name}, {what}") for what, value in facts.items()]
