"""A network that others have seen, or that holds functions of the user's, serves again; none that
others still hold, or have changed, and no function that does something else meanwhile.
"""

import types

import keras
import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from support import mlp, run_python, slow_but, tiny

X, Y = tiny()
IMAGES = X[..., np.newaxis]


def crossentropy(targets, outputs):
    return keras.losses.categorical_crossentropy(targets, outputs)


class Focal(keras.losses.Loss):
    def __init__(self, power=2.0, **kwargs):
        super().__init__(**kwargs)
        self.power = power

    def call(self, targets, outputs):
        share = keras.ops.sum(targets * outputs, axis=-1)
        return -((1 - share) ** self.power) * keras.ops.log(share)

    def get_config(self):
        return {**super().get_config(), "power": self.power}


class Scaled(keras.layers.Layer):
    def call(self, inputs):
        return 2 * keras.ops.relu(inputs)


class Watches(keras.callbacks.Callback):
    """Does with the model what callbacks do, and keeps numbers only."""

    def on_epoch_end(self, epoch, logs=None):
        logs["predicted"] = self.model.predict(IMAGES, verbose=0).argmax(1).mean()
        logs["measured"] = self.model.evaluate(IMAGES, Y, verbose=0)[0]
        self.largest = max(np.abs(weights).max() for weights in self.model.get_weights())
        self.rate = float(self.model.optimizer.learning_rate)


def saves(folder):
    return keras.callbacks.ModelCheckpoint(folder / "a.keras")


# Each is made anew for each fit, as in a loop of the user's.
OF_THE_USERS = {
    "objects": lambda folder: {
        "loss": Focal(power=1.0),
        "activation": Scaled(),
        "kernel_initializer": keras.initializers.Orthogonal(),
        "augmentation": [keras.layers.GaussianNoise(0.1)],
        "callbacks": [saves(folder)],
    },
    "callback": lambda _: {"callbacks": [Watches()]},
    "lambdas": lambda _: {
        "loss": lambda targets, outputs: crossentropy(targets, outputs),
        "activation": lambda inputs: keras.ops.tanh(inputs),
        "callbacks": [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)],
    },
    "function": lambda _: {"loss": crossentropy},
}


@pytest.mark.parametrize("make", OF_THE_USERS.values(), ids=OF_THE_USERS)
def test_a_fit_with_the_users_own_parts_builds_no_equal_network_again(make, builds, tmp_path):
    first = mlp(hidden_layer_sizes=(13,), **make(tmp_path)).fit(X, Y)
    before = len(builds)
    first.fit(X, Y)
    del first
    again = mlp(hidden_layer_sizes=(13,), random_state=1, **make(tmp_path)).fit(X, Y)
    assert len(builds) == before
    again.fit(X, Y)
    assert len(builds) == before


def test_nor_does_one_after_the_model_was_looked_at(builds):
    for seed in range(3):
        model = mlp(hidden_layer_sizes=(14,), random_state=seed).fit(X, Y).model_
        model.summary(print_fn=lambda line: None)
        assert model.predict(IMAGES, verbose=0).shape == (60, 3)
        del model
    assert len(builds) == 1


def test_nor_do_clones_in_cross_validation(builds):
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)
    estimator = mlp(hidden_layer_sizes=(15,), callbacks=[note], loss=crossentropy)
    cross_val_score(estimator, X, Y, cv=2, error_score="raise")
    assert len(builds) == 1


FACTOR = OTHER_FACTOR = 1.0
SETTINGS = types.ModuleType("settings_of_the_user")
SETTINGS.factor = 1.0
OPTIONS = {"factor": 1.0}


class Config:
    factor = 1.0


def times_global(inputs):
    return FACTOR * inputs


def times_option(inputs):
    return OPTIONS["factor"] * inputs


def times_module(inputs):
    return SETTINGS.factor * inputs


def times_attribute(inputs):
    return Config.factor * inputs


class TimesLayer(keras.layers.Layer):
    def call(self, inputs):
        return times_global(inputs)


