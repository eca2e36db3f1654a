"""Searches with Optuna from Python: what they find, their journal, and other processes."""

import dataclasses
import itertools
import json
import math
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import keras
import numpy as np
import optuna
import pandas as pd
import pytest
from matplotlib.figure import Figure
from optuna.trial import TrialState
from pictures import save
from scipy.stats import loguniform
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from support import digits, mlp, run_python, tiny
from test_report import Page

import skdigits
from skdigits import CNNClassifier, NetworkClassifier
from skdigits.datasets import load_images
from skdigits.model_selection import evaluate, search_space
from skdigits.report import write_tuning
from skdigits.report._tuning_charts import tuning_charts
from skdigits.tuning import check_search, tune
from skdigits.tuning._search import Search

RATES = {"learning_rate": [1e-6, 0.003, 0.01], "hidden_layer_sizes": [(8,), (8, 8)]}


def search(folder, classifier=None, *, n_trials=3, space=RATES, **options):
    X, y = tiny()
    return tune(classifier or mlp(), X, y, folder=folder, n_trials=n_trials, space=space, **options)


def journal_of(folder):
    """Return the study as another program sees it."""
    path = str(folder / "journal.log")
    lock = optuna.storages.journal.JournalFileOpenLock(path)
    backend = optuna.storages.journal.JournalFileBackend(path, lock_obj=lock)
    return optuna.load_study(storage=optuna.storages.JournalStorage(backend), study_name=None)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return a finished search of eight trials with four epochs, and its folder."""
    folder = tmp_path_factory.mktemp("search")
    calls = []
    result = search(
        folder, mlp(epochs=4), n_trials=8, progress=lambda *progress: calls.append(progress)
    )
    return result, folder, calls


# What is found


def test_the_best_trial_is_fitted_to_all_images_and_saved(found):
    result, folder, _ = found
    X, y = tiny()
    best = result.best_trial
    expected = mlp(epochs=4, **best.params).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(result.best_estimator.predict_proba(X), expected)
    saved = skdigits.load(folder / "best.skd")
    np.testing.assert_array_equal(saved.predict_proba(X), expected)
    assert not hasattr(saved, "_skl_callbacks")
    assert saved.callbacks is None


def test_of_equal_accuracies_the_lowest_log_loss_is_the_best(tmp_path):
    rates = {"learning_rate": [0.01, 0.02, 0.03]}
    result = search(tmp_path, mlp(epochs=60), n_trials=5, space=rates)
    assert {trial.accuracy for trial in result.trials} == {1.0}
    losses = [trial.mean_loss for trial in result.trials]
    assert result.best_trial.mean_loss == min(losses) < losses[0]


def test_a_trial_is_measured_on_images_that_it_was_not_trained_on(found):
    result, *_ = found
    assert (result.n_train, result.n_held_out) == (48, 12)
    best = result.best_trial
    assert best.curve[-1] == best.accuracy
    assert len(best.curve) == 4
    steps = {round(accuracy * 12, 6) for trial in result.trials for accuracy in trial.curve}
    assert all(step == round(step) for step in steps)  # fractions of 12 images


def measured_again(result):
    return [trial for trial in result.trials if trial.other_accuracies]


def test_the_best_five_settings_are_measured_on_another_split(found):
    result, *_ = found
    X, y = tiny()
    again = measured_again(result)
    assert result.n_splits == 2
    assert len({str(trial.params) for trial in again}) == len(again) == 5
    settings = {
        str(trial.params): trial.accuracy for trial in result.trials if trial.state == "complete"
    }
    assert sorted(trial.accuracy for trial in again) == sorted(settings.values())[-5:]
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    train, held_out = list(folds.split(X, y))[1]
    for trial in again:
        classifier = mlp(epochs=4, **trial.params).fit(X[train], y[train])
        assert trial.other_accuracies == [classifier.score(X[held_out], y[held_out])]
        assert trial.mean_accuracy == (trial.accuracy + trial.other_accuracies[0]) / 2
        loss = log_loss(y[held_out], classifier.predict_proba(X[held_out]))
        assert trial.other_losses == [pytest.approx(loss)]
        assert trial.mean_loss == (trial.loss + trial.other_losses[0]) / 2
    assert result.best_trial.mean_loss == min(trial.mean_loss for trial in again)


def test_the_lowest_mean_log_loss_is_the_best(tmp_path):
    """As if the setting that is worst on the first split had been better on the other one."""
    rates = {"learning_rate": [0.001, 0.003, 0.01, 0.03]}
    first = search(tmp_path, n_trials=5, space=rates)
    again = measured_again(first)
    worst = min(again, key=lambda trial: (trial.accuracy, -trial.loss))
    study = journal_of(tmp_path)
    for name in study.user_attrs:
        study.set_user_attr(name, [0.9, 0.0] if f" {worst.number} " in name else [1.0, 99.0])
    result = search(tmp_path, n_trials=5, space=rates)
    assert result.best == worst.number
    assert result.best_estimator.learning_rate == worst.params["learning_rate"]


def test_hopeless_trials_stop_in_the_second_half(found):
    result, *_ = found
    pruned = [trial for trial in result.trials if trial.state == "pruned"]
    assert pruned
    assert {trial.params["learning_rate"] for trial in pruned} == {1e-6}
    assert all(2 <= len(trial.curve) < 4 for trial in pruned)
    assert all(trial.accuracy == trial.curve[-1] for trial in pruned)
    assert all(trial.number >= 5 for trial in pruned)


def test_progress_goes_on_to_the_end(found):
    calls = found[-1]
    names, fractions, stages = zip(*calls, strict=True)
    assert set(names) == {"tune"}
    known = [fraction for fraction in fractions if fraction is not None]
    assert known == sorted(known)
    assert known[-1] == 1.0
    assert stages[0] == "trial 1 of 8, epoch 1 of 4"
    assert stages.count("best settings again, split 2 of 2, epoch 1 of 4") == 5
    assert stages[-2:] == ("best parameters, epoch 4 of 4", "done")


def test_an_error_of_progress_is_no_result(tmp_path):
    """The search goes on later as if the report had not failed."""

    def fails_when_unknown(name, fraction, stage):
        return f"{fraction:.0%}"

    def fails(name):
        pass

    for progress in (fails, fails_when_unknown):
        with pytest.raises(TypeError):
            search(tmp_path / "failed", progress=progress)
    result = search(tmp_path / "failed")
    assert [trial.state for trial in result.trials] == ["lost", *3 * ["complete"]]
    measured = [each for trial in result.trials for each in trial.other_accuracies]
    assert len(measured) == 3
    assert min(measured) > 0


def test_a_trial_that_ends_while_it_is_looked_at_counts_as_it_ended(tmp_path):
    search(tmp_path, n_trials=1)
    mine, others = Search(tmp_path, 0), Search(tmp_path, 0)
    with others.trial(2) as trial:
        before = mine.study.get_trials()
        others.study.tell(trial, 0.5)
    mine.study.get_trials = lambda **options: before
    assert mine.count() == (2, 0)


def test_a_checkpoint_is_not_shared_by_trials(tmp_path):
    result = search(tmp_path / "search", mlp(checkpoint=str(tmp_path / "file")), n_trials=1)
    assert result.best_estimator.checkpoint is None
    assert not (tmp_path / "file").exists()


def test_columns_keep_their_names(tmp_path):
    X, y = tiny()
    frame = pd.DataFrame(X.reshape(len(X), -1)).add_prefix("pixel ")
    result = tune(mlp(), frame, y, folder=tmp_path, n_trials=1, space=RATES)
    assert result.best_estimator.feature_names_in_.tolist() == frame.columns.tolist()


def test_the_same_seed_gives_the_same_search(found, tmp_path):
    result, *_ = found
    again = search(tmp_path, mlp(epochs=4), n_trials=8)
    assert [(t.params, t.curve) for t in again.trials] == [
        (t.params, t.curve) for t in result.trials
    ]
    other = search(tmp_path / "other", n_trials=2, random_state=1)
    assert [t.params for t in other.trials] != [t.params for t in result.trials[:2]]


def test_the_result_is_plain_data(found):
    result, *_ = found
    read = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert [trial["number"] for trial in read["trials"]] == list(range(8))
    assert read["space"]["learning_rate"] == ["1e-06", "0.003", "0.01"]
    assert math.isclose(sum(read["importances"].values()), 1)


def test_the_default_space_and_numbers_of_columns(tmp_path):
    X, y = digits()
    columns = X.reshape(len(X), -1)
    result = tune(mlp(epochs=1), columns, y.astype(str), folder=tmp_path, n_trials=1)
    assert set(result.best_trial.params) == set(search_space(mlp()))
    assert result.importances == {}  # one trial tells nothing
    assert result.best_estimator.predict(columns[:1]).dtype.kind == "U"


def test_options_of_a_network_of_the_user(tmp_path):
    classifier = NetworkClassifier(skdigits.networks.build_mlp, epochs=1, random_state=0)
    space = {"build_options__hidden_layer_sizes": [(8,)]}
    result = search(tmp_path, classifier, n_trials=1, space=space)
    assert result.best_estimator.build_options == {
        "hidden_layer_sizes": result.best_trial.params["build_options__hidden_layer_sizes"]
    }


def test_a_rate_counts_for_optimizers_that_are_searched(tmp_path):
    space = {"optimizer": ["adam"], "learning_rate": [0.01]}
    result = search(tmp_path, mlp(optimizer=keras.optimizers.SGD(0.1)), n_trials=1, space=space)
    assert result.best_trial.params == {"optimizer": "adam", "learning_rate": 0.01}


# Going on


def test_a_finished_search_repeats_nothing(found, builds):
    result, folder, _ = found
    before = (folder / "best.skd").stat().st_mtime_ns, (folder / "journal.log").read_bytes()
    again = search(folder, mlp(epochs=4), n_trials=8)
    assert again.trials == result.trials
    after = (folder / "best.skd").stat().st_mtime_ns, (folder / "journal.log").read_bytes()
    assert after == before


def test_more_trials_and_fewer(tmp_path):
    first = search(tmp_path, n_trials=2)
    assert first.importances == {}  # two trials tell nothing
    more = search(tmp_path, n_trials=3)
    assert more.trials[:2] == first.trials
    assert len(more.trials) == 3
    assert search(tmp_path, n_trials=1).trials == more.trials


def test_no_trial_begins_after_the_time(tmp_path):
    result = search(tmp_path, n_trials=1)
    again = search(tmp_path, n_trials=50, minutes=1e-9)
    assert again.trials == result.trials
    with pytest.raises(ValueError, match="no trial is complete yet; run the same search again"):
        search(tmp_path / "new", n_trials=50, minutes=1e-9)


@contextmanager
def at_call(name, n, action):
    """Do something at the n-th call of a function of `os`, before it."""
    real, calls = getattr(os, name), itertools.count(1)

    def call(*args):
        if next(calls) == n:
            action()
        return real(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, name, call)
        yield


@pytest.mark.parametrize(("name", "n"), [("fsync", 8), ("fsync", 10), ("replace", 3)])
def test_ctrl_c_in_a_trial_and_in_the_last_fit(tmp_path, name, n):
    with at_call(name, n, lambda: signal.raise_signal(signal.SIGINT)):
        with pytest.raises(KeyboardInterrupt):
            search(tmp_path, mlp(epochs=4), n_trials=2)
        assert not (tmp_path / "best.skd").exists()
    assert bool(list(tmp_path.glob("best-*.checkpoint"))) == (name == "replace")
    states = [trial.state for trial in search(tmp_path, mlp(epochs=4), n_trials=2).trials]
    assert [state for state in states if state != "lost"] == ["complete"] * 2
    assert (tmp_path / "best.skd").exists()
    assert not [*tmp_path.glob(".locks/trial*"), *tmp_path.glob("*.checkpoint")]


def test_a_torn_line_is_cut_off(tmp_path):
    """As a full disk or a kill leaves it."""
    result = search(tmp_path, n_trials=1)
    journal = tmp_path / "journal.log"
    journal.write_bytes(journal.read_bytes() + b'{"op_code":4,"worker_id":"ab')
    again = search(tmp_path, n_trials=2)
    assert again.trials[0].curve == result.trials[0].curve
    assert len(journal_of(tmp_path).trials) == 2
    assert all(json.loads(line) for line in journal.read_text().splitlines())


def test_a_damaged_journal_is_named(tmp_path):
    search(tmp_path, n_trials=1)
    journal = tmp_path / "journal.log"
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join([lines[0], "\0" * 20, *lines[1:], ""]))
    with pytest.raises(ValueError, match=r"journal.log is damaged in line 2; search in another"):
        search(tmp_path, n_trials=2)


@pytest.mark.skipif(os.name == "nt", reason="no limit of the size of files")
def test_a_disk_that_is_full_in_a_trial(tmp_path):
    import resource

    search(tmp_path, n_trials=1)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = (tmp_path / "journal.log").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1000, limits[1]))  # in the next trial
    try:
        with pytest.raises(OSError, match="File too large"):
            search(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not (tmp_path / "journal.log").read_bytes().endswith(b"\n")
    states = [trial.state for trial in search(tmp_path).trials]
    assert states == ["complete", "lost", "complete", "complete"]


AGAIN = "best settings again, split 2 of 2, epoch 1 of 2"


def measures_in(folder):
    """Return the names of the measures that were written, each as often as it was."""
    lines = (folder / "journal.log").read_text().splitlines()
    return [
        name for line in lines for name in json.loads(line).get("user_attr", ()) if "split" in name
    ]


def test_ctrl_c_while_settings_are_measured_again(tmp_path):
    stages = []

    def interrupt(name, fraction, stage):
        stages.append(stage)
        if stages.count(AGAIN) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(tmp_path, progress=interrupt)
    assert len(measures_in(tmp_path)) == 1
    assert not (tmp_path / "best.skd").exists()
    stages.clear()
    result = search(tmp_path, progress=lambda name, fraction, stage: stages.append(stage))
    assert stages.count(AGAIN) == 2
    assert len(set(measures_in(tmp_path))) == len(measures_in(tmp_path)) == 3
    assert len(measured_again(result)) == 3


@contextmanager
def other_process(folder, n_trials, stage):
    """Begin the same search in another process, which waits in a stage for a line of input."""
    code = """
