"""The loaders: what they return, where files come from, and that only right ones are used."""

import hashlib
import io
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_digits as load_originals
from tiny_sets import FILES, IMAGES, checksums, expect, packed

from skdigits.datasets import _fetch, fetch_fashion_mnist, fetch_mnist, load_digits

# load_digits


def test_digits_are_images_in_the_form_of_mnist():
    digits = load_digits(subset="all")
    assert digits.data.shape == (1797, 28, 28)
    assert digits.data.dtype == np.uint8
    assert digits.target.dtype == np.int64
    assert (digits.data.min(), digits.data.max()) == (0, 255)
    frame = digits.data.copy()
    frame[:, 4:24, 4:24] = 0
    assert frame.max() == 0
    assert digits.target_names.tolist() == list("0123456789")
    assert "1,797" in digits.DESCR


def test_digits_are_the_originals_enlarged():
    images, target = load_digits(subset="all", return_X_y=True)
    originals = load_originals()
    order = _train_then_test(originals.target)
    np.testing.assert_array_equal(target, originals.target[order])
    # The means over the 8 x 8 blocks that 40 of the enlarged pixels fill agree with the originals,
    # but for the blur of the interpolation.
    blocks = images[:, 4:24, 4:24].repeat(2, axis=1).repeat(2, axis=2).reshape(-1, 8, 5, 8, 5)
    means = blocks.mean(axis=(2, 4)) / 255 * 16
    originals = originals.images[order]
    assert np.corrcoef(means.ravel(), originals.ravel())[0, 1] > 0.97
    # A corner pixel lies outside the outermost centres, so it is its original, unmixed.
    np.testing.assert_array_equal(
        images[:, [4, 4, 23, 23], [4, 23, 4, 23]],
        np.floor(originals[:, [0, 0, 7, 7], [0, 7, 0, 7]] * 255 / 16 + 0.5),
    )


def _train_then_test(target):
    rank = np.array([np.sum(target[:i] == label) for i, label in enumerate(target)])
    count = np.bincount(target)[target]
    test = rank >= count - count // 5
    return np.concatenate([np.flatnonzero(~test), np.flatnonzero(test)])


def test_digits_split_is_stratified_and_always_the_same():
    train, test, both = (load_digits(subset=subset) for subset in ("train", "test", "all"))
    assert len(train.data) == 1442
    assert len(test.data) == 355
    np.testing.assert_array_equal(np.concatenate([train.data, test.data]), both.data)
    np.testing.assert_array_equal(np.concatenate([train.target, test.target]), both.target)
    share = np.bincount(test.target) / np.bincount(both.target)
    assert share.min() > 0.19
    assert share.max() <= 0.2
    # The pixels themselves, on every machine.
    digest = hashlib.sha256(both.data.tobytes()).hexdigest()
    assert digest.startswith("9da520c3360ab36d")


@pytest.mark.parametrize("classes", [(3, 7), [7, 3, 3], np.array([3, 7], dtype=np.uint8)])
def test_classes_keeps_those_labels_only(classes):
    everything = load_digits()
    digits = load_digits(classes=classes)
    wanted = np.isin(everything.target, [3, 7])
    np.testing.assert_array_equal(digits.target, everything.target[wanted])
    np.testing.assert_array_equal(digits.data, everything.data[wanted])
    assert digits.target_names[7] == "7"


@pytest.mark.parametrize("loader", [load_digits, fetch_mnist, fetch_fashion_mnist])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("classes", (0, 10)),
        ("classes", (-1,)),
        ("classes", ()),
        ("classes", 3),
        ("classes", ("3",)),
        ("classes", (0.5,)),
        ("subset", "validation"),
        ("return_X_y", "yes"),
    ],
)
def test_bad_parameters_are_named_before_any_file_is_read(loader, name, value, nowhere):
    with pytest.raises(ValueError, match=name):
        loader(**{name: value})
    assert not nowhere.exists()


# The published sets


@pytest.fixture
def published(data_folder, monkeypatch):
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))


