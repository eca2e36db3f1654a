"""Images to predict that have another scale than those of the training get one warning."""

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from support import MLP_AND_SLOWLY_CNN, cnn, digits, mlp, slow_but, tiny

from skdigits.datasets import load_digits
from skdigits.ensemble import AveragingClassifier
from skdigits.inspection import SaliencyDisplay
from skdigits.preprocessing import ImageReshaper, PixelScaler

X, Y = digits()
X_TEST, Y_TEST = load_digits(subset="test", return_X_y=True)

# name -> (what training gets, what prediction gets, what the warning says)
OTHER_SCALES = {
    "0..1 for 0..255": (X, X_TEST / 255, "much smaller than 0 to 255"),
    "float32": (X, (X_TEST / 255).astype(np.float32), "much smaller than 0 to 255"),
    "-1..1 for 0..255": (X, X_TEST / 127.5 - 1, "much smaller than 0 to 255"),
    "0..16 for 0..255": (X, X_TEST // 16, "much smaller than 0 to 255"),
    "8 bits for 16": (X.astype(np.uint16) * 257, X_TEST, "much smaller than 0 to 65535"),
    "0..255 for 0..1": (X / 255, X_TEST, "much larger than 0 to 1"),
    "0..255 for -1..1": (X / 127.5 - 1, X_TEST, "much larger than -1 to 1"),
    "0..255 for z-scores": ((X / 255 - 0.13) / 0.31, X_TEST, "much larger than"),
    "inverted": (X, 255 - X_TEST, "the negative"),
    "inverted 0..1": (X / 255, 1 - X_TEST / 255, "the negative"),
    "minus": (X, -X_TEST.astype(float), "the negative"),
    "minus -1..1": (X / 127.5 - 1, 1 - X_TEST / 127.5, "the negative"),
}
# Smaller, of whole numbers and not, and larger, and the negative of what begins at zero or not.
QUICK_SCALES = [
    "0..1 for 0..255", "8 bits for 16", "0..255 for z-scores", "inverted", "minus -1..1",
]  # fmt: skip


def silent():
    return warnings.catch_warnings(action="error")


@pytest.mark.parametrize("name", slow_but(OTHER_SCALES, *QUICK_SCALES))
def test_one_warning_says_so(name):
    train, test, message = OTHER_SCALES[name]
    estimator = mlp(epochs=1).fit(train, Y)
    with silent():
        estimator.predict(train)
        estimator.predict(train[5:6])
    for predict in (
        estimator.predict_proba,
        estimator.predict,
        lambda images: estimator.score(images, Y_TEST[: len(images)]),
    ):
        for images in (test, test[:1], test[7:8]):
            with pytest.warns(UserWarning, match=f"X seems .* that of fit: .*{message}") as caught:
                predict(images)
            assert len(caught) == 1
            assert caught[0].filename == __file__


def test_code_of_exec_that_has_no_name_is_warned():
    names = {"classifier": mlp(epochs=1).fit(X, Y), "images": X_TEST / 255}
    with pytest.warns(UserWarning, match="X seems") as caught:
        exec("classifier.predict(images)", names)
    assert [warning.filename for warning in caught] == ["<string>"]


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
@pytest.mark.parametrize("other", [X_TEST / 255, 255 - X_TEST], ids=["smaller", "negative"])
def test_rows_of_pixels_too(make, other):
    rows = X.reshape(len(X), -1)
    estimator = make(epochs=1).fit(rows, Y)
    other = other.reshape(len(other), -1)
    for images in (other, other[:1]):
        with pytest.warns(UserWarning, match="another scale"):
            estimator.predict(images)
    scaled = make(epochs=1).fit(rows / 255, Y)
    with pytest.warns(UserWarning, match="another scale"):
        scaled.predict(rows[:1])


class TestColumns:
    X, Y = load_breast_cancer(return_X_y=True)

    STANDARDISED = StandardScaler().fit_transform(X)

    @pytest.mark.parametrize(
        ("train", "test"),
        [
            (X, STANDARDISED),
            (STANDARDISED, X),
            pytest.param(X, MinMaxScaler().fit_transform(X), marks=pytest.mark.slow),
            pytest.param(X, X / 100, marks=pytest.mark.slow),
        ],
        ids=["standardised for raw", "raw for standardised", "0..1 for raw", "other units"],
    )
    def test_one_warning_says_so(self, train, test):
        estimator = mlp(epochs=1).fit(train[:300], self.Y[:300])
        with silent():
            estimator.predict(train)
            for row in range(300, 569):
                estimator.predict(train[row : row + 1])
        with pytest.warns(UserWarning, match="another scale.*columns have other ranges"):
            estimator.predict(test)

    def test_one_row_is_enough_where_most_columns_tell(self):
        estimator = mlp(epochs=1).fit(self.X[:300], self.Y[:300])
        for row in range(300, 320):
            with pytest.warns(UserWarning, match="columns have other ranges"):
                estimator.predict(self.STANDARDISED[row : row + 1])

    def test_wild_rows_are_no_other_scale(self):
        rng = np.random.default_rng(0)
        table = np.exp(3 * rng.normal(size=(300, 12)))
        estimator = mlp(epochs=1).fit(table, np.arange(300) % 2)
        with silent():
            for row in np.exp(3 * rng.normal(size=(300, 12))):
                estimator.predict(row[np.newaxis])
            wild = table[:1].copy()
            wild[0, :2] = 1e9
            estimator.predict(wild)

    def test_columns_that_drift_are_no_other_scale(self):
        table = np.random.default_rng(0).normal(size=(300, 8))
        table[:, 0], table[:, 1] = np.arange(300), 1.7e9 + 86_400 * np.arange(300)
        estimator = mlp(epochs=1).fit(table[:100], np.arange(100) % 2)
        with silent():
            for rows in (table[200:], table[299:]):
                estimator.predict(rows)

    def test_rows_of_few_counts_are_no_other_scale(self):
        rng = np.random.default_rng(0)
        counts = rng.poisson(rng.gamma(0.3, 3.0, 50), (300, 50)) + (rng.random((300, 50)) < 0.3)
        estimator = mlp(epochs=1).fit(counts, np.arange(300) % 2)
        with silent():
            for column in range(50):
                estimator.predict(np.eye(50)[[column]])


STRANGE = np.concatenate(
    [
        np.zeros((2, 28, 28)),  # blank
        np.full((2, 28, 28), [[[1]], [[255]]]),  # constant
        X[:3] // 200,  # dark
        np.random.default_rng(0).integers(0, 3, (2, 28, 28)),  # noise
        255 - X[3:5],  # inverted
    ]
).astype(np.uint8)
MANY = np.concatenate([X, STRANGE])


@pytest.fixture(scope="module")
def fitted():
    labels = np.arange(len(MANY)) % 2
    return {
        "images": (mlp(epochs=1).fit(MANY, labels), MANY),
        "rows": (mlp(epochs=1).fit(MANY.reshape(len(MANY), -1), labels), MANY.reshape(211, -1)),
        "scaled": (mlp(epochs=1).fit(MANY / 255, labels), MANY / 255),
        "plain": (mlp(epochs=1).fit(X, Y), X),
    }


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["images", "rows", "scaled", "plain"]),
    chosen=st.one_of(
        st.lists(st.integers(0, 210), min_size=1, max_size=8),
        st.lists(st.integers(200, 210), min_size=1, max_size=300),
    ),
)
@example(kind="images", chosen=[210] * 100)
@example(kind="images", chosen=list(range(200, 211)))
@example(kind="rows", chosen=[204, 205, 206])
def test_never_for_a_batch_that_training_could_have_held(fitted, kind, chosen):
    estimator, images = fitted[kind]
    with silent():
        estimator.predict(images[np.array(chosen) % len(images)])


