"""`load_images`: folders and arrays, their parts and labels, sizes and colours."""

import gzip
import os
import shutil
import sys

import numpy as np
import pytest
from pictures import save, save_array, save_tree, values
from PIL import Image
from support import run_python

from skdigits.datasets import load_images

UNDIVIDED = {"cat/1.png": 10, "cat/2.png": 20, "dog/1.png": 30}
DIVIDED = {"train/cat/1.png": 10, "train/dog/1.png": 20, "test/dog/2.png": 30}


# Folders of classes


def test_a_folder_for_each_class(tmp_path):
    images = load_images(save_tree(tmp_path, UNDIVIDED))
    assert images.data.shape == (3, 6, 6)
    assert images.data.dtype == np.uint8
    assert values(images) == [(10, "cat"), (20, "cat"), (30, "dog")]
    assert images.target_names.tolist() == ["cat", "dog"]
    assert [os.path.relpath(name, tmp_path) for name in images.filenames] == list(UNDIVIDED)
    assert "3 grey images of 6 x 6 pixels" in images.DESCR
    X, y = load_images(str(tmp_path), return_X_y=True)
    np.testing.assert_array_equal(X, images.data)
    np.testing.assert_array_equal(y, images.target)


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("Train", "TEST"),
        ("training", "testing"),
        ("train", "val"),
        ("train", "valid"),
        ("train", "Validation"),
    ],
)
def test_folders_of_parts(train, test, tmp_path):
    names = {"train": train, "test": test}
    files = {"/".join([names[n.split("/")[0]], *n.split("/")[1:]]): v for n, v in DIVIDED.items()}
    save_tree(tmp_path, files)
    assert values(load_images(tmp_path)) == [(10, "cat"), (20, "dog")]
    test = load_images(tmp_path, subset="test")
    assert values(test) == [(30, "dog")]
    assert test.target_names.tolist() == ["cat", "dog"]
    assert values(load_images(tmp_path, subset="all")) == [(10, "cat"), (20, "dog"), (30, "dog")]


def test_with_a_validation_part_beside_the_test_part(tmp_path):
    save_tree(tmp_path, {**DIVIDED, "val/cat/3.png": 40})
    assert values(load_images(tmp_path, subset="test")) == [(30, "dog")]
    assert [grey for grey, _ in values(load_images(tmp_path, subset="all"))] == [10, 20, 40, 30]
    assert values(load_images(tmp_path / "val")) == [(40, "cat")]


def test_a_class_may_be_called_as_a_part(tmp_path):
    save_tree(tmp_path, {"train/1.png": 10, "bus/1.png": 20})
    assert values(load_images(tmp_path)) == [(20, "bus"), (10, "train")]


def test_pictures_beside_the_parts_are_named(tmp_path):
    save_tree(tmp_path, {**DIVIDED, "unlabelled/1.png": 50, "validate/cat/1.png": 60})
    save_tree(tmp_path, {"loose.png": 70, ".hidden/1.png": 80})
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.skd").write_bytes(b"")
    left_out = r"Left out, .*test and train: \S*loose\.png, \S*unlabelled, \S*validate\."
    with pytest.warns(UserWarning, match=left_out):
        images = load_images(tmp_path, subset="all")
    assert images.target_names.tolist() == ["cat", "dog"]


def test_one_folder_of_a_part_among_others_may_be_a_class(tmp_path):
    classes = ("bus", "car", "train")
    files = {f"{name}/camera-{n}/1.png": 50 for name in classes for n in (1, 2)}
    save_tree(tmp_path / "vehicles", files)
    message = r"\S*train is called as a part .* pictures in \S*bus, \S*car too\..* give its path"
    with pytest.raises(ValueError, match=message):
        load_images(tmp_path / "vehicles")
    (tmp_path / "vehicles").rename(tmp_path / "train")  # as the error advises
    assert load_images(tmp_path).target.tolist() == np.repeat(classes, 2).tolist()


