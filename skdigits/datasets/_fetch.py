"""Where the files of MNIST and Fashion-MNIST come from, and that they are the right ones."""

import io
import os
from dataclasses import dataclass
from pathlib import Path

import pooch
from sklearn.datasets import get_data_home

from skdigits.datasets._idx import read_idx, unzip

LOCAL_FOLDER = "SKDIGITS_DATA"


@dataclass(frozen=True)
class Source:
    """One published set: addresses of its folder, best first, and what its files hold."""

    mirrors: tuple[str, ...]
    md5: dict[str, str]  # of the uncompressed file, by its name without .gz


# By the name of the set's folder. All mirrors serve the files gzipped, under the same names.
SOURCES = {
    "mnist": Source(
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        md5={
            "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
            "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
            "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
            "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
        },
    ),
    "fashion": Source(
        mirrors=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        md5={
            "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
            "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
            "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
        },
    ),
}


def fetch_files(name, prefix, *, data_home, download_if_missing):
    """Return the images and the labels of one half of a set.

    Parameters
    ----------
    name : {"mnist", "fashion"}
        Key of `SOURCES`.
    prefix : {"train", "t10k"}
        The half, as its files' names begin.
    data_home, download_if_missing
        As in `fetch_mnist`.

    Returns
    -------
    images : ndarray of shape (n_samples, 28, 28), uint8
    labels : ndarray of shape (n_samples,), uint8
        Both read-only.
    """
    images = _fetch_file(name, f"{prefix}-images-idx3-ubyte", data_home, download_if_missing)
    labels = _fetch_file(name, f"{prefix}-labels-idx1-ubyte", data_home, download_if_missing)
    return images, labels


def _fetch_file(name, file_name, data_home, download_if_missing):
    """Return one file's values from the first place that has it."""
    md5 = SOURCES[name].md5[file_name]
    local = _local_folder()
    path = local and _find(local / name, file_name)
    if path:
        remedy = f"Put the published file in its place, or unset {LOCAL_FOLDER}"
        return read_idx(path, md5, remedy)

    cache = Path(get_data_home(data_home)) / "skdigits" / name
    path = _find(cache, file_name)
    if path is None:
        if not download_if_missing:
            looked = [str(local / name)] if local else []
            raise OSError(
                f"{file_name} is not in {' or '.join([*looked, str(cache)])}, and "
                f"download_if_missing is False. Set it to True, or put the file there, or name a "
                f"folder that holds {name}/{file_name} in the environment variable {LOCAL_FOLDER}"
            )
        path = _download(SOURCES[name].mirrors, file_name, md5, cache)
    return read_idx(path, md5, "Delete it and call again to download it anew")


def _local_folder():
    """Return the folder that the environment names, or None."""
    value = os.environ.get(LOCAL_FOLDER)
    if not value:
        return None
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise NotADirectoryError(
            f"the environment variable {LOCAL_FOLDER} names {folder}, which is not a folder. "
            "Set it to a folder that holds mnist/ or fashion/, or unset it"
        )
    return folder


def _find(folder, file_name):
    """Return the path of the plain or the gzip file, or None."""
    candidates = (folder / file_name, folder / f"{file_name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def _download(mirrors, file_name, md5, folder):
    """Download one file into the folder, uncompressed, from the first mirror that gives it.

    Pooch writes to a temporary file beside the target and moves it there once its MD5 is right.
    So neither a broken transfer nor a second process leaves a partial file under the name.
    """
    failures = []
    for mirror in mirrors:
        url = f"{mirror}{file_name}.gz"
        try:
            return pooch.retrieve(
                url, f"md5:{md5}", fname=file_name, path=folder, downloader=_download_unzipped
            )
        # What transfers and disks raise is an OSError; a wrong content is a ValueError.
        except (OSError, ValueError) as error:
            failures.append(f"{url}: {error}")
    raise OSError(
        f"{file_name} could not be downloaded into {folder}. Check the network connection, or put "
        f"the file there yourself. The mirrors tried:\n" + "\n".join(failures)
    )


def _download_unzipped(url, path, _):
    """Download a gzip file, with a progress bar, and write its content: a pooch downloader.

    The content is what has a published checksum whatever the compression, so pooch's check of
    the written file is the same check that a local copy gets.
    """
    packed = io.BytesIO()
    pooch.HTTPDownloader(progressbar=True)(url, packed, None)
    Path(path).write_bytes(unzip(packed.getvalue()))
    # The file is pooch's temporary one, closed to others; a data home may be shared.
    Path(path).chmod(0o644)
