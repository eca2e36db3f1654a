"""Size and speed of `skdigits.save` and `load`, beside pickle, joblib and Keras's own files.

``python -m benchmarks.saving``. Both networks with their defaults learn 10,000 images of MNIST.
Each line has the size of a file beside that of the weights, the seconds to write and to read it,
and the seconds from the file to the first prediction. Medians of nine calls.
"""

import pickle
import statistics
import tempfile
import time
from pathlib import Path

import joblib
import keras
import typer

import skdigits
from skdigits.datasets import fetch_mnist

N_TRAIN, N_CALLS = 10_000, 9


def main():
    """Print the table."""
    X, y = fetch_mnist(return_X_y=True)
    print("file: kB (of the weights), s to write, s to read, s to read and predict one image")
    for kind in (skdigits.MLPClassifier, skdigits.CNNClassifier):
        classifier = kind(random_state=0).fit(X[:N_TRAIN], y[:N_TRAIN])
        print(f"{kind.__name__}: weights of {_kilobytes(4 * classifier.n_parameters_)} kB")
        with tempfile.TemporaryDirectory() as folder:
            for name, write, read in _ways(classifier, Path(folder)):
                print(f"{name}: {_row(classifier, name, write, read, folder, X[:1])}", flush=True)


def _ways(classifier, folder):
    def path(name):
        return folder / f"model.{name}"

    return [
        ("skd", lambda: skdigits.save(classifier, path("skd")), lambda: skdigits.load(path("skd"))),
        (
            "pickle",
            lambda: path("pickle").write_bytes(pickle.dumps(classifier)),
            lambda: pickle.loads(path("pickle").read_bytes()),
        ),
        (
            "joblib",
            lambda: joblib.dump(classifier, path("joblib")),
            lambda: joblib.load(path("joblib")),
        ),
        (
            "keras",
            lambda: classifier.model_.save(path("keras")),
            lambda: keras.models.load_model(path("keras")),
        ),
    ]


def _row(classifier, name, write, read, folder, image):
    written = _seconds(write)
    size = (Path(folder) / f"model.{name}").stat().st_size
    image = image if name != "keras" else image[..., None].astype("float32")
    used = _seconds(lambda: _predict(read(), image))
    share = size / (4 * classifier.n_parameters_)
    return f"{_kilobytes(size)} ({share:.2f}), {written:.3f}, {_seconds(read):.3f}, {used:.3f}"


def _predict(model, image):
    if isinstance(model, keras.Model):
        shape = model.input_shape[1:]
        model.predict(image.reshape(1, *shape), verbose=0)
    else:
        model.predict(image)


def _kilobytes(n_bytes):
    return f"{n_bytes / 1e3:,.0f}"


def _seconds(call):
    """Return the median of several calls after a first one."""
    times = []
    for _ in range(N_CALLS + 1):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


if __name__ == "__main__":
    typer.run(main)