def times_all(closure=1.0, default=1.0, array=1.0):
    """Return a function that multiplies by factors that it gets in all ways."""
    factors = np.full(16, array, np.float32)

    def times(inputs, factor=default):
        inputs = times_option(times_module(times_attribute(inputs)))
        return closure * factor * factors * OTHER_FACTOR * times_global(inputs)

    return times


# What sets a factor, and the activation function with it.
WAYS = {
    "global": (lambda patch, factor: patch.setitem(globals(), "OTHER_FACTOR", factor), times_all),
    "another": (lambda patch, factor: patch.setitem(globals(), "FACTOR", factor), times_all),
    "layer": (lambda patch, factor: patch.setitem(globals(), "FACTOR", factor), TimesLayer),
    "option": (lambda patch, factor: patch.setitem(OPTIONS, "factor", factor), times_all),
    "module": (lambda patch, factor: patch.setattr(SETTINGS, "factor", factor), times_all),
    "attribute": (lambda patch, factor: patch.setattr(Config, "factor", factor), times_all),
    "closure": (lambda patch, factor: None, lambda factor: times_all(closure=factor)),
    "default": (lambda patch, factor: None, lambda factor: times_all(default=factor)),
    "array": (lambda patch, factor: None, lambda factor: times_all(array=factor)),
}


@pytest.mark.parametrize("way", slow_but(WAYS, "global", "layer", "option", "closure", "array"))
def test_a_function_that_does_something_else_meanwhile_is_another(way, monkeypatch):
    change, make = WAYS[way]

    def probabilities(factor):
        change(monkeypatch, factor)
        function = make(factor) if way in ("closure", "default", "array") else make()
        return mlp(activation=function, epochs=1).fit(X, Y).predict_proba(X)

    once, thrice, again = probabilities(1.0), probabilities(3.0), probabilities(1.0)
    expected = mlp(activation=lambda inputs: 3.0 * inputs, epochs=1).fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(thrice, expected, atol=1e-6)
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - thrice).max() > 1e-3


def test_a_variable_that_a_function_reads_may_change(builds):
    factor = keras.Variable(1.0)
    estimator = mlp(activation=lambda inputs: factor * inputs, hidden_layer_sizes=(11,))
    once = estimator.fit(X, Y).predict_proba(X)
    factor.assign(3.0)
    thrice = estimator.fit(X, Y).predict_proba(X)
    expected = mlp(activation=lambda inputs: 3.0 * inputs, hidden_layer_sizes=(11,))
    np.testing.assert_allclose(thrice, expected.fit(X, Y).predict_proba(X), rtol=1e-4)
    assert not np.allclose(once, thrice)


# What somebody takes out of a model, and the values of it.
PARTS = {
    "model": (lambda model: model, lambda kept: kept.get_weights()),
    "layer": (lambda model: model.layers[2], lambda kept: kept.get_weights()),
    "layers": (lambda model: model.layers, lambda kept: kept[2].get_weights()),
    "weight": (lambda model: model.trainable_variables[0], lambda kept: [kept.numpy()]),
    "variable": (lambda model: model.trainable_variables[0].value, lambda kept: [kept.numpy()]),
    "weights": (lambda model: model.weights, lambda kept: [weight.numpy() for weight in kept]),
    "optimizer": (lambda model: model.optimizer, lambda kept: [v.numpy() for v in kept.variables]),
    "output": (
        lambda model: model.layers[2].output,
        lambda kept: kept._keras_history.operation.get_weights(),
    ),
    "another model": (
        lambda model: keras.Model(model.input, model.layers[-2].output),
        lambda kept: kept.get_weights(),
    ),
    "in a cycle": (lambda model: cycle(model), lambda kept: kept[0].get_weights()),
    "a function": (lambda model: lambda: model, lambda kept: kept().get_weights()),
}


def cycle(model):
    holder = [model]
    holder.append(holder)
    return holder


class Keeps(keras.callbacks.Callback):
    def __init__(self, part):
        super().__init__()
        self.part = part

    def on_train_begin(self, logs=None):
        self.kept = self.part(self.model)


