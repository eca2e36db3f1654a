"""Runs a study: every fit that is not done yet, then the results of all."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold

from skdigits._registry import SHORT_NAMES, load_class
from skdigits.model_selection._measure import (
    describe,
    errors_name,
    import_keras_first,
    measure_fit,
    seconds_of,
    watch_epochs,
)
from skdigits.model_selection._model_results import (
    Comparison,
    Outcome,
    Run,
    measure_means,
    rank,
    summarize,
)
from skdigits.studies._declarations import KerasObject, Search, Study, Sweep
from skdigits.studies._progress import Meter, work_of_runs
from skdigits.studies._published_figures import compare_published
from skdigits.studies._quick import quicken
from skdigits.studies._store import RunStore
from skdigits.studies._study_data import load_images, part
from skdigits.studies._study_results import (
    ExperimentResult,
    SearchResult,
    StudyResult,
    SweepResult,
    class_differences,
    paired_differences,
)

SEEDS, QUICK_SEEDS = 5, 2

Progress = Callable[[str, float | None, str], None]


def run_study(
    study: Study,
    *,
    folder=None,
    data=None,
    n_seeds: int | None = None,
    quick: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Run a study, or what is left of it, and sum up what it found.

    Every model of an experiment is trained with the seeds 0, 1, 2, ..., on the same images, and
    measured once on the test images. They are also measured after each epoch, for the curves,
    unless a validation score is to stop the training early: nothing is chosen by test images.

    Parameters
    ----------
    study : Study
        One of `STUDIES`, or your own.
    folder : path-like, default=None
        Where finished runs are kept, a file each, written at once: after an interruption the same
        call goes on where it stopped. A run whose settings changed is run again. None keeps
        nothing.
    data : sequence of str, default=None
        Run on these data sets only; None runs on all of the study's.
    n_seeds : int, default=None
        Number of seeds, at least 1; None is 5, or 2 for the quick version.
    quick : bool, default=False
        Run the short version, to look at: at most 2,000 training and 1,000 test images, 3 epochs,
        3 values of each swept parameter and 4 candidates of a search.
    progress : callable, default=None
        Called as ``progress(name, fraction, stage)`` with the study's name, the fraction of the
        work that is done, of what was left at the beginning, and a few words.

    Returns
    -------
    StudyResult
        The results, as plain data. The same whether or not it was interrupted, times excepted.

    Raises
    ------
    ValueError
        If ``n_seeds`` is no whole number of at least 1, or the study has no such data set.
    OSError
        If data can't be read or a finished run can't be written.

    See Also
    --------
    skdigits.model_selection.compare : Compare any classifiers on any images.

    Examples
    --------
    >>> from skdigits.studies import STUDIES
    >>> list(STUDIES)
    ['activation', 'cnn-vs-mlp', 'binary', 'ann-search', 'cnn-vs-ann']
    """
    n_seeds = _check_seeds(n_seeds, quick)
    wanted = _check_data(study, data)
    if quick:
        study = quicken(study)
    images = {name: load_images(name, quick) for name in wanted}
    experiments = _Runner(study, images, n_seeds, RunStore(folder), progress).run()
    return StudyResult(
        study=study.name,
        title=study.title,
        question=study.question,
        source=study.source,
        notes=list(study.notes),
        quick=quick,
        n_seeds=n_seeds,
        experiments=experiments,
        published=compare_published(study.published, experiments),
    )


def _check_seeds(n_seeds, quick):
    if n_seeds is None:
        return QUICK_SEEDS if quick else SEEDS
    if not isinstance(n_seeds, Integral) or n_seeds < 1:
        raise ValueError(f"n_seeds must be a whole number of at least 1, got {n_seeds!r}.")
    return int(n_seeds)


def _check_data(study, data):
    """Return the names of the data sets to run on, in the study's order."""
    own = list(dict.fromkeys(itertools.chain(*(each.data for each in study.experiments))))
    if data is None:
        return own
    if unknown := [name for name in data if name not in own]:
        raise ValueError(
            f"The study {study.name!r} is not about {', '.join(map(repr, unknown))}; its data: "
            f"{', '.join(own)}."
        )
    return [name for name in own if name in data]


