"""Check of the bag: no missing or additional files, matching digests, and valid manifests."""

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from diary.pack.bag.manifest import (
    BAGIT_DECLARATION,
    EXPORT_PROOF_PATH,
    RESTRICTED_PREFIX,
    SERVABLE_MANIFEST_PATH,
    SERVABLE_PREFIX,
    SERVABLE_STATEMENT_PATH,
    payload_manifests,
    servable_manifest,
)
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import MEMBERS_LIMIT, OpenedPack

MANIFESTS: Final = ("manifest-sha256.txt", "manifest-sha512.txt")
TAG_FILES: Final = ("bag-info.txt", "bagit.txt", *MANIFESTS)
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
_INSTRUCTION_PATHS: Final = frozenset({"data/00_READ-FIRST.txt", "data/15_VERIFY.txt"})
_MANIFEST_LINE = re.compile(rb"([0-9a-f]{64}|[0-9a-f]{128})  ([!-~]{1,300})")
_BAG_INFO_PATTERN = re.compile(
    rb"Bagging-Date: ([0-9]{4}-[0-9]{2}-[0-9]{2})\nExternal-Identifier: ([A-Z0-9_]{1,40})\n"
    rb"Payload-Oxum: (0|[1-9][0-9]{0,14})\.([1-9][0-9]{0,5})\n"
)


def bagging_date(info: bytes) -> date | None:
    """Return the date in bag-info.txt; None if the file is malformed, which `check_bag` reports."""
    info_match = _BAG_INFO_PATTERN.fullmatch(info)
    try:
        return date.fromisoformat(info_match[1].decode()) if info_match else None
    except ValueError:
        return date.min  # no such day: no time falls on it


def check_bag(pack: OpenedPack) -> Iterator[Finding]:
    """Yield every finding about files and manifests."""
    # A damaged member already has a finding; it must not be reported as missing too.
    damaged = {finding.member for finding in pack.findings if finding.member}
    payload = {path for path in pack.digests if path.startswith("data/")}
    manifests = dict(_read_manifests(pack))
    if pack.is_servable_only and not any(name in pack.digests for name in (*TAG_FILES, TAG_MANIFEST)):
        yield from _check_servable_folder(pack, manifests, damaged)
        return
    tag_files = _tag_files(pack, manifests)
    for name in (*tag_files, TAG_MANIFEST):
        if name not in pack.digests and name not in damaged:
            yield make_finding("missing", name)
    yield from (make_finding("list_damaged", name) for name, rows in manifests.items() if rows is None)
    listed_paths = {path for name in MANIFESTS for path in (manifests.get(name) or {})}
    # In a copy of the servable part alone, the restricted files are not missing; `servable_only` reports that once.
    absent_restricted = {path for path in listed_paths if pack.is_servable_only and path.startswith(RESTRICTED_PREFIX)}
    yield from (make_finding("missing", path) for path in sorted(listed_paths - payload - damaged - absent_restricted))
    yield from (make_finding("added", path) for path in sorted(payload - listed_paths) if listed_paths)
    yield from (
        make_finding("added", path) for path in sorted(set(pack.digests) - payload - {*tag_files, TAG_MANIFEST})
    )
    yield from _check_digests(pack, manifests, is_whole=not absent_restricted)
    yield from check_servable_manifest(pack)
    yield from _check_tag_files(pack, manifests, is_whole=not absent_restricted)


def _tag_files(pack: OpenedPack, manifests: dict[str, dict[str, str] | None]) -> tuple[str, ...]:
    """Return the files outside data/, without their manifest.

    Packs of 0.1.0 have no statement (`not_signed`). Only a device that can write to the diary adds pack-export.json.
    """
    listed_paths = manifests.get(TAG_MANIFEST) or {}
    optional_paths = (EXPORT_PROOF_PATH, PACK_STATEMENT_PATH)
    return (*TAG_FILES, *(path for path in optional_paths if path in pack.digests or path in listed_paths))


def _check_servable_folder(
    pack: OpenedPack, manifests: dict[str, dict[str, str] | None], damaged: set[str]
) -> Iterator[Finding]:
    """Check the servable folder without the bag around it, by its own manifest."""
    if SERVABLE_MANIFEST_PATH not in pack.digests:
        yield from () if SERVABLE_MANIFEST_PATH in damaged else (make_finding("missing", SERVABLE_MANIFEST_PATH),)
        return
    rows = manifests[SERVABLE_MANIFEST_PATH]
    if rows is None:
        yield make_finding("list_damaged", SERVABLE_MANIFEST_PATH)
        return
    listed_digests = {f"{SERVABLE_PREFIX}{name}": digest for name, digest in rows.items()}
    unlisted_paths = (SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH)
    actual_digests = {path: digests.sha256 for path, digests in pack.digests.items() if path not in unlisted_paths}
    findings = [
        make_finding("missing", path) for path in sorted(listed_digests.keys() - actual_digests.keys() - damaged)
    ]
    findings += [
        make_finding("added", path)
        for path in sorted(actual_digests.keys() - listed_digests.keys() - _INSTRUCTION_PATHS)
    ]
    findings += [
        make_finding("changed", path)
        for path in sorted(listed_digests.keys() & actual_digests.keys())
        if listed_digests[path] != actual_digests[path]
    ]
    if not findings and not damaged and pack.read(SERVABLE_MANIFEST_PATH) != servable_manifest(actual_digests):
        findings.append(make_finding("list_changed", SERVABLE_MANIFEST_PATH))
    yield from findings
    # The manifest of the folder lists what is in it; these two stand beside the folder.
    yield from (make_finding("not_covered", path) for path in sorted(_INSTRUCTION_PATHS & actual_digests.keys()))


