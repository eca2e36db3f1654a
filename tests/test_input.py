"""What the estimators take: images of 2, 3 or 4 dimensions, any real dtype, labels of any type."""

import warnings

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_blobs
from support import BOTH, MLP_AND_SLOWLY_CNN, cnn, digits, mlp, slow_but, tiny

from skdigits.ensemble import AveragingClassifier

FRAMES = {
    "pandas": lambda columns: pd.DataFrame(columns),
    "polars": lambda columns: pytest.importorskip("polars").DataFrame(columns),
    "narwhals": lambda columns: nw.from_native(pd.DataFrame(columns)),
}

DTYPES = ["uint8", "int8", "uint16", "int32", "int64", "float16", "float32", "float64"]

SCALES = [1e-12, 1e-6, 1 / 255, 1.0, 1e6, 1e15]

# learns `tiny` by heart
QUICK = {
    "epochs": 20,
    "dropout": 0,
    "batch_size": 16,
    "learning_rate": 0.01,
    "precision": "float32",
}


@pytest.mark.parametrize(
    ("make", "image_shape"), [(cnn, None), (cnn, (28, 28)), (mlp, (28, 28)), (mlp, (28, 28, 1))]
)
def test_two_three_and_four_dimensions_are_the_same_images(make, image_shape):
    X, y = digits()
    forms = [X.reshape(len(X), -1), X, X[..., np.newaxis]]
    expected = make(image_shape=image_shape).fit(X, y).predict_proba(X)
    for form in forms:
        estimator = make(image_shape=image_shape).fit(form, y)
        assert estimator.image_shape_ == (28, 28, 1)
        assert estimator.n_features_in_ == 784
        for other in forms:
            np.testing.assert_array_equal(estimator.predict_proba(other), expected)
        del estimator  # the next one gets its network


@pytest.mark.precision
@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
@pytest.mark.parametrize("dtype", slow_but(DTYPES, "uint8", "int8", "float16", "float64"))
def test_the_dtype_of_the_pixels_does_not_matter(make, dtype):
    X, y = tiny()
    X = X // 2  # fits int8
    expected = make().fit(X, y).predict_proba(X)
    estimator = make().fit(X.astype(dtype), y)
    np.testing.assert_array_equal(estimator.predict_proba(X.astype(dtype)), expected)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)


def test_bool_pixels_are_zeros_and_ones():
    X, y = tiny()
    X = X > 90
    expected = mlp().fit(X.astype(float), y).predict_proba(X.astype(float))
    np.testing.assert_array_equal(mlp().fit(X, y).predict_proba(X), expected)


def test_lists_are_arrays():
    X, y = tiny(n=30)
    expected = mlp().fit(X, y).predict_proba(X)
    estimator = mlp().fit(X.tolist(), y.tolist())
    np.testing.assert_array_equal(estimator.predict_proba(X.tolist()), expected)


@pytest.mark.precision
@pytest.mark.parametrize(
    "lay_out",
    [np.asfortranarray, lambda X: np.repeat(X, 2, axis=0)[::2], lambda X: X[:, ::-1][:, ::-1]],
    ids=["fortran", "strided", "reversed"],
)
def test_memory_layout_does_not_matter_and_input_is_left_alone(lay_out):
    X, y = tiny()
    expected = mlp().fit(X, y).predict_proba(X)
    laid_out = lay_out(X)
    laid_out.flags.writeable = False
    estimator = mlp().fit(laid_out, y)
    np.testing.assert_array_equal(estimator.predict_proba(laid_out), expected)
    np.testing.assert_array_equal(laid_out, X)


@settings(max_examples=3, deadline=None)
@given(
    shape=st.tuples(st.integers(4, 11), st.integers(4, 11), st.integers(1, 4)),
    dtype=st.sampled_from(DTYPES),
)
def test_any_image_shape_is_read_from_the_array(shape, dtype):
    X, y = tiny(n=20, shape=shape)
    X = (X // 2).astype(dtype)
    estimator = cnn(epochs=1).fit(X, y)
    assert estimator.image_shape_ == shape
    assert estimator.model_.input_shape == (None, *shape)
    assert estimator.predict_proba(X).shape == (20, 3)


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_rows_of_non_square_images_with_image_shape(make):
    X, y = tiny(shape=(10, 6))
    expected = make().fit(X, y).predict_proba(X)
    for image_shape in [(10, 6), (10, 6, 1), [10, 6], np.array([10, 6])]:
        estimator = make(image_shape=image_shape).fit(X.reshape(len(X), -1), y)
        assert estimator.image_shape_ == (10, 6, 1)
        np.testing.assert_array_equal(estimator.predict_proba(X), expected)


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_colour_is_learnt_from_the_channels(make):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 150)
    X = rng.integers(0, 100, (150, 8, 8, 3))
    X[np.arange(150), :, :, y] += 100
    estimator = make(epochs=20, dropout=0, learning_rate=0.01).fit(X[:100], y[:100])
    assert estimator.score(X[100:], y[100:]) == 1


