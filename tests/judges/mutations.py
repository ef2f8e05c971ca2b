"""Random structural changes to a pack, each drawn by a seed so that a failure can be played again.

A change works on one level: the zip's bytes, the list of members, or the inside of one member (JSON, a table, a list of digests,
a PDF, a log note). Half of the changes to members are followed by what a forger would do next: every list of digests made anew.
"""

from __future__ import annotations

import copy
import json
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from diary.encoding import canon
from diary.errors import NotCanonical
from tests.pack.rezip import Members, members_of, rezip, sealed_again

LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
ODD_NUMBERS: Final[tuple[Any, ...]] = (None, True, 0, -1, 1.5, 2**53, 2**63)
ODD_VALUES: Final[tuple[Any, ...]] = (*ODD_NUMBERS, "", "A", "A" * 43, "\u202e", "1", [], [[]], [None], {}, {"t": 1})
ODD_KEYS: Final = ("", "t", "v", "constructor", "__proto__", "toString", "\u00e9", "a b")
ODD_NAMES: Final = (
    "data/x",
    "data/servable/x.pdf",
    "DATA/x",
    "data/restricted/12_record.json ",
    "manifest-md5.txt",
    "x",
)
WHOLE_LIMIT: Final = 1 << 26


@dataclass(frozen=True)
class Mutant:
    """A changed pack. `how` says what was done, for a person."""

    seed: int
    how: str
    path: Path


def mutant(source: Path, seed: int, out: Path) -> Mutant:
    """Make the pack that a seed stands for, at `out`."""
    draw = random.Random(seed)
    if draw.random() < 0.2:
        how, raw = zip_bytes(source.read_bytes(), draw)
        out.write_bytes(raw)
        return Mutant(seed, how, out)
    members = members_of(source)
    steps = []
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        how, members = members_changed(members, draw)
        steps.append(how)
    if draw.random() < 0.5 and "bag-info.txt" in members:
        try:
            sealed_again(source, members, out)
            return Mutant(seed, "; ".join(steps) + "; lists made anew", out)
        except (ValueError, IndexError):
            pass  # bag-info.txt is not readable any more: the lists stay as they are
    rezip(source, out, lambda _: members)
    return Mutant(seed, "; ".join(steps), out)


# The zip


def zip_bytes(raw: bytes, draw: random.Random) -> tuple[str, bytes]:
    """Change a header's field, or bytes before, between or after members."""
    bent = bytearray(raw)
    kind = draw.choice(("local", "central", "end", "flip", "cut", "before", "after", "twice"))
    if kind in ("local", "central", "end"):
        mark, size = {"local": (LOCAL, 30), "central": (CENTRAL, 46), "end": (END, 22)}[kind]
        at = draw.choice(list(places(raw, mark)))
        field = at + draw.randrange(4, size - 1)
        value = draw.choice((0, 1, 8, 0x0800, 0xFFFF, draw.randrange(0x10000)))
        struct.pack_into("<H", bent, field, value)
        return f"{kind} header at {at}: byte {field - at} is {value}", bytes(bent)
    if kind == "flip":
        at = draw.randrange(len(bent))
        bent[at] ^= 1 << draw.randrange(8)
        return f"bit at {at}", bytes(bent)
    if kind == "cut":
        at = draw.randrange(len(bent))
        return f"cut at {at}", bytes(bent[:at])
    if kind == "before":
        return "bytes before", b"MZ" + raw
    if kind == "after":
        return "bytes after", raw + b"\0" * draw.randrange(1, 40)
    return "twice", raw + raw


def places(raw: bytes, mark: bytes) -> Iterator[int]:
    """Where a mark stands."""
    at = raw.find(mark)
    while at >= 0:
        yield at
        at = raw.find(mark, at + 1)


# The members


