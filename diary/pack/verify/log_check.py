"""Checks of a pack's public log data: signed checkpoints, inclusion proofs, timestamps, key statements.

The chain starts at the entry: the proof gives the commitment, the receipt adds a time and a number, these three form
the leaf, and its inclusion proof ends at the root that the checkpoint signs and an authority has timestamped.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from diary.crypto.signing import ed25519_key_id
from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import BadSignature, KeptError
from diary.ledger import checkpoints, cosignatures, key_statements, leaves, timestamps, tree
from diary.ledger.checkpoints import Checkpoint
from diary.ledger.cosignatures import Cosignature, LogWitness
from diary.ledger.key_statements import NotaryKey
from diary.pack.log_files import LOG_LIMIT_BYTES, LOG_TYPE, checkpoint_stem, expected_log_files, is_within_limits
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import OpenedPack, has_too_many_values
from diary.record.reading import RecordFields, integer_of, is_same_json, objects_of, text_of

SERVABLE_PROOFS_PREFIX: Final = "data/servable/proof/"
RESTRICTED_PROOFS_PREFIX: Final = "data/restricted/proof/"
_LOG_EXTENSIONS: Final = (".txt", ".tsr", ".pem")


@dataclass(slots=True)
class ReadLog:
    """A pack's log.json as read ({} without one), its folder, and the findings on the way."""

    folder: str = RESTRICTED_PROOFS_PREFIX
    log_json: RecordFields = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def proofs_by_version(self) -> dict[str, RecordFields]:
        """Return the inclusion proofs by version."""
        return {text_of(row, "version"): row for row in objects_of(self.log_json, "proofs")}


def is_log_file(path: str) -> bool:
    """Return whether a path in a proof folder belongs to the log and not to a version's proof."""
    return path.endswith(("/log.json", *_LOG_EXTENSIONS))


def read_pack_log(pack: OpenedPack) -> ReadLog:
    """Read the log files of both folders, which must be equal except for the versions they cover."""
    log = ReadLog(SERVABLE_PROOFS_PREFIX if pack.is_servable_only else RESTRICTED_PROOFS_PREFIX)
    folders = (SERVABLE_PROOFS_PREFIX,) if pack.is_servable_only else (SERVABLE_PROOFS_PREFIX, RESTRICTED_PROOFS_PREFIX)
    logs_by_folder: dict[str, RecordFields] = {folder: _read_log_json(log, pack, folder) for folder in folders}
    log.log_json = logs_by_folder[log.folder]
    expected_paths = {folder: expected_log_files(folder, value) for folder, value in logs_by_folder.items()}
    for folder, value in logs_by_folder.items():
        actual_paths = {path for path in pack.digests if path.startswith(folder) and is_log_file(path)}
        for path in sorted(actual_paths ^ (expected_paths[folder] if value else set())):
            log.findings.append(make_finding("log", path))
    servable_log, main_log = logs_by_folder[SERVABLE_PROOFS_PREFIX], log.log_json
    is_same = all(
        is_same_json(servable_log.get(name), main_log.get(name))
        for name in ("authorities", "checkpoints", "statements")
    )
    main_proofs = {canonical_json(row, limit_bytes=LOG_LIMIT_BYTES) for row in objects_of(main_log, "proofs")}
    if not is_same or any(
        canonical_json(row, limit_bytes=LOG_LIMIT_BYTES) not in main_proofs
        for row in objects_of(servable_log, "proofs")
    ):
        log.findings.append(make_finding("log", f"{SERVABLE_PROOFS_PREFIX}log.json"))
    for path in sorted(expected_paths[log.folder] - {f"{log.folder}log.json"}):
        servable_path = path.replace(RESTRICTED_PROOFS_PREFIX, SERVABLE_PROOFS_PREFIX)
        if path in pack.digests and servable_path in pack.digests and pack.digests[path] != pack.digests[servable_path]:
            log.findings.append(make_finding("log", servable_path))
    return log


