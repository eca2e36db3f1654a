"""`load_images` on files and folders that somebody else has made, or that are broken."""

import io
import os
import pickle
import struct
import sys
import zipfile
import zlib

import numpy as np
import pytest
from pictures import save, save_tree
from PIL import Image

from skdigits.datasets import load_images

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes")
FAR_TOO_LARGE = (2**31, 2**10, 2**10)


class Touch:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def unreadable(tmp_path):
    """Load a folder, and return what the error says of its last picture."""
    with pytest.raises(OSError, match="cannot be read") as error:
        load_images(tmp_path)
    return str(error.value)


# Arrays


def test_objects_are_refused_and_not_run(tmp_path):
    path = tmp_path / "a.npz"
    labels = np.array([Touch(tmp_path / "touched"), 1], dtype=object)
    np.savez(path, x_train=np.zeros((2, 3, 3)), y_train=labels)
    with pytest.raises(ValueError, match=r"y_train of .* holds Python objects"):
        load_images(path)
    path.write_bytes(pickle.dumps(Touch(tmp_path / "touched")))
    with pytest.raises(OSError, match=r"cannot be read as an \.npz file"):
        load_images(path)
    assert not (tmp_path / "touched").exists()


def npy_header(shape, dtype="|u1"):
    file = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


def archive(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


LABELS = {"y_train.npy": npy(np.zeros(2, int))}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy_header(FAR_TOO_LARGE), "takes 2,097,152.0 GiB of memory, and this machine has"),
        (npy_header((2, 5, 5)) + b"\0" * 49, "x_train of .* cannot be used"),
        (npy_header((-2, 5, 5)) + b"\0" * 50, "x_train of .* cannot be used"),
        (b"\x93NUMPY\1\0\xff\xff" + b" " * 9, "x_train of .* cannot be used"),
        (b"\x93NUMPY\3\0" + npy_header((2, 5, 5))[8:], "version .* unknown"),
        (b"hello", "x_train of .* cannot be used"),
        (npy_header((2, 5, 5), "|O"), "Python objects"),
        (npy_header((2, 5, 5), [("a", "<i8")]) + b"\0" * 400, "values of type"),
    ],
)
def test_hostile_arrays(content, message, tmp_path):
    archive(tmp_path / "a.npz", {"x_train.npy": content, **LABELS})
    with pytest.raises(ValueError, match=message):
        load_images(tmp_path / "a.npz")


