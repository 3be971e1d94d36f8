"""The footer of a Parquet file, read without Arrow: how long its columns are, and in what codec.

Arrow's own description of a column ends the whole process where a footer is damaged (seen with
pyarrow 26: an exception of C++ that nothing catches). So the footer is read here first, as strictly
as it takes to see what Arrow will see. It is written in Thrift's compact protocol,
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
with the fields of https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

MAGIC = b"PAR1"
UNCOMPRESSED = 0
_DEPTH = 12

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_INTEGERS = (_I16, _I32, _I64)

# A type; or the fields of a structure, by number; or in a list what the list is of. Arrow goes by
# these, and what has another type, or is there twice, it understands in ways of its own.
_Fields: TypeAlias = "Mapping[int, Any]"

_ANY: _Fields = {}
_PAIR: _Fields = {1: _BINARY, 2: _BINARY}
_SCHEMA: _Fields = dict.fromkeys((1, 2, 3, 5, 6, 7, 8, 9), _I32) | {4: _BINARY, 10: _ANY}
_META: _Fields = (
    dict.fromkeys((5, 6, 7, 9, 10, 11, 14), _I64)
    | dict.fromkeys((1, 4, 15), _I32)
    | {2: [_I32], 3: [_BINARY], 8: [_PAIR], 12: _ANY, 13: [_ANY]}
    | {16: {1: _I64, 2: [_I64], 3: [_I64]}, 17: {1: _ANY, 2: [_I32]}}
)
_CHUNK: _Fields = {1: _BINARY, 2: _I64, 3: _META, 4: _I64, 5: _I32, 6: _I64, 7: _I32}
_GROUP: _Fields = {1: [_CHUNK], 2: _I64, 3: _I64, 4: [_ANY], 5: _I64, 6: _I64, 7: _I16}
_FILE: _Fields = {1: _I32, 2: [_SCHEMA], 3: _I64, 4: [_GROUP], 5: [_PAIR], 6: _BINARY, 7: [_ANY]}


class FooterError(Exception):
    """What is wrong with a footer."""


@dataclass(frozen=True)
class Footer:
    """What the file says of itself.

    rows: in all. columns: for each group of rows, the codec and the number of values of each.
    elsewhere: whether some of it lies in other files, or is encrypted.
    """

    rows: int
    columns: tuple[tuple[tuple[int, int], ...], ...]
    metadata: tuple[tuple[bytes, bytes], ...]
    elsewhere: bool


def footer(content: bytes) -> Footer:
    """The footer of a whole file. Raises FooterError."""
    length = int.from_bytes(content[-8:-4], "little")
    if not (content.startswith(MAGIC) and content.endswith(MAGIC) and len(content) >= length + 12):
        raise FooterError("cut short, or not Parquet")
    reader = _Reader(content[len(content) - 8 - length : -8])
    try:
        found = reader.structure(_FILE, 0)
        chunks = [each for group in found.get(4, ()) for each in group[1]]
        return Footer(
            rows=found[3],
            columns=tuple(
                tuple((chunk[3][4], chunk[3][5]) for chunk in group[1])
                for group in found.get(4, ())
            ),
            metadata=tuple((pair[1], pair.get(2, b"")) for pair in found.get(5, ())),
            elsewhere=8 in found or any({1, 8, 9} & set(chunk) for chunk in chunks),
        )
    except (IndexError, KeyError):
        raise FooterError("its footer is damaged") from None


class _Reader:
    """Reads values one after another. Raises IndexError at the end, FooterError for nonsense."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def structure(self, fields: _Fields, depth: int) -> dict[int, Any]:
        """Number of the field → value. Fields that are not known are read and kept, too."""
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 15
            number = number + step if step else self._integer()
            if number in found or not 0 < number < 2**15:
                raise FooterError("its footer is damaged")
            found[number] = self._value(kind, fields.get(number), depth + 1)
        return found

    def _value(self, kind: int, expected: Any, depth: int) -> Any:
        if depth > _DEPTH or (expected is not None and kind != _kind(expected)):
            raise FooterError("its footer is damaged")
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind in _INTEGERS:
            return self._integer()
        if kind == _BYTE:
            return self._byte()
        if kind == _DOUBLE:
            return self._bytes(8)
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind == _LIST:
            return self._list(expected, depth)
        if kind == _STRUCT:
            return self.structure(expected or _ANY, depth)
        raise FooterError("its footer is damaged")  # sets and maps: Parquet has none

    def _list(self, expected: Any, depth: int) -> list[Any]:
        head = self._byte()
        kind = head & 15
        length = self._varint() if head >> 4 == 15 else head >> 4
        if kind in (_TRUE, _FALSE):
            return list(self._bytes(length))
        inner = expected[0] if expected is not None else None
        return [self._value(kind, inner, depth + 1) for _ in range(length)]

    def _integer(self) -> int:
        """Signed, with the sign in the last bit."""
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise FooterError("its footer is damaged")

    def _byte(self) -> int:
        value = self._content[self._at]
        self._at += 1
        return value

    def _bytes(self, length: int) -> bytes:
        if length > len(self._content) - self._at:
            raise IndexError
        self._at += length
        return self._content[self._at - length : self._at]


def _kind(expected: Any) -> int:
    if isinstance(expected, list):
        return _LIST
    return expected if isinstance(expected, int) else _STRUCT