def members_changed(members: Members, draw: random.Random) -> tuple[str, Members]:
    """One change of the list of members, or inside one of them."""
    names = list(members)
    name = draw.choice(names)
    kind = draw.choice(("drop", "rename", "add", "swap", "content", "inside", "inside", "inside", "inside", "inside"))
    if kind == "drop":
        return f"without {name}", {one: raw for one, raw in members.items() if one != name}
    if kind == "rename":
        new = draw.choice((name.upper(), name + ".", name.replace("1", "2", 1), name.rpartition("/")[2], *ODD_NAMES))
        return f"{name} called {new!r}", {(new if one == name else one): raw for one, raw in members.items()}
    if kind == "add":
        new = draw.choice((*ODD_NAMES, name + "x", name.rpartition("/")[0] + "/new.txt"))
        return f"with {new!r}", {**members, new: draw.choice((b"", b"x", members[name]))}
    if kind == "swap":
        other = draw.choice(names)
        return f"{name} and {other} swapped", {**members, name: members[other], other: members[name]}
    if kind == "content":
        how, raw = bytes_changed(members[name], draw)
        return f"{name}: {how}", {**members, name: raw}
    name = draw.choice([one for one in names if one.endswith((".json", ".csv", ".txt", ".pdf"))])
    how, raw = INSIDE[name.rpartition(".")[2]](members[name], draw)
    return f"{name}: {how}", {**members, name: raw}


def bytes_changed(raw: bytes, draw: random.Random) -> tuple[str, bytes]:
    """A change that knows nothing of what the bytes are."""
    at = draw.randrange(len(raw) + 1)
    kind = draw.choice(("empty", "cut", "more", "flip", "junk", "doubled"))
    if kind == "empty":
        return kind, b""
    if kind == "cut":
        return f"cut at {at}", raw[:at]
    if kind == "more":
        return kind, raw + draw.choice((b"\n", b" ", b"\0", b"x", raw[:20]))
    if kind == "flip" and raw:
        at = min(at, len(raw) - 1)
        return f"bit of byte {at}", raw[:at] + bytes([raw[at] ^ (1 << draw.randrange(8))]) + raw[at + 1 :]
    if kind == "junk":
        return kind, draw.randbytes(draw.randrange(1, 300))
    return "doubled", raw + raw


def json_changed(raw: bytes, draw: random.Random) -> tuple[str, bytes]:
    """A value, a key, an entry of a list; or the same value written otherwise."""
    try:
        value = json.loads(raw)
    except ValueError:
        return bytes_changed(raw, draw)
    end = b"\n" if raw.endswith(b"\n") else b""
    kind = draw.choice(("value", "value", "value", "keys", "keys", "entries", "spaces", "twice"))
    if kind == "spaces":
        return "written with spaces", json.dumps(value).encode() + end
    if kind == "twice" and raw.startswith(b'{"'):
        return "a key twice", b"{" + raw[1 : raw.index(b":")] + b":null," + raw[1:]
    how = INSIDE_JSON.get(kind, value_changed)(value, draw) or value_changed(value, draw)
    return (how, rewritten(value, end)) if how else bytes_changed(raw, draw)


def value_changed(root: Any, draw: random.Random) -> str | None:
    """Put another value somewhere. None where there is no place for one."""
    holder, where = draw.choice(list(containers(root)) or [(None, "")])
    if not holder:
        return None
    at = draw.choice(sorted(holder)) if isinstance(holder, dict) else draw.randrange(len(holder))
    holder[at] = new = other_value(holder[at], root, draw)
    return f"{where}.{at} is {new!r:.40}"


def keys_changed(root: Any, draw: random.Random) -> str | None:
    """One key more or less in an object."""
    holder, where = draw.choice([one for one in containers(root) if isinstance(one[0], dict)] or [(None, "")])
    if holder is None:
        return None
    if holder and draw.random() < 0.5:
        key = draw.choice(sorted(holder))
        del holder[key]
        return f"{where}.{key} gone"
    key = draw.choice(ODD_KEYS)
    holder[key] = draw.choice(ODD_VALUES)
    return f"{where}.{key!r} more"


def entries_changed(root: Any, draw: random.Random) -> str | None:
    """One entry less or twice in a list, or all in another order."""
    holder, where = draw.choice(
        [one for one in containers(root) if isinstance(one[0], list) and one[0]] or [(None, "")]
    )
    if holder is None:
        return None
    at = draw.randrange(len(holder))
    draw.choice((lambda: holder.pop(at), lambda: holder.append(holder[at]), holder.reverse))()
    return f"entries of {where}"


INSIDE_JSON: Final[dict[str, Callable[[Any, random.Random], str | None]]] = {
    "keys": keys_changed,
    "entries": entries_changed,
}


