"""The quick version of a study: the same parts, each cut short."""

from dataclasses import replace

from skdigits.studies._declare import Search, Sweep

EPOCHS = 3
VALUES = 3  # of an axis of a sweep
CANDIDATES = 4
FOLDS = 2


def quicken(study):
    """Return a study whose fits, sweeps and searches are cut short."""
    return replace(study, experiments=tuple(_quicken(each) for each in study.experiments))


def _quicken(experiment):
    if isinstance(experiment, Sweep):
        grid = {name: _thin(values) for name, values in experiment.grid.items()}
        return replace(experiment, model=_short(experiment.model), grid=grid)
    if isinstance(experiment, Search):
        return replace(
            experiment,
            space={name: _fewer(name, values) for name, values in experiment.space.items()},
            n_iter=CANDIDATES,
            cv=FOLDS,
            n_train=None,
        )
    models = {name: _short(model) for name, model in experiment.models.items()}
    return replace(experiment, models=models)


def _short(model):
    if "epochs" not in model.params and model.from_search:
        return model
    epochs = model.params.get("epochs")
    few = min(epochs, EPOCHS) if isinstance(epochs, int) else EPOCHS
    return replace(model, params={**model.params, "epochs": few})


def _thin(values):
    """Return evenly spaced values, the first and the last among them."""
    if len(values) <= VALUES:
        return values
    return tuple(values[i * (len(values) - 1) // (VALUES - 1)] for i in range(VALUES))


def _fewer(name, values):
    return tuple(sorted({min(value, EPOCHS) for value in values})) if name == "epochs" else values
