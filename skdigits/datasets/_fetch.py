"""Find or download the files of MNIST and Fashion-MNIST, and check them."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from skdigits._files import probe_file, write_bytes
from skdigits._quiet import is_quiet
from skdigits.datasets._find import find_file
from skdigits.datasets._idx import AnotherFileError, read_idx, unzip

LOCAL_FOLDER = "SKDIGITS_DATA"
TIMEOUT = 30  # seconds to wait for a mirror to answer
SECONDS_BETWEEN_LINES = 60  # if standard error is no terminal


@dataclass(frozen=True)
class Source:
    """A published data set: the addresses of its folder, the best first, and its checksums."""

    mirrors: tuple[str, ...]
    md5: dict[str, str]  # of the uncompressed file, by its name without .gz


# By the name of the data set's folder. All mirrors have the same gzip files.
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
    """Return the images and the labels of one half of a data set.

    Parameters
    ----------
    name : {"mnist", "fashion"}
        Key of `SOURCES`.
    prefix : {"train", "t10k"}
        The beginning of the names of its files.
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


def find_folder(name):
    """Return the folder on this machine with the files of a data set, or None; don't download."""
    paths = [_find(name, file_name, None)[0] for file_name in SOURCES[name].md5]
    return paths[0].parent if all(paths) else None


def _fetch_file(name, file_name, data_home, download_if_missing):
    """Return the values of a file from the first folder that has it, or download it."""
    path, values, looked = _find(name, file_name, data_home)
    if path:
        return values
    missing = f"is not in {' or '.join(looked)}"
    advice = (
        f"put the file there, plain or gzip, or name a folder that holds {name}/{file_name} in the "
        f"environment variable {LOCAL_FOLDER}"
    )
    if now := os.environ.get(LOCAL_FOLDER):
        advice += f", which is {now!r} now"
    if not download_if_missing:
        raise OSError(
            f"{file_name} {missing}, and download_if_missing is False. Set it to True, or {advice}"
        )
    try:
        return _download_file(name, file_name, _data_home(data_home) / "skdigits" / name)
    except ConnectionError as error:
        raise OSError(
            f"{file_name} could not be downloaded ({error}) and {missing}. Check the network "
            f"connection, or {advice}"
        ) from None


def _find(name, file_name, data_home):
    """Return path and values of a file, or None twice; and where it was looked for."""
    looked = []
    for folder, remedy in _places(data_home):
        looked.append(str(folder / name))
        for path in find_file(folder, name, file_name):
            values = _read(path, name, file_name, remedy)
            if values is not None:
                return path, values, looked
            looked[-1] += f" ({path} belongs to another data set)"
    return None, None, looked


def _places(data_home):
    """Yield the folders to look in, each with advice for a bad file in it."""
    if local := os.environ.get(LOCAL_FOLDER):
        yield _local_folder(local), f"Put the published file in its place, or unset {LOCAL_FOLDER}"
    home = _data_home(data_home)
    for folder in (home / "skdigits", home):
        yield folder, "Delete it and call again to download it anew"


def _local_folder(value):
    """Return the folder that the environment names."""
    folder = Path(os.path.expanduser(value)).absolute()
    try:
        os.listdir(folder)
    except OSError as error:
        raise NotADirectoryError(
            f"the environment variable {LOCAL_FOLDER} names {folder}, which is not a folder that "
            f"can be read ({error.strerror}). Set it to a folder that holds mnist/ or fashion/, "
            "or unset it"
        ) from error
    return folder


def _data_home(data_home):
    """Return the folder for downloaded data sets; scikit-learn's `get_data_home` would make it."""
    home = data_home or os.environ.get("SCIKIT_LEARN_DATA") or "~/scikit_learn_data"
    return Path(os.path.expanduser(os.fsdecode(home))).absolute()


def _read(path, name, file_name, remedy):
    """Return the values of a file, or None if it is the published file of another data set."""
    try:
        return read_idx(path.read_bytes(), SOURCES[name].md5[file_name])
    except ValueError as error:
        others = [source.md5.values() for other, source in SOURCES.items() if other != name]
        if isinstance(error, AnotherFileError) and any(error.md5 in each for each in others):
            return None
        raise OSError(f"{path} cannot be used: {error}. {remedy}") from error


def _download_file(name, file_name, folder):
    """Download a file into a folder from the first mirror that has it, and return its values.

    The file is written without compression, since only its content has a published checksum. It is
    written whole, after that checksum was found right.

    Raises
    ------
    ConnectionError
        If all mirrors fail; the message has the reason of each.
    OSError
        If the folder cannot be made or written; this comes before the download.
    """
    path = folder / file_name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe_file(path)
    except OSError as error:
        raise OSError(
            f"the folder for downloads can't be made or written ({error}). Name another one as "
            "data_home or in the environment variable SCIKIT_LEARN_DATA, or one with the files in "
            f"{LOCAL_FOLDER}"
        ) from error
    failures = []
    for mirror in SOURCES[name].mirrors:
        url = f"{mirror}{file_name}.gz"
        try:
            content = unzip(_download(url))
            values = read_idx(content, SOURCES[name].md5[file_name])
        # A failed download is an OSError, a wrong content a ValueError.
        except (OSError, ValueError) as error:
            failures.append(f"{url}: {_reason(error)}")
        else:
            write_bytes(path, content)
            return values
    raise ConnectionError("; ".join(failures))


def _download(url):
    """Return the content of an address; show a progress bar if there is an error output."""
    import requests
    from tqdm import tqdm

    is_shown = sys.stderr is not None and not is_quiet()
    pause = 0.1 if is_shown and sys.stderr.isatty() else SECONDS_BETWEEN_LINES
    with requests.get(url, stream=True, timeout=TIMEOUT) as response:
        response.raise_for_status()
        total = int(response.headers.get("Content-Length", 0)) or None
        chunks = []
        with tqdm(
            desc=url.rpartition("/")[2],
            total=total,
            unit="B",
            unit_scale=True,
            dynamic_ncols=True,
            mininterval=pause,
            maxinterval=pause,
            disable=not is_shown,
        ) as bar:
            for chunk in response.iter_content(1 << 16):
                chunks.append(chunk)
                bar.update(len(chunk))
    return b"".join(chunks)


def _reason(error):
    """Return the message of the first cause; errors raised for it repeat the long address."""
    from requests.exceptions import ProxyError

    where = ""
    if isinstance(error, ProxyError):
        where = "the proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or the system names: "
    while error.__context__:
        error = error.__context__
    return where + (str(error) or type(error).__name__)
