"""What people give in place of an array: it works, or one error says what to do with it."""

import warnings
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted
from support import BOTH, cnn, mlp, slow_but, tiny

from skdigits.ensemble import AveragingClassifier
from skdigits.preprocessing import ImageReshaper, PixelScaler

X, Y = tiny()
PICTURES = [Image.fromarray(image) for image in X]
RAGGED = [image[: 3 + row % 2] for row, image in enumerate(X)]
COLLECT = r"np\.stack\(list\(data\)\).*np\.concatenate"
STACK = r"\(6, 6\); stack them.*np\.stack"
SIZES = r"different shapes, \(3, 6\), \(4, 6\); bring them to one shape"


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return X[:30], Y[:30]


class Loader:
    """What PyTorch's DataLoader is to others: a length, and an iterator over batches."""

    def __len__(self):
        return 2

    def __iter__(self):
        return iter([(X[:30], Y[:30]), (X[30:], Y[30:])])


class LearnedTensor:
    """As a tensor of PyTorch that requires a gradient: it refuses to become an array."""

    shape = X.shape

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use detach().")


def objects(elements):
    """Return an array whose elements are these objects."""
    array = np.empty(len(elements), dtype=object)
    array[:] = elements
    return array


# name -> (how to make it, what the error says)
NO_ARRAYS = {
    "generator": (lambda: (image for image in X), COLLECT),
    "iterator": (lambda: zip(X, Y, strict=True), COLLECT),
    "tf.data": (lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(8), COLLECT),
    "PyDataset": (Batches, COLLECT),
    "loader": (Loader, COLLECT),
    "dict": (lambda: {"image": X, "label": Y}, r"X\['image'\]"),
    "ragged tensor": (lambda: tf.ragged.constant([[1, 2], [3]]), "RaggedTensor.*a dense array"),
    "sparse tensor": (lambda: tf.sparse.from_dense(X[:, 0]), "SparseTensor.*a dense array"),
    "symbolic tensor": (lambda: keras.Input((6, 6)), "KerasTensor, which cannot become an array"),
    "tensor with gradient": (LearnedTensor, r"become an array: .* Use detach\(\)"),
    "path": (lambda: "digits/train", "str.*read each picture.*np.stack"),
    "Path": (lambda: Path("digits"), "PosixPath|WindowsPath.*read each picture"),
    "list of paths": (lambda: ["0.png"] * 60, "text, such as '0.png'.*read each picture"),
    "list of Paths": (lambda: [Path("0.png")] * 60, "paths, such as '0.png'; read each picture"),
    "bytes of files": (lambda: [b"\x89PNG"] * 60, "X holds text.*read each picture"),
    "ragged list": (lambda: RAGGED, SIZES),
    "ragged pictures": (lambda: [*PICTURES[:-1], PICTURES[0].resize((9, 6))], "PIL's Image.resize"),
    "pictures with a palette": (
        lambda: [each.convert("RGB").quantize(9) for each in PICTURES],
        r"a palette.*image\.convert\('L'\)",
    ),
    "picture with a palette": (lambda: PICTURES[0].convert("P"), r"a palette"),
    "ragged lists": (lambda: [[[1, 2], [3]]] * 60, "lists whose lengths differ"),
    "pairs": (lambda: list(zip(X, Y, strict=True)), "tuples; give images and labels separately"),
    "array of arrays": (lambda: objects(list(X)), STACK),
    "ragged array of arrays": (lambda: objects(RAGGED), SIZES),
    "column of arrays": (lambda: objects(list(X))[:, np.newaxis], STACK + r"\(X\[:, 0\]\)"),
    "series of arrays": (lambda: pd.Series(list(X)), STACK),
    "series of pictures": (lambda: pd.Series(PICTURES), STACK),
    "frame of arrays": (lambda: pd.DataFrame({"image": list(X)}), STACK + r"\(X\['image'\]\)"),
    "frame with arrays": (lambda: pd.DataFrame({"a": 1, "p": PICTURES}), r"X\['p'\] is a column"),
    "frame of paths": (lambda: pd.DataFrame({"p": [Path("0.png")] * 60}), r"X\['p'\] holds paths"),
    "dates": (lambda: np.full((60, 1), "2024", "M8[s]"), r"X.astype\('int64'\)"),
    "frame with dates": (
        lambda: pd.DataFrame({"a": 1.0, "when": pd.date_range("2024", periods=60)}),
        r"X\['when'\].to_numpy\(\).astype\('int64'\)",
    ),
    "sparse frame": (
        lambda: pd.DataFrame(X.reshape(60, -1)).astype(pd.SparseDtype("float", 0)),
        r"give dense ones, X\.sparse\.to_dense\(\)",
    ),
    "masked": (lambda: np.ma.masked_array(X, X > 9), r"X.filled\(0\)"),
}


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize(("give", "message"), NO_ARRAYS.values(), ids=NO_ARRAYS)
def test_what_is_no_array_gets_an_error_that_says_what_to_do(give, message, make):
    estimator = make()
    for fit in (estimator.fit, estimator.partial_fit):
        with pytest.raises((TypeError, ValueError), match=message):
            fit(give(), Y)
        with pytest.raises(NotFittedError):
            check_is_fitted(estimator)


