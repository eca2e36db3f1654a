"""
A residual network of your own as a scikit-learn classifier
===========================================================

You learn to give `NetworkClassifier` a function that builds a Keras network, to search over the
arguments of this function, and to look into the network that was found.

In a clone::

    python examples/11_residual_network.py
"""

import matplotlib.pyplot as plt
from sklearn.model_selection import GridSearchCV

from skdigits import NetworkClassifier
from skdigits.datasets import load_digits
from skdigits.inspection import SaliencyDisplay

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)


def build(input_shape, n_classes, n_blocks=1, filters=8):
    """Return a network whose blocks add to what comes in."""
    import keras
    from keras import layers

    inputs = keras.Input(input_shape)
    x = layers.Conv2D(filters, 5, strides=2, padding="same", activation="relu")(inputs)
    for _ in range(n_blocks):
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        y = layers.BatchNormalization(momentum=0.9)(y)
        x = layers.Activation("relu")(layers.Add()([x, y]))
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    return keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(x))


# Arguments of the function are searched as build_options__NAME.
classifier = NetworkClassifier(build, epochs=6, random_state=0)
search = GridSearchCV(classifier, {"build_options__n_blocks": [1, 3]}, cv=2)
search.fit(X_train[:600], y_train[:600])
for blocks, score in zip([1, 3], search.cv_results_["mean_test_score"], strict=True):
    print(f"n_blocks={blocks}: {score:.3f} in cross-validation")

best = search.best_estimator_.fit(X_train, y_train)
print(f"{len(best.model_.layers)} layers, {best.n_parameters_:,} weights")
print(f"accuracy on the test images: {best.score(X_test, y_test):.3f}")

SaliencyDisplay.from_estimator(best, X_test[2])
plt.show()