def _read_log_json(log: ReadLog, pack: OpenedPack, folder: str) -> RecordFields:
    """Read one log.json; return {} if it is absent, or add a finding and return {} if it is invalid."""
    raw = pack.read(f"{folder}log.json")
    if raw is None:
        return {}
    try:
        value = None if has_too_many_values(raw) else parse_canonical_json(raw, limit_bytes=LOG_LIMIT_BYTES)
    except KeptError:
        value = None
    if not isinstance(value, dict) or value.get("t") != LOG_TYPE or not is_within_limits(value):
        log.findings.append(make_finding("unreadable", f"{folder}log.json"))
        return {}
    return value


def trusted_keys(
    log: ReadLog, notary_key: bytes, instance_key: bytes | None
) -> tuple[tuple[NotaryKey, ...], list[Finding]]:
    """Return the notary keys to trust: the given one, and those that the instance key certifies.

    Key statements count only under an instance key from outside the pack: a forger can write some that link another key
    to ours.
    """
    own_key = (NotaryKey(b64(ed25519_key_id(notary_key)), notary_key, 0, None),)
    statements = objects_of(log.log_json, "statements")
    if not statements or instance_key is None:
        return own_key, []
    try:
        chain = key_statements.verify_chain(statements, instance_key)
        key_statements.find_key(chain, own_key[0].log_id)
    except KeptError:
        return own_key, [make_finding("statements", f"{log.folder}log.json")]
    return chain, []


def check_log(
    pack: OpenedPack,
    log: ReadLog,
    receipts: Mapping[str, RecordFields],
    keys: Sequence[NotaryKey],
    roots: Sequence[bytes],
) -> Iterator[Finding]:
    """Yield every finding about the log. `receipts`: by version. `roots`: PEM certificates of trusted authorities."""
    yield from log.findings
    previous: Checkpoint | None = None
    for row in objects_of(log.log_json, "checkpoints"):
        name, note, checkpoint = _read_checkpoint(pack, log.folder, row, keys)
        if checkpoint is None or (previous is not None and not _is_consistent(previous, checkpoint, row)):
            yield make_finding("checkpoint", name)
        previous = checkpoint or previous
        yield from _check_timestamps(pack, name, note, row, roots)
    proven_indexes = dict(proven_leaf_indexes(pack, log, receipts, keys))
    for version in log.proofs_by_version():
        if version not in proven_indexes:
            yield make_finding("inclusion", f"{log.folder}log.json#{version[:8]}")


def proven_leaf_indexes(
    pack: OpenedPack, log: ReadLog, receipts: Mapping[str, RecordFields], keys: Sequence[NotaryKey]
) -> Iterator[tuple[str, int]]:
    """Yield each version that is proved to be in the log, with its leaf index."""
    rows = objects_of(log.log_json, "checkpoints")
    signed_checkpoints = {
        checkpoint.size: checkpoint for row in rows if (checkpoint := _read_checkpoint(pack, log.folder, row, keys)[2])
    }
    for version, row in log.proofs_by_version().items():
        if is_included(row, receipts.get(version), signed_checkpoints):
            yield version, integer_of(row, "i") or 0


def _read_checkpoint(
    pack: OpenedPack, folder: str, row: RecordFields, keys: Sequence[NotaryKey]
) -> tuple[str, bytes, Checkpoint | None]:
    """Return a checkpoint's file name, its bytes, and its content if one of the keys signed it."""
    size = integer_of(row, "size")
    name = f"{folder}{checkpoint_stem(row)}.txt"
    note = pack.read(name) or b""
    checkpoint = verified_checkpoint(note, keys)
    return name, note, checkpoint if checkpoint is not None and checkpoint.size == size else None


