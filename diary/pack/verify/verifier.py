"""Verification of a pack: all findings in the order of the checks.

Offline and read-only; nothing in the pack is trusted.
"""

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary import constants
from diary.ledger.cosignatures import Cosignature, LogWitness
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH, pack_fingerprint
from diary.pack.documents.instructions import TRAINING_LINE
from diary.pack.redaction import REDACTION_MARK
from diary.pack.tables.csv_format import BOM
from diary.pack.verify.bag_check import MANIFESTS, check_bag
from diary.pack.verify.causal_order import record_histories
from diary.pack.verify.completeness import check_completeness
from diary.pack.verify.embedded_files import embedded_files
from diary.pack.verify.export_check import ExportCheck, check_export
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.log_check import (
    check_cosignatures,
    check_log,
    has_key_statements,
    has_timestamps,
    proven_leaf_indexes,
    read_pack_log,
    trusted_keys,
)
from diary.pack.verify.pack_reader import MEMBERS_LIMIT, OpenedPack
from diary.pack.verify.pack_status import first_received_at, pack_status
from diary.pack.verify.portal_check import absent_parts, check_portal_list
from diary.pack.verify.portal_reader import open_given
from diary.pack.verify.prepared_check import READ_FIRST_PATH, check_prepared
from diary.pack.verify.proof_check import (
    PackProofs,
    check_proofs,
    is_never_received,
    pack_notary_key,
    parse_object,
    read_proofs,
    receipts_by_version,
)
from diary.pack.verify.record_check import check_record, read_record
from diary.pack.verify.rerender import check_rerendered
from diary.pack.verify.servable_only import check_index_against_proofs
from diary.pack.verify.signature_check import check_signature
from diary.pack.verify.slip_check import check_pack_stamps, check_slips
from diary.pack.verify.table_check import check_table_copies
from diary.record.reading import RecordFields, integer_of, is_same_json, object_of, text_of

CHRONOLOGY_PATH: Final = "data/servable/01_chronology.pdf"
EXHIBITS_INDEX_PATH: Final = "data/servable/03_exhibits-index.csv"
SIDECARS_PREFIX: Final = "data/restricted/14_sidecars/"
_SIDECAR_MEMBERS: Final = frozenset("fields file item made_at record sha256 sha512 size_bytes t".split())
RECEIVED_PREFIXES: Final = tuple(
    f"data/restricted/{folder}/" for folder in ("13_exhibits-as-received", "13_mail", "09_RESTRICTED_orders")
)


@dataclass(slots=True)
class VerifiedFacts:
    """What verification shows besides faults.

    - `fingerprint`: the six groups of digits that people compare; "" without the manifest of a whole pack.
    - `status`: key of STATUS_SENTENCES; "" if the pack cannot be read.
    - `received_at`: when a server received the diary's record of the pack, ms UTC.
    - `first_received_at`: when a server received the first of the versions in the pack, ms UTC.
    - `stamped_at`: when an outside authority stamped the pack's list of files, ms UTC.
    - `made_at`: when the pack was made, ms by the device that made it.
    - `entry_count`: the entries in the pack. `has_timestamps`: whether an outside authority stamped its log.
    - `log_size`: the leaves under the newest checkpoint. `cosignatures`: those of it that are valid.
    """

    fingerprint: str = ""
    status: str = ""
    received_at: int | None = None
    first_received_at: int | None = None
    stamped_at: int | None = None
    made_at: int | None = None
    entry_count: int = 0
    has_timestamps: bool = False
    log_size: int = 0
    cosignatures: Sequence[Cosignature] = ()


