"""DigitNormalizer: pictures of digits come out in MNIST's form."""

import io
import pickle
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import png
from PIL import Image, ImageDraw
from scipy import ndimage
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    check_do_not_raise_errors_in_init_or_set_params,
    check_estimator_cloneable,
    check_estimator_repr,
    check_estimator_tags_renamed,
    check_get_params_invariance,
    check_mixin_order,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_set_params,
    check_valid_tag_types,
)
from support import cnn, digits, slow_but

from benchmarks.drawn_digits.on_paper import hard_shadow
from benchmarks.drawn_digits.pictures import jpeg, photo
from benchmarks.drawn_digits.strokes import thin_stroke
from skdigits.datasets import fetch_mnist
from skdigits.preprocessing import DigitNormalizer, PixelScaler

# scikit-learn leaves out all checks of estimators that take no tables; these need no table.
CHECKS_WITHOUT_DATA = (
    check_do_not_raise_errors_in_init_or_set_params,
    check_estimator_cloneable,
    check_estimator_repr,
    check_estimator_tags_renamed,
    check_get_params_invariance,
    check_mixin_order,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_set_params,
    check_valid_tag_types,
)


@pytest.mark.parametrize("check", CHECKS_WITHOUT_DATA, ids=lambda check: check.__name__)
def test_scikit_learn_checks(check):
    check("DigitNormalizer", DigitNormalizer())


def normalize(*pictures, **parameters):
    return DigitNormalizer(**parameters).transform(list(pictures))


