"""Whether images or columns to predict have the scale of those of the training."""

import numpy as np

from skdigits._numbers import column_range

MOST_ROWS = 128  # of a batch are looked at
ENOUGH_ROWS = 100  # of a first call of `partial_fit`, to expect the next to be alike
FAR_SMALLER = 1 / 8  # of the typical size; scikit-learn's digits are a 16th of MNIST's
ROWS_A_PART = 256  # of the training: their floats fit into a processor's cache
SAMPLE = 1000  # rows tell well enough which values of a column are small
SMALL_SHARE = 0.01


def learn_scale(images):
    """Return what is known of the scale of images or columns from the first of the training."""
    return TableScale(images) if images.ndim == 2 else Scale(images)


class Scale:
    """What the values of the training images are like, to tell when others come.

    Three things are known of each image: its size (the root of its mean square), how many of its
    values are not 0, and how much it is like the mean image (their correlation). Of each the
    smallest that training held are kept. A batch is suspected where it lies below those of as many
    training images, by a wide margin: so no choice of training images ever is. Constant images say
    nothing, and are left out.

    All is measured in ranges of the first training images, of a channel or of each column.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels) or (n, n_columns)
        The first images of the training, as the network takes them.
    """

    is_table = False

    def __init__(self, images):
        self.n_channels = images.shape[-1]
        low, high = column_range(images)
        width = np.maximum(high.astype(float) - low, 1e-30)
        changes = width > 1e-30
        if changes.any():  # a column that never does has the unit of the others
            width[~changes] = np.median(width[changes])
        per_unit = np.where(changes.any(), 1 / width, 0)
        n_pixels = images[0].size // self.n_channels
        self.per_unit = np.tile(per_unit, n_pixels).astype(np.float32)
        mean = images.reshape(len(images), -1).mean(axis=0, dtype=np.float32) * self.per_unit
        reference = mean - mean.mean()
        self.reference = reference / (np.sqrt(np.square(reference).sum()) or 1)
        self.n_rows, self.total_size = 0, 0.0
        self.sizes = self.counts = self.likenesses = np.zeros(0)
        self._learn(images, low, high)

    def with_more(self, images):
        """Return what is known with more training images."""
        found = object.__new__(type(self))
        found.__dict__.update(vars(self))
        low, high = column_range(images)
        found._learn(images, np.minimum(self.low, low), np.maximum(self.high, high))
        return found

    def complaint(self, images):
        """Return how another scale of images shows, as text; None where nothing is wrong."""
        rows = images[:: -(-len(images) // MOST_ROWS)]
        rows = rows.reshape(len(rows), -1)
        with np.errstate(over="ignore", invalid="ignore"):
            return self._explain(rows) if self._suspicious(rows * self.per_unit) else None

    def _suspicious(self, values):
        """Return whether rows, in units of the training, need a closer look: a fast check."""
        sizes, likenesses = self._measure(values)
        return not (
            sizes.min() >= self.suspicious_size
            and likenesses.min() >= self.suspicious_likeness
            and values.max() <= self.usual[1]
            and values.min() >= self.usual[0]
        )

    def _explain(self, rows):
        """Return how another scale shows in rows that may have it; None where it does not."""
        rows = rows[~self._constant(rows)]
        rows = np.unique(rows, axis=0) if len(rows) > 1 else rows
        if not len(rows) or not self.n_rows:
            return None
        values = rows * self.per_unit
        changing = values != np.median(values, axis=1, keepdims=True)
        if self._far_off(values, changing):
            return self._far_off_text()
        sizes, likenesses = self._measure(
            np.clip(values, self.low_values - 1, self.high_values + 1)
        )
        size, count = sizes.mean(), np.count_nonzero(rows, axis=1).mean()
        if (
            size < min(_mean(self.sizes, len(rows)) / 2, self.suspicious_size)
            and count >= _mean(self.counts, len(rows)) / 2
        ):
            return f"its values are much smaller{self._than()}"
        likeness, least = likenesses.mean(), _mean(self.likenesses, len(rows))
        if likeness < least - self.margin <= -likeness:
            return "it looks like the negative"
        return None

    def _far_off(self, values, changing):
        """Return whether values of rows are far out of range: most of those that change."""
        beyond = (values < self.low_values - 1) | (values > self.high_values + 1)
        return beyond.sum() > changing.sum() / 2 and beyond.any(axis=0).sum() > 2

    def _far_off_text(self):
        return f"its values are much larger{self._than()}"

    def _than(self):
        return f" than {self.low.min():g} to {self.high.max():g}"

    def _learn(self, images, low, high):
        """Add images to what is known, and the range of all values."""
        self.low, self.high = low, high
        n_pixels = len(self.per_unit) // self.n_channels
        self.low_values = np.tile(low, n_pixels) * self.per_unit
        self.high_values = np.tile(high, n_pixels) * self.per_unit
        self.usual = self.low_values.max() - 1, self.high_values.min() + 1
        sizes, counts, likenesses = [self.sizes], [self.counts], [self.likenesses]
        for part, values in self._parts(images):
            size, likeness = self._measure(values)
            self.n_rows += len(part)
            self.total_size += size.sum(dtype=float)
            sizes.append(size)
            counts.append(np.count_nonzero(part, axis=1))
            likenesses.append(likeness)
        self.sizes, self.counts, self.likenesses = map(_least, (sizes, counts, likenesses))
        # Other images of the same kind may be this much less like the mean image.
        n = max(self.n_rows, 1)
        self.margin = 0.1 + 2 / np.sqrt(len(self.reference)) + 1 / np.sqrt(n)
        self.suspicious_size = self.total_size / n * FAR_SMALLER
        self.suspicious_likeness = _mean(self.likenesses, MOST_ROWS) - self.margin

    def _parts(self, images):
        """Yield parts of the rows that are not constant, and their values."""
        rows = images.reshape(len(images), -1)
        for start in range(0, len(rows), ROWS_A_PART):
            part = rows[start : start + ROWS_A_PART]
            part = part[~self._constant(part)]
            yield part, part * self.per_unit

    def _measure(self, values):
        """Return the size of each row, and its likeness to the mean image."""
        n_values = values.shape[1]
        squares = np.vecdot(values, values)
        means = values.sum(axis=1) / n_values
        along = np.vecdot(values, self.reference)
        spread = squares - n_values * np.square(means)
        flat = spread < 1e-3 * squares  # too flat for this formula
        if flat.any():
            centred = values[flat] - means[flat, np.newaxis]
            along[flat] = np.vecdot(centred, self.reference)
            spread[flat] = np.vecdot(centred, centred)
        return np.sqrt(squares / n_values), along / np.sqrt(np.maximum(spread, 1e-12))

    def _constant(self, rows):
        """Return which rows are one value, or one colour."""
        if self.is_table or self.n_channels == 1:
            return rows.max(axis=1) == rows.min(axis=1)
        pixels = rows.reshape(len(rows), -1, self.n_channels)
        return (pixels == pixels[:, :1]).all(axis=(1, 2))


class TableScale(Scale):
    """What the rows of a table are like.

    Columns have scales of their own, so that another scale of all need make no row larger or
    smaller. So the values of each row are counted, too, that are out of the range of their column,
    or closer to 0 than all but a hundredth of its values. The largest of these counts that
    training held are kept.
    """

    is_table = True

    def __init__(self, rows):
        self.small = None
        self.odd = np.zeros(0)
        super().__init__(rows)

    def _learn(self, images, low, high):
        super()._learn(images, low, high)
        if self.small is None:
            sample = images[:: -(-len(images) // SAMPLE)] * self.per_unit
            self.small = np.quantile(np.abs(sample), SMALL_SHARE, axis=0).astype(np.float32)
        odd = [-self._odd(values, margin=0).sum(axis=1) for _, values in self._parts(images)]
        self.odd = _least([self.odd, *odd])

    def _suspicious(self, values):
        odd = np.count_nonzero(self._odd(values, margin=0), axis=1)
        return odd.max() > 2 or super()._suspicious(values)

    def _far_off(self, values, changing):
        """Return whether more values are odd than in training: the more rows, the surer."""
        odd = self._odd(values, margin=3 / len(values)).sum(axis=1).mean()
        # A few columns may drift, and lie elsewhere in all rows, such as dates.
        drift = 2 + 1 / len(values) + (0.1 + 1 / np.sqrt(self.n_rows)) * changing.sum(axis=1).mean()
        return odd > drift - _mean(self.odd, len(values))

    def _far_off_text(self):
        return "many of its columns have other ranges"

    def _than(self):
        return ""

    def _odd(self, values, margin):
        below, above = values < self.low_values - margin, values > self.high_values + margin
        return below | above | ((np.abs(values) < self.small) & (values != 0))


def _least(parts):
    """Return the smallest values of several arrays, in order."""
    return np.sort(np.concatenate(parts))[:MOST_ROWS]


def _mean(least, n_rows):
    """Return the mean of the smallest so many of the values that training held."""
    return least[:n_rows].mean() if len(least) else 0.0