def test_data_without_test_images(tmp_path):
    save_tree(tmp_path, UNDIVIDED)
    with pytest.raises(ValueError, match=r"no test images .*train_test_split"):
        load_images(tmp_path, subset="test")
    assert len(load_images(tmp_path, subset="all").data) == 3


def test_data_without_training_images(tmp_path):
    save_tree(tmp_path, {"test/cat/1.png": 10, "val/cat/1.png": 20})
    with pytest.raises(ValueError, match=r'only those of val and test\. .*subset="all"'):
        load_images(tmp_path)


def test_classes_that_are_numbers_are_integers(tmp_path):
    save_tree(tmp_path, {"train/0/1.png": 1, "train/3/1.png": 2, "train/10/1.png": 3})
    save_tree(tmp_path, {"test/3/1.png": 4})
    images = load_images(tmp_path)
    assert images.target.dtype == np.int64
    assert values(images) == [(1, 0), (3, 10), (2, 3)]
    assert images.target_names.tolist() == ["0", "3", "10"]
    assert values(load_images(tmp_path, subset="test")) == [(4, 3)]


@pytest.mark.parametrize("names", [("007", "8"), ("1", "two"), ("1.0", "2"), ("-", "1")])
def test_other_classes_are_text(names, tmp_path):
    save_tree(tmp_path, {f"{name}/1.png": 0 for name in names})
    assert load_images(tmp_path).target.tolist() == sorted(names)


def test_the_type_of_labels_is_that_of_all_parts(tmp_path):
    save_tree(tmp_path, {"train/1/a.png": 1, "train/x/a.png": 2, "test/1/a.png": 3})
    assert load_images(tmp_path, subset="test").target.tolist() == ["1"]


def test_pictures_further_down_belong_to_the_class(tmp_path):
    save_tree(tmp_path, {"cat/2020/a.png": 1, "cat/b.png": 2, "dog/x/y/c.png": 3})
    assert values(load_images(tmp_path)) == [(2, "cat"), (1, "cat"), (3, "dog")]


def test_what_is_ignored(tmp_path):
    save_tree(tmp_path, UNDIVIDED)
    save_tree(tmp_path, {"__MACOSX/cat/1.png": 1, ".git/x/1.png": 2, "cat/.hidden.png": 3})
    save_tree(tmp_path, {"cat/@eaDir/1.png": 4, "dog/.ipynb_checkpoints/1-checkpoint.png": 5})
    for name in ("#recycle", "@Recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found"):
        save(tmp_path / name / "1.png")
    for name in ("cat/Thumbs.db", "Thumbs.db", ".DS_Store", "cat/.DS_Store", "dog/desktop.ini"):
        (tmp_path / name).write_bytes(b"\0")
    for name in ("README.md", "cat/1.txt", "cat/1.json", "labels.csv", "cat/1.XML"):
        (tmp_path / name).write_text("notes")
    assert len(load_images(tmp_path).data) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
@pytest.mark.parametrize("name", ["Icon\r", "1.png:Zone.Identifier"])
def test_what_other_systems_leave_behind_is_ignored(name, tmp_path):
    save_tree(tmp_path, UNDIVIDED)
    (tmp_path / "cat" / name).write_bytes(b"")
    assert len(load_images(tmp_path).data) == 3


def test_folders_without_pictures_and_pictures_without_folders_are_named(tmp_path):
    save_tree(tmp_path, {**UNDIVIDED, "sample.png": 1})
    (tmp_path / "original.zip").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("")
    with pytest.warns(UserWarning, match=r"Left out.*: \S*sample\.png, \S*empty, \S*notes\."):
        images = load_images(tmp_path)
    assert images.target_names.tolist() == ["cat", "dog"]


@pytest.mark.parametrize("name", ["1.tga", "1.TGA", "1.jp2", "1.webp", "1.pcx", "1.jxl"])
def test_pictures_of_any_format_are_named_where_they_are_left_out(tmp_path, name):
    save_tree(tmp_path, DIVIDED)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / name).write_bytes(b"x")
    with pytest.warns(UserWarning, match=r"Left out, .*test and train: \S*more\."):
        load_images(tmp_path)
    (tmp_path / "train" / name).write_bytes(b"x")
    with pytest.warns(UserWarning, match=rf"pictures without a folder: \S*{name}\."):
        load_images(tmp_path / "train")


