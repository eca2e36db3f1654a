"""Small-image classification with Keras that feels like scikit-learn.

Importing this package imports neither TensorFlow nor Keras; the first ``fit`` does.
"""

from skdigits._cnn import CNNClassifier
from skdigits._mlp import MLPClassifier

__all__ = ["CNNClassifier", "MLPClassifier"]

__version__ = "0.1.0"
