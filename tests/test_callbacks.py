"""Callbacks of Keras and of scikit-learn, and Ctrl-C."""

import copy
import gc
import os
import pickle
import signal
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from joblib import parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from support import MLP_AND_SLOWLY_CNN, assert_same_weights, mlp, slow_but, tiny, weights

from skdigits._private_names import TAKES_PUBLIC_WAYS
from skdigits.ensemble import AveragingClassifier
from skdigits.model_selection import compare
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


class Around(ClassifierMixin, BaseEstimator):
    """A classifier of a user's, with a network in it."""

    def __init__(self, network=None):
        self.network = network

    def fit(self, X, y):
        self.network_ = clone(self.network).fit(X, y)
        self.classes_ = self.network_.classes_
        return self

    def predict_proba(self, X):
        return self.network_.predict_proba(X)


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

    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
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

    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
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

    def test_the_epoch_that_early_stopping_of_keras_restores_is_the_best_one(self):
        stop = keras.callbacks.EarlyStopping("loss", mode="max", restore_best_weights=True)
        kept = EpochWeights()
        estimator = mlp(epochs=5, callbacks=[kept, stop]).fit(X, Y)
        assert estimator.best_epoch_ < estimator.n_iter_
        assert_same_weights(weights(estimator), kept.weights[estimator.best_epoch_ - 1])

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
        callbacks = [Recorder(), keras.callbacks.ReduceLROnPlateau("loss")]
        estimator = mlp(callbacks=callbacks, **CONSTANT).fit(X, Y)
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

    @pytest.mark.parametrize(
        ("loss", "monitor"),
        [
            ("auto", "accuracy"),
            pytest.param("auto", "val_accuracy", marks=pytest.mark.slow),
            pytest.param("categorical_crossentropy", "accuracy", marks=pytest.mark.slow),
            ("categorical_crossentropy", "val_accuracy"),
        ],
    )
    def test_more_accuracy_is_better_without_saying_so(self, loss, monitor, tmp_path):
        path = str(tmp_path / "{epoch}.weights.h5")
        given = {"accuracy": iter([0.5, 0.7, 0.6]), "val_accuracy": iter([0.5, 0.7, 0.6])}
        callbacks = [
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda _, logs: logs.update({monitor: next(given[monitor])})
            ),
            stopping := keras.callbacks.EarlyStopping(monitor, patience=1),
            plateau := keras.callbacks.ReduceLROnPlateau(monitor, patience=1),
            keras.callbacks.ModelCheckpoint(
                path, monitor, save_best_only=True, save_weights_only=True
            ),
        ]
        mlp(epochs=3, callbacks=callbacks, loss=loss, **CONSTANT).fit(X, Y, X_val=X, y_val=Y)
        assert stopping.best == plateau.best == 0.7
        assert stopping.stopped_epoch == 2
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "1.weights.h5",
            "2.weights.h5",
        ]

    def test_the_model_measures_accuracy(self):
        estimator = mlp().fit(X, Y)
        measured = estimator.model_.evaluate(X[..., np.newaxis], Y, verbose=0, return_dict=True)
        assert measured["accuracy"] == pytest.approx(estimator.score(X, Y))

    def test_the_old_names_of_batch_hooks(self):
        class Old(keras.callbacks.Callback):
            batches = 0

            def on_batch_begin(self, batch, logs=None):
                self.batches += 1

            def on_batch_end(self, batch, logs=None):
                self.batches += 1

        callback = Old()
        mlp(callbacks=[callback], batch_size=25).fit(X, Y)
        assert callback.batches == 2 * 3 * 2

    def test_hooks_of_a_measurement_are_called_around_it(self):
        calls = []

        class Measures(keras.callbacks.Callback):
            def on_test_begin(self, logs=None):
                calls.append("begins")

            def on_test_batch_end(self, batch, logs=None):
                calls.append(batch)

            def on_test_end(self, logs=None):
                calls.append(logs)

        estimator = mlp(callbacks=[Measures()], batch_size=25, epochs=1)
        estimator.fit(X, Y, X_val=X, y_val=Y)
        history = {f"val_{name}": [value] for name, value in calls.pop().items()}
        assert calls == ["begins", 0, 1, 2]
        assert history == {name: estimator.history_[name] for name in history}
        mlp(callbacks=[Measures()]).fit(X, Y)
        assert calls == ["begins", 0, 1, 2]

    def test_measurements_see_the_averages_that_are_swapped_in(self):
        optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
        plain = mlp(optimizer=optimizer, epochs=1, batch_size=10, **CONSTANT)
        plain.fit(X, Y, X_val=X, y_val=Y)
        expected, without = plain.predict_proba(X), plain.history_["val_loss"][0]
        swapped = clone(plain).set_params(callbacks=[keras.callbacks.SwapEMAWeights()])
        del plain  # its network serves again
        swapped.fit(X, Y, X_val=X, y_val=Y)
        np.testing.assert_allclose(swapped.predict_proba(X), expected, atol=1e-6)
        loss = swapped.history_["val_loss"][0]  # the training ends with the averages, too
        assert loss == pytest.approx(log_loss(Y, swapped.predict_proba(X)), rel=1e-4)
        assert loss != pytest.approx(without, rel=1e-4)