import sys
from support import mlp, tiny
from skdigits.tuning import tune
from test_tuning import RATES
folder, n_trials, awaited = sys.argv[1:]
X, y = tiny()
def wait(name, fraction, stage):
    if stage.startswith(awaited):
        print("waiting", flush=True)
        sys.stdin.readline()
tune(mlp(), X, y, folder=folder, n_trials=int(n_trials), space=RATES, progress=wait)
"""
    path = os.pathsep.join([os.path.dirname(__file__), *filter(None, sys.path)])
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder), str(n_trials), stage],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout.readline() == b"waiting\n"
        yield other


def test_a_trial_whose_process_is_dead_is_lost_and_others_wait_for_a_running_one(tmp_path):
    """The other process has begun a trial; here it waits until we have seen it."""
    with other_process(tmp_path, 2, "trial 1") as other:
        stages = []

        def kill_when_waiting(name, fraction, stage):
            stages.append(stage)
            if stage.startswith("waiting"):
                other.kill()

        result = search(tmp_path, n_trials=2, progress=kill_when_waiting)
    assert "waiting for other processes" in stages
    assert [trial.state for trial in result.trials] == ["lost", "complete", "complete"]
    assert result.trials[0].seconds is None
    assert result.trials[0].params != {}
    params = [str(trial.params) for trial in result.trials]
    assert len(set(params)) > 1  # no seed is used twice


@pytest.mark.slow
@pytest.mark.parametrize("ends", [False, True])
def test_two_processes_measure_each_setting_once(tmp_path, ends):
    """The other process has begun to measure one; here it waits until we have measured the rest."""
    with other_process(tmp_path, 3, "best settings again") as other:
        stages = []

        def go_on_when_waiting(name, fraction, stage):
            stages.append(stage)
            if stage.startswith("waiting") and stages.count(stage) == 1:
                assert stages.count(AGAIN) == len(measures_in(tmp_path)) == 2
                if ends:
                    other.kill()
                else:
                    other.communicate(b"\n" * 9)

        result = search(tmp_path, progress=go_on_when_waiting)
    assert len(measured_again(result)) == 3
    assert stages.count(AGAIN) == (3 if ends else 2)
    assert len(set(measures_in(tmp_path))) == len(measures_in(tmp_path)) == 3


@pytest.mark.slow
def test_several_processes_share_the_trials(tmp_path):
    """Their trials are those of one process, since the first ones are drawn at random."""
    alone = search(tmp_path / "alone", n_trials=5)
    together = search(tmp_path / "together", n_trials=5, n_jobs=2)
    assert [(t.params, t.accuracy) for t in together.trials] == [
        (t.params, t.accuracy) for t in alone.trials
    ]
    assert together.best == alone.best


# What does not work


def test_a_setting_that_cannot_be_trained_fails_alone(tmp_path):
    X, y = tiny()
    space = {"class_weight": ["balanced", {7: 1.0}]}
    result = tune(mlp(epochs=1), X, y, folder=tmp_path, n_trials=6, space=space)
    failed = [trial for trial in result.trials if trial.state == "failed"]
    assert 0 < len(failed) < 6
    assert len(result.trials) == 6
    assert all(trial.error.startswith("ValueError: ") for trial in failed)
    assert all(trial.accuracy is None for trial in failed)


def test_nothing_can_be_trained(tmp_path):
    space = {"learning_rate": [1e30]}
    with pytest.raises(ValueError, match="all 2 trials failed; the first said: ValueError: Train"):
        search(tmp_path, mlp(optimizer="sgd", batch_norm=False), n_trials=2, space=space)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classifier": mlp(epochs=1)}, "its parameter epochs is 2, not 1. Search in another"),
        ({"classifier": CNNClassifier()}, "its model is MLPClassifier, not CNNClassifier"),
        ({"random_state": 3}, "its random_state is 0, not 3"),
        ({"space": {"dropout": [0.1]}}, "its space of dropout is missing, not "),
    ],
)
def test_a_folder_belongs_to_one_search(tmp_path_factory, change, message):
    folder = tmp_path_factory.getbasetemp() / "one"
    search(folder, n_trials=1)
    with pytest.raises(ValueError, match="holds another search: ") as caught:
        search(folder, **{"n_trials": 1, **change})
    assert message in str(caught.value)
    X, y = tiny(seed=1)
    with pytest.raises(ValueError, match="another search: its images or labels are others"):
        tune(mlp(), X, y, folder=folder, n_trials=1, space=RATES)
    check_search(folder, mlp(), RATES)


def test_the_folder_of_pictures_stays_a_data_set(tmp_path):
    for label in ("a", "b"):
        save(tmp_path / label / "1.png")
    search(tmp_path, n_trials=1)
    _, labels = load_images(tmp_path, return_X_y=True)
    assert labels.tolist() == ["a", "b"]


def test_a_search_with_an_object_of_keras_goes_on(tmp_path):
    def classifier(rate):
        return mlp(epochs=1, optimizer=keras.optimizers.SGD(rate, momentum=0.9))

    space = {"hidden_layer_sizes": [(8,)]}
    search(tmp_path, classifier(0.1), n_trials=1, space=space)
    written = (tmp_path / "best.skd").stat().st_mtime_ns
    search(tmp_path, classifier(0.1), n_trials=1, space=space)
    assert (tmp_path / "best.skd").stat().st_mtime_ns == written
    with pytest.raises(ValueError, match="its parameter optimizer is SGD of digest"):
        search(tmp_path, classifier(0.2), n_trials=1, space=space)


def test_a_search_of_a_data_frame_of_several_types_goes_on(tmp_path):
    """numpy's bytes of its values are addresses, which another copy does not have."""
    X, y = tiny()
    frame = pd.DataFrame(X.reshape(len(X), -1))
    one, two = (frame.astype(float).astype(object).astype({0: "int64"}) for _ in range(2))
    for n_trials, copy in ((1, one), (2, two)):
        result = tune(mlp(), copy, y, folder=tmp_path, n_trials=n_trials, space=RATES)
        assert len(result.trials) == n_trials
    two.iloc[0, 1] += 1
    with pytest.raises(ValueError, match="another search: its images or labels are others"):
        tune(mlp(), two, y, folder=tmp_path, n_trials=2, space=RATES)