def check_cosignatures(
    pack: OpenedPack, log: ReadLog, keys: Sequence[NotaryKey], witnesses: Sequence[LogWitness]
) -> tuple[int, tuple[Cosignature, ...], list[Finding]]:
    """Check the cosignatures of every signed checkpoint.

    Return the size of the newest signed checkpoint, its cosignatures by these witnesses, and findings for invalid ones.
    """
    size, valid_cosignatures, faults = 0, tuple[Cosignature, ...](), list[Finding]()
    for row in objects_of(log.log_json, "checkpoints"):
        name, note, checkpoint = _read_checkpoint(pack, log.folder, row, keys)
        given = row.get("cosignatures")
        lines: list[object] = given if isinstance(given, list) else []
        if checkpoint is None:
            continue
        size, valid_cosignatures = checkpoint.size, ()
        try:
            if not all(isinstance(line, str) for line in lines):
                raise BadSignature
            joined = "".join(f"{line}\n" for line in lines)
            valid_cosignatures = cosignatures.verified_cosignatures(note + joined.encode(), witnesses)
        except (KeptError, UnicodeEncodeError):
            faults.append(make_finding("cosignature", name))
    return size, valid_cosignatures, faults


def verified_checkpoint(note: bytes, keys: Sequence[NotaryKey]) -> Checkpoint | None:
    """Return the checkpoint of a note signed by one of the keys; an exposed key is valid only up to its limit."""
    try:
        key = key_statements.find_key(keys, checkpoints.parse_checkpoint(note).origin)
        checkpoint = checkpoints.verify_note(note, key.pub)
    except KeptError:
        return None
    return checkpoint if key.leaf_limit is None or checkpoint.size <= key.leaf_limit else None


def _is_consistent(previous: Checkpoint, checkpoint: Checkpoint, row: RecordFields) -> bool:
    """Return whether a checkpoint's log is an extension of the previous one."""
    try:
        tree.verify_consistency(previous.size, checkpoint.size, (previous.root, checkpoint.root), _proof_path(row))
    except KeptError:
        return False
    return True


def is_included(row: RecordFields, receipt: RecordFields | None, signed_checkpoints: Mapping[int, Checkpoint]) -> bool:
    """Return whether a version's inclusion proof ends at a signed root."""
    checkpoint, leaf_index = signed_checkpoints.get(integer_of(row, "size") or 0), integer_of(row, "i")
    ts = integer_of(receipt or {}, "ts")
    if checkpoint is None or receipt is None or leaf_index is None or ts is None:
        return False
    try:
        leaf = leaves.receipt_leaf(commitment=text_of(receipt, "c"), number=text_of(receipt, "n"), timestamp_ms=ts)
        tree.verify_inclusion(leaf, leaf_index, checkpoint.size, _proof_path(row), checkpoint.root)
    except KeptError:
        return False
    return True


def _proof_path(row: RecordFields) -> list[bytes]:
    """Return the hashes of a proof. Raise BadRequest if one is not base64url."""
    steps = row.get("path")
    return [unb64(str(step)) for step in steps] if isinstance(steps, list) else []


def _check_timestamps(
    pack: OpenedPack, name: str, note: bytes, row: RecordFields, roots: Sequence[bytes]
) -> Iterator[Finding]:
    """Check the timestamps of one checkpoint under the given roots, else under the pack's own certificates."""
    trusted_roots = b"\n".join(roots) or None
    for stamp in objects_of(row, "stamps"):
        stem = f"{name.removesuffix('.txt')}.{text_of(stamp, 'authority')}"
        tsr, chain = pack.read(f"{stem}.tsr") or b"", pack.read(f"{stem}.pem") or b""
        try:
            nonce = unb64(text_of(stamp, "nonce"))
            stamped_bytes = checkpoints.strip_cosignatures(note)
            timestamps.verify_response(
                tsr, stamped_bytes, chain=chain, policy=text_of(stamp, "policy"), nonce=nonce, roots=trusted_roots
            )
        except KeptError:
            yield make_finding("timestamp", f"{stem}.tsr")


def has_timestamps(log: ReadLog) -> bool:
    """Return whether there is any timestamp."""
    return any(objects_of(row, "stamps") for row in objects_of(log.log_json, "checkpoints"))


def has_key_statements(log: ReadLog) -> bool:
    """Return whether there are statements about the keys; `trusted_keys` checks whether they are valid."""
    return bool(objects_of(log.log_json, "statements"))