class Writes(keras.callbacks.Callback):
    """Writes into the logs of each epoch."""

    def __init__(self, *logs):
        super().__init__()
        self.epochs = list(logs)

    def on_epoch_end(self, epoch, logs=None):
        self.epochs[epoch](logs)


def adds(**values):
    return lambda logs: logs.update(values)


class TestLogs:
    """`history_` holds what Keras's own `History` would, one value an epoch."""

    def test_values_that_a_callback_adds(self):
        estimator = mlp(callbacks=[Writes(adds(val_f1=0.25), adds(val_f1=0.5))]).fit(X, Y)
        assert estimator.history_["val_f1"] == [0.25, 0.5]
        assert list(estimator.history_) == ["accuracy", "loss", "val_f1"]

    def test_those_that_some_epochs_lack_are_nan(self):
        estimator = mlp(
            epochs=3, callbacks=[Writes(adds(), adds(late=1), adds())], warm_start=True
        ).fit(X, Y)
        np.testing.assert_equal(estimator.history_["late"], [np.nan, 1.0, np.nan])
        estimator.set_params(callbacks=None, epochs=1).fit(X, Y)
        np.testing.assert_equal(estimator.history_["late"], [np.nan, 1.0, np.nan, np.nan])

    def test_values_that_a_callback_changes_or_takes_away(self):
        def takes_away(logs):
            del logs["accuracy"]

        estimator = mlp(callbacks=[Writes(adds(loss=7), takes_away)], warm_start=True).fit(X, Y)
        assert estimator.history_["loss"][0] == 7.0
        np.testing.assert_equal(estimator.history_["accuracy"][1], np.nan)
        estimator.set_params(callbacks=[Writes(None, None, dict.clear)], epochs=1).fit(X, Y)
        assert {len(values) for values in estimator.history_.values()} == {3}

    @pytest.mark.parametrize(
        "number",
        [2, np.float32(2), np.array(2), np.int64(2), tf.constant(2.0), keras.Variable(2.0)],
        ids=lambda number: type(number).__name__,
    )
    def test_numbers_of_any_kind_become_floats(self, number):
        value = mlp(epochs=1, callbacks=[Writes(adds(it=number))]).fit(X, Y).history_["it"][0]
        assert type(value) is float
        assert value == 2.0

    def test_anything_else_is_kept_and_compared_models_leave_it_out(self):
        confusion = np.eye(3)
        estimator = mlp(epochs=1, callbacks=[Writes(adds(confusion=confusion, note="one"))])
        history = clone(estimator).fit(X, Y).history_
        np.testing.assert_array_equal(history["confusion"][0], confusion)
        assert history["note"] == ["one"]
        compared = compare({"mlp": estimator}, X, Y, X_test=X, y_test=Y)
        assert list(compared["mlp"].runs[0].history) == ["accuracy", "loss"]

    def test_callbacks_see_what_those_before_them_have_written(self):
        stopping = keras.callbacks.EarlyStopping("val_f1", mode="max", patience=1)
        writes = Writes(*[adds(val_f1=value) for value in (0.5, 0.4, 0.6)])
        assert mlp(epochs=3, callbacks=[writes, stopping]).fit(X, Y).n_iter_ == 2

    def test_what_is_written_into_the_logs_of_a_batch_stays_there(self):
        callback = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: logs.update(loss=7)
        )
        assert mlp(callbacks=[callback]).fit(X, Y).history_["loss"][0] != 7


class SetsRate(keras.callbacks.Callback):
    """Sets the learning rate in one of the ways that there are."""

    def __init__(self, hook, assign):
        super().__init__()
        self.assign = assign
        setattr(self, hook, self.set_rate)

    def set_rate(self, number, logs=None):
        if self.assign:
            self.model.optimizer.learning_rate.assign(1e-6)
        else:
            self.model.optimizer.learning_rate = 1e-6


