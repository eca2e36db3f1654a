"""What the trials of a study tell: the best one, and how much each parameter decided."""

import warnings
from datetime import UTC

from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import FixedTrial, TrialState

from skdigits.model_selection._search_space import suggest
from skdigits.tuning._results import TrialResult
from skdigits.tuning._search import ERROR, LOSS

FEWEST = 5  # complete trials that tell how important a parameter is
STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "lost",
    TrialState.RUNNING: "running",
}


def best_trial(study):
    """Return the complete trial with the highest accuracy; of several, that with the lowest loss.

    Raises
    ------
    ValueError
        If no trial is complete.
    """
    trials = study.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    if complete:
        return max(complete, key=lambda trial: (trial.value, -trial.user_attrs[LOSS]))
    errors = [trial.user_attrs[ERROR] for trial in trials if ERROR in trial.user_attrs]
    if errors:
        failed = "the only trial" if len(errors) == 1 else f"all {len(errors)} trials"
        raise ValueError(f"{failed} failed; the first said: {errors[0]}")
    raise ValueError("no trial is complete yet; run the same search again")


def params_of(trial, space):
    """Return the parameters of a trial as the estimator takes them."""
    return suggest(FixedTrial(trial.params), space)


def trial_results(study, space):
    """Return the trials as plain data, in the order of their beginnings."""
    return [_result(trial, space) for trial in study.get_trials(deepcopy=False)]


def _result(trial, space):
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