def verify_pack(
    path: Path,
    *more_paths: Path,
    notary: bytes | None = None,
    tsa_roots: Sequence[bytes] | None = None,
    instance: bytes | None = None,
    rerender: str | None = None,
    is_unsandboxed: bool = False,
    witnesses: Sequence[LogWitness] = (),
    facts: VerifiedFacts | None = None,
) -> list[Finding]:
    """Return every finding about a pack, given as zip or folder; an empty list if there is none.

    A portal set is given as a flat folder, or as its files one by one (`path` and `more_paths`). A receipt slip or a
    timestamp of the pack is given with it, or lies beside it. A copy of the servable folder is checked as far as
    possible and gets the finding `servable_only`.

    - `notary`: the server's 32-byte public key, from outside the pack. Without it the result includes the finding
      `keys_from_pack`, because a forger of a whole pack can use other keys.
    - `instance`: the server's instance key, which certifies its notary keys and can replace `notary`.
    - `tsa_roots`: PEM certificates; without them timestamps are checked under the pack's own certificates, with the
      finding `roots_from_pack`.
    - `rerender`: name of this release; renders every document again and compares it byte for byte, which needs the
      restricted part.
    - `witnesses`: log witnesses, from outside the pack.
    - `facts`: receives what was found out about a readable pack.
    """
    pack = open_given((path, *more_paths))
    if isinstance(pack, list):
        return pack
    with closing(pack):
        facts = facts or VerifiedFacts()
        facts.fingerprint = pack_fingerprint(pack.read(MANIFESTS[0]))
        findings = _run_checks(pack, TrustAnchors(notary, instance, tsa_roots or (), witnesses), facts)
        if rerender is not None and not absent_parts(pack):
            findings += check_rerendered(pack, read_proofs(pack), rerender, is_unsandboxed=is_unsandboxed)
        return list(dict.fromkeys(findings))


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """What a pack is checked with, from outside it; see `verify_pack`."""

    notary: bytes | None
    instance: bytes | None
    tsa_roots: Sequence[bytes]
    witnesses: Sequence[LogWitness]


def _run_checks(pack: OpenedPack, anchors: TrustAnchors, facts: VerifiedFacts) -> list[Finding]:
    """Run every check; none depends on the success of another. Fill in `facts`."""
    if absent_parts(pack):
        return _check_incomplete_set(pack, facts)
    notary, instance, tsa_roots = anchors.notary, anchors.instance, anchors.tsa_roots
    proofs = read_proofs(pack)
    log = read_pack_log(pack)
    pack_notary = pack_notary_key(proofs)
    keys, key_findings = trusted_keys(log, pack_notary if notary is None else notary, instance)
    is_other_server = pack_notary not in {key.pub for key in keys}
    if is_other_server:
        # Whether its parts agree can be said, and no more. One finding says so, instead of one for each receipt.
        keys, key_findings = trusted_keys(log, pack_notary, None)[0], [make_finding("wrong_notary")]
    receipts = receipts_by_version(proofs)
    leaf_indexes = dict(proven_leaf_indexes(pack, log, receipts, keys))
    export, slip = check_export(pack, proofs, keys), check_slips(pack, proofs, keys)
    stamp_findings, facts.stamped_at = check_pack_stamps(pack, tsa_roots)
    findings = [
        *([make_finding("servable_only")] if pack.is_servable_only else ()),
        *pack.findings,
        *(check_portal_list(pack) if pack.is_portal_set else check_bag(pack)),
        *check_completeness(pack),
        *proofs.findings,
        *key_findings,
        *check_proofs(proofs, keys, leaf_indexes),
        *check_log(pack, log, receipts, keys, tsa_roots),
        *check_record(pack, proofs),
        *check_prepared(pack, proofs),
        *check_signature(pack, proofs),
        *export.findings,
        *slip.findings,
        *stamp_findings,
        *_check_exhibits(pack, proofs),
        *_check_narratives(pack, proofs),
        *check_table_copies(pack),
    ]
    if is_training(pack):
        findings.append(make_finding("training"))
    if is_never_received(proofs.keys):
        findings.append(make_finding("never_received"))
    elif notary is None and (instance is None or key_findings or not has_key_statements(log)):
        findings.append(make_finding("keys_from_pack"))
    if tsa_roots and not has_timestamps(log):
        findings.append(make_finding("no_timestamps"))
    if has_timestamps(log) and not tsa_roots:
        findings.append(make_finding("roots_from_pack"))
    if export.received_at is None and slip.is_present:
        export = slip
    facts.status = pack_status({finding.code for finding in findings}, export)
    facts.received_at = None if is_other_server else export.received_at
    facts.first_received_at = first_received_at(proofs, findings)
    facts.made_at = integer_of(parse_object(pack.read(PACK_STATEMENT_PATH)) or {}, "made_at")
    facts.entry_count = len(
        {text_of(proof.raw, "record") for proof in proofs.fullest.values() if proof.raw.get("kind") == "incident"}
    )
    facts.has_timestamps = has_timestamps(log)
    if anchors.witnesses:
        facts.log_size, facts.cosignatures, faults = check_cosignatures(pack, log, keys, anchors.witnesses)
        findings += faults
    return findings


