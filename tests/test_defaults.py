"""What the classifiers are without parameters, with an effort, and what "auto" stands for."""

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from support import MLP_AND_SLOWLY_CNN, assert_same_weights, cnn, mlp, slow_but, tiny, weights

from skdigits import CNNClassifier
from skdigits._classifier_registry import SHORT_NAMES, load_class
from skdigits.datasets import load_digits

CLASSES = [load_class(name) for name in SHORT_NAMES.values()]
# The longest; other tests fit CNNs with fewer filters.
CNN_IS_SLOW = [
    pytest.param(each, marks=pytest.mark.slow) if each is CNNClassifier else each
    for each in CLASSES
]
EFFORTS = ["quick", "default", "best"]


@pytest.mark.parametrize("make", CLASSES)
@pytest.mark.parametrize("effort", EFFORTS)
def test_an_effort_is_plain_parameters_of_which_each_can_be_given(make, effort):
    classifier = make.with_effort(effort)
    assert clone(classifier).get_params() == classifier.get_params()
    changed = make.with_effort(effort, epochs=3, random_state=7)
    assert changed.get_params() == classifier.get_params() | {"epochs": 3, "random_state": 7}


@pytest.mark.parametrize("make", CLASSES)
def test_more_effort_takes_more_passes(make):
    passes = [make.with_effort(effort).epochs[0] for effort in EFFORTS]
    assert passes == sorted(set(passes))
    assert make.with_effort("default").get_params() == make().get_params()


@pytest.mark.parametrize("make", CLASSES)
def test_an_effort_of_another_name_is_named(make):
    with pytest.raises(ValueError, match=rf"{make.__name__}.*'fast'.*'quick', 'default', 'best'"):
        make.with_effort("fast")


@pytest.mark.parametrize("effort", slow_but(EFFORTS, "best"))
@pytest.mark.parametrize("make", CNN_IS_SLOW)
def test_every_effort_trains(make, effort):
    X, y = tiny(shape=(9, 14))
    classifier = make.with_effort(effort, epochs=2, batch_size=8, random_state=0).fit(X, y)
    assert classifier.predict_proba(X).shape == (60, 3)


@pytest.mark.parametrize("make", CNN_IS_SLOW)
def test_a_few_digits_are_told_apart_better_than_by_a_support_vector_machine(make):
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, train_size=100, stratify=y, random_state=0)
    peer = SVC().fit(X.reshape(100, -1), y)
    peer_score = peer.score(X_test.reshape(len(X_test), -1), y_test)
    assert make(random_state=0).fit(X, y).score(X_test, y_test) > peer_score


OTHER_BATCHES = [(540, 16), (5000, 156), (20_000, 512)]


@pytest.mark.parametrize(
    ("make", "n_images", "batch_size"),
    [
        (mlp, 60, 16),
        (mlp, 1000, 31),
        (cnn, 5000, 128),
        *(pytest.param(mlp, *each, marks=pytest.mark.slow) for each in OTHER_BATCHES),
    ],
)
def test_auto_batches_are_a_32nd_of_the_images(make, n_images, batch_size):
    class Batches(keras.callbacks.Callback):
        n = 0

        def on_train_batch_end(self, batch, logs=None):
            self.n += 1

    count = Batches()
    make(batch_size="auto", epochs=1, callbacks=[count]).fit(*tiny(n=n_images, shape=(4, 4)))
    assert count.n == -(-n_images // batch_size)


@pytest.mark.parametrize(
    ("shape", "pool_size", "n_blocks"),
    [
        pytest.param((7, 28), 2, 2, marks=pytest.mark.slow),
        pytest.param((8, 8), 2, 3, marks=pytest.mark.slow),
        pytest.param((20, 20), 3, 2, marks=pytest.mark.slow),
        ((8, 27), (2, 3), 3),
        ((3, 9), 2, 1),
    ],
)
def test_auto_filters_are_the_blocks_of_three_that_fit(shape, pool_size, n_blocks):
    network = cnn(filters="auto", pool_size=pool_size).fit(*tiny(shape=shape)).model_
    kinds = [type(layer) for layer in network.layers]
    assert kinds.count(keras.layers.Conv2D) == kinds.count(keras.layers.MaxPooling2D) == n_blocks


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_auto_augmentation_shifts_images(make):
    X, y = tiny(shape=(26, 13))
    auto, shift, none = (
        weights(make(augmentation=augmentation).fit(X, y))
        for augmentation in ("auto", "shift", None)
    )
    assert_same_weights(auto, shift)
    assert not np.array_equal(auto[2], none[2])


def test_auto_augmentation_leaves_columns_alone():
    X, y = tiny(shape=(7,))
    auto, none = (
        weights(mlp(augmentation=augmentation).fit(X, y)) for augmentation in ("auto", None)
    )
    assert_same_weights(auto, none)
