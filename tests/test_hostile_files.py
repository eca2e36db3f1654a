"""Files that are damaged, or made to harm: `load` refuses them before it makes anything of them."""

import contextlib
import io
import json
import pickle
import struct
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from support import mlp, tiny

import skdigits
from skdigits.persistence._archive import pack, unpack
from skdigits.preprocessing import PixelScaler

X, Y = tiny()
X_SMALL = X.reshape(len(X), -1)[:, ::29].copy()  # few weights: small files
EVENTS = ("import", "exec", "open", "socket.connect", "subprocess.Popen", "os.system")

_watched = []  # where the audit hook puts the events; it cannot be removed


@pytest.fixture(scope="module", autouse=True)
def _watch():
    def hook(event, arguments):
        if _watched and event in EVENTS:
            _watched[-1].append((event, arguments))

    sys.addaudithook(hook)


@contextlib.contextmanager
def nothing_may_run(path):
    """Fail if code runs, a module is imported, or a file other than `path` is opened."""
    _watched.append([])
    try:
        yield
    finally:
        events = _watched.pop()
    others = [each for each in events if each[0] != "open" or str(each[1][0]) != str(path)]
    assert not others


@pytest.fixture(scope="module")
def model():
    return mlp(hidden_layer_sizes=(3,), epochs=1).fit(X_SMALL, Y)


@pytest.fixture(scope="module")
def content(model, tmp_path_factory):
    path = skdigits.save(model, tmp_path_factory.mktemp("good") / "model.skd")
    skdigits.load(path)  # so that all modules are imported
    return path.read_bytes()


@pytest.fixture
def refused(tmp_path):
    """Return a function that loads content, and checks that it is refused and how."""

    def check(content, match=None):
        path = tmp_path / "model.skd"
        path.write_bytes(content)
        tracemalloc.start()
        try:
            with nothing_may_run(path), pytest.raises(ValueError, match=match):
                skdigits.load(path)
            assert tracemalloc.get_traced_memory()[1] < 30 * len(content) + 2**20
        finally:
            tracemalloc.stop()

    return check


def changed(content, change):
    """Return a file after a change of its members, with checksums that are right."""
    members, versions = unpack(content)
    change(members)
    return pack(members, versions)


def in_schema(content, edit):
    """Return a file after a change of each node in its description."""

    def change(members):
        schema = json.loads(members["schema.json"])
        waiting = [schema]
        while waiting:
            value = waiting.pop()
            waiting += value.values() if isinstance(value, dict) else value
            waiting = [each for each in waiting if isinstance(each, dict | list)]
            if isinstance(value, dict) and "__loader__" in value:
                edit(value)
        members["schema.json"] = json.dumps(schema).encode()

    return changed(content, change)