@pytest.mark.precision
@pytest.mark.parametrize(
    ("make", "scale"),
    [
        *((mlp, scale) for scale in (SCALES[0], SCALES[-1])),
        *(pytest.param(mlp, scale, marks=pytest.mark.slow) for scale in SCALES[1:-1]),
        *(pytest.param(cnn, scale, marks=pytest.mark.slow) for scale in SCALES),
    ],
)
def test_quality_is_the_same_at_any_scale_of_the_pixels(make, scale):
    X, y = digits()
    raw = make(epochs=6).fit(X, y).predict(X)
    scaled = make(epochs=6).fit(X * scale, y).predict(X * scale)
    assert np.mean(raw == scaled) > 0.95


@settings(max_examples=5, deadline=None)
@given(scale=st.floats(1e-3, 1e3), offset=st.floats(-5, 5))
def test_quality_is_the_same_for_shifted_and_scaled_pixels(scale, offset):
    X, y = digits()
    moved = (X / 255 + offset) * scale
    raw = mlp(epochs=4).fit(X, y)
    assert abs(raw.score(X, y) - mlp(epochs=4).fit(moved, y).score(moved, y)) < 0.05


def test_constant_images_train_without_a_warning(recwarn):
    y = np.arange(20) % 2
    probabilities = mlp().fit(np.full((20, 6, 6), 7), y).predict_proba(np.full((3, 6, 6), 7))
    assert np.isfinite(probabilities).all()
    assert not recwarn.list


def test_more_images_than_one_graph_call_predicts():
    X, y = tiny()
    estimator = mlp().fit(X, y)
    many = np.tile(X, (40, 1, 1))
    expected = np.tile(estimator.predict_proba(X), (40, 1))
    np.testing.assert_allclose(estimator.predict_proba(many), expected, atol=1e-6)
    np.testing.assert_array_equal(estimator.predict(many), np.tile(estimator.predict(X), 40))


@pytest.mark.precision
@pytest.mark.parametrize("make", BOTH)
def test_one_image_is_predicted_as_among_others(make):
    X, y = tiny()
    estimator = make().fit(X, y)
    alone = np.concatenate([estimator.predict_proba(X[[row]]) for row in range(5)])
    np.testing.assert_allclose(alone, estimator.predict_proba(X)[:5], atol=1e-6)


def test_model_takes_images_as_fit_got_them():
    X, y = tiny()
    estimator = cnn(precision="float32").fit(X, y)
    outputs = estimator.model_.predict(X[..., np.newaxis], verbose=0)
    np.testing.assert_allclose(estimator.predict_proba(X), outputs, atol=1e-6)


class TestDataFrames:
    @pytest.mark.parametrize("library", FRAMES)
    def test_feature_names_are_kept_and_checked(self, library):
        X, y = tiny()
        rows = X.reshape(len(X), -1)
        names = [f"pixel_{number}" for number in range(rows.shape[1])]
        frame = FRAMES[library](dict(zip(names, rows.T, strict=True)))
        estimator = mlp().fit(frame, pd.Series(y))
        assert estimator.feature_names_in_.tolist() == names
        np.testing.assert_array_equal(
            estimator.predict_proba(frame), mlp().fit(rows, y).predict_proba(rows)
        )
        with pytest.raises(ValueError, match="feature names should match"):
            estimator.predict(frame[names[::-1]])
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            estimator.predict(rows)

    @pytest.mark.parametrize("names", [[0, 1, 2], ["sparse", "iloc", "dtypes"]])
    def test_columns_of_any_names_may_hold_objects(self, names):
        X, y = make_blobs(60, centers=[[0, 0, 0], [9, 9, 9]], random_state=0)
        frame = pd.DataFrame(X, columns=names).astype(object)
        expected = mlp().fit(X, y).predict_proba(X)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas warns of a column called "dtypes"
            found = mlp().fit(frame, y).predict_proba(frame)
        np.testing.assert_array_equal(found, expected)

    def test_mixed_column_types(self):
        X, y = make_blobs(60, centers=[[0, 0, 0], [9, 9, 9]], random_state=0)
        frame = pd.DataFrame(X, columns=["a", "b", "c"]).astype({"a": "float32", "b": int})
        assert mlp(epochs=20).fit(frame, y).score(frame, y) > 0.9