HOLDERS = [f"{part} of {way}" for part in PARTS for way in ("model_", "callback")]
QUICK = ["model of callback", "variable of model_", "output of model_", "in a cycle of model_"]


@pytest.mark.parametrize("case", slow_but(HOLDERS, *QUICK))
def test_what_somebody_holds_is_left_alone(case):
    part, way = case.split(" of ")
    take, read = PARTS[part]
    keeper = Keeps(take)
    estimator = mlp(hidden_layer_sizes=(12,), callbacks=[keeper] if way == "callback" else None)
    estimator.fit(X, Y)
    kept = take(estimator.model_) if way == "model_" else keeper.kept
    before = read(kept)
    del estimator
    for seed in (5, 6):
        mlp(hidden_layer_sizes=(12,), random_state=seed).fit(X, Y)
    for now, then in zip(read(kept), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.slow
def test_a_search_of_the_pool_copes_with_models_that_come_back_meanwhile(monkeypatch):
    """It collects garbage, whose models come back, so that the pool drops others."""
    monkeypatch.setenv("SKDIGITS_POOL_SIZE", "2")
    parameters = {"hidden_layer_sizes": (9,), "epochs": 1}
    held, garbage = ([mlp(**parameters).fit(X, Y) for _ in range(2)] for _ in range(2))
    kept = [estimator.model_ for estimator in held]
    cycle(garbage.pop())
    cycle(garbage.pop())
    del held
    again = mlp(**parameters).fit(X, Y)
    for model in kept:
        assert model is not again.model_


CHANGES = {
    "trainable": lambda model: setattr(model.layers[2], "trainable", False),
    "rate of dropout": lambda model: setattr(model.get_layer("hidden_1_dropout"), "rate", 0.9),
    "activation": lambda model: setattr(model.layers[-1], "activation", keras.activations.sigmoid),
    "compile": lambda model: model.compile("sgd", "mse"),
    "optimizer": lambda model: setattr(model.optimizer, "beta_1", 0.1),
    "weights": lambda model: model.set_weights([0 * weights for weights in model.get_weights()]),
    "rate": lambda model: setattr(model.optimizer, "learning_rate", 0.7),
    "fit": lambda model: model.fit(IMAGES, Y, verbose=0),
}


@pytest.mark.parametrize("change", slow_but(CHANGES, "trainable", "optimizer", "weights"))
def test_what_somebody_has_changed_does_not_come_back(change):
    parameters = {"hidden_layer_sizes": (10,), "dropout": 0.2, "learning_rate_schedule": "constant"}
    expected = mlp(**parameters).fit(X, Y)
    probabilities = expected.predict_proba(X), expected.predict_proba(X.astype(float))
    CHANGES[change](expected.model_)
    del expected
    again = mlp(**parameters).fit(X, Y)
    np.testing.assert_array_equal(again.predict_proba(X), probabilities[0])
    np.testing.assert_array_equal(again.predict_proba(X.astype(float)), probabilities[1])


MEMORY = """
import gc
import keras, psutil
from support import mlp, tiny
X, y = tiny()

def fits(n_fits):
    for seed in range(n_fits):
        note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)
        for parameters in (
            {"callbacks": [note]},
            {"loss": lambda t, p: keras.losses.mean_squared_error(t, p)},
            {"activation": lambda x: keras.ops.tanh(x)},
            {"hidden_layer_sizes": (5,)},
        ):
            mlp(random_state=seed, **parameters).fit(X, y).model_.count_params()
        if not seed % 5:  # nothing of this is known: built anew
            thing = object()
            mlp(activation=lambda x: x if thing else 0).fit(X, y)
    gc.collect()
    return psutil.Process().memory_info().rss

before = fits(11)
print((fits(11) - before) / 47 / 1e6)
"""


@pytest.mark.slow
def test_fits_leave_no_megabyte_behind():
    assert float(run_python(MEMORY, SKDIGITS_POOL_SIZE="8").stdout) < 1
