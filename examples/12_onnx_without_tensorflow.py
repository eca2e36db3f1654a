"""
Write a trained classifier as an ONNX file, and use it without TensorFlow
=========================================================================

You learn that `skdigits.export` writes a file that takes the same images, and that the program
which uses the file needs only numpy and onnxruntime. It starts at once, and one image takes a
fraction of the time.

In a clone::

    pip install ".[cli,onnx]"
    python examples/12_onnx_without_tensorflow.py
"""

import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt

import skdigits
from skdigits.datasets import load_digits

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)
classifier = skdigits.CNNClassifier(random_state=0).fit(X_train, y_train)

with tempfile.TemporaryDirectory() as folder:
    path = skdigits.export(classifier, Path(folder) / "digits.onnx")
    print(f"the file has {path.stat().st_size / 1e6:.1f} MB")

    # The program that uses the file needs no more than these lines.
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    labels, probabilities = session.run(["label", "probabilities"], {"X": X_test})
    print(f"the first image shows {labels[0]}, with probability {probabilities[0].max():.3f}")

difference = np.abs(probabilities - classifier.predict_proba(X_test)).max()
print(f"the probabilities differ from the classifier's by {difference:.0e} at most")

plt.figure(layout="constrained")
for name, predict in {
    "classifier.predict": classifier.predict,
    "ONNX Runtime": lambda images: session.run(["label"], {"X": images}),
}.items():
    times = []
    for number in range(len(X_test)):
        start = time.perf_counter()
        predict(X_test[number : number + 1])
        times.append(time.perf_counter() - start)
    print(f"one image takes {name} {1e3 * np.median(times):.2f} ms")
    plt.barh(name, 1e3 * np.median(times))

print(f"the file has an accuracy of {np.mean(labels == y_test):.3f}")

plt.xlabel("Milliseconds for one image")
plt.show()
