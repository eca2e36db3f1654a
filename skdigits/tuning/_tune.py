"""Search the parameters of a classifier with Optuna."""

import functools
import math
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from joblib import effective_n_jobs
from scipy.sparse import issparse
from sklearn.base import clone

from skdigits import _constraints as c
from skdigits._base import ImageClassifier
from skdigits.model_selection._inputs import as_data, as_labels, check_lengths
from skdigits.model_selection._search_space import describe_space, ignored_parameters, search_space
from skdigits.persistence._refuse_code import refuse_code
from skdigits.tuning._file_lock import FileLock
from skdigits.tuning._identity import keep_identity
from skdigits.tuning._journal import quiet_optuna
from skdigits.tuning._outcome import best_trial, importances, trial_results
from skdigits.tuning._refit import refit
from skdigits.tuning._results import TuningResult
from skdigits.tuning._search import LOCKS, Search, params_of
from skdigits.tuning._splits import measure_setting, other_measures, split, unmeasured
from skdigits.tuning._workers import run_in_workers

PAUSE = 0.2  # seconds between two looks at the trials of other processes
NAME = "tune"  # of the progress

_CONSTRAINTS = {
    "n_trials": [c.whole_number(1)],
    "n_jobs": [c.whole_number(-math.inf)],
    "minutes": [c.real_number("(0, inf)"), c.NONE],
    "random_state": [c.whole_number(0, c.LARGEST_SEED)],
}


@c.with_checked_arguments(_CONSTRAINTS)
def tune(
    estimator,
    X,
    y,
    *,
    folder,
    n_trials=20,
    space=None,
    n_jobs=1,
    minutes=None,
    random_state=0,
    progress=None,
):
    """Search the parameters of a classifier with Optuna, and fit it with the best ones.

    A fifth of the images of each class is held out, the same for all trials. Each trial trains with
    other parameters on the rest, and is measured on the held-out images after each epoch. Optuna's
    TPE sampler chooses the parameters: the first 20 at random, the others near good ones. From the
    sixth trial on, a trial stops early if its accuracy in the second half of its training is below
    the median of the trials before it. With ``early_stopping=True`` each training sets a part of
    its own images aside, and its epochs are measured on these: what chooses an epoch may not
    measure it.

    The five settings with the highest accuracies are then measured on a second split, which holds
    out another fifth. Their accuracies differ by less than chance, so the lowest mean log loss over
    both splits decides which is the best.

    The folder holds the search. The same call goes on after Ctrl-C, a crash or a kill, and repeats
    no finished trial or measure. Calls in several processes, or on several machines that share the
    folder, work on one search together.

    Parameters
    ----------
    estimator : MLPClassifier, CNNClassifier or NetworkClassifier
        What all trials share. Give it an integer ``random_state`` for repeatable results. The best
        classifier is saved without code, so a NetworkClassifier needs a function of
        :mod:`skdigits.networks`; one with a function of your own is for scikit-learn's searches.

    X : array-like of shape (n_images, h, w), (n_images, h, w, c) or (n_images, n_features)
        Training images. The test images of a study stay out of the search.

    y : array-like of shape (n_images,)
        Their labels. Each class needs two images or more.

    folder : path-like
        The folder of the search. It is made if it does not exist. It gets Optuna's journal,
        ``journal.log``, and the best classifier, ``best.skd``. The file system needs locks, as
        local disks and NFS 4 have.

    n_trials : int, default=20
        Number of trials in all, with those of earlier calls and of other processes. Trials that
        were stopped early or failed count. 20 are enough for the default space. More help, since
        the sampler then knows where good settings are.

    space : dict of str to (list or scipy distribution), default=None
        What to search, as :func:`skdigits.model_selection.search_space` gives it. None is its
        small space.

    n_jobs : int, default=1
        Number of worker processes, each of which runs one trial at a time; -1 is the number of
        cores. Each needs memory for TensorFlow. With several, the order in which trials end decides
        what the sampler knows, so that the same seed may give other trials.

    minutes : float, default=None
        Start no trial after so many minutes of this call. Trials that are running go on to their
        end. The measures on the second split and the final fit follow.

    random_state : int, default=0
        The seed of the sampler and of the splits.

    progress : callable, default=None
        Called as ``progress(name, fraction, stage)`` as the search goes on: the name "tune", the
        fraction of the work that is done (None if not known) and a few words. Its errors end the
        call; the search can go on later.

    Returns
    -------
    TuningResult
        All trials, and the best classifier, fitted to all images.

    Raises
    ------
    ValueError
        If the folder holds another search, if the data or parameters cannot be used, or if no trial
        could be trained. Trials that fail among others do not stop the search.
    TypeError
        If `estimator` is not one of these classifiers.
    OSError
        If the folder cannot be written, or if a worker process was killed.

    See Also
    --------
    skdigits.model_selection.search_space : Distributions for scikit-learn's searches.
    skdigits.report.write_tuning : Write the result as a page.

    Examples
    --------
    >>> import tempfile
    >>> from skdigits import MLPClassifier
    >>> from skdigits.datasets import load_digits
    >>> from skdigits.tuning import tune
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = MLPClassifier(epochs=1, random_state=0)
    >>> space = {"hidden_layer_sizes": [(8,), (16,)]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = tune(classifier, X[:200], y[:200], folder=folder, n_trials=2, space=space)
    >>> len(result.trials), sorted(result.best_trial.params)
    (2, ['hidden_layer_sizes'])
    """
    deadline = time.monotonic() + 60 * minutes if minutes else math.inf
    estimator = _check_estimator(estimator)
    space = _check_space(estimator, space)
    folder = Path(folder)
    X, y = _as_images(X), as_labels(y, "y")
    check_lengths(X, y, "X")
    train, held_out = split(X, y, random_state)
    (folder / LOCKS).mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCKS / "search.lock"):
        keep_identity(folder, estimator, space, random_state, X, y)
    with _reporting(progress) as report, quiet_optuna():
        search = Search(folder, random_state)
        run = functools.partial(
            _run_trial,
            folder,
            estimator,
            space,
            train,
            held_out,
            n_trials=n_trials,
            random_state=random_state,
        )
        n_jobs = effective_n_jobs(n_jobs)
        _run_trials(search, run, n_trials, n_jobs, deadline, report)
        measure = functools.partial(
            measure_setting, folder, estimator, space, X, y, random_state=random_state
        )
        _measure_settings(search.study, measure, n_jobs, report)
        best = best_trial(search.study)
        candidate = clone(estimator).set_params(**params_of(best, space))
        result = TuningResult(
            estimator=" ".join(repr(estimator).split()),
            space=describe_space(space),
            trials=trial_results(search.study, space),
            best=best.number,
            importances=importances(search.study),
            n_train=len(train[1]),
            n_held_out=len(held_out[1]),
            n_splits=1 + len(other_measures(search.study.user_attrs, best)),
            random_state=random_state,
            best_estimator=refit(candidate, best.number, X, y, folder, report),
        )
        report(1.0, "done")
    return result


