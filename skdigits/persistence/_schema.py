"""The description of a model that skops writes: number its parts anew, and check them.

skops checks the types in a file before it makes any object. The checks here come first. They bound
what loading costs: no array is larger than its part of the file, and no part is read twice.
"""

import io
import json
from math import prod

from skdigits._arrays import npy_header

# Nodes of skops that files may have. Left out are those whose parts are archives of their own, or
# refer to other nodes.
LOADERS = {
    "BytesNode", "ConstructorFromReduceNode", "DTypeNode", "DefaultDictNode", "DictNode",
    "FunctionNode", "JsonNode", "ListNode", "LossNode", "MaskedArrayNode", "MethodNode",
    "NdArrayNode", "ObjectNode", "OperatorFuncNode", "PartialNode", "RandomGeneratorNode",
    "RandomStateNode", "SetNode", "SliceNode", "TreeNode", "TupleNode", "TypeNode",
}  # fmt: skip
WRITES = ("checkpoint", "memory")  # parameters of our classifiers, and of pipelines
# Of the states of random numbers: numpy does not check positions, and takes long for a large pool.
LARGEST = {"pos": 624, "buffer_pos": 4, "pool_size": 100}
EMPTY_ITEMS = 1000  # items without any bytes, such as empty texts


def numbered(members):
    """Return the members that skops wrote, with numbers that do not depend on the process.

    An object that skops found twice is described in the same way each time, so that its arrays are
    in the file once. Arrays that were mapped to a file are like any others.

    Parameters
    ----------
    members : dict of str to bytes

    Returns
    -------
    members : dict of str to bytes
    """
    nodes: dict = {}
    files: dict = {}

    def renumber(value):
        if isinstance(value, list):
            return [renumber(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "__loader__" not in value:
            return {key: renumber(each) for key, each in value.items()}
        if value["__id__"] not in nodes:
            node = nodes[value["__id__"]] = {}
            node |= {**value, "__id__": len(nodes)}
            if (node["__module__"], node["__class__"]) == ("numpy", "memmap"):
                node["__class__"] = "ndarray"
            if "file" in node:
                suffix = node["file"].rpartition(".")[2]
                node["file"] = files.setdefault(node["file"], f"{len(files)}.{suffix}")
            node |= {key: renumber(each) for key, each in node.items()}
        return nodes[value["__id__"]]

    schema = json.dumps(renumber(json.loads(members["schema.json"])))
    return {"schema.json": schema.encode(), **{new: members[old] for old, new in files.items()}}


def check(members):
    """Raise ValueError for a description that skops should not see.

    Parameters
    ----------
    members : dict of str to bytes
    """
    try:
        schema = json.loads(members["schema.json"])
        seen: dict = {}
        for node in nodes_in(schema):
            if seen.setdefault(node.get("__id__"), node) != node:
                raise ValueError("it is damaged: two objects have one number.")
            _check_node(node, members)
        used = {node["file"] for node in nodes_in(schema) if "file" in node}
    except (AttributeError, KeyError, RecursionError, TypeError, json.JSONDecodeError) as error:
        raise ValueError("its description is damaged.") from error
    unused = members.keys() - used - {"schema.json"}
    if unused:
        raise ValueError(f"it is damaged: its part {min(unused)!r} belongs to no object.")


def nodes_in(schema):
    """Yield all nodes: the dicts that describe an object. Those inside come after those around."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "__loader__" in value or "__id__" in value:  # skops takes a number for a whole node
                yield value
            waiting += reversed(value.values())
        elif isinstance(value, list):
            waiting += reversed(value)


def _check_node(node, members):
    loader = node["__loader__"]
    if loader not in LOADERS:
        raise ValueError(f"it has an object of the unknown kind {loader!r}.")
    if not all(isinstance(node[key], str) for key in ("__class__", "__module__")):
        raise ValueError("its description is damaged.")
    if "file" in node:
        if node["file"] not in members or node["file"] == "schema.json":
            raise ValueError(f"its part {node['file']!r} is missing.")
        if loader == "NdArrayNode":
            _check_array(node, members[node["file"]])
    if loader == "ObjectNode" and node["__module__"].startswith(("skdigits.", "sklearn.")):
        attributes = {} if _is_none(node["content"]) else _items(node["content"])
        if not all(_is_none(attributes[name]) for name in WRITES if name in attributes):
            raise ValueError("it names files that a later training would write or read.")
    if loader == "RandomStateNode":
        _check_random(node["content"], _items(node["content"])["state"])
    if loader == "RandomGeneratorNode":
        state = node["content"]["bit_generator"]
        _check_random(state, _items(state)["state"], node["content"]["seed_seq"])


def _is_none(node):
    return node["__loader__"] == "JsonNode" and node["content"] == "null"


def _items(node):
    """Return the nodes in the node of a dict, by their keys."""
    if node["__loader__"] != "DictNode":
        raise ValueError("its description is damaged.")
    return node["content"]


def _check_random(*nodes):
    """Check the numbers of `LARGEST` in the nodes of dicts."""
    for items in map(_items, nodes):
        for name in LARGEST.keys() & items.keys():
            known = map(str, range(LARGEST[name] + 1))
            if items[name]["__loader__"] != "JsonNode" or items[name]["content"] not in known:
                raise ValueError("it has a random state that is damaged.")


def _check_array(node, content):
    """Check an array: its size is that of its part, and it holds no objects."""
    file = io.BytesIO(content)
    try:
        shape, dtype = npy_header(file)
    except Exception as error:  # numpy evaluates the header as Python's literals
        raise ValueError(f"its part {node['file']!r} is not an array.") from error
    count = prod(shape)
    if dtype.hasobject or (dtype.kind == "V" and not dtype.names):
        raise ValueError(f"its part {node['file']!r} is an array of objects.")
    if count * dtype.itemsize != len(content) - file.tell() or min(shape, default=0) < 0:
        raise ValueError(f"its part {node['file']!r} has another size than it says.")
    if not dtype.itemsize and count > EMPTY_ITEMS:
        raise ValueError(f"its part {node['file']!r} is an array of nothing.")
    if node["__class__"] != "ndarray" and (shape or dtype.kind == "V"):
        raise ValueError(f"its part {node['file']!r} is not a single number.")
