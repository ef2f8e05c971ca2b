"""Check of the list of a portal set (docs/pack.md, "Portal set"): no file missing, added or changed.

The set is a pack without its bag. The list of the set covers the single files and the zips, and the statement of the
set signs that list. What the zips hold is then checked as in any pack.
"""

from collections.abc import Iterator

from diary.pack.bag.manifest import MANIFEST_FILENAME, manifest_lines
from diary.pack.verify.bag_check import check_servable_manifest, parse_manifest
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.pack_root import PART_PATTERN
from diary.pack.verify.portal_reader import LIST_FILES, is_set_filename


def check_portal_list(pack: OpenedPack) -> Iterator[Finding]:
    """Yield every finding about the files of a set and its list."""
    digests = {name: row.sha256 for name, row in (pack.set_digests or {}).items() if name not in LIST_FILES}
    damaged = {finding.member for finding in pack.findings if finding.member}
    yield from (make_finding("part_missing", name) for name in sorted(absent_parts(pack)))
    raw = pack.read(MANIFEST_FILENAME)
    rows = None if raw is None else parse_manifest(raw)
    if raw is None:
        yield from () if MANIFEST_FILENAME in damaged else (make_finding("missing", MANIFEST_FILENAME),)
    elif rows is None:
        yield make_finding("list_damaged", MANIFEST_FILENAME)
    else:
        absent = sorted(rows.keys() - digests.keys() - damaged - absent_parts(pack))
        findings = [make_finding("missing", name) for name in absent]
        findings += [make_finding("added", name) for name in sorted(digests.keys() - rows.keys())]
        shared_names = sorted(rows.keys() & digests.keys())
        findings += [make_finding("changed", name) for name in shared_names if rows[name] != digests[name]]
        if not findings and rows.keys() == digests.keys() and raw != manifest_lines(digests.items()):
            findings.append(make_finding("list_changed", MANIFEST_FILENAME))
        yield from findings
        yield from (make_finding("unknown", name) for name in shared_names if not is_set_filename(name))
    if not absent_parts(pack):
        yield from check_servable_manifest(pack)


def absent_parts(pack: OpenedPack) -> set[str]:
    """Return the zips of a set that are listed and are not here, or that cannot be read.

    Without one of them most of a pack is not here, its keys among it, so that hardly anything can be checked.
    """
    if pack.set_digests is None:
        return set()
    rows = parse_manifest(pack.read(MANIFEST_FILENAME) or b"") or {}
    listed = {name for name in rows if PART_PATTERN.fullmatch(name)}
    return (listed - pack.set_digests.keys()) | pack.unreadable_parts
