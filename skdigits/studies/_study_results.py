"""What a study found, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from skdigits.model_selection._model_results import Comparison


@dataclass(frozen=True)
class PairedDifference:
    """How far the best model of an experiment is from another, seed by seed.

    Attributes
    ----------
    best, other : str
        The models; the best is the one with the highest mean accuracy, whatever the measure.
    measure : {"accuracy", "log_loss"}
        What is compared.
    mean, std : float or None
        Of best minus other over the seeds; ``std`` is None for one seed.
    n : int
        Number of seeds.
    p_value : float or None
        Of the paired t-test over the seeds. None for one seed, and where all differences are
        equal, which leaves nothing to test against.
    n_won : int
        Number of seeds with which the best model did better than the other.
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
    """How much more of a class the best model of an experiment finds than another, seed by seed.

    Attributes
    ----------
    best, other : str
        The models.
    label : int or str
        The class.
    mean, std : float or None
        Of the best model's recall minus the other's over the seeds; ``std`` is None for one seed.
    n : int
        Number of seeds.
    p_value : float or None
        Of the paired t-test over the seeds, adjusted by Holm's method for the number of classes.
        None for one seed, and where all differences are equal.
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
    """Several models on one data set.

    Attributes
    ----------
    name, title, data : str
        As declared; one data set.
    comparison : skdigits.model_selection.Comparison
        The models; their runs are seeds.
    differences : list of PairedDifference
        The best model against each other one.
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
    """One model at every point of a grid, on one data set.

    Attributes
    ----------
    name, title, data : str
        As declared; one data set.
    axes : dict of str to list of str
        The swept parameters, and a label for each of their values.
    points : list of dict
        For each point the label on each axis by the axis' name, ``runs`` (a
        `skdigits.model_selection.Run` a seed), and their ``mean`` and ``std`` of each measure.
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
    """What a random search found on one data set.

    Attributes
    ----------
    name, title, data : str
        As declared; one data set.
    best_params : dict
        The parameters of the best candidate.
    best_score : float
        Its mean accuracy over the folds.
    n_iter, cv, n_train : int
        Number of candidates, of folds, and of images searched on.
    candidates : list of dict
        For each its ``params``, ``mean_test_score``, ``std_test_score`` and ``mean_fit_time`` (in
        seconds), in the order drawn.
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
        Ours over the seeds; ``std`` is None for one seed.
    n : int
        Number of seeds.
    difference : float or None
        ``mean`` minus ``value``; None where the study published no figure.
    note : str
        What to know when comparing the two.
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
    """What `run_study` found.

    Attributes
    ----------
    study : str
        Name of the study.
    title, question, source, notes
        As declared, see `Study`.
    quick : bool
        Whether it is the short version, on a subset: to look at, not to conclude from.
    n_seeds : int
        Number of seeds asked for; an experiment may have fewer.
    experiments : list of (ExperimentResult, SweepResult or SearchResult)
        One for each declared experiment and data set.
    published : list of PublishedResult
        The published figures beside ours.
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

    def to_dict(self):
        """Return everything as plain dicts, lists and numbers, ready for strict JSON."""
        return asdict(self)
