"""Augmentation: Keras layers that change the images of a training step, by name or the user's own.

The layers are not in the network. A fitted `model_` predicts, saves and converts without them.
"""

import numpy as np

from skdigits._private_names import layers_in
from skdigits._tensorflow import keras, tf

MIXING = (keras.layers.MixUp, keras.layers.CutMix)
SHIFT = 0.04
AFFINE = {"shift": SHIFT, "rotation": 10.0, "zoom": 0.1}

# What each name sets of `RandomDistortion`, which does all of them in one pass.
NAMED: dict[str, dict] = {
    "shift": {"shift": SHIFT},
    "affine": AFFINE,
    "elastic": {**AFFINE, "shear": 10.0, "elastic": 0.04},
    "flip": {"flip": True},
    "erase": {"erase": 0.25},
}


def make_augmenter(augmentation, input_shape):
    """Return a Keras model that augments images, for an `augmentation` parameter.

    Parameters
    ----------
    augmentation : None, str, keras.Layer or sequence of these
        Names of `NAMED`, and Keras layers. Consecutive names share one pass over the images.

    input_shape : tuple of int
        (height, width, channels).

    Returns
    -------
    keras.Model or None
        It has new layers, since the random state of a layer belongs to one network.

    Raises
    ------
    ValueError
        If a name is unknown, or a layer changes the shape of the images.
    TypeError
        If an object is neither a name nor a Keras layer.
    """
    layers = make_layers(augmentation)
    if not layers:
        return None
    augmenter = keras.Sequential([keras.Input(input_shape), *layers])
    shape = augmenter.output_shape[1:]
    if not tf.TensorShape(shape).is_compatible_with(input_shape):
        raise ValueError(
            "The layers of the 'augmentation' parameter must keep the shape of images; they make "
            f"{shape} of {tuple(input_shape)}."
        )
    return augmenter


def make_layers(augmentation):
    """Return new Keras layers for an `augmentation` parameter, see `make_augmenter`."""
    if augmentation is None:
        return []
    given = augmentation if isinstance(augmentation, list | tuple) else (augmentation,)
    layers: list = []
    options: dict = {}
    for each in given:
        if isinstance(each, str):
            options |= _named(each)
            continue
        if options:
            layers.append(RandomDistortion(**options))
            options = {}
        layers.append(_new(each))
    return [*layers, RandomDistortion(**options)] if options else layers


def _named(name):
    if name not in NAMED:
        raise ValueError(
            f"The 'augmentation' parameter knows the names {', '.join(map(repr, NAMED))}, and "
            f"takes Keras layers and sequences of both; got {name!r}."
        )
    return NAMED[name]


def _new(layer):
    if not isinstance(layer, keras.Layer):
        raise TypeError(
            f"The 'augmentation' parameter must hold names or Keras layers; got {layer!r}."
        )
    if any(isinstance(each, MIXING) for each in [layer, *layers_in(layer)]):
        raise ValueError(
            f"The 'augmentation' parameter holds {layer!r}, which mixes images of several classes. "
            "The labels of a training stay as they are: use layers that change each image alone."
        )
    try:
        return type(layer).from_config({**layer.get_config(), "name": None})
    except Exception as error:
        raise TypeError(
            f"The 'augmentation' parameter holds a layer that cannot be made anew from its "
            f"get_config(): {layer!r} ({error})"
        ) from error


