import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from support import BOTH, assert_same_weights, cnn, mlp, tiny, weights

from skdigits.inspection import (
    ConfusionExamplesDisplay,
    FirstLayerDisplay,
    HistoryDisplay,
    SaliencyDisplay,
    SampleImagesDisplay,
    choose_samples,
    find_confusions,
)
from skdigits.preprocessing import ImageReshaper, PixelScaler

HISTORY = {
    "loss": [0.9, 0.4, 0.2],
    "val_loss": [0.8, 0.5, 0.4],
    "accuracy": [0.5, 0.8, 0.9],
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def images():
    return np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)


def given_axes():
    return Figure().add_subplot()


def test_history_draws_training_and_its_validation_twin():
    display = HistoryDisplay({"mlp": HISTORY}, metric="loss").plot()
    training, validation = display.lines_
    assert training.get_ydata().tolist() == HISTORY["loss"]
    assert validation.get_ydata().tolist() == HISTORY["val_loss"]
    assert training.get_xdata().tolist() == [1, 2, 3]
    assert display.figure_ is display.ax_.figure
    assert len(HistoryDisplay({"mlp": HISTORY}, metric="accuracy").plot().lines_) == 1


def test_history_can_be_told_apart_without_colour():
    display = HistoryDisplay({"mlp": HISTORY, "cnn": HISTORY}).plot(ax=given_axes())
    looks = {
        (line.get_linestyle(), line.get_marker(), line.get_markerfacecolor() == "white")
        for line in display.lines_
    }
    assert len(looks) == len(display.lines_) == 4


def test_history_of_several_runs_is_their_mean_over_those_that_got_as_far():
    runs = [{"loss": [1.0, 0.5]}, {"loss": [0.5, 0.25, 0.1]}]
    display = HistoryDisplay({"mlp": runs}).plot(ax=given_axes())
    np.testing.assert_allclose(display.lines_[0].get_ydata(), [0.75, 0.375, 0.1])
    assert len(display.ax_.collections) == 1


def test_history_from_an_estimator_and_from_one_without_history():
    class Fitted:
        history_ = HISTORY

    ax = given_axes()
    display = HistoryDisplay.from_estimator(Fitted(), ax=ax, metric="accuracy")
    assert display.ax_ is ax
    assert display.lines_[0].get_label() == "Fitted, training"
    with pytest.raises(ValueError, match="LogisticRegression has no history_"):
        HistoryDisplay.from_estimator(LogisticRegression())
    with pytest.raises(ValueError, match="No history has the metric 'auc'"):
        HistoryDisplay({"mlp": HISTORY}, metric="auc").plot()


def test_samples_show_every_image_in_its_row(images):
    y = np.array(["b", "a", "b", "a", "b", "b"])
    display = SampleImagesDisplay.from_arrays(images, y, n_images=3, random_state=0)
    assert list(display.labels) == ["a", "b"]
    assert [len(row) for row in display.images] == [2, 3]
    drawn = display.ax_.images[0].get_array()
    for position, image in enumerate(display.images[1]):
        left = position * 7
        np.testing.assert_array_equal(drawn[6:10, left : left + 5], image)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["a", "b"]


@pytest.mark.parametrize("channels", [1, 3])
def test_samples_take_images_with_channels(channels):
    X = np.random.default_rng(0).random((4, 6, 5, channels))
    display = SampleImagesDisplay.from_arrays(X, [0, 0, 1, 1], random_state=0)
    assert display.ax_.images[0].get_array().shape[:2] == (14, 12)


def test_choosing_is_seeded_and_stays_in_the_class():
    y = np.repeat([3, 1, 2], 20)
    first = choose_samples(y, y, n_images=5, random_state=0)
    again = choose_samples(y, y, n_images=5, random_state=0)
    for row, same, klass in zip(first, again, [1, 2, 3], strict=True):
        assert row.tolist() == same.tolist()
        assert set(y[row]) == {klass}
        assert len(set(row)) == 5


labels = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(0, 1)), max_size=40)


