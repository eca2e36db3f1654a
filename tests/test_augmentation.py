"""What each named augmentation does to images."""

import keras
import numpy as np
import pytest
from support import slow_but

from skdigits.datasets import load_digits
from skdigits.training._augmentation import make_augmenter

NAMES = ["shift", "affine", "elastic", "flip", "erase"]


def augment(names, images):
    keras.utils.set_random_seed(0)
    images = np.asarray(images, np.float32)
    return np.array(make_augmenter(names, images.shape[1:])(images, training=True))


def digits(n=200):
    return load_digits(return_X_y=True)[0][:n, ..., np.newaxis].astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(28, 28, 1), (5, 9, 3), (1, 7, 1)])
def test_an_even_image_stays_even(name, shape):
    images = np.full((50, *shape), 3.5)
    np.testing.assert_allclose(augment(name, images), images, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_images_change_each_its_own_way_and_keep_their_range(name):
    images = np.repeat(digits(1), 200, axis=0)
    changed = augment(name, images)
    assert changed.shape == images.shape
    assert len(np.unique(changed.reshape(200, -1), axis=0)) >= 2
    assert images.min() <= changed.min() <= changed.max() <= images.max() + 1e-3


@pytest.mark.parametrize(
    ("size", "most"), [(8, 0), (28, 1), pytest.param(100, 4, marks=pytest.mark.slow)]
)
def test_shift_moves_by_whole_pixels_up_to_four_per_cent(size, most):
    images = np.zeros((400, size, size, 1))
    images[:, size // 2, size // 2] = 1
    changed = augment("shift", images)[..., 0]
    np.testing.assert_allclose(changed.max(axis=(1, 2)), 1, atol=1e-4)  # as sharp as before
    rows, columns = np.unravel_index(changed.reshape(400, -1).argmax(axis=1), (size, size))
    for moves in (rows - size // 2, columns - size // 2):
        assert sorted(set(moves)) == list(range(-most, most + 1))
        assert abs(moves.mean()) <= 0.2 * most
    if most:
        assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.2


def test_shift_repeats_the_border_that_moves_inside():
    images = np.random.default_rng(0).random((300, 28, 40, 2)).astype(np.float32)
    padded = np.pad(images, ((0, 0), (1, 1), (2, 2), (0, 0)), mode="edge")
    moved = [padded[:, y : y + 28, x : x + 40] for y in range(3) for x in range(5)]
    changed = augment("shift", images)
    same = [(changed == each).all(axis=(1, 2, 3)) for each in moved]
    assert (np.sum(same, axis=0) == 1).all()
    assert (np.sum(same, axis=1) > 0).all()


@pytest.mark.parametrize("shape", slow_but([(61, 61), (31, 61), (121, 61)], (31, 61)))
def test_affine_turns_and_zooms_too(shape):
    """A bar's length tells of the zoom, its slope of the turn."""
    images = np.zeros((300, *shape, 1))
    middle = shape[0] // 2
    images[:, middle - 1 : middle + 2, 15:46] = 1
    columns, rows = np.arange(61), np.arange(shape[0])[:, np.newaxis]

    def slope_and_length(changed):
        row = (changed * rows).sum(axis=1) / np.maximum(changed.sum(axis=1), 1e-6)
        inside = changed.sum(axis=1) > 1
        slopes = [np.polyfit(columns[i], r[i], 1)[0] for r, i in zip(row, inside, strict=True)]
        return np.rad2deg(np.arctan(slopes)), inside.sum(axis=1)

    shifted = slope_and_length(augment("shift", images)[..., 0])
    changed = slope_and_length(augment("affine", images)[..., 0])
    assert np.abs(shifted[0]).max() < 0.5
    assert 7 < np.abs(changed[0]).max() < 13
    assert np.ptp(shifted[1]) <= 2
    assert np.ptp(changed[1]) >= 4


def test_elastic_bends_straight_lines():
    images = np.zeros((100, 61, 61, 1))
    images[:, 29:32] = 1

    def bend(changed):
        columns = np.arange(61)
        row = (changed * np.arange(61)[:, np.newaxis]).sum(axis=1) / changed.sum(axis=1)
        fits = (np.polyval(np.polyfit(columns, each, 1), columns) for each in row)
        return np.mean([np.abs(each - fit).max() for each, fit in zip(row, fits, strict=True)])

    assert bend(augment("elastic", images)[..., 0]) > 4 * bend(augment("affine", images)[..., 0])


def test_flip_mirrors_half_of_the_images_left_to_right():
    images = digits()
    changed = augment("flip", images)
    same = np.isclose(changed, images, atol=1e-2).all(axis=(1, 2, 3))
    mirrored = np.isclose(changed, images[:, :, ::-1], atol=1e-2).all(axis=(1, 2, 3))
    assert (same | mirrored).all()
    assert 60 < same.sum() < 140


def test_erase_greys_a_rectangle_of_up_to_a_quarter():
    images = np.random.default_rng(0).random((300, 40, 40, 1))
    changed = augment("erase", images)
    erased = ~np.isclose(changed, images, atol=1e-5)[..., 0]
    areas = erased.mean(axis=(1, 2))
    assert 90 < (areas > 0).sum() < 170  # some of the rectangles lie beyond the border in part
    assert 0.15 < areas.max() <= 0.27
    for image, mask, original in zip(changed, erased, images, strict=True):
        if mask.any():
            rows, columns = np.where(mask.any(axis=1))[0], np.where(mask.any(axis=0))[0]
            inside = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            np.testing.assert_allclose(inside, original.mean(), atol=1e-5)


def test_a_sequence_does_all_that_it_names():
    images = np.repeat(digits(1), 100, axis=0)
    layers = make_augmenter(("shift", "flip", keras.layers.GaussianNoise(0.5)), (28, 28, 1)).layers
    assert [type(layer).__name__ for layer in layers] == ["RandomDistortion", "GaussianNoise"]
    changed = augment(("shift", "flip"), images)[..., 0]
    # An image's own mirror tells whether it was mirrored; its centre that it was moved.
    centres = (changed * np.arange(28)).sum(axis=(1, 2)) / changed.sum(axis=(1, 2))
    assert len(np.unique(centres.round(2))) == 2 * 3


@pytest.mark.parametrize("kind", [keras.layers.MixUp, keras.layers.CutMix])
def test_layers_that_mix_images_are_refused(kind):
    for layer in (kind(), keras.layers.Pipeline([keras.layers.RandomFlip(), kind()])):
        with pytest.raises(ValueError, match="which mixes images of several classes"):
            make_augmenter(layer, (8, 8, 1))


def test_none_is_none():
    assert make_augmenter(None, (28, 28, 1)) is None
    assert make_augmenter((), (28, 28, 1)) is None
