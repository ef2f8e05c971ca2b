"""Random structural mutations of a pack, each drawn from a seed so that a failure can be reproduced.

A mutation works on one level: the zip's bytes, the list of members, or the content of one member (JSON, a table, a list
of digests, a PDF, a log note). Half of the mutations of members are followed by what a forger would do next: recompute
every list of digests.
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

from diary.encoding import canonical_json
from diary.errors import NotCanonical
from tests.pack.pack_members import Members, change_members, members_of, rebuild_digest_lists

LOCAL_HEADER_MARK, CENTRAL_HEADER_MARK, END_RECORD_MARK = b"PK\3\4", b"PK\1\2", b"PK\5\6"
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
MEMBER_LIMIT_BYTES: Final = 1 << 26


@dataclass(frozen=True)
class PackMutant:
    """A mutated pack. `mutation` describes the change for a person."""

    seed: int
    mutation: str
    path: Path


def make_mutant(source: Path, seed: int, out: Path) -> PackMutant:
    """Write the pack of a seed to `out`."""
    random_source = random.Random(seed)
    if random_source.random() < 0.2:
        mutation, raw = mutate_zip_bytes(source.read_bytes(), random_source)
        out.write_bytes(raw)
        return PackMutant(seed, mutation, out)
    members = members_of(source)
    steps = []
    for _ in range(random_source.choice((1, 1, 1, 2, 3))):
        mutation, members = mutate_members(members, random_source)
        steps.append(mutation)
    if random_source.random() < 0.5 and "bag-info.txt" in members:
        try:
            rebuild_digest_lists(source, members, out)
            return PackMutant(seed, "; ".join(steps) + "; lists made anew", out)
        except (ValueError, IndexError):
            pass  # bag-info.txt is unreadable now: the lists stay as they are
    change_members(source, out, lambda _: members)
    return PackMutant(seed, "; ".join(steps), out)


# The zip


def mutate_zip_bytes(raw: bytes, random_source: random.Random) -> tuple[str, bytes]:
    """Change a header's field, or bytes before, between or after members."""
    changed_bytes = bytearray(raw)
    kind = random_source.choice(("local", "central", "end", "flip", "cut", "before", "after", "twice"))
    if kind in ("local", "central", "end"):
        mark, size = {
            "local": (LOCAL_HEADER_MARK, 30),
            "central": (CENTRAL_HEADER_MARK, 46),
            "end": (END_RECORD_MARK, 22),
        }[kind]
        offset = random_source.choice(list(mark_positions(raw, mark)))
        field = offset + random_source.randrange(4, size - 1)
        value = random_source.choice((0, 1, 8, 0x0800, 0xFFFF, random_source.randrange(0x10000)))
        struct.pack_into("<H", changed_bytes, field, value)
        return f"{kind} header at {offset}: byte {field - offset} is {value}", bytes(changed_bytes)
    if kind == "flip":
        offset = random_source.randrange(len(changed_bytes))
        changed_bytes[offset] ^= 1 << random_source.randrange(8)
        return f"bit at {offset}", bytes(changed_bytes)
    if kind == "cut":
        offset = random_source.randrange(len(changed_bytes))
        return f"cut at {offset}", bytes(changed_bytes[:offset])
    if kind == "before":
        return "bytes before", b"MZ" + raw
    if kind == "after":
        return "bytes after", raw + b"\0" * random_source.randrange(1, 40)
    return "twice", raw + raw


def mark_positions(raw: bytes, mark: bytes) -> Iterator[int]:
    """Return the positions of a signature."""
    position = raw.find(mark)
    while position >= 0:
        yield position
        position = raw.find(mark, position + 1)


# The members