class RandomDistortion(keras.layers.Layer):
    """Move, turn, zoom, shear, bend, mirror and partly erase images, each its own way.

    Turning, zooming, shearing and bending are one map of places, so the images are interpolated
    once (bilinear). Keras's own layers interpolate once each, and its elastic layer takes ten times
    as long as all of this. Bending moves the places by a smooth field: independent normal
    displacements on a grid, interpolated bilinearly [1]_. Moves are by whole pixels, so an image
    that only moves stays as sharp as it was. Places beyond the border get the nearest pixel.

    Parameters
    ----------
    shift : float, default=0
        Largest move, as a share of height and width, rounded to whole pixels.

    rotation, shear : float, default=0
        Largest angles, in degrees.

    zoom : float, default=0
        Largest change of the size, as a share. Height and width change independently.

    elastic : float, default=0
        Standard deviation of the displacements of the grid, as a share of height and width.

    flip : bool, default=False
        Whether half of the images are mirrored left to right.

    erase : float, default=0
        Largest area of the rectangle that becomes the image's mean, as a share [2]_. Half of the
        images have one.

    References
    ----------
    .. [1] P. Y. Simard, D. Steinkraus and J. C. Platt, "Best practices for convolutional neural
       networks applied to visual document analysis", ICDAR 2003
    .. [2] Z. Zhong et al., "Random erasing data augmentation", 2017,
       https://arxiv.org/abs/1708.04896
    """

    GRID = 5  # points of the elastic grid each way

    def __init__(
        self, shift=0.0, rotation=0.0, zoom=0.0, shear=0.0, elastic=0.0, flip=False, erase=0.0
    ):
        super().__init__()
        self.shift, self.zoom, self.elastic = shift, zoom, elastic
        self.rotation, self.shear = np.deg2rad(rotation), np.deg2rad(shear)
        self.flip, self.erase = flip, erase
        self.seed_generator = keras.random.SeedGenerator()

    def compute_output_spec(self, images):
        """Return what describes the changed images; without this, Keras would trace `call`."""
        return keras.KerasTensor(images.shape, images.dtype)

    def call(self, images):
        """Return the changed images."""
        if self.rotation or self.zoom or self.shear or self.elastic:
            places = self._places(tf.shape(images)[0], *_places_of_pixels(images))
            images = self._sample(images, *places)
        if self.shift:
            images = self._move(images)
        if self.flip:
            mirrored = self._uniform(tf.shape(images)[0], 1.0)[..., np.newaxis] < 0
            images = tf.where(mirrored, images[:, :, ::-1], images)
        return self._erase(images) if self.erase else images

    def _places(self, n, y, x):
        """Return where the pixels of each image come from; an image spans -0.5..0.5 each way."""
        wide = max(x.shape[1] - 1, 1) / max(y.shape[0] - 1, 1)  # angles are measured in pixels
        turn, sheared = self._uniform(n, self.rotation), tf.tan(self._uniform(n, self.shear))
        zoom_y, zoom_x = 1 + self._uniform(n, self.zoom), 1 + self._uniform(n, self.zoom)
        cos, sin = tf.cos(turn), tf.sin(turn)
        places_y = (cos * y + sin * x * wide) * zoom_y
        places_x = (cos * x + (sheared - sin) * y / wide) * zoom_x
        if self.elastic:
            places_y += self._bend(n, y, x)
            places_x += self._bend(n, y, x)
        return places_y, places_x

    def _move(self, images):
        """Move each image by whole pixels: gather its rows from copies that are moved sideways."""
        n, (height, width, channels) = tf.shape(images)[0], images.shape[1:]
        down, across = round(self.shift * height), round(self.shift * width)
        if not (down or across):
            return images
        first, last = [images[:, :, :1]] * across, [images[:, :, -1:]] * across
        wide = tf.concat([*first, images, *last], axis=2)
        moves = range(2 * across + 1)
        rows = tf.stack([wide[:, :, move : move + width] for move in moves], axis=1)
        row = tf.clip_by_value(tf.range(height) + self._pixels(n, down), 0, height - 1)
        copy = tf.range(n)[:, np.newaxis] * len(moves) + across + self._pixels(n, across)
        moved = tf.gather(tf.reshape(rows, [-1, width * channels]), copy * height + row)
        return tf.reshape(moved, tf.shape(images))

    def _pixels(self, n, most):
        """Return a whole number for each image from -most to most, of shape (n, 1)."""
        return keras.random.randint((n, 1), -most, most + 1, seed=self.seed_generator)

    def _bend(self, n, y, x):
        """Return smooth random displacements, of shape (n, height, width)."""
        shape = (n, self.GRID, self.GRID)
        knots = keras.random.normal(shape, stddev=self.elastic, seed=self.seed_generator)
        along_y, along_x = self._weights(y[:, 0]), self._weights(x[0])
        return tf.einsum("yi,nij,xj->nyx", along_y, knots, along_x)

    def _weights(self, places):
        """Return the weight of each knot at each place: a tent over the knot."""
        knots = tf.linspace(-0.5, 0.5, self.GRID)
        distances = tf.abs(places[:, np.newaxis] - knots) * (self.GRID - 1)
        return tf.maximum(1 - distances, 0)

    def _uniform(self, n, largest):
        """Return a value for each image from -largest to largest, of shape (n, 1, 1)."""
        if not largest:
            return tf.zeros((1, 1, 1))
        return keras.random.uniform((n, 1, 1), -largest, largest, seed=self.seed_generator)

    def _sample(self, images, places_y, places_x):
        """Interpolate the images at these places, bilinearly."""
        height, width, channels = images.shape[1:]
        rows = tf.clip_by_value((places_y + 0.5) * (height - 1), 0.0, height - 1.0)
        columns = tf.clip_by_value((places_x + 0.5) * (width - 1), 0.0, width - 1.0)
        rows, columns = tf.broadcast_to(rows, tf.shape(rows + columns)), rows * 0 + columns
        top, left = tf.floor(rows), tf.floor(columns)
        first = tf.range(tf.shape(images)[0])[:, np.newaxis, np.newaxis] * (height * width)
        place = first + tf.cast(top, tf.int32) * width + tf.cast(left, tf.int32)
        # Put each pixel and its neighbours (beside, below, across) together, to gather once.
        padded = tf.pad(images, [[0, 0], [0, 1], [0, 1], [0, 0]], "SYMMETRIC")
        beside, below = padded[:, :-1, 1:], padded[:, 1:, :-1]
        pixels = tf.concat([images, beside, below, padded[:, 1:, 1:]], -1)
        four = tf.gather(tf.reshape(pixels, [-1, 4 * channels]), place)
        corner, beside, below, across = tf.split(four, 4, -1)
        down, right = (rows - top)[..., np.newaxis], (columns - left)[..., np.newaxis]
        return _mix(_mix(corner, beside, right), _mix(below, across, right), down)

    def _erase(self, images):
        n, (y, x) = tf.shape(images)[0], _places_of_pixels(images)
        # Half of the areas are 0: no rectangle. The sides differ by up to a factor of 2.
        area = tf.maximum(self._uniform(n, self.erase), 0)
        aspect = tf.pow(2.0, self._uniform(n, 1.0))
        half_height, half_width = tf.sqrt(area * aspect) / 2, tf.sqrt(area / aspect) / 2
        inside_y = tf.abs(y - self._uniform(n, 0.5)) < half_height
        inside_x = tf.abs(x - self._uniform(n, 0.5)) < half_width
        inside = tf.logical_and(inside_y, inside_x)[..., np.newaxis]
        return tf.where(inside, tf.reduce_mean(images, [1, 2, 3], keepdims=True), images)


def _places_of_pixels(images):
    """Return the places of rows and of columns, as a column and a row, from -0.5 to 0.5."""
    height, width = images.shape[1:3]
    y = tf.linspace(-0.5, 0.5, height)[:, np.newaxis] if height > 1 else tf.zeros((1, 1))
    x = tf.linspace(-0.5, 0.5, width)[np.newaxis, :] if width > 1 else tf.zeros((1, 1))
    return y, x


def _mix(one, other, share):
    return one + (other - one) * share
