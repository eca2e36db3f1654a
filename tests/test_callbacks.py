"""Callbacks of Keras and of scikit-learn, and Ctrl-C."""

import copy
import os
import pickle
import signal

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from support import BOTH, assert_same_weights, mlp, run_python, tiny, weights

from skdigits.preprocessing import PixelScaler

X, Y = tiny()
CONSTANT = {"learning_rate_schedule": "constant"}


class Recorder(keras.callbacks.Callback):
    """Notes every call."""

    def __init__(self):
        super().__init__()
        self.calls, self.logs = [], []

    def on_train_begin(self, logs=None):
        self.calls.append("train begins")

    def on_train_end(self, logs=None):
        self.calls.append("train ends")

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(f"epoch {epoch} begins")

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(f"epoch {epoch} ends")
        self.logs.append(dict(logs))


class BatchRecorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.batches, self.logs = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append(batch)
        self.logs.append(dict(logs))


class EpochWeights(keras.callbacks.Callback):
    """Keeps the weights of each epoch."""

    def __init__(self):
        super().__init__()
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append([np.array(weight) for weight in self.model.get_weights()])


class Interrupts(keras.callbacks.Callback):
    """Ctrl-C at the end of an epoch, or in the midst of it."""

    def __init__(self, epoch, hook="on_epoch_end"):
        super().__init__()
        self.epoch, self.current = epoch, None
        setattr(self, hook, self.interrupt)

    def on_epoch_begin(self, epoch, logs=None):
        self.current = epoch

    def interrupt(self, number, logs=None):
        if self.current == self.epoch:
            raise KeyboardInterrupt


class InterruptsInBatch(Interrupts):
    def __init__(self, epoch):
        super().__init__(epoch, hook="unused")

    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            self.interrupt(batch)


