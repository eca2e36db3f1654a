"""A training that was killed goes on, and ends with the same bits."""

import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from support import cnn, dense, digits, mlp, slow_but

import skdigits
from skdigits import NetworkClassifier
from skdigits.ensemble import AveragingClassifier
from skdigits.preprocessing import PixelScaler

X, Y = digits()


class Killed(BaseException):
    pass


def killed_after(epochs, estimator, path):
    """Fit until the file has been written so many times, and end there."""
    written = 0

    def replace(source, target, _replace=os.replace):
        nonlocal written
        _replace(source, target)
        if str(target) == str(path):
            written += 1
            if written == epochs:
                raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(Killed):
            estimator.fit(X, Y)


@pytest.mark.parametrize(
    "make",
    [
        lambda **other: mlp(epochs=4, dropout=0.3, augmentation="shift", **other),
        pytest.param(
            lambda **other: cnn(epochs=4, augmentation="shift", **other), marks=pytest.mark.slow
        ),
        lambda **other: mlp(
            epochs=9, early_stopping=True, n_iter_no_change=2, validation_fraction=0.2,
            learning_rate=0.03, **other,
        ),
        pytest.param(
            lambda **other: mlp(epochs=4, learning_rate_schedule="constant", **other),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["dropout and augmentation", "cnn", "early stopping", "constant rate"],
)  # fmt: skip
def test_killed_after_each_epoch(make, tmp_path):
    path = tmp_path / "checkpoint"
    whole = make().fit(X, Y)
    for _ in range(len(whole.history_["loss"]) - 1):
        killed_after(1, make(checkpoint=path), path)
    resumed = make(checkpoint=path).fit(X, Y)
    assert resumed.history_ == whole.history_
    assert (resumed.n_iter_, resumed.best_epoch_) == (whole.n_iter_, whole.best_epoch_)
    for _ in range(2):
        np.testing.assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))
        for each in (resumed, whole):
            each.partial_fit(X, Y)
    assert [each.name for each in tmp_path.iterdir()] == ["checkpoint"]


