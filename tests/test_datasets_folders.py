"""Where people keep the files of MNIST and Fashion-MNIST, and what they say about it."""

import os
import re
from pathlib import Path

import pytest
from tiny_sets import FILES, IMAGES, OTHER_FILES, checksums, expect, packed

from skdigits.datasets import _fetch, fetch_fashion_mnist, fetch_mnist

NOBODY = "http://127.0.0.1:9/"  # no mirror answers there


@pytest.fixture(autouse=True)
def sets(tmp_path, monkeypatch):
    """Two tiny sets in the place of the published ones, on no mirror and nowhere yet."""
    for name, files in (("mnist", FILES), ("fashion", OTHER_FILES)):
        source = _fetch.Source(mirrors=(NOBODY,), md5=checksums(files))
        monkeypatch.setitem(_fetch.SOURCES, name, source)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


def put(folder, files, rename=lambda name: name):
    folder = Path(folder)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / rename(name)).write_bytes(content)


def fetch_both():
    """Return what each loader gives: its own set, or the message of its OSError."""
    results = []
    for fetch, files in ((fetch_mnist, FILES), (fetch_fashion_mnist, OTHER_FILES)):
        try:
            bunch = fetch(subset="test", download_if_missing=False)
        except OSError as error:
            results.append(str(error))
        else:
            expect(bunch, "t10k", files)
            results.append("found")
    return results


@pytest.mark.parametrize(
    ("mnist", "fashion"),
    [
        ("mnist", "fashion"),
        ("MNIST", "Fashion"),
        ("MNIST/raw", "FashionMNIST/raw"),  # torchvision
        ("MNIST_data", "fashion-mnist"),
        ("mnist-dataset", "Fashion_MNIST"),
    ],
)
def test_folders_are_found_one_up_and_one_down(mnist, fashion, monkeypatch):
    put(f"all/data/{mnist}", FILES)
    put(f"all/data/{fashion}", packed(OTHER_FILES))
    put("all/data/KMNIST/raw", packed(FILES | {IMAGES: b"not MNIST's"}))
    for folder in ("all/data", "all"):
        monkeypatch.setenv("SKDIGITS_DATA", folder)
        assert fetch_both() == ["found", "found"]
    for folder in (f"all/data/{mnist}", f"all/data/{mnist.split('/')[0]}"):
        monkeypatch.setenv("SKDIGITS_DATA", folder)
        found, message = fetch_both()
        assert found == "found"
        assert "t10k-images-idx3-ubyte is not in" in message
        assert f"SKDIGITS_DATA, which is '{folder}' now" in message


def test_a_folder_with_the_plain_name_comes_first(monkeypatch):
    put("data/MNIST-old", {IMAGES: FILES[IMAGES][:-1]})
    put("data/mnist", FILES)
    monkeypatch.setenv("SKDIGITS_DATA", "data")
    expect(fetch_mnist())
    os.remove(f"data/mnist/{IMAGES}")
    with pytest.raises(OSError, match=r"MNIST-old/.* cannot be used: it is truncated"):
        fetch_mnist()


@pytest.mark.parametrize("form", [dict, packed])
@pytest.mark.parametrize("rename", [lambda name: name.replace("-idx", ".idx"), str.upper])
def test_names_of_files_with_a_dot_and_in_upper_case(form, rename, monkeypatch):
    put("mine", form(FILES), rename)
    monkeypatch.setenv("SKDIGITS_DATA", "mine")
    assert fetch_both()[0] == "found"


def test_a_folder_for_each_file(monkeypatch):
    for name, content in FILES.items():
        put(f"data/{name}", {name: content})
    monkeypatch.setenv("SKDIGITS_DATA", "data")
    assert fetch_both()[0] == "found"


@pytest.mark.parametrize("name", ["mnist", "fashion", "mine"])
def test_one_set_is_never_taken_for_the_other(name, monkeypatch):
    """Whatever the folder is called."""
    put(name, OTHER_FILES)
    for folder in (name, "."):
        monkeypatch.setenv("SKDIGITS_DATA", folder)
        message, found = fetch_both()
        assert "SKDIGITS_DATA" in message
        assert found == "found" or folder == "."


@pytest.mark.parametrize("folder", ["all/data", "all/data/", "~/all/data", "all", "all/data/mnist"])
def test_ways_to_name_a_folder(folder, monkeypatch):
    put("all/data/mnist", FILES)
    monkeypatch.setenv("SKDIGITS_DATA", folder)
    expect(fetch_mnist())
    monkeypatch.setenv("SKDIGITS_DATA", "")  # as if it were unset
    expect(fetch_mnist(data_home=folder))


@pytest.mark.parametrize("folder", ["typo", "file", "~nobodyhere/data", "caf\udce9 %#"])
def test_what_is_no_folder_is_said_at_once(folder, monkeypatch):
    Path("file").write_text("mine")
    monkeypatch.setenv("SKDIGITS_DATA", folder)
    names = f"SKDIGITS_DATA names .*{re.escape(folder)}, which is not a folder"
    with pytest.raises(NotADirectoryError, match=names):
        fetch_mnist()
    assert not os.path.exists("home")


def test_a_folder_whose_name_is_no_text(monkeypatch):
    put("caf\udce9 %#/mnist", FILES)
    monkeypatch.setenv("SKDIGITS_DATA", "caf\udce9 %#")
    expect(fetch_mnist())
    os.remove(f"caf\udce9 %#/mnist/{IMAGES}")
    with pytest.raises(OSError, match=re.escape("caf\udce9 %#/mnist")):
        fetch_mnist(download_if_missing=False)


def test_a_data_home_that_cannot_be_written():
    Path("home").mkdir()
    Path("home/skdigits").write_text("a file in the place of the folder")
    with pytest.raises(OSError, match=r"can't be made or written .*data_home.* SKDIGITS_DATA"):
        fetch_mnist()


def test_a_data_home_that_cannot_be_made():
    Path("file").write_text("mine")
    with pytest.raises(OSError, match=r"can't be made .*data_home.* SKDIGITS_DATA"):
        fetch_mnist(data_home="file")


def test_without_a_network_the_error_is_one_line_that_says_what_to_do(monkeypatch, capsys):
    Path("data").mkdir()
    monkeypatch.setenv("SKDIGITS_DATA", "data")
    with pytest.raises(OSError, match=f"{IMAGES} could not be downloaded") as error:
        fetch_mnist()
    message = str(error.value)
    assert "\n" not in message
    for part in (NOBODY, "refused", "data/mnist", "network connection", "SKDIGITS_DATA"):
        assert part in message
    assert capsys.readouterr() == ("", "")
    assert [path.name for path in Path("home").rglob("*")] == ["skdigits", "mnist"]
