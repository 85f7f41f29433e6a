"""Plain data as bytes and back, without pickles: what goes into the box, and what comes out.

This file stands alone, on the standard library and NumPy, because a copy of it works inside the box. Whoever reads
bytes that came from there takes them for hostile: `unpack` returns plain data or raises ValueError.
"""

import io
import json
import zipfile
from typing import Any

import numpy as np

KINDS = "biufc"  # bool, integers, floats, complex numbers: the arrays that may pass
LARGEST = 1 << 20  # bytes of one array
ALL = 4 << 20  # bytes of all arrays together
LONGEST = 100_000  # characters of one text
DEEPEST = 12
MOST = 5000  # entries of one list, tuple or dict


class Strange:
    """Stands for something that is no plain data; `words` says what it was."""

    def __init__(self, words):
        self.words = str(words)[:200]

    def __repr__(self):
        return f"<{self.words}>"


def pack(thing):
    """Bytes of an .npz file: numbers, texts, arrays, and lists, tuples and dicts of them.

    Anything else becomes a `Strange` on the way; so does what is too large, or nested too deep.
    """
    arrays: dict[str, Any] = {}
    tree = json.dumps(_tree(thing, arrays, 0)).encode()
    buffer = io.BytesIO()
    np.savez(buffer, tree=np.frombuffer(tree, np.uint8), **arrays)
    return buffer.getvalue()


def _tree(thing, arrays, depth):
    kind = type(thing)
    if depth > DEEPEST:
        return {"strange": "something nested too deep"}
    if thing is None or kind is bool or kind is float or (kind is int and abs(thing) < 1 << 63):
        return thing
    if kind is complex:
        return _array(np.asarray(thing), arrays)
    if kind is str:
        return thing[:LONGEST]
    if isinstance(thing, (np.ndarray, np.generic)):
        return _array(np.asarray(thing), arrays)
    if kind in (list, tuple) and len(thing) <= MOST:
        return {kind.__name__: [_tree(part, arrays, depth + 1) for part in thing]}
    if kind is dict and len(thing) <= MOST and all(type(key) is str for key in thing):
        return {"dict": [[key[:LONGEST], _tree(value, arrays, depth + 1)] for key, value in thing.items()]}
    return {"strange": f"a {kind.__name__}"}


def _array(array, arrays):
    if array.dtype.kind not in KINDS:
        return {"strange": f"an array of dtype {array.dtype}"}
    if array.nbytes > LARGEST or array.nbytes + sum(other.nbytes for other in arrays.values()) > ALL:
        return {"strange": f"an array of shape {array.shape}, too large to be taken"}
    name = f"a{len(arrays)}"
    arrays[name] = array
    return {"array": name}


def unpack(data):
    """What `pack` was given.

    Raises
    ------
    ValueError
        If the bytes are anything else.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("compressed")
        if sum(member.file_size for member in members) > len(data):
            raise ValueError("larger than itself")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return _plain(json.loads(arrays["tree"].tobytes()), arrays, set(arrays.files), 0)
    except Exception as problem:  # whatever a forger may think of
        raise ValueError(f"no packed data: {type(problem).__name__}") from None


def _plain(tree, arrays, left, depth):
    """A branch of the tree. Each array is read once: `left` holds the names that nothing has asked for yet."""
    if depth > DEEPEST + 1:
        raise ValueError("too deep")
    if isinstance(tree, int):
        return tree if abs(tree) < 1 << 63 else Strange("a very large whole number")
    if tree is None or isinstance(tree, (float, str)):
        return tree
    ((kind, value),) = tree.items()
    if kind == "strange":
        return Strange(value)
    if kind == "array":
        left.remove(value)  # many names for one array would be many copies of it
        array = arrays[value]
        if array.dtype.kind not in KINDS:
            raise ValueError("dtype")
        return array[()]  # a scalar comes back as a scalar
    if kind == "dict":
        return {str(key): _plain(part, arrays, left, depth + 1) for key, part in value}
    return {"list": list, "tuple": tuple}[kind](_plain(part, arrays, left, depth + 1) for part in value)