KILLED = """
import os, signal, sys
from test_checkpoint import X, Y, four_epochs
written = 0
def replace(source, target, _replace=os.replace):
    global written
    written += str(target) == sys.argv[1]
    if written == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    _replace(source, target)
os.replace = replace
four_epochs(checkpoint=sys.argv[1]).fit(X, Y)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_process_that_is_really_killed(tmp_path):
    """While it writes the file for the third time."""
    path = tmp_path / "checkpoint"
    done = subprocess.run([sys.executable, "-c", KILLED, path], cwd=os.path.dirname(__file__))
    assert done.returncode == -signal.SIGKILL
    [part] = [each for each in tmp_path.iterdir() if each != path]  # the write that was cut
    assert part.name.endswith(".part")
    resumed, whole = four_epochs(checkpoint=path).fit(X, Y), four_epochs().fit(X, Y)
    assert resumed.history_ == whole.history_
    np.testing.assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))


def own_activation(x):
    return keras.ops.relu(x) + 0.1 * x


def four_epochs(**parameters):
    return mlp(
        epochs=4,
        activation=own_activation,
        augmentation=keras.layers.RandomRotation(0.02),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        optimizer=keras.optimizers.SGD(0.1, clipnorm=1.0),
        **parameters,
    )


def test_the_training_of_a_finished_file_does_not_begin_again(tmp_path):
    path = tmp_path / "checkpoint"
    first = mlp(checkpoint=path).fit(X, Y)
    before = path.read_bytes()
    second = mlp(checkpoint=path).fit(X, Y)
    np.testing.assert_array_equal(second.predict_proba(X), first.predict_proba(X))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "other",
    [
        lambda path: mlp(checkpoint=path, learning_rate=0.1).fit(X, Y),
        lambda path: mlp(checkpoint=path, random_state=1).fit(X, Y),
        lambda path: mlp(checkpoint=path, hidden_layer_sizes=(15,)).fit(X, Y),
        lambda path: mlp(checkpoint=path).fit(X[::-1], Y),
        lambda path: mlp(checkpoint=path).fit(X, (Y + 1) % 10),
        lambda path: mlp(checkpoint=path).fit(X, Y, sample_weight=np.arange(len(Y))),
        lambda path: mlp(checkpoint=path).fit(X, Y, X_val=X[:9], y_val=Y[:9]),
    ],
)
def test_a_file_of_another_training_is_not_overwritten(other, tmp_path):
    path = tmp_path / "checkpoint"
    mlp(checkpoint=path).fit(X, Y)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"belongs to a training with other.*Delete it"):
        other(path)
    assert path.read_bytes() == before


def network(path, **build_options):
    settings = {"epochs": 2, "random_state": 0, "checkpoint": path}
    return NetworkClassifier(dense, build_options=build_options, **settings)


OBJECTS = {
    "a loss": lambda path, value: mlp(
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=value), checkpoint=path
    ),
    "an optimizer": lambda path, value: mlp(
        optimizer=keras.optimizers.SGD(0.05, clipnorm=value), checkpoint=path
    ),
    "a schedule": lambda path, value: mlp(
        learning_rate_schedule=keras.optimizers.schedules.ExponentialDecay(value, 9, 0.5),
        checkpoint=path,
    ),
    "a layer": lambda path, value: mlp(
        augmentation=keras.layers.RandomRotation(value), checkpoint=path
    ),
    "another function": lambda path, value: mlp(
        activation=lambda x: x * value, checkpoint=path
    ),
    "beside a function": lambda path, value: mlp(
        activation=keras.activations.gelu, dropout=value, checkpoint=path
    ),
    "an option": lambda path, value: network(path, units=round(100 * value)),
    "an activation": lambda path, value: network(
        path, activation="relu" if value == 0.1 else "tanh"
    ),
    "a trained body": lambda path, value: mlp(
        transfer_from=body("relu" if value == 0.1 else "tanh"), checkpoint=path
    ),
}  # fmt: skip
# An object with a configuration, a function, a number, and a network.
QUICK_OBJECTS = "an optimizer", "another function", "an option", "a trained body"


def loss_with(weights):
    """Return a loss that depends on an object of another package, or of a class with slots."""

    def loss(y_true, y_pred):
        factor = weights.mean() if hasattr(weights, "mean") else weights.mean_[0]
        return float(factor) * keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

    return loss


class Slots:
    __slots__ = ("mean_",)

    def __init__(self, mean):
        self.mean_ = [mean]


WEIGHTS = {
    "scaler": lambda mean: StandardScaler().fit([[0.0], [2 * mean]]),
    "masked array": lambda mean: np.ma.array([0.1, 0.3], mask=[False, mean == 0.1]),
    "sparse array": lambda mean: csr_array([[mean]]),
    "slots": Slots,
}


@pytest.mark.parametrize("name", slow_but(WEIGHTS, "sparse array", "slots"))
def test_functions_are_compared_by_the_objects_that_they_use(name, tmp_path):
    path, make = tmp_path / "checkpoint", WEIGHTS[name]
    first, again = (
        mlp(loss=loss_with(make(0.1)), checkpoint=path).fit(X, Y).predict_proba(X) for _ in range(2)
    )
    np.testing.assert_array_equal(again, first)
    with pytest.raises(ValueError, match="belongs to a training with other"):
        mlp(loss=loss_with(make(0.2)), checkpoint=path).fit(X, Y)


def test_types_of_numbers_names_of_layers_and_lines_of_code_do_not_count(tmp_path):
    path = tmp_path / "checkpoint"
    for sizes, rate, loss in ((16,), 0.01, MSE), ([16], np.float64(0.01), SAME):
        settings = {"hidden_layer_sizes": sizes, "learning_rate": rate, "loss": loss}
        mlp(**settings, transfer_from=body("relu"), checkpoint=path).fit(X, Y)
    going_on = mlp(loss=MSE).partial_fit(X, Y)
    assert going_on.set_params(loss=SAME).partial_fit(X, Y).n_iter_ == 2


MSE, SAME = (
    lambda y_true, y_pred: keras.ops.mean((y_true - y_pred) ** 2, axis=-1),
    lambda y_true, y_pred: keras.ops.mean((y_true - y_pred) ** 2, axis=-1),
)


def body(activation):
    """Return a network whose weights do not depend on its activation."""
    layers = keras.layers
    hidden = [layers.Flatten(), layers.Dense(8, activation=activation)]
    model = keras.Sequential([keras.Input((*X.shape[1:], 1)), *hidden, layers.Dense(10)])
    model.set_weights([np.full(each.shape, 0.01) for each in model.get_weights()])
    return model


@pytest.mark.parametrize("name", slow_but(OBJECTS, *QUICK_OBJECTS))
def test_objects_are_compared_by_what_they_do(name, tmp_path):
    path, make = tmp_path / "checkpoint", OBJECTS[name]
    first = make(path, 0.1).fit(X, Y).predict_proba(X)
    before = path.read_bytes()
    again = make(path, 0.1).fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(again, first)
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="belongs to a training with other"):
        make(path, 0.2).fit(X, Y)


CROPS = {
    "alone": lambda: [keras.layers.ZeroPadding2D(2), keras.layers.RandomCrop(28, 28)],
    "inside": lambda: keras.layers.Pipeline([keras.layers.RandomCrop(28, 28)]),
}


@pytest.mark.parametrize("name", slow_but(CROPS, "inside"))
def test_a_layer_that_draws_a_seed_is_the_same_in_another_process(name, tmp_path):
    """It draws another one for each object."""
    path, make = tmp_path / "checkpoint", CROPS[name]
    whole = mlp(augmentation=make()).fit(X, Y)
    killed_after(1, mlp(augmentation=make(), checkpoint=path), path)
    resumed = mlp(augmentation=make(), checkpoint=path).fit(X, Y)
    np.testing.assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"\x93NUMPY"])
def test_a_file_of_another_kind_is_not_overwritten(content, tmp_path):
    path = tmp_path / "checkpoint"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is not the state of a training"):
        mlp(checkpoint=path).fit(X, Y)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"random_state": None}, "needs a random_state that is a number"),
        ({"callbacks": [object()]}, "cannot keep the state of callbacks"),
        ({"checkpoint": 3}, "The 'checkpoint' parameter of MLPClassifier must be"),
    ],
)
def test_what_it_needs(parameters, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        mlp(**{"checkpoint": tmp_path / "checkpoint"} | parameters).fit(X, Y)
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_is_an_error_before_any_training(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*missing"):
        mlp(checkpoint=tmp_path / "missing" / "checkpoint").fit(X, Y)
    with pytest.raises(IsADirectoryError, match="Is a folder; name a file"):
        mlp(checkpoint=tmp_path).fit(X, Y)
    assert not list(tmp_path.iterdir())


def test_a_saved_classifier_forgets_the_file(tmp_path):
    fitted = mlp(checkpoint=tmp_path / "checkpoint").fit(X, Y)
    pipeline = Pipeline([("scaler", PixelScaler()), ("mlp", fitted)])
    for model in (fitted, pipeline):
        loaded = skdigits.load(skdigits.save(model, tmp_path / "model.skd"))
        assert getattr(loaded, "named_steps", {"mlp": loaded})["mlp"].checkpoint is None
    average = AveragingClassifier(mlp(checkpoint=tmp_path / "one"), n_estimators=1, random_state=0)
    for model in (mlp(checkpoint="x"), average.fit(X, Y)):
        with pytest.raises(ValueError, match="'checkpoint' holds the name of a file to write"):
            skdigits.save(model, tmp_path / "other.skd")
