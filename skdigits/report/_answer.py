"""The answer of a study in a sentence; it claims only what the seeds show."""

import numpy as np

from skdigits._named_data import title_of
from skdigits._shown_numbers import NARROW_SPACE, percent
from skdigits.model_selection._table import ranked
from skdigits.report import _blocks as blocks

MOST_PLACES = 3  # places that a headline names one by one
MOST_LETTERS = 200  # of a headline that names places
MOST_LABELS = 4  # of the values of a sweep that a headline names one by one


def places(results):
    """Return a text for each result that distinguishes it: its data set, its title, or both."""
    titles = {result.title for result in results}
    data = {result.data for result in results}
    names = []
    for result in results:
        known = title_of(result.data)
        parts = [result.title] * (len(titles) > 1) + [known] * (len(data) > 1 or len(titles) == 1)
        names.append(", ".join(parts))
    return names


def rival(comparison):
    """Return the model to compare the best one with.

    That is the best model of another class of estimator, such as the better of two MLPs if a CNN
    is the best model. If there is no other class, it is the second best model.
    """
    best, *others = ranked(comparison)
    other_kind = [model for model in others if _kind(model) != _kind(best)]
    return next(iter(other_kind or others), None)


def _kind(model):
    return model.estimator.partition("(")[0]


def difference(result, other):
    """Return the paired difference in accuracy between the best model and another."""
    return next(d for d in result.differences if d.other == other and d.measure == "accuracy")


def is_significant(difference):
    """Return whether the seeds show that the best model is ahead."""
    p_value = difference.p_value
    return difference.mean > 0 and p_value is not None and p_value < blocks.SIGNIFICANCE


def leaders(result):
    """Return the best model, and its rival if the seeds do not show which is ahead."""
    best, other = result.comparison[result.comparison.best], rival(result.comparison)
    if other is None or is_significant(difference(result, other.name)):
        return [best]
    return [best, other]


def n_runs(result):
    """Return the number of seeds of each model of an experiment, or of each point of a sweep."""
    if result.kind == "sweep":
        return len(result.points[0]["runs"])
    return len(result.comparison.models[0].runs)


def headline(study, class_names):
    """Return the answer of a whole study.

    Parameters
    ----------
    study : skdigits.studies.StudyResult
        The results.
    class_names : dict of str to dict of label to str
        Names of the classes of each data set.
    """
    experiments = [result for result in study.experiments if result.kind == "experiment"]
    sweeps = [result for result in study.experiments if result.kind == "sweep"]
    if sweeps:
        parts = [_of_sweep(sweeps[0], _target(study, sweeps[0]))]
        parts += [f"{_short([each.title])[0]}: {_verdict(each)}" for each in experiments]
        whole = "; ".join(parts)
        return _sentence(whole if len(whole) <= MOST_LETTERS else parts[0])
    if len(experiments) == 1:
        only = experiments[0]
        return _of_experiment(only) + _on_classes(only, class_names[only.data])
    return _of_experiments(experiments) if experiments else answer(study.experiments[0])


def _sentence(text):
    return text[0].upper() + text[1:]


def _short(titles):
    """Return titles without the part after a colon, if they then still differ."""
    short = [title.partition(":")[0] for title in titles]
    return short if len(set(short)) == len(set(titles)) else titles


def _target(study, sweep):
    """Return the published figure that all points of a sweep should exceed, or None."""
    own = (sweep.name, sweep.data)
    claims = [each for each in study.published if (each.experiment, each.data) == own]
    return next((each.value for each in claims if each.measure == "accuracy"), None)


def answer(result):
    """Return the answer of one experiment, sweep or search."""
    if result.kind == "search":
        return (
            f"The best of {result.n_iter} candidates gets {percent(result.best_score)} of the "
            f"images right, on average over {result.cv} folds of the training images"
        )
    if result.kind == "sweep":
        return _sentence(_range(result)) + _luck(result)
    return _of_experiment(result)


def _of_experiments(results):
    if all(n_runs(result) < 2 for result in results):
        return "One run of each model, which is too little for a claim"
    if any(rival(result.comparison) is None for result in results):
        return " ".join(f"{_of_experiment(result)}." for result in results).rstrip(".")
    if len(results) > MOST_PLACES:
        return _counted(results)
    where: dict[str, list[str]] = {}
    for place, result in zip(_short(places(results)), results, strict=True):
        where.setdefault(_verdict(result), []).append(place)
    text = "; ".join(f"{' and '.join(found)}: {verdict}" for verdict, found in where.items())
    return text if len(text) <= MOST_LETTERS else _counted(results)