def _check_estimator(estimator):
    """Return a copy of the estimator, to be changed."""
    if not isinstance(estimator, ImageClassifier):
        raise TypeError(
            "tune takes an MLPClassifier, a CNNClassifier or a NetworkClassifier. Got "
            f"{estimator!r} instead."
        )
    estimator = clone(estimator).set_params(checkpoint=None)  # trials would share the file
    refuse_code(estimator)  # the best classifier could not be saved
    return estimator


def _as_images(X):
    X = as_data(X)
    if issparse(X):
        raise TypeError("X is a sparse matrix; give X.toarray().")
    return X if hasattr(X, "columns") else np.asarray(X)


def _check_space(estimator, space):
    """Return the space to search."""
    space = search_space(estimator) if space is None else space
    if not space:
        raise ValueError("space has no parameter to search.")
    known, ignored = estimator.get_params(), ignored_parameters(estimator)
    for name in space:
        own = name.partition("__")[0]
        if own not in known:
            raise ValueError(f"space has {name!r}, which {type(estimator).__name__} does not have.")
        if ignored.get(own) not in (None, *space):
            raise ValueError(
                f"space has {name!r}, which {type(estimator).__name__} ignores: its "
                f"{ignored[own]!r} replaces it. Leave it out."
            )
    for name, choices in describe_space(space).items():
        for value in space[name] if isinstance(choices, list) else ():
            refuse_code(clone(estimator).set_params(**{name: value}))
    return space


def _run_trial(*args, **kwargs):
    """Run a trial in any process; TensorFlow is imported there."""
    from skdigits.tuning._trial import run_trial

    run_trial(*args, **kwargs)


def _run_trials(search, run, n_trials, n_jobs, deadline, report):
    """Run trials until there are enough, or until the time is over."""

    def more():
        return sum(search.count()) < n_trials and time.monotonic() < deadline

    def show():
        tried, running = search.count()
        report(tried / n_trials, f"{tried} of {n_trials} trials, {running} running")

    while time.monotonic() < deadline:
        tried, running = search.count()
        if tried >= n_trials:
            break
        if tried + running >= n_trials:
            report(tried / n_trials, "waiting for other processes")
            time.sleep(PAUSE)
        elif n_jobs == 1:
            run(report=_TrialReport(report, tried, n_trials))
        else:
            show()
            run_in_workers(run, more, show, n_jobs)


def _measure_settings(study, measure, n_jobs, report):
    """Measure the best settings on all splits, each in one process."""

    def show():
        report(None, f"best settings again, {len(unmeasured(study))} of them left")

    while settings := unmeasured(study):
        if n_jobs == 1:
            measure(report=report)
        else:
            show()
            left = [True] * len(settings)
            run_in_workers(measure, lambda left=left: bool(left) and left.pop(), show, n_jobs)
        if unmeasured(study) == settings:
            report(None, "waiting for other processes")
            time.sleep(PAUSE)


class _TrialReport:
    """Reports the epochs of one trial as a part of the search."""

    def __init__(self, report, tried, n_trials):
        self._report, self._tried, self._n_trials = report, tried, n_trials

    def __call__(self, fraction, stage):
        trial = f"trial {self._tried + 1} of {self._n_trials}"
        self._report((self._tried + fraction) / self._n_trials, f"{trial}, {stage}")


class _ProgressError(BaseException):
    """An error of the caller's `progress`. It is no Exception, which would be one of a trial."""

    def __init__(self, error: Exception):
        super().__init__(error)
        self.error = error


@contextmanager
def _reporting(progress):
    """Give the function that reports, and raise the errors of `progress` at the end."""

    def report(fraction, stage):
        if progress is not None:
            try:
                progress(NAME, fraction, stage)
            except Exception as error:
                raise _ProgressError(error) from error

    try:
        yield report
    except _ProgressError as wrapped:
        raise wrapped.error from wrapped.error.__cause__
