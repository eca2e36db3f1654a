"""
A CNN in a scikit-learn Pipeline
================================

You learn how to give rows of pixels, as most tables hold them, to a convolutional network.
`ImageReshaper` gives each row the shape of an image, `PixelScaler` scales the pixels to 0..1, and
`CNNClassifier` is the last step like any other classifier. The pipeline has one `fit`, one `score`
and one set of parameters.

The scaler only shows how a pipeline scales pixels. You could leave it out, since the network
standardises its input itself.

In a clone::

    python examples/01_pipeline.py
"""

import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.pipeline import make_pipeline

from skdigits import CNNClassifier
from skdigits.datasets import load_digits
from skdigits.preprocessing import ImageReshaper, PixelScaler

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)
X_train, X_test = X_train.reshape(len(X_train), -1), X_test.reshape(len(X_test), -1)
print(f"{len(X_train)} rows of {X_train.shape[1]} pixels to train on, {len(X_test)} to test on")

pipeline = make_pipeline(ImageReshaper(), PixelScaler(), CNNClassifier(filters=16, random_state=0))
pipeline.set_params(cnnclassifier__dropout=0.2)
pipeline.fit(X_train, y_train)

print(f"the network was trained on images of {pipeline[-1].image_shape_}")
print(f"accuracy on the test images: {pipeline.score(X_test, y_test):.3f}\n")
print(classification_report(y_test, pipeline.predict(X_test)))

ConfusionMatrixDisplay.from_estimator(pipeline, X_test, y_test, cmap="Blues", colorbar=False)
plt.show()