class TestRatesThatAreUndone:
    """The one-cycle schedule sets the rate at every step; a callback that sets it is told so."""

    RATE_SETTERS = {
        "scheduler": lambda: keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.01),
        "plateau": lambda: keras.callbacks.ReduceLROnPlateau("loss"),
        "epoch begin": lambda: SetsRate("on_epoch_begin", assign=False),
        "epoch end": lambda: SetsRate("on_epoch_end", assign=True),
        "batch end": lambda: SetsRate("on_train_batch_end", assign=False),
    }

    @pytest.mark.parametrize("make", RATE_SETTERS.values(), ids=RATE_SETTERS)
    def test_one_warning_says_what_to_set(self, make):
        callback = make()
        with pytest.warns(UserWarning, match="learning_rate_schedule='constant'") as caught:
            mlp(epochs=3, callbacks=[callback, Recorder()]).fit(X, Y)
        (warning,) = [each for each in caught if each.category is UserWarning]
        assert str(warning.message).startswith(type(callback).__name__)
        assert warning.filename == __file__

    @pytest.mark.parametrize("make", RATE_SETTERS.values(), ids=RATE_SETTERS)
    def test_none_where_the_rate_is_the_callbacks_to_set(self, make, recwarn):
        mlp(callbacks=[make()], **CONSTANT).fit(X, Y)
        assert [warning for warning in recwarn if warning.category is UserWarning] == []

    def test_none_for_a_callback_that_leaves_it_alone(self, recwarn):
        mlp(callbacks=[Recorder(), BatchRecorder()]).fit(X, Y)
        assert [warning for warning in recwarn if warning.category is UserWarning] == []


only_private_names_tell = pytest.mark.skipif(
    TAKES_PUBLIC_WAYS, reason="no public way tells of restored epochs and swapped averages"
)


@only_private_names_tell
class TestBackupAndRestore:
    """After a crash Keras's callback goes on where the last epoch was saved."""

    @pytest.mark.parametrize("optimizer", slow_but(["auto", "adam"], "adam"))
    def test_the_other_epochs_are_trained_as_if_nothing_had_happened(self, optimizer, tmp_path):
        path, recorder = tmp_path / "backup", Recorder()

        def estimator(*callbacks):
            backup = keras.callbacks.BackupAndRestore(path)
            parameters = {"epochs": 4, "batch_size": 20, "optimizer": optimizer}
            return mlp(callbacks=[backup, *callbacks], **parameters)

        class Crashes(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch == 2:
                    raise OSError("out of paper")

        with pytest.raises(OSError, match="paper"):
            estimator(Crashes()).fit(X, Y)
        assert path.exists()
        resumed = estimator(recorder).fit(X, Y)
        assert not path.exists()
        assert recorder.calls[1] == "epoch 2 begins"
        whole = estimator().fit(X, Y)
        np.testing.assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))
        assert resumed.n_iter_ == 4
        np.testing.assert_equal(resumed.history_["loss"], [np.nan] * 2 + whole.history_["loss"][2:])

    def test_a_training_that_was_saved_whole_has_nothing_left_to_train(self, tmp_path):
        callback = keras.callbacks.BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)
        estimator = mlp(callbacks=[callback]).fit(X, Y)
        before = estimator.predict_proba(X)
        again = mlp(callbacks=[callback], random_state=1).fit(X, Y)
        np.testing.assert_array_equal(again.predict_proba(X), before)
        assert again.n_iter_ == 2


