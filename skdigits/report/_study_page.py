"""The page of a study: its answer, published figures beside ours, and all details."""

from dataclasses import asdict

import numpy as np

from skdigits._files import plain_names
from skdigits._named_data import title_of
from skdigits._pages import render
from skdigits._shown_numbers import DASH, count, percent, seconds
from skdigits.inspection._drawn_images import as_images
from skdigits.model_selection._table import comparison_table, ranked
from skdigits.report import _answer as answers
from skdigits.report import _blocks as blocks
from skdigits.report import _charts as charts
from skdigits.report import _format as fmt
from skdigits.report import _pictures as pictures
from skdigits.report._published_table import COLUMNS, published_row

MOST_OPEN = 2  # with up to so many results, their details are open from the start
FEWEST_CLASSES = 3  # with fewer classes, the recall of each adds little to the accuracy
N_CANDIDATES = 10  # candidates or points that are shown without a click


def write_study(result, data, folder, *, run=None):
    """Write a study as ``index.html``, ``results.json`` and its drawings as PNG files.

    The page needs no other file and no network. Each file is written whole or not at all, and
    replaces an older one. The page is written last.

    Parameters
    ----------
    result : skdigits.studies.StudyResult
        The results of the study.
    data : dict of str to (X, y, class_names)
        For each data set the images that the models were evaluated on, of shape
        (n_images, height, width[, channels]), their labels, and the names of the classes in
        sorted order.
    folder : path-like
        Where to write. It is made if it does not exist.
    run : dict, default=None
        How the result was made, as `describe_run` gives it.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ValueError
        If the study has no experiment, or if ``data`` do not belong to it.
    OSError
        If the folder cannot be written.

    See Also
    --------
    skdigits.studies.run_study : Run a study.
    write_index : Write a page about several studies.

    Examples
    --------
    >>> import tempfile
    >>> from skdigits.report import write_study
    >>> from skdigits.studies import Experiment, Model, Study, evaluated_images, run_study
    >>> model = Model("mlp", {"hidden_layer_sizes": (8,), "epochs": 1})
    >>> study = Study(
    ...     name="one",
    ...     title="One model",
    ...     question="How good is it?",
    ...     source="An example.",
    ...     minutes=1,
    ...     experiments=(Experiment("only", "Eight nodes", ("digits",), {"mlp": model}),),
    ... )
    >>> result = run_study(study, n_seeds=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_study(result, evaluated_images(result), folder)
    ...     sorted(path.name for path in page.parent.iterdir())
    ['index.html', 'only-digits-accuracy.png', 'only-digits-confusion-mlp.png',
     'only-digits-loss.png', 'results.json', 'samples-digits.png']
    """
    if not result.experiments:
        raise ValueError(f"The study {result.study!r} has no experiment to report.")
    data = {name: _check_data(name, data, result) for name in _data_names(result)}
    parts = _parts(result, data)
    context = {
        "study": result,
        "answer": answers.headline(result, {name: data[name][2] for name in data}),
        "answers": [(part["place"], part["answer"]) for part in parts],
        "facts": _facts(result.experiments),
        "published": [published_row(asdict(claim)) for claim in result.published],
        "columns": list(COLUMNS.values()),
        "parts": parts,
        "open": len(parts) <= MOST_OPEN,
        "images": [
            {
                "title": title_of(name),
                "shape": " × ".join(str(side) for side in X.shape[1:3]),
                "samples": blocks.samples(X, y, names, random_state=0),
            }
            for name, (X, y, names) in data.items()
        ],
        "how": _how(result, run),
        "fmt": fmt,
    }
    page = render("skdigits.report", "study.html.j2", context)
    results = {"answer": context["answer"], "study": result.to_dict(), "run": run}
    drawings = {
        f"samples-{name}": blocks.samples_drawing(X, y, names, title_of(name))
        for name, (X, y, names) in data.items()
    }
    for part in parts:
        drawings |= {f"{part['id']}-{name}": each for name, each in part["drawings"].items()}
    with pictures.one_warning_of_missing_letters():
        pngs = [each.png() for each in drawings.values()]
    files = dict(zip(plain_names(drawings), pngs, strict=True))
    return blocks.write_page(folder, page, results, files)