def test_early_stopping_does_not_choose_by_the_images_that_measure(tmp_path):
    stops = {"epochs": 12, "early_stopping": True, "validation_fraction": 0.2}
    result = search(tmp_path, mlp(**stops), n_trials=1)
    X, y = tiny()
    train, held_out = next(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))
    for trial in result.trials:
        expected = mlp(**stops, **trial.params).fit(X[train], y[train])
        assert trial.accuracy == expected.score(X[held_out], y[held_out])
        assert trial.loss == pytest.approx(
            log_loss(y[held_out], expected.predict_proba(X[held_out]))
        )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"classifier": mlp(transfer_from=mlp()), "space": {"dropout": [0.1]}},
            ValueError,
            "space has 'dropout', which MLPClassifier ignores: its 'transfer_from' replaces it",
        ),
        (
            {"classifier": mlp(optimizer=keras.optimizers.SGD()), "space": {"learning_rate": [1]}},
            ValueError,
            "space has 'learning_rate', which MLPClassifier ignores: its 'optimizer' replaces it",
        ),
        ({"n_trials": 0}, ValueError, "'n_trials' parameter of tune must be an int in the range"),
        ({"n_trials": 2.0}, ValueError, "'n_trials' parameter of tune must be an int"),
        ({"minutes": 0}, ValueError, "'minutes' parameter of tune must be a float"),
        ({"random_state": None}, ValueError, "'random_state' parameter of tune must be an int"),
        ({"space": {}}, ValueError, "space has no parameter to search"),
        ({"space": {"depth": [1]}}, ValueError, "space has 'depth', which MLPClassifier does not"),
        ({"classifier": "mlp"}, TypeError, "tune takes an MLPClassifier, a CNNClassifier or a"),
        ({"classifier": mlp(activation=lambda x: x)}, ValueError, "activation"),
        ({"space": {"activation": ["relu", lambda x: x]}}, ValueError, "activation"),
    ],
)
def test_bad_input_is_refused_before_any_work(tmp_path, options, error, message):
    with pytest.raises(error) as caught:
        search(tmp_path / "new", **options)
    assert message in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_classes_of_one_image(tmp_path):
    X, y = tiny()
    y = y.copy()
    y[0] = 9
    with pytest.raises(ValueError, match="too few to hold out a fifth of each class"):
        tune(mlp(), X, y, folder=tmp_path, n_trials=1)