def _of_experiment(result):
    comparison = result.comparison
    best, other = comparison[comparison.best], rival(comparison)
    accuracy = percent(best.mean["accuracy"], best.std["accuracy"])
    if other is None:
        return f"{best.name} gets {accuracy} of the images right"
    others = percent(other.mean["accuracy"], other.std["accuracy"])
    if n_runs(result) < 2:
        return (
            f"In one run {best.name} gets {accuracy} of the images right, {other.name} {others}: "
            "too little for a claim"
        )
    found = difference(result, other.name)
    if is_significant(found):
        return (
            f"{best.name} gets {accuracy} of the images right, {_points(found)} more than "
            f"{other.name}"
        )
    return (
        f"Too close to call: {best.name} gets {accuracy} of the images right, {other.name} {others}"
    )


def _verdict(result):
    """Return the answer of one of several experiments, as a clause."""
    best, other = result.comparison.best, rival(result.comparison)
    if n_runs(result) < 2:
        return "one run of each model, too little for a claim"
    if other is None:
        return _of_experiment(result)
    if is_significant(found := difference(result, other.name)):
        return f"{best} is {_points(found)} ahead of {other.name}"
    clause = f"{best} and {other.name} are too close to call"
    if _kind(result.comparison[best]) != _kind(other):
        return clause
    others = [difference(result, model.name) for model in ranked(result.comparison)[1:]]
    behind = [each for each in others if is_significant(each)]
    return f"{clause}, {_points(behind[-1])} ahead of {behind[-1].other}" if behind else clause


def _on_classes(result, names):
    """Return the classes that the better of two models predicts better, or an empty text."""
    found = result.class_differences
    if len(result.comparison.models) != 2 or n_runs(result) < 2:
        return ""
    better = [each for each in found if is_significant(each)]
    if not better:
        return ""
    most = max(better, key=lambda each: each.mean)
    count = "every class" if len(better) == len(found) else f"{len(better)} of {len(found)} classes"
    gain = f"{names[most.label]} the most: {_points(most)} more of its images"
    return f". {result.comparison.best} reads {count} better, {gain}"


def _counted(results):
    ahead = [r for r in results if is_significant(difference(r, rival(r.comparison).name))]
    counts = {r.comparison.best: 0 for r in ahead}
    for result in ahead:
        counts[result.comparison.best] += 1
    parts = [f"{best} is ahead in {n} of {len(results)} comparisons" for best, n in counts.items()]
    if close := len(results) - len(ahead):
        parts.append(f"{close} of {len(results)} too close to call")
    return "; ".join(parts)


def _of_sweep(result, target):
    """Return the values of the first axis for which all settings exceed a published figure."""
    axis, labels = next(iter(result.axes.items()))
    if target is None or not all(label.isdecimal() for label in labels):
        return _range(result)
    lowest = {
        label: min(
            (point for point in result.points if point[axis] == label),
            key=lambda point: point["mean"]["accuracy"],
        )
        for label in labels
    }
    over = [label for label in labels if lowest[label]["mean"]["accuracy"] > target]
    if not over:
        return _range(result)
    worst = min((lowest[label] for label in over), key=lambda point: point["mean"]["accuracy"])
    figure = percent(worst["mean"]["accuracy"], worst["std"]["accuracy"])
    runs = ", in one run each" if n_runs(result) < 2 else ""
    name, goal = blocks.axis_name(axis, labels).lower(), f"{100 * target:g}{NARROW_SPACE}%"
    if over == labels:
        claim = f"with {_listed(labels)} {name}, every setting gets over {goal} right"
    else:
        claim = (
            f"of {_listed(labels)} {name}, {_listed(over)} get over {goal} right in all settings"
        )
    return f"{claim} (the lowest {figure}{runs})"


def _listed(labels):
    """Return whole numbers in words: "2 to 20" if all between were tried, too, or all of them."""
    numbers = sorted(map(int, labels))
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]} to {numbers[-1]}"
    if len(numbers) > MOST_LABELS:
        return f"{len(numbers)} numbers from {numbers[0]} to {numbers[-1]} of"
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last


def _range(result):
    means = [point["mean"]["accuracy"] for point in result.points]
    runs = "in one run each" if n_runs(result) < 2 else f"on average over {n_runs(result)} seeds"
    return (
        f"all {len(means)} settings get {percent(min(means))} to {percent(max(means))} "
        f"of the images right, {runs}"
    )


def _luck(result):
    """Return how far seeds alone move a setting, to compare the range of settings with."""
    if n_runs(result) < 2:
        return ", too little for a claim about which is best"
    spread = 100 * float(np.median([point["std"]["accuracy"] for point in result.points]))
    return (
        f"; the seed alone moves a setting by ± {spread:.2f} points (the median standard deviation)"
    )


def _points(found):
    return f"{100 * found.mean:.2f} ± {100 * found.std:.2f} points"
