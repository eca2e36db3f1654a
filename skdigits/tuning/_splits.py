"""Measure the best settings on more splits of the images: on one alone, luck may decide."""

import math
import warnings
from functools import partial
from pathlib import Path
from statistics import mean

import numpy as np
from optuna.trial import TrialState
from sklearn.base import clone
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold

from skdigits._arrays import listed, lone_labels
from skdigits.model_selection._measure import predictions, watch_epochs
from skdigits.tuning._file_lock import FileLock
from skdigits.tuning._journal import quiet_optuna
from skdigits.tuning._search import LOCKS, LOSS, Search, params_of

PARTS = 5  # of the images, of which each split holds out another
WORST_LOSS = -math.log(np.finfo(float).tiny)  # as if each true class had no probability
N_SPLITS = 2  # the first is that of the trials
N_SETTINGS = 5  # so many are measured on all splits


def split(X, y, random_state, number=0):
    """Return images and labels to train on, and held-out ones: a fifth of each class.

    No image is held out by two splits.

    Raises
    ------
    ValueError
        If the images are too few.
    """
    try:
        if lone := lone_labels(y):
            raise ValueError(f"There is only one image of {listed(lone)}.")
        folds = StratifiedKFold(PARTS, shuffle=True, random_state=random_state)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that some parts lack a rare class
            rows = list(folds.split(X, y))[number]
    except ValueError as error:
        raise ValueError(
            f"The images are too few to hold out a fifth of each class: {error}"
        ) from None
    return tuple((getattr(X, "iloc", X)[part], y[part]) for part in rows)


def measure(classifier, X, y):
    """Return the accuracy and the log loss of a fitted classifier."""
    _, predicted, probabilities = predictions(classifier, X)
    loss = log_loss(y, probabilities, labels=classifier.classes_)
    return float(accuracy_score(y, predicted)), float(loss)


def best_settings(study):
    """Return the complete trials that are most accurate on the first split, the best first."""
    return _ranked(study)[:N_SETTINGS]


def best_on_all_splits(study):
    """Return the trial with the lowest mean log loss over all splits.

    Their accuracies differ by less than chance, and the log loss tells more of each image. Of
    several, and if no trial was measured on all, the one that is most accurate on the first split.
    """
    measures, trials = study.user_attrs, _ranked(study)
    measured = [trial for trial in trials if len(other_measures(measures, trial)) == N_SPLITS - 1]

    def mean_loss(trial):
        others = [loss for _, loss in other_measures(measures, trial)]
        return mean([trial.user_attrs[LOSS], *others])

    return min(measured or trials[:1], key=mean_loss)


def _ranked(study):
    """Return complete trials, the most accurate first, each setting once."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    different = {str(trial.params): trial for trial in reversed(complete)}.values()
    return sorted(different, key=lambda trial: (-trial.value, trial.user_attrs[LOSS]))


def other_measures(measures, trial):
    """Return accuracy and log loss of a trial on each other split that it was measured on.

    `measures` are the attributes of a study.
    """
    names = [_name(trial, number) for number in range(1, N_SPLITS)]
    return [measures[name] for name in names if name in measures]


def unmeasured(study):
    """Return those of the best settings that lack a measure. A single setting needs none."""
    settings, measures = best_settings(study), study.user_attrs
    if len(settings) == 1:
        return []
    return [each for each in settings if len(other_measures(measures, each)) < N_SPLITS - 1]


def measure_setting(folder, estimator, space, X, y, *, random_state, report=None):
    """Measure one of the best settings on the splits that it lacks, if another process does not.

    Each measure is kept at once, so that nobody repeats it. The splits of a setting follow each
    other, since their fits share a compiled network.

    Parameters
    ----------
    folder : path-like
        The folder of the search.
    estimator, space, X, y, random_state
        As of `tune`.
    report : callable, default=None
        Called as ``report(fraction, stage)`` after each epoch.
    """
    with quiet_optuna():
        study = Search(folder, random_state).study
        for trial in unmeasured(study):
            lock = FileLock(Path(folder) / LOCKS / f"splits-{trial.number}.lock")
            if lock.try_to_acquire():
                try:
                    _measure(study, trial, estimator, space, X, y, random_state, report)
                finally:
                    lock.release()
                return


def _measure(study, trial, estimator, space, X, y, random_state, report):
    """Measure a trial on the splits that it lacks. The caller has its lock."""
    for number in range(1, N_SPLITS):
        if _name(trial, number) not in study.user_attrs:
            candidate = clone(estimator).set_params(**params_of(trial, space))
            if report:
                what = f"best settings again, split {number + 1} of {N_SPLITS}"
                watch_epochs(candidate, partial(_report_stage, report, what))
            found = _fit_and_measure(candidate, *split(X, y, random_state, number))
            study.set_user_attr(_name(trial, number), found)


def _fit_and_measure(candidate, train, held_out):
    """Return accuracy and log loss on held-out images; the worst if it cannot be trained."""
    try:
        return measure(candidate.fit(*train), *held_out)
    except OSError:  # it is not due to the setting
        raise
    except Exception:  # of any kind, as in a trial
        return 0.0, WORST_LOSS


def _report_stage(report, what, _, stage):
    report(None, f"{what}, {stage}")


def _name(trial, number):
    return f"accuracy and log loss of trial {trial.number} on split {number}"