def rezipped(content, edit=lambda name, member: [(name, member)], **options):
    """Return an archive of the same members, of which `edit` may make others."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", **options) as new,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("warnings.warn", lambda *args, **kwargs: None)  # of duplicate names
        for name in old.namelist():
            for new_name, member in edit(name, old.read(name)):
                new.writestr(new_name, member)
    return buffer.getvalue()


def test_an_archive_of_the_same_members_loads(content, tmp_path, model):
    (tmp_path / "model.skd").write_bytes(rezipped(content))
    loaded = skdigits.load(tmp_path / "model.skd")
    np.testing.assert_array_equal(loaded.predict_proba(X_SMALL), model.predict_proba(X_SMALL))


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_in_disguise(refused, protocol):
    refused(pickle.dumps(mlp(), protocol), "pickle|not written by")


def test_no_archive(refused):
    for content in (b"", b"PK\x03\x04", b"\x1f\x8b hello", b"x" * 1000):
        refused(content, "damaged|not written")


@pytest.mark.parametrize(
    "name", ["../evil.npy", "/etc/evil.npy", "C:\\evil.npy", "evil.py", "a/0.npy", "0.npy\x00.npy"]
)
def test_a_part_with_another_name(content, refused, name):
    refused(rezipped(content, lambda n, m: [(n, m), (name, m)]), "does not belong|twice")


def test_a_part_twice_or_missing_or_exchanged(content, refused):
    refused(rezipped(content, lambda n, m: [(n, m)] * (2 if n == "3.npy" else 1)), "twice")
    refused(rezipped(content, lambda n, m: [] if n == "3.npy" else [(n, m)]), "3.npy.*missing")
    swap = {"3.npy": "4.npy", "4.npy": "3.npy"}
    refused(rezipped(content, lambda n, m: [(swap.get(n, n), m)]), "changed")
    added = [("99.npy", b"")]
    refused(rezipped(content, lambda n, m: [(n, m)] + (added if n == "0.npy" else [])), "99.npy")


@pytest.mark.slow
def test_very_many_parts(content, refused):
    added = [(f"{number}.npy", b"") for number in range(100, 30_000)]
    refused(rezipped(content, lambda n, m: [(n, m)] + (added if n == "0.npy" else [])), "changed")


def test_a_folder_of_pickles(refused, tmp_path):
    pipeline = make_pipeline(PixelScaler(), mlp()).fit(X_SMALL, Y)
    path = skdigits.save(pipeline, tmp_path / "pipeline.skd")

    def edit(node):
        if node["__class__"] == "Pipeline":
            node["content"]["content"]["memory"]["content"] = json.dumps("folder")

    refused(in_schema(path.read_bytes(), edit), "files that a later training would write or read")


NONE = {"__loader__": "JsonNode", "__class__": "str", "__module__": "builtins", "content": "null"}


def as_defaultdict(node, **others):
    """Return the node of a defaultdict with the items of another node, which skops reads."""
    kind = {"__loader__": "DefaultDictNode", "__class__": "defaultdict", "__id__": 9000}
    factory = {**NONE, "__id__": 9001}
    content = {"main": node, "default_factory": factory, **others}
    return {**kind, "__module__": "collections", "content": content}


def in_a_defaultdict(pipeline, members):
    pipeline["content"]["content"]["memory"] = {**NONE, "__id__": 9002, "content": '"folder"'}
    pipeline["content"] = as_defaultdict(pipeline["content"])


def in_an_array(pipeline, members):
    file = io.BytesIO()
    np.save(file, np.array("folder"))
    members["99.npy"] = file.getvalue()
    pipeline["content"]["content"]["memory"] = {
        "__loader__": "NdArrayNode", "__class__": "str_", "__module__": "numpy", "__id__": 9000,
        "type": "numpy", "file": "99.npy", "content": "null",
    }  # fmt: skip


def by_number(pipeline, members):
    """Give the number of an earlier node, which skops then takes in the place of this one."""
    attributes = pipeline["content"]["content"]
    attributes["transform_input"] = {**NONE, "__id__": 9000, "content": '"folder"'}
    attributes["memory"] = {"__id__": 9000, "content": "null"}


@pytest.mark.parametrize("hide", [in_a_defaultdict, in_an_array, by_number])
def test_a_folder_of_pickles_that_is_hidden(refused, tmp_path, hide):
    path = skdigits.save(make_pipeline(PixelScaler(), mlp()), tmp_path / "pipeline.skd")

    def change(members):
        schema = json.loads(members["schema.json"])
        hide(schema, members)
        members["schema.json"] = json.dumps(schema).encode()

    refused(changed(path.read_bytes(), change), "files that a later|damaged")


FAR = {**NONE, "__id__": 9003, "content": "1000000000"}


def with_decoy(node):
    """Hide the state in a defaultdict, beside a harmless one."""
    state = node["content"]["content"]["state"]
    decoy = {"content": {"pos": {**NONE, "__id__": 9002, "content": "1"}}}
    node["content"] = as_defaultdict(node["content"], state=decoy)
    state["content"]["pos"] = FAR


def far_away(node):
    state = node["content"].get("bit_generator", node["content"])["content"]
    for items in (state, state["state"]["content"]):
        items.update(dict.fromkeys({"pos", "buffer_pos"} & items.keys(), FAR))


def with_a_large_pool(node):
    """It would take numpy years."""
    node["content"]["seed_seq"]["content"]["pool_size"] = FAR


@pytest.mark.parametrize(
    ("numbers", "edit"),
    [
        (np.random.RandomState(3), far_away),
        (np.random.RandomState(3), with_decoy),
        (np.random.Generator(np.random.MT19937(3)), far_away),
        (np.random.Generator(np.random.Philox(3)), far_away),
        (np.random.Generator(np.random.Philox(3)), with_a_large_pool),
    ],
)
def test_random_numbers_from_outside_of_their_state(refused, tmp_path, numbers, edit):
    path = skdigits.save(PCA(random_state=numbers), tmp_path / "model.skd")

    def edit_random(node):
        if node["__class__"] in ("RandomState", "Generator"):
            edit(node)

    refused(in_schema(path.read_bytes(), edit_random), "a random state that is damaged|description")


def test_an_archive_bomb(content, refused):
    refused(rezipped(content, compression=zipfile.ZIP_DEFLATED), "compressed")
    bomb = rezipped(
        content,
        lambda n, m: [(n, m + b"\0" * 10**8 if n == "0.npy" else m)],
        compression=zipfile.ZIP_DEFLATED,
    )
    assert len(bomb) < 10**6
    refused(bomb, "compressed")


def test_parts_that_overlap(content, refused):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {part.filename: part for part in archive.infolist()}
    largest = max(parts.values(), key=lambda part: part.file_size)
    smallest = min(parts.values(), key=lambda part: part.file_size)
    patched = bytearray(content)
    at = content.index(smallest.filename.encode(), content.index(b"PK\x01\x02")) - 46
    patched[at + 16 : at + 28] = struct.pack(
        "<III", largest.CRC, largest.file_size, largest.file_size
    )
    patched[at + 42 : at + 46] = struct.pack("<I", largest.header_offset)
    refused(bytes(patched), "larger than the file|damaged")


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000, 1000000), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
        b"{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (3,), }",
        b"{'descr': '|V0', 'fortran_order': False, 'shape': (1000000000,), }",
        b"{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000,), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (True,), 'x': __import__('os')}",
        b"[" * 5000,
    ],
)
def test_arrays_of_terabytes_or_of_objects(content, refused, header):
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n" + b"\0" * 12
    refused(changed(content, lambda members: members.update({"0.npy": array})), "0.npy")


def test_a_pickle_in_the_place_of_an_array(content, refused):
    array = io.BytesIO()
    np.save(array, np.array([print, len], dtype=object), allow_pickle=True)
    for member in (array.getvalue(), pickle.dumps(print)):
        refused(changed(content, lambda m, new=member: m.update({"0.npy": new})), "0.npy")


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "subprocess.Popen", "no.such"])
@pytest.mark.parametrize("loader", ["ObjectNode", "FunctionNode", "TypeNode", "ListNode"])
def test_foreign_types(content, refused, name, loader):
    module, _, class_name = name.rpartition(".")

    def edit(node):
        if node["__class__"] == "MLPClassifier":
            node["content"]["content"]["epochs"] = {
                "__class__": class_name, "__module__": module, "__loader__": loader, "content": [],
            }  # fmt: skip

    refused(in_schema(content, edit), f"not trusted: {name}|damaged")


@pytest.mark.parametrize(
    "node",
    [
        {"__loader__": "CachedNode", "__class__": "str", "__module__": "builtins", "__id__": -1},
        {"__loader__": "SparseMatrixNode", "__class__": "a", "__module__": "b", "file": "0.npy"},
        {"__loader__": "NdArrayNode", "__class__": "void", "__module__": "numpy", "type": "numpy",
         "file": "0.npy"},
        {"__loader__": "NdArrayNode", "__class__": "ndarray", "__module__": "numpy",
         "type": "numpy", "file": "schema.json"},
        {"__loader__": "NdArrayNode", "__class__": "ndarray", "__module__": "numpy",
         "type": "numpy", "file": "../../etc/passwd"},
        {"__loader__": "Unknown", "__class__": "a", "__module__": "b"},
        {"__loader__": "JsonNode", "__class__": "str", "__module__": "builtins",
         "content": "[" * 100_000},
        {"__loader__": "ObjectNode", "__class__": ["list"], "__module__": 3},
        {"__loader__": "ObjectNode"},
        {},
    ],
    ids=lambda node: node.get("__loader__", "none") + str(node.get("file", "")),
)  # fmt: skip
def test_nodes_that_skops_should_not_see(content, refused, node):
    def edit(other):
        if other.get("__class__") == "MLPClassifier":
            other["content"]["content"]["epochs"] = node

    kinds = ("CachedNode", "SparseMatrixNode", "Unknown")
    refused(in_schema(content, edit), "unknown kind" if node.get("__loader__") in kinds else None)


def test_objects_that_multiply(content, refused):
    """A list of two lists of two lists ... takes for ever to check, if numbers stand for them."""
    node = {"__loader__": "JsonNode", "__class__": "str", "__module__": "builtins", "content": "1"}
    node["__id__"] = 9_999
    for number in range(18):
        short = {"__loader__": "ListNode", "__class__": "list", "__module__": "builtins"}
        node = {**short, "content": [node, {**short, "__id__": node.get("__id__")}]}
        node["__id__"] = 10_000 + number

    def edit(other):
        if other["__class__"] == "MLPClassifier":
            other["content"]["content"]["epochs"] = node

    refused(in_schema(content, edit), "two objects have one number")


def state_of(model):
    """Return all values of a model's network, and its parameters."""
    state = model.__getstate__()
    return {**state["_network"].pop("state"), **model.get_params()}


