"""The answer of a study in a sentence, with no more certainty than its seeds give."""

import numpy as np

from skdigits._named_data import DATA
from skdigits.report import _format as fmt
from skdigits.report._blocks import SIGNIFICANCE

MOST_PLACES = 3  # that a headline names one by one


def places(results):
    """Return what tells each result of a kind from the others: data set, title, or both."""
    titles = {result.title for result in results}
    data = {result.data for result in results}
    names = []
    for result in results:
        known = DATA[result.data]
        parts = [result.title] * (len(titles) > 1) + [known] * (len(data) > 1 or len(titles) == 1)
        names.append(", ".join(parts))
    return names


def rival(comparison):
    """Return the model that the best one is measured against.

    That is the best of another class of estimator, where there is one: of two CNNs and two MLPs,
    the better MLP. Otherwise it is the second.
    """
    best, *others = fmt.ranked(comparison)
    kind = best.estimator.partition("(")[0]
    other_kind = [model for model in others if model.estimator.partition("(")[0] != kind]
    return next(iter(other_kind or others), None)


def difference(result, other):
    """Return the paired difference in accuracy between the best model and another."""
    return next(d for d in result.differences if d.other == other and d.measure == "accuracy")


def is_significant(difference):
    """Return whether the seeds show that the best model is ahead."""
    p_value = difference.p_value
    return difference.mean > 0 and p_value is not None and p_value < SIGNIFICANCE


def n_runs(result):
    """Return with how many seeds each model of an experiment, or point of a sweep, was run."""
    if result.kind == "sweep":
        return len(result.points[0]["runs"])
    return len(result.comparison.models[0].runs)


def headline(results):
    """Return the answer of a whole study."""
    kinds = {kind: [r for r in results if r.kind == kind] for kind in ("experiment", "sweep")}
    parts = [_of_experiments(kinds["experiment"])] if kinds["experiment"] else []
    parts += [_of_sweep(result) for result in kinds["sweep"][:1]]
    if not parts:
        return answer(results[0])
    return "; ".join(parts)


def answer(result):
    """Return what one experiment, sweep or search gave."""
    if result.kind == "search":
        return (
            f"The best of {result.n_iter} candidates gets {fmt.percent(result.best_score)} of the "
            f"images right, on average over {result.cv} folds of the training images"
        )
    if result.kind == "sweep":
        sentence = _of_sweep(result)
        return sentence[0].upper() + sentence[1:] + _luck(result)
    return _of_experiments([result])


def _of_experiments(results):
    if len(results) == 1:
        return _of_experiment(results[0])
    if all(n_runs(result) < 2 for result in results):
        return "One run of each model, which is too little for a claim"
    if any(rival(result.comparison) is None for result in results):
        return " ".join(f"{_of_experiment(result)}." for result in results).rstrip(".")
    if len(results) > MOST_PLACES:
        return _counted(results)
    clauses = [_on(place, result) for place, result in zip(places(results), results, strict=True)]
    return "; ".join(clauses)


def _of_experiment(result):
    comparison = result.comparison
    best, other = comparison[comparison.best], rival(comparison)
    accuracy = fmt.percent(best.mean["accuracy"], best.std["accuracy"])
    if other is None:
        return f"{best.name} gets {accuracy} of the images right"
    others = fmt.percent(other.mean["accuracy"], other.std["accuracy"])
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


def _on(place, result):
    """Return the answer of one of several experiments, as a clause."""
    best, other = result.comparison.best, rival(result.comparison).name
    if n_runs(result) < 2:
        return f"{place}: one run of each model, too little for a claim"
    found = difference(result, other)
    if is_significant(found):
        return f"{place}: {best} is {_points(found)} ahead of {other}"
    return f"{place}: {best} and {other} are too close to call"


def _counted(results):
    ahead = [r for r in results if is_significant(difference(r, rival(r.comparison).name))]
    counts = {r.comparison.best: 0 for r in ahead}
    for result in ahead:
        counts[result.comparison.best] += 1
    parts = [f"{best} is ahead in {n} of {len(results)} comparisons" for best, n in counts.items()]
    if close := len(results) - len(ahead):
        parts.append(f"{close} of {len(results)} too close to call")
    return "; ".join(parts)


def _of_sweep(result):
    means = [point["mean"]["accuracy"] for point in result.points]
    runs = "in one run each" if n_runs(result) < 2 else f"on average over {n_runs(result)} seeds"
    return (
        f"all {len(means)} settings get {fmt.percent(min(means))} to {fmt.percent(max(means))} "
        f"of the images right, {runs}"
    )


def _luck(result):
    """Return how far seeds alone move a setting: what the range is to be held against."""
    if n_runs(result) < 2:
        return ", too little for a claim about which is best"
    spread = 100 * float(np.median([point["std"]["accuracy"] for point in result.points]))
    return (
        f"; the seed alone moves a setting by ± {spread:.2f} points (the median standard deviation)"
    )


def _points(found):
    return f"{100 * found.mean:.2f} ± {100 * found.std:.2f} points"