def test_classes_that_differ_by_case_only(tmp_path):
    save_tree(tmp_path, {"train/Cat/1.png": 1, "test/cat/1.png": 2})
    with pytest.raises(ValueError, match="'Cat' and 'cat' differ in upper and lower case only"):
        load_images(tmp_path)


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names of files without case")
def test_letters_are_classes_of_their_own(tmp_path):
    save_tree(tmp_path, {"a/1.png": 1, "A/1.png": 2})
    assert values(load_images(tmp_path)) == [(2, "A"), (1, "a")]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"1.png": 0}, "pictures, but no folder for each class. Put the pictures of each class"),
        ({}, "no folders and no pictures"),
        ({"train/1.png": 0, "test/2.png": 0}, "holds no folders of classes"),
        ({"animals/cat/1.png": 0, "animals/dog/1.png": 0}, "in it the folders cat, dog. If"),
        ({"data/train/cat/1.png": 0, "x/y/1.png": 0}, "If .*data holds the whole data, give its"),
        ({"cat/train/1.png": 0, "cat/test/1.png": 0}, "put the folders of parts above"),
    ],
)
def test_other_folders_get_an_error_that_says_what_to_do(files, message, tmp_path):
    save_tree(tmp_path, files)
    with pytest.raises(ValueError, match=message):
        load_images(tmp_path)


def test_a_folder_with_a_table_names_the_table(tmp_path):
    save_tree(tmp_path, {"1.png": 0})
    (tmp_path / "labels.csv").write_text("1.png,cat\n")
    with pytest.raises(ValueError, match=r"To read .*labels\.csv, give its path"):
        load_images(tmp_path)


def test_folders_without_any_picture(tmp_path):
    (tmp_path / "cat").mkdir()
    with pytest.raises(ValueError, match="no pictures in the folders of"):
        load_images(tmp_path)


# Arrays


X = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)
Y = np.array([3, 1, 1, 3], dtype=np.uint8)


def test_arrays_with_the_names_of_keras(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, X_train=X[:3], y_train=Y[:3], x_test=X[3:], y_test=Y[3:])
    train, test = load_images(path), load_images(path, subset="test")
    np.testing.assert_array_equal(train.data, X[:3])
    np.testing.assert_array_equal(test.data, X[3:])
    assert train.target.tolist() == [3, 1, 1]
    assert train.target.dtype == np.int64
    assert test.target_names.tolist() == ["1", "3"]
    assert train.filenames is None
    np.testing.assert_array_equal(load_images(path, subset="all").data, X)


def test_arrays_with_the_names_of_medmnist(tmp_path):
    path = tmp_path / "mine.npz"
    images = np.repeat(X[..., None], 3, axis=3)
    parts = {"train": slice(0, 2), "val": slice(2, 3), "test": slice(3, 4)}
    arrays = {f"{name}_images": images[part] for name, part in parts.items()}
    arrays |= {f"{name}_labels": Y[part, None] for name, part in parts.items()}
    np.savez_compressed(path, **arrays)
    assert load_images(path).data.shape == (2, 5, 6, 3)
    assert load_images(path).target.tolist() == [3, 1]
    np.testing.assert_array_equal(load_images(path, subset="test").data, images[3:])
    np.testing.assert_array_equal(load_images(path, subset="all").data, images)


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (np.array([0, 0.5, 1]), [0, 128, 255]),
        (np.array([0, 0.5, 1], np.float32), [0, 128, 255]),
        (np.array([0, 127.6, 255]), [0, 128, 255]),
        (np.array([0, 16, 255], np.int64), [0, 16, 255]),
        (np.array([0, 257, 65535], np.uint16), [0, 1, 255]),
        (np.array([False, True, True]), [0, 255, 255]),
        (np.array([0, 1, 1], np.uint8), [0, 1, 1]),
    ],
)
def test_arrays_become_bytes(images, expected, tmp_path):
    np.savez(tmp_path / "a.npz", x_train=images.reshape(3, 1, 1), y_train=[0, 1, 0])
    data = load_images(tmp_path / "a.npz").data
    assert data.dtype == np.uint8
    assert data.ravel().tolist() == expected


