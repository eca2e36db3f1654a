"""Goes through the experiments of a study: their runs, and what several runs sum up to."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from typing import Any

import numpy as np

from skdigits.model_selection._measure import text_of_estimator
from skdigits.model_selection._model_results import Outcome, Run, measure_means, sum_up
from skdigits.studies._declarations import Search, Sweep
from skdigits.studies._measured_runs import make_estimator, measured_fit, plain, run_search
from skdigits.studies._progress import StudyProgress, fits_of_runs
from skdigits.studies._statistics import class_differences, paired_differences
from skdigits.studies._study_data import part
from skdigits.studies._study_results import ExperimentResult, SearchResult, SweepResult


class Experiments:
    """The experiments of a study on its data sets; runs what the store does not have yet.

    Parameters
    ----------
    study : Study
        The declaration.
    images : dict of str to Images
        The data sets to run on.
    n_seeds : int
        Number of seeds.
    store : RunStore
        The runs that are finished.
    progress : callable or None
        Called as ``progress(name, fraction, stage)``.
    """

    def __init__(self, study, images, n_seeds, store, progress):
        self.study, self.images, self.n_seeds, self.store = study, images, n_seeds, store
        self.best_params: dict[tuple[str, str], dict[str, Any]] = {}
        n_fits = [
            n
            for experiment, _ in self._parts()
            for n in fits_of_runs(experiment, len(self._seeds(experiment)))
        ]
        self.progress = StudyProgress(study.name, n_fits, progress)

    def run(self):
        """Return the result of each experiment on each data set."""
        results = [self._run_part(experiment, data) for experiment, data in self._parts()]
        self.progress.end()
        return results

    def _parts(self):
        for experiment in self.study.experiments:
            for data in experiment.data:
                if data in self.images:
                    yield experiment, data

    def _seeds(self, experiment):
        return range(min(self.n_seeds, getattr(experiment, "max_seeds", None) or self.n_seeds))

    def _run_part(self, experiment, data):
        if isinstance(experiment, Search):
            return self._run_search(experiment, data)
        if isinstance(experiment, Sweep):
            return self._run_sweep(experiment, data)
        return self._run_models(experiment, data)

    def _run_models(self, experiment, data):
        """Train every model with every seed."""
        params = {name: self._params(model, data) for name, model in experiment.models.items()}
        outcomes: dict[str, list[Outcome]] = {name: [] for name in params}
        for seed in self._seeds(experiment):
            for name, model in experiment.models.items():
                label = f"{experiment.name}, {data}, {name}"
                outcomes[name].append(self._fit(label, data, model.estimator, params[name], seed))
        shown = {
            name: text_of_estimator(make_estimator(model.estimator, params[name]))
            for name, model in experiment.models.items()
        }
        return _experiment_result(experiment, data, self.images[data].train, shown, outcomes)

    def _run_sweep(self, sweep, data):
        """Train one model at every point of the grid, with every seed."""
        points = [
            dict(zip(sweep.grid, values, strict=True))
            for values in itertools.product(*sweep.grid.values())
        ]
        labels = [{axis: _label(value) for axis, value in point.items()} for point in points]
        outcomes: list[list[Outcome]] = [[] for _ in points]
        shared = self._params(sweep.model, data)
        for seed in self._seeds(sweep):
            for point, label, done in zip(points, labels, outcomes, strict=True):
                name = ", ".join((sweep.name, data, *label.values()))
                params = {**shared, **point}
                done.append(self._fit(name, data, sweep.model.estimator, params, seed))
        found = []
        for label, done in zip(labels, outcomes, strict=True):
            runs = [outcome.run for outcome in done]
            mean, std = measure_means(runs)
            found.append({**label, "runs": runs, "mean": mean, "std": std})
        return SweepResult(
            name=sweep.name,
            title=sweep.title,
            data=data,
            axes={axis: [_label(value) for value in values] for axis, values in sweep.grid.items()},
            points=found,
            n_parameters=[done[-1].n_parameters for done in outcomes],
        )

    def _run_search(self, search, data):
        """Search, and keep the best parameters for the models that take them."""
        X, y = self.images[data].train
        X, y = part(X, y, search.n_train)
        model = make_estimator(search.model.estimator, self._params(search.model, data), seed=0)
        label = f"{search.name}, {data}"
        settings = {
            "study": self.study.name,
            "search": search.name,
            "data": data,
            "n_train": len(y),
            "n_iter": search.n_iter,
            "cv": search.cv,
            "space": {name: plain(values) for name, values in search.space.items()},
            "estimator": search.model.estimator,
            "params": plain(model.get_params()),
            **self._fingerprint(data),
        }
        found = self.store.load(label, settings)
        if found is None:
            found = run_search(search, model, X, y, self.progress.of_run(label))
            self.store.save(label, settings, found)
            self.progress.finish()
        else:
            self.progress.skip()
        self.best_params[search.name, data] = found["best_params"]
        return SearchResult(
            name=search.name,
            title=search.title,
            data=data,
            n_iter=len(found["candidates"]),  # a small space may have fewer than asked for
            cv=search.cv,
            n_train=len(y),
            **found,
        )

    def _fingerprint(self, data):
        """Return what tells your own images from others of the same name, for the settings."""
        found = self.images[data].fingerprint
        return {} if found is None else {"images": found}

    def _params(self, model, data):
        found = self.best_params[model.from_search, data] if model.from_search else {}
        return {**found, **model.params}

    def _fit(self, label, data, estimator, params, seed):
        """Return the outcome of a run: from the store, or by running it."""
        images, label = self.images[data], f"{label}, seed {seed}"
        model = make_estimator(estimator, params, seed)
        settings = {
            "study": self.study.name,
            "run": label,
            "data": data,
            "n_train": len(images.train[1]),
            "n_test": len(images.test[1]),
            "estimator": estimator,
            "params": plain(model.get_params()),
            **self._fingerprint(data),
        }
        stored = self.store.load(label, settings)
        if stored is not None:
            self.progress.skip()
            return Outcome(**{**stored, "run": Run(**stored["run"])})
        outcome = measured_fit(model, images, label, self.progress.of_run(label))
        self.store.save(label, settings, asdict(outcome))
        self.progress.finish()
        return outcome


def _experiment_result(experiment, data, train, shown, outcomes):
    """Sum up an experiment.

    Parameters
    ----------
    experiment : Experiment
    data : str
        Name of the data set.
    train : tuple of (X, y)
        Its training images.
    shown : dict of str to str
        Each model as text.
    outcomes : dict of str to list of Outcome
        The outcomes of each model, one a seed.
    """
    X, y = train
    classes = np.unique(y).tolist()
    first = next(iter(outcomes.values()))
    comparison = sum_up(
        shown,
        outcomes,
        classes,
        image_shape=list(X.shape[1:]),
        n_train=len(y),
        n_images=int(np.sum(first[0].confusion)),
        n_folds=None,
        random_state=0,
        n_seeds=len(first),
    )
    best = comparison[comparison.best]
    others = [model for model in comparison.models if model is not best]
    confusions = {name: [each.confusion for each in done] for name, done in outcomes.items()}
    return ExperimentResult(
        name=experiment.name,
        title=experiment.title,
        data=data,
        comparison=comparison,
        differences=paired_differences(best, others),
        class_differences=[
            difference
            for other in others
            for difference in class_differences(best.name, other.name, confusions, classes)
        ],
    )


def _label(value):
    """Return a value of an axis as text; the size of a single layer is a number."""
    return str(value[0]) if isinstance(value, tuple) and len(value) == 1 else str(value)
