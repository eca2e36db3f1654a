"""Run a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from skdigits import _constraints as c
from skdigits.model_selection._compare import Progress
from skdigits.studies._declarations import Study, data_of
from skdigits.studies._experiment_runner import Experiments
from skdigits.studies._published_figures import compare_published
from skdigits.studies._quick import quicken
from skdigits.studies._store import RunStore
from skdigits.studies._study_data import study_images
from skdigits.studies._study_results import StudyResult

SEEDS, QUICK_SEEDS = 5, 2


@c.with_checked_arguments({"n_seeds": [c.whole_number(1), c.NONE]})
def run_study(
    study: Study,
    *,
    folder=None,
    data=None,
    n_seeds: int | None = None,
    quick: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Run a study, or what is left of it, and sum up the results.

    Each model of an experiment is trained on the same images with the seeds 0, 1, 2, and so on, and
    measured on the test images. The test images are also measured after each epoch, for the curves,
    unless a validation score can stop the training early: the test images never choose anything.

    Parameters
    ----------
    study : Study
        One of `STUDIES`, or your own.
    folder : path-like, default=None
        Folder for the finished runs, one file each. After an interruption, the same call continues
        where it stopped. Runs whose settings have changed, or which another version of skdigits
        made, are repeated. If None, runs are not kept.
    data : sequence of str or dict of str to (X, y, X_test, y_test), default=None
        The names of the study's data sets to use; None uses all of them. Or your own images by
        name, of shape (n_images, height, width[, channels]), in place of the study's. Then there
        are no published figures to compare with.
    n_seeds : int, default=None
        Number of seeds, at least 1. More seeds find smaller differences and take longer. None means
        5, or 2 for the quick version.
    quick : bool, default=False
        Run a short version for a first look: at most 2,000 training and 1,000 test images, 3
        epochs, 3 values of each swept parameter and 4 candidates of a search.
    progress : callable, default=None
        Called as ``progress(name, fraction, stage)`` as the work goes on: the name of the study,
        the fraction of its fits that are done, and a few words, such as ``"run 3 of 40: models,
        mnist, CNN, seed 0, epoch 2 of 10"``. Runs that were finished earlier do not count.

    Returns
    -------
    StudyResult
        The results, as plain data. They do not depend on interruptions, except for times.

    Raises
    ------
    ValueError
        If ``n_seeds`` is not a whole number of at least 1; if the study does not use a data set;
        if your own images have different shapes, or another number of classes than the study is
        about.
    OSError
        If data cannot be read, or a finished run cannot be written.

    See Also
    --------
    skdigits.model_selection.compare : Compare any classifiers on any images.

    Examples
    --------
    >>> from skdigits.studies import STUDIES
    >>> list(STUDIES)
    ['activation', 'cnn-vs-mlp', 'binary', 'ann-search', 'cnn-vs-ann']
    """
    n_seeds = int(n_seeds or (QUICK_SEEDS if quick else SEEDS))
    if isinstance(data, Mapping):
        study = _on_other_data(study, tuple(data))
    else:
        data = _check_data(study, data)
    if quick:
        study = quicken(study)
    images = study_images(data, quick)
    for name, found in images.items():
        check_n_classes(study, name, len(found.class_names))
    experiments = Experiments(study, images, n_seeds, RunStore(folder), progress)
    results = experiments.run()
    return StudyResult(
        study=study.name,
        title=study.title,
        question=study.question,
        source=study.source,
        notes=list(study.notes),
        quick=quick,
        n_seeds=n_seeds,
        experiments=results,
        published=compare_published(study.published, results),
        n_taken_over=experiments.progress.n_taken_over,
    )


def check_n_classes(study, name, n_classes):
    """Raise ValueError if a data set has another number of classes than the study is about."""
    if study.n_classes not in (None, n_classes):
        raise ValueError(
            f"the study {study.name!r} is about {study.n_classes} classes, and {name!r} has "
            f"{n_classes}"
        )


def _on_other_data(study, names):
    """Return a study whose experiments use other data sets, without the published figures."""
    return replace(
        study,
        title=f"{study.title}, on {', '.join(names)}",
        experiments=tuple(replace(each, data=names) for each in study.experiments),
        published=(),
        notes=(
            "These are not the images of the published study. Its models and settings are the "
            "same; its figures are left out.",
            *study.notes,
        ),
    )


def _check_data(study, data):
    """Return the names of the data sets to run on, in the study's order."""
    own = data_of(study)
    if data is None:
        return own
    if unknown := [name for name in data if name not in own]:
        raise ValueError(
            f"The study {study.name!r} does not use {', '.join(map(repr, unknown))}; its data sets "
            f"are {', '.join(own)}."
        )
    return [name for name in own if name in data]
