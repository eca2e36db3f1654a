"""
Keras callbacks, early stopping and training curves
===================================================

You learn to stop the training when the accuracy on validation images no longer improves, to pass
any Keras callback, to show scikit-learn's progress bar, and to draw the curves. Early stopping
takes the validation images from the training data, stratified by class, and restores the weights
of the best epoch.

In a clone::

    python examples/04_callbacks_and_early_stopping.py
"""

import skdigits.networks  # before Keras, so that TensorFlow writes no log

import matplotlib.pyplot as plt
from keras.callbacks import TerminateOnNaN
from sklearn.callback import ProgressBar

from skdigits import MLPClassifier
from skdigits.datasets import load_digits
from skdigits.inspection import HistoryDisplay

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)

classifier = MLPClassifier(
    epochs=40,
    learning_rate=0.001,
    learning_rate_schedule="constant",
    early_stopping=True,
    validation_fraction=0.2,
    n_iter_no_change=5,
    callbacks=[TerminateOnNaN()],
    random_state=0,
)
classifier.set_callbacks(ProgressBar())
classifier.fit(X_train, y_train)

print(f"trained for {classifier.n_iter_} epochs, kept the weights of {classifier.best_epoch_}")
print(f"validation accuracy there: {max(classifier.history_['val_accuracy']):.3f}")
# Lower, because most of the test images are by people who wrote none of the training images.
print(f"accuracy on the test images: {classifier.score(X_test, y_test):.3f}")

HistoryDisplay.from_estimator(classifier)
plt.show()
