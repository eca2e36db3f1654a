"""
Look at the images, and at the classes that the classifier confuses
===================================================================

You learn to draw some images of each class before the training. After it, you draw the most
frequent confusions, each with the images of which the classifier was most confident. The first
display needs no classifier. The second works with any scikit-learn classifier, and with
predictions.

In a clone::

    python examples/07_sample_images_and_confusions.py
"""

import matplotlib.pyplot as plt

from skdigits import MLPClassifier
from skdigits.datasets import load_digits
from skdigits.inspection import ConfusionExamplesDisplay, SampleImagesDisplay

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)

classifier = MLPClassifier(random_state=0).fit(X_train, y_train)
print(f"accuracy on the test images: {classifier.score(X_test, y_test):.3f}")

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 5), layout="constrained")
SampleImagesDisplay.from_arrays(X_train, y_train, n_images=8, random_state=0, ax=left)
left.set_title("Images of each class")
display = ConfusionExamplesDisplay.from_estimator(classifier, X_test, y_test, n_images=5, ax=right)
right.set_title("Most frequent confusions")
for confusion in display.confusions:
    print(f"{confusion.label} taken for {confusion.predicted}: {confusion.count} times")

plt.show()