@given(labels)
def test_confusions_are_counted_and_ordered(rows):
    true, predicted, probability = (
        (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    )
    found = find_confusions(true, predicted, probability=probability, n_confusions=99, n_images=99)
    assert sum(c.count for c in found) == sum(t != p for t, p in zip(true, predicted, strict=True))
    assert [c.count for c in found] == sorted((c.count for c in found), reverse=True)
    for confusion in found:
        assert confusion.label != confusion.predicted
        assert len(confusion.indices) == confusion.count
        sureness = [probability[i] for i in confusion.indices]
        assert sureness == sorted(sureness, reverse=True)
        assert {(true[i], predicted[i]) for i in confusion.indices} == {
            (confusion.label, confusion.predicted)
        }


def test_confusions_from_an_estimator_show_its_surest_mistakes_first(images):
    class Estimator:
        def predict(self, X):
            return np.array([1, 1, 1, 0, 1, 1])

        def predict_proba(self, X):
            sure = np.array([0.9, 0.6, 0.8, 0.5, 0.7, 0.99])
            return np.column_stack([1 - sure, sure])

    y = np.array([0, 0, 0, 1, 1, 1])
    display = ConfusionExamplesDisplay.from_estimator(Estimator(), images, y, n_images=2)
    first, second = display.confusions
    assert (first.label, first.predicted, first.count, first.indices) == (0, 1, 3, [0, 2])
    assert second.indices == [3]
    np.testing.assert_array_equal(display.images[0], images[[0, 2]])
    assert display.ax_.get_yticklabels()[0].get_text() == "0 → 1 (3)"


def test_confusions_of_a_faultless_classifier_draw_nothing(images):
    y = [0, 0, 0, 1, 1, 1]
    display = ConfusionExamplesDisplay.from_predictions(images, y, y, ax=given_axes())
    assert display.confusions == []
    assert not display.ax_.images


def assert_sorted_by_norm(filters):
    norms = [np.linalg.norm(weights) for weights in filters]
    assert norms == sorted(norms, reverse=True)


class TestFirstLayer:
    @pytest.mark.parametrize("channels", [1, 2, 3])
    def test_they_are_the_kernels_of_the_first_convolution(self, channels):
        X, y = tiny(shape=(8, 7, channels))
        estimator = cnn(filters=9, kernel_size=(3, 2), augmentation="affine").fit(X, y)
        display = FirstLayerDisplay.from_estimator(estimator)
        kernels = next(array for array in weights(estimator) if array.ndim == 4)
        assert display.filters.shape == (9, 3, 2, channels)
        assert {part.tobytes() for part in display.filters} == {
            kernels[..., number].tobytes() for number in range(9)
        }
        assert_sorted_by_norm(display.filters)

    def test_of_an_mlp_they_are_images(self):
        X, y = tiny(shape=(5, 6))
        estimator = mlp(hidden_layer_sizes=(12, 4)).fit(X, y)
        ax = given_axes()
        display = FirstLayerDisplay.from_estimator(make_pipeline(estimator), n_filters=7, ax=ax)
        assert display.ax_ is ax
        assert display.figure_ is ax.figure
        kernel = next(array for array in weights(estimator) if array.shape == (30, 12))
        strongest = np.argsort(-np.linalg.norm(kernel, axis=0))[:7]
        np.testing.assert_array_equal(display.filters[..., 0], kernel.T[strongest].reshape(7, 5, 6))

    def test_one_scale_with_zero_in_its_middle(self):
        filters = np.random.default_rng(0).normal(size=(11, 4, 3, 1)) + 0.5
        display = FirstLayerDisplay(filters).plot(ax=given_axes())
        (drawn,) = display.ax_.images
        low, high = drawn.get_clim()
        assert low == -high
        np.testing.assert_array_equal(drawn.get_array()[5:9, 4:7], filters[9, ..., 0])
        grey = [drawn.cmap(value)[:3] @ np.array([0.3, 0.6, 0.1]) for value in np.linspace(0, 1, 9)]
        assert np.all(np.diff(grey) > 0.03)  # the sign is there in black and white too

    def test_three_channels_are_colours_around_grey(self):
        filters = np.zeros((2, 2, 2, 3))
        filters[0, 0, 0] = [1, -1, 0]
        picture = FirstLayerDisplay(filters).plot(ax=given_axes()).ax_.images[0].get_array()
        np.testing.assert_allclose(picture[0, 0], [1, 0, 0.5])
        np.testing.assert_allclose(picture[1, 1], [0.5, 0.5, 0.5])
        np.testing.assert_allclose(picture[0, 2], [1, 1, 1])  # between the filters


class TestSaliency:
    def test_of_a_linear_network_it_is_the_size_of_the_weights(self):
        X, y = tiny(shape=(5, 4, 3))
        for X_one in (X[1], X[1].astype(float), X[1].ravel()):
            estimator = mlp(hidden_layer_sizes=(), dropout=0, image_shape=(5, 4, 3)).fit(X, y)
            display = SaliencyDisplay.from_estimator(estimator, X_one, ax=given_axes())
            _, variance, kernel, _ = weights(estimator)
            slopes = kernel[:, display.label].reshape(5, 4, 3) / np.sqrt(variance)
            expected = np.abs(slopes).max(axis=-1)
            np.testing.assert_allclose(display.saliency, expected, rtol=1e-4)
            np.testing.assert_array_equal(display.image, X[1])

    def test_of_convolutions_it_is_how_much_the_score_changes(self):
        X, y = tiny()
        linear = {"activation": "linear", "pool_size": 1, "output_activation": "sigmoid"}
        estimator = cnn(**linear, precision="float32", augmentation="affine").fit(X, y)
        display = SaliencyDisplay.from_estimator(estimator, X[4], ax=given_axes())

        def scores(images):
            outputs = estimator.model_.predict(images[..., np.newaxis], verbose=0)
            return np.log(outputs / (1 - outputs))[:, display.label]

        step = 10 * np.eye(36, dtype=np.float32).reshape(36, 6, 6)
        changes = np.abs(scores(X[4] + step) - scores(X[4:5])) / 10
        np.testing.assert_allclose(display.saliency.ravel(), changes, rtol=0.01, atol=1e-5)

    @pytest.mark.parametrize("make", BOTH)
    def test_it_says_what_is_predicted(self, make):
        X, y = tiny()
        estimator = make(output_activation="sigmoid").fit(X, np.array(["a", "b", "c"])[y])
        display = SaliencyDisplay.from_estimator(estimator, X[4], ax=given_axes())
        assert display.label == estimator.predict(X[4:5])[0]
        assert display.probability == pytest.approx(estimator.predict_proba(X[4:5]).max())
        assert display.label in display.ax_.get_title()
        image, saliency = display.ax_.images
        np.testing.assert_array_equal(image.get_array(), X[4])
        np.testing.assert_array_equal(saliency.get_array(), display.saliency)

    def test_of_a_pipeline_that_transforms_images(self):
        X, y = tiny()
        pipeline = make_pipeline(ImageReshaper(), PixelScaler(), cnn()).fit(X.reshape(60, 36), y)
        display = SaliencyDisplay.from_estimator(pipeline, X[4].ravel(), ax=given_axes())
        expected = pipeline[:-1].transform(X[4:5].reshape(1, 36))
        np.testing.assert_allclose(display.image.ravel(), expected.ravel(), rtol=1e-6)
        last = SaliencyDisplay.from_estimator(pipeline[-1], display.image, ax=given_axes())
        np.testing.assert_array_equal(last.saliency, display.saliency)

    def test_an_image_of_another_shape(self):
        X, y = tiny()
        with pytest.raises(ValueError, match="X has 25 features"):
            SaliencyDisplay.from_estimator(mlp().fit(X, y), X[0, :5, :5])


def draw_both(estimator, image):
    FirstLayerDisplay.from_estimator(estimator, ax=given_axes())
    return SaliencyDisplay.from_estimator(estimator, image, ax=given_axes()).saliency


@pytest.mark.parametrize("make", BOTH)
def test_looking_into_an_estimator_leaves_it_as_it_was(make):
    X, y = tiny()
    estimator, twin = (make(dropout=0.4, augmentation="affine").fit(X, y) for _ in range(2))
    first = draw_both(estimator, X[0])
    np.testing.assert_array_equal(draw_both(estimator, X[0]), first)  # neither is left to chance
    np.testing.assert_array_equal(estimator.predict_proba(X), twin.predict_proba(X))
    assert_same_weights(weights(estimator.partial_fit(X, y)), weights(twin.partial_fit(X, y)))


DISPLAYS = [
    FirstLayerDisplay.from_estimator,
    lambda estimator: SaliencyDisplay.from_estimator(estimator, np.zeros(20)),
]


@pytest.mark.parametrize("draw", DISPLAYS, ids=["first layer", "saliency"])
def test_estimators_that_cannot_be_looked_into(draw):
    with pytest.raises(TypeError, match=r"Display looks into a .*; got LogisticRegression"):
        draw(LogisticRegression())
    with pytest.raises(NotFittedError):
        draw(mlp())
    columns = np.random.default_rng(0).normal(size=(20, 20))
    with pytest.raises(ValueError, match="MLPClassifier was fitted on 20 columns that are none"):
        draw(mlp(epochs=1).fit(columns, np.arange(20) % 2))
