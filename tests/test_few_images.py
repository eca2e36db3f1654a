"""Few images a step, and training that goes on image by image: nothing learned is ruined."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from support import BOTH, MLP_AND_SLOWLY_CNN, assert_same_weights, mlp, weights

from skdigits import CNNClassifier, MLPClassifier
from skdigits.datasets import load_digits

X, Y = load_digits(return_X_y=True)
X_TEST, Y_TEST = load_digits(subset="test", return_X_y=True)
DEFAULT = {
    "mlp": lambda **given: MLPClassifier((128, 64), random_state=0, **given),
    "cnn": lambda **given: CNNClassifier(
        filters=(8, 16), precision="float32", random_state=0, **given
    ),
}


# A CNN trains and goes on as an MLP does.
CNN_IS_SLOW = ["mlp", pytest.param("cnn", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", params=CNN_IS_SLOW)
def fitted(request):
    estimator = DEFAULT[request.param]().fit(X, Y)
    return estimator, estimator.score(X_TEST, Y_TEST)


@pytest.fixture
def good(fitted):
    import copy

    estimator, score = fitted
    assert score > 0.9
    return copy.deepcopy(estimator), score


def averages(estimator):
    """Return the averages of all batch normalisations but the first, which standardises."""
    found = [w for w in estimator.model_.weights if w.name.startswith("moving")]
    return [np.array(w) for w in found[2:]]


def one_by_one(estimator, images, labels, **options):
    for number in range(len(images)):
        part = slice(number, number + 1)
        estimator.partial_fit(images[part], labels[part], **options)
    return estimator


class TestAfterAFit:
    """A few calls of partial_fit on what is known do no harm."""

    def test_familiar_images(self, good):
        estimator, before = good
        for _ in range(8):
            estimator.partial_fit(X[:100], Y[:100])
        assert estimator.score(X_TEST, Y_TEST) > before - 0.02

    def test_single_images(self, good):
        estimator, before = good
        one_by_one(estimator, X[:80], Y[:80])
        assert estimator.score(X_TEST, Y_TEST) > before - 0.02

    def test_images_of_one_class(self, good):
        estimator, before = good
        for _ in range(5):
            estimator.partial_fit(X[Y == 3][:40], Y[Y == 3][:40])
        assert estimator.score(X_TEST, Y_TEST) > before - 0.02

    def test_a_rate_of_nearly_nothing_changes_nearly_nothing(self, good):
        estimator, before = good
        kept = averages(estimator)
        estimator.set_params(learning_rate=1e-9)
        one_by_one(estimator, X[:20], Y[:20])
        assert estimator.score(X_TEST, Y_TEST) == pytest.approx(before)
        assert_same_weights(averages(estimator), kept)

    def test_it_learns_nevertheless(self, good):
        estimator, _ = good
        losses = [estimator.partial_fit(255 - X, Y).history_["loss"][-1] for _ in range(6)]
        assert losses[-1] < 0.9 * losses[0]

    def test_a_higher_rate_learns_faster(self, good):
        estimator, _ = good
        rate = estimator.learning_rate
        losses = [estimator.partial_fit(255 - X, Y).history_["loss"][-1]]
        estimator.set_params(learning_rate=30 * rate)
        losses.append(estimator.partial_fit(255 - X, Y).history_["loss"][-1])
        assert losses[1] < 0.7 * losses[0]


class TestFromNothing:
    @pytest.mark.slow
    @pytest.mark.parametrize("name", DEFAULT)
    def test_image_by_image(self, name):
        estimator = DEFAULT[name]()
        one_by_one(estimator, X[:500], Y[:500], classes=range(10))
        assert estimator.score(X_TEST, Y_TEST) > 0.6

    @pytest.mark.parametrize("name", CNN_IS_SLOW)
    def test_in_parts(self, name):
        estimator = DEFAULT[name]()
        for start in range(0, len(X), 100):
            estimator.partial_fit(X[start : start + 100], Y[start : start + 100], range(10))
        assert estimator.score(X_TEST, Y_TEST) > 0.75

    @pytest.mark.slow
    def test_rows_of_a_table_whose_columns_have_units_of_their_own(self):
        table, labels = make_classification(
            250, 25, n_informative=8, n_redundant=0, n_classes=4, random_state=0
        )
        wild = table * np.where(np.arange(25) % 5, 1, 1e4) + np.where(np.arange(25) % 3, 0, 500)
        estimator = one_by_one(DEFAULT["mlp"](), wild, labels, classes=range(4))
        assert estimator.score(wild, labels) > 0.5


@pytest.mark.precision
@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_batches_of_one_learn_and_leave_the_averages(make):
    estimator = make(batch_norm=True, batch_size=1, learning_rate=0.01, epochs=1).fit(X, Y)
    assert estimator.score(X_TEST, Y_TEST) > 0.5
    first = make(batch_norm=True).partial_fit(X[:1], Y[:1], classes=range(10))
    assert_same_weights(averages(estimator), averages(first))


@pytest.mark.precision
@pytest.mark.parametrize("batch_size", [8, 16])
@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_a_last_batch_of_one_does_not_move_the_averages(make, batch_size):
    """The rows are shuffled: a bright image among the others would show wherever it is last."""
    images = np.repeat(X[:1], 17, axis=0)
    whole = make(batch_norm=True, batch_size=batch_size, learning_rate=1e-30, epochs=1)
    whole.fit(images[:16], np.arange(16) % 2)
    left_over = make(batch_norm=True, batch_size=batch_size, learning_rate=1e-30, epochs=1)
    left_over.fit(images, np.arange(17) % 2)
    for one, other in zip(averages(whole), averages(left_over), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


class TestWeights:
    """Only the ratios of sample weights count."""

    settings = {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 64}

    @pytest.mark.parametrize("size", [5e-324, 1e-12, 1 / len(X), 1000.0, 1e30])
    @pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
    def test_equal_weights_of_any_size_are_none(self, make, size):
        plain = make(**self.settings).fit(X, Y)
        weighted = make(**self.settings).fit(X, Y, sample_weight=np.full(len(X), size))
        np.testing.assert_allclose(
            weighted.predict_proba(X_TEST), plain.predict_proba(X_TEST), atol=1e-5
        )

    def test_classes_of_equal_weight_are_none(self):
        plain = mlp(**self.settings).fit(X, Y)
        weighted = mlp(class_weight=dict.fromkeys(range(10), 7.0), **self.settings).fit(X, Y)
        np.testing.assert_allclose(
            weighted.predict_proba(X_TEST), plain.predict_proba(X_TEST), atol=1e-5
        )

    def test_in_partial_fit_the_ratios_to_earlier_calls_count_too(self):
        def after(*sizes):
            estimator = mlp(**self.settings)
            for size in sizes:
                estimator.partial_fit(X[:64], Y[:64], range(10), np.full(64, size))
            return weights(estimator)

        for one, other in zip(after(2.0, 2.0), after(1.0, 1.0), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)
        assert any((np.array(after(1, 9)[-1]) != np.array(after(1, 1)[-1])).ravel())

    @pytest.mark.parametrize("given", [(None, 1.0), (1.0, None), (None, None)])
    def test_none_is_a_weight_of_one_in_each_part(self, given):
        def after(*sizes):
            estimator = mlp(**self.settings)
            for size in sizes:
                sample_weight = None if size is None else np.full(64, size)
                estimator.partial_fit(X[:64], Y[:64], range(10), sample_weight)
            return estimator.partial_fit(X, Y, sample_weight=np.full(len(X), 5.0))

        assert_same_weights(weights(after(*given)), weights(after(1.0, 1.0)))

    def test_a_part_may_lack_a_class_that_has_a_weight(self):
        parts = Y < 5, Y >= 5
        estimator, expected = mlp(class_weight={7: 5.0}), mlp()
        for part in parts:
            estimator.partial_fit(X[part], Y[part], range(10))
            expected.partial_fit(X[part], Y[part], range(10), np.where(Y[part] == 7, 5.0, 1.0))
        assert_same_weights(weights(estimator), weights(expected))

    def test_weights_of_all_classes_are_right_for_images_that_lack_one(self):
        few, class_weight = Y < 3, {number: 1.0 + number for number in range(10)}
        given = mlp(class_weight=class_weight).fit(X[few], Y[few])
        expected = mlp().fit(X[few], Y[few], sample_weight=1.0 + Y[few])
        assert_same_weights(weights(given), weights(expected))

    @pytest.mark.parametrize("name", [str, float, bool])
    def test_class_weights_are_for_labels_of_any_type(self, name):
        labels = np.array([name(label % 2 if name is bool else label) for label in Y])
        class_weight = {name(1): 5.0}
        heavy = np.where(labels == name(1), 5.0, 1.0)
        given = mlp(class_weight=class_weight).fit(X, labels)
        assert_same_weights(weights(given), weights(mlp().fit(X, labels, sample_weight=heavy)))

    @pytest.mark.parametrize(
        ("class_weight", "message"),
        [
            ({"7": 2.0}, r"names labels that are none: \['7'\]. The labels are \[0, 1"),
            ({77: 1.0} | dict.fromkeys(range(9), 2.0), r"names labels that are none: \[77\]"),
            (dict.fromkeys(range(10), 2.0) | {77: np.nan}, "finite number of at least 0"),
            ({7: np.nan}, "finite number of at least 0"),
            ({7: "many"}, "finite number of at least 0"),
        ],
    )
    def test_class_weights_that_are_none(self, class_weight, message):
        with pytest.raises(ValueError, match=message):
            mlp(class_weight=class_weight).fit(X, Y)

    def test_a_sum_that_is_too_large_is_refused(self):
        with pytest.raises(ValueError, match="too large for a float"):
            mlp().fit(X, Y, sample_weight=np.full(len(X), 1e308))

    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_negative_ones_are_refused(self, method):
        negative = np.ones(len(X))
        negative[3] = -1e-9
        with pytest.raises(ValueError, match="sample_weight"):
            getattr(mlp(), method)(X, Y, sample_weight=negative)
        with pytest.raises(ValueError, match="class_weight"):
            getattr(mlp(class_weight={3: -1.0}), method)(X, Y)

    def test_all_zero_is_refused(self):
        with pytest.raises(ValueError, match="zero"):
            mlp().fit(X, Y, sample_weight=np.zeros(len(X)))

    @pytest.mark.parametrize("make", BOTH)
    def test_balanced_is_refused_for_parts(self, make):
        with pytest.raises(ValueError, match="balanced"):
            make(class_weight="balanced").partial_fit(X[:20], Y[:20], classes=range(10))


@pytest.mark.parametrize("between", ["nothing", "partial_fit"])
def test_a_warm_second_fit_holds_out_the_same_rows(between):
    """A second fit at a rate of nothing measures what the first one kept, on the same rows."""
    settings = {"early_stopping": True, "warm_start": True, "learning_rate_schedule": "constant"}
    estimator = mlp(epochs=4, **settings).fit(X, Y)
    first = estimator.history_["val_loss"][estimator.best_epoch_ - 1]
    estimator.set_params(learning_rate=1e-30, epochs=1)
    if between == "partial_fit":
        estimator.partial_fit(X[:50], Y[:50])
    assert estimator.fit(X, Y).history_["val_loss"][-1] == pytest.approx(first, rel=1e-5)
