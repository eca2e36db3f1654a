"""Rows that are columns of a table: any number of them, each with its own scale and origin."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import make_blobs
from support import MLP_AND_SLOWLY_CNN, cnn, digits, mlp, slow_but, tiny, weights

# learns `blobs` by heart
LEARNS = {"epochs": 30, "dropout": 0, "batch_size": 16, "learning_rate": 0.02}


def blobs(n_columns, n=150):
    """Return a table of easy classes."""
    centers = np.arange(3)[:, np.newaxis] * np.full(n_columns, 8.0)
    return make_blobs(n, centers=centers, random_state=0)


def counts(n=90, n_columns=4):
    """Return a table of small whole numbers from 0, in each column, and classes that they tell."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 3
    X = rng.integers(0, 4, (n, n_columns)) + 4 * y[:, np.newaxis]
    X[0] = 0
    return X, y


@pytest.mark.parametrize("n_columns", slow_but([1, 2, 3, 15, 16, 20, 25, 64, 256, 784], 1, 16))
def test_an_mlp_takes_rows_as_columns_whatever_their_number(n_columns):
    X, y = blobs(n_columns)
    estimator = mlp(**LEARNS).fit(X[:100], y[:100])
    assert estimator.image_shape_ == (n_columns,)
    assert estimator.score(X[100:], y[100:]) > 0.9


@pytest.mark.parametrize(("n_columns", "shape"), [(16, (4, 4, 1)), (20, (20,))])
def test_a_cnn_takes_rows_of_a_square_number_as_images(n_columns, shape):
    X, y = blobs(n_columns)
    estimator = cnn(filters=4, **LEARNS).fit(X[:100], y[:100])
    assert estimator.image_shape_ == shape
    assert estimator.score(X[100:], y[100:]) > 0.9


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
@pytest.mark.parametrize("image_shape", [(25,), [25], np.array([25])])
def test_image_shape_of_one_number_says_columns(make, image_shape):
    X, y = blobs(25)
    X[:, ::2] *= 1e6
    estimator = make(image_shape=image_shape, **LEARNS).fit(X, y)
    assert estimator.image_shape_ == (25,)
    assert estimator.score(X, y) > 0.9


def test_images_and_columns_are_not_taken_for_each_other():
    X, y = tiny()
    rows = X.reshape(len(X), -1)
    with pytest.raises(ValueError, match=r"X has images of 6 x 6 pixels.*image_shape=\(36,\)"):
        mlp(image_shape=(36,)).fit(X, y)
    with pytest.raises(ValueError, match=r"X has 36 features.*image_shape=\(35,\)"):
        mlp(image_shape=(35,)).fit(rows, y)
    with pytest.raises(ValueError, match=r"fitted on 36 columns: give rows, X.reshape"):
        mlp().fit(rows, y).predict(X)
    images = mlp().fit(X, y)
    np.testing.assert_array_equal(images.predict_proba(rows), images.predict_proba(X))