def _read_manifests(pack: OpenedPack) -> Iterator[tuple[str, dict[str, str] | None]]:
    """Yield every manifest, parsed; None for an invalid one."""
    for name in (*MANIFESTS, TAG_MANIFEST, SERVABLE_MANIFEST_PATH):
        raw = pack.read(name)
        if raw is not None:
            yield name, parse_manifest(raw)


def parse_manifest(raw: bytes) -> dict[str, str] | None:
    """Return a manifest's paths and digests, or None."""
    rows: dict[str, str] = {}
    # A forger could write a hundred megabytes of empty lines.
    if raw.count(b"\n") + raw.count(b"\r") > 2 * MEMBERS_LIMIT:
        return None
    for line in raw.splitlines():
        line_match = _MANIFEST_LINE.fullmatch(line)
        if not line_match or line_match[2].decode() in rows:
            return None
        rows[line_match[2].decode()] = line_match[1].decode()
    return rows


def _check_digests(
    pack: OpenedPack, manifests: dict[str, dict[str, str] | None], *, is_whole: bool
) -> Iterator[Finding]:
    """Yield files that differ from both manifests, and manifests that differ from files or from each other.

    `is_whole`: all parts are present, so that the manifests can be regenerated and compared.
    """
    sha256_manifest, sha512_manifest = manifests.get(MANIFESTS[0]) or {}, manifests.get(MANIFESTS[1]) or {}
    changed_files, changed_manifests = set(), set()
    for path, digests in pack.digests.items():
        mismatches = (
            path in sha256_manifest and sha256_manifest[path] != digests.sha256,
            path in sha512_manifest and sha512_manifest[path] != digests.sha512,
        )
        if all(mismatches) or (any(mismatches) and not (sha256_manifest and sha512_manifest)):
            changed_files.add(path)
        elif any(mismatches):
            changed_manifests.add(MANIFESTS[0] if mismatches[0] else MANIFESTS[1])
    yield from (make_finding("changed", path) for path in sorted(changed_files))
    if not changed_files and is_whole:
        expected = payload_manifests(
            {path: digests for path, digests in pack.digests.items() if path.startswith("data/")}
        )
        changed_manifests |= {name for name, raw in expected.items() if name in pack.digests and pack.read(name) != raw}
    yield from (make_finding("list_changed", name) for name in sorted(changed_manifests))


def check_servable_manifest(pack: OpenedPack) -> Iterator[Finding]:
    """Check the servable folder's own manifest, which must be valid when the folder is copied alone."""
    raw = pack.read(SERVABLE_MANIFEST_PATH)
    if raw is None or parse_manifest(raw) is None:
        return
    damaged = {finding.member for finding in pack.findings if finding.member}
    servable_digests = {
        path: digests.sha256 for path, digests in pack.digests.items() if path.startswith(SERVABLE_PREFIX)
    }
    if any(path.startswith(SERVABLE_PREFIX) for path in damaged):
        return
    if raw != servable_manifest(servable_digests):
        yield make_finding("list_changed", SERVABLE_MANIFEST_PATH)


def _check_tag_files(
    pack: OpenedPack, manifests: dict[str, dict[str, str] | None], *, is_whole: bool
) -> Iterator[Finding]:
    """Check the files outside data/ against their manifest, and against what a pack of this release contains."""
    rows = manifests.get(TAG_MANIFEST)
    tag_files = _tag_files(pack, manifests)
    for name in tag_files:
        if name in pack.digests and rows and rows.get(name) != pack.digests[name].sha256:
            yield make_finding("changed", name)
    if rows is not None and set(rows) != set(tag_files):
        yield make_finding("list_changed", TAG_MANIFEST)
    expected = "".join(f"{pack.digests[name].sha256}  {name}\n" for name in tag_files if name in pack.digests)
    if (
        TAG_MANIFEST in pack.digests
        and hashlib.sha256(expected.encode()).hexdigest() != pack.digests[TAG_MANIFEST].sha256
    ):
        yield make_finding("list_changed", TAG_MANIFEST)
    if "bagit.txt" in pack.digests and pack.read("bagit.txt") != BAGIT_DECLARATION:
        yield make_finding("bag", "bagit.txt")
    info = pack.read("bag-info.txt") or b""
    info_match = _BAG_INFO_PATTERN.fullmatch(info)
    if "bag-info.txt" in pack.digests and (
        not info_match
        or (not pack.is_part_folder and info_match[2].decode() != pack.folder)
        # The folder's name ends with the same date, which the signature covers.
        or info_match[1].replace(b"-", b"") != info_match[2].rpartition(b"_")[2]
    ):
        yield make_finding("bag", "bag-info.txt")
    if not info_match:
        return
    payload_sizes = [digests.size_bytes for path, digests in pack.digests.items() if path.startswith("data/")]
    file_count = len(payload_sizes if is_whole else manifests.get(MANIFESTS[0]) or {})
    if int(info_match[4]) != file_count or (is_whole and int(info_match[3]) != sum(payload_sizes)):
        yield make_finding("bag", "bag-info.txt")