class TestCallsOfTheModel:
    """A callback may predict, measure and save with the model that it is given."""

    def test_in_each_epoch(self, tmp_path):
        class Calls(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                images = X[..., np.newaxis]
                logs["predicted"] = (self.model.predict(images, verbose=0).argmax(1) == Y).mean()
                logs["measured"] = self.model.evaluate(images, Y, verbose=0)[1]
                self.model.save(tmp_path / f"{epoch}.keras")

        expected = mlp(dropout=0.3).fit(X, Y, X_val=X, y_val=Y).predict_proba(X)
        estimator = mlp(dropout=0.3, callbacks=[Calls()]).fit(X, Y, X_val=X, y_val=Y)
        assert estimator.history_["predicted"] == pytest.approx(estimator.history_["val_accuracy"])
        assert estimator.history_["measured"] == pytest.approx(estimator.history_["val_accuracy"])
        np.testing.assert_array_equal(estimator.predict_proba(X), expected)
        saved = keras.models.load_model(tmp_path / "1.keras")
        assert_same_weights(saved.get_weights(), weights(estimator))


def a_schedule(epoch, rate):
    return rate / 2


def a_hook(epoch, logs):
    pass


CALLBACKS = {
    "CSVLogger": lambda folder: keras.callbacks.CSVLogger(folder / "log.csv"),
    "ModelCheckpoint": lambda folder: keras.callbacks.ModelCheckpoint(
        folder / "a.weights.h5", "val_accuracy", save_best_only=True, save_weights_only=True
    ),
    "BackupAndRestore": lambda folder: keras.callbacks.BackupAndRestore(folder / "backup"),
    "EarlyStopping": lambda _: keras.callbacks.EarlyStopping(
        "val_accuracy", restore_best_weights=True
    ),
    "ReduceLROnPlateau": lambda _: keras.callbacks.ReduceLROnPlateau("accuracy"),
    "LearningRateScheduler": lambda _: keras.callbacks.LearningRateScheduler(a_schedule),
    "LambdaCallback": lambda _: keras.callbacks.LambdaCallback(on_epoch_end=a_hook),
    "RemoteMonitor": lambda _: keras.callbacks.RemoteMonitor("http://127.0.0.1:9"),
    "SwapEMAWeights": lambda _: keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
    "TerminateOnNaN": lambda _: keras.callbacks.TerminateOnNaN(),
    "ProgbarLogger": lambda _: keras.callbacks.ProgbarLogger(),
    "History": lambda _: keras.callbacks.History(),
    "TensorBoard": lambda folder: keras.callbacks.TensorBoard(folder / "board"),
}

# Those that hold files, threads or weights; the others are plain objects.
QUICK_CALLBACKS = [
    "CSVLogger",
    "EarlyStopping",
    "TensorBoard",
]


class Opens(keras.callbacks.Callback):
    """Keeps files in each way in which a callback may."""

    def __init__(self, path):
        super().__init__()
        self.path, self.files, self.by_epoch, self.names = path, [], {}, []

    def on_epoch_begin(self, epoch, logs=None):
        self.file = open(self.path, "a")  # noqa: SIM115
        self.files.append(self.file)
        self.by_epoch[epoch] = self.file
        self.names.append(self.path.name)
        self.n_files = len(self.files)


class TestCopies:
    """Callbacks are parameters: what they hold after a fit must not keep `clone` from working."""

    @pytest.mark.parametrize("name", slow_but(CALLBACKS, *QUICK_CALLBACKS))
    @pytest.mark.filterwarnings("ignore:Could not reach RemoteMonitor")
    def test_a_fitted_estimator_with_a_callback_of_keras(self, name, tmp_path):
        if name == "TensorBoard":
            pytest.importorskip("tensorboard")
        if name == "SwapEMAWeights" and TAKES_PUBLIC_WAYS:
            pytest.skip("no public way tells of swapped averages")
        optimizer = keras.optimizers.SGD(0.01, use_ema=name == "SwapEMAWeights")
        estimator = mlp(
            callbacks=[CALLBACKS[name](tmp_path)], optimizer=optimizer, epochs=2, **CONSTANT
        ).fit(X, Y, X_val=X, y_val=Y)
        expected = estimator.predict_proba(X)
        for twin in (copy.deepcopy(estimator), pickle.loads(pickle.dumps(estimator))):
            np.testing.assert_array_equal(twin.predict_proba(X), expected)
        for twin in (clone(estimator), estimator):
            twin.fit(X, Y, X_val=X, y_val=Y)
            np.testing.assert_array_equal(twin.predict_proba(X), expected)
        search = GridSearchCV(estimator, {"callbacks": [estimator.callbacks, None]}, cv=2)
        assert search.fit(X, Y).best_estimator_.n_iter_ == 2

    def test_what_a_callback_has_opened_is_dropped_and_all_else_kept(self, tmp_path):
        callback = Opens(tmp_path / "file")
        estimator = mlp(callbacks=[callback]).fit(X, Y)
        assert not hasattr(callback, "file")
        assert callback.files == []
        assert callback.by_epoch == {}
        assert callback.names == ["file", "file"]
        assert callback.n_files == 2
        assert clone(estimator).fit(X, Y).callbacks[0].names == ["file"] * 4

    def test_what_tensorflow_knows_is_not_copied(self, tmp_path):
        """A copy of the state behind a writer would take the gradients from the process."""

        class Writes(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                self.writer = tf.summary.create_file_writer(str(tmp_path))

        mlp(callbacks=[Writes()]).fit(X, Y)
        gc.collect()
        numbers = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(numbers)
        assert tape.gradient(total, numbers).numpy().tolist() == [1, 1]

    def test_they_are_the_users_own_objects(self):
        stopping = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=1e9)
        history = keras.callbacks.History()
        estimator = mlp(epochs=9, callbacks=[stopping, history]).fit(X, Y)
        assert estimator.callbacks[0] is stopping
        assert stopping.stopped_epoch == 1
        assert history.history == estimator.history_

    def test_one_that_looks_into_the_model_it_is_given(self):
        class Looks(keras.callbacks.Callback):
            def set_model(self, model):
                super().set_model(model)
                self.n_layers = len(model.layers)

        callback = Looks()
        mlp(callbacks=[callback]).fit(X, Y)
        assert callback.n_layers > 2
        assert callback.model is None


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
    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
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


class TestCompare:
    """`compare` watches epochs for its progress, beside the callbacks that the caller has set."""

    def test_callbacks_of_a_classifier_and_of_the_last_step_of_a_pipeline(self):
        counts, monitor = [CountEpochs(), CountEpochs()], ScoringMonitor(scoring="accuracy")
        models = {
            "alone": mlp(epochs=2).set_callbacks(counts[0], monitor),
            "pipeline": make_pipeline(PixelScaler(), mlp(epochs=3).set_callbacks(counts[1])),
        }
        stages = []
        compare(models, X, Y, X_test=X, y_test=Y, progress=lambda *stage: stages.append(stage[2]))
        assert [count.begun.count("epoch") for count in counts] == [2, 3]
        assert "accuracy" in monitor.get_logs().data_as_pandas
        assert "epoch 3 of 3" in stages
        assert len(models["alone"]._skl_callbacks) == 2  # the caller's model is left alone

    def test_a_search_reports_to_its_own_callbacks_too(self):
        class Notes(CountEpochs):
            def on_fit_task_end(self, estimator, context):
                self.ended.append(context.task_name)

        notes = Notes()
        search = GridSearchCV(mlp(epochs=1), {"batch_size": [20, 30]}, cv=2).set_callbacks(notes)
        compare({"search": search}, X, Y, X_test=X, y_test=Y)
        assert len(notes.ended) > 1


class TestCtrlC:
    @pytest.mark.parametrize(
        "interrupt",
        [Interrupts(2), Interrupts(2, "on_epoch_begin"), InterruptsInBatch(2)],
        ids=["epoch end", "epoch begin", "batch"],
    )
    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
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

    @pytest.mark.parametrize(
        "fit_several",
        [
            lambda model: AveragingClassifier(model, 2).fit(X, Y),
            lambda model: make_pipeline(AveragingClassifier(model, 2)).fit(X, Y),
            lambda model: compare({"a": model}, X, Y, X_test=X, y_test=Y),
            lambda model: cross_val_score(model, X, Y, cv=2),
            lambda model: GridSearchCV(model, {"batch_size": [10]}, cv=2).fit(X, Y),
            lambda model: GridSearchCV(model, {"batch_size": [10]}, cv=2, n_jobs=2).fit(X, Y),
            lambda model: OneVsRestClassifier(Around(model)).fit(X, Y),
        ],
        ids=["average", "pipeline", "compare", "cross-validation", "search", "workers", "others"],
    )
    def test_it_ends_all_that_the_fit_is_a_part_of(self, fit_several):
        with parallel_config("threading"), pytest.raises(KeyboardInterrupt):
            fit_several(mlp(epochs=9, batch_size=10, callbacks=[Interrupts(2)]))

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

    @pytest.mark.skipif(
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread(),
        reason="needs POSIX signals, which the main thread gets",
    )
    def test_a_real_signal_in_the_midst_of_an_epoch(self):
        class Bell(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch == 2:
                    signal.setitimer(signal.ITIMER_REAL, 0.001)

        rng = np.random.default_rng(0)
        images, labels = rng.integers(0, 255, (20_000, 100), dtype=np.uint8), np.arange(20_000) % 2
        estimator = mlp(epochs=50, batch_size=32, callbacks=[Bell()])
        before = signal.signal(signal.SIGALRM, lambda *ignored: os.kill(os.getpid(), signal.SIGINT))
        try:
            with pytest.warns(UserWarning, match="interrupted") as caught:
                estimator.fit(images, labels)
        except KeyboardInterrupt:
            pytest.fail("the signal was not caught")
        finally:
            signal.signal(signal.SIGALRM, before)
        assert len(caught) == 1
        assert 2 <= estimator.n_iter_ < 50
        assert estimator.predict(images).shape == (20_000,)


def test_this_process_still_has_its_handler_for_ctrl_c():
    mlp().fit(X, Y)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler or os.name != "posix"
