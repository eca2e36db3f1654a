"""What the trials of a study tell: the best one, and how much each parameter decided."""

import warnings
from datetime import UTC

from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import TrialState

from skdigits.tuning._results import TrialResult
from skdigits.tuning._search import ERROR, LOSS, params_of
from skdigits.tuning._splits import best_on_all_splits, best_settings, other_measures

FEWEST = 5  # complete trials that tell how important a parameter is
STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "lost",
    TrialState.RUNNING: "running",
}


def best_trial(study):
    """Return the best trial: of those that are best on one split, the best on all.

    Raises
    ------
    ValueError
        If no trial is complete.
    """
    if best_settings(study):
        return best_on_all_splits(study)
    trials = study.get_trials(deepcopy=False)
    errors = [trial.user_attrs[ERROR] for trial in trials if ERROR in trial.user_attrs]
    if errors:
        failed = "the only trial" if len(errors) == 1 else f"all {len(errors)} trials"
        raise ValueError(f"{failed} failed; the first said: {errors[0]}")
    raise ValueError("no trial is complete yet; run the same search again")


def trial_results(study, space):
    """Return the trials as plain data, in the order of their beginnings."""
    measures = study.user_attrs
    return [_result(trial, space, measures) for trial in study.get_trials(deepcopy=False)]


def _result(trial, space, measures):
    error = trial.user_attrs.get(ERROR)
    state = STATES[trial.state] if error is None else "failed"
    known = {name: values for name, values in space.items() if name in trial.params}
    has_ended = state not in ("lost", "running")  # others end when their loss is found
    curve = [trial.intermediate_values[epoch] for epoch in sorted(trial.intermediate_values)]
    return TrialResult(
        number=trial.number,
        state=state,
        params=params_of(trial, known),
        accuracy=trial.value if has_ended else None,
        other_accuracies=[accuracy for accuracy, _ in other_measures(measures, trial)],
        other_losses=[loss for _, loss in other_measures(measures, trial)],
        loss=trial.user_attrs.get(LOSS),
        curve=curve,
        seconds=trial.duration.total_seconds() if has_ended else None,
        finished=_iso(trial.datetime_complete) if has_ended else None,
        error=error,
    )


def _iso(local_time):
    return local_time.astimezone(UTC).isoformat(timespec="seconds")


def importances(study):
    """Return how much each parameter decided, as shares; an empty dict if nothing can be told."""
    if len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))) < FEWEST:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that all are 0
        found = PedAnovaImportanceEvaluator().evaluate(study)
    total = sum(found.values())
    return {name: value / total for name, value in found.items()} if total > 0 else {}