def assert_same(one, other):
    one, other = state_of(one), state_of(other)
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name])


@pytest.mark.parametrize("n_trials", [300, pytest.param(2100, marks=pytest.mark.slow)])
def test_random_flips_and_cuts(content, model, tmp_path, n_trials):
    """Each file either is refused or gives the same model."""
    path, rng = tmp_path / "model.skd", np.random.default_rng(0)
    directory = content.index(b"PK\x01\x02")
    n_refused = 0
    for trial in range(n_trials):
        damaged = bytearray(content)
        if trial % 3 == 0:
            del damaged[rng.integers(len(damaged)) :]
        else:  # half of the flips in the directory of the archive
            first = directory if trial % 3 == 1 else 0
            damaged[rng.integers(first, len(damaged))] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            with nothing_may_run(path):
                loaded = skdigits.load(path)
        except ValueError:
            n_refused += 1
        else:
            assert_same(loaded, model)
    assert n_refused > 2 * n_trials / 3


@pytest.mark.parametrize("n_trials", [100, pytest.param(600, marks=pytest.mark.slow)])
def test_random_edits_with_right_checksums(content, tmp_path, n_trials):
    """Whoever edits a file can also correct its checksums. Errors are ours; nothing is run."""
    path, rng = tmp_path / "model.skd", np.random.default_rng(0)
    members, versions = unpack(content)
    schema = members["schema.json"]
    values = [None, True, -1, 10**12, 1e300, "x", "__main__", [], {}, [[]], "ObjectNode", "list"]
    for _ in range(n_trials):
        edited = json.loads(schema)
        spots = []
        waiting = [edited]
        while waiting:
            value = waiting.pop()
            keys = list(value) if isinstance(value, dict) else range(len(value))
            spots += [(value, key) for key in keys]
            waiting += [value[key] for key in keys if isinstance(value[key], dict | list)]
        place, key = spots[rng.integers(len(spots))]
        if rng.random() < 0.3:
            del place[key]
        else:
            place[key] = values[rng.integers(len(values))]
        path.write_bytes(pack({**members, "schema.json": json.dumps(edited).encode()}, versions))
        with nothing_may_run(path), contextlib.suppress(ValueError):
            skdigits.load(path)