# What others report of Optuna with Keras


def test_no_memory_grows_with_stopped_trials(tmp_path, builds):
    """Each of the two networks is built once, and again by nobody, also after stopped trials."""
    space = {**RATES, "learning_rate": loguniform(1e-6, 0.01)}
    result = search(tmp_path, mlp(epochs=4), n_trials=20, space=space)
    assert "pruned" in {trial.state for trial in result.trials}
    assert len(builds) <= 2


def test_optuna_prints_as_much_as_before_and_nothing_meanwhile(tmp_path, capfd, recwarn):
    level, during = optuna.logging.get_verbosity(), set()

    def look(name, fraction, stage):
        if stage != "done":
            during.add(optuna.logging.get_verbosity())

    result = search(tmp_path, n_trials=3, space={"hidden_layer_sizes": [(8,)]}, progress=look)
    assert result.importances == {}  # all have the same accuracy
    assert capfd.readouterr() == ("", "")
    assert during == {optuna.logging.ERROR}
    assert optuna.logging.get_verbosity() == level
    assert not [warning for warning in recwarn if "optuna" in warning.filename]


def test_trainings_of_different_lengths_are_compared_by_the_part_that_is_done(tmp_path):
    """A long one is no worse in the epoch in which the short ones end."""
    lengths = [2, 8]
    result = search(
        tmp_path,
        mlp(learning_rate=0.01),
        n_trials=12,
        space={"epochs": lengths, "dropout": [0, 0.1]},
    )
    journal = journal_of(tmp_path)
    for trial in journal.trials:
        assert max(trial.intermediate_values) == 10_000 or trial.state == TrialState.PRUNED
    for trial in result.trials:
        assert len(trial.curve) > trial.params["epochs"] / 2 - 1


