"""A disk that is full while a file is written: one OSError that names it, and the old file stays.

A limit on the size of files stands for the full disk.
"""

import contextlib
import shutil

import joblib
import numpy as np
import pytest
from pictures import save_tree
from sklearn.dummy import DummyClassifier
from support import mlp, slow_but, tiny

import skdigits
from skdigits.datasets import load_images
from skdigits.model_selection import compare
from skdigits.report import write_report

resource = pytest.importorskip("resource")

X, Y = tiny()


@contextlib.contextmanager
def full_disk(size=2_000):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def classifier():
    return mlp(hidden_layer_sizes=(64, 64)).fit(X, Y)


def content(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


WRITES = {
    "model.skd": skdigits.save,
    "model.onnx": skdigits.export,
    "model.tflite": skdigits.export,
    "model.keras": skdigits.export,
    "model.html": skdigits.export,
}


@pytest.mark.parametrize("there_before", slow_but([True, False], True))
@pytest.mark.parametrize("name", WRITES)
def test_of_a_model(name, there_before, classifier, tmp_path):
    path = tmp_path / name
    if there_before:
        path.write_bytes(b"older")
    before = content(tmp_path)
    with full_disk(), pytest.raises(OSError, match=name) as caught:
        WRITES[name](classifier, path)
    assert type(caught.value) is OSError
    assert content(tmp_path) == before
    WRITES[name](classifier, path)  # when there is room again


class FillsDisk:
    """A callback of scikit-learn's: the disk is full from the n-th epoch on."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def setup(self, estimator, context):
        self.disk = contextlib.ExitStack()

    def on_fit_task_begin(self, estimator, context):
        self.n_epochs -= 1
        if self.n_epochs < 0:
            self.disk.enter_context(full_disk())

    def on_fit_task_end(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.disk.close()


@pytest.mark.parametrize("n_written", [0, 2])
def test_of_a_checkpoint(n_written, tmp_path):
    """The training ends with the error. When there is room again, it goes on to the same bits."""
    parameters = {"hidden_layer_sizes": (64, 64), "epochs": 4}
    path = tmp_path / "training"
    network = mlp(**parameters, checkpoint=path)
    with pytest.raises(OSError, match="training"):
        network.set_callbacks(FillsDisk(n_written + 1)).fit(X, Y)  # the fit is a task, too
    assert not hasattr(network, "classes_")
    assert list(content(tmp_path)) == ["training"] * bool(n_written)
    network.set_callbacks().fit(X, Y)
    expected = mlp(**parameters).fit(X, Y)
    assert network.history_ == expected.history_
    np.testing.assert_array_equal(network.predict_proba(X), expected.predict_proba(X))


def test_of_a_report(tmp_path):
    result = compare({"dummy": DummyClassifier()}, X, Y, cv=2)
    write_report(result, X, Y, tmp_path, title="Full")
    before = content(tmp_path)
    with full_disk(), pytest.raises(OSError, match=str(tmp_path)):
        write_report(result, X, Y, tmp_path, title="Full")
    assert content(tmp_path) == before


def test_of_pictures_in_a_file(tmp_path):
    folder = save_tree(tmp_path / "data", {f"{n % 2}/{n}.png": n for n in range(100)})
    file = tmp_path / "images.npy"
    file.write_bytes(b"older")
    with full_disk(), pytest.raises(OSError, match=r"images\.npy"):
        load_images(folder, memmap=file)
    shutil.rmtree(folder)
    assert content(tmp_path) == {"images.npy": b"older"}


def test_of_joblib(classifier, tmp_path):
    """joblib leaves a part of a file, which does not load; the classifier is as it was."""
    path = tmp_path / "model.joblib"
    before = classifier.predict_proba(X)
    with full_disk(), pytest.raises(OSError, match="large"):
        joblib.dump(classifier, path)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)
    with pytest.raises((EOFError, ValueError, OSError)):
        joblib.load(path)
    joblib.dump(classifier, path)
    np.testing.assert_array_equal(joblib.load(path).predict_proba(X), before)