def _text_labels(y):
    return np.array(["three", "one", "zwei"])[y]


LABELS = {
    "gaps": lambda y: np.array([-7, 3, 1000])[y],
    "uint8": lambda y: y.astype(np.uint8),
    "whole floats": lambda y: y * 10.0 - 10,
    "strings": _text_labels,
    "object strings": lambda y: _text_labels(y).astype(object),
    "list": lambda y: _text_labels(y).tolist(),
    "series": lambda y: pd.Series(_text_labels(y), index=np.arange(len(y))[::-1]),
    "categorical": lambda y: pd.Series(pd.Categorical(_text_labels(y), ["zwei", "one", "three"])),
    "nullable int": lambda y: pd.Series(y * 5, dtype="Int64"),
    "empty string": lambda y: np.array(["", " ", "é"])[y],
}


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_labels_of_any_type_come_back(label):
    X, codes = tiny()
    given_labels = label(codes)
    y = np.asarray(given_labels)
    estimator = mlp().fit(X, given_labels)
    classes, as_numbers = np.unique(y.astype(str) if y.dtype == object else y, return_inverse=True)
    np.testing.assert_array_equal(np.asarray(estimator.classes_, classes.dtype), classes)
    predicted = estimator.predict(X)
    assert predicted.dtype == estimator.classes_.dtype
    assert set(predicted) <= set(y)
    # nothing but the names depends on the labels
    twin = mlp().fit(X, as_numbers)
    np.testing.assert_array_equal(estimator.predict_proba(X), twin.predict_proba(X))
    np.testing.assert_array_equal(predicted, estimator.classes_[twin.predict(X)])


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_bools_are_labels(make):
    X, y = tiny(n_classes=2)
    estimator = make(**QUICK).fit(X, y.astype(bool))
    assert estimator.classes_.tolist() == [False, True]
    assert estimator.predict(X).dtype == bool
    assert estimator.predict_proba(X).shape == (len(X), 2)
    assert estimator.score(X, y.astype(bool)) == 1


NULLABLE = {
    "boolean": lambda y: pd.Series(y > 0, dtype="boolean"),
    "categories of booleans": lambda y: pd.Series(y > 0).astype("category"),
    "Int64": lambda y: pd.Series(y, dtype="Int64") + 2**53,
    "UInt8": lambda y: pd.Series(y, dtype="UInt8"),
    "a column of Int64": lambda y: pd.DataFrame({"label": pd.array(y, "Int64") + 2**53}),
    "a column of booleans": lambda y: pd.DataFrame({"label": pd.array(y > 0, "boolean")}),
}


def averaged(**options):
    return AveragingClassifier(mlp(**options), n_estimators=1, random_state=0)


@pytest.mark.parametrize("make", slow_but([mlp, averaged], mlp))
@pytest.mark.parametrize("label", NULLABLE.values(), ids=NULLABLE)
def test_nullable_labels_stay_whole_numbers_and_booleans(label, make):
    X, codes = tiny()
    y = label(codes)
    estimator = make(**QUICK).fit(X, y)
    labels = y.squeeze()
    assert estimator.classes_.tolist() == sorted(set(labels.tolist()))
    assert estimator.classes_.dtype.kind in "biu"
    assert estimator.score(X, np.asarray(labels)) == 1


@pytest.mark.parametrize(
    ("label", "advice"),
    [
        (int, "of type int, .*astype.int."),
        (bool, "of type bool, .*astype.bool."),
        (float, "of type float, .*astype.float."),
        (lambda code: code if code else "none", "of type int, str, .*astype.str."),
    ],
)
def test_objects_that_are_no_texts_are_refused_with_advice(label, advice):
    X, codes = tiny()
    y = np.empty(len(codes), dtype=object)
    y[:] = [label(code) for code in codes.tolist()]
    with pytest.raises(ValueError, match=advice):
        mlp().fit(X, y)
    dtype = advice.rsplit(".", 2)[1]
    assert mlp(**QUICK).fit(X, y.astype(dtype)).score(X, y.astype(dtype)) == 1


