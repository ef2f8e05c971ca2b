"""The bag around a pack: every file listed, every listed file here, every digest right, and the lists themselves."""

import hashlib
import re
from collections.abc import Iterator
from typing import Final

from diary.pack.bag.manifest import APART, BAGIT, SERVABLE, SERVABLE_LIST, payload_lists, servable_list
from diary.pack.verify.findings import Finding, find
from diary.pack.verify.pack_reader import OpenedPack

TAGS: Final = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt")
TAG_LIST: Final = "tagmanifest-sha256.txt"
_BESIDE: Final = frozenset({"data/00_READ-FIRST.txt", "data/15_VERIFY.txt"})
_LINE = re.compile(rb"([0-9a-f]{64}|[0-9a-f]{128})  ([!-~]{1,300})")
_INFO = re.compile(
    rb"Bagging-Date: [0-9]{4}-[0-9]{2}-[0-9]{2}\nExternal-Identifier: ([A-Z0-9_]{1,40})\nPayload-Oxum: [0-9]+\.[0-9]+\n"
)
_OXUM = re.compile(rb"^Payload-Oxum: ([0-9]+)\.([0-9]+)$", re.MULTILINE)


def check_bag(pack: OpenedPack) -> Iterator[Finding]:
    """Every finding about files and lists."""
    # A member that cannot be read has been found; it must not be found missing as well.
    damaged = {finding.member for finding in pack.findings if finding.member}
    payload = {path for path in pack.digests if path.startswith("data/")}
    listed = dict(_lists(pack))
    if pack.alone and not any(name in pack.digests for name in (*TAGS, TAG_LIST)):
        yield from _folder_alone(pack, listed, damaged)
        return
    for name in (*TAGS, TAG_LIST):
        if name not in pack.digests and name not in damaged:
            yield find("missing", name)
    yield from (find("list_damaged", name) for name, rows in listed.items() if rows is None)
    names = {path for name in TAGS[2:] for path in (listed.get(name) or {})}
    # Who was given the servable part alone was not given the rest: that is said once, and nothing is missing.
    left_out = {path for path in names if pack.alone and path.startswith(APART)}
    yield from (find("missing", path) for path in sorted(names - payload - damaged - left_out))
    yield from (find("added", path) for path in sorted(payload - names) if names)
    yield from (find("added", path) for path in sorted(set(pack.digests) - payload - {*TAGS, TAG_LIST}))
    yield from _changed(pack, listed, is_whole=not left_out)
    yield from _servable(pack, listed.get(SERVABLE_LIST), damaged)
    yield from _tags(pack, listed, is_whole=not left_out)


def _folder_alone(pack: OpenedPack, listed: dict[str, dict[str, str] | None], damaged: set[str]) -> Iterator[Finding]:
    """The servable folder without the bag around it: its own list names every file of it."""
    if SERVABLE_LIST not in pack.digests:
        yield from () if SERVABLE_LIST in damaged else (find("missing", SERVABLE_LIST),)
        return
    rows = listed[SERVABLE_LIST]
    if rows is None:
        yield find("list_damaged", SERVABLE_LIST)
        return
    told = {f"{SERVABLE}{name}": digest for name, digest in rows.items()}
    here = {path: held.sha256 for path, held in pack.digests.items() if path != SERVABLE_LIST}
    found = [find("missing", path) for path in sorted(told.keys() - here.keys() - damaged)]
    found += [find("added", path) for path in sorted(here.keys() - told.keys() - _BESIDE)]
    found += [find("changed", path) for path in sorted(told.keys() & here.keys()) if told[path] != here[path]]
    if not found and not damaged and pack.read(SERVABLE_LIST) != servable_list(here):
        found.append(find("list_changed", SERVABLE_LIST))
    yield from found


def _lists(pack: OpenedPack) -> Iterator[tuple[str, dict[str, str] | None]]:
    """Every list of files, read; None for one that is no such list."""
    for name in (*TAGS[2:], TAG_LIST, SERVABLE_LIST):
        raw = pack.read(name)
        if raw is not None:
            yield name, _rows(raw)


def _rows(raw: bytes) -> dict[str, str] | None:
    """A list's paths and digests, or None."""
    rows: dict[str, str] = {}
    for line in raw.splitlines():
        found = _LINE.fullmatch(line)
        if not found or found[2].decode() in rows:
            return None
        rows[found[2].decode()] = found[1].decode()
    return rows


def _changed(pack: OpenedPack, listed: dict[str, dict[str, str] | None], *, is_whole: bool) -> Iterator[Finding]:
    """Files whose digest is not the listed one in both lists; a list that disagrees alone is the changed thing.

    `is_whole`: every part is here, so that the lists can be made again and compared.
    """
    short, long = listed.get(TAGS[2]) or {}, listed.get(TAGS[3]) or {}
    changed, odd = set(), set()
    for path, digests in pack.digests.items():
        wrong = (path in short and short[path] != digests.sha256, path in long and long[path] != digests.sha512)
        if all(wrong) or (any(wrong) and not (short and long)):
            changed.add(path)
        elif any(wrong):
            odd.add(TAGS[2] if wrong[0] else TAGS[3])
    yield from (find("changed", path) for path in sorted(changed))
    if not changed and is_whole:
        expected = payload_lists({path: held for path, held in pack.digests.items() if path.startswith("data/")})
        odd |= {name for name, raw in expected.items() if name in pack.digests and pack.read(name) != raw}
    yield from (find("list_changed", name) for name in sorted(odd))


def _servable(pack: OpenedPack, rows: dict[str, str] | None, damaged: set[str]) -> Iterator[Finding]:
    """The servable folder's own list, which must stand when the folder is all there is."""
    if rows is None:
        return
    inside = {path: held.sha256 for path, held in pack.digests.items() if path.startswith(SERVABLE)}
    if any(path.startswith(SERVABLE) for path in damaged):
        return
    if pack.read(SERVABLE_LIST) != servable_list(inside):
        yield find("list_changed", SERVABLE_LIST)


def _tags(pack: OpenedPack, listed: dict[str, dict[str, str] | None], *, is_whole: bool) -> Iterator[Finding]:
    """The files beside data/, against their list and against what a pack of this release writes."""
    rows = listed.get(TAG_LIST)
    for name in TAGS:
        if name in pack.digests and rows and rows.get(name) != pack.digests[name].sha256:
            yield find("changed", name)
    if rows is not None and set(rows) != set(TAGS):
        yield find("list_changed", TAG_LIST)
    expected = "".join(f"{pack.digests[name].sha256}  {name}\n" for name in TAGS if name in pack.digests)
    if TAG_LIST in pack.digests and hashlib.sha256(expected.encode()).hexdigest() != pack.digests[TAG_LIST].sha256:
        yield find("list_changed", TAG_LIST)
    if "bagit.txt" in pack.digests and pack.read("bagit.txt") != BAGIT:
        yield find("bag", "bagit.txt")
    info = pack.read("bag-info.txt") or b""
    told = _INFO.fullmatch(info)
    if "bag-info.txt" in pack.digests and (not told or (not pack.is_part and told[1].decode() != pack.folder)):
        yield find("bag", "bag-info.txt")
    if not is_whole:
        return
    payload = [held.size for path, held in pack.digests.items() if path.startswith("data/")]
    oxum = _OXUM.search(info)
    if "bag-info.txt" in pack.digests and (not oxum or (int(oxum[1]), int(oxum[2])) != (sum(payload), len(payload))):
        yield find("bag", "bag-info.txt")
