"""Images in memory-mapped files give the same bits as images in memory."""

import os
import threading
import tracemalloc
from functools import partial

import numpy as np
import pytest
from support import MLP_AND_SLOWLY_CNN, digits, mlp, slow_but

from skdigits._memory_mapped import MappedRows, release
from skdigits._numbers import Moments

X, Y = digits()


def mapped(array, folder, mode="r"):
    np.save(folder / "images.npy", array)
    return np.load(folder / "images.npy", mmap_mode=mode)


def assert_same_fit(make, X, X_mapped, y):
    """Fit two classifiers, one after the other, and compare all that they give."""

    def found(images):
        classifier = make()
        history = classifier.fit(images, y).history_
        first = classifier.predict_proba(images)
        second = classifier.partial_fit(images, y).predict_proba(images)
        return history, first, second, classifier.score(images, y)

    for one, other in zip(found(X), found(X_mapped), strict=True):
        np.testing.assert_equal(other, one)


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_the_same_bits(make, dtype, tmp_path):
    images = X.astype(dtype)
    parameters = {"early_stopping": True, "validation_fraction": 0.2, "test_time_averaging": True}
    assert_same_fit(partial(make, **parameters), images, mapped(images, tmp_path), Y)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A file that is too large to be read at once; most of its images are black."""
    path = tmp_path_factory.mktemp("large") / "images.npy"
    shape = (2150, 250, 250)
    images = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    rng = np.random.default_rng(0)
    for number in range(0, len(images), 20):
        images[number] = rng.integers(0, 256, shape[1:])
    images.flush()
    return np.load(path, mmap_mode="r")


@pytest.mark.slow
def test_a_file_that_is_not_read_at_once(large):
    y = np.arange(len(large)) % 2

    def found(images):
        classifier = mlp(hidden_layer_sizes=(2,), epochs=1, batch_size=1024)
        classifier.fit(images, y, X_val=images[:9], y_val=y[:9])
        return classifier.history_, classifier.predict_proba(large[:50])

    (history, expected), (same, probabilities) = found(np.array(large)), found(large)
    assert same == history
    np.testing.assert_array_equal(probabilities, expected)


def test_images_of_weight_zero_in_a_file_that_is_not_read_at_once(large):
    y = np.arange(len(large)) % 2
    counts = np.arange(len(large)) % 20 < 2
    rest = np.array(large[counts])
    expected, estimator = (mlp(hidden_layer_sizes=(2,), epochs=1) for _ in range(2))
    expected.fit(rest, y[counts])
    estimator.fit(large, y, sample_weight=counts)
    assert estimator.history_ == expected.history_
    np.testing.assert_array_equal(estimator.predict_proba(rest), expected.predict_proba(rest))


@pytest.mark.parametrize(
    "end", slow_but(["stop", ValueError, KeyboardInterrupt], "stop", KeyboardInterrupt)
)
def test_no_thread_that_reads_outlives_a_training(large, end):
    import keras

    class Ends(keras.callbacks.Callback):
        threads = 0

        def on_train_batch_end(self, batch, logs=None):
            self.threads = threading.active_count()
            if end != "stop":
                raise end
            self.model.stop_training = True

    before, callback = threading.active_count(), Ends()
    classifier = mlp(hidden_layer_sizes=(2,), epochs=1, batch_size=300, callbacks=[callback])
    y = np.arange(len(large)) % 2
    if end == "stop":
        classifier.fit(large, y)
    else:
        with pytest.raises(end):  # its traceback keeps the frames of the training
            classifier.fit(large, y)
    assert callback.threads == before + 1
    assert threading.active_count() == before


def test_numbers_that_are_not_finite(tmp_path):
    images = X.astype(np.float32)
    images[7, 3, 3] = np.nan
    messages = []
    for given in (images, mapped(images, tmp_path)):
        with pytest.raises(ValueError, match="contains NaN") as error:
            mlp().fit(given, Y)
        messages.append(str(error.value))
    assert messages[0] == messages[1]


def test_changes_that_are_not_in_the_file_stay(tmp_path):
    images = mapped(X, tmp_path, mode="c")
    images[0] = 7
    changed = np.array(images)
    assert_same_fit(mlp, changed, images, Y)
    release(images)
    np.testing.assert_array_equal(images, changed)


@pytest.mark.skipif(not hasattr(os, "preadv"), reason="reads through the mapping")
def test_few_images_that_are_large_come_in_parts(tmp_path, monkeypatch):
    """No part has more than 64 MB, and their float copy at most 128 MB."""
    most, read = [], os.preadv

    def measured(file, to, at):
        most.append(len(to[0]))
        return read(file, to, at)

    monkeypatch.setattr(os, "preadv", measured)
    shape = (40, 2000, 1000, 1)
    images = np.memmap(tmp_path / "raw", dtype=np.uint8, mode="w+", shape=shape)
    images[::2, :5] = 9
    tracemalloc.start()
    try:
        mean, _ = Moments(images, np.arange(len(images)), np.zeros(1)).values()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert mean == pytest.approx([9 * 5 / 2000 / 2])
    assert max(most) <= 2**26
    assert peak < 3 * 2**27


class TestRowsOfAFile:
    shape = (300, 5, 5, 3)

    @pytest.fixture
    def arrays(self, tmp_path):
        """Return an array, and its mapping at an odd place of a file."""
        array = np.random.default_rng(0).normal(size=self.shape)
        path = tmp_path / "raw"
        images = np.memmap(path, dtype=float, mode="w+", shape=self.shape, offset=5000)
        images[:] = array
        return array, images

    @pytest.mark.parametrize(
        "view",
        [
            lambda a: a,
            lambda a: a[10:],
            lambda a: a[::3],
            lambda a: a[::-1],
            lambda a: a[:, 1:],
            lambda a: np.asarray(a).reshape(len(a), -1),
        ],
        ids=["all", "later", "every third", "backwards", "cropped", "rows"],
    )
    def test_any_view(self, arrays, view):
        array, images = map(view, arrays)
        rows = np.random.default_rng(1).integers(0, len(array), 77)
        for some in (rows, np.arange(20), rows[:0]):
            np.testing.assert_array_equal(MappedRows(images)[some], array[some])

    def test_a_file_that_was_replaced_or_deleted(self, arrays, tmp_path):
        array, images = arrays
        rows = np.arange(0, 300, 7)
        os.rename(tmp_path / "raw", tmp_path / "old")
        (tmp_path / "raw").write_bytes(bytes(5000 + array.nbytes))
        np.testing.assert_array_equal(MappedRows(images)[rows], array[rows])
        os.unlink(tmp_path / "old")
        os.unlink(tmp_path / "raw")
        np.testing.assert_array_equal(MappedRows(images)[rows], array[rows])

    def test_a_system_that_reads_less_than_it_is_asked_for(self, arrays, monkeypatch):
        """As Linux does beyond 2 GiB."""
        array, images = arrays
        read = os.preadv
        monkeypatch.setattr(os, "preadv", lambda file, to, at: read(file, [to[0][:1000]], at))
        for rows in (np.arange(20), np.arange(90, 10, -3)):
            np.testing.assert_array_equal(MappedRows(images)[rows], array[rows])

    def test_a_file_that_became_shorter(self, arrays, tmp_path):
        rows = MappedRows(arrays[1])
        os.truncate(tmp_path / "raw", 6000)
        with pytest.raises(OSError, match="is shorter than the array"):
            rows[np.arange(299, 200, -1)]
        with (
            pytest.raises(OSError, match="is shorter than the array"),
            rows.ahead([np.arange(2), np.arange(290, 300)]) as parts,
        ):
            list(parts)

    def test_groups_of_rows_that_are_read_ahead(self, arrays):
        array, images = arrays
        groups = np.array_split(np.random.default_rng(1).integers(0, len(array), 5000), 3)
        with MappedRows(images).ahead(iter(groups)) as parts:
            for group, (rows, found) in zip(groups, parts, strict=True):
                np.testing.assert_array_equal(rows, group)
                np.testing.assert_array_equal(found, array[rows])
        with MappedRows(images).ahead([]) as parts:
            assert list(parts) == []
