"""Run a study."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from numbers import Integral

from skdigits.studies._declarations import Study
from skdigits.studies._experiments import Experiments
from skdigits.studies._published_figures import compare_published
from skdigits.studies._quick import quicken
from skdigits.studies._store import RunStore
from skdigits.studies._study_data import load_images
from skdigits.studies._study_results import StudyResult

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
        Called as ``progress(name, fraction, stage)`` as the work goes on: the name of the study,
        the fraction of its fits that are done, and a few words, such as ``"run 3 of 40: models,
        mnist, CNN, seed 0, epoch 2 of 10"``. Runs that were finished earlier do not count.

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
    experiments = Experiments(study, images, n_seeds, RunStore(folder), progress).run()
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