def test_labels_of_arrays(tmp_path):
    for labels, expected in (
        (["a", "b", "a", "b"], ["a", "b", "a", "b"]),
        ([b"a", b"b", b"a", b"b"], ["a", "b", "a", "b"]),
        ([1.0, 2.0, 1.0, 2.0], [1, 2, 1, 2]),
        ([True, False, True, False], [1, 0, 1, 0]),
        (["1", "2", "1", "2"], [1, 2, 1, 2]),
        (["cat ", " dog", "cat", "dog"], ["cat", "dog", "cat", "dog"]),
    ):
        np.savez(tmp_path / "a.npz", x_train=X, y_train=labels)
        assert load_images(tmp_path / "a.npz").target.tolist() == expected


def test_parts_may_have_labels_of_different_types(tmp_path):
    labels = {"y_train": Y.astype(np.uint64), "y_test": Y.astype(np.int64)}
    np.savez(tmp_path / "a.npz", x_train=X, x_test=X, **labels)
    images = load_images(tmp_path / "a.npz", subset="all")
    assert images.target.dtype == np.int64
    assert images.target.tolist() == [*Y, *Y]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": X, "b": Y}, "has the arrays a, b. Give them the names x_train, y_train"),
        ({"x_train": X}, "has the arrays x_train"),
        ({"x_train": X.reshape(4, -1), "y_train": Y}, "rows of pixels the shape of images"),
        ({"x_train": X[:, None], "y_train": Y}, "channels come last"),
        ({"x_train": X[..., None].repeat(2, 3), "y_train": Y}, "with 1, 3 or 4 channels"),
        ({"x_train": X[:3], "y_train": Y}, "has 3 images and 4 labels"),
        ({"x_train": X[:0], "y_train": Y[:0]}, "has no images"),
        ({"x_train": X, "y_train": np.eye(4)}, "one-hot"),
        ({"x_train": X, "y_train": ["a", "", "b", "a"]}, "y_train of .* has an empty label"),
        ({"x_train": X, "y_train": [b"a", b" ", b"b", b"a"]}, "y_train of .* has an empty label"),
        ({"x_train": X, "y_train": [0.5, 1, 2, 3]}, "labels of type float64"),
        ({"x_train": X, "y_train": [np.nan, 1, 2, 3]}, "labels of type float64"),
        ({"x_train": X, "y_train": [np.inf, 1, 2, 3]}, "labels of type float64"),
        ({"x_train": X, "y_train": np.array([2**63, 1, 2, 3], np.uint64)}, "of type uint64"),
        ({"x_train": X - 1.0, "y_train": Y}, "values from -1.0 to 118.0; give values from 0 to"),
        ({"x_train": X.astype(int) * 10**6, "y_train": Y}, "give values from 0 to 255"),
        ({"x_train": X + np.nan, "y_train": Y}, "values from nan to nan"),
        ({"x_train": X.astype(str), "y_train": Y}, "values of type <U3"),
        (
            {"x_train": X, "y_train": Y, "x_test": X[:, 1:], "y_test": Y},
            "have 2 sizes of images; give image_",
        ),
    ],
)
def test_what_is_wrong_with_arrays(arrays, message, tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=message) as error:
        load_images(path, subset="all")
    assert str(path) in str(error.value)


def idx(array):
    shape = np.array(array.shape, dtype=">u4").tobytes()
    return bytes([0, 0, 8, array.ndim]) + shape + array.tobytes()


