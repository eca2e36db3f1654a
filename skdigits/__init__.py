"""Small-image classification with Keras that feels like scikit-learn."""

__version__ = "0.1.0"
