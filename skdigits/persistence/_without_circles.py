"""A copy of a model without circles, which skops cannot write."""

import io
import pickle

import numpy as np
from sklearn.utils.metadata_routing import MetadataRequest

from skdigits._base import ImageClassifier
from skdigits._saved_state import plain_requests, restored_requests


def without_circles(model):
    """Return a copy of a model whose metadata requests have the name of their owner.

    In scikit-learn 1.9, a request holds the estimator that holds the request.

    Parameters
    ----------
    model : estimator

    Returns
    -------
    copied : estimator
        It shares the networks and the arrays of `model`.
    """
    file = io.BytesIO()
    pickler = _Pickler(file)
    pickler.dump(model)
    file.seek(0)
    return _Unpickler(file, pickler.shared).load()


class _Pickler(pickle.Pickler):
    """Pickles all but the objects in `shared`."""

    def __init__(self, file):
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.shared = []

    def persistent_id(self, value):
        """Return the place of a network or of an array of numbers in `shared`."""
        if isinstance(value, np.ndarray):
            is_shared = not value.dtype.hasobject
        else:
            is_shared = isinstance(value, ImageClassifier)  # its state is plain data
        if not is_shared:
            return None
        self.shared.append(value)
        return len(self.shared) - 1

    def reducer_override(self, value):
        """Return how to make a request without its owner."""
        if not isinstance(value, MetadataRequest):
            return NotImplemented
        owner = value.owner if isinstance(value.owner, str) else type(value.owner).__name__
        return restored_requests, (plain_requests(value), owner)


class _Unpickler(pickle.Unpickler):
    """Restores what `_Pickler` has written."""

    def __init__(self, file, shared):
        super().__init__(file)
        self.shared = shared

    def persistent_load(self, pid):
        """Return an object that was not pickled."""
        return self.shared[pid]