@pytest.mark.slow
def test_any_square_number_of_columns_is_learned_as_its_neighbours():
    """Columns with units of their own: as images they would have one scale in common."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    for n_columns in (25, 26):
        X = rng.normal(size=(300, n_columns)) * 1e4
        X[:, 7] = y + rng.normal(scale=0.2, size=300)
        assert mlp(**LEARNS).fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.9


@settings(max_examples=4, deadline=None)
@given(st.lists(st.integers(-30, 30), min_size=3, max_size=3))
@example([14, 14, 14])
@example([-30, 0, 30])
def test_the_units_of_the_columns_do_not_matter(exponents):
    X, y = counts(n_columns=3)
    estimator = mlp(**LEARNS).fit(X * 10.0 ** np.array(exponents), y)
    assert estimator.score(X * 10.0 ** np.array(exponents), y) > 0.9


class TestLargeOffsets:
    """What sets values far from zero apart is not rounded away."""

    X, Y = counts()
    # name -> what is added to each column
    OFFSETS = {
        "days": np.full(4, 20_240_101),
        "seconds": np.full(4, 1_700_000_000),
        "nanoseconds": np.full(4, 1_700_000_000_000_000_000),
        "ids and counts": np.array([2**62, 0, -(2**60), 0]),
        "to the end": np.array([2**63 - 13, -(2**63), 2**63 - 13, -(2**63)]),
    }

    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    @pytest.mark.parametrize("offset", OFFSETS.values(), ids=OFFSETS)
    def test_whole_numbers_are_taken_exactly(self, make, offset):
        moved = self.X.astype(np.int64) + offset
        plain = make(image_shape=(4,)).fit(self.X, self.Y, X_val=self.X, y_val=self.Y)
        estimator = make(image_shape=(4,)).fit(moved, self.Y, X_val=moved, y_val=self.Y)
        assert estimator.history_ == plain.history_
        expected = plain.predict_proba(self.X)
        np.testing.assert_array_equal(estimator.predict_proba(moved), expected)
        np.testing.assert_array_equal(estimator.predict_proba(moved.tolist()), expected)
        # A row alone may differ from a row of many in its last bit, on some processors.
        expected = plain.predict_proba(self.X[:1])
        np.testing.assert_array_equal(estimator.predict_proba(moved[:1]), expected)

    def test_unsigned_numbers_beyond_the_signed_ones(self):
        moved = self.X.astype(np.uint64) + np.uint64(2**64 - 100)
        expected = mlp().fit(self.X, self.Y).predict_proba(self.X)
        np.testing.assert_array_equal(mlp().fit(moved, self.Y).predict_proba(moved), expected)

    @pytest.mark.parametrize("dtype", ["int64", "float64", "Int64"])
    def test_a_data_frame_of_any_dtype(self, dtype):
        frame = pd.DataFrame(self.X + 1_700_000_000, columns=list("abcd")).astype(dtype)
        frame["d"] = self.X[:, 3] / 2
        estimator = mlp(**LEARNS).fit(frame, self.Y)
        assert estimator.score(frame, self.Y) > 0.9
        assert estimator.offset_.tolist() == [1_700_000_000] * 3 + [0]

    @pytest.mark.parametrize("offset", slow_but([2024, 1e9, -1e12, 1e15], 2024, -1e12))
    def test_real_numbers(self, offset):
        step = np.spacing(abs(offset)) * 2**16  # so fine that float32 would see one value
        moved = self.X * step + offset
        assert mlp(**LEARNS).fit(moved, self.Y).score(moved, self.Y) > 0.9

    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    def test_channels_of_images_too(self, make):
        X, y = tiny(shape=(6, 6, 2))
        X = X - X.min()
        moved = X + np.array([0, 10**12])
        estimator = make().fit(moved, y)
        expected = make().fit(X, y).predict_proba(X)
        np.testing.assert_array_equal(estimator.predict_proba(moved), expected)
        assert estimator.offset_.tolist() == [0, 10**12]

    @pytest.mark.slow
    def test_they_stay_with_the_classifier(self):
        moved = self.X + 1_700_000_000
        settings = {"learning_rate_schedule": "constant", "warm_start": True}
        plain, estimator = (mlp(**settings).fit(X, self.Y) for X in (self.X, moved))
        for goes_on in ("fit", "partial_fit"):
            getattr(plain, goes_on)(self.X[::2], self.Y[::2])
            getattr(estimator, goes_on)(moved[::2], self.Y[::2])
            expected = plain.predict_proba(self.X)
            twin = pickle.loads(pickle.dumps(estimator))
            np.testing.assert_array_equal(twin.predict_proba(moved), expected)
        fresh = clone(estimator)
        assert not hasattr(fresh, "offset_")
        fresh.fit(self.X, self.Y)
        assert fresh.offset_.tolist() == [0] * 4
        np.testing.assert_array_equal(
            fresh.predict_proba(self.X), mlp(**settings).fit(self.X, self.Y).predict_proba(self.X)
        )

    @pytest.mark.parametrize("size", [1, 30])
    def test_partial_fit_from_nothing(self, size):
        moved = self.X + 10**12
        plain, estimator = mlp(), mlp()
        for start in range(0, 60, size):
            part = slice(start, start + size)
            plain.partial_fit(self.X[part], self.Y[part], classes=[0, 1, 2])
            estimator.partial_fit(moved[part], self.Y[part], classes=[0, 1, 2])
        np.testing.assert_array_equal(estimator.predict_proba(moved), plain.predict_proba(self.X))

    @pytest.mark.parametrize("unit", [1, 1e-20, 1e25])
    def test_model_takes_the_differences(self, unit):
        X = self.X.astype(float)
        X[:, 0] += 1e12
        X[:, 1] *= unit
        estimator = mlp(**LEARNS).fit(X, self.Y)
        inputs = ((X - estimator.offset_) / estimator.unit_).astype(np.float32)
        outputs = estimator.model_.predict(inputs, verbose=0)
        np.testing.assert_allclose(estimator.predict_proba(X), outputs, atol=1e-5)
        assert estimator.offset_.tolist() == [1e12, 0, 0, 0]
        assert (estimator.unit_[[0, 2, 3]] == 1).all()

    def test_usual_columns_are_taken_as_they_are(self):
        X = np.column_stack([self.X[:, 0], 2015 + self.X[:, 1], self.X[:, 2] / 7, np.ones(90)])
        estimator = mlp().fit(X, self.Y)
        assert not estimator.offset_.any()
        assert (estimator.unit_ == 1).all()

    def test_a_body_keeps_its_offsets(self):
        moved = self.X + 1_700_000_000
        body = mlp(image_shape=(4,)).fit(moved, self.Y)
        settings = {"image_shape": (4,), "fine_tune": False, "epochs": 1}
        again = mlp(transfer_from=body, **settings).fit(moved[1:], self.Y[1:])
        assert again.offset_.tolist() == body.offset_.tolist()
        plain = mlp(transfer_from=mlp(image_shape=(4,)).fit(self.X, self.Y), **settings)
        np.testing.assert_array_equal(
            plain.fit(self.X[1:], self.Y[1:]).predict_proba(self.X), again.predict_proba(moved)
        )


class TestRareValues:
    """A column that is nearly always the same does not drown the others."""

    def test_none_is_far_from_the_mean_of_its_column(self):
        X, y = counts(n=2000)
        X = np.column_stack([X, np.zeros(2000), np.arange(2000) == 7])
        standardize = mlp(epochs=1).fit(X, y).model_.get_layer("standardize")
        standardized = np.asarray(standardize(X.astype(np.float32)))
        assert 7 < standardized[:, -1].max() < 8.1
        np.testing.assert_allclose(standardized[:, :4].std(axis=0), 1, rtol=1e-3)

    def test_a_constant_column_that_changes_hardly_matters(self):
        X, y = counts()
        X = np.column_stack([X, np.full((90, 4), [0, 5, 1.7e9, 1e30])])
        estimator = mlp(**LEARNS).fit(X, y)
        changed = X + np.array([0, 0, 0, 0, 1, 1, 86_400, 0])
        assert np.isfinite(estimator.predict_proba(X)).all()
        assert estimator.score(changed, y) == estimator.score(X, y) > 0.9

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_errors_of_rounding_are_no_values(self, dtype):
        """As 14.62 in a column that several sums gave: the last digit differs."""
        X, y = counts()
        noise = np.arange(90) % 3 - 1
        X = np.column_stack([X, 14.62 * (1 + np.finfo(dtype).eps * noise)]).astype(dtype)
        estimator = mlp(**LEARNS).fit(X, y)
        X[:, -1] += 1e-4
        assert estimator.score(X, y) > 0.9

    def test_one_row_at_a_time_from_nothing(self):
        X, y = digits()
        estimator = mlp(learning_rate=0.001, learning_rate_schedule="constant")
        for row in range(30):
            estimator.partial_fit(X[row : row + 1].reshape(1, -1), y[[row]], classes=range(10))
        standardize = estimator.model_.get_layer("standardize")
        pixels = X.reshape(len(X), -1).astype(np.float32)
        assert np.abs(standardize(pixels)).max() < 30


class TestOneRowOfPixels:
    """An image one pixel high is a row: a batch of one has the shape of an image."""

    @pytest.mark.parametrize("dtype", slow_but(["uint8", "int64", "float32", "float64"], "uint8"))
    @pytest.mark.parametrize("image_shape", [(1, 20), (1, 20, 1)])
    def test_one_row_is_a_batch_of_one(self, dtype, image_shape):
        X = np.random.default_rng(0).integers(0, 99, (40, 20)).astype(dtype)
        shape = {"kernel_size": (1, 3), "pool_size": (1, 2), "image_shape": image_shape}
        estimator = cnn(filters=4, epochs=1, **shape).fit(X, np.arange(40) % 2)
        expected = estimator.predict_proba(X)[:1]
        forms = (X[:1], X[:1].tolist(), pd.DataFrame(X[:1]), X[:1].reshape(1, 1, 20))
        for one in (*forms, X[:1].reshape(1, 1, 20, 1)):
            np.testing.assert_allclose(estimator.predict_proba(one), expected, atol=1e-6)
        with pytest.raises(ValueError, match="that of one image"):
            estimator.predict(X[0].reshape(1, 20, 1))

    def test_an_image_one_pixel_wide(self):
        X = np.random.default_rng(0).integers(0, 99, (40, 20))
        estimator = mlp(epochs=1, image_shape=(20, 1)).fit(X, np.arange(40) % 2)
        assert estimator.predict(X[:1]).shape == (1,)
        with pytest.raises(ValueError, match="that of one image"):
            estimator.predict(X[0].reshape(20, 1))


def test_augmentation_of_columns_is_refused_whatever_their_number():
    X, y = tiny()
    estimator = mlp(augmentation="shift")
    with pytest.raises(ValueError, match=r"'augmentation'.*36 columns.*image_shape"):
        estimator.fit(X.reshape(len(X), -1), y)
    auto = mlp(augmentation="auto").fit(X.reshape(len(X), -1), y)
    plain = mlp(augmentation=None).fit(X.reshape(len(X), -1), y)
    for one, other in zip(weights(auto), weights(plain), strict=True):
        np.testing.assert_array_equal(one, other)