def mutate_members(members: Members, random_source: random.Random) -> tuple[str, Members]:
    """Change the list of members once, or the content of one."""
    names = list(members)
    name = random_source.choice(names)
    kind = random_source.choice(
        ("drop", "rename", "add", "swap", "content", "inside", "inside", "inside", "inside", "inside")
    )
    if kind == "drop":
        return f"without {name}", {member: raw for member, raw in members.items() if member != name}
    if kind == "rename":
        new = random_source.choice(
            (name.upper(), name + ".", name.replace("1", "2", 1), name.rpartition("/")[2], *ODD_NAMES)
        )
        return f"{name} called {new!r}", {(new if member == name else member): raw for member, raw in members.items()}
    if kind == "add":
        new = random_source.choice((*ODD_NAMES, name + "x", name.rpartition("/")[0] + "/new.txt"))
        return f"with {new!r}", {**members, new: random_source.choice((b"", b"x", members[name]))}
    if kind == "swap":
        other_name = random_source.choice(names)
        return f"{name} and {other_name} swapped", {**members, name: members[other_name], other_name: members[name]}
    if kind == "content":
        how, raw = mutate_bytes(members[name], random_source)
        return f"{name}: {how}", {**members, name: raw}
    name = random_source.choice([member for member in names if member.endswith((".json", ".csv", ".txt", ".pdf"))])
    how, raw = MUTATION_BY_SUFFIX[name.rpartition(".")[2]](members[name], random_source)
    return f"{name}: {how}", {**members, name: raw}


def mutate_bytes(raw: bytes, random_source: random.Random) -> tuple[str, bytes]:
    """Apply a mutation without regard to the format."""
    offset = random_source.randrange(len(raw) + 1)
    kind = random_source.choice(("empty", "cut", "more", "flip", "junk", "doubled"))
    if kind == "empty":
        return kind, b""
    if kind == "cut":
        return f"cut at {offset}", raw[:offset]
    if kind == "more":
        return kind, raw + random_source.choice((b"\n", b" ", b"\0", b"x", raw[:20]))
    if kind == "flip" and raw:
        offset = min(offset, len(raw) - 1)
        return f"bit of byte {offset}", raw[:offset] + bytes([raw[offset] ^ (1 << random_source.randrange(8))]) + raw[
            offset + 1 :
        ]
    if kind == "junk":
        return kind, random_source.randbytes(random_source.randrange(1, 300))
    return "doubled", raw + raw


def mutate_json(raw: bytes, random_source: random.Random) -> tuple[str, bytes]:
    """Change a value, a key or a list item, or the spelling of the same value."""
    try:
        value = json.loads(raw)
    except ValueError:
        return mutate_bytes(raw, random_source)
    end = b"\n" if raw.endswith(b"\n") else b""
    kind = random_source.choice(("value", "value", "value", "keys", "keys", "entries", "spaces", "twice"))
    if kind == "spaces":
        return "written with spaces", json.dumps(value).encode() + end
    if kind == "twice" and raw.startswith(b'{"'):
        return "a key twice", b"{" + raw[1 : raw.index(b":")] + b":null," + raw[1:]
    how = JSON_MUTATIONS.get(kind, mutate_value)(value, random_source) or mutate_value(value, random_source)
    return (how, serialise(value, end)) if how else mutate_bytes(raw, random_source)


def mutate_value(root: Any, random_source: random.Random) -> str | None:
    """Replace a value somewhere. Return None when there is no place for one."""
    holder, where = random_source.choice(list(walk_containers(root)) or [(None, "")])
    if not holder:
        return None
    at = random_source.choice(sorted(holder)) if isinstance(holder, dict) else random_source.randrange(len(holder))
    holder[at] = new = replacement_value(holder[at], root, random_source)
    return f"{where}.{at} is {new!r:.40}"


def mutate_keys(root: Any, random_source: random.Random) -> str | None:
    """Add or remove a key of an object."""
    holder, where = random_source.choice(
        [container for container in walk_containers(root) if isinstance(container[0], dict)] or [(None, "")]
    )
    if holder is None:
        return None
    if holder and random_source.random() < 0.5:
        key = random_source.choice(sorted(holder))
        del holder[key]
        return f"{where}.{key} gone"
    key = random_source.choice(ODD_KEYS)
    holder[key] = random_source.choice(ODD_VALUES)
    return f"{where}.{key!r} more"


def mutate_entries(root: Any, random_source: random.Random) -> str | None:
    """Remove, repeat or reorder items of a list."""
    holder, where = random_source.choice(
        [container for container in walk_containers(root) if isinstance(container[0], list) and container[0]]
        or [(None, "")]
    )
    if holder is None:
        return None
    at = random_source.randrange(len(holder))
    random_source.choice((lambda: holder.pop(at), lambda: holder.append(holder[at]), holder.reverse))()
    return f"entries of {where}"


JSON_MUTATIONS: Final[dict[str, Callable[[Any, random.Random], str | None]]] = {
    "keys": mutate_keys,
    "entries": mutate_entries,
}


