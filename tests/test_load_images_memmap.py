"""`load_images(memmap=...)`: pictures that do not fit into memory."""

import os

import numpy as np
import pytest
from pictures import save_tree

from skdigits.datasets import load_images
from skdigits.datasets._pixel_stores import file_store

FILES = {f"{label}/{number}.png": 10 * number for label in ("cat", "dog") for number in range(5)}


@pytest.mark.parametrize("color_mode", ["grayscale", "rgb"])
def test_the_same_images_as_in_memory(color_mode, tmp_path):
    folder = save_tree(tmp_path / "data", FILES)
    file = tmp_path / "images.npy"
    expected = load_images(folder, color_mode=color_mode)
    images = load_images(folder, color_mode=color_mode, memmap=file)
    assert isinstance(images.data, np.memmap)
    assert images.data.mode == "r"
    assert images.DESCR == expected.DESCR
    np.testing.assert_array_equal(images.data, expected.data)
    np.testing.assert_array_equal(images.target, expected.target)
    np.testing.assert_array_equal(np.load(file), expected.data)
    assert {each.name for each in tmp_path.iterdir()} == {"data", "images.npy"}


def test_pictures_that_are_left_out_take_no_room(tmp_path):
    folder = save_tree(tmp_path / "data", FILES)
    (tmp_path / "data" / "cat" / "3.png").write_bytes(b"no picture")
    file = tmp_path / "images.npy"
    with pytest.warns(UserWarning, match="1 of 10 pictures"):
        images = load_images(folder, on_error="warn", memmap=file)
    assert images.data.shape == (9, 6, 6)
    assert images.data[:, 0, 0].tolist() == [0, 10, 20, 40, 0, 10, 20, 30, 40]
    assert np.load(file).shape == (9, 6, 6)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_long_name_and_the_permissions_of_the_older_file(tmp_path):
    folder = save_tree(tmp_path / "data", FILES)
    file = tmp_path / f"{'a' * 240}.npy"
    file.touch(0o600)
    assert len(load_images(folder, memmap=file).data) == 10
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_error_leaves_the_older_file_and_no_other(tmp_path):
    folder = save_tree(tmp_path / "data", FILES)
    (tmp_path / "data" / "cat" / "3.png").write_bytes(b"no picture")
    file = tmp_path / "images.npy"
    file.write_bytes(b"older")
    with pytest.raises(OSError, match="1 of 10 pictures"):
        load_images(folder, memmap=file)
    assert file.read_bytes() == b"older"
    assert {each.name for each in tmp_path.iterdir()} == {"data", "images.npy"}


def test_arrays_are_in_memory_anyway(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=np.zeros((3, 4, 4), np.uint8), y_train=[0, 1, 1])
    with pytest.raises(ValueError, match=r"memmap is for pictures in files; .* has arrays"):
        load_images(tmp_path / "a.npz", memmap=tmp_path / "images.npy")


@pytest.mark.parametrize("n_images", [1, 9, 10, 99_999])
def test_the_header_has_room_for_any_number(n_images, tmp_path):
    with file_store(tmp_path / "images.npy", (10**12, 1)) as store:
        for number in range(n_images):
            store.add(np.array([number % 251]))
    images = store.array()
    assert images.shape == (n_images, 1)
    assert images[-1] == (n_images - 1) % 251


def test_a_header_that_cannot_be_written_leaves_no_file(tmp_path):
    with (
        pytest.raises(ValueError, match="Header length"),
        file_store(tmp_path / "images.npy", (1,) * 40_000),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("notes.txt", "must name an .npy file"),
        ("no/a.npy", r"There is no folder .*no.*a\.npy"),
        ("data", "npy file"),
        ("folder.npy", "Is a folder"),
    ],
)
def test_a_file_that_cannot_be(name, message, tmp_path):
    folder = save_tree(tmp_path / "data", FILES)
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises((ValueError, OSError), match=message):
        load_images(folder, memmap=tmp_path / name)
