from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image
from scipy.sparse import csr_array
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (for the import below)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, KFold, RandomizedSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from support import (
    CNN_AND_SLOWLY_MLP,
    MLP_AND_SLOWLY_CNN,
    assert_same_weights,
    cnn,
    mlp,
    run_python,
    slow_but,
    tiny,
    weights,
)

from skdigits.datasets import load_digits
from skdigits.ensemble import AveragingClassifier
from skdigits.inspection import (
    ConfusionExamplesDisplay,
    FirstLayerDisplay,
    HistoryDisplay,
    SaliencyDisplay,
    SampleImagesDisplay,
    choose_samples,
    find_confusions,
)
from skdigits.preprocessing import DigitNormalizer, ImageReshaper, PixelScaler

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


def test_history_of_many_models_can_be_told_apart():
    histories = {f"model {number}": {"loss": [1.0, 0.5]} for number in range(20)}
    lines = HistoryDisplay(histories).plot(ax=given_axes()).lines_
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 20


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
    with pytest.raises(TypeError, match=r'HistoryDisplay\(\{"first": first.history_, '):
        HistoryDisplay.from_estimator([Fitted(), Fitted()])


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


ROWS = {
    "array": np.asarray,
    "list": np.ndarray.tolist,
    "data frame": pd.DataFrame,
    "sparse matrix": csr_array,
}


@pytest.mark.parametrize("kind", ROWS)
def test_rows_are_drawn_as_square_images(kind):
    X, y = tiny()
    rows = ROWS[kind](X.reshape(60, 36))
    display = SampleImagesDisplay.from_arrays(rows, pd.Series(y, index=y + 7), random_state=0)
    expected = SampleImagesDisplay.from_arrays(X, y, random_state=0).images
    for row, images in zip(display.images, expected, strict=True):
        np.testing.assert_array_equal(row, images)
    predicted = np.where(y == 2, 1, y)
    (images,) = ConfusionExamplesDisplay.from_predictions(rows, y.tolist(), predicted).images
    np.testing.assert_array_equal(images, X[y == 2][:8])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((4, 20)), "rows of 20 values, which do not make a square image"),
        (np.zeros((4, 2, 2, 2, 3)), r"got an array of shape \(4, 2, 2, 2, 3\)"),
        (
            [np.zeros((3, 3)), np.zeros((4, 4))],
            "different shapes, .* bring them to one shape",
        ),
        (["a.png", "b.png"], "X holds text, such as 'a.png'. .* read each picture"),
        (iter(np.zeros((2, 3, 3))), r"np\.stack\(list\(data\)\)"),
    ],
)
def test_what_is_no_image_is_refused(X, message):
    with pytest.raises((TypeError, ValueError), match=message):
        SampleImagesDisplay.from_arrays(X, [0, 1])


def test_labels_are_as_many_as_the_classes_there_are(images):
    with pytest.raises(ValueError, match="y has 2 classes, but there are 3 labels"):
        SampleImagesDisplay.from_arrays(images, [0, 0, 0, 2, 2, 2], labels=["a", "b", "c"])


@pytest.mark.parametrize(
    ("dtype", "brightest", "drawn"), [(np.uint8, 51, 0.2), (float, 0.5, 0.5), (float, -40, 0)]
)
def test_colours_are_those_of_the_images(dtype, brightest, drawn):
    X = np.zeros((2, 3, 3, 3), dtype)
    X[0, 0, 0] = brightest
    picture = SampleImagesDisplay.from_arrays(X, [0, 1]).ax_.images[0].get_array()
    np.testing.assert_allclose(picture[0, 0], drawn)
    np.testing.assert_allclose(picture[0, 1], 1 if brightest < 0 else 0)


def test_of_another_number_of_channels_the_mean_is_drawn():
    X = np.random.default_rng(0).random((2, 6, 5, 4))
    picture = SampleImagesDisplay.from_arrays(X, [0, 1]).ax_.images[0].get_array()
    np.testing.assert_allclose(picture[:6, :5], X[0].mean(axis=-1))


