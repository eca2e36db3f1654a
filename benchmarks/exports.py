"""Size and speed of the files of other runtimes. ``python -m benchmarks.exports``

Both networks with their defaults learn 10,000 images of MNIST. Each line has the size of a file
beside that of the weights, the seconds of `skdigits.export` beside those of Keras's own export, the
accuracy of the file on the 10,000 test images, and the milliseconds that it takes for one image.
Takes two minutes.
"""

import io
import statistics
import tempfile
import time
import warnings
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import typer
from ai_edge_litert.interpreter import Interpreter

import skdigits
from skdigits._onnx_model import OnnxModel
from skdigits.datasets import fetch_mnist

N_TRAIN, N_IMAGES, N_TIMED = 10_000, 500, 1000
FILES = [(".onnx", None), (".tflite", None), (".tflite", "float16"), (".tflite", "int8"),
         (".keras", None)]  # fmt: skip


def main():
    """Print the table."""
    X, y = fetch_mnist(return_X_y=True)
    test = fetch_mnist(subset="test", return_X_y=True)
    print("file: kB (kB of the weights), s of export (s of Keras's), accuracy, ms for one image")
    for kind in (skdigits.MLPClassifier, skdigits.CNNClassifier):
        classifier = kind(random_state=0).fit(X[:N_TRAIN], y[:N_TRAIN])
        print(f"{kind.__name__}: accuracy {100 * classifier.score(*test):.2f} %")
        for suffix, quantize in FILES:
            print(_row(classifier, suffix, quantize, X[:N_IMAGES], test), flush=True)


def _row(classifier, suffix, quantize, images, test):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        seconds = _seconds(
            lambda: skdigits.export(classifier, path, images=images, quantize=quantize)
        )
        weights = 4 * classifier.n_parameters_ / 1e3
        shown = f"{path.stat().st_size / 1e3:.0f} ({weights:.0f}), {seconds:.2f}"
        if quantize is None:
            other = Path(folder) / f"keras{suffix}"
            shown += f" ({_seconds(lambda: _of_keras(classifier.model_, other)):.2f})"
        return f"{suffix} {quantize or ''}: {shown}{_use(path, *test)}"


def _of_keras(model, path):
    """Write a file by Keras's or TensorFlow's own means."""
    if path.suffix == ".keras":
        model.save(path)
    elif path.suffix == ".onnx":
        model.export(path, format="onnx", verbose=False)
    else:
        import tensorflow as tf

        path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())


def _seconds(call):
    """Return the median of three calls after a first one."""
    times = []
    for _ in range(4):
        start = time.perf_counter()
        with warnings.catch_warnings(action="ignore"), redirect_stdout(io.StringIO()):
            call()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def _use(path, X, y):
    """Return the accuracy of a file and the time of one image, as text."""
    if path.suffix == ".keras":
        return ""
    if path.suffix == ".onnx":
        predict = OnnxModel(path).predict_proba
    else:
        run = Interpreter(model_path=str(path)).get_signature_runner()
        predict = lambda images: run(X=images)["probabilities"]  # noqa: E731
    accuracy = np.mean(predict(X).argmax(axis=1) == y)
    times = []
    for number in range(N_TIMED):
        start = time.perf_counter()
        predict(X[number : number + 1])
        times.append(time.perf_counter() - start)
    return f", {100 * accuracy:.2f} %, {1e3 * statistics.median(times):.3f}"


if __name__ == "__main__":
    typer.run(main)