def test_an_archive_that_is_cut_or_changed_at_any_place(tmp_path):
    """Either an error of ours, or images of the shape that the file announces."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (3, 4, 4), dtype=np.uint8)
    np.savez_compressed(tmp_path / "a.npz", x_train=images, y_train=[0, 1, 0])
    whole = (tmp_path / "a.npz").read_bytes()
    broken = [whole[: rng.integers(len(whole))] for _ in range(100)]
    for _ in range(300):
        changed = bytearray(whole)
        changed[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        broken.append(bytes(changed))
    messages = []
    for content in broken:
        (tmp_path / "b.npz").write_bytes(content)
        try:
            data = load_images(tmp_path / "b.npz").data
            assert data.ndim == 3
        except (OSError, ValueError) as error:
            messages.append(str(error))
    assert len(messages) > 200
    assert all("b.npz" in message for message in messages)


def test_an_encrypted_archive(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=np.zeros((2, 3, 3)), y_train=[0, 1])
    content = bytearray((tmp_path / "a.npz").read_bytes())
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = content.find(signature)
        while start >= 0:
            content[start + place] |= 1
            start = content.find(signature, start + 1)
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(OSError, match="encrypted"):
        load_images(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (struct.pack(">4B3I", 0, 0, 8, 3, *FAR_TOO_LARGE), "this machine has"),
        (struct.pack(">4B3I", 0, 0, 8, 3, 2, 5, 5) + b"\0" * 49, "it is truncated"),
        (struct.pack(">4B3I", 0, 0, 8, 3, 2, 5, 5) + b"\0" * 51, "bytes to spare"),
        (struct.pack(">4B2I", 0, 0, 8, 3, 2, 5), "truncated inside its header"),
        (struct.pack(">4B", 0, 0, 8, 255) + b"\0\0\0\1" * 255 + b"\0", "maximum"),
        (b"\0\0\x0d\1\0\0\0\1\0\0\0\0", "IDX type 0x0d"),
        (b"hello", "not an IDX file"),
        (b"", "not an IDX file"),
        (b"\x1f\x8b\x08", "gzip is truncated"),
        (b"\x1f\x8bhello, this is not gzip", "gzip is corrupt"),
    ],
)
def test_hostile_idx_files(content, message, tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\1\0\0\0\2\0\1")
    with pytest.raises(OSError, match=f"train-images-idx3-ubyte cannot be used: .*{message}"):
        load_images(tmp_path)


# Pictures


def png(width, height):
    """Return a PNG file that announces a size and has no pixels."""

    def chunk(name, content):
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("side", [10_000, 100_000, 2**31 - 1])
@pytest.mark.parametrize("parameters", [{}, {"image_shape": (4, 4), "color_mode": "grayscale"}])
def test_a_decompression_bomb_cannot_be_read(side, parameters, tmp_path):
    save(tmp_path / "a" / "1.png")
    (tmp_path / "a" / "2.png").write_bytes(png(side, side))
    with pytest.raises(OSError, match=r"1 of 2[^$]*2\.png: .*(exceeds limit|too large)"):
        load_images(tmp_path, **parameters)


def test_large_pictures_need_an_image_shape(tmp_path):
    save(tmp_path / "a" / "1.png", size=(300, 400))
    with pytest.raises(ValueError, match=r"1 of 1 .* 300 x 400.* image_shape=\(48, 64\)"):
        load_images(tmp_path)
    assert load_images(tmp_path, image_shape=(300, 400)).data.shape == (1, 300, 400)


def test_more_images_than_memory(tmp_path):
    save(tmp_path / "a" / "1.png")
    with pytest.raises(ValueError, match="GiB of memory, and this machine has"):
        load_images(tmp_path, image_shape=(2**24, 2**24))
    np.savez(tmp_path / "a.npz", x_train=np.zeros((2, 3, 3)), y_train=[0, 1])
    with pytest.raises(ValueError, match="GiB of memory, and this machine has"):
        load_images(tmp_path / "a.npz", image_shape=(2**24, 2**24))


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "tif", "webp"])
def test_pictures_that_are_cut_or_changed_at_any_place(suffix, tmp_path):
    """Either they are named as unreadable or they are read; nothing else happens."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (12, 12, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, {"jpg": "jpeg", "tif": "tiff"}.get(suffix, suffix))
    whole = file.getvalue()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / f"whole.{suffix}").write_bytes(whole)
    for number in range(60):
        changed = bytearray(whole)
        if number % 2:
            changed[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        else:
            del changed[rng.integers(len(whole)) :]
        (tmp_path / "a" / f"{number}.{suffix}").write_bytes(changed)
    with pytest.warns(UserWarning, match="cannot be read and are left out"):
        images = load_images(tmp_path, on_error="warn", image_shape=(12, 12))
    assert 1 <= len(images.data) == len(images.target) == len(images.filenames) < 61


def test_no_program_is_run_for_a_picture(tmp_path):
    """Pillow gives EPS to Ghostscript."""
    save(tmp_path / "a" / "1.png")
    save(tmp_path / "a" / "2.eps", mode="RGB")
    assert "2.eps: the file is not a picture in a known format" in unreadable(tmp_path)


@posix
def test_a_pipe_and_a_broken_link_are_named_and_do_not_block(tmp_path):
    save(tmp_path / "a" / "1.png")
    os.mkfifo(tmp_path / "a" / "2.png")
    assert "2.png: this is not a file" in unreadable(tmp_path)
    os.unlink(tmp_path / "a" / "2.png")
    (tmp_path / "a" / "2.png").symlink_to("nowhere")
    assert "2.png: there is no such file" in unreadable(tmp_path)


@posix
def test_links_that_go_round_in_circles(tmp_path):
    save_tree(tmp_path, {"a/1.png": 1, "b/1.png": 2})
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a")
    (tmp_path / "b" / "loop.png").symlink_to(tmp_path / "b" / "loop.png")
    assert "loop.png: there is no such file" in unreadable(tmp_path)
    os.unlink(tmp_path / "b" / "loop.png")
    images = load_images(tmp_path)
    assert set(images.target.tolist()) == {"a", "b"}


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_file_that_may_not_be_read(tmp_path):
    save(tmp_path / "a" / "1.png")
    save(tmp_path / "a" / "2.png").chmod(0)
    assert "2.png: the file cannot be read ([Errno 13]" in unreadable(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_not_utf_8(tmp_path):
    folder = os.fsencode(tmp_path)
    file = io.BytesIO()
    Image.new("L", (4, 4), 7).save(file, "PNG")
    for label in (b"caf\xe9", "caf\N{LATIN SMALL LETTER E WITH ACUTE}".encode()):
        os.mkdir(os.path.join(folder, label))
        with open(os.path.join(folder, label, b"\xff.png"), "wb") as picture:
            picture.write(file.getvalue())
    with open(os.path.join(folder, b"a.csv"), "wb") as table:
        table.write(b"caf\xe9/\xff.png,x\n")
    images = load_images(tmp_path)
    assert images.target.tolist() == ["caf\N{LATIN SMALL LETTER E WITH ACUTE}", "caf\\udce9"]
    assert os.fsencode(images.filenames[1]).endswith(b"caf\xe9/\xff.png")
    table = load_images(tmp_path / "a.csv")
    assert table.filenames.tolist() == images.filenames[1:].tolist()


def test_two_ways_to_write_an_accent_are_one_class(tmp_path):
    save_tree(tmp_path, {"train/cafe\N{COMBINING ACUTE ACCENT}/1.png": 1})
    save_tree(tmp_path, {"test/caf\N{LATIN SMALL LETTER E WITH ACUTE}/1.png": 1})
    assert len(load_images(tmp_path).target_names) == 1
