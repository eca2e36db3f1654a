"""
Predict the digits in photographs and drawings
==============================================

You learn to put `DigitNormalizer` before a classifier. It finds the digit on a photograph or a
drawing of any size, light on dark or dark on light, and converts it to MNIST's form. The script
makes its pictures from scikit-learn's digits: large, off the centre, on ruled paper in uneven
light. A picture may also be the path of a file or a PIL image, and one list may hold all three.

The last part shows what happens to bad pictures. With `on_error="warn"` one warning names them all,
and the other pictures get their predictions.

In a clone::

    python examples/09_digits_people_write.py
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage
from sklearn.pipeline import make_pipeline

from skdigits import CNNClassifier
from skdigits.datasets import load_digits
from skdigits.preprocessing import DigitNormalizer

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)
X_train, y_train = X_train[:200], y_train[:200]
X_test, y_test = X_test[:40], y_test[:40]


def photograph(digit, rng):
    """Return the digit in blue ink on ruled paper, shape (height, width, 3)."""
    ink = ndimage.zoom(digit / 255, rng.uniform(3, 5), order=1)
    height, width = rng.integers(1.3 * len(ink), 2 * len(ink), 2)
    top, left = rng.integers(0, height - len(ink)), rng.integers(0, width - len(ink))
    ink = np.pad(ink, ((top, height - len(ink) - top), (left, width - len(ink) - left)))
    ruled = np.where(np.arange(height)[:, None] % 17 == 0, 0.65, 0.9)
    light = np.linspace(1, rng.uniform(0.5, 0.9), width)
    blue = np.array([0.1, 0.1, 0.5])
    picture = (ruled * (1 - ink))[..., None] + blue * ink[..., None]
    return (255 * picture * light[:, None]).astype(np.uint8)


rng = np.random.default_rng(0)
pictures = [photograph(digit, rng) for digit in X_test]
print(f"{len(pictures)} pictures, from {pictures[0].shape} to {pictures[1].shape} and so on")

# The classifier learns from digits that went through the same normaliser.
pipeline = make_pipeline(DigitNormalizer(), CNNClassifier(random_state=0))
pipeline.fit(X_train, y_train)
print(f"accuracy on the pictures: {pipeline.score(pictures, y_test):.3f}\n")

pipeline.set_params(digitnormalizer__on_error="warn")
blank_page = np.full((200, 150), 230, dtype=np.uint8)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    predictions = pipeline.predict([pictures[0], blank_page, "missing.png"])
print(caught[0].message)
print(f"the first picture shows {predictions[0]}; it is {y_test[0]}")

figure, axes = plt.subplots(2, 4, figsize=(7, 4), layout="constrained")
images = DigitNormalizer().transform(pictures[:4])
for column, (picture, image) in enumerate(zip(pictures, images, strict=False)):
    axes[0, column].imshow(picture)
    axes[1, column].imshow(image, cmap="gray")
for ax in axes.flat:
    ax.set_axis_off()
figure.suptitle("Pictures, and what the classifier gets")
plt.show()