def test_the_same_setting_is_not_trained_twice(tmp_path):
    calls = []
    result = search(
        tmp_path, n_trials=12, space={"epochs": [1, 2]}, progress=lambda *call: calls.append(call)
    )
    assert len(result.trials) == 12
    trained = {stage.partition(",")[0] for _, _, stage in calls if stage.startswith("trial")}
    assert len(trained) == 2
    by_setting = {(trial.params["epochs"], tuple(trial.curve)) for trial in result.trials}
    assert len(by_setting) == 2


def test_a_parameter_with_one_value_and_one_epoch(tmp_path):
    """There is no median to compare with, and no importance to share."""
    result = search(tmp_path, mlp(epochs=1), n_trials=7, space={"hidden_layer_sizes": [(8,)]})
    assert {trial.state for trial in result.trials} == {"complete"}
    assert result.importances == {}


def test_other_programs_read_the_journal(found):
    result, folder, _ = found
    study = journal_of(folder)
    assert study.best_value == result.best_trial.accuracy
    assert all(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in study.trials)


def test_import_needs_no_optuna():
    run_python("import sys, skdigits, skdigits.cli._app; assert 'optuna' not in sys.modules")


# The page


def test_the_page_shows_each_trial(found, tmp_path):
    result, *_ = found
    X, y = tiny(seed=1)
    comparison = evaluate({"mlp": result.best_estimator}, X, y)
    page = write_tuning(
        result, comparison, X, y, tmp_path, title="Tiny <1>", class_names=["a", "b", "c"]
    )
    text = page.read_text(encoding="utf-8")
    assert "Tiny &lt;1&gt;" in text
    read = Page(text)
    accuracy = f"{100 * comparison['mlp'].mean['accuracy']:.2f} %"
    assert f"The best of 8 settings gets {accuracy} of the test images right" in read.text
    assert sorted(row[0] for row in read.rows if row[0].startswith("#")) == [
        f"#{n}" for n in range(8)
    ]
    assert "The best 5 settings were trained and measured on 2 splits" in read.text
    header, *rows = [row for row in read.rows if "Mean of 2 splits" in row or row[0][0] == "#"]
    means = [row[header.index("Mean of 2 splits")] for row in rows]
    by_number = {f"#{trial.number}": trial for trial in result.trials}
    for row, mean in zip(rows, means, strict=True):
        trial = by_number[row[0]]
        known = (
            f"{100 * trial.mean_accuracy:.2f}\N{NARROW NO-BREAK SPACE}%"
            if trial.other_accuracies
            else "–"
        )
        assert mean == known
    assert rows[0][0] == f"#{result.best}"
    assert ("End" in header) == any(trial.state != "complete" for trial in result.trials)
    labels = [attrs["aria-label"] for attrs in read.all("svg")]
    assert len(labels) == len(set(labels)) == 5
    assert (
        f"the best MLPClassifier, {len(comparison['mlp'].mistakes['index'])} mistakes" in read.text
    )
    assert not [attrs for attrs in read.all("a") if not attrs["href"].startswith("#")]
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["test"] == {"n_images": 60, "accuracy": comparison["mlp"].mean["accuracy"]}
    assert results["search"]["best"] == result.best
    assert results["search"]["n_splits"] == 2