def test_what_polars_has_besides_data_frames_of_numbers():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": X[:, 0, 0]})
    with pytest.raises(TypeError, match=r"LazyFrame.*give X\.collect\(\)"):
        mlp().fit(frame.lazy(), Y)
    with pytest.raises(TypeError, match=r"X\['when'\] holds dates"):
        mlp().fit(frame.with_columns(when=polars.date(2024, 1, 1)), Y)
    with pytest.raises(ValueError, match=r"X\['images'\] is a column of images of shape \(6,\)"):
        mlp().fit(polars.DataFrame({"images": X[:, 0].tolist()}), Y)


@pytest.fixture(scope="module")
def fitted():
    return mlp(epochs=1).fit(X, Y)


@pytest.mark.parametrize(("give", "message"), NO_ARRAYS.values(), ids=NO_ARRAYS)
def test_so_does_it_in_prediction_in_validation_data_and_in_transformers(fitted, give, message):
    for use in (
        fitted.predict,
        fitted.predict_proba,
        lambda images: fitted.score(images, Y),
        ImageReshaper().fit,
        PixelScaler().fit,
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            use(give())
    with pytest.raises(
        (TypeError, ValueError), match=f"X_val and y_val cannot be used: .*{message}"
    ):
        mlp().fit(X, Y, X_val=give(), y_val=Y)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_data_set_with_labels_in_it_is_refused_as_such(method):
    with pytest.raises(TypeError, match=COLLECT):
        getattr(mlp(), method)(tf.data.Dataset.from_tensor_slices((X, Y)).batch(8))
    with pytest.raises(ValueError, match="the target y is None"):
        getattr(mlp(), method)(X)


def test_what_the_error_advises_works():
    loader = Loader()
    images = np.concatenate([images for images, labels in loader])
    labels = np.concatenate([labels for images, labels in loader])
    expected = mlp().fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(mlp().fit(images, labels).predict_proba(images), expected)
    frame = pd.DataFrame({"image": list(X)})
    np.testing.assert_array_equal(mlp().fit(np.stack(frame["image"]), Y).predict_proba(X), expected)


# name -> what is as good as an array
ARRAYS = {
    "list of arrays": list(X),
    "tuple of lists": tuple(X.tolist()),
    "pictures": PICTURES,
    "tf.Tensor": tf.constant(X),
    "tf.Variable": tf.Variable(X.astype("float32")),
    "bfloat16": tf.cast(X, tf.bfloat16),
    "list of tensors": [tf.constant(image) for image in X],
    "Keras variable": keras.Variable(X.astype("float32")),
    "memoryview": memoryview(X),
    "memory map": np.ndarray.view(X, np.memmap),
    "objects": X.astype(object),
    "masked, but nowhere": np.ma.masked_array(X),
}


@pytest.mark.parametrize("form", ARRAYS.values(), ids=ARRAYS)
def test_what_numpy_takes_for_an_array_is_one(fitted, form):
    np.testing.assert_allclose(fitted.predict_proba(form), fitted.predict_proba(X), atol=0.02)
    estimator = mlp(epochs=1).fit(form, tf.constant(Y))
    np.testing.assert_allclose(estimator.predict_proba(X), fitted.predict_proba(X), atol=0.02)


@pytest.mark.parametrize("classifier", [*BOTH, lambda: AveragingClassifier(mlp(), 2)])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.eye(3)[Y], r"y\.argmax\(axis=1\)"),
        (np.eye(3)[Y].tolist(), r"y\.argmax\(axis=1\)"),
        (keras.utils.to_categorical(Y), r"y\.argmax\(axis=1\)"),
        (tf.one_hot(Y, 3), r"y\.argmax\(axis=1\)"),
        (pd.get_dummies(pd.Series(Y)), r"y\.idxmax\(axis=1\)"),
        ([None, *"ab" * 29, "a"], "y contains NaN or None, for 1 of 60 images"),
        (pd.Series([None, None, *"ab" * 29]), "y contains NaN or None, for 2 of 60 images"),
        (pd.Series([pd.NA, *"ab" * 29, "a"], dtype="string"), "y contains NaN or None"),
        (pd.Series([None, *"ab" * 29, "a"]).astype("category"), "y contains NaN or None"),
        (pd.Series([None, *[1, 2] * 29, 1], dtype="Int64"), "y contains NaN"),
        (np.where(Y == 0, np.nan, Y), "y contains NaN"),
        (np.where(Y == 0, np.datetime64("nat"), np.datetime64("2020", "s")), "y contains NaN"),
        (np.ma.array(Y, mask=Y == 0), "y contains masked labels, for 20 of 60 images"),
    ],
)
def test_labels_that_are_rows_or_missing(classifier, labels, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(X, labels)


CHANNELS_FIRST = {
    f"{make.__name__}, {channels} x {height} x {width}": (make, (channels, height, width))
    for height, width in [(28, 28), (8, 8), (24, 32)]
    for channels in (1, 3, 4)
    for make in BOTH
}
QUICK_CHANNELS_FIRST = [
    "mlp, 1 x 28 x 28",
    "cnn, 3 x 28 x 28",
]


class TestChannelsFirst:
    @pytest.mark.parametrize("case", slow_but(CHANNELS_FIRST, *QUICK_CHANNELS_FIRST))
    def test_one_warning_says_so(self, case):
        make, shape = CHANNELS_FIRST[case]
        images, y = tiny(n=12, shape=shape)
        estimator = make(epochs=1, **({"filters": 4, "pool_size": 1} if make is cnn else {}))
        with pytest.warns(UserWarning, match=r"channels come last.*np\.moveaxis") as caught:
            estimator.fit(images, y)
        assert len(caught) == 1
        assert caught[0].filename == __file__
        with warnings.catch_warnings(action="error"):
            moved = mlp(epochs=1).fit(np.moveaxis(images, 1, -1), y)
        with pytest.raises(ValueError, match=r"channels come last, np\.moveaxis"):
            moved.predict(images)

    @pytest.mark.parametrize(
        "shape",
        slow_but(
            [
                *[(1, 60, 1), (1, 60, 12), (3, 5, 4), (3, 3, 100)],
                *[(4, 4, 3), (2, 50, 3), (8, 8, 8), (5, 5, 200)],
            ],
            *[(1, 60, 12), (3, 3, 100), (4, 4, 3)],
        ),
    )
    def test_low_images_of_any_shape_are_fine(self, shape):
        images, y = tiny(n=12, shape=shape)
        with warnings.catch_warnings(action="error"):
            assert mlp(epochs=1).fit(images, y).image_shape_ == shape

    def test_where_a_pooling_cannot_work_the_error_says_so_too(self):
        images, y = tiny(n=12, shape=(1, 28, 28))
        with (
            pytest.warns(UserWarning, match="channels come last"),
            pytest.raises(ValueError, match=r"1 x 28 pixels are too small.*channels come first"),
        ):
            cnn().fit(images, y)

    def test_image_shape_says_that_the_channels_are_right(self):
        images, y = tiny(n=12, shape=(1, 28, 28))
        with warnings.catch_warnings(action="error"):
            mlp(epochs=1, image_shape=(1, 28, 28)).fit(images, y)
