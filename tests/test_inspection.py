import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression

from skdigits.inspection import (
    ConfusionExamplesDisplay,
    HistoryDisplay,
    SampleImagesDisplay,
    choose_samples,
    find_confusions,
)

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
