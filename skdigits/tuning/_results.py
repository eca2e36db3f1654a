"""The result of a search, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from statistics import mean
from typing import Any

from skdigits.model_selection._search_space import as_plain


@dataclass(frozen=True)
class TrialResult:
    """One trial.

    Attributes
    ----------
    number : int
        Trials are counted from 0.
    state : {"complete", "pruned", "failed", "lost", "running"}
        "pruned": stopped early, since most others were better by then. "failed": the parameters
        cannot be trained. "lost": its process has ended before the trial; it does not count.
        "running": another process runs it at the moment.
    params : dict of str to object
        For ``set_params``. A trial that was lost may lack some.
    accuracy : float or None
        The accuracy on the held-out images; that of the last epoch for a pruned trial.
    other_accuracies : list of float
        The accuracies on the held-out images of other splits, if it was one of the best.
    other_losses : list of float
        The log losses there.
    loss : float or None
        The log loss of a complete trial on the held-out images.
    curve : list of float
        The accuracy after each epoch on the held-out images, or with early stopping on those that
        the training sets aside.
    seconds : float or None
        How long it took; None if it was lost or is running.
    finished : str or None
        When it was finished, in UTC as ISO 8601; None as for `seconds`.
    error : str or None
        Why the parameters cannot be trained.
    """

    number: int
    state: str
    params: dict[str, Any]
    accuracy: float | None
    other_accuracies: list[float]
    other_losses: list[float]
    loss: float | None
    curve: list[float]
    seconds: float | None
    finished: str | None
    error: str | None

    @property
    def mean_accuracy(self):
        """The mean accuracy over all splits that it was measured on, or None."""
        return None if self.accuracy is None else mean([self.accuracy, *self.other_accuracies])

    @property
    def mean_loss(self):
        """The mean log loss over all splits that it was measured on, or None."""
        return None if self.loss is None else mean([self.loss, *self.other_losses])


@dataclass(frozen=True)
class TuningResult:
    """The result of `tune`.

    Attributes
    ----------
    estimator : str
        The estimator whose parameters were searched, as scikit-learn prints it.
    space : dict of str to (list or dict)
        For each parameter the texts of its choices, or its ``distribution`` with the limits ``low``
        and ``high``.
    trials : list of TrialResult
        In the order of their beginnings.
    best : int
        Number of the best trial. The complete trials with the highest accuracies were measured on
        other splits too; of these it has the lowest mean log loss.
    importances : dict of str to float
        How much each parameter decided about the accuracy of the complete trials, as a share of
        all; empty if there are too few trials to tell.
    n_train, n_held_out : int
        Number of images that each trial was trained on, and measured on.
    n_splits : int
        On how many splits of the images the best trials were measured, with that of all trials. 1
        if there was nothing to choose.
    random_state : int
        The seed.
    best_estimator : estimator
        Fitted to all images with the parameters of the best trial.
    """

    estimator: str
    space: dict[str, Any]
    trials: list[TrialResult]
    best: int
    importances: dict[str, float]
    n_train: int
    n_held_out: int
    n_splits: int
    random_state: int
    best_estimator: Any = field(repr=False)

    @property
    def best_trial(self):
        """The best trial, a `TrialResult`."""
        return self.trials[self.best]

    def to_dict(self):
        """Return everything but the estimator as plain dicts, lists, numbers and texts.

        Choices that are objects or functions are texts, as in ``space``.

        Returns
        -------
        plain : dict
            The attributes by name.
        """
        kept = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "best_estimator"}
        return {**kept, "trials": [as_plain(vars(trial)) for trial in self.trials]}
