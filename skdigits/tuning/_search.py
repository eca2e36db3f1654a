"""The trials of a search, which several processes share."""

from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.trial import FixedTrial, TrialState

from skdigits.model_selection._search_space import suggest
from skdigits.tuning._file_lock import FileLock
from skdigits.tuning._journal import open_study

JOURNAL = "journal.log"
LOCKS = ".locks"  # hidden, so that a folder of pictures stays one
ERROR = "error"  # attribute of a trial that cannot be trained
LOSS = "log loss"  # attribute of a complete trial
RANDOM_TRIALS = 20  # before the sampler learns from earlier ones
FULL_TRIALS = 5  # so many trials run to their end before others are compared with them


class Count(NamedTuple):
    """How many trials have been tried, with any result, and how many are running."""

    tried: int
    running: int


class Search:
    """The trials in a folder.

    A process holds the lock of each trial that it runs. If a trial is said to be running and its
    lock is free, its process has ended: the trial is lost, and another one takes its place.

    Parameters
    ----------
    folder : path-like
        An existing folder.
    random_state : int
        The seed of the sampler.

    Attributes
    ----------
    study : optuna.study.Study
    """

    def __init__(self, folder, random_state):
        self._locks = Path(folder) / LOCKS
        self._locks.mkdir(exist_ok=True)
        self._taking = FileLock(self._locks / "take.lock")
        self._random_state = random_state
        pruner = MedianPruner(n_startup_trials=FULL_TRIALS, n_min_trials=FULL_TRIALS)
        journal = Path(folder) / JOURNAL
        self.study = open_study(journal, self._locks / "journal.lock", pruner)

    def count(self):
        """Return the `Count` of this moment."""
        with self._taking:
            return self._count()

    @contextmanager
    def trial(self, n_trials):
        """Give a new trial, or None if `n_trials` have been tried or are running.

        A trial that is not finished at the end, because of an error or of Ctrl-C, is lost.
        """
        taken = self._take(n_trials)
        if taken is None:
            yield None
            return
        trial, lock = taken
        try:
            yield trial
        finally:
            try:
                self.study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
            finally:
                lock.remove()

    def _take(self, n_trials):
        """Return a new trial and its lock, or None if there are enough trials."""
        with self._taking:
            if sum(self._count()) >= n_trials:
                return None
            number = len(self.study.trials)
            # Each trial has its own seed, so that no process repeats the draws of another.
            seeds = np.random.SeedSequence([self._random_state, number]).generate_state(1)
            self.study.sampler = TPESampler(n_startup_trials=RANDOM_TRIALS, seed=int(seeds[0]))
            lock = self._lock_of(number)
            lock.acquire()
            try:
                return self.study.ask(), lock
            except BaseException:
                lock.remove()
                raise

    def _count(self):
        """Return the `Count`, after a look at which trials are lost. The caller has the lock."""
        tried = running = 0
        for trial in self.study.get_trials(deepcopy=False):
            if trial.state == TrialState.RUNNING:
                lock = self._lock_of(trial.number)
                if not lock.try_to_acquire():
                    running += 1
                    continue
                # It is lost, or has ended since the look at it.
                state = TrialState.FAIL
                trial = self.study.tell(trial.number, state=state, skip_if_finished=True)
                lock.remove()
            if trial.state != TrialState.FAIL or ERROR in trial.user_attrs:
                tried += 1
        return Count(tried, running)

    def _lock_of(self, number):
        return FileLock(self._locks / f"trial-{number}.lock")


def params_of(trial, space):
    """Return the parameters of a trial as the estimator takes them."""
    return suggest(FixedTrial(trial.params), space)