def _check_incomplete_set(pack: OpenedPack, facts: VerifiedFacts) -> list[Finding]:
    """Return the findings about a portal set without one of its zips.

    The keys are in a zip. Each further check would call a sound file forged: what it is compared with is absent.
    """
    findings = [*pack.findings, *check_portal_list(pack)]
    if PACK_STATEMENT_PATH not in pack.digests and PACK_STATEMENT_PATH not in {row.member for row in pack.findings}:
        findings.append(make_finding("not_signed"))
    facts.status = pack_status({finding.code for finding in findings}, ExportCheck())
    facts.made_at = integer_of(parse_object(pack.read(PACK_STATEMENT_PATH)) or {}, "made_at")
    return findings


def is_training(pack: OpenedPack) -> bool:
    """Return whether the pack is marked as training data in READ-FIRST, or in its record if that is present.

    Without a list that covers READ-FIRST, anyone could have written there that a real pack is made up.
    """
    is_marked = MANIFESTS[0] in pack.digests and (pack.read(READ_FIRST_PATH) or b"").startswith(TRAINING_LINE.encode())
    return is_marked or object_of(read_record(pack), "pack").get("training") is True


def _check_exhibits(pack: OpenedPack, proofs: PackProofs) -> Iterator[Finding]:
    """Check each exhibit four ways (file, sidecar, index, manifest), and against the digest sealed on receipt."""
    index = _parse_exhibits_index(pack)
    if index is None:
        yield make_finding("unreadable", EXHIBITS_INDEX_PATH)
        index = {}
    if pack.is_servable_only:
        yield from check_index_against_proofs(proofs, index)
        return
    paths = sorted(path for path in pack.digests if path.startswith(RECEIVED_PREFIXES))
    received = {path.rpartition("/")[2]: path for path in reversed(paths)}
    # Two received files of one name would be ambiguous.
    yield from (make_finding("exhibit", path) for path in paths if received[path.rpartition("/")[2]] != path)
    sealed_values = {text_of(proof.raw, "version"): proof.values for proof in proofs.restricted.values()}
    matched: set[str] = set()
    for path in sorted(pack.digests):
        if not path.startswith(SIDECARS_PREFIX):
            continue
        sidecar = _parse_sidecar(pack.read(path))
        if sidecar is None:
            yield make_finding("unreadable", path)
            continue
        file = text_of(sidecar, "file")
        matched.add(file)
        newest = text_of(object_of(object_of(sidecar, "fields"), "_ids"), "version")
        is_named = path == f"{SIDECARS_PREFIX}{file.partition('.')[0]}.json" and set(sidecar) == _SIDECAR_MEMBERS
        if not is_named or not _is_exhibit_consistent(
            pack, received.get(file), sidecar, index.get(file), sealed_values.get(newest)
        ):
            yield make_finding("exhibit", received.get(file, path))
    for file in sorted((received.keys() | index.keys()) - matched):
        yield make_finding("exhibit", received.get(file, EXHIBITS_INDEX_PATH))


def _is_exhibit_consistent(
    pack: OpenedPack, path: str | None, sidecar: RecordFields, row: dict[str, str] | None, sealed: RecordFields | None
) -> bool:
    """Return whether all statements about one exhibit's bytes agree."""
    if path is None or row is None or sealed is None:
        return False
    digests, fields = pack.digests[path], object_of(sidecar, "fields")
    return (
        digests.sha256 == sidecar.get("sha256") == fields.get("sha256") == sealed.get("sha256") == row.get("sha256")
        and digests.sha512 == sidecar.get("sha512") == fields.get("sha512") == sealed.get("sha512")
        and digests.size_bytes == integer_of(sidecar, "size_bytes") == integer_of(fields, "size_bytes")
        and str(digests.size_bytes) == row.get("size_bytes")
        and text_of(sidecar, "item").replace("/", "-") == text_of(sidecar, "file").partition(".")[0]
        and row.get("suggested_ref", row.get("item")) == sidecar.get("item")
        and is_same_json(sidecar.get("record"), object_of(sealed, "_ids").get("record"))
        and is_same_json(fields, {name: value for name, value in sealed.items() if value is not None})
    )


