"""All that Keras's optimizers do, happens: each of their arguments, step by step as in Keras."""

import inspect

import keras
import numpy as np
import pytest
from support import assert_same_weights, mlp, slow_but, tiny, weights

X, Y = tiny(24, shape=(3, 3))
SAME, ONES = np.repeat(X[1:2], 24, axis=0), np.ones(24, int)  # every batch of these is the same
optimizers = keras.optimizers

# A value other than the default for each argument that Keras's optimizers have. Those of one
# group exclude those of the others.
EMA = {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3}
COMMON = {"weight_decay": 0.1, "loss_scale_factor": 64.0, "gradient_accumulation_steps": 2, **EMA}
CLIPPING = {"clipnorm": 0.05, "clipvalue": 0.01, "global_clipnorm": 0.05}
OWN = {
    "beta_1": 0.7, "beta_2": 0.8, "epsilon": 0.01, "amsgrad": True, "rho": 0.5, "centered": True,
    "momentum": 0.6, "nesterov": True, "initial_accumulator_value": 0.5, "beta": 0.3,
    "learning_rate_power": -0.3, "l1_regularization_strength": 0.01, "warmup_steps": 3,
    "l2_regularization_strength": 0.1, "l2_shrinkage_regularization_strength": 0.1,
    "beta_2_decay": -0.5, "epsilon_1": 1e-4, "epsilon_2": 0.01, "clip_threshold": 0.5,
    "relative_step": False, "adam_beta_1": 0.7, "adam_beta_2": 0.8, "adam_weight_decay": 0.1,
    "exclude_layers": ["probabilities"], "exclude_embeddings": False, "muon_a": 3.0,
    "muon_b": -4.0, "muon_c": 2.5, "adam_lr_ratio": 0.3, "ns_steps": 3, "rms_rate": 0.5,
}  # fmt: skip
VALUES = {**COMMON, **CLIPPING, **OWN}
WRAPPERS = {"LossScaleOptimizer", "MultiOptimizer"}
NAMES = sorted(
    name
    for name, kind in vars(optimizers).items()
    if inspect.isclass(kind) and issubclass(kind, optimizers.Optimizer) and name != "Optimizer"
)


def arguments_of(name):
    given = inspect.signature(getattr(optimizers, name)).parameters
    return [each for each in given if each not in ("learning_rate", "name", "kwargs")]


def of_kind(name, **values):
    """Return a function that makes an optimizer with these of its arguments."""
    taken = {each: value for each, value in values.items() if each in arguments_of(name)}
    if name == "SGD" and taken.get("nesterov"):
        taken["momentum"] = values.get("momentum", 0.6)
    if any(each.startswith("ema") for each in taken):
        taken["use_ema"] = True
    return lambda: getattr(optimizers, name)(0.01, **taken)


def loss_scaled(**values):
    inner = optimizers.SGD(0.05, momentum=0.5, clipnorm=0.5)
    return optimizers.LossScaleOptimizer(inner, **values)


def several(**values):
    """Return one optimizer for kernels and another for the rest."""
    inner = {".*kernel": optimizers.Adam(0.01)}
    chosen = optimizers.OptimizerMap(optimizers.SGD(0.05, momentum=0.5), inner)
    return optimizers.MultiOptimizer(chosen, **values)