def seven(side=200, pen=10):
    """Return a 7 with a bar as ink of 0..1: strokes of different directions."""
    ink = np.zeros((side, side))
    top, left, size = side // 4, side // 3, side // 2
    ink[top : top + pen, left : left + int(0.6 * size)] = 1
    for step in range(size):
        column = left + int(0.6 * size) - pen - int(0.4 * step)
        ink[top + step, column : column + pen] = 1
    ink[top + size // 2 : top + size // 2 + pen, left + int(0.1 * size) : left + size // 2] = 1
    return ink


def to_bytes(picture):
    return np.clip(np.rint(255 * picture), 0, 255).astype(np.uint8)


def dark_on_light(ink, paper=0.9, pen=0.1):
    return to_bytes(paper * (1 - ink) + pen * ink)


def likeness(one, other):
    """Return the correlation of two images."""
    return np.corrcoef(one.ravel().astype(float), other.ravel().astype(float))[0, 1]


PLAIN = normalize(dark_on_light(seven()))[0]


def assert_mnist_form(image):
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    rows, columns = np.nonzero(image > 64)
    longest = 1 + max(np.ptp(rows), np.ptp(columns))
    assert 18 <= longest <= 21
    np.testing.assert_allclose(ndimage.center_of_mass(image), (14, 14), atol=0.8)
    assert image.max() > 200


def test_the_plain_picture_is_in_mnist_form():
    assert_mnist_form(PLAIN)
    assert 0 < (PLAIN > 0).mean() < 0.4
    assert np.unique(PLAIN).size > 10  # grey edges


# Pictures in MNIST's form already


def test_digits_in_mnist_form_stay_nearly_as_they_are():
    X, _ = digits()
    once = DigitNormalizer().transform(X[:40])
    again = DigitNormalizer().transform(once)
    alike = [likeness(a, b) for a, b in zip(once, again, strict=True)]
    assert np.quantile(alike, 0.1) > 0.9


@pytest.mark.slow
def test_mnist_comes_back(data_folder, monkeypatch):
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))
    X = fetch_mnist(subset="test", return_X_y=True)[0].reshape(-1, 28, 28)[:30]
    images = DigitNormalizer().transform(X)
    off = np.abs(images.astype(int) - X).mean(axis=(1, 2))
    assert np.median(off) < 1
    assert np.quantile(off, 0.85) < 2
    X = X[:10]
    for pictures in (255 - X, 40 + X // 2, np.pad(X, ((0, 0), (30, 4), (2, 60)))):
        images = DigitNormalizer().transform(pictures)
        alike = [likeness(a, b) for a, b in zip(images, X, strict=True)]
        assert np.quantile(alike, 0.1) > 0.95
    large = [np.asarray(Image.fromarray(255 - x).resize((140, 140), Image.BICUBIC)) for x in X]
    images = DigitNormalizer().transform(large)
    alike = [likeness(a, b) for a, b in zip(images, X, strict=True)]
    assert np.quantile(alike, 0.1) > 0.85


# How pictures differ


@settings(deadline=None, max_examples=15)
@given(
    side=st.integers(60, 500),
    thickness=st.floats(0.01, 0.08),
    top=st.integers(0, 80),
    left=st.integers(0, 80),
    paper=st.floats(0, 1),
    contrast=st.floats(0.25, 1),
)
def test_size_place_pen_and_polarity_do_not_matter(side, thickness, top, left, paper, contrast):
    pen = paper + contrast if paper + contrast <= 1 else paper - contrast
    if not 0 <= pen <= 1:
        pen = 1 - paper
    if abs(pen - paper) < 0.2:
        return
    ink = np.pad(seven(side, max(2, int(thickness * side))), ((top, 9), (left, 9)))
    image = normalize(to_bytes(paper * (1 - ink) + pen * ink))[0]
    assert_mnist_form(image)
    assert likeness(image, PLAIN) > 0.6


def shadowed(rng):
    y, x = np.mgrid[0:1:200j, 0:1:200j]
    light = (1 - 0.6 * x * y) * (1 - 0.3 * (x - 0.5) ** 2)
    paper = dark_on_light(seven(), 0.85, 0.2) / 255
    return to_bytes(paper * light + rng.normal(0, 0.01, light.shape))


def half_in_shade(rng):
    return to_bytes(dark_on_light(seven()) / 255 * np.where(np.arange(200) > 90, 0.55, 1))


def ruled(rng):
    ink = np.where(np.arange(200)[:, None] % 24 < 2, np.maximum(seven(), 0.4), seven())
    return dark_on_light(ink)


def ruled_aslant(rng):
    y, x = np.indices((300, 300))
    lines = (np.rint(y + x * np.tan(np.radians(3.5))) % 30 < 2) * 0.5
    return dark_on_light(np.maximum(seven(300, pen=15), lines))


def densely_ruled_in_falling_light(rng):
    ink = np.where(np.arange(200)[:, None] % 17 < 1, np.maximum(seven(pen=16), 0.3), seven(pen=16))
    return to_bytes(dark_on_light(ink, 0.9, 0.2) / 255 * np.linspace(1, 0.5, 200))


def squared(rng):
    lines = (np.arange(200) % 20 < 1) * 0.45
    return dark_on_light(np.maximum(seven(), np.maximum(lines, lines[:, None])))


def on_a_desk(rng):
    picture = np.full((240, 230), 60, dtype=np.uint8)
    picture[25:225, 20:220] = dark_on_light(seven())
    return picture


def thin_on_a_black_desk(rng):
    picture = np.full((300, 220), 20, dtype=np.uint8)
    picture[:270, 30:] = 220
    picture[60:160, 60:160] = dark_on_light(seven(pen=3), 220 / 255, 0.1)[40:140, 60:160]
    return picture


def in_a_soft_shadow(rng):
    y, x = np.indices((200, 200))
    shade = 1 - 0.5 / (1 + np.exp(-(x - y / 2 - 30) / 6))
    return to_bytes(dark_on_light(seven()) / 255 * shade + rng.normal(0, 0.01, (200, 200)))


def close_to_a_desk(rng):
    picture = dark_on_light(seven())[:175, 46:]
    picture[:, :16] = 60  # the seven begins at 20
    picture[155:] = 60  # and ends at 150
    return picture


def in_a_flash(rng):
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    spot = np.exp(-((x + 0.2) ** 2 + (y - 0.1) ** 2) / 0.4)
    paper = dark_on_light(seven(), 0.6, 0.15) / 255
    return to_bytes(paper * (0.5 + 1.1 * spot) + rng.normal(0, 0.01, spot.shape))


def in_a_small_spot_of_light(rng):
    y, x = np.mgrid[-1:1:300j, -1:1:300j]
    spot = np.exp(-((x + 0.2) ** 2 + (y - 0.1) ** 2) / 0.15)
    paper = dark_on_light(seven(300, pen=8), 0.6, 0.3) / 255
    return to_bytes(paper * (0.4 + 0.9 * spot) + rng.normal(0, 0.01, spot.shape))


def under_a_band_of_shade(rng):
    y, x = np.indices((300, 300))
    band = (abs(x - y / 2 - 60) < 30) * 0.25
    paper = dark_on_light(seven(300, pen=5), 0.85, 0.4) / 255
    return to_bytes(paper * (1 - ndimage.gaussian_filter(band, 3)) + rng.normal(0, 0.01, y.shape))


def beside_others(rng):
    ink = seven()[:, 30:150]
    ink[50:130, :12] = ink[60:140, -10:] = 1  # cut by the borders
    return dark_on_light(ink)


def framed(rng):
    ink = np.zeros((300, 300))
    ink[30:270, 30:270] = 1
    ink[33:267, 33:267] = np.pad(seven(), 17)
    return dark_on_light(ink)


def with_specks(rng):
    ink = seven()
    for y, x in rng.integers(0, 198, (25, 2)):
        ink[y : y + 2, x : x + 2] = 1
    return dark_on_light(ink)


def pencil(rng):
    return to_bytes(dark_on_light(seven(), 0.8, 0.65) / 255 + rng.normal(0, 0.02, (200, 200)))


def pencil_in_coarse_grain(rng):
    paper = dark_on_light(seven(380), 0.8, 0.62) / 255
    grain = ndimage.gaussian_filter(rng.normal(0, 1, paper.shape), 1.2)
    return to_bytes(paper + 0.03 * grain / grain.std())


def dim_screen(rng):
    return to_bytes(0.25 * seven(pen=3) + rng.normal(0, 0.025, (200, 200)))


def yellow_on_white(rng):
    return to_bytes(1 - seven()[..., None] * np.array([0, 0.1, 0.9]))


@pytest.mark.parametrize(
    "make",
    slow_but(
        [
            shadowed,
            half_in_shade,
            ruled,
            ruled_aslant,
            densely_ruled_in_falling_light,
            squared,
            on_a_desk,
            thin_on_a_black_desk,
            in_a_soft_shadow,
            close_to_a_desk,
            in_a_flash,
            in_a_small_spot_of_light,
            under_a_band_of_shade,
            beside_others,
            framed,
            with_specks,
            pencil,
            pencil_in_coarse_grain,
            dim_screen,
            yellow_on_white,
        ],
        *(half_in_shade, ruled_aslant, squared, on_a_desk, in_a_flash, under_a_band_of_shade),
        *(beside_others, framed, with_specks, pencil, dim_screen, yellow_on_white),
    ),
)
def test_only_the_ink_remains(make):
    image = normalize(make(np.random.default_rng(0)))[0]
    assert_mnist_form(image)
    assert likeness(image, PLAIN) > 0.85


def test_the_edge_of_a_hard_shadow_is_no_stroke():
    digit = digits()[0][7]
    image = normalize(hard_shadow(digit, np.random.default_rng(7)))[0]
    assert likeness(image, normalize(digit)[0]) > 0.6


def test_a_pen_may_run_dry():
    ink = seven(300, pen=16)
    dry = np.where(np.arange(300)[:, None] > 150, 0.5, 1) * ink
    assert likeness(normalize(dark_on_light(dry))[0], normalize(dark_on_light(ink))[0]) > 0.9


def test_a_thin_stroke_may_be_broken_in_many_places():
    ink = seven(300, pen=3)
    rough = np.kron(np.random.default_rng(0).random((75, 75)) > 0.45, np.ones((4, 4)))
    image = normalize(dark_on_light(ink * rough))[0]
    assert likeness(image, normalize(dark_on_light(ink))[0]) > 0.7


def test_a_small_digit_on_a_large_sheet_keeps_its_details():
    ink = np.zeros((900, 1200))
    ink[300:360, 700:760] = seven(60, pen=3)
    close = dark_on_light(ink[290:370, 690:770])
    assert likeness(normalize(dark_on_light(ink))[0], normalize(close)[0]) > 0.95


def test_broad_strokes_out_of_focus_are_full_to_their_edges():
    image = normalize(dark_on_light(ndimage.gaussian_filter(seven(300, pen=20), 5)))[0]
    assert (image > 200).sum() > ((image > 40) & (image < 200)).sum()


def test_the_strokes_of_one_digit_stay_together_and_far_marks_go():
    ink = seven()
    ink[100:110] = 0  # between the bars of the 7
    apart = normalize(dark_on_light(ink))[0]
    assert likeness(apart, PLAIN) > 0.6
    ink[2:9, 2:9] = 1
    np.testing.assert_array_equal(normalize(dark_on_light(ink))[0] > 127, apart > 127)


def test_a_digit_that_fills_a_crop_is_no_frame_of_its_neighbours_piece():
    picture = Image.new("L", (74, 60))
    draw = ImageDraw.Draw(picture)
    draw.line([(2, 14), (18, 3), (34, 12), (30, 26), (4, 52), (70, 52)], 255, 7, joint="curve")
    alone = np.array(picture)
    beside = alone.copy()
    beside[20:38, :5] = 255  # cut by the border, between the upper and the lower stroke of the 2
    two, cut = normalize(255 - alone, 255 - beside)
    assert likeness(two, cut) > 0.95


def test_a_short_stroke_within_the_reach_of_a_long_one_stays():
    ink = seven()
    ink[50:60, 92:98] = 0  # parts the bar from the stem
    ink[50:52, :98] = 0
    ink[140:150, 60:90] = 1  # a foot, so that the stem's box surrounds the bar
    image = normalize(dark_on_light(ink))[0]
    assert image[4:8, 7:11].max() > 200


def test_the_bar_of_a_five_may_be_far_from_its_bow():
    ink = np.zeros((200, 200))
    y, x = np.indices(ink.shape)
    off = np.hypot(y - 120, x - 90)
    ink[(off > 25) & (off < 35) & ~((x < 85) & (y < 130))] = 1
    ink[55:65, 100:140] = 1
    image = normalize(dark_on_light(ink))[0]
    assert image[:8].max() > 200
    assert (image[7:9] < 64).all()


@pytest.mark.parametrize("light_ink", [False, True])
@pytest.mark.parametrize("share", [0.45, 0.6])
def test_a_stroke_of_a_screen_may_be_as_broad_as_half_of_it(share, light_ink):
    """Where there are only two tones, ink needs no limit to be told from the ground."""
    ink = np.zeros((120, 120), bool)
    half = round(share * 60)
    ink[12:108, 60 - half : 60 + half] = True
    picture = np.where(ink == light_ink, 255, 0).astype(np.uint8)
    one = DigitNormalizer().transform([picture])[0]
    assert (one[6:22, 13:16] > 200).all()


def test_a_digit_may_fill_a_small_picture():
    ink = np.zeros((30, 24))
    ink[:4] = ink[:, -4:] = 1
    ink[13:16, 5:8] = 1  # what is left of a bar
    image = normalize(dark_on_light(ink))[0]
    assert (image[9:22, 14:].max(axis=1) > 200).all()
    assert (image[:11, 10:16].max(axis=0) > 200).all()


# Points (y, x) of strokes, between 0 and 1
SCANNED = {
    "0": [[(0, 0.4), (0.3, 0), (0.7, 0), (1, 0.4), (0.7, 0.7), (0.3, 0.7), (0, 0.4)]],
    "3": [[(0, 0.1), (0, 0.5), (0.2, 0.6), (0.45, 0.3), (0.7, 0.7), (0.95, 0.6), (1, 0)]],
    "4": [[(0, 0.2), (0.5, 0), (0.5, 0.5)], [(0.1, 0.75), (1, 0.6)]],  # in two pieces
    "7": [[(0, 0), (0, 0.7), (1, 0.2)], [(0.5, 0.2), (0.5, 0.7)]],
}


def scanned(strokes, pen=0.1, side=200):
    """Return a digit of some strokes, cropped to its ink."""
    canvas = Image.new("L", (2 * side, 2 * side))
    for stroke in strokes:
        places = [(side * (0.5 + x), side * (0.5 + y)) for y, x in stroke]
        ImageDraw.Draw(canvas).line(places, fill=255, width=round(pen * side), joint="curve")
    return canvas.crop(canvas.getbbox())


@pytest.mark.parametrize("black_and_white", [False, True])
@pytest.mark.parametrize("light_ink", [True, False])
@pytest.mark.parametrize("side", [16, 32])
@pytest.mark.parametrize("name", SCANNED)
def test_a_scan_may_be_small_and_stretched(name, side, light_ink, black_and_white):
    digit = scanned(SCANNED[name])
    expected = normalize(np.pad(np.asarray(digit), 40))[0]
    scan = np.asarray(digit.resize((side, side), Image.BOX))
    scan = 255 * (scan > 127) if black_and_white else scan
    image = normalize(scan if light_ink else 255 - scan)[0]
    assert likeness(in_a_square(image), in_a_square(expected)) > 0.8
    assert image.max() > 200
    if name in "37":  # strokes of both directions tell how far they were stretched
        assert abs(width(image) - width(expected)) <= 3


@pytest.mark.parametrize("light_ink", [True, False])
@pytest.mark.parametrize("side", [16, 32])
@pytest.mark.parametrize("name", ["0", "3", "7"])
def test_broad_strokes_may_cover_most_of_a_scan(name, side, light_ink):
    digit = scanned(SCANNED[name], pen=0.25)
    expected = in_a_square(normalize(np.pad(np.asarray(digit), 40))[0])
    scan = np.asarray(digit.resize((side, side), Image.BOX))
    image = normalize(scan if light_ink else 255 - scan)[0]
    assert likeness(in_a_square(image), expected) > 0.6


def in_a_square(image):
    return np.asarray(Image.fromarray(image).crop(box(image)).resize((20, 20), Image.BILINEAR))


def width(image):
    left, _, right, _ = box(image)
    return right - left


def box(image):
    return Image.fromarray(255 * (image > 64).astype(np.uint8)).getbbox()


# Points (y, x) of strokes, between 0 and 1
STEM = [(0, 0.5), (1, 0.45)]
ONES = {
    "short upstroke": [[(0.3, 0.3), *STEM]],
    "long upstroke": [[(0.55, 0.1), *STEM]],
    "upstroke and foot": [[(0.35, 0.25), *STEM], [(1, 0.2), (1, 0.7)]],
}
NO_ONES = {
    "2": [[(0.2, 0.1), (0, 0.4), (0.2, 0.55), (1, 0), (1, 0.6)]],
    "3": SCANNED["3"],
    "flat 3": [
        [(0.28, 0.13), (0.02, 0.39), (0.21, 0.6), (0.5, 0.43), (0.74, 0.6), (1, 0.31), (0.93, 0.28)]
    ],
    "open 4": [[(0, 0.2), (0.55, 0.1), (0.55, 0.7)], [(0.05, 0.55), (1, 0.5)]],
    "4 with a low arm": [[(0.25, 0.25), (0.43, 0.28), (0.56, 0.67)], [(0.03, 0.55), (1, 0.64)]],
    "4 with a slanted bar": [[(0.03, 0.1), (0.56, 0.01), (0.45, 0.63)], [(0.07, 0.57), (1, 0.51)]],
    "4 in two pieces": [[(0.06, 0.25), (0.55, 0.15), (0.59, 0.38)], [(0.07, 0.67), (1, 0.61)]],
    "4 with an upright arm": [[(0.09, 0.19), (0.54, 0.13), (0.52, 0.64)], [(0.01, 0.6), (1, 0.6)]],
    "4 with a gap": [[(0, 0.55), (0.45, 0.15), (0.5, 0.4)], [(0.03, 0.6), (1, 0.58)]],
    "closed 4": [[(0.6, 0.7), (0.6, 0), (0, 0.5), (1, 0.5)]],
    "7": [[(0, 0), (0, 0.6), (1, 0.3)]],
    "7 that rises": [[(0.2, 0), (0, 0.5), (1, 0.3)]],
    "7 that leans": [[(0.28, 0.1), (0, 0.5), (1, 0.35)]],
    "7 with a serif": [[(0.2, 0), (0, 0.02), (0, 0.5), (1, 0.4)]],
    "9": [[(0.05, 0.5), (0, 0.2), (0.2, 0), (0.45, 0.2), (0.4, 0.5), (0.05, 0.5), (1, 0.5)]],
}


@pytest.mark.parametrize("side", [16, 32, 300])
@pytest.mark.parametrize("pen", [0.08, 0.15])
@pytest.mark.parametrize("name", ONES)
def test_a_one_loses_upstroke_and_foot(name, pen, side):
    digit = scanned(ONES[name], pen)
    digit = digit.resize((side * digit.width // digit.height, side), Image.BOX)
    image = normalize(np.pad(np.asarray(digit), side // 2))[0]
    assert_mnist_form(image)
    assert width(image) <= 3 + 20 * pen


@pytest.mark.parametrize("pen", [0.04, 0.08, 0.12, 0.15])
@pytest.mark.parametrize("name", NO_ONES)
def test_other_digits_keep_their_strokes(name, pen):
    digit = scanned(NO_ONES[name], pen)
    image = normalize(np.pad(np.asarray(digit), 100))[0]
    expected = digit.width / digit.height
    assert abs(width(image) / 20 - expected) < 0.15


@pytest.mark.parametrize("index", [11, 21, 42])
def test_ones_of_other_writers_lose_their_upstroke(index):
    image = normalize(load_digits().images[index] / 16)[0]
    assert width(image) <= 6


@pytest.mark.parametrize("index", [87, 496, 742, 154, 661, 763])  # 4, 4, 8, 4, 5, 5
def test_other_digits_of_other_writers_keep_their_strokes(index):
    image = normalize(load_digits().images[index] / 16)[0]
    assert width(image) >= 9


@pytest.mark.parametrize("pen", [0.2, 0.5])
@pytest.mark.parametrize("light_ink", [True, False])
def test_a_one_that_was_stretched_to_a_square_becomes_slender(light_ink, pen):
    one = scanned([[(0, 0.12), (1, 0)]], pen=pen).resize((16, 16), Image.BOX)
    image = normalize(np.asarray(one) if light_ink else 255 - np.asarray(one))[0]
    assert width(image) <= 13
    assert width(image.T) >= 19


@pytest.mark.parametrize("light_ink", [True, False])
@pytest.mark.parametrize("gap", [0, 2])
@pytest.mark.parametrize("sides", [(0,), (0, 1), (0, 1, 2, 3)])
def test_lines_of_a_form_around_a_small_digit_go(sides, gap, light_ink):
    cell = np.pad(np.asarray(scanned(SCANNED["7"], side=25)), 12)
    expected = normalize(cell)[0]
    for turns in sides:
        cell = np.rot90(cell, turns).copy()
        cell[gap : gap + 2] = 200
        cell = np.rot90(cell, -turns)
    image = normalize(cell if light_ink else 255 - cell)[0]
    assert likeness(image, expected) > 0.9


def test_a_digit_of_eight_pixels_has_full_strokes():
    seven = np.asarray(scanned(SCANNED["7"], pen=0.15).resize((5, 8), Image.BOX))
    image = normalize(np.pad(seven, ((0, 0), (1, 2))))[0]
    expected = normalize(np.pad(np.asarray(scanned(SCANNED["7"], pen=0.15)), 40))[0]
    assert likeness(image, expected) > 0.8
    assert np.median(image[5:22].max(axis=1)) > 250


def test_a_tiny_digit_on_a_sheet_takes_no_more_memory_than_others():
    sheet = np.zeros((380, 380), np.uint8)
    sheet[200:203, 200] = 255
    tracemalloc.start()
    image = normalize(sheet)[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
    assert width(image.T) >= 18


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(2, 40))
def test_small_pictures_of_anything_become_images_or_errors_that_say_why(seed, height, width):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, [2, 16, 256][seed % 3], (height, width))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        image = normalize(pixels, on_error="warn")[0]
    assert image.shape == (28, 28)


def test_a_one_on_ruled_paper_is_left_whole():
    ink = np.zeros((200, 200))
    ink[::20] = 0.5
    ink[50:150, 96:102] = 1
    image = normalize(dark_on_light(ink))[0]
    assert (image[5:23, 12:17].max(axis=1) > 150).all()


@pytest.mark.parametrize("pen", [2, 40])
def test_strokes_come_near_mnists_thickness(pen):
    ink = np.zeros((400, 400))
    ink[100:300, 200 - pen // 2 : 200 + pen // 2] = 1
    image = normalize(dark_on_light(ink))[0] / 255
    assert 1.5 < image[10:18].sum(axis=1).mean() < 4.6


@pytest.mark.slow
@settings(deadline=None, max_examples=8)
@given(side=st.integers(100, 1300), pen=st.integers(1, 9), light_ink=st.booleans())
def test_a_pen_may_be_as_thin_as_a_pixel(side, pen, light_ink):
    ink = seven(side, pen)
    image = normalize(dark_on_light(1 - ink if light_ink else ink))[0]
    assert_mnist_form(image)
    assert likeness(image, normalize(dark_on_light(seven(side, side // 20)))[0]) > 0.7


def with_an_ordinary_pen(digit):
    return normalize(dark_on_light(np.pad(thin_stroke(digit, 200, 15), 60)))[0]


@settings(deadline=None, max_examples=8)
@given(
    number=st.integers(0, 99),
    height=st.integers(60, 900),
    pen=st.floats(1, 3),
    jagged=st.booleans(),
    tones=st.sampled_from([(1, 0), (0, 1), (0.9, 0.4), (0.1, 0.5)]),
)
def test_a_thin_pen_on_a_screen_draws_the_same_digit(number, height, pen, jagged, tones):
    digit = digits()[0][number]
    ink = thin_stroke(digit, height, round(pen) if jagged else pen, jagged=jagged)
    image = normalize(dark_on_light(np.pad(ink, height // 4), *tones))[0]
    assert_mnist_form(image)
    assert likeness(image, with_an_ordinary_pen(digit)) > 0.7


@pytest.mark.slow
@settings(deadline=None, max_examples=5)
@given(
    number=st.integers(0, 99),
    height=st.integers(120, 600),
    breadth=st.floats(0.006, 0.02),
    tone=st.floats(0.15, 0.5),
    seed=st.integers(0, 99),
)
def test_a_fine_liner_on_a_photograph_draws_the_same_digit(number, height, breadth, tone, seed):
    digit = digits()[0][number]
    ink = np.pad(thin_stroke(digit, height, max(1.5, breadth * height)), height // 3)
    picture = photo(ink, np.random.default_rng(seed), pen=(tone,) * 3, noise=0.012, blur=0.6)
    image = normalize(jpeg(picture, 85))[0]
    assert_mnist_form(image)
    assert likeness(image, with_an_ordinary_pen(digit)) > 0.7


@pytest.mark.parametrize("side", [28, 200])
def test_a_marker_may_fill_the_loop_of_a_digit(side):
    y, x = np.indices((side, side)) / side
    six = np.hypot(y - 0.65, x - 0.5) < 0.23
    six |= (np.abs(x - 0.35) < 0.08) & (y > 0.1) & (y < 0.65)
    ink = six.astype(float)
    dark, light = normalize(dark_on_light(ink), dark_on_light(1 - ink))
    for image in (dark, light):
        assert_mnist_form(image)
        middle = np.arange(28)[(image > 127).any(axis=1)]
        low, high = image[middle[-6]] > 127, image[middle[3]] > 127
        assert low.sum() > 2 * high.sum() > 0  # a broad foot, a narrow stem


# What holds a picture


def test_arrays_images_and_paths_can_be_mixed(tmp_path):
    picture = dark_on_light(seven())
    path = tmp_path / "seven.png"
    Image.fromarray(picture).save(path)
    images = normalize(picture, Image.fromarray(picture), path, str(path), picture[..., None])
    for image in images[1:]:
        np.testing.assert_array_equal(image, images[0])
    stacked = DigitNormalizer().transform(np.stack([picture, picture]))
    np.testing.assert_array_equal(stacked, images[:2])


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_faulty_exif_data_do_not_matter(suffix, tmp_path):
    path = tmp_path / f"seven.{suffix}"
    Image.fromarray(dark_on_light(seven())).save(path, exif=b"xx", dpi=(72, 72))
    assert likeness(normalize(path)[0], PLAIN) > 0.97


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P", "CMYK", "LA", "RGBA", "I;16", "I", "F"])
def test_every_mode_of_pillow(mode, tmp_path):
    picture = dark_on_light(seven())
    if mode == "I;16":
        image = Image.fromarray(picture.astype(np.uint16) * 250)
    else:
        image = Image.fromarray(picture).convert(mode, dither=Image.Dither.NONE)
    path = tmp_path / ("seven.tif" if mode in ("CMYK", "F", "I") else "seven.png")
    image.save(path)
    for given_as in (image, path):
        assert likeness(normalize(given_as)[0], PLAIN) > 0.97


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 20)])
@pytest.mark.parametrize("around", [0, 255])
def test_ink_in_the_transparency(colour, around):
    pixels = np.full((200, 200, 4), around, dtype=np.uint8)
    pixels[seven() > 0, :3] = colour
    pixels[..., 3] = 255 * seven()
    assert likeness(normalize(pixels)[0], PLAIN) > 0.97


def test_ink_of_many_colours_in_the_transparency():
    pixels = np.zeros((200, 200, 4), dtype=np.uint8)
    pixels[..., 0] = np.linspace(0, 255, 200)[:, None]
    pixels[..., 2] = 255 - pixels[..., 0]
    pixels[..., 3] = 255 * seven()
    assert likeness(normalize(pixels)[0], PLAIN) > 0.97


def test_ink_in_the_transparent_colour_of_a_palette(tmp_path):
    image = Image.new("P", (200, 200))
    image.putpalette([0, 0, 0] * 2)
    image.putdata(seven().astype(int).ravel().tolist())
    image.save(tmp_path / "seven.png", transparency=0)
    assert likeness(normalize(tmp_path / "seven.png")[0], PLAIN) > 0.97


@pytest.mark.parametrize(("depth", "step"), [(4, 1), (16, 0x1111)])
def test_ink_around_a_transparent_tone(depth, step, tmp_path):
    ink = np.where(np.arange(200)[:, None] < 100, 4, 6)
    path = tmp_path / "seven.png"
    path.write_bytes(png(np.where(seven() > 0, ink, 5) * step, depth, transparent=5 * step))
    with Image.open(path) as image:
        for each in normalize(path, image):
            assert likeness(each, PLAIN) > 0.97


@pytest.mark.parametrize(
    "scale",
    [
        lambda ink: ink.astype(np.uint8),
        lambda ink: ink > 0,
        lambda ink: 16 * ink,
        lambda ink: (ink - 0.1307) / 0.3081,
        lambda ink: 255.0 * ink,
        lambda ink: (255 * ink).astype(np.uint16),
        lambda ink: (1023 * ink).astype(np.uint16),
        lambda ink: (4095 * ink).astype(np.uint16),
        lambda ink: (65535 * ink).astype(np.uint16),
        lambda ink: 1e6 * ink,
        lambda ink: -255.0 * ink,
        lambda ink: (255 * ink - 128).astype(np.int8),
    ],
)
def test_every_usual_scale(scale):
    assert likeness(normalize(scale(seven()))[0], PLAIN) > 0.97


def test_a_picture_with_transparent_corners_is_no_ink():
    pixels = np.repeat(dark_on_light(seven())[..., None], 4, axis=2)
    y, x = np.indices((200, 200)) - 100
    pixels[..., 3] = 255 * (np.hypot(y, x) < 120)
    assert likeness(normalize(pixels)[0], PLAIN) > 0.97


@pytest.mark.parametrize(("suffix", "options"), [("jpg", {"quality": 95}), ("tif", {})])
def test_exif_data_turn_the_picture(suffix, options, tmp_path):
    picture = np.pad(dark_on_light(seven()), ((0, 0), (10, 20)), mode="edge")
    exif = Image.Exif()
    exif[274] = 6
    path = tmp_path / f"seven.{suffix}"
    Image.fromarray(np.rot90(picture)).save(path, exif=exif, **options)
    assert likeness(normalize(path)[0], PLAIN) > 0.95


def test_a_huge_photograph(tmp_path):
    picture = dark_on_light(np.kron(seven(), np.ones((17, 17))))
    Image.fromarray(picture).save(tmp_path / "huge.jpg")
    for image in normalize(tmp_path / "huge.jpg", picture, np.repeat(picture[..., None], 3, 2)):
        assert likeness(image, PLAIN) > 0.9


# What is wrong with a picture


def bad_pictures(folder):
    good = dark_on_light(seven())
    text = folder / "text.png"
    text.write_text("no picture")
    cut = folder / "cut.png"
    Image.fromarray(good).save(cut)
    cut.write_bytes(cut.read_bytes()[:60])
    noise = np.random.default_rng(0).normal(0.8, 0.01, (200, 200))
    file = io.BytesIO()
    Image.fromarray(to_bytes(noise)).save(file, "PNG")
    spots = np.zeros((58, 12, 4))
    spots[..., 3] = np.random.default_rng(0).random((58, 12)) < 0.5
    cut_later = Image.open(io.BytesIO(file.getvalue()[:5000]))
    return [
        (np.full((50, 50), 255), "Picture 0: it shows no digit"),
        (to_bytes(noise), "Picture 1: it shows no digit"),
        (folder / "missing.png", r"Picture 2 \(.*missing.png\): there is no such file"),
        (str(text), r"Picture 3 \(.*text.png\): the file is not a picture"),
        (cut, r"Picture 4 \(.*cut.png\): the image cannot be read"),
        (folder, r"Picture 5 \(.*\): this is a folder"),
        (np.zeros(5), r"Picture 6: it has shape \(5,\)"),
        (np.zeros((9, 9, 7)), r"Picture 7: it has shape \(9, 9, 7\)"),
        (np.zeros((0, 9)), r"Picture 8: it has shape \(0, 9\), too small"),
        (np.full((9, 9), np.nan), "Picture 9: it holds NaN"),
        (np.array([["a"]]), "Picture 10: it is of type <U1"),
        (np.zeros((7, 2000)), r"Picture 11: it has shape \(7, 2000\), too narrow"),
        ([[0, 1], [1]], "Picture 12: it is not an array of pixels"),
        (cut_later, "Picture 13: the image cannot be read"),
        (spots, "Picture 14: it shows no digit"),
        ("data:," + 5000 * "0", r"Picture 15 \(.*\): there is no such file"),
    ]


def test_one_error_names_every_bad_picture(tmp_path):
    bad = bad_pictures(tmp_path)
    with pytest.raises(ValueError, match=f"{len(bad)} of {len(bad) + 1} pictures") as error:
        normalize(*(picture for picture, _ in bad), dark_on_light(seven()))
    for _, message in bad:
        assert error.match(message)
    assert error.match('on_error="warn"')


def test_one_warning_names_every_bad_picture_and_keeps_the_others(tmp_path):
    bad = bad_pictures(tmp_path)
    pictures = [*(picture for picture, _ in bad), dark_on_light(seven())]
    with pytest.warns(UserWarning, match="pictures cannot be used") as caught:
        images = normalize(*pictures, on_error="warn")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    for _, message in bad:
        with pytest.raises(ValueError, match=message):
            raise ValueError(str(caught[0].message))
    assert not images[:-1].any()
    np.testing.assert_array_equal(images[-1], PLAIN)


def test_a_message_names_a_limited_number_of_pictures():
    with pytest.raises(ValueError, match="30 of 30 pictures") as error:
        DigitNormalizer().transform(np.zeros((30, 20, 20)))
    assert error.match("Picture 19: (?s:.*)and 10 more")
    assert "Picture 20" not in str(error.value)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("seven.png", "X is one picture"),
        (Image.new("L", (9, 9)), "X is one picture"),
        (np.zeros((28, 28)), r"shape \(28, 28\).*in a list"),
        (np.zeros((28, 28, 3)), "looks like a single picture with 3 channels"),
        (np.zeros((2, 2, 9, 9, 1)), r"shape \(2, 2, 9, 9, 1\)"),
        ([], "0 samples"),
        (7, "X is of type int"),
        (pd.DataFrame(np.zeros((2, 784))), r"a data frame of shape \(2, 784\).*ImageReshaper"),
        (pd.DataFrame({"picture": ["seven.png"]}), r"by name, such as X\['picture'\]"),
    ],
)
def test_x_must_be_a_sequence_of_pictures(X, message):
    with pytest.raises(ValueError, match=message):
        DigitNormalizer().transform(X)


# scikit-learn


def test_it_needs_no_fit_and_checks_its_parameter():
    assert not get_tags(DigitNormalizer()).requires_fit
    for call in ("fit", "transform"):
        with pytest.raises(ValueError, match="on_error"):
            getattr(DigitNormalizer(on_error="ignore"), call)([dark_on_light(seven())])


def test_pickle_clone_and_input_left_alone():
    picture = dark_on_light(seven())
    before = picture.copy()
    normalizer = DigitNormalizer(on_error="warn")
    again = pickle.loads(pickle.dumps(clone(normalizer).fit()))
    assert again.on_error == "warn"
    np.testing.assert_array_equal(again.transform([picture])[0], PLAIN)
    np.testing.assert_array_equal(picture, before)


def test_in_a_pipeline_with_a_cnn():
    X, y = (each[:15] for each in digits())
    pictures = [np.pad(255 - image, 5 + i % 7, constant_values=255) for i, image in enumerate(X)]
    pipeline = make_pipeline(DigitNormalizer(), PixelScaler(), cnn(epochs=40, batch_size=8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline.fit(pictures, y)
    assert pipeline.predict(pictures[:3]).shape == (3,)
    assert pipeline.score(pictures, y) > 0.5  # chance is 0.1; this CNN is tiny