def _parse_sidecar(raw: bytes | None) -> dict[str, object] | None:
    """Parse a sidecar, or return None."""
    value = parse_object(raw)
    return value if value is not None and value.get("t") == "sidecar/v1" else None


def _parse_exhibits_index(pack: OpenedPack) -> dict[str, dict[str, str]] | None:
    """Parse document 03 by file name; empty if it is absent, None if it is invalid."""
    raw = pack.read(EXHIBITS_INDEX_PATH)
    if raw is None:
        return {}
    # One line of commas would fill the memory before it could be seen that there is no table.
    if raw.count(b",") > constants.TABLE_CELLS_LIMIT:
        return None
    try:
        text = io.StringIO(raw.decode("utf-8").removeprefix(BOM), newline="")
        # The limit of the process: the default one is far below the longest cell that a browser reads.
        csv.field_size_limit(constants.PACK_MEMBER_LIMIT_BYTES)
        # No pack has as many rows: reading more would only take memory.
        lines = list(itertools.islice((line for line in csv.reader(text, strict=True) if line), MEMBERS_LIMIT + 2))
        if len(lines) > MEMBERS_LIMIT + 1:
            return None
        # A row of another length than the header would be ambiguous.
        rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
        rows_by_file = {row["file"]: row for row in rows}
        return rows_by_file if len(rows_by_file) == len(rows) else None
    except (UnicodeDecodeError, csv.Error, KeyError, ValueError):
        return None


def _check_narratives(pack: OpenedPack, proofs: PackProofs) -> Iterator[Finding]:
    """Check the first words of each entry as embedded in 01 against the sealed ones."""
    raw = pack.read(CHRONOLOGY_PATH)
    if raw is None:
        return
    embedded = embedded_files(raw)
    if embedded is None:
        yield make_finding("unreadable", CHRONOLOGY_PATH)
        return
    expected = dict(_original_narratives(proofs))
    for name in sorted(expected.keys() | embedded.keys()):
        words, embedded_words = expected.get(name), embedded.get(name)
        if words is None or embedded_words is None or not _is_same_narrative(words, embedded_words):
            yield make_finding("narrative", f"{CHRONOLOGY_PATH}#{name}")


def _is_same_narrative(words: tuple[str | None, bool], embedded_words: bytes) -> bool:
    """Return whether an embedded narrative equals the sealed one, except for redacted parts.

    The text around the marks must occur in the narrative in order. If `words` has no text because only its digest is
    available, the embedded narrative must contain a mark; more cannot be checked.
    """
    text, is_masked = words
    if text is None:
        return REDACTION_MARK.encode() in embedded_words
    if embedded_words == text.encode("utf-8"):
        return True
    pieces = embedded_words.decode("utf-8", "replace").split(REDACTION_MARK)
    if not is_masked or len(pieces) < 2:
        return False
    position = 0
    for piece in pieces:
        position = text.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return text.startswith(pieces[0]) and text.endswith(pieces[-1])


def _original_narratives(proofs: PackProofs) -> Iterator[tuple[str, tuple[str | None, bool]]]:
    """Yield for each embedded file name the narrative of the entry's first version, and whether it was redacted."""
    for label, history, _ in record_histories(proofs.fullest.values(), "incident"):
        servable_proof = proofs.servable.get(history.first_version.version)
        is_masked = servable_proof is not None and "narrative" in servable_proof.withheld
        words = None if proofs.is_servable_only and is_masked else text_of(history.first_version.fields, "narrative")
        if words != "":
            yield f"entry-{label}.txt", (words, is_masked)