class TestKeras:
    def test_epoch_hooks_are_called_in_order_with_the_history(self):
        recorder = Recorder()
        estimator = mlp(callbacks=[recorder], early_stopping=True).fit(X, Y)
        assert recorder.calls == [
            "train begins",
            "epoch 0 begins",
            "epoch 0 ends",
            "epoch 1 begins",
            "epoch 1 ends",
            "train ends",
        ]
        for name, values in estimator.history_.items():
            assert [logs[name] for logs in recorder.logs] == values

    @pytest.mark.parametrize("make", BOTH)
    def test_batch_hooks_are_called_for_each_batch(self, make):
        recorder = BatchRecorder()
        estimator = make(callbacks=[recorder], batch_size=25).fit(X, Y)
        assert recorder.batches == [0, 1, 2, 0, 1, 2]
        for epoch, last in enumerate([2, 5]):
            for name, values in estimator.history_.items():
                assert recorder.logs[last][name] == pytest.approx(values[epoch])

    @pytest.mark.parametrize("hook", ["on_train_batch_begin", "on_train_batch_end"])
    def test_batch_hooks_of_a_lambda_callback_are_called_for_each_batch(self, hook):
        batches = []
        callback = keras.callbacks.LambdaCallback(**{hook: lambda b, logs: batches.append(b)})
        mlp(callbacks=[callback], batch_size=25).fit(X, Y)
        assert batches == [0, 1, 2, 0, 1, 2]

    @pytest.mark.parametrize("make", BOTH)
    def test_callbacks_leave_the_result_alone(self, make):
        expected = make(dropout=0.3).fit(X, Y).predict_proba(X)
        watched = make(dropout=0.3, callbacks=[Recorder(), BatchRecorder()]).fit(X, Y)
        np.testing.assert_array_equal(watched.predict_proba(X), expected)

    def test_a_lambda_callback_sees_epochs(self):
        losses = []
        callback = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: losses.append(logs["loss"])
        )
        assert mlp(callbacks=[callback]).fit(X, Y).history_["loss"] == losses

    def test_stop_training_ends_after_the_epoch(self):
        class Stops(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                self.model.stop_training = epoch == 1

        estimator = mlp(epochs=9, callbacks=[Stops()]).fit(X, Y)
        assert estimator.n_iter_ == 2
        assert len(estimator.history_["loss"]) == 2
        assert estimator.set_params(callbacks=None, epochs=3).fit(X, Y).n_iter_ == 3

    def test_stop_training_in_a_batch_ends_the_epoch(self):
        class Stops(keras.callbacks.Callback):
            n_batches = 0

            def on_train_batch_end(self, batch, logs=None):
                self.n_batches += 1
                self.model.stop_training = True

        callback = Stops()
        estimator = mlp(epochs=9, batch_size=10, callbacks=[callback]).fit(X, Y)
        assert callback.n_batches == estimator.n_iter_ == 1

    def test_keras_early_stopping(self):
        callback = keras.callbacks.EarlyStopping(monitor="loss", min_delta=1e9, patience=2)
        estimator = mlp(epochs=20, callbacks=[callback]).fit(X, Y)
        assert estimator.n_iter_ == 3

    def test_the_learning_rate_scheduler_sets_the_rate(self):
        still = keras.callbacks.LearningRateScheduler(
            lambda epoch, rate: rate if epoch < 1 else 0.0
        )
        one = mlp(epochs=1, **CONSTANT).fit(X, Y)
        many = mlp(epochs=4, callbacks=[still], **CONSTANT).fit(X, Y)
        assert_same_weights(weights(many), weights(one))

    def test_reduce_on_plateau_lowers_the_rate(self):
        plateau = keras.callbacks.ReduceLROnPlateau(
            monitor="loss", factor=0.1, patience=1, min_delta=1e9
        )
        rates = []
        note = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: rates.append(
                float(note.model.optimizer.learning_rate)
            )
        )
        mlp(epochs=4, learning_rate=0.1, callbacks=[plateau, note], **CONSTANT).fit(X, Y)
        assert rates == pytest.approx([0.1, 0.1, 0.01, 0.001])

    def test_the_next_fit_begins_with_its_own_rate(self):
        slower = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 10)
        mlp(callbacks=[slower], **CONSTANT).fit(X, Y)
        expected = mlp(**CONSTANT).fit(X, Y).predict_proba(X)
        estimator = mlp(callbacks=[slower], **CONSTANT).fit(X, Y)
        estimator.set_params(callbacks=None).fit(X, Y)
        np.testing.assert_array_equal(estimator.predict_proba(X), expected)

    def test_model_checkpoint_and_csv_logger_write_where_they_are_told(self, tmp_path):
        files = [tmp_path / "model.keras", tmp_path / "log.csv"]
        callbacks = [
            keras.callbacks.ModelCheckpoint(files[0], monitor="loss"),
            keras.callbacks.CSVLogger(files[1]),
        ]
        estimator = mlp(callbacks=callbacks).fit(X, Y)
        assert_same_weights(keras.models.load_model(files[0]).get_weights(), weights(estimator))
        assert len(files[1].read_text().splitlines()) == 3

    def test_instances_survive_clone_copy_and_pickle_after_a_fit(self):
        estimator = mlp(callbacks=[Recorder(), keras.callbacks.ReduceLROnPlateau("loss")]).fit(X, Y)
        for twin in (
            clone(estimator),
            copy.deepcopy(estimator),
            pickle.loads(pickle.dumps(estimator)),
        ):
            recorder, plateau = twin.callbacks
            assert recorder is not estimator.callbacks[0]
            assert recorder.calls[-1] == "train ends"
            assert isinstance(plateau, keras.callbacks.ReduceLROnPlateau)
            assert twin.fit(X, Y).n_iter_ == 2

    def test_a_pickle_does_not_carry_the_model_in_its_callbacks(self):
        wide = {"hidden_layer_sizes": (300,)}
        plain = len(pickle.dumps(mlp(**wide).fit(X, Y)))
        assert len(pickle.dumps(mlp(callbacks=[Recorder()], **wide).fit(X, Y))) < plain + 5000

    def test_cross_validation_uses_copies(self):
        recorder = Recorder()
        cross_val_score(mlp(callbacks=[recorder]), X, Y, cv=2, error_score="raise")
        assert recorder.calls == []

    def test_partial_fit_calls_them_for_its_epoch(self):
        recorder = Recorder()
        estimator = mlp(callbacks=[recorder]).partial_fit(X, Y).partial_fit(X, Y)
        assert estimator.n_iter_ == 2
        assert [call for call in recorder.calls if call.endswith("ends")] == [
            "epoch 0 ends",
            "train ends",
            "epoch 1 ends",
            "train ends",
        ]