def other_value(old: Any, root: Any, draw: random.Random) -> Any:
    """A value in place of another: one like it, an odd one, or one from elsewhere in the same member."""
    near: list[Any] = []
    if isinstance(old, bool):
        near = [not old]
    elif isinstance(old, int):
        near = [old + 1, old - 1, -old, str(old), float(old)]
    elif isinstance(old, str):
        near = [old + "A", old[:-1], old[::-1], old.upper(), old.replace("A", "B", 1), old + "=", old + "\n"]
    return draw.choice(
        (*near, *near, draw.choice(ODD_VALUES), copy.deepcopy(draw.choice([one for one, _ in containers(root)])))
    )


def containers(value: Any, where: str = "$") -> Iterator[tuple[Any, str]]:
    """Every object and list in a value, with its path."""
    if isinstance(value, dict):
        yield value, where
        for key, held in value.items():
            yield from containers(held, f"{where}.{key}")
    elif isinstance(value, list):
        yield value, where
        for at, held in enumerate(value):
            yield from containers(held, f"{where}.{at}")


def rewritten(value: Any, end: bytes) -> bytes:
    """The value as a pack writes it; as JSON does where it is none that a pack can hold."""
    try:
        return canon(value, limit=WHOLE_LIMIT) + end
    except (NotCanonical, TypeError, ValueError, RecursionError):
        return (
            json.dumps(value, separators=(",", ":"), default=str, skipkeys=True).encode("utf-8", "surrogatepass") + end
        )


def lines_changed(raw: bytes, draw: random.Random) -> tuple[str, bytes]:
    """A line of a list or a note."""
    mark = b"\r\n" if b"\r\n" in raw else b"\n"
    lines = raw.split(mark)
    at = draw.randrange(len(lines))
    kind = draw.choice(("gone", "twice", "swapped", "upper", "space", "other ends", "flip"))
    if kind == "gone":
        del lines[at]
    elif kind == "twice":
        lines.insert(at, lines[at])
    elif kind == "swapped":
        other = draw.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == "upper":
        lines[at] = lines[at].upper()
    elif kind == "space":
        line = lines[at]
        lines[at] = draw.choice((b" " + line, line + b" ", line.replace(b"  ", b" ", 1), line.replace(b" ", b"  ", 1)))
    elif kind == "other ends":
        mark = b"\n" if mark == b"\r\n" else b"\r\n"
    else:
        return bytes_changed(raw, draw)
    return f"line {at} {kind}", mark.join(lines)


def table_changed(raw: bytes, draw: random.Random) -> tuple[str, bytes]:
    """A cell of a table, or a line."""
    lines = raw.split(b"\r\n")
    if draw.random() < 0.5:
        return lines_changed(raw, draw)
    at = draw.randrange(len(lines))
    cells = lines[at].split(b",")
    cell = draw.randrange(len(cells))
    cells[cell] = draw.choice(
        (b"", b"x", b'"', b'""', b'"a', b"=1", b"'" + cells[cell], cells[cell] + b" ", draw.choice(cells))
    )
    lines[at] = b",".join(cells)
    return f"cell {cell} of line {at}", b"\r\n".join(lines)


def pdf_changed(raw: bytes, draw: random.Random) -> tuple[str, bytes]:
    """A word of a PDF's structure, or its bytes."""
    words = (
        b"/Type",
        b"/Length",
        b"obj",
        b"endobj",
        b"xref",
        b"startxref",
        b"trailer",
        b"stream",
        b"/Root",
        b"%%EOF",
        b"/Page",
    )
    word = draw.choice([one for one in words if one in raw] or [b"%"])
    found = list(places(raw, word))
    if not found or draw.random() < 0.4:
        return bytes_changed(raw, draw)
    at = draw.choice(found)
    new = draw.choice((b"", word[::-1], word + b" ", b"%" + word))
    return f"{word.decode()} at {at} is {new!r}", raw[:at] + new + raw[at + len(word) :]


INSIDE: Final[dict[str, Callable[[bytes, random.Random], tuple[str, bytes]]]] = {
    "json": json_changed,
    "csv": table_changed,
    "txt": lines_changed,
    "pdf": pdf_changed,
}