def without_decay_of_biases():
    optimizer = optimizers.AdamW(0.01, weight_decay=5.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta"])
    return optimizer


def without_decay_in_parts():
    parts = optimizers.OptimizerMap(without_decay_of_biases(), {".*kernel": optimizers.SGD(0.05)})
    return optimizers.MultiOptimizer(parts)


CASES = {}
for _name in sorted(set(NAMES) - WRAPPERS):
    CASES[f"{_name}"] = of_kind(_name)
    for _clip in CLIPPING:
        CASES[f"{_name} {_clip}"] = of_kind(_name, **COMMON, **OWN, **{_clip: CLIPPING[_clip]})
for _name in ("Adam", "AdamW"):  # the fast way is theirs where they have nothing but their formula
    for _each in arguments_of(_name):
        CASES[f"{_name} {_each} alone"] = of_kind(_name, **{_each: VALUES[_each]})
CASES |= {
    "LossScaleOptimizer": loss_scaled,
    "LossScaleOptimizer arguments": lambda: loss_scaled(initial_scale=8.0, dynamic_growth_steps=2),
    "LossScaleOptimizer overflow": lambda: loss_scaled(initial_scale=1e38),
    "MultiOptimizer": several,
    "MultiOptimizer arguments": lambda: several(loss_scale_factor=64.0),
    "AdamW without decay of biases": without_decay_of_biases,
    "LossScaleOptimizer without decay of biases": lambda: optimizers.LossScaleOptimizer(
        without_decay_of_biases()
    ),
    "MultiOptimizer without decay of biases": without_decay_in_parts,
    "Adam schedule": lambda: optimizers.Adam(optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
}


class Weights(keras.callbacks.Callback):
    """Keeps the weights that a training begins with, and those after each step."""

    def on_train_begin(self, logs=None):
        self.start = self.model.get_weights()
        self.network = keras.models.clone_model(self.model)
        self.after = []

    def on_train_batch_end(self, batch, logs=None):
        self.after.append(self.model.get_weights())


def network(**parameters):
    return mlp(
        hidden_layer_sizes=(4,),
        activation="tanh",
        learning_rate_schedule="constant",
        precision="float32",
        image_shape=(3, 3),
        loss="categorical_crossentropy",
        **parameters,
    )


@pytest.fixture(scope="module")
def start():
    """Return the network, and the weights that a training on each of the data begins with."""
    kept = Weights(), Weights()
    network(epochs=1, callbacks=[kept[0]]).fit(X, Y)
    network(callbacks=[kept[1]]).partial_fit(SAME, ONES, classes=range(3))
    return kept


def in_keras(start, optimizer, images, labels, **fit):
    """Train the same network in Keras; return it and the weights after each step."""
    model, steps = keras.models.clone_model(start.network), Weights()
    model.set_weights(start.start)
    model.compile(optimizer, "categorical_crossentropy", run_eagerly=True)
    images = images[..., np.newaxis].astype(np.float32)
    model.fit(images, np.eye(3)[labels], shuffle=False, verbose=0, callbacks=[steps], **fit)
    return model, steps


def assert_close(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-5)


# The others repeat these with another optimizer: its formula is Keras's own.
WITH_ALL_ARGUMENTS = ("AdamW", "Muon", "ScheduleFreeAdamW")
STEP_BY_STEP = [
    *(f"{name} clipnorm" for name in WITH_ALL_ARGUMENTS),
    *(f"{name} without decay of biases" for name in sorted(WRAPPERS)),
]
# Where the fast way of Adam is taken, and where an argument forbids it.
IN_ONE_CALL = [
    *(f"Adam {argument} alone" for argument in ("use_ema", "beta_1")),
    *("Adam schedule", "LossScaleOptimizer overflow"),
]


def test_each_argument_of_each_optimizer_has_a_value_here():
    ours = {"inner_optimizer", "initial_scale", "dynamic_growth_steps", "optimizer_map"}
    for name in NAMES:
        assert set(arguments_of(name)) <= set(VALUES) | (ours if name in WRAPPERS else set())


@pytest.mark.parametrize("case", slow_but(CASES, *STEP_BY_STEP))
def test_step_by_step_seen_by_a_callback(case, start):
    seen = Weights()
    ours = network(optimizer=CASES[case](), epochs=3, batch_size=24, callbacks=[seen]).fit(X, Y)
    theirs, steps = in_keras(start[0], CASES[case](), X, Y, epochs=3, batch_size=24)
    for one, other in zip(seen.after, steps.after, strict=True):
        assert_close(one, other)
    assert_close(ours.model_.get_weights(), theirs.get_weights())


@pytest.mark.parametrize("case", slow_but(CASES, *IN_ONE_CALL))
def test_many_steps_in_one_call(case, start):
    ours = network(optimizer=CASES[case](), batch_size=4)
    ours.partial_fit(SAME, ONES, classes=range(3))
    theirs, steps = in_keras(start[1], CASES[case](), SAME, ONES, epochs=1, batch_size=4)
    assert len(steps.after) == 6
    assert_close(ours.model_.get_weights(), theirs.get_weights())


@pytest.mark.slow
def test_two_that_differ_in_what_a_part_decays_do_not_share_a_network():
    def trained(names):
        inner = optimizers.AdamW(0.01, weight_decay=5.0)
        inner.exclude_from_weight_decay(var_names=names)
        scaled = optimizers.LossScaleOptimizer(inner)
        return weights(network(optimizer=scaled, epochs=3).fit(X, Y))

    none, biases, again = (trained(names) for names in ([], ["bias", "beta"], []))
    assert_same_weights(again, none)
    with pytest.raises(AssertionError):
        assert_same_weights(biases, none)
