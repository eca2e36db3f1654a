"""Fit the best candidate to all images, and keep it in a file."""

from numbers import Integral

from skdigits.model_selection._measure import watch_epochs
from skdigits.persistence import load, save
from skdigits.training import describe
from skdigits.tuning._file_lock import FileLock
from skdigits.tuning._search import LOCKS

BEST = "best.skd"


def refit(candidate, number, X, y, folder, report):
    """Return the candidate, fitted and saved in a file.

    If the file holds a classifier with the same parameters, return that one. Of several processes,
    one fits. The others wait for it, and take its file. A fit that is killed goes on after its last
    epoch, if it can be repeated; `number` is that of the trial.
    """
    path = folder / BEST
    with FileLock(folder / LOCKS / "best.lock"):
        kept = _kept(path)
        if kept is not None and _parameters(kept) == _parameters(candidate):
            return kept
        if isinstance(candidate.random_state, Integral) and not candidate.callbacks:
            candidate.set_params(checkpoint=folder / f"best-{number}.checkpoint")
        watch_epochs(candidate, lambda fraction, stage: report(None, f"best parameters, {stage}"))
        candidate.fit(X, y)
        candidate.set_callbacks()  # the file would hold what reports the epochs
        candidate.set_params(checkpoint=None)
        save(candidate, path)
        for checkpoint in folder.glob("best-*.checkpoint"):  # also of another trial
            checkpoint.unlink(missing_ok=True)
        return candidate


def _kept(path):
    try:
        return load(path)
    except (FileNotFoundError, ValueError):  # of no network, or of another version
        return None


def _parameters(estimator):
    parameters = {name: describe(value) for name, value in estimator.get_params(deep=False).items()}
    return type(estimator).__name__, parameters
