"""Tell whether images or columns to predict have the scale of the training data."""

import numpy as np

from skdigits._memory_mapped import parts
from skdigits._numbers import column_range

MOST_ROWS = 128  # rows of a batch that are checked
ENOUGH_ROWS = 100  # with fewer rows of training, `partial_fit` does not compare others with them
FAR_SMALLER = 1 / 8  # of the typical size; the sizes of scikit-learn's digits are 1/16 of MNIST's
ROWS_A_PART = 256  # rows of training whose floats fit into the cache of a processor
SAMPLE = 1000  # rows that show well enough how the values of a column are spread
SMALL, HALF, MIDDLE = 0.01, 0.5, (0.05, 0.95)


def learn_scale(images, rows):
    """Return the scale of the first images or columns of a training, those of these numbers."""
    return TableScale(images, rows) if images.ndim == 2 else Scale(images, rows)


class Scale:
    """The scale of the training images, to recognise images of another scale.

    Each image has three measures: its size (the root of its mean square), the number of its values
    that are not 0, and its likeness (its correlation with the mean image). The smallest measures of
    the training are kept. A batch is suspicious if its means lie below those of as many training
    images, by a wide margin, so that no batch of training images is. Constant images are left out.
    If the smallest value is not 0, as after a StandardScaler, size and number are also measured
    from that value.

    The unit of all values is the range of the first training images, of a channel or of each
    column.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels) or (n, n_columns)
        Images as the network takes them.

    rows : ndarray of int
        The numbers of the first training images.
    """

    doubt = 2  # how uncertain the likeness of one value is; divided by the root of their number

    def __init__(self, images, rows):
        self.n_channels = images.shape[-1]
        low, high = column_range(images, rows)
        width = np.maximum(high.astype(float) - low, 1e-30)
        changes = width > 1e-30
        if changes.any():  # a column that never changes has the unit of the others
            width[~changes] = np.median(width[changes])
        per_unit = np.where(changes.any(), 1 / width, 0)
        n_pixels = images[0].size // self.n_channels
        self.per_unit = np.tile(per_unit, n_pixels).astype(np.float32)
        total = sum(part.sum(axis=0, dtype=float) for part in parts(images, rows))
        heights = ((total / len(rows) - low) / width)[..., changes]
        self.brightness = float(heights.mean()) if changes.any() else 0.0  # 0..1, in this range
        mean = (total / len(rows)).astype(np.float32).reshape(-1) * self.per_unit
        reference = mean - mean.mean()
        self.reference = reference / (np.sqrt(np.square(reference).sum()) or 1)
        floor = np.tile(low, n_pixels) * self.per_unit
        self.floors = [np.zeros_like(floor), floor] if floor.any() else [np.zeros_like(floor)]
        self.n_rows, self.total_sizes, self.least = 0, np.zeros(len(self.floors)), {}
        self._learn(images, rows, low, high)

    def with_more(self, images, rows):
        """Return the scale of the images so far and of more training images."""
        found = object.__new__(type(self))
        found.__dict__.update(vars(self))
        low, high = column_range(images, rows)
        found._learn(images, rows, np.minimum(self.low, low), np.maximum(self.high, high))
        return found

    def complaint(self, images):
        """Return what is different about the scale of images, as text; None if it is the same."""
        rows = images[:: -(-len(images) // MOST_ROWS)]
        rows = rows.reshape(len(rows), -1)
        with np.errstate(over="ignore", invalid="ignore"):
            return self._explain(rows) if self._suspicious(rows * self.per_unit) else None

    def _suspicious(self, values):
        """Return whether rows, in units of the training, need a closer look. This check is fast."""
        small = (
            self._sizes(values, floor).min() < size * FAR_SMALLER
            for floor, size in zip(self.floors, self.typical_sizes, strict=True)
        )
        likenesses = self._likenesses(values)
        return any(small) or not (
            likenesses.min() >= self.suspicious_likeness
            and values.max() <= self.usual[1]
            and values.min() >= self.usual[0]
        )

    def _explain(self, rows):
        """Return what is different about the scale of rows, as text; None if it is the same."""
        rows = rows[~self._constant(rows)]
        rows = np.unique(rows, axis=0) if len(rows) > 1 else rows
        if not self._enough(len(rows)):
            return None
        values = rows * self.per_unit
        changing = (values != np.median(values, axis=1, keepdims=True)).sum(axis=1)
        if self._far_off(values, changing):
            return self._far_off_text()
        near = np.clip(values, self.low_values - 1, self.high_values + 1)
        if any(self._small(near, number) for number in range(len(self.floors))):
            return f"its values are much smaller{self._than()}"
        likeness = self._likenesses(near).mean()
        least = self._of_training("likeness", len(rows))
        if likeness < least - self.margin <= -likeness:
            return "it looks like the negative, with light and dark swapped"
        return None

    def _small(self, values, number):
        """Return whether rows are much smaller than those of training, measured from a floor."""
        floor, n_rows = self.floors[number], len(values)
        size, typical = self._sizes(values, floor).mean(), self.typical_sizes[number]
        count = np.count_nonzero(values != floor, axis=1).mean()
        least = self._smallest_size(self._of_training(f"size {number}", n_rows), typical)
        least_count = self._of_training(f"count {number}", n_rows) / 2
        return size < min(least, typical * FAR_SMALLER) and count >= least_count

    def _enough(self, n_rows):
        """Return whether there are rows to check, and rows of training to compare them with."""
        return n_rows > 0 and self.n_rows > 0

    def _smallest_size(self, least, typical):
        """Return the smallest mean size that is still usual."""
        return least / 2

    def _far_off(self, values, changing):
        """Return whether most values that change are far outside the range of training."""
        beyond = (values < self.low_values - 1) | (values > self.high_values + 1)
        return beyond.sum() > changing.sum() / 2 and beyond.any(axis=0).sum() > 2

    def _far_off_text(self):
        return f"its values are much larger{self._than()}"

    def _than(self):
        return f" than {self.low.min():g} to {self.high.max():g}"

    def _learn(self, images, rows, low, high):
        """Add training images; `low` and `high` are the range of all images so far."""
        self.low, self.high = low, high
        n_pixels = len(self.per_unit) // self.n_channels
        self.low_values = np.tile(low, n_pixels) * self.per_unit
        self.high_values = np.tile(high, n_pixels) * self.per_unit
        self.usual = self.low_values.max() - 1, self.high_values.min() + 1
        facts = [self._facts(part[~self._constant(part)]) for part in _small_parts(images, rows)]
        self.n_rows += sum(len(each["likeness"]) for each in facts)
        sums = [[p[f"size {k}"].sum(dtype=float) for k in range(len(self.floors))] for p in facts]
        self.total_sizes = self.total_sizes + np.sum(sums, axis=0)
        self.typical_sizes = (self.total_sizes / max(self.n_rows, 1)).tolist()
        self.least = {
            name: np.sort(np.concatenate([self.least.get(name, []), *(p[name] for p in facts)]))
            for name in facts[0]
        }
        self.least = {name: values[:MOST_ROWS] for name, values in self.least.items()}
        # Other images of the same kind may have a likeness that is lower by this margin.
        doubt = self.doubt / np.sqrt(len(self.reference))
        self.margin = 0.1 + doubt + 1 / np.sqrt(max(self.n_rows, 1))
        self.suspicious_likeness = self._of_training("likeness", MOST_ROWS) - self.margin

    def _facts(self, rows):
        """Return the measures of each row of training; smaller ones are less usual."""
        values = rows * self.per_unit
        facts = {"likeness": self._likenesses(values)}
        for number, floor in enumerate(self.floors):
            facts[f"size {number}"] = self._sizes(values, floor)
            facts[f"count {number}"] = np.count_nonzero(values != floor, axis=1)
        return facts

    def _of_training(self, name, n_rows):
        """Return the mean of the `n_rows` smallest values of a measure in training."""
        least = self.least[name][:n_rows]
        return least.mean() if len(least) else 0.0

    def _sizes(self, values, floor):
        above = values - floor if len(self.floors) > 1 else values
        return np.sqrt(np.vecdot(above, above) / values.shape[1])

    def _likenesses(self, values):
        """Return the correlation of each row with the mean image."""
        n_values = values.shape[1]
        squares = np.vecdot(values, values)
        means = values.sum(axis=1) / n_values
        along = np.vecdot(values, self.reference)
        spread = squares - n_values * np.square(means)
        flat = spread < 1e-3 * squares  # the formula is inaccurate for these
        if flat.any():
            centred = values[flat] - means[flat, np.newaxis]
            along[flat] = np.vecdot(centred, self.reference)
            spread[flat] = np.vecdot(centred, centred)
        return along / np.sqrt(np.maximum(spread, 1e-12))

    def _constant(self, rows):
        """Return which rows have one colour only."""
        if self.n_channels == 1:
            return rows.max(axis=1) == rows.min(axis=1)
        pixels = rows.reshape(len(rows), -1, self.n_channels)
        return (pixels == pixels[:, :1]).all(axis=(1, 2))


def some(images, rows, n_rows):
    """Return at most so many of the images whose numbers are given, evenly from all."""
    return images[rows[:: -(-len(rows) // n_rows)]]


def _small_parts(images, rows):
    """Yield images as rows, a few at a time."""
    for part in parts(images, rows):
        pixels = part.reshape(len(part), -1)
        for start in range(0, len(pixels), ROWS_A_PART):
            yield pixels[start : start + ROWS_A_PART]


class TableScale(Scale):
    """The scale of the rows of a table.

    Each column has its own scale, so that another scale of all columns can leave the size of a row
    as it was. So the odd values of each row are counted, too. A value is odd if it is outside the
    range of its column, or much closer to 0 than the others: the 1 % quantile of their sizes is
    closer than the median by some factor, and an odd value is closer than that quantile by the same
    factor. The largest counts of training are kept.
    """

    doubt = 4

    def _learn(self, images, rows, low, high):
        if not self.least:
            sample = some(images, rows, SAMPLE) * self.per_unit
            small, half = np.quantile(np.abs(sample), (SMALL, HALF), axis=0)
            self.small = (np.square(small) / np.maximum(half, 1e-30)).astype(np.float32)
            bottom, top = np.quantile(sample, MIDDLE, axis=0)
            self.tails = (1 / np.maximum(top - bottom, 1e-9)).astype(np.float32)
        super()._learn(images, rows, low, high)

    def _facts(self, rows):
        near_zero = self._near_zero(rows * self.per_unit)
        return {**super()._facts(rows), "even": -np.count_nonzero(near_zero, axis=1)}

    def _suspicious(self, values):
        odd = np.count_nonzero(self._odd(values, margin=0), axis=1)
        return odd.max() > 2 or super()._suspicious(values)

    def _enough(self, n_rows):
        """Return whether there are enough rows; tables vary more than images do."""
        return n_rows * self.n_rows >= ENOUGH_ROWS / 2

    def _smallest_size(self, least, typical):
        """Return a size as far below the smallest of training as that is below the typical size."""
        return np.square(least) / typical / 2 if typical else 0.0

    def _far_off(self, values, changing):
        """Return whether most rows have more odd values than rows of training.

        With more rows, fewer odd values are enough. The values of a single row have to lie farther
        out if the columns have long tails. A few columns may drift, such as dates.
        """
        n_rows = len(values)
        odd = np.sort(np.count_nonzero(self._odd(values, 3 * self.tails / n_rows), axis=1))
        drift = 2 + 1 / n_rows + (0.1 + 1 / np.sqrt(self.n_rows)) * changing.mean()
        few = n_rows // 10
        of_training = -self.least["even"][min(n_rows - 1 - few, len(self.least["even"]) - 1)]
        return odd[few] > drift + of_training

    def _far_off_text(self):
        return "many of its columns have other ranges"

    def _than(self):
        return ""

    def _odd(self, values, margin):
        below, above = values < self.low_values - margin, values > self.high_values + margin
        return below | above | self._near_zero(values)

    def _near_zero(self, values):
        return (np.abs(values) < self.small) & (values != 0)

    def _constant(self, rows):
        return rows.max(axis=1) == rows.min(axis=1)