@pytest.mark.parametrize("first", ["complete", "pruned"])
def test_the_best_so_far_is_drawn_whatever_trial_ends_first(first, found):
    result, *_ = found
    states = [first, "complete", "pruned", "complete"]
    trials = [
        dataclasses.replace(result.best_trial, state=state, accuracy=accuracy)
        for state, accuracy in zip(states, [0.5, 0.6, 0.9, 0.7], strict=True)
    ]
    charts = tuning_charts(trials, result.space, {}, trials[3], of="")
    ax = Figure().subplots()
    charts["progress-trials"].plot(ax)
    best = [50 if first == "complete" else np.nan, 60, 60, 70]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), best)


def test_the_page_names_objects_and_numbers_of_numpy(tmp_path):
    space = {"optimizer": [keras.optimizers.SGD(0.1), "adam"], "epochs": np.array([1, 2])}
    result = search(tmp_path, mlp(hidden_layer_sizes=(8,)), n_trials=2, space=space)
    plain = result.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    for trial in plain["trials"]:
        assert str(trial["params"]["optimizer"]) in plain["space"]["optimizer"]
    X, y = tiny(seed=1)
    comparison = evaluate({"mlp": result.best_estimator}, X, y)
    text = write_tuning(result, comparison, X, y, tmp_path, title="Tiny").read_text("utf-8")
    assert "SGD of digest" in text or all(t.params["optimizer"] == "adam" for t in result.trials)
    assert "object at 0x" not in text
    assert "End" not in Page(text).texts  # all are complete