def _data_names(result):
    return list(dict.fromkeys(each.data for each in result.experiments))


def _check_data(name, data, result):
    """Return the images of a data set as pixels, the labels, and the classes' names by label."""
    if name not in data:
        raise ValueError(f"data must hold the images of {name!r}; it has {', '.join(data)}.")
    X, y, class_names = data[name]
    names = [str(class_name) for class_name in class_names]
    classes = np.unique(y).tolist()
    for each in result.experiments:
        if each.data == name and each.kind == "experiment":
            classes = each.comparison.classes
            blocks.evaluated(each.comparison, X, y, names)
            if len(X) != each.comparison.n_images:
                raise ValueError(
                    f"The models were evaluated on {each.comparison.n_images} images of {name!r}; "
                    f"data has {len(X)}."
                )
    if len(names) > len(classes) and set(map(str, classes)) <= set(names):
        names = list(map(str, classes))  # the test images lack some of them
    if len(names) != len(classes):
        raise ValueError(f"{name!r} has {len(classes)} classes, but {len(names)} names for them.")
    return pictures.to_pixels(as_images(X)), np.asarray(y), dict(zip(classes, names, strict=True))


def _parts(result, data):
    """Return the parts of the page, one for each result."""
    show = {"experiment": _experiment, "sweep": _sweep, "search": _search}
    return [
        {
            "id": part_id,
            "kind": each.kind,
            "title": each.title,
            "data": title_of(each.data),
            "place": place,
            "answer": answers.answer(each),
            **show[each.kind](each, data[each.data], f", {each.title}, {each.data}"),
        }
        for part_id, each, place in zip(
            plain_names(f"{each.name}-{each.data}" for each in result.experiments),
            result.experiments,
            answers.places(result.experiments),
            strict=True,
        )
    ]


def _experiment(result, data, of):
    comparison = result.comparison
    X, _, names = data
    models = ranked(comparison)
    shown = [blocks.model_part(model, X, names, of=of) for model in models]
    curves = charts.curves(models, of=of)
    matrices = {f"confusion-{model['name']}": model["matrix"] for model in shown}
    return {
        "n_seeds": answers.n_runs(result),
        "n_train": comparison.n_train,
        "n_images": len(X),
        "table": comparison_table(comparison),
        "kinds": blocks.kinds(models),
        "ahead": len(models) > 1
        and answers.is_significant(answers.difference(result, models[1].name)),
        "differences": [_difference(each) for each in result.differences],
        "classes": _classes(result, names),
        "charts": list(curves.values()),
        "validated": blocks.is_validated(blocks.histories(models)),
        "models": shown,
        "settings": [(model.name, model.estimator) for model in models],
        "drawings": {**curves, **matrices},
    }


def _difference(found):
    """Return a row of the table of paired differences."""
    in_points = found.measure == "accuracy"
    size = fmt.points if in_points else fmt.signed
    return [
        f"{found.best} against {found.other}",
        "Accuracy (points)" if in_points else fmt.words(found.measure),
        size(found.mean, found.std),
        f"{found.n_won} of {found.n}",
        DASH if found.p_value is None else fmt.p_value(found.p_value),
        _reading(found),
    ]


def _reading(found):
    """Return what a paired test shows, in words."""
    if found.n < 2:
        return "one run: no claim"
    if found.p_value is None:
        return "the same with every seed"
    return "more than chance" if found.p_value < blocks.SIGNIFICANCE else "could be chance"


def _classes(result, names):
    """Return a table of the recall of each class, for the best model and its rival, or None."""
    other = answers.rival(result.comparison)
    if other is None or len(names) < FEWEST_CLASSES:
        return None
    best = result.comparison[result.comparison.best]
    recalls = [{row["label"]: row["recall"] for row in model.per_class} for model in (best, other)]
    rows = [
        [
            names[found.label],
            *(percent(recall[found.label]) for recall in recalls),
            fmt.points(found.mean, found.std),
            DASH if found.p_value is None else fmt.p_value(found.p_value),
            _reading(found),
        ]
        for found in result.class_differences
        if found.other == other.name
    ]
    columns = ["Class", best.name, other.name, "Difference (points)", "Paired t-test", "Reading"]
    return {"columns": columns, "rows": rows, "of": f"{best.name} against {other.name}"}