@settings(max_examples=10, deadline=None)
@given(
    st.one_of(
        st.lists(st.integers(-(2**62), 2**62), min_size=2, max_size=4, unique=True),
        st.lists(
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
            min_size=2,
            max_size=4,
            unique=True,
        ),
    )
)
def test_any_two_to_four_names_are_classes(names):
    X, codes = tiny(n=24, n_classes=len(names))
    y = np.array(names)[codes]
    estimator = mlp(epochs=1).fit(X, y)
    assert estimator.classes_.tolist() == sorted(names)
    assert set(estimator.predict(X).tolist()) <= set(names)
    assert estimator.predict_proba(X).shape == (24, len(names))


def test_many_classes():
    y = np.arange(400) % 200
    X = np.random.default_rng(0).normal(size=(400, 30))
    probabilities = mlp().fit(X, y).predict_proba(X)
    assert probabilities.shape == (400, 200)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_known_classes_may_be_about_as_many_as_the_images():
    """Only classes that are not known yet could be the numbers of a regression."""
    y = np.arange(78) % 26
    X = np.random.default_rng(0).normal(size=(78, 30))
    with warnings.catch_warnings(action="error"):
        estimator = mlp()
        for part in np.split(np.arange(78), 3):
            estimator.partial_fit(X[part], y[part], classes=range(26))
        mlp().fit(X, y, X_val=X[:26], y_val=y[:26])
    with pytest.warns(UserWarning, match="could represent a regression problem"):
        mlp().fit(X[:26], y[:26])


@pytest.mark.parametrize("n", slow_but([2, 3, 63, 64, 65], 2, 65))
def test_fewer_and_odd_numbers_of_samples(n):
    X, y = tiny(n=n, n_classes=2)
    assert cnn().fit(X, y).predict(X).shape == (n,)


class TestProbabilities:
    @pytest.mark.parametrize("make", BOTH)
    def test_rows_sum_to_one_in_the_order_of_classes(self, make):
        X, y = tiny()
        y = _text_labels(y)
        estimator = make(**QUICK).fit(X, y)
        probabilities = estimator.predict_proba(X)
        assert probabilities.dtype.kind == "f"
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
        assert (probabilities >= 0).all()
        np.testing.assert_array_equal(
            estimator.classes_[probabilities.argmax(axis=1)], estimator.predict(X)
        )
        assert estimator.score(X, y) > 0.9

    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    @pytest.mark.parametrize(
        "loss",
        slow_but(
            ["auto", "categorical_crossentropy", "CategoricalCrossentropy"],
            "auto",
            "CategoricalCrossentropy",
        ),
    )
    def test_two_sigmoids_with_categorical_cross_entropy(self, make, loss):
        """Keras trains the softmax of their logits, so that is what they predict."""
        X, y = tiny(n_classes=2)
        estimator = make(output_activation="sigmoid", loss=loss, **QUICK).fit(X, y)
        probabilities = estimator.predict_proba(X)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
        assert estimator.score(X, y) == 1
        outputs = estimator.model_.predict(X[..., np.newaxis], verbose=0)
        assert not np.allclose(outputs.sum(axis=1), 1)
        odds = outputs / (1 - outputs)
        expected = odds / odds.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(probabilities, expected, atol=1e-4)

    def test_sigmoids_that_saturate_are_no_tie(self):
        X, y = tiny(n_classes=2)
        estimator = mlp(output_activation="sigmoid", **QUICK).fit(X, y)
        before = estimator.predict(X)
        bias = estimator.model_.layers[-1].bias
        bias.assign(bias + 100)
        np.testing.assert_array_equal(estimator.predict(X), before)
        assert len(np.unique(before)) == 2

    def test_sigmoids_of_another_loss_are_divided_by_their_sum(self):
        X, y = tiny(n_classes=2)
        estimator = mlp(output_activation="sigmoid", loss="binary_crossentropy", **QUICK).fit(X, y)
        outputs = estimator.model_.predict(X[..., np.newaxis], verbose=0)
        expected = outputs / outputs.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(estimator.predict_proba(X), expected, atol=1e-5)

    def test_sigmoids_that_are_all_zero_favour_no_class(self):
        X, y = tiny(n_classes=2)
        estimator = mlp(output_activation="sigmoid", loss="binary_crossentropy").fit(X, y)
        bias = estimator.model_.layers[-1].bias
        bias.assign(np.full(bias.shape, -1e6))
        np.testing.assert_array_equal(estimator.predict_proba(X), np.full((len(X), 2), 0.5))