def test_a_network_larger_than_its_weights(content, refused):
    def edit(node):
        if node.get("content") == "3":  # the size of the hidden layer
            node["content"] = "1000000000"

    refused(in_schema(content, edit), "no weight of its network has the size")


def test_a_network_of_more_layers_than_weights(content, refused):
    def edit(node):
        if node["__loader__"] == "TupleNode" and [n.get("content") for n in node["content"]] == [
            "3"
        ]:
            node["content"] = node["content"] * 3000

    refused(in_schema(content, edit), "its network has 3000 layers")


@pytest.mark.parametrize("classes", [[0] * 10, list(range(9, -1, -1)), [np.nan] * 10, [0.0] * 9])
def test_classes_that_cannot_be(content, refused, classes):
    array = io.BytesIO()
    np.save(array, np.array(classes, float))

    def change(members):
        schema = json.loads(members["schema.json"])
        file = schema["content"]["content"]["classes_"]["file"]
        members[file] = array.getvalue()

    refused(changed(content, change), "its classes are")


def test_what_is_no_estimator(tmp_path, refused):
    import skops.io

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps([1, 2]))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    refused(pack(members, {"skdigits": "0.1.0"}), "no estimator")


def test_a_newer_format(content, refused):
    def newer(name, member):
        return [(name, member.replace(b'"format": 1', b'"format": 2'))]

    refused(rezipped(content, newer), "format 2 of skdigits .*Update skdigits")