def _sweep(result, data, of):
    drawings = charts.sweep_charts(result, of=of)
    order = np.argsort([-point["mean"]["accuracy"] for point in result.points], kind="stable")
    rows = []
    for position in order:
        point = result.points[position]
        mean, std = point["mean"], point["std"]
        rows.append(
            [
                *(point[axis] for axis in result.axes),
                percent(mean["accuracy"], std["accuracy"]),
                seconds(mean["fit_seconds"], std["fit_seconds"]),
                count(result.n_parameters[position]),
            ]
        )
    return {
        "n_seeds": answers.n_runs(result),
        "columns": [
            *(blocks.axis_name(axis, labels) for axis, labels in result.axes.items()),
            "Accuracy",
            "Fit (s)",
            "Parameters",
        ],
        "rows": rows,
        "n_shown": N_CANDIDATES,
        "charts": list(drawings.values()),
        "drawings": drawings,
        "settings": [],
    }


def _search(result, data, of):
    drawings = charts.search_charts(result, of=of)
    ranked = sorted(result.candidates, key=lambda candidate: -candidate["mean_test_score"])
    rows = [
        [
            *(fmt.parameter(candidate["params"][name]) for name in result.best_params),
            percent(candidate["mean_test_score"], candidate["std_test_score"]),
            seconds(candidate["mean_fit_time"]),
        ]
        for candidate in ranked
    ]
    return {
        "best": [
            (fmt.words(name), fmt.parameter(value)) for name, value in result.best_params.items()
        ],
        "n_train": result.n_train,
        "cv": result.cv,
        "duration": fmt.duration(result.seconds),
        "columns": [*map(fmt.words, result.best_params), "Accuracy", "Fit (s)"],
        "rows": rows,
        "n_shown": N_CANDIDATES,
        "charts": list(drawings.values()),
        "drawings": drawings,
        "settings": [],
    }


def _facts(results):
    """Return figures for the top of the page, of the results that its answer is based on."""
    of_kind = {kind: [r for r in results if r.kind == kind] for kind in ("sweep", "experiment")}
    if of_kind["sweep"]:
        return _facts_of_sweep(of_kind["sweep"][0])
    experiments = of_kind["experiment"]
    if len(experiments) == 1:
        return _facts_of_one(experiments[0])
    if experiments:
        return _facts_of_several(experiments)
    return [
        (percent(results[0].best_score), "best candidate, over the folds"),
        (count(results[0].n_iter), "candidates"),
        (fmt.duration(results[0].seconds), "to search"),
    ]


def _facts_of_sweep(result):
    means = [point["mean"]["accuracy"] for point in result.points]
    return [
        (percent(min(means)), "lowest setting, accuracy"),
        (percent(max(means)), "highest setting, accuracy"),
        (count(len(means)), "settings"),
        _seeds(result),
    ]


def _facts_of_one(result):
    models = answers.leaders(result)
    if len(models) > 1:
        return [*blocks.accuracies(models), _seeds(result)]
    (best,) = models
    return [
        (percent(best.mean["accuracy"]), f"{best.name}, accuracy"),
        (fmt.in_seconds(best.mean["fit_seconds"]), f"{best.name}, to fit"),
        (count(best.n_parameters), f"{best.name}, parameters"),
        _seeds(result),
    ]


def _facts_of_several(results):
    """Return the accuracies of the leaders of each place, as many places as there is room for."""
    facts: list[tuple[str, str]] = []
    for result, place in zip(results, answers.places(results), strict=True):
        leaders = [
            (percent(model.mean["accuracy"]), f"{model.name}, {place}")
            for model in answers.leaders(result)
        ]
        if len(facts) + len(leaders) <= blocks.MOST_FACTS:
            facts += leaders
    return facts


def _seeds(result):
    n_runs = answers.n_runs(result)
    return count(n_runs), "seed" if n_runs == 1 else "seeds"


def _how(result, run):
    pairs = blocks.run_facts(run)
    pairs.insert(1, ("Seeds", "0" if result.n_seeds == 1 else f"0 to {result.n_seeds - 1}"))
    return [("Published study", result.source), *pairs]