class _Runner:
    """Goes through the experiments of a study, and does the runs that the store lacks."""

    def __init__(self, study, images, n_seeds, store, progress):
        self.study, self.images, self.n_seeds, self.store = study, images, n_seeds, store
        self.best_params: dict[tuple[str, str], dict[str, Any]] = {}
        works: list[float] = []
        for experiment, data in self._parts():
            n_images = len(images[data].train[1])
            works += work_of_runs(experiment, n_images, len(self._seeds(experiment)))
        self.meter = Meter(study.name, works, progress)

    def run(self):
        """Return the result of each experiment on each data set."""
        results = [self._run_part(experiment, data) for experiment, data in self._parts()]
        self.meter.end()
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
            return self._search(experiment, data)
        if isinstance(experiment, Sweep):
            return self._sweep(experiment, data)
        return self._compare(experiment, data)

    def _compare(self, experiment, data):
        """Train every model with every seed."""
        params = {name: self._params(model, data) for name, model in experiment.models.items()}
        outcomes: dict[str, list[Outcome]] = {name: [] for name in params}
        for seed in self._seeds(experiment):
            for name, model in experiment.models.items():
                label = f"{experiment.name}, {data}, {name}"
                outcomes[name].append(self._fit(label, data, model.estimator, params[name], seed))
        X, y = self.images[data].train
        classes = np.unique(y).tolist()
        results = [
            summarize(name, describe(_make(model.estimator, params[name])), outcomes[name], classes)
            for name, model in experiment.models.items()
        ]
        best = min(results, key=rank)
        comparison = Comparison(
            models=results,
            best=best.name,
            classes=classes,
            image_shape=list(X.shape[1:]),
            n_train=len(y),
            n_evaluated=int(np.sum(best.confusion)),
            n_folds=None,
            random_state=0,
            n_seeds=len(best.runs),
        )
        others = [result for result in results if result is not best]
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

    def _sweep(self, sweep, data):
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

    def _search(self, search, data):
        """Search, and keep the best parameters for the models that want them."""
        X, y = self.images[data].train
        X, y = part(X, y, search.n_train)
        model = _make(search.model.estimator, self._params(search.model, data), seed=0)
        label = f"{search.name}, {data}"
        settings = {
            "study": self.study.name,
            "search": search.name,
            "data": data,
            "n_train": len(y),
            "n_iter": search.n_iter,
            "cv": search.cv,
            "space": {name: _plain(values) for name, values in search.space.items()},
            "estimator": search.model.estimator,
            "params": _plain(model.get_params()),
        }
        found = self.store.load(label, settings)
        if found is None:
            found = _search(search, model, X, y, self.meter.report(label))
            self.store.save(label, settings, found)
            self.meter.finish()
        else:
            self.meter.skip()
        self.best_params[search.name, data] = found["best_params"]
        return SearchResult(
            name=search.name,
            title=search.title,
            data=data,
            n_iter=search.n_iter,
            cv=search.cv,
            n_train=len(y),
            **found,
        )

    def _params(self, model, data):
        found = self.best_params[model.from_search, data] if model.from_search else {}
        return {**found, **model.params}

    def _fit(self, label, data, estimator, params, seed):
        """Return the outcome of a run: from the store, or by running it."""
        images, label = self.images[data], f"{label}, seed {seed}"
        model = _make(estimator, params, seed)
        settings = {
            "study": self.study.name,
            "run": label,
            "data": data,
            "n_train": len(images.train[1]),
            "n_test": len(images.test[1]),
            "estimator": estimator,
            "params": _plain(model.get_params()),
        }
        stored = self.store.load(label, settings)
        if stored is not None:
            self.meter.skip()
            return Outcome(**{**stored, "run": Run(**stored["run"])})
        X_test, y_test = images.test
        import_keras_first([model])
        # Early stopping on them would choose the epoch by them.
        by_accuracy = model.early_stopping and model.validation_fraction is not None
        curves = {} if by_accuracy else {"X_val": X_test, "y_val": y_test}
        with _whole(label):
            outcome = measure_fit(
                _with_keras_objects(model),
                images.train,
                images.test,
                np.arange(len(y_test)),
                np.unique(images.train[1]),
                self.meter.report(label),
                **curves,
            )
        self.store.save(label, settings, asdict(outcome))
        self.meter.finish()
        return outcome


def _search(search, model, X, y, report):
    """Return what a random search found, as plain data."""
    found = RandomizedSearchCV(
        _with_keras_objects(model),
        dict(search.space),
        n_iter=search.n_iter,
        cv=StratifiedKFold(search.cv, shuffle=True, random_state=0),
        scoring="accuracy",
        refit=False,
        error_score="raise",
        random_state=0,
    )
    import_keras_first([model])
    watch_epochs(found, report)
    report(0.0, "searching")
    with _whole(search.name):
        seconds, _ = seconds_of(found.fit, X, y)
    measures = ("mean_test_score", "std_test_score", "mean_fit_time")
    columns = [found.cv_results_[measure].tolist() for measure in measures]
    return {
        "best_params": _plain(found.best_params_),
        "best_score": float(found.best_score_),
        "candidates": [
            {"params": _plain(params), **dict(zip(measures, values, strict=True))}
            for params, *values in zip(found.cv_results_["params"], *columns, strict=True)
        ],
        "seconds": seconds,
    }


def _make(estimator, params, seed=None):
    """Return an unfitted estimator that still has its Keras objects as declarations."""
    return load_class(SHORT_NAMES[estimator])(**params, random_state=seed)


def _with_keras_objects(model):
    made = {
        name: value.make()
        for name, value in model.get_params().items()
        if isinstance(value, KerasObject)
    }
    return model.set_params(**made)


def _plain(value):
    """Return declared values as what JSON has, the same for equal values."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return value if isinstance(value, str | int | float | None) else repr(value)


def _label(value):
    """Return a value of an axis as people read it: one layer of 14 units is 14."""
    return str(value[0]) if isinstance(value, tuple) and len(value) == 1 else str(value)


@contextmanager
def _whole(run):
    """Name the run where it fails, and end it where it is interrupted: half a run is none.

    An estimator would keep the epochs done after an interruption.
    """
    with errors_name(f"run {run!r}"), warnings.catch_warnings():
        warnings.filterwarnings("error", "Training was interrupted")
        try:
            yield
        except UserWarning as warning:
            if "Training was interrupted" not in str(warning):
                raise
            raise KeyboardInterrupt from warning
