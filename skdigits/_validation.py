"""Check the input of the classifiers before training and prediction."""

from math import prod
from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from skdigits._arrays import as_array, check_labels, check_number, check_texts
from skdigits._image_shape import (
    check_same_parameter,
    check_same_shape,
    refuse_single_image,
    resolve_shape,
    to_rows,
    warn_of_channels_first,
    without_channel,
)
from skdigits._memory_mapped import is_mapped, parts
from skdigits._numbers import Origin, to_float32
from skdigits._scale import ENOUGH_ROWS, MOST_ROWS, Scale, learn_scale, some
from skdigits._warnings import warn

# dtypes that are kept; scikit-learn converts all others to the first.
NUMBERS = [
    np.float64, np.float32, np.float16, np.uint8, np.int64, np.uint64,
    np.int32, np.uint32, np.int16, np.uint16, np.int8,
]  # fmt: skip


class ValidatedInput:
    """A mixin that checks the input, and learns what later input must be like."""

    image_shape: Any
    transfer_from: Any
    classes_: np.ndarray
    image_shape_: tuple
    _origin: Origin | None
    _scale: Scale | None
    _square_rows = False  # whether rows are square images by default

    @property
    def offset_(self):
        """What to subtract from each column of X before `model_`; 0 for usual columns."""
        return self._known_origin.offset

    @property
    def unit_(self):
        """What to divide the differences from `offset_` by before `model_`; usually 1."""
        return self._known_origin.unit

    @property
    def _known_origin(self):
        if not hasattr(self, "image_shape_"):
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        # Pickles of old versions do not have it.
        return getattr(self, "_origin", None) or Origin.none(self.image_shape_[-1])

    def _learn_images(self, values, rows, known):
        """Return images, and learn from those to train on what later input must be like.

        Parameters
        ----------
        values : ndarray of shape (n_samples, n_features)
            Checked numbers.
        rows : ndarray of int
            The numbers of the images to train on.
        known : bool
            Whether others were learned from before.
        """
        if not known:
            self._origin = self._find_origin(values, rows)
        images = self._as_images(values)
        seen = some(images, rows, MOST_ROWS)
        if not known:
            body = self.transfer_from
            if getattr(body, "image_shape_", None) == self.image_shape_:
                _warn_of_scale(getattr(body, "_scale", None), seen, "X", "that of transfer_from")
            self._scale = learn_scale(images, rows)
        elif scale := getattr(self, "_scale", None):
            if scale.n_rows >= ENOUGH_ROWS:
                self._warn_of_scale(seen)
            self._scale = scale.with_more(images, rows)
        return images

    def _labelled_rows(self, X, y, classes, known):
        """Return numbers and labels 0..n-1; set their shape and the classes if not known yet."""
        name = type(self).__name__
        rows, given = to_rows(as_array(X), name)
        y = check_labels(y)
        check_number(rows, y)
        check_texts(y)
        if classes is not None:
            classes = check_labels(classes, "classes")
            check_texts(classes, "classes")
        if known:
            check_same_shape(rows, given, self.image_shape_, name)
            check_same_parameter(self.image_shape, self.image_shape_)
        rows, y = self._checked_data(rows, y, reset=not known)
        # Many different labels may be a regression's, unless they are known: twice, they are fewer.
        are_known = known or classes is not None
        check_classification_targets(np.repeat(y, 2) if are_known else y)
        if known:
            if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
                raise ValueError(f"classes differ from those of the first call, {self.classes_}.")
        else:
            if self.image_shape is None and given is not None:
                warn_of_channels_first(given)
            self.classes_ = np.unique(y if classes is None else classes)
            self.image_shape_ = resolve_shape(
                self.image_shape, given, rows.shape[1], square_rows=self._square_rows
            )
        if len(self.classes_) < 2:
            raise ValueError(
                f"{name} needs at least two classes to tell apart; y holds one class only: "
                f"{self.classes_.tolist()}."
            )
        unknown = set(np.unique(y).tolist()) - set(self.classes_.tolist())
        if unknown:
            raise ValueError(
                f"y holds labels that are not among the classes: {sorted(unknown)}. All labels "
                "must be in y of fit, or in y or classes of the first partial_fit."
            )
        return rows, np.searchsorted(self.classes_, y)

    def _validate_validation_data(self, X_val, y_val):
        """Return images, labels 0..n-1 and weights of one; None without validation data."""
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            given, lacking = ("y_val", "X_val") if X_val is None else ("X_val", "y_val")
            raise ValueError(f"{given} is given without {lacking}; fit takes both or neither.")
        try:
            rows, codes = self._labelled_rows(X_val, y_val, None, known=True)
            images = self._as_images(rows)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError  # others take no text
            raise kind(f"X_val and y_val cannot be used: {error}") from error
        self._warn_of_scale(images, "X_val")
        return images, codes, np.ones(len(codes))

    def _validate_images(self, X):
        """Return the images to predict in the form that the network takes."""
        shape, name = self.image_shape_, type(self).__name__
        # scikit-learn's validation takes longer than the prediction of one image. Arrays that need
        # no conversion skip it, after the checks below.
        if (
            type(X) is np.ndarray  # subclasses may have a mask
            and X.dtype in (np.uint8, np.float32)
            and X.shape[1:] in (shape, without_channel(shape), (prod(shape),))
            and len(X)
            and not hasattr(self, "feature_names_in_")
            and (X.dtype == np.uint8 or np.isfinite(X).all())
        ):
            return self._as_images(X)
        X = as_array(X)
        refuse_single_image(X, shape)
        rows, given = to_rows(X, name)
        check_same_shape(rows, given, shape, name)
        rows = self._checked_data(rows, reset=False)
        return self._as_images(rows)

    def _checked_data(self, rows, *labels, reset):
        """Return what scikit-learn's `validate_data` returns; read mapped files part by part."""
        is_finite = not is_mapped(rows)
        found = validate_data(
            self, rows, *labels, reset=reset, dtype=NUMBERS, ensure_all_finite=is_finite
        )
        if not is_finite and rows.dtype.kind == "f":
            for part in parts(rows):
                assert_all_finite(part, estimator_name=type(self).__name__, input_name="X")
        return found

    def _warn_of_scale(self, images, name="X"):
        """Warn if images have another scale than those of the training."""
        # Pickles of old versions do not know the scale.
        _warn_of_scale(getattr(self, "_scale", None), images, name, "that of fit")

    def _find_origin(self, values, rows):
        """Return the origin of the numbers in `rows`; with `transfer_from`, that of its data."""
        if self.transfer_from is not None:
            return getattr(self.transfer_from, "_origin", None)
        if not getattr(self, "standardize", True):
            return None  # the network is to get the numbers as they are
        return Origin.of(values.reshape(-1, *self.image_shape_), rows)

    def _as_images(self, rows):
        """Return checked numbers as images or columns of the network, uint8 or float32."""
        images = rows.reshape(-1, *self.image_shape_)
        return to_float32(images, getattr(self, "_origin", None))  # old pickles have none


def _warn_of_scale(scale, images, name, expected):
    complaint = scale and len(images) and scale.complaint(images)
    if complaint:
        warn(
            f"{name} seems to have another scale than {expected}: {complaint}. Predictions are "
            "then unreliable. Give images or columns of the same scale."
        )
