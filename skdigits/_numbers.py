"""Numbers of images and columns: to float32 without loss of digits that matter; mean, variance."""

import copy

import numpy as np
from scipy.special import logsumexp

from skdigits._memory_mapped import MappedRows, is_mapped, parts, rows_of

# A column this many times its range away from zero keeps 12 of the 24 bits of float32.
FAR = 2.0**12
EXACT = 2.0**24  # up to here every whole number is a float32
# float32 cannot hold the squares of narrower and wider ranges.
NARROW, WIDE = 1e-15, 1e15
HUGE = 1e37  # nearly the largest float32
# A column's standard deviation is taken to be at least this fraction of its range, so that no value
# in training is farther from the mean than 8 standard deviations. Without a limit, rare values
# drown all others: a pixel that has ink in one image of MNIST is 245 standard deviations away.
# The limit does not change columns that are spread evenly or normally. docs/design.md has what we
# tried.
FARTHEST = 8
# The rows whose moments are computed at a time, and the most bytes that their float copy may have.
MOMENTS_ROWS, MOMENTS_BYTES = 1024, 2**27


class Origin:
    """Offset and unit of each column whose numbers float32 cannot tell apart.

    Timestamps of one day are nearly all the same as float32. Their differences from the first one
    are not. The columns of images are their channels.

    Parameters
    ----------
    offset : ndarray of shape (n_columns,)
        What to subtract, in the dtype of the training data; 0 for usual columns.

    unit : ndarray of shape (n_columns,), float64
        What to divide the differences by; 1 for usual columns.
    """

    def __init__(self, offset, unit):
        self.offset = offset
        self.unit = unit

    @classmethod
    def none(cls, n_columns):
        """Return an origin that changes nothing."""
        return cls(np.zeros(n_columns), np.ones(n_columns))

    @classmethod
    def of(cls, values, rows=None):
        """Return the origin of training data of shape (n, ..., n_columns); None if not needed.

        `rows` are the numbers of the rows to train on; None means all.
        The smallest value is subtracted from a column that is far from zero for its range. A column
        whose range has no square in float32 is also divided by the range. Channels of images with
        such a wide range are not: one wild pixel would make all others the same. A column that
        differs by rounding errors only counts as constant. A column that holds one number may still
        change later, as after a first row alone.
        """
        if values.dtype == np.uint8:
            return None
        low, high = column_range(values, rows)
        width = _differences(high, low)
        farthest = np.maximum(np.abs(low.astype(float)), np.abs(high.astype(float)))
        noise = _is_noise(width, farthest, values.dtype)
        odd = width < NARROW
        if values.ndim == 2:
            odd |= (width > WIDE) & (farthest <= HUGE)
        odd &= ~noise
        far = (farthest > FAR * width) & ~noise | (width == 0) & (farthest > EXACT)
        moved = odd | far
        if not moved.any():
            return None
        return cls(np.where(moved, low, low.dtype.type(0)), np.where(odd, width, 1.0))

    def apply(self, values):
        """Return numbers as float32, with the offset and the unit of unusual columns."""
        unusual = np.flatnonzero((self.offset != 0) | (self.unit != 1))
        differences = _differences(values[..., unusual], self.offset[unusual])
        found = values.astype(np.float32)
        found[..., unusual] = differences / self.unit[unusual]
        return found


def to_float32(values, origin):
    """Return uint8 numbers as they are, and others as float32, by their origin if there is one.

    Raises
    ------
    ValueError
        For numbers that are too large for float32.
    """
    if values.dtype == np.uint8 and origin is None:
        return values
    with np.errstate(over="ignore"):
        found = values.astype(np.float32, copy=False) if origin is None else origin.apply(values)
    if (values.dtype.itemsize > 4 or origin) and not np.isfinite(found).all():
        raise ValueError("Input X contains infinity or a value too large for dtype('float32').")
    return found


def column_range(values, rows=None):
    """Return the smallest and the largest value of each column, or of each channel, in `rows`."""
    ranges = [_column_range(part) for part in parts(values, rows)]
    low, high = zip(*ranges, strict=True)
    return np.min(low, axis=0), np.max(high, axis=0)


def _column_range(values):
    if values.ndim == 2:
        return values.min(axis=0), values.max(axis=0)
    # faster than to reduce all axes but the last, which takes numpy ten times as long
    channels = [values[..., channel] for channel in range(values.shape[-1])]
    return np.array([c.min() for c in channels]), np.array([c.max() for c in channels])


