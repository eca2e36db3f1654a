"""The quick version of a study: the same experiments with fewer epochs, values and candidates."""

from dataclasses import replace
from numbers import Integral

from skdigits.studies._declarations import Search, Sweep

EPOCHS = 3
VALUES = 3  # values of an axis of a sweep
CANDIDATES = 4
FOLDS = 2


def quicken(study):
    """Return a study with shorter fits, sweeps and searches."""
    draw_epochs = {
        each.name
        for each in study.experiments
        if isinstance(each, Search) and "epochs" in each.space
    }
    return replace(
        study, experiments=tuple(_quicken(each, draw_epochs) for each in study.experiments)
    )


def _quicken(experiment, draw_epochs):
    """Shorten an experiment; `draw_epochs` names the searches that find a number of epochs."""
    if isinstance(experiment, Sweep):
        grid = {name: _fewer(name, _thin(values)) for name, values in experiment.grid.items()}
        return replace(experiment, model=_short(experiment.model, draw_epochs), grid=grid)
    if isinstance(experiment, Search):
        return replace(
            experiment,
            model=_short(experiment.model, draw_epochs),
            space={name: _fewer(name, values) for name, values in experiment.space.items()},
            n_iter=min(experiment.n_iter, CANDIDATES),
            cv=FOLDS,
            n_train=None,
        )
    models = {name: _short(model, draw_epochs) for name, model in experiment.models.items()}
    return replace(experiment, models=models)


def _short(model, draw_epochs):
    if "epochs" not in model.params and model.from_search in draw_epochs:
        return model
    return replace(model, params={**model.params, "epochs": _few(model.params.get("epochs"))})


def _few(epochs):
    """Return fewer epochs; anything but a number, such as a pair, is replaced."""
    return min(epochs, EPOCHS) if isinstance(epochs, Integral) else EPOCHS


def _thin(values):
    """Return evenly spaced values, including the first and the last."""
    if len(values) <= VALUES:
        return values
    return tuple(values[i * (len(values) - 1) // (VALUES - 1)] for i in range(VALUES))


def _fewer(name, values):
    if name != "epochs":
        return values
    listed = values if hasattr(values, "__len__") else (None,)  # or it is a distribution
    return tuple(sorted({_few(value) for value in listed}))
