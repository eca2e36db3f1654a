"""
Look inside a network: its first layer, and the pixels that a prediction depends on
===================================================================================

You learn to draw the kernels of a CNN's first convolution, and an image with its saliency map. The
lighter a pixel of the map is, the more the score of the predicted class changes with that pixel.
Both displays also take an MLP.

In a clone::

    python examples/08_inside_a_network.py
"""

import matplotlib.pyplot as plt

from skdigits import CNNClassifier
from skdigits.datasets import load_digits
from skdigits.inspection import FirstLayerDisplay, SaliencyDisplay

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)

classifier = CNNClassifier.with_effort("quick", kernel_size=5, random_state=0).fit(X_train, y_train)
print(f"accuracy on the test images: {classifier.score(X_test, y_test):.3f}")

figure, axes = plt.subplots(2, 2, figsize=(9, 5.5), layout="constrained")
FirstLayerDisplay.from_estimator(classifier, ax=axes[0, 0])
axes[0, 0].set_title("Kernels of the first convolution")
for row, ax in zip([2, 40, 300], axes.flat[1:], strict=True):
    display = SaliencyDisplay.from_estimator(classifier, X_test[row], ax=ax)
    print(f"image {row}: a {y_test[row]}, taken for {display.label}")

plt.show()