class Moments:
    """Mean and variance of each channel of images, or of each column of a table.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels) or (n, n_columns)

    rows : ndarray of int
        The rows to use.

    offset : ndarray of shape (channels,) or (n_columns,)
        What was subtracted from the images, see `Origin`.
    """

    def __init__(self, images, rows, offset):
        n_channels = images.shape[-1]
        self._offset = offset.astype(float)
        self._are_columns = images.ndim == 2
        self._total, self._count = np.zeros((2, n_channels)), 0
        self._low, self._high = np.full(n_channels, np.inf), np.full(n_channels, -np.inf)
        first = images[rows[0]].reshape(-1, n_channels)
        self._shift = first.mean(axis=0, dtype=float).astype(np.float32)
        self._see(images, rows)

    def and_of(self, images, rows):
        """Return the moments of all images so far and of these rows."""
        both = copy.deepcopy(self)
        both._see(images, rows)
        return both

    def _see(self, images, rows):
        read = MappedRows(images) if is_mapped(images) else images
        with np.errstate(over="ignore", invalid="ignore"):
            n_rows = min(MOMENTS_ROWS, rows_of(MOMENTS_BYTES, images.shape, self._shift.itemsize))
            for start in range(0, len(rows), n_rows):
                part = read[rows[start : start + n_rows]].reshape(-1, len(self._shift))
                part = part - self._shift
                self._total += part.sum(axis=0, dtype=float), np.square(part).sum(0, dtype=float)
                self._low = np.minimum(self._low, part.min(axis=0))
                self._high = np.maximum(self._high, part.max(axis=0))
                self._count += len(part)

    def values(self):
        """Return mean and variance, of shape (channels,) or (n_columns,), as float32.

        The variance is never 0. `FARTHEST` sets the smallest variance of a column.

        Raises
        ------
        ValueError
            For values so large that their variance is too large for float32.
        """
        low, high = self._low, self._high
        with np.errstate(over="ignore", invalid="ignore"):
            mean = self._total[0] / self._count
            variance = np.maximum(self._total[1] / self._count - mean**2, 0)
            if self._are_columns:
                variance = np.maximum(variance, np.square((high - low) / FARTHEST))
            mean = mean + self._shift
            constant = _is_noise(high - low, np.abs(mean), np.dtype(np.float32))
            # A column that never changes has no scale. Its square limits the error of
            # (x - mean) / std in float32. The scale of the other columns, or of its neighbours in a
            # single row, is a guess.
            guess = mean.var() if constant.all() else variance[~constant].mean()
            square = np.minimum(np.square(mean + self._offset), HUGE)
            variance[constant] = np.maximum(guess, square[constant])
            variance = variance.astype(np.float32)
        if not np.isfinite(variance).all():
            raise ValueError(
                "X holds values beyond 1e18, too large to standardise; scale them down."
            )
        variance[variance == 0] = 1
        return mean.astype(np.float32), variance


def _is_noise(width, farthest, dtype):
    """Return whether ranges are zero, or no larger than rounding errors."""
    error = np.finfo(dtype).eps if dtype.kind == "f" else 0
    return width <= 4 * error * farthest


def _differences(values, offset):
    """Return `values` - `offset` as float64; integers of any size are subtracted exactly."""
    about = values.astype(float) - offset.astype(float)
    if values.dtype.kind not in "iu" or offset.dtype.kind not in "iu":
        return about
    # Modulo 2**64, the difference of two large integers is right if it is small.
    exact = (values.astype(np.uint64) - offset.astype(np.uint64)).view(np.int64)
    return np.where(np.abs(about) < 2.0**62, exact, about)


LEAST_PROBABILITY = 1e-30  # networks predict in float32, which ends at 1e-38


def logarithms(probabilities, exact):
    """Return the logarithms of probabilities.

    Parameters
    ----------
    probabilities : ndarray
    exact : callable
        Returns the logarithms in another way, which also has those of the smallest probabilities.
        It is called only if there are such.
    """
    with np.errstate(divide="ignore"):
        found = np.log(probabilities)
    small = probabilities < LEAST_PROBABILITY
    if small.any():
        found[small] = exact()[small]
    return found


def log_mean(logarithms, axis):
    """Return the logarithm of the mean of numbers whose logarithms are given."""
    return logsumexp(logarithms, axis=axis) - np.log(np.shape(logarithms)[axis])