@pytest.mark.parametrize(
    "name",
    [
        "train-images-idx3-ubyte",
        "raw/train-images-idx3-ubyte",
        "train-images.idx3-ubyte",
        "train-images-idx3-ubyte/train-images-idx3-ubyte",
        "emnist-letters-train-images-idx3-ubyte",
    ],
)
@pytest.mark.parametrize("pack", [None, gzip.compress])
def test_idx_files(name, pack, tmp_path):
    def put(name, array):
        path = tmp_path / (name + ".gz" if pack else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pack(idx(array)) if pack else idx(array))

    labels = name.replace("images", "labels").replace("idx3", "idx1")
    put(name, X[:3])
    put(labels, Y[:3])
    test = "test" if "emnist" in name else "t10k"
    put(name.replace("train", test), X[3:])
    put(labels.replace("train", test), Y[3:])
    if pack and name.count("ubyte") == 2:
        return  # nobody packs a folder
    both = load_images(tmp_path, subset="all")
    np.testing.assert_array_equal(both.data, X)
    assert both.target.tolist() == Y.tolist()
    assert load_images(tmp_path, subset="test").target.tolist() == [3]
    assert both.data.flags.writeable


def test_idx_files_that_are_not_one_data_set(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(X))
    with pytest.raises(ValueError, match="no train-labels-idx1-ubyte"):
        load_images(tmp_path)
    (tmp_path / "letters-train-images-idx3-ubyte").write_bytes(idx(X))
    with pytest.raises(ValueError, match="several data sets"):
        load_images(tmp_path)


# Sizes and colours


def test_the_commonest_size_of_all_parts(tmp_path):
    for name, size in (("train/a/1", (4, 4)), ("test/a/1", (3, 5)), ("test/a/2", (3, 5))):
        save(tmp_path / f"{name}.png", size=size)
    for subset in ("train", "test", "all"):
        assert load_images(tmp_path, subset=subset).data.shape[1:] == (3, 5)


def test_of_sizes_that_are_as_common_the_smallest(tmp_path):
    save(tmp_path / "a" / "1.png", size=(9, 9))
    save(tmp_path / "a" / "2.png", size=(7, 8))
    assert load_images(tmp_path).data.shape[1:] == (7, 8)


def test_one_small_picture_does_not_hide_that_the_others_are_large(tmp_path):
    """Each size is there once, and the smallest is that of an icon."""
    save(tmp_path / "a" / "icon.png", size=(9, 9))
    for number in range(2):
        save(tmp_path / "a" / f"{number}.png", size=(300, 301 + number))
    with pytest.raises(ValueError, match=r"2 of 3 pictures .* image_shape=\(64, 64\)"):
        load_images(tmp_path)
    for number in range(2):
        save(tmp_path / "a" / f"small-{number}.png", size=(8, 8 + number))
    assert load_images(tmp_path).data.shape == (5, 8, 8)


@pytest.mark.parametrize("size", [(12, 12), (4, 4), (8, 20), (40, 8)])
def test_resized_without_distortion(size, tmp_path):
    """A centred square stays one, and the padding has the colour of the border."""
    pixels = np.full((12, 12), 200, np.uint8)
    pixels[3:9, 3:9] = 0
    save_array(tmp_path / "a" / "1.png", pixels)
    (image,) = load_images(tmp_path, image_shape=size).data
    assert image.shape == size
    dark = image < 100
    height, width = dark.any(axis=1).sum(), dark.any(axis=0).sum()
    assert height == width == min(size) // 2
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    assert (border[border > 100] >= 190).all()


def test_a_wide_picture_is_padded_above_and_below(tmp_path):
    save(tmp_path / "a" / "1.png", size=(2, 8), color=90)
    save_array(tmp_path / "a" / "2.png", np.array([[10, 10, 10, 250, 10, 10, 10, 10]], np.uint8))
    images = load_images(tmp_path, image_shape=(8, 8)).data
    assert (images[0] == 90).all()
    assert (images[1, [0, 1, 2, 5, 6, 7]] == 10).all()
    assert images[1].max() == 250


