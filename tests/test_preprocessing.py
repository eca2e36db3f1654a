"""PixelScaler and ImageReshaper, alone and in pipelines."""

import pickle
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks
from support import slow_but

from skdigits.datasets import load_digits
from skdigits.preprocessing import DigitNormalizer, ImageReshaper, PixelScaler

DTYPES = [np.bool_, np.uint8, np.int16, np.int32, np.int64, np.float16, np.float32, np.float64]
IMAGE_SHAPES = hnp.array_shapes(min_dims=2, max_dims=4, max_side=5)


@parametrize_with_checks([PixelScaler(), ImageReshaper()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


class NearestMean(ClassifierMixin, BaseEstimator):
    """A classifier that takes images of 28 x 28 only."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.means_ = np.stack([X[y == label].mean(axis=0) for label in self.classes_])
        return self

    def predict(self, X):
        distances = [((X - mean) ** 2).sum(axis=(1, 2)) for mean in self.means_]
        return self.classes_[np.argmin(distances, axis=0)]


# PixelScaler


@pytest.mark.parametrize("shape", [(4, 6), (4, 3, 2), (4, 3, 1, 2)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_scaler_brings_any_dtype_and_shape_to_0_1(shape, dtype):
    X = (np.arange(24).reshape(shape) % 2).astype(dtype)
    if dtype is not np.bool_:
        X = X * dtype(100)
    scaled = PixelScaler().fit_transform(X)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled, np.arange(24).reshape(shape) % 2)


def test_scaler_uses_one_scale_for_all_pixels():
    X = np.array([[0, 10], [20, 40]], dtype=np.uint8)
    scaler = PixelScaler().fit(X)
    assert (scaler.data_min_, scaler.data_max_) == (0.0, 40.0)
    np.testing.assert_allclose(scaler.transform(X), [[0, 0.25], [0.5, 1]])
    np.testing.assert_allclose(scaler.transform([[80, 0]]), [[2, 0]])


def test_scaler_of_constant_images_only_shifts():
    scaler = PixelScaler().fit(np.full((2, 3), 7))
    np.testing.assert_array_equal(scaler.transform([[6, 7, 9]]), [[-1, 0, 2]])


def test_scaler_leaves_the_input_alone():
    for dtype in (np.uint8, np.float32, np.float64):
        X = np.array([[1, 2], [3, 4]], dtype=dtype)
        before = X.copy()
        scaler = PixelScaler().fit(X)
        scaler.inverse_transform(scaler.transform(X))
        scaler.inverse_transform(X)
        np.testing.assert_array_equal(X, before)


@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.int32, np.float32, np.float64]),
        IMAGE_SHAPES,
        elements=st.integers(0, 255),
    )
)
def test_scaler_round_trip(X):
    scaler = PixelScaler().fit(X)
    scaled = scaler.transform(X)
    assert scaled.shape == X.shape
    assert scaled.min() == 0
    assert scaled.max() == (0 if X.min() == X.max() else 1)
    np.testing.assert_allclose(scaler.inverse_transform(scaled), X, atol=1e-4)


def test_scaler_keeps_the_precision_of_large_numbers():
    X = np.array([[2**40, 2**40 + 1], [2**40 + 2, 2**40 + 4]])
    np.testing.assert_array_equal(PixelScaler().fit_transform(X), [[0, 0.25], [0.5, 1]])
    np.testing.assert_array_equal(PixelScaler().fit_transform(X * 1.0), [[0, 0.25], [0.5, 1]])


def test_scaler_names_and_data_frames():
    X = pd.DataFrame({"a": [0, 1], "b": [2, 4]})
    scaler = PixelScaler().set_output(transform="pandas").fit(X)
    assert scaler.get_feature_names_out().tolist() == ["a", "b"]
    scaled = scaler.transform(X)
    assert scaled.columns.tolist() == ["a", "b"]
    assert scaled.loc[1, "b"] == 1
    images = PixelScaler().fit(np.ones((2, 3, 4)))
    assert images.n_features_in_ == 12
    assert len(images.get_feature_names_out()) == 12


# ImageReshaper


@pytest.mark.parametrize(
    ("image_shape", "X_shape", "expected"),
    [
        (None, (2, 784), (28, 28)),
        (None, (2, 1), (1, 1)),
        (None, (2, 12), (1, 12)),
        (None, (2, 3, 4), (3, 4)),
        (None, (2, 3, 4, 5), (3, 4, 5)),
        ((3, 4), (2, 12), (3, 4)),
        ([2, 2, 3], (2, 12), (2, 2, 3)),
        (np.array([3, 4]), (2, 3, 4), (3, 4)),
        ((3, 4, 1), (2, 3, 4), (3, 4, 1)),
        ((3, 4), (2, 3, 4, 1), (3, 4)),
    ],
)
def test_reshaper_gives_images(image_shape, X_shape, expected):
    X = np.arange(np.prod(X_shape), dtype=np.uint8).reshape(X_shape)
    reshaper = ImageReshaper(image_shape=image_shape).fit(X)
    images = reshaper.transform(X)
    assert reshaper.image_shape_ == expected
    assert images.shape == (2, *expected)
    assert images.dtype == np.uint8
    assert np.shares_memory(images, X)
    np.testing.assert_array_equal(images.ravel(), X.ravel())
    rows = reshaper.inverse_transform(images)
    np.testing.assert_array_equal(rows, X.reshape(2, -1))


def test_reshaper_takes_rows_after_images():
    X = np.arange(24).reshape(2, 3, 4)
    reshaper = ImageReshaper().fit(X)
    np.testing.assert_array_equal(reshaper.transform(X.reshape(2, 12)), X)


@given(hnp.arrays(st.sampled_from(DTYPES), IMAGE_SHAPES))
def test_reshaper_keeps_values_and_dtype(X):
    X = np.where(np.isfinite(X), X, 0).astype(X.dtype)
    images = ImageReshaper().fit_transform(X)
    assert images.dtype == X.dtype
    assert images.ndim >= 3
    np.testing.assert_array_equal(images.ravel(), X.ravel())


@pytest.mark.parametrize(
    "image_shape", [(28,), (28, 28, 1, 1), (0, 784), (28.0, 28), (True, 784), "ab", ()]
)
def test_reshaper_refuses_a_bad_image_shape(image_shape):
    with pytest.raises(ValueError, match="image_shape"):
        ImageReshaper(image_shape=image_shape).fit(np.zeros((2, 784)))


def test_reshaper_refuses_a_shape_that_does_not_fit_and_stays_as_it_was():
    reshaper = ImageReshaper(image_shape=(28, 28))
    with pytest.raises(ValueError, match=r"X has 780 values.*\(28, 28\) needs 784"):
        reshaper.fit(np.zeros((2, 780)))
    with pytest.raises(NotFittedError):
        reshaper.transform(np.zeros((2, 784)))
    with pytest.raises(ValueError, match=r"images of shape \(14, 56\).*scramble"):
        reshaper.fit(np.zeros((2, 14, 56)))


# Both


@pytest.mark.parametrize("transformer", [PixelScaler(), ImageReshaper()])
@pytest.mark.parametrize("method", ["transform", "inverse_transform"])
def test_another_number_of_features_is_refused(transformer, method):
    fitted = clone(transformer).fit(np.zeros((2, 16)))
    with pytest.raises(ValueError, match=r"shape \(3, 3\), 9 values .* expecting 16 features"):
        getattr(fitted, method)(np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match=r"X has 9 features.*expecting 16 features"):
        getattr(fitted, method)(np.zeros((2, 9)))


@pytest.mark.parametrize("transformer", [PixelScaler(), ImageReshaper()])
@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.full((2, 3, 3), np.nan), "NaN"),
        (np.full((2, 3, 3, 1), np.inf), "infinity"),
        (np.zeros(4), "Expected 2D array"),
        (np.zeros((2, 2, 2, 2, 2)), "5 dimensions"),
        (np.zeros((2, 0, 3)), r"shape \(2, 0, 3\)"),
        (np.zeros((0, 3, 3)), "0 sample"),
    ],
)
def test_bad_images_are_refused(transformer, X, message):
    with pytest.raises(ValueError, match=message):
        clone(transformer).fit(X)


@pytest.mark.parametrize("transformer", [PixelScaler(), ImageReshaper(image_shape=(2, 8))])
def test_pickle_and_clone(transformer):
    X = np.arange(32).reshape(2, 16)
    fitted = clone(transformer).fit(X)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))
    assert repr(clone(fitted)) == repr(transformer)


def test_pipeline_of_both():
    X, y = load_digits(return_X_y=True)
    rows = X.reshape(len(X), -1)
    pipeline = make_pipeline(PixelScaler(), ImageReshaper(), NearestMean())
    pipeline.fit(rows, y)
    assert pipeline[:-1].transform(rows).shape == (1442, 28, 28)
    X_test, y_test = load_digits(subset="test", return_X_y=True)
    assert pipeline.score(X_test.reshape(len(X_test), -1), y_test) > 0.8


def set_globally(pipeline, library):
    return config_context(transform_output=library)


def set_on_the_pipeline(pipeline, library):
    pipeline.set_output(transform=library)
    return nullcontext()


IMAGE_PIPELINES = [
    (ImageReshaper(), PixelScaler()),
    (PixelScaler(), ImageReshaper()),
    (ImageReshaper(), DigitNormalizer(), PixelScaler()),
]


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("ask_for", slow_but([set_globally, set_on_the_pipeline], set_globally))
@pytest.mark.parametrize("steps", IMAGE_PIPELINES)
def test_pipelines_of_images_work_with_data_frames_as_output(steps, ask_for, library):
    frames = pytest.importorskip(library)
    X, y = load_digits(return_X_y=True)
    rows, y = X[:8].reshape(8, -1), y[:8]
    plain = make_pipeline(*steps, NearestMean()).fit(rows, y)
    expected = plain.predict(rows)
    for given_rows in (rows, frames.DataFrame(rows)):
        pipeline = clone(plain)
        with ask_for(pipeline, library):
            pipeline.fit(given_rows, y)
            images = pipeline[:-1].transform(given_rows)
            np.testing.assert_array_equal(pipeline.predict(given_rows), expected)
        assert type(images) is np.ndarray
        assert images.shape == (8, 28, 28)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_scaled_rows_are_the_data_frame_asked_for(library):
    frames = pytest.importorskip(library)
    X = frames.DataFrame({"a": [0, 1], "b": [2, 4]})
    with config_context(transform_output=library):
        found = PixelScaler().fit_transform(X)
        own = clone(PixelScaler().set_output(transform="default")).fit_transform(X)
        images = PixelScaler().fit(X.to_numpy()).transform(np.ones((3, 1, 2)))
    assert type(found) is type(X)
    assert list(found.columns) == ["a", "b"]
    np.testing.assert_array_equal(found.to_numpy(), [[0, 0.5], [0.25, 1]])
    assert type(own) is type(images) is np.ndarray


def test_an_unknown_output_is_refused():
    with pytest.raises(ValueError, match="output config must be in"):
        ImageReshaper().set_output(transform="paper").fit_transform(np.zeros((2, 4)))
