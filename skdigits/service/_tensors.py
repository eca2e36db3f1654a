"""Tensors of the Open Inference Protocol, as JSON and as the bytes of Triton's extension."""

import struct
from math import prod
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from skdigits.service._errors import RequestError

DTYPES = {
    "BOOL": np.dtype(bool),
    **{f"UINT{8 * size}": np.dtype(f"<u{size}") for size in (1, 2, 4, 8)},
    **{f"INT{8 * size}": np.dtype(f"<i{size}") for size in (1, 2, 4, 8)},
    **{f"FP{8 * size}": np.dtype(f"<f{size}") for size in (2, 4, 8)},
}
TEXT = "BYTES"  # the datatype of texts


class Input(BaseModel):
    """A tensor of a request. With `binary_data_size`, its data are behind the JSON."""

    name: str
    shape: list[int] = Field(min_length=2, max_length=4)
    datatype: str
    data: list[Any] | None = None
    parameters: dict[str, Any] | None = None


class Output(BaseModel):
    """A tensor of an answer."""

    name: str
    shape: list[int]
    datatype: str
    data: list[Any] | None = None
    parameters: dict[str, Any] = {}


def datatype_of(dtype):
    """Return the datatype of the protocol for a dtype of numpy."""
    return next((name for name, each in DTYPES.items() if each == dtype), TEXT)


def array_of(tensor, tail):
    """Return the array of an `Input`.

    Parameters
    ----------
    tensor : Input
    tail : bytes
        What follows the JSON of the request: all data of this tensor, if they are binary.

    Raises
    ------
    RequestError
        If the tensor contradicts itself.
    """
    dtype = DTYPES.get(tensor.datatype)
    if dtype is None:
        raise _wrong(f"the datatype must be one of {', '.join(DTYPES)}; got {tensor.datatype!r}")
    if min(tensor.shape) < 1:
        raise _wrong(f"a shape consists of positive numbers; got {tensor.shape}")
    size = (tensor.parameters or {}).get("binary_data_size")
    if size is not None:
        values = _of_bytes(size, tail, dtype)
    elif tensor.data is None:
        raise _wrong(f"the input {tensor.name} has no data")
    else:
        values = _of_list(tensor.data)
    if values.size != prod(tensor.shape):
        raise _wrong(f"a tensor of shape {tensor.shape} does not have {values.size} values")
    return values.reshape(tensor.shape)


def _of_bytes(size, tail, dtype):
    if size != len(tail):
        raise _wrong(f"binary_data_size is {size}, but {len(tail)} bytes follow the JSON")
    if len(tail) % dtype.itemsize:
        raise _wrong(f"{len(tail)} bytes are not whole numbers of {dtype.itemsize} bytes")
    return np.frombuffer(tail, dtype)


def _of_list(data):
    try:
        return to_numbers(data).ravel()
    except ValueError:
        raise _wrong("the data have to be an array of numbers") from None


def to_numbers(values):
    """Return numbers in nested lists as an array.

    Raises
    ------
    ValueError
        If there is something else, or if the lists have no common shape.
    """
    if _holds_text(values):  # numpy would take the memory of the longest one for each value
        raise ValueError("there is text")
    try:
        array = np.asarray(values)
    except (OverflowError, TypeError) as error:
        raise ValueError(str(error)) from error
    if array.dtype.kind not in "buif":
        raise ValueError(f"there are values of type {array.dtype}")
    return array


def _holds_text(values):
    if not isinstance(values, list):
        return isinstance(values, str)
    kinds = set(map(type, values))
    return str in kinds or (list in kinds and any(map(_holds_text, values)))


def _wrong(message):
    return RequestError(400, message)


def to_output(name, array, *, binary):
    """Return a tensor for an answer as a dict, and its bytes.

    Parameters
    ----------
    name : str
    array : ndarray of a dtype in `DTYPES`, or of texts
    binary : bool
        Whether its data follow the JSON; the bytes are empty otherwise.
    """
    kind = datatype_of(array.dtype)
    found = {"name": name, "datatype": kind, "shape": list(array.shape)}
    if not binary:
        return found | {"data": array.ravel().tolist()}, b""
    if kind == TEXT:
        texts = [text.encode() for text in array.ravel().tolist()]
        content = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    else:
        content = array.astype(DTYPES[kind]).tobytes()
    return found | {"parameters": {"binary_data_size": len(content)}}, content
