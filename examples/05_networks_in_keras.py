"""
The networks in plain Keras and in SciKeras
===========================================

You learn that `build_cnn` and `build_mlp` return ordinary Keras models. You can compile and fit
such a model yourself, pass the function to SciKeras if you have SciKeras code already, or take
the model of a fitted classifier and continue in Keras.

In a clone::

    python examples/05_networks_in_keras.py
"""

from skdigits.networks import build_cnn  # before Keras, so that TensorFlow writes no log

import matplotlib.pyplot as plt
import numpy as np
from scikeras.wrappers import KerasClassifier

from skdigits import CNNClassifier
from skdigits.datasets import load_digits
from skdigits.inspection import HistoryDisplay

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)

# Plain Keras. The first layer of the network standardises its input; in Keras you set its weights.
network = build_cnn((28, 28), 10, filters=(8, 16), hidden_layer_sizes=(64,), dropout=0.3)
network.get_layer("standardize").set_weights(
    [np.array([X_train.mean()]), np.array([X_train.var()])]
)
network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
history = network.fit(X_train[..., np.newaxis], y_train, epochs=5, verbose=0)
loss, accuracy = network.evaluate(X_test[..., np.newaxis], y_test, verbose=0)
print(f"plain Keras: accuracy {accuracy:.3f}, {network.count_params()} parameters")

# SciKeras finds out the shape and the number of classes and passes them on as `meta`.
scikeras = KerasClassifier(
    model=build_cnn,
    filters=(8, 16),
    hidden_layer_sizes=(64,),
    dropout=0.3,
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    epochs=5,
    random_state=0,
    verbose=0,
)
scikeras.fit(X_train / 255.0, y_train)
print(f"SciKeras:    accuracy {scikeras.score(X_test / 255.0, y_test):.3f}")

# skdigits and its Keras model.
classifier = CNNClassifier(filters=(8, 16), hidden_layer_sizes=(64,), epochs=5, random_state=0)
classifier.fit(X_train, y_train)
print(f"skdigits:    accuracy {classifier.score(X_test, y_test):.3f}")
outputs = classifier.model_.predict(X_test[..., np.newaxis], verbose=0)
same = np.mean(outputs.argmax(axis=1) == classifier.predict(X_test))
print(f"its Keras model names the same class for {same:.0%} of the images")

curves = {"plain Keras": history.history, "skdigits": classifier.history_}
HistoryDisplay(curves, metric="accuracy").plot()
plt.show()