@pytest.mark.usefixtures("published", "nowhere_as_home")
def test_mnist_is_the_published_one():
    mnist = fetch_mnist()
    assert mnist.data.shape == (60_000, 28, 28)
    assert mnist.data.dtype == np.uint8
    assert mnist.target[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    mnist.data[0] = 0  # the caller's own
    for subset, count in (("train", 12_665), ("test", 2_115)):
        X, y = fetch_mnist(subset=subset, classes=(0, 1), return_X_y=True)
        assert X.shape == (count, 28, 28)
        assert set(y) == {0, 1}


@pytest.mark.usefixtures("published", "nowhere_as_home")
def test_fashion_mnist_is_the_published_one():
    X, y = fetch_fashion_mnist(subset="all", return_X_y=True)
    assert X.shape == (70_000, 28, 28)
    train, test = X[:60_000], y[60_000:]
    assert y[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert np.bincount(y[:60_000]).tolist() == [6_000] * 10
    assert np.bincount(test).tolist() == [1_000] * 10
    assert train.mean() == pytest.approx(72.94, abs=0.005)
    assert train.std() == pytest.approx(90.02, abs=0.005)


# A tiny set in the place of MNIST

MD5 = checksums(FILES)
PACKED = packed(FILES)


class Mirror:
    """A web server on this machine, each of whose answers a test can change."""

    def __init__(self):
        self.answers = {f"/{name}": content for name, content in PACKED.items()}
        self.asked = []
        self.before_images = None  # a barrier to wait at
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.asked.append(self.path)
                if mirror.before_images and self.path == f"/{IMAGES}.gz":
                    mirror.before_images.wait()
                answer = mirror.answers.get(self.path)
                content, length = answer if isinstance(answer, tuple) else (answer, None)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(length or len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Neither a local folder nor a data home; returns the path of the data home to be."""
    home = tmp_path / "home"
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(home))
    return home


@pytest.fixture
def nowhere_as_home(tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))


@pytest.fixture
def tiny(nowhere, monkeypatch):
    """The tiny set as MNIST, on two mirrors, and nothing of it on this machine."""
    mirrors = [Mirror(), Mirror()]
    source = _fetch.Source(mirrors=tuple(mirror.url for mirror in mirrors), md5=MD5)
    monkeypatch.setitem(_fetch.SOURCES, "mnist", source)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield SimpleNamespace(first=mirrors[0], second=mirrors[1], home=nowhere)
    for mirror in mirrors:
        mirror.stop()


def _cache(tiny):
    return tiny.home / "skdigits" / "mnist"


def _local(folder, monkeypatch, files):
    """Make a local folder with these files of the set, and name it in the environment."""
    (folder / "mnist").mkdir(parents=True)
    for name, content in files.items():
        (folder / "mnist" / name).write_bytes(content)
    monkeypatch.setenv("SKDIGITS_DATA", str(folder))
    return folder / "mnist"


def test_download_goes_to_the_data_home_once(tiny, capsys):
    expect(fetch_mnist())
    assert "100%" in capsys.readouterr().err  # the progress bar
    names = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"}
    assert {path.name for path in _cache(tiny).iterdir()} == names
    assert (_cache(tiny) / IMAGES).stat().st_mode & 0o444 == 0o444  # others may read it
    expect(fetch_mnist(download_if_missing=False))
    assert capsys.readouterr() == ("", "")
    assert len(tiny.first.asked) == 2
    expect(fetch_mnist(subset="test"), "t10k")
    both = fetch_mnist(subset="all")
    assert len(both.data) == 17
    assert both.target.tolist() == [*fetch_mnist().target, *fetch_mnist(subset="test").target]
    assert tiny.second.asked == []


def test_data_home_can_be_given(tiny, tmp_path):
    for given in (tmp_path / "a", str(tmp_path / "b")):
        expect(fetch_mnist(data_home=given))
    assert (tmp_path / "a" / "skdigits" / "mnist" / IMAGES).is_file()
    assert (tmp_path / "b" / "skdigits" / "mnist" / IMAGES).is_file()
    assert not tiny.home.exists()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        (PACKED[f"{IMAGES}.gz"][:500], len(PACKED[f"{IMAGES}.gz"])),
        PACKED[f"{IMAGES}.gz"][:500],
        PACKED["t10k-images-idx3-ubyte.gz"],
        b"<html>Sign in to the network</html>",
        b"",
    ],
    ids=["not found", "transfer breaks", "truncated", "another file", "web page", "empty"],
)
def test_second_mirror_helps_where_the_first_fails(tiny, answer):
    tiny.first.answers[f"/{IMAGES}.gz"] = answer
    expect(fetch_mnist())
    assert tiny.first.asked == [f"/{IMAGES}.gz", "/train-labels-idx1-ubyte.gz"]
    assert tiny.second.asked == [f"/{IMAGES}.gz"]
    assert len(list(_cache(tiny).iterdir())) == 2


def test_second_mirror_helps_where_the_first_is_down(tiny):
    tiny.first.stop()
    expect(fetch_mnist())


def test_failure_of_all_mirrors_names_them_and_leaves_no_file(tiny):
    tiny.first.stop()
    tiny.second.answers[f"/{IMAGES}.gz"] = PACKED["t10k-images-idx3-ubyte.gz"]
    with pytest.raises(OSError, match=f"{IMAGES} could not be downloaded") as error:
        fetch_mnist()
    assert tiny.first.url in str(error.value)
    assert tiny.second.url in str(error.value)
    assert "network connection" in str(error.value)
    assert list(_cache(tiny).iterdir()) == []
    # Nothing of the failure stays: the next call succeeds.
    tiny.second.answers[f"/{IMAGES}.gz"] = PACKED[f"{IMAGES}.gz"]
    expect(fetch_mnist())


@pytest.mark.skipif(os.name == "nt", reason="POSIX terminals")
def test_the_bar_of_a_download_is_as_wide_as_the_terminal(tiny, monkeypatch):
    import pty
    import termios

    ours, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 40))
    with open(terminal, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        expect(fetch_mnist())
        stream.flush()
        shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert "100%" in shown
    assert max(map(len, re.split(r"[\r\n]+", shown))) <= 40


def test_a_pipe_gets_the_bar_of_a_download_once_a_minute(tiny, monkeypatch, capsys):
    monkeypatch.setattr("tqdm.std.time", itertools.count().__next__)  # a second passes
    tiny.first.answers[f"/{IMAGES}.gz"] = bytes(1 << 20)  # 16 parts, of another file
    expect(fetch_mnist())
    first, *_ = capsys.readouterr().err.split("\n")
    assert "100%" in first
    assert first.count("\r") == 2  # at the beginning and at the end


def test_download_shows_what_the_error_output_can_show(tiny, monkeypatch):
    narrow = io.TextIOWrapper(io.BytesIO(), "ascii", errors="strict")
    monkeypatch.setattr(sys, "stderr", narrow)
    expect(fetch_mnist())
    assert b"100%" in narrow.buffer.getvalue()
    monkeypatch.setattr(sys, "stderr", None)  # a program without a terminal
    expect(fetch_mnist(subset="test"), "t10k")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_while_downloading_leaves_no_file(tiny):
    ctrl_c = SimpleNamespace(wait=lambda: os.kill(os.getpid(), signal.SIGINT))
    tiny.first.before_images = ctrl_c
    with pytest.raises(KeyboardInterrupt):
        fetch_mnist()
    assert list(_cache(tiny).iterdir()) == []
    tiny.first.before_images = None
    expect(fetch_mnist())


IN_ANOTHER_PROCESS = """
import json, sys
from skdigits.datasets import _fetch, fetch_mnist
mirror, md5 = json.loads(sys.argv[1])
_fetch.SOURCES["mnist"] = _fetch.Source(mirrors=(mirror,), md5=md5)
print(fetch_mnist().target.tolist())
"""


@pytest.mark.slow
def test_two_processes_at_once(tiny):
    # The mirror answers neither before both have asked, so both download at the same time.
    tiny.first.before_images = threading.Barrier(2, timeout=60)
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, json.dumps([tiny.first.url, MD5])]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert json.loads(out) == [*range(10), 0, 1]
    assert tiny.first.asked.count(f"/{IMAGES}.gz") == 2
    assert len(list(_cache(tiny).iterdir())) == 2
    expect(fetch_mnist(download_if_missing=False))


def test_missing_files_without_leave_to_download(tiny, tmp_path, monkeypatch):
    with pytest.raises(OSError, match=f"{IMAGES} is not in .*download_if_missing is False"):
        fetch_mnist(download_if_missing=False)
    folder = _local(tmp_path / "local", monkeypatch, {})
    with pytest.raises(OSError, match=re.escape(f"{folder} or {_cache(tiny)}")):
        fetch_mnist(download_if_missing=False)
    with pytest.raises(OSError, match="download_if_missing is False"):
        fetch_mnist(download_if_missing=False, data_home=tmp_path / "new")
    assert tiny.first.asked == []
    assert os.listdir(tmp_path) == ["local"]  # no empty folder


@pytest.mark.parametrize("files", [FILES, PACKED, {**FILES, **PACKED}])
def test_local_folder_comes_first_raw_or_gzip(tiny, tmp_path, monkeypatch, files):
    _local(tmp_path / "local", monkeypatch, files)
    expect(fetch_mnist())
    expect(fetch_mnist(subset="test"), "t10k")
    assert tiny.first.asked == []
    assert not tiny.home.exists()


def test_data_home_takes_gzip_put_there_by_hand(tiny):
    _cache(tiny).mkdir(parents=True)
    for name, content in PACKED.items():
        (_cache(tiny) / name).write_bytes(content)
    expect(fetch_mnist(download_if_missing=False))


def test_what_the_local_folder_lacks_is_looked_for_in_the_data_home(tiny, tmp_path, monkeypatch):
    _local(tmp_path / "local", monkeypatch, {IMAGES: FILES[IMAGES]})
    expect(fetch_mnist())
    assert tiny.first.asked == ["/train-labels-idx1-ubyte.gz"]


FLIPPED = bytearray(FILES[IMAGES])
FLIPPED[100] ^= 1
PACKED_FLIPPED = bytearray(PACKED[f"{IMAGES}.gz"])
PACKED_FLIPPED[200] ^= 1

DAMAGE = {
    "gzip truncated": (f"{IMAGES}.gz", PACKED[f"{IMAGES}.gz"][:-20], "gzip is truncated"),
    "gzip corrupt": (f"{IMAGES}.gz", bytes(PACKED_FLIPPED), "gzip is corrupt"),
    "raw truncated": (IMAGES, FILES[IMAGES][:-1], "truncated: 9408 values announced, 9407"),
    "raw longer": (IMAGES, FILES[IMAGES] + b"\0", "bytes to spare"),
    "header truncated": (IMAGES, FILES[IMAGES][:10], "truncated inside its header"),
    "one bit wrong": (IMAGES, bytes(FLIPPED), "MD5 differs"),
    "another file": (IMAGES, FILES["t10k-images-idx3-ubyte"], "MD5 differs"),
    "web page": (IMAGES, b"<html></html>", "not an IDX file"),
    "other type": (IMAGES, b"\0\0\x0d\x01\0\0\0\0", "not unsigned bytes"),
    "empty": (IMAGES, b"", "not an IDX file"),
}


@pytest.mark.parametrize(("name", "content", "message"), DAMAGE.values(), ids=DAMAGE)
def test_bad_file_is_named_and_never_used(tiny, tmp_path, monkeypatch, name, content, message):
    labels = {"train-labels-idx1-ubyte": FILES["train-labels-idx1-ubyte"]}
    _cache(tiny).mkdir(parents=True)
    cached = _cache(tiny) / name
    cached.write_bytes(content)
    with pytest.raises(OSError, match=message) as error:
        fetch_mnist()
    assert str(cached) in str(error.value)
    assert "Delete it and call again" in str(error.value)
    assert cached.read_bytes() == content

    local = _local(tmp_path / "local", monkeypatch, {name: content, **labels}) / name
    with pytest.raises(OSError, match=message) as error:
        fetch_mnist()
    assert str(local) in str(error.value)
    assert "or unset SKDIGITS_DATA" in str(error.value)
    assert tiny.first.asked == []

    # The advice works.
    monkeypatch.delenv("SKDIGITS_DATA")
    os.remove(cached)
    expect(fetch_mnist())


def test_importing_loads_no_keras():
    code = "import sys, skdigits.datasets, skdigits.preprocessing; print(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"tensorflow", "keras", "scikeras"} & set(out)
