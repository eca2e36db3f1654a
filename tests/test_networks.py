"""The builders, in plain Keras and in SciKeras."""

import keras
import numpy as np
import pytest
from scikeras.wrappers import KerasClassifier
from support import slow_but, tiny

from skdigits.networks import build_cnn, build_from, build_mlp

BUILDERS = [build_mlp, build_cnn]
X, Y = tiny()


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("shape", [(6, 6), (6, 6, 1), (9, 5, 3), (7,), (1,), (1, 1)])
def test_shapes(build, shape):
    options = {"filters": 4, "pool_size": 1} if build is build_cnn else {}
    model = build(shape, 4, **options)
    assert isinstance(model, keras.Model)
    assert model.input_shape == (None, *(shape if len(shape) != 2 else (*shape, 1)))
    assert model.output_shape == (None, 4)
    assert not model.compiled


@pytest.mark.parametrize("build", slow_but(BUILDERS, build_cnn))
def test_plain_keras(build):
    model = build((6, 6), 3, hidden_layer_sizes=(8,), dropout=0.1, batch_norm=True)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    images = X[..., np.newaxis] / 255
    model.fit(images, Y, epochs=2, verbose=0)
    np.testing.assert_allclose(model.predict(images, verbose=0).sum(axis=1), 1, rtol=1e-4)


@pytest.mark.parametrize("build", slow_but(BUILDERS, build_mlp))
def test_scikeras(build):
    classifier = KerasClassifier(
        model=build,
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        model__hidden_layer_sizes=(8,),
        epochs=3,
        verbose=0,
        random_state=0,
    )
    names = np.array(["a", "b", "c"])[Y]
    classifier.fit((X / 255)[..., np.newaxis], names)
    assert set(classifier.predict((X / 255)[..., np.newaxis])) <= set("abc")


@pytest.mark.parametrize("build", BUILDERS)
def test_two_calls_give_two_models_alike(build):
    first, second = (build((8, 8), 3) for _ in range(2))
    assert first is not second
    assert [w.shape for w in first.weights] == [w.shape for w in second.weights]
    assert first.weights[-1] is not second.weights[-1]


@pytest.mark.parametrize("build", BUILDERS)
def test_a_built_model_is_saved_and_loaded_without_skdigits(build, tmp_path):
    model = build((8, 8), 3, dropout=0.2)
    model.save(tmp_path / "model.keras")
    images = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype("float32")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        loaded(images, training=False), model(images, training=False), rtol=1e-5
    )


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_layers_of_the_mlp():
    model = build_mlp((8, 8), 3, hidden_layer_sizes=(7, 5), dropout=(0.5, 0.0), batch_norm=True)
    assert [layer.units for layer in model.layers if hasattr(layer, "units")] == [7, 5, 3]
    assert [layer.rate for layer in model.layers if hasattr(layer, "rate")] == [0.5]
    assert kinds(model).count("BatchNormalization") == 3  # with the standardisation


def test_layers_of_the_cnn():
    model = build_cnn(
        (28, 28), 10, filters=(3, 5), kernel_size=(5, 3), pool_size=(2, 1), dropout=0.5
    )
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [3, 5]
    assert {layer.kernel_size for layer in convolutions} == {(5, 3)}
    assert kinds(model).count("MaxPooling2D") == 2
    assert "MaxPooling2D" not in kinds(build_cnn((28, 28), 10, pool_size=1))