@settings(max_examples=3, deadline=None)
@given(
    seed=st.integers(0, 99),
    shape=st.sampled_from([(5,), (3, 3), (6, 6), (4, 4, 3), (1, 9)]),
    dtype=st.sampled_from(["uint8", "float32", "int64"]),
)
def test_never_for_training_images_of_any_kind(seed, shape, dtype):
    rng = np.random.default_rng(seed)
    images = (rng.normal(size=(40, *shape)) * 10.0 ** rng.integers(0, 3)).astype(dtype)
    estimator = mlp(epochs=1).fit(images, np.arange(40) % 2)
    with silent():
        for size in (1, 1, 2, 5, 40):
            estimator.predict(images[rng.choice(40, size)])


@pytest.mark.parametrize("each", slow_but([1, 5], 5))
def test_other_images_of_the_same_kind_are_fine(each):
    with silent():
        for train, test in ((X, X_TEST), (X / 255, X_TEST / 255)):
            estimator = mlp(epochs=1).fit(train, Y)
            for image in test[::each]:
                estimator.predict(image[np.newaxis])
            estimator.predict(np.concatenate([test[:5], np.zeros((5, 28, 28))]))
            estimator.predict(np.zeros((3, 28, 28)))
            estimator.predict(np.full((1, 28, 28), 3))


