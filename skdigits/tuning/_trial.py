"""One trial: draw parameters, train with them, and measure on the images that are held out."""

from optuna.trial import TrialState
from sklearn.base import clone

from skdigits._tensorflow import keras
from skdigits.model_selection._search_space import suggest
from skdigits.tuning._journal import quiet_optuna
from skdigits.tuning._search import ERROR, LOSS, Search
from skdigits.tuning._splits import measure

STEPS = 10_000  # of a training, for Optuna; more than anybody's epochs


def run_trial(folder, estimator, space, train, held_out, *, n_trials, random_state, report=None):
    """Take a trial of a search and run it, unless there are enough trials.

    Parameters
    ----------
    folder : path-like
        The folder of the search.
    estimator : MLPClassifier, CNNClassifier or NetworkClassifier
        What all trials share.
    space : dict
        As of `tune`.
    train, held_out : tuple of (X, y)
        Images and labels to train on, and to measure on.
    n_trials, random_state : int
        As of `tune`.
    report : callable, default=None
        Called as ``report(fraction, stage)`` after each epoch.
    """
    with quiet_optuna():
        search = Search(folder, random_state)
        with search.trial(n_trials) as trial:
            if trial is not None:
                candidate = clone(estimator).set_params(**suggest(trial, space))
                _run(search.study, trial, candidate, train, held_out, report)


def _run(study, trial, candidate, train, held_out, report):
    """Train and measure a candidate, and tell Optuna how it went."""
    if _repeat(study, trial):
        return
    X_val, y_val = held_out
    # What chooses the epoch may not measure it. Early stopping sets images of the others aside.
    chooses = candidate.early_stopping and candidate.validation_fraction is not None
    validation = {} if chooses else {"X_val": X_val, "y_val": y_val}
    pruning = _PruningCallback(trial, report)
    candidate.set_params(callbacks=[*(candidate.callbacks or ()), pruning])
    try:
        candidate.fit(*train, **validation)
        measures = None if pruning.has_pruned else measure(candidate, X_val, y_val)
    except OSError:  # the journal cannot be written
        raise
    except Exception as error:  # of any kind, as in scikit-learn's searches
        trial.set_user_attr(ERROR, f"{type(error).__name__}: {error}")
        study.tell(trial, state=TrialState.FAIL)
        return
    if measures is None:
        study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)
    else:
        accuracy, loss = measures
        trial.set_user_attr(LOSS, loss)
        study.tell(trial, accuracy, skip_if_finished=True)


def _repeat(study, trial):
    """Return whether an earlier trial had the same parameters; if so, take its result.

    The sampler of a small space without continuous parameters proposes some settings several times.
    """
    for earlier in study.get_trials(
        deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)
    ):
        if earlier.params == trial.params:
            for step, accuracy in earlier.intermediate_values.items():
                trial.report(accuracy, step)
            if LOSS in earlier.user_attrs:
                trial.set_user_attr(LOSS, earlier.user_attrs[LOSS])
            value = earlier.value if earlier.state == TrialState.COMPLETE else None
            study.tell(trial, value, state=earlier.state, skip_if_finished=True)
            return True
    return False


class _PruningCallback(keras.callbacks.Callback):
    """Tells Optuna the accuracy after each epoch, and stops a hopeless training.

    Before the half of a training no accuracy counts: a high learning rate makes it low at first and
    high at the end. Trainings may have different numbers of epochs, since `batch_size` has an
    influence on them. So the steps that Optuna compares are parts of a training.
    """

    def __init__(self, trial, report):
        super().__init__()
        self._trial, self._report = trial, report
        self.has_pruned = False

    def on_epoch_end(self, epoch, logs=None):
        done, n_epochs = epoch + 1, self.params["epochs"]
        self._trial.report(logs["val_accuracy"], round(STEPS * done / n_epochs))
        may_stop = n_epochs / 2 <= done < n_epochs
        if may_stop and self._trial.should_prune():
            self.has_pruned = self.model.stop_training = True
        if self._report:
            self._report(done / n_epochs, f"epoch {done} of {n_epochs}")