@pytest.mark.parametrize(
    ("image_shape", "color_mode", "shape"),
    [
        ((4, 5), None, (4, 5)),
        ((4, 5, 1), None, (4, 5)),
        ([4, 5, 3], None, (4, 5, 3)),
        (np.array([4, 5]), "rgb", (4, 5, 3)),
        (None, "rgb", (6, 6, 3)),
        (None, "grayscale", (6, 6)),
    ],
)
def test_shapes_and_color_modes(image_shape, color_mode, shape, tmp_path):
    save_tree(tmp_path / "files", UNDIVIDED)
    np.savez(tmp_path / "a.npz", x_train=np.full((2, 6, 6), 10, np.uint8), y_train=[0, 1])
    for path in (tmp_path / "files", tmp_path / "a.npz"):
        data = load_images(path, image_shape=image_shape, color_mode=color_mode).data
        assert data.shape[1:] == shape
        assert (data[0] == 10).all()


def test_colours_of_arrays_become_grey(tmp_path):
    colors = np.array([[255, 0, 0], [0, 255, 0]], np.uint8).reshape(2, 1, 1, 3)
    opaque = np.array([[255, 0, 0, 255], [0, 255, 0, 0]], np.uint8).reshape(2, 1, 1, 4)
    for array, expected in ((colors, [76, 150]), (opaque, [76, 255])):
        np.savez(tmp_path / "a.npz", x_train=array, y_train=[0, 1])
        data = load_images(tmp_path / "a.npz", color_mode="grayscale").data
        assert data.ravel().tolist() == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"image_shape": (4,)}, "image_shape must be"),
        ({"image_shape": (4, 0)}, "image_shape must be"),
        ({"image_shape": (4, 4.5)}, "image_shape must be"),
        ({"image_shape": (4, 4, 2)}, "image_shape must be"),
        ({"image_shape": 28}, "image_shape"),
        ({"image_shape": (4, 4, 1), "color_mode": "rgb"}, "means color_mode='grayscale', not"),
        ({"color_mode": "RGB"}, "color_mode"),
        ({"subset": "val"}, "subset"),
        ({"on_error": "ignore"}, "on_error"),
        ({"return_X_y": "yes"}, "return_X_y"),
    ],
)
def test_bad_parameters_are_named_before_any_file_is_read(parameters, message):
    with pytest.raises(ValueError, match=message):
        load_images("nowhere", **parameters)


# What else a path may be


def test_a_path_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="there is no folder or file nowhere"):
        load_images("nowhere")


@pytest.mark.parametrize(
    ("name", "message"),
    [("a.zip", "Unpack it first"), ("a.npy", "Give a folder"), ("a.png", "Give a folder")],
)
def test_other_files_get_an_error_that_says_what_is_read(name, message, tmp_path):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ValueError, match=rf"cannot be loaded\. {message}.*IDX files"):
        load_images(tmp_path / name)


def test_home_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save_tree(tmp_path / "mine", UNDIVIDED)
    assert len(load_images("~/mine").data) == 3


# Many files


PEAK = """
import resource, sys
from skdigits.datasets import load_images
for folder in sys.argv[1:]:
    load_images(folder, image_shape=(8, 8))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_many_large_pictures_are_not_held(tmp_path):
    """30 of 4 MB each, decoded."""
    pytest.importorskip("resource")
    picture = save(tmp_path / "few" / "a" / "0.png", size=(2000, 2000))
    (tmp_path / "many" / "a").mkdir(parents=True)
    for number in range(30):
        shutil.copy(picture, tmp_path / "many" / "a" / f"{number}.png")
    few, many = map(int, run_python(PEAK, tmp_path / "few", tmp_path / "many").stdout.split())
    assert (many - few) * (1 if sys.platform == "darwin" else 1024) < 30e6


def test_it_is_silent(tmp_path, capsys):
    load_images(save_tree(tmp_path, UNDIVIDED))
    assert capsys.readouterr() == ("", "")


def test_images_keep_no_file_open(tmp_path):
    save(tmp_path / "a" / "1.gif", mode="P")
    images = load_images(tmp_path)
    os.unlink(tmp_path / "a" / "1.gif")
    Image.fromarray(images.data[0]).save(tmp_path / "a" / "1.gif")
    assert len(load_images(tmp_path).data) == 1