class CountEpochs:
    """A scikit-learn callback that notes its tasks, and may stop."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.begun, self.ended, self.scores = [], [], []

    def setup(self, estimator, context):
        self.begun, self.ended, self.scores = [], [], []

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(context.task_name)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None, X=None, y=None):
        self.ended.append((context.task_name, context.task_id))
        self.scores.append(fitted_estimator.predict_proba(X))
        n_epochs = sum(name == "epoch" for name, _ in self.ended)
        return context.task_name == "epoch" and n_epochs == self.stop_after

    def teardown(self, estimator, context):
        pass


class TestScikitLearn:
    @pytest.mark.parametrize("make", BOTH)
    def test_one_task_an_epoch(self, make):
        callback = CountEpochs()
        estimator = make(epochs=3).set_callbacks(callback).fit(X, Y)
        assert callback.begun.count("epoch") == 3
        assert [task for task in callback.ended if task[0] == "epoch"] == [
            ("epoch", 0),
            ("epoch", 1),
            ("epoch", 2),
        ]
        assert len(callback.ended) == 4  # and the fit itself
        np.testing.assert_array_equal(callback.scores[-1], estimator.predict_proba(X))

    def test_fitted_estimators_are_those_of_the_epoch(self):
        callback = CountEpochs()
        mlp(epochs=3, **CONSTANT).set_callbacks(callback).fit(X, Y)
        for n_epochs in (1, 2):
            expected = mlp(epochs=n_epochs, **CONSTANT).fit(X, Y).predict_proba(X)
            np.testing.assert_array_equal(callback.scores[n_epochs - 1], expected)

    def test_true_stops(self):
        estimator = mlp(epochs=9).set_callbacks(CountEpochs(stop_after=2)).fit(X, Y)
        assert estimator.n_iter_ == 2
        assert len(estimator.history_["loss"]) == 2

    def test_they_leave_the_result_alone(self):
        expected = mlp(dropout=0.4).fit(X, Y).predict_proba(X)
        watched = mlp(dropout=0.4).set_callbacks(CountEpochs()).fit(X, Y)
        np.testing.assert_array_equal(watched.predict_proba(X), expected)

    def test_scoring_monitor_logs_each_epoch(self):
        monitor = ScoringMonitor(scoring="accuracy")
        estimator = mlp(epochs=4).set_callbacks(monitor).fit(X, Y)
        frame = monitor.get_logs().data_as_pandas
        epochs = frame[frame["task_name"] == "epoch"]
        assert len(epochs) == 4
        assert epochs["accuracy"].iloc[-1] == estimator.score(X, Y)

    def test_progress_bar_counts_the_epochs(self, capfd):
        mlp(epochs=3).set_callbacks(ProgressBar()).fit(X, Y)
        shown = capfd.readouterr()
        assert "MLPClassifier" in shown.out
        assert "100%" in shown.out

    def test_inside_a_pipeline_and_cross_validation(self):
        callback = CountEpochs()
        estimator = mlp(epochs=2).set_callbacks(callback)
        make_pipeline(PixelScaler(), estimator).fit(X, Y)
        assert callback.begun.count("epoch") == 2
        assert len(cross_val_score(estimator, X, Y, cv=2, error_score="raise")) == 2

    def test_partial_fit_is_one_task(self):
        callback = CountEpochs()
        mlp(epochs=5).set_callbacks(callback).partial_fit(X, Y)
        assert callback.begun.count("epoch") == 1

    def test_with_early_stopping_and_warm_start(self):
        callback = CountEpochs()
        estimator = mlp(
            epochs=20, early_stopping=True, n_iter_no_change=1, tol=10.0, warm_start=True
        ).set_callbacks(callback)
        estimator.fit(X, Y).fit(X, Y)
        assert callback.begun.count("epoch") == 2  # of the second fit
        np.testing.assert_array_equal(callback.scores[-1], estimator.predict_proba(X))


class TestCtrlC:
    @pytest.mark.parametrize(
        "interrupt",
        [Interrupts(2), Interrupts(2, "on_epoch_begin"), InterruptsInBatch(2)],
        ids=["epoch end", "epoch begin", "batch"],
    )
    @pytest.mark.parametrize("make", BOTH)
    def test_the_epochs_done_are_kept(self, make, interrupt):
        if isinstance(interrupt, Interrupts) and "on_epoch_begin" in vars(interrupt):
            interrupt.current = 2

            def at_begin(epoch, logs=None):
                if epoch == 2:
                    raise KeyboardInterrupt

            interrupt.on_epoch_begin = at_begin
        estimator = make(epochs=9, batch_size=10, callbacks=[interrupt], **CONSTANT)
        with pytest.warns(
            UserWarning, match="interrupted.*keeps the 2 epochs done, of 9"
        ) as caught:
            assert estimator.fit(X, Y) is estimator
        assert caught[0].filename == __file__
        assert estimator.n_iter_ == 2
        assert [len(values) for values in estimator.history_.values()] == [2, 2]
        expected = make(epochs=2, batch_size=10, **CONSTANT).fit(X, Y)
        np.testing.assert_array_equal(estimator.predict_proba(X), expected.predict_proba(X))
        assert_same_weights(weights(estimator), weights(expected))
        estimator.set_params(callbacks=None).partial_fit(X, Y)  # and it goes on
        assert estimator.n_iter_ == 3

    def test_in_the_first_epoch_it_is_raised_and_nothing_is_fitted(self):
        estimator = mlp(callbacks=[Interrupts(0)])
        with pytest.raises(KeyboardInterrupt):
            estimator.fit(X, Y)
        assert not hasattr(estimator, "model_")
        assert not hasattr(estimator, "classes_")
        expected = mlp().fit(X, Y).predict_proba(X)
        np.testing.assert_array_equal(
            estimator.set_params(callbacks=None).fit(X, Y).predict_proba(X), expected
        )

    @pytest.mark.parametrize("warm_start", [False, True])
    def test_in_the_first_epoch_of_another_fit_it_leaves_the_first(self, warm_start):
        estimator = mlp(warm_start=warm_start).fit(X, Y)
        before = estimator.predict_proba(X)
        estimator.set_params(callbacks=[Interrupts(2 if warm_start else 0)])
        with pytest.raises(KeyboardInterrupt):
            estimator.fit(X, Y)
        np.testing.assert_array_equal(estimator.predict_proba(X), before)
        assert estimator.n_iter_ == len(estimator.history_["loss"]) == 2
        twin = mlp(warm_start=warm_start).fit(X, Y)
        estimator.set_params(callbacks=None)
        np.testing.assert_array_equal(
            estimator.fit(X, Y).predict_proba(X), twin.fit(X, Y).predict_proba(X)
        )

    def test_with_early_stopping_the_best_epoch_so_far_is_kept(self):
        estimator = mlp(
            epochs=9, early_stopping=True, callbacks=[kept := EpochWeights(), Interrupts(4)]
        )
        with pytest.warns(UserWarning, match="keeps the 4 epochs"):
            estimator.fit(X, Y)
        scores = estimator.history_["val_accuracy"]
        assert len(scores) == 4
        assert 1 <= estimator.best_epoch_ <= 4
        assert_same_weights(weights(estimator), kept.weights[estimator.best_epoch_ - 1])

    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX signals")
    def test_a_real_signal_in_the_midst_of_an_epoch(self):
        code = """
import os, signal, threading, warnings
import numpy as np
from support import mlp
import keras

class Bell(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            signal.setitimer(signal.ITIMER_REAL, 0.001)
signal.signal(signal.SIGALRM, lambda *ignored: os.kill(os.getpid(), signal.SIGINT))
rng = np.random.default_rng(0)
X, y = rng.integers(0, 255, (20_000, 100), dtype=np.uint8), np.arange(20_000) % 2
estimator = mlp(epochs=50, batch_size=32, callbacks=[Bell()])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    estimator.fit(X, y)
print(estimator.n_iter_, len(caught), estimator.predict(X).shape)
"""
        assert run_python(code).stdout.split(maxsplit=1)[1].strip() == "1 (20000,)"


def test_this_process_still_has_its_handler_for_ctrl_c():
    mlp().fit(X, Y)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler or os.name != "posix"
