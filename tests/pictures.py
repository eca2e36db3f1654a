"""What the tests of pictures share: small ones, and folders of them."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def save(path, *, size=(6, 6), color=0, mode="L", **options):
    """Write a picture of one colour; `size` is height and width."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size[::-1], color).save(path, **options)
    return path


def save_array(path, pixels, **options):
    """Write a picture of these pixels."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels)).save(path, **options)
    return path


def png(pixels, depth, transparent):
    """Return a PNG of grey values or colours with `depth` bits each; one of them is transparent."""
    bits = np.asarray(pixels)[..., None] >> np.arange(depth)[::-1] & 1
    rows = np.packbits(bits.reshape(len(bits), -1).astype(bool), axis=1)
    height, width, *colours = np.shape(pixels)
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, depth, 2 if colours else 0, 0, 0, 0),
        b"tRNS": np.array(transparent, ">u2").tobytes(),
        b"IDAT": zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows)),
        b"IEND": b"",
    }
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks.items():
        checksum = struct.pack(">I", zlib.crc32(name + data))
        content += struct.pack(">I", len(data)) + name + data + checksum
    return content


def save_tree(root, files):
    """Write pictures whose grey values are given by their paths in a folder; return the folder."""
    for name, grey in files.items():
        save(Path(root, name), color=grey)
    return Path(root)


def values(bunch):
    """Return the first pixel of each image with its label."""
    first = bunch.data.reshape(len(bunch.data), -1)[:, 0]
    return list(zip(first.tolist(), bunch.target.tolist(), strict=True))