class TestFit:
    def test_validation_data(self):
        with pytest.warns(UserWarning, match="X_val seems to have another scale") as caught:
            mlp(epochs=2).fit(X, Y, X_val=X_TEST / 255, y_val=Y_TEST)
        assert len(caught) == 1
        with silent():
            mlp(epochs=2).fit(X, Y, X_val=X_TEST, y_val=Y_TEST)

    def test_going_on_with_another_scale(self):
        estimator = mlp(epochs=1, warm_start=True, learning_rate_schedule="constant").fit(X, Y)
        again = pickle.loads(pickle.dumps(estimator))
        with pytest.warns(UserWarning, match="much smaller"):
            estimator.partial_fit(X / 255, Y)
        with pytest.warns(UserWarning, match="the negative"):
            again.fit(255 - X, Y)
        with silent():  # both scales belong to the training now
            estimator.predict(X)
            estimator.predict(X / 255)

    @pytest.mark.parametrize("size", [1, 3, 50])
    def test_a_stream_of_images_of_one_scale(self, size):
        estimator = mlp(epochs=1)
        with silent():
            for start in range(0, min(len(X), 40 * size), size):
                part = slice(start, start + size)
                estimator.partial_fit(X[part], Y[part], classes=range(10))
            estimator.predict(X[:start])
        with pytest.warns(UserWarning, match="much smaller"):
            estimator.predict(X_TEST / 255)

    def test_a_new_fit_forgets_the_old_scale(self):
        estimator = mlp(epochs=1).fit(X, Y).fit(X / 255, Y)
        with silent():
            estimator.predict(X_TEST / 255)
        with pytest.warns(UserWarning, match="much larger"):
            estimator.predict(X_TEST)

    def test_a_body_of_another_scale(self):
        body = mlp(epochs=1).fit(X, Y)
        with pytest.warns(UserWarning, match="that of transfer_from: its values are much smaller"):
            cnn(epochs=1, transfer_from=body).fit(X[:50] / 255, Y[:50])
        with silent():
            cnn(epochs=1, transfer_from=body).fit(X[:50], Y[:50])
        X_small, y_small = tiny()
        with pytest.raises(ValueError, match="transfer_from"):
            cnn(transfer_from=body).fit(X_small, y_small)


def test_one_warning_of_several_members_views_and_steps():
    with pytest.warns(UserWarning, match="X_val seems") as caught:
        AveragingClassifier(mlp(epochs=1), 2).fit(X, Y, X_val=X / 255, y_val=Y)
    assert len(caught) == 1
    member = mlp(epochs=1, augmentation="shift", test_time_averaging=True)
    average = AveragingClassifier(make_pipeline(ImageReshaper(), member), 2).fit(X, Y)
    scaler = make_pipeline(PixelScaler(), mlp(epochs=1)).fit(X, Y)
    for estimator in (average, scaler):
        with silent():
            estimator.score(X_TEST, Y_TEST)
        with pytest.warns(UserWarning, match="another scale") as caught:
            estimator.score(X_TEST / 255, Y_TEST)
        assert len(caught) == 1
        assert caught[0].filename == __file__


@pytest.mark.parametrize("other", [X_TEST / 255, 255 - X_TEST], ids=["smaller", "negative"])
def test_behind_a_scaler_of_columns(other):
    rows, test = X.reshape(len(X), -1), X_TEST.reshape(len(X_TEST), -1)
    scaled = make_pipeline(StandardScaler(), mlp(epochs=1)).fit(rows, Y)
    with silent():
        scaled.predict(rows)
        scaled.predict(test)
    with pytest.warns(UserWarning, match="another scale"):
        scaled.predict(other.reshape(len(other), -1))


def test_a_display_warns_once():
    estimator = cnn(epochs=1).fit(X, Y)
    with pytest.warns(UserWarning, match="another scale") as caught:
        SaliencyDisplay.from_estimator(estimator, X_TEST[0] / 255)
    assert len(caught) == 1


def test_pickles_warn_and_those_of_old_versions_do_not():
    estimator = mlp(epochs=1).fit(X, Y)
    twin = pickle.loads(pickle.dumps(estimator))
    with pytest.warns(UserWarning, match="another scale"):
        twin.predict(X_TEST / 255)
    del twin._scale
    with silent():
        twin.predict(X_TEST / 255)
        twin.partial_fit(X, Y)
