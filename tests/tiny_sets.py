"""Tiny sets in the place of MNIST and Fashion-MNIST, to follow files on their way."""

import gzip
import hashlib

import numpy as np


def make_files(seed):
    """Return the four files of a set, by their published names."""
    rng = np.random.default_rng(seed)
    files = {}
    for prefix, n_samples in (("train", 12), ("t10k", 5)):
        images = rng.integers(0, 256, (n_samples, 28, 28), dtype=np.uint8)
        files[f"{prefix}-images-idx3-ubyte"] = _idx(images)
        labels = (np.arange(n_samples) + seed) % 10
        files[f"{prefix}-labels-idx1-ubyte"] = _idx(labels.astype(np.uint8))
    return files


def _idx(values):
    header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, dtype=">u4").tobytes()
    return header + values.tobytes()


def checksums(files):
    """Return the MD5 of each file."""
    return {name: hashlib.md5(content).hexdigest() for name, content in files.items()}


def packed(files):
    """Return the files as gzip."""
    return {f"{name}.gz": gzip.compress(content) for name, content in files.items()}


FILES = make_files(0)
OTHER_FILES = make_files(1)  # of the other set
IMAGES = "train-images-idx3-ubyte"


def expect(bunch, prefix="train", files=FILES):
    """Check that a loader gave the content of the files."""
    images = np.frombuffer(files[f"{prefix}-images-idx3-ubyte"], np.uint8, offset=16)
    labels = np.frombuffer(files[f"{prefix}-labels-idx1-ubyte"], np.uint8, offset=8)
    np.testing.assert_array_equal(bunch.data, images.reshape(-1, 28, 28))
    np.testing.assert_array_equal(bunch.target, labels)