def replacement_value(old: Any, root: Any, draw: random.Random) -> Any:
    """Return a replacement: a similar value, an odd one, or one from elsewhere in the same member."""
    similar_values: list[Any] = []
    if isinstance(old, bool):
        similar_values = [not old]
    elif isinstance(old, int):
        similar_values = [old + 1, old - 1, -old, str(old), float(old)]
    elif isinstance(old, str):
        similar_values = [old + "A", old[:-1], old[::-1], old.upper(), old.replace("A", "B", 1), old + "=", old + "\n"]
    return draw.choice(
        (
            *similar_values,
            *similar_values,
            draw.choice(ODD_VALUES),
            copy.deepcopy(draw.choice([container for container, _ in walk_containers(root)])),
        )
    )


def walk_containers(value: Any, where: str = "$") -> Iterator[tuple[Any, str]]:
    """Yield every object and list in a value, with its path."""
    if isinstance(value, dict):
        yield value, where
        for key, child in value.items():
            yield from walk_containers(child, f"{where}.{key}")
    elif isinstance(value, list):
        yield value, where
        for index, child in enumerate(value):
            yield from walk_containers(child, f"{where}.{index}")


def serialise(value: Any, end: bytes) -> bytes:
    """Serialise a value as a pack does, or as plain JSON where it has no canonical form."""
    try:
        return canonical_json(value, limit_bytes=MEMBER_LIMIT_BYTES) + end
    except (NotCanonical, TypeError, ValueError, RecursionError):
        return (
            json.dumps(value, separators=(",", ":"), default=str, skipkeys=True).encode("utf-8", "surrogatepass") + end
        )


def mutate_lines(raw: bytes, random_source: random.Random) -> tuple[str, bytes]:
    """Change a line of a list or a note."""
    mark = b"\r\n" if b"\r\n" in raw else b"\n"
    lines = raw.split(mark)
    at = random_source.randrange(len(lines))
    kind = random_source.choice(("gone", "twice", "swapped", "upper", "space", "other ends", "flip"))
    if kind == "gone":
        del lines[at]
    elif kind == "twice":
        lines.insert(at, lines[at])
    elif kind == "swapped":
        other_index = random_source.randrange(len(lines))
        lines[at], lines[other_index] = lines[other_index], lines[at]
    elif kind == "upper":
        lines[at] = lines[at].upper()
    elif kind == "space":
        line = lines[at]
        lines[at] = random_source.choice(
            (b" " + line, line + b" ", line.replace(b"  ", b" ", 1), line.replace(b" ", b"  ", 1))
        )
    elif kind == "other ends":
        mark = b"\n" if mark == b"\r\n" else b"\r\n"
    else:
        return mutate_bytes(raw, random_source)
    return f"line {at} {kind}", mark.join(lines)


def mutate_table(raw: bytes, random_source: random.Random) -> tuple[str, bytes]:
    """Change a cell or a line of a table."""
    lines = raw.split(b"\r\n")
    if random_source.random() < 0.5:
        return mutate_lines(raw, random_source)
    at = random_source.randrange(len(lines))
    cells = lines[at].split(b",")
    cell = random_source.randrange(len(cells))
    cells[cell] = random_source.choice(
        (b"", b"x", b'"', b'""', b'"a', b"=1", b"'" + cells[cell], cells[cell] + b" ", random_source.choice(cells))
    )
    lines[at] = b",".join(cells)
    return f"cell {cell} of line {at}", b"\r\n".join(lines)


def mutate_pdf(raw: bytes, random_source: random.Random) -> tuple[str, bytes]:
    """Change a word of a PDF's structure, or its bytes."""
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
    word = random_source.choice([keyword for keyword in words if keyword in raw] or [b"%"])
    positions = list(mark_positions(raw, word))
    if not positions or random_source.random() < 0.4:
        return mutate_bytes(raw, random_source)
    at = random_source.choice(positions)
    new = random_source.choice((b"", word[::-1], word + b" ", b"%" + word))
    return f"{word.decode()} at {at} is {new!r}", raw[:at] + new + raw[at + len(word) :]


MUTATION_BY_SUFFIX: Final[dict[str, Callable[[bytes, random.Random], tuple[str, bytes]]]] = {
    "json": mutate_json,
    "csv": mutate_table,
    "txt": mutate_lines,
    "pdf": mutate_pdf,
}
