"""Check of the statements that sign a pack as a whole (docs/pack.md, "Signature").

[Note: what the signature covers] Proofs cover the entries, and receipts the time. Pages, tables and the texts beside
them are covered only by the manifest, which anybody can write again. The statement signs the manifest. It is made by
the key that signs this diary's versions; in a pack that somebody else prepared, by the key that the keeper's grant
names. It does not show who held the device, or that the content is true.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from diary.constants import PACK_TIME_TOLERANCE_MS
from diary.crypto.signing import author_key_id, load_public_key
from diary.encoding import unb64
from diary.errors import KeptError
from diary.pack.bag.manifest import SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH, PackStatement, UnknownSigner, read_statement
from diary.pack.verify.bag_check import MANIFESTS, TAG_MANIFEST, bagging_date, parse_manifest
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import PREPARED_PATH, PackProofs, author_keys, parse_object, receipts_by_version
from diary.pack.verify.record_check import RECORD_PATH, read_record
from diary.record.reading import integer_of, object_of, text_of

_EPOCH: Final = date(1970, 1, 1)
_DAY_MS: Final = 86_400_000


def check_signature(pack: OpenedPack, proofs: PackProofs) -> Iterator[Finding]:
    """Yield every finding about the signature of the pack and of its servable folder."""
    # The servable folder has a statement of its own. Nothing else than the one of the whole covers the restricted part.
    bag_files = (PACK_STATEMENT_PATH, *MANIFESTS, TAG_MANIFEST)
    is_bag = pack.is_portal_set or not pack.is_servable_only or any(name in pack.digests for name in bag_files)
    required_path = PACK_STATEMENT_PATH if is_bag else SERVABLE_STATEMENT_PATH
    damaged = {finding.member for finding in pack.findings}
    if required_path not in pack.digests and required_path not in damaged:
        yield make_finding("not_signed")
    public_keys, replaced_key_ids = _signing_keys(pack, proofs)
    for path in (PACK_STATEMENT_PATH, SERVABLE_STATEMENT_PATH):
        if path not in pack.digests:
            continue
        try:
            # A statement that is too large to be read is malformed, not absent.
            raw = pack.read(path) or b""
            statement = read_statement(path, raw, public_keys, is_portal_set=pack.is_portal_set)
        except UnknownSigner:
            yield make_finding("pack_signer", path)
            continue
        except (KeptError, ValueError):
            yield make_finding("pack_signature", path)
            continue
        if statement.key_id in replaced_key_ids:
            yield make_finding("replaced_key", path)
        if "restricted" in statement.parts and pack.is_servable_only:
            yield make_finding("part_only", path)
        yield from _check_manifests(pack, path, statement)
        if not _is_about(statement, path, pack, proofs):
            yield make_finding("other_pack", path)
        receipts = receipts_by_version(proofs).values()
        last_received_at = max((integer_of(receipt, "ts") or 0 for receipt in receipts), default=0)
        if last_received_at > statement.made_at + PACK_TIME_TOLERANCE_MS:
            yield make_finding("pack_time", path)


def _signing_keys(pack: OpenedPack, proofs: PackProofs) -> tuple[dict[str, bytes], set[str]]:
    """Return the keys that may sign this pack, by key id, and the ids of those that were replaced."""
    raw = pack.read(PREPARED_PATH)
    try:
        if raw is not None:
            point = unb64(text_of(parse_object(raw) or {}, "ecdsa_pub"))
            load_public_key(point)
            return {author_key_id(point): point}, set()
        keys = author_keys(proofs.keys)
    except (KeptError, ValueError):
        return {}, set()  # reported as `keys` or `preparer`
    by_id = {author_key_id(key.pub): key.pub for key in keys}
    return by_id, set(by_id) - {author_key_id(keys[-1].pub)}


def _check_manifests(pack: OpenedPack, path: str, statement: PackStatement) -> Iterator[Finding]:
    """Yield the manifests that are not the signed ones. Absent ones are reported by the check of the bag."""
    signed_digests: Mapping[str, str] = {SERVABLE_MANIFEST_PATH: statement.manifest_sha256}
    if path == PACK_STATEMENT_PATH:
        signed_digests = {MANIFESTS[0]: statement.manifest_sha256, MANIFESTS[1]: statement.manifest_sha512}
    if pack.is_portal_set and path == PACK_STATEMENT_PATH:
        signed_digests = {MANIFESTS[0]: statement.manifest_sha256}
    for name, signed_digest in signed_digests.items():
        digests = pack.digests.get(name)
        if digests and signed_digest != (digests.sha512 if name == MANIFESTS[1] else digests.sha256):
            yield make_finding("pack_changed", name)


def _is_about(statement: PackStatement, path: str, pack: OpenedPack, proofs: PackProofs) -> bool:
    """Return whether the statement names this pack: its diary, folder, number, time and parts."""
    diary_ids = {text_of(object_of(proof.values, "_ids"), "diary") for proof in proofs.fullest.values()}
    if diary_ids != {statement.diary} or (statement.folder != pack.folder and not pack.is_part_folder):
        return False
    if RECORD_PATH in pack.digests:
        fields = object_of(read_record(pack), "pack")
        named = (
            text_of(fields, "id"),
            integer_of(fields, "no"),
            integer_of(fields, "made_at"),
            text_of(fields, "folder"),
        )
        if named != (statement.pack, statement.number, statement.made_at, statement.folder):
            return False
    if path == SERVABLE_STATEMENT_PATH or pack.is_portal_set:
        return True
    listed_paths = parse_manifest(pack.read(MANIFESTS[0]) or b"") or {}
    listed_parts = {path.split("/")[1] for path in listed_paths if path.count("/") > 1}
    written_date = bagging_date(pack.read("bag-info.txt") or b"")
    return listed_parts == set(statement.parts) and (
        written_date is None or _is_date_of(written_date, statement.made_at)
    )


def _is_date_of(local_date: date, time_ms: int) -> bool:
    """Return whether a time falls on a local date somewhere: on the UTC date or a day beside it."""
    return abs((local_date - _EPOCH).days - time_ms // _DAY_MS) <= 1