def test_a_block_is_several_convolutions_and_one_pooling():
    model = build_cnn((28, 28), 10, filters=((3, 4), 5), hidden_layer_sizes=())
    order = [kind for kind in kinds(model) if kind in ("Conv2D", "MaxPooling2D")]
    assert order == ["Conv2D", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D"]
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [3, 4, 5]
    assert {layer.padding for layer in convolutions} == {"valid"}
    deep = build_cnn((28, 28), 10, filters=((3, 3), (3, 3), (3, 3)))
    assert {getattr(layer, "padding", "same") for layer in deep.layers[:5]} == {"same"}


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_network_from_another_keeps_all_but_its_output(batch_norm):
    body = build_cnn((8, 8), 10, filters=4, batch_norm=batch_norm)
    body.set_weights([np.full(w.shape, 0.5) for w in body.get_weights()])
    model = build_from((8, 8), 3, body=body)
    assert model.output_shape == (None, 3)
    for ours, theirs in zip(model.layers[:-1], body.layers[:-1], strict=True):
        assert ours is not theirs
        for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    assert np.ptp(model.layers[-1].get_weights()[0]) > 0


def test_a_network_from_a_keras_model_of_another_make():
    layers = keras.layers
    body = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(4, 3), layers.Conv2D(5, 1), layers.Flatten(),
         layers.Dense(7), layers.Softmax()]
    )  # fmt: skip
    model = build_from((8, 8), 3, body=body)
    assert kinds(model)[1:] == ["Conv2D", "Conv2D", "Flatten", "Dense"]
    unflattened = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(4, 3), layers.Conv2D(5, 1)]
    )
    assert build_from((8, 8), 3, body=unflattened).output_shape == (None, 3)


def test_a_network_from_one_of_another_shape_or_without_body_is_refused():
    body = build_cnn((8, 8), 10, filters=4)
    with pytest.raises(ValueError, match=r"takes input of shape \(None, 8, 8, 1\)"):
        build_from((8, 8, 3), 3, body=body)
    bare = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(3, 8)])
    with pytest.raises(ValueError, match="no layers below its output"):
        build_from((8, 8), 3, body=bare)


@pytest.mark.parametrize("build", BUILDERS)
def test_no_hidden_layer(build):
    assert [type(layer).__name__ for layer in build((8, 8), 3, hidden_layer_sizes=()).layers].count(
        "Dense"
    ) == 1


BAD = {
    "no shape": {"input_shape": None, "n_classes": 3},
    "no classes": {"input_shape": (8, 8), "n_classes": None},
    "4-D": {"input_shape": (1, 8, 8, 1)},
    "0-D": {"input_shape": ()},
    "zero": {"input_shape": (0, 8)},
    "one class": {"n_classes": 1},
    "units": {"hidden_layer_sizes": (0,)},
    "half units": {"hidden_layer_sizes": (1.5,)},
    "rate": {"dropout": 1.0},
    "rates": {"dropout": (0.1, 0.1, 0.1)},
}


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("bad", BAD)
def test_bad_arguments_are_named(build, bad):
    arguments = {"input_shape": (8, 8), "n_classes": 3, **BAD[bad]}
    name = next(iter(BAD[bad]))
    with pytest.raises(ValueError, match="n_classes" if bad == "no classes" else name):
        build(**arguments)


@pytest.mark.parametrize(
    ("name", "value"),
    [("filters", (0,)), ("kernel_size", (3, 3, 3)), ("kernel_size", 0), ("pool_size", -1)],
)
def test_bad_arguments_of_the_cnn_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        build_cnn((28, 28), 10, **{name: value})


@pytest.mark.parametrize(("filters", "poolings"), [(2, "1 pooling"), ((2, 2), "2 poolings")])
def test_the_poolings_that_images_are_too_small_for_are_counted(filters, poolings):
    with pytest.raises(ValueError, match=f"too small for {poolings} of 2 x 2: "):
        build_cnn((1, 9), 3, filters=filters)


@pytest.mark.parametrize("n_blocks", range(1, 8))
@pytest.mark.parametrize("size", [2, 4, 5, 7, 8, 16, 33])
def test_images_too_small_give_our_error_or_a_network(size, n_blocks):
    try:
        model = build_cnn((size, size), 3, filters=(2,) * n_blocks)
    except ValueError as error:
        assert "too small" in str(error)  # noqa: PT017
        assert size < 2**n_blocks
    else:
        assert model.output_shape == (None, 3)