def test_names_are_never_mathematics(images):
    """A name with dollars is drawn as it is, also where it makes no formula."""
    names = [r"$\nothing$", "$$"]
    display = SampleImagesDisplay.from_arrays(images, [0, 0, 0, 1, 1, 1], labels=names)
    display.figure_.canvas.draw()
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == names
    curves = HistoryDisplay({"_$$": HISTORY}).plot()
    curves.figure_.canvas.draw()
    legend = [text.get_text() for text in curves.ax_.get_legend().get_texts()]
    assert legend == ["_$$, training", "_$$, validation"]
    saliency = SaliencyDisplay(images[0][..., None], images[0], label="$$", probability=1.0)
    saliency.plot().figure_.canvas.draw()


def test_a_new_figure_is_one_of_pyplots(images):
    """So that a notebook and plt.show() show it."""
    display = SampleImagesDisplay.from_arrays(images, [0, 0, 0, 1, 1, 1])
    assert plt.gcf() is display.figure_


BACKENDS = [pytest.param("nonsense", marks=pytest.mark.slow), "module://there.is.none"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_stray_backend_does_no_harm(backend):
    code = """
import os
import numpy as np
from skdigits.inspection import SampleImagesDisplay
display = SampleImagesDisplay.from_arrays(np.ones((2, 4, 4)), [0, 1])
display.figure_.savefig(os.devnull, format="png")
print(os.environ["MPLBACKEND"])
"""
    assert run_python(code, MPLBACKEND=backend).stdout.strip() == backend


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


def test_labels_of_another_type_than_the_predictions_are_no_confusions():
    X, y = tiny()
    rows = X.reshape(60, 36)
    fitted = GaussianNB().fit(rows, y)
    with pytest.raises(ValueError, match="Mix of label input types"):
        fitted.score(rows, y.astype(str))
    mixed = "labels of one type; they have strings and others, such as '2' and 2"
    with pytest.raises(ValueError, match=mixed):
        ConfusionExamplesDisplay.from_estimator(fitted, rows, y.astype(str))
    with pytest.raises(ValueError, match=mixed):
        find_confusions(y, y.astype(str).tolist())
    for labels in (y.astype(float), pd.Series(y, dtype="Int64"), y.astype(object)):
        assert find_confusions(labels, y) == []


@pytest.mark.parametrize("number", [0, -1, 1.5])
def test_a_number_of_pictures_is_a_whole_number_from_one(number, images):
    y = [0, 0, 0, 1, 1, 1]
    draw = [
        ("n_images", partial(SampleImagesDisplay.from_arrays, images, y)),
        ("n_filters", partial(FirstLayerDisplay.from_estimator, mlp())),
    ]
    for name in ("n_images", "n_confusions"):
        draw += [
            (name, partial(ConfusionExamplesDisplay.from_predictions, images, y, y[::-1])),
            (name, partial(ConfusionExamplesDisplay.from_estimator, mlp(), images, y)),
        ]
    for name, each in draw:
        with pytest.raises(
            ValueError, match=rf"{name!r} parameter of \w+Display\.from_\w+ must be"
        ):
            each(**{name: number})


@pytest.mark.parametrize("number", [-1, 1.5])
def test_a_number_of_indices_is_a_whole_number(number):
    y = [0, 0, 1, 1]
    assert choose_samples(y, y, n_images=0)[0].tolist() == []
    assert find_confusions(y, y[::-1], n_images=0)[0].indices == []
    for find in (choose_samples, find_confusions):
        with pytest.raises(ValueError, match=f"'n_images' parameter of {find.__name__} must be"):
            find(y, y, n_images=number)


@pytest.mark.slow
def test_confusions_of_what_the_estimator_takes(tmp_path):
    X, y = tiny(shape=(3, 12))
    pipeline = make_pipeline(ImageReshaper(image_shape=(3, 12)), mlp(epochs=1))
    rows = X.reshape(60, 36)
    display = ConfusionExamplesDisplay.from_estimator(pipeline.fit(rows, y), rows, (y + 1) % 3)
    assert display.images[0].shape[1:] == (3, 12)  # and not 6 x 6

    X, y = (array[:4] for array in load_digits(return_X_y=True))
    pictures = [np.pad(image, number) for number, image in enumerate(X)]
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(picture).save(path)
    pipeline = make_pipeline(DigitNormalizer(), mlp(epochs=1)).fit(X, y)
    for given_pictures in (pictures, paths):
        display = ConfusionExamplesDisplay.from_estimator(pipeline, given_pictures, (y + 1) % 4)
        first = display.confusions[0].indices[0]
        np.testing.assert_array_equal(
            display.images[0][0], pipeline[:-1].transform(pictures)[first]
        )
    assert SaliencyDisplay.from_estimator(pipeline, paths[0]).image.shape == (28, 28, 1)


def assert_sorted_by_norm(filters):
    norms = [np.linalg.norm(weights) for weights in filters]
    assert norms == sorted(norms, reverse=True)


class TestFirstLayer:
    @pytest.mark.parametrize("channels", slow_but([1, 2, 3], 3))
    def test_they_are_the_kernels_of_the_first_convolution(self, channels):
        X, y = tiny(shape=(8, 7, channels))
        estimator = cnn(filters=9, kernel_size=(3, 2), augmentation="flip").fit(X, y)
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

    def test_of_a_network_taken_over_they_are_its_own(self):
        keras = pytest.importorskip("keras")
        layers, X_y = keras.layers, tiny(shape=(8, 8))
        inner = keras.Sequential([layers.Rescaling(0.1), layers.Conv2D(5, 3)])
        bodies = {
            (36, 8, 8, 1): [keras.Input((8, 8)), layers.Flatten(), layers.Dense(36)],
            (5, 3, 3, 1): [keras.Input((8, 8, 1)), inner, layers.Flatten()],
            (7, 4, 4, 1): [
                keras.Input((8, 8, 1)),
                layers.MaxPooling2D(2),
                layers.Flatten(),
                layers.Dense(7),
            ],
            (2, 3, 3, 1): [
                keras.Input((8, 8, 1)),
                layers.DepthwiseConv2D(3, depth_multiplier=2),
                layers.Flatten(),
            ],
            (4, 3, 8, 1): [keras.Input((8, 8)), layers.Conv1D(4, 3), layers.Flatten()],
        }
        for shape, body in bodies.items():
            model = keras.Sequential([*body, layers.Dense(10)])
            estimator = cnn(transfer_from=model, epochs=1, fine_tune=False).fit(*X_y)
            display = FirstLayerDisplay.from_estimator(estimator, n_filters=99)
            assert display.filters.shape == shape
            kernel = next(weight for weight in model.get_weights() if weight.ndim > 1)
            np.testing.assert_array_equal(np.sort(display.filters.ravel()), np.sort(kernel.ravel()))

    def test_a_first_layer_that_makes_no_images(self):
        keras = pytest.importorskip("keras")
        X, y = tiny(shape=(8, 8))
        first = keras.layers.Bidirectional(keras.layers.SimpleRNN(3))
        model = keras.Sequential([keras.Input((8, 8)), first, keras.layers.Dense(3)])
        estimator = cnn(transfer_from=model, epochs=1).fit(X, y)
        with pytest.raises(ValueError, match=r"first layer with weights .* is Bidirectional"):
            FirstLayerDisplay.from_estimator(estimator)

    def test_of_rows_of_a_square_number_they_are_square(self):
        X, y = tiny()
        estimator = mlp(epochs=1).fit(X.reshape(60, 36), y)
        assert FirstLayerDisplay.from_estimator(estimator).filters.shape == (16, 6, 6, 1)
        assert SaliencyDisplay.from_estimator(estimator, X[0].ravel()).saliency.shape == (6, 6)

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
        estimator = cnn(**linear, precision="float32", augmentation="flip").fit(X, y)
        display = SaliencyDisplay.from_estimator(estimator, X[4], ax=given_axes())

        def scores(images):
            outputs = estimator.model_.predict(images[..., np.newaxis], verbose=0)
            return np.log(outputs / (1 - outputs))[:, display.label]

        step = 10 * np.eye(36, dtype=np.float32).reshape(36, 6, 6)
        changes = np.abs(scores(X[4] + step) - scores(X[4:5])) / 10
        np.testing.assert_allclose(display.saliency.ravel(), changes, rtol=0.01, atol=1e-5)

    @pytest.mark.precision
    @pytest.mark.parametrize("make", CNN_AND_SLOWLY_MLP)
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

    def test_a_batch_of_one_is_an_image(self):
        X, y = tiny(shape=(1, 6))
        estimator = mlp(image_shape=(1, 6)).fit(X.reshape(60, 6), y)
        expected = SaliencyDisplay.from_estimator(estimator, X[4, 0]).saliency
        for image in (X[4], X[4:5], X[4:5, 0], X[4:5, ..., np.newaxis]):
            display = SaliencyDisplay.from_estimator(estimator, image)
            np.testing.assert_array_equal(display.saliency, expected)
        with pytest.raises(ValueError, match="X has "):
            SaliencyDisplay.from_estimator(estimator, X[:2])

    def test_an_image_of_another_shape(self):
        X, y = tiny()
        with pytest.raises(ValueError, match="images of 5 x 5 pixels"):
            SaliencyDisplay.from_estimator(mlp().fit(X, y), X[0, :5, :5])


def linear(**parameters):
    """Return a classifier whose scores are linear in the pixels."""
    return mlp(hidden_layer_sizes=(), **parameters)


def slopes(estimator, code):
    """Return how much the score of a class grows with each pixel, of a linear classifier."""
    _, variance, kernel, _ = weights(estimator)
    return kernel[:, code].reshape(6, 6) / np.sqrt(variance)


def scaled():
    return make_pipeline(PixelScaler(), linear())


def search():
    return GridSearchCV(linear(), {"epochs": [1, 2]}, cv=2)


# name -> (an estimator that holds networks, those networks when it is fitted)
AROUND = {
    "search": (search, lambda fitted: [fitted.best_estimator_]),
    "search of a pipeline": (
        lambda: RandomizedSearchCV(scaled(), {"mlpclassifier__epochs": [1]}, n_iter=1, cv=2),
        lambda fitted: [fitted.best_estimator_[-1]],
    ),
    "pipeline of a search": (
        lambda: make_pipeline(PixelScaler(), search()),
        lambda fitted: [fitted[-1].best_estimator_],
    ),
    "average": (
        lambda: AveragingClassifier(linear(), n_estimators=2, random_state=0),
        lambda fitted: fitted.estimators_,
    ),
    "average of pipelines": (
        lambda: AveragingClassifier(scaled(), n_estimators=2, random_state=0),
        lambda fitted: [member[-1] for member in fitted.estimators_],
    ),
    "calibration": (
        lambda: CalibratedClassifierCV(linear(), cv=2),
        lambda fitted: [each.estimator for each in fitted.calibrated_classifiers_],
    ),
    "frozen": (
        lambda: FrozenEstimator(linear().fit(*tiny())),
        lambda fitted: [fitted.estimator],
    ),
}
QUICK = "pipeline of a search", "average of pipelines", "calibration", "frozen"


@pytest.fixture(scope="module", params=slow_but(AROUND, *QUICK))
def around(request):
    """Return the name of an estimator that holds networks, the estimator, and those networks."""
    make, networks = AROUND[request.param]
    fitted = make().fit(*tiny())
    return request.param, fitted, networks(fitted)


def test_saliency_leaves_out_members_that_do_not_know_the_class():
    X, y = tiny()
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]  # each fold lacks one class
    calibrated = CalibratedClassifierCV(linear(), cv=KFold(3)).fit(X, y)
    image = X[len(X) // 2]
    found = SaliencyDisplay.from_estimator(calibrated, image)
    members = [each.estimator for each in calibrated.calibrated_classifiers_]
    knowing = [each for each in members if found.label in each.classes_]
    assert len(knowing) == 2
    columns = [int(np.flatnonzero(each.classes_ == found.label)[0]) for each in knowing]
    mean = np.mean([slopes(*each) for each in zip(knowing, columns, strict=True)], axis=0)
    np.testing.assert_allclose(found.saliency, np.abs(mean), rtol=1e-3)


class TestInside:
    """What displays show of pipelines, searches, averages and calibration."""

    def test_filters_are_those_of_the_best_or_first_network(self, around):
        _, fitted, networks = around
        display = FirstLayerDisplay.from_estimator(fitted)
        expected = FirstLayerDisplay.from_estimator(networks[0])
        np.testing.assert_array_equal(display.filters, expected.filters)

    def test_saliency_is_of_the_mean_score(self, around):
        _, fitted, networks = around
        X, _ = tiny()
        display = SaliencyDisplay.from_estimator(fitted, X[4])
        probability = fitted.predict_proba(X[4:5])[0]
        assert display.label == probability.argmax()
        assert display.probability == pytest.approx(probability.max())
        mean = np.mean([slopes(network, display.label) for network in networks], axis=0)
        np.testing.assert_allclose(display.saliency, np.abs(mean), rtol=1e-3)

    def test_history_is_the_mean_curve(self, around):
        name, fitted, networks = around
        (line,) = HistoryDisplay.from_estimator(fitted).lines_
        histories = [network.history_["loss"] for network in networks]
        np.testing.assert_allclose(line.get_ydata(), np.mean(histories, axis=0))
        averages = {"average": "AveragingClassifier", "calibration": "CalibratedClassifierCV"}
        shown = averages.get(name.partition(" of")[0], "MLPClassifier")
        assert line.get_label() == f"{shown}, training"

    def test_confusions_are_its_own(self, around):
        _, fitted, _ = around
        X, y = tiny()
        wrong = (y + 1) % 3
        display = ConfusionExamplesDisplay.from_estimator(fitted, X, wrong)
        counts = sum(confusion.count for confusion in display.confusions)
        assert counts == np.sum(fitted.predict(X) != wrong)
        assert display.images[0].shape[1:] == (6, 6)

    @pytest.mark.parametrize(
        "make",
        [lambda c: GridSearchCV(c, {}), lambda c: HalvingGridSearchCV(c, {}), AveragingClassifier],
        ids=["grid", "halving", "average"],
    )
    def test_what_is_not_fitted_is_refused(self, make):
        for draw in (*DISPLAYS, HistoryDisplay.from_estimator):
            with pytest.raises(NotFittedError):
                draw(make(mlp()))

    @pytest.mark.parametrize("kind", [GridSearchCV, HalvingGridSearchCV])
    def test_a_search_that_kept_nothing_is_refused(self, kind):
        search = kind(linear(), {"epochs": [1]}, cv=2, refit=False).fit(*tiny())
        for draw in (*DISPLAYS, HistoryDisplay.from_estimator):
            with pytest.raises(ValueError, match="search with refit=True"):
                draw(search)

    def test_a_row_of_a_data_frame_is_an_image(self):
        X, y = tiny()
        frame = pd.DataFrame(X.reshape(60, 36)).add_prefix("pixel")
        pipeline = make_pipeline(PixelScaler(), mlp(image_shape=(6, 6))).fit(frame, y)
        expected = SaliencyDisplay.from_estimator(pipeline[-1], X[4] / np.float32(X.max()))
        for row in (frame.iloc[4], frame[4:5]):
            display = SaliencyDisplay.from_estimator(pipeline, row)
            np.testing.assert_allclose(display.saliency, expected.saliency, rtol=1e-4)


def draw_both(estimator, image):
    FirstLayerDisplay.from_estimator(estimator, ax=given_axes())
    return SaliencyDisplay.from_estimator(estimator, image, ax=given_axes()).saliency


@pytest.mark.precision
@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
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
    with pytest.raises(
        TypeError, match=r"Display needs a network of skdigits .*; got LogisticRegression"
    ):
        draw(LogisticRegression())
    with pytest.raises(NotFittedError):
        draw(mlp())
    columns = np.random.default_rng(0).normal(size=(20, 20))
    with pytest.raises(ValueError, match="MLPClassifier was fitted on 20 columns"):
        draw(mlp(epochs=1).fit(columns, np.arange(20) % 2))
