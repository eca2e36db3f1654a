"""The results of a study, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from skdigits.model_selection._model_results import Comparison


@dataclass(frozen=True)
class PairedDifference:
    """Difference between the best model of an experiment and another one, paired by seed.

    Attributes
    ----------
    best, other : str
        The models. The best is that with the highest mean accuracy, for all measures.
    measure : {"accuracy", "log_loss"}
        The measure that is compared.
    mean, std : float or None
        Mean and standard deviation of best minus other over the seeds; ``std`` is None for one
        seed.
    n : int
        Number of seeds.
    p_value : float or None
        Of the paired t-test over the seeds. None for one seed, and if all differences are equal, so
        that the test is not defined.
    n_won : int
        Number of seeds for which the best model was better than the other.
    """

    best: str
    other: str
    measure: str
    mean: float
    std: float | None
    n: int
    p_value: float | None
    n_won: int


@dataclass(frozen=True)
class ClassDifference:
    """Difference in the recall of a class between the best model and another, paired by seed.

    Attributes
    ----------
    best, other : str
        The models.
    label : int or str
        The class.
    mean, std : float or None
        Mean and standard deviation, over the seeds, of the recall of the best model minus that of
        the other; ``std`` is None for one seed.
    n : int
        Number of seeds.
    p_value : float or None
        Of the paired t-test over the seeds, adjusted by Holm's method for the number of classes.
        None for one seed, and if all differences are equal.
    """

    best: str
    other: str
    label: Any
    mean: float
    std: float | None
    n: int
    p_value: float | None


@dataclass(frozen=True)
class ExperimentResult:
    """Results of several models on one data set.

    Attributes
    ----------
    name, title, data : str
        As declared, for one data set.
    comparison : skdigits.model_selection.Comparison
        The comparison of the models; their runs are seeds.
    differences : list of PairedDifference
        The differences between the best model and each other one.
    class_differences : list of ClassDifference
        The same for each class.
    """

    name: str
    title: str
    data: str
    comparison: Comparison
    differences: list[PairedDifference]
    class_differences: list[ClassDifference]
    kind: str = field(default="experiment", init=False)


@dataclass(frozen=True)
class SweepResult:
    """Results of one model at all points of a grid, on one data set.

    Attributes
    ----------
    name, title, data : str
        As declared, for one data set.
    axes : dict of str to list of str
        The swept parameters, and a label for each of their values.
    points : list of dict
        For each point its label on each axis, by name of the axis; ``runs``, one
        `skdigits.model_selection.Run` for each seed; ``mean`` and ``std`` of each measure.
    n_parameters : list of int
        Number of weights at each point.
    """

    name: str
    title: str
    data: str
    axes: dict[str, list[str]]
    points: list[dict[str, Any]]
    n_parameters: list[int | None]
    kind: str = field(default="sweep", init=False)


@dataclass(frozen=True)
class SearchResult:
    """Results of a random search on one data set.

    Attributes
    ----------
    name, title, data : str
        As declared, for one data set.
    best_params : dict
        The parameters of the best candidate.
    best_score : float
        Its mean accuracy over the folds.
    n_iter, cv, n_train : int
        Number of candidates, of folds, and of images searched on.
    candidates : list of dict
        For each candidate its ``params``, ``mean_test_score``, ``std_test_score`` and
        ``mean_fit_time`` (in seconds), in the order in which they were drawn.
    seconds : float
        Wall time of the search.
    """

    name: str
    title: str
    data: str
    best_params: dict[str, Any]
    best_score: float
    n_iter: int
    cv: int
    n_train: int
    candidates: list[dict[str, Any]]
    seconds: float
    kind: str = field(default="search", init=False)


@dataclass(frozen=True)
class PublishedResult:
    """A published figure beside ours.

    Attributes
    ----------
    text, value, experiment, data, model, against, measure
        As declared, see `Published`.
    mean, std : float or None
        Our figure over the seeds; ``std`` is None for one seed.
    n : int
        Number of seeds.
    difference : float or None
        ``mean`` minus ``value``; None if the study did not publish a figure.
    note : str
        A note on the comparison.
    """

    text: str
    value: float | None
    experiment: str
    data: str
    model: str | None
    against: str | None
    measure: str
    mean: float
    std: float | None
    n: int
    difference: float | None
    note: str


@dataclass(frozen=True)
class StudyResult:
    """Results of a study, from `run_study`.

    Attributes
    ----------
    study : str
        Name of the study.
    title, question, source, notes
        As declared, see `Study`.
    quick : bool
        Whether it is the short version, for a first look.
    n_seeds : int
        Number of seeds; some experiments may have fewer.
    experiments : list of (ExperimentResult, SweepResult or SearchResult)
        One for each declared experiment and data set.
    published : list of PublishedResult
        The published figures beside ours.
    n_taken_over : int
        Number of runs that an earlier call had finished. `to_dict` leaves it out, since the results
        do not depend on it.
    """

    study: str
    title: str
    question: str
    source: str
    notes: list[str]
    quick: bool
    n_seeds: int
    experiments: list[ExperimentResult | SweepResult | SearchResult]
    published: list[PublishedResult]
    n_taken_over: int = field(default=0, compare=False)

    def to_dict(self):
        """Return everything as plain dicts, lists and numbers, ready for strict JSON.

        Returns
        -------
        plain : dict
            The attributes by name, without `n_taken_over`.
        """
        plain = asdict(self)
        del plain["n_taken_over"]
        return plain
