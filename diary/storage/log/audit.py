"""Audit of the server's own database: every row of the log against the receipts and heads that the notary signed.

A version's stored answer contains a receipt that the notary signed. Leaf, head and place are compared with what follows
from it. Findings come in this order: the row that is wrong first, then the rows that no longer agree because of it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from diary.encoding import b64, decode_frames, parse_canonical_json
from diary.errors import KeptError
from diary.ledger import audit, checkpoints, cosignatures, heads, leaves, push, receipts, tree
from diary.ledger.audit import AuditFinding, PublicKeysByLogId, VerifiedCheckpoint
from diary.ledger.cosignatures import LogWitness
from diary.storage.bulk import audit as sql
from diary.storage.writer import Transaction

_PAGE_ROWS: Final = 500
_LEAF_PAGE_ROWS: Final = 5000
_MAX_FRAMES: Final = 4


def audit_rows(
    tx: Transaction, notary_key: bytes, instance_key: bytes | None, trusted_roots: bytes | None
) -> Iterator[AuditFinding]:
    """Yield each fault of the log, with the row it was found in.

    If the newest receipt and the newest checkpoint are both of logs without a known key, yield that alone: with the
    key of another server, no row would hold.

    `instance_key` None: trust the key that the first statement names. `trusted_roots`: PEM; None to trust the last
    certificate of each stored chain.
    """
    keys, faults = audit.trusted_keys(_read_key_statements(tx), notary_key, instance_key)
    yield from faults
    signers = _newest_signers(tx)
    if signers and not signers & set(keys):
        yield AuditFinding(
            "notary key",
            f"The key in use is not this database's. It belongs to log {' or '.join(sorted(keys)) or 'none'}; the newest"
            f" rows are signed for log {' or '.join(sorted(signers))}. Give the notary's key of that log with --notary.",
        )
        return
    yield from _audit_versions(tx, keys)
    yield from _audit_diaries(tx, keys)
    yield from _audit_log_positions(tx)
    notes: list[VerifiedCheckpoint] = []
    for finding in _audit_checkpoints(tx, keys, trusted_roots):
        if isinstance(finding, AuditFinding):
            yield finding
        else:
            notes.append(finding)
    yield from _audit_tree(tx, notes)


def _read_key_statements(tx: Transaction) -> list[Mapping[str, Any]]:
    """Return the statements about keys. An unreadable statement is returned empty, so its signature is invalid."""
    statements: list[Mapping[str, Any]] = []
    for n, (statement_id, raw) in enumerate(tx.execute(sql.LIST_KEY_STATEMENTS).fetchall()):
        try:
            value = parse_canonical_json(bytes(raw)) if statement_id == n else None
        except KeptError:
            value = None
        statements.append(value if isinstance(value, dict) else {})
    return statements


def _newest_signers(tx: Transaction) -> set[str]:
    """Return the ids of the logs that the newest receipt and the newest checkpoint name, as far as they can be read."""
    signers: set[str] = set()
    for (answer,) in tx.execute(sql.FIND_NEWEST_ANSWER).fetchall():
        with suppress(KeptError, KeyError, TypeError, ValueError):
            signers.add(str(_parse_object(answer)["receipt"]["log"]))
    for (note,) in tx.execute(sql.FIND_NEWEST_CHECKPOINT).fetchall():
        with suppress(KeptError):
            signers.add(checkpoints.parse_checkpoint(bytes(note)).origin)
    return signers


def _audit_versions(tx: Transaction, keys: PublicKeysByLogId) -> Iterator[AuditFinding]:
    """Compare each version with its receipt, and its leaf with the leaf in the log."""
    last_id = -1
    while rows := tx.execute(sql.LIST_VERSIONS, (last_id, _PAGE_ROWS)).fetchall():
        for row in rows:
            yield from _audit_version(row, keys)
        last_id = int(rows[-1][0])


def _audit_version(row: Any, keys: PublicKeysByLogId) -> Iterator[AuditFinding]:
    """Compare the row of one version, and its leaf, with its receipt."""
    version_id, stored_leaf, answer, facts_raw, sealed, record, version, logged_leaf, waiting_id, seq, body, epoch = row
    name = f"version {version_id}"
    try:
        answer_json, facts = _parse_object(answer), _parse_object(facts_raw)
        receipt = answer_json["receipt"]
        receipts.verify_receipt(receipt, keys[receipt["log"]], commitment=facts["c"], envelopes_digest=receipt["env"])
        leaf = leaves.receipt_leaf(commitment=receipt["c"], number=receipt["n"], timestamp_ms=receipt["ts"])
        is_erased = "erased_at" in facts
        # A change of keys replaces the wraps that were pushed; an erased version has none.
        matches_push = is_erased or epoch > 1 or push.body_digest(facts, bytes(sealed)) == bytes(body)
    except (KeptError, KeyError, TypeError, ValueError):
        yield AuditFinding(name, "The version's receipt does not hold.")
        return
    matches_receipt = (facts["record"], facts["version"], facts["seq"]) == (
        b64(bytes(record)),
        b64(bytes(version)),
        seq,
    )
    if (
        not matches_receipt
        or answer_json["seq"] != seq
        or bytes(stored_leaf) != leaf
        or (not is_erased and facts.get("receipt") != receipt)
    ):
        yield AuditFinding(name, "The version's row differs from its receipt.")
    if not matches_push:
        yield AuditFinding(name, "The version is not what was pushed.")
    if not is_erased and _envelope_digest(bytes(sealed)) != receipt["env"]:
        yield AuditFinding(name, "What is sealed differs from its receipt.")
    if logged_leaf is None and waiting_id is None:
        yield AuditFinding(name, "The version has no place in the log and waits for none.")
    elif logged_leaf is not None and bytes(logged_leaf) != leaf:
        yield AuditFinding(f"log_leaf of {name}", "The leaf differs from the version's receipt.")


def _envelope_digest(sealed: bytes) -> str:
    """Return the digest of the envelopes in a version's frames; '' when the frames cannot be decoded."""
    try:
        parts = decode_frames(sealed, frames_limit=_MAX_FRAMES)
    except KeptError:
        return ""
    return b64(hashlib.sha256(b"".join(parts[len(parts) // 2 :])).digest())


def _audit_diaries(tx: Transaction, keys: PublicKeysByLogId) -> Iterator[AuditFinding]:
    """Yield the faults of each diary's version numbers and its head, from the first version to the last."""
    for diary, seq, head, signed_head in tx.execute(sql.LIST_DIARIES).fetchall():
        name = f"diary {b64(bytes(diary))}"
        running_head, expected_seq = heads.INITIAL_HEAD, 0
        for stored_seq, facts_raw in tx.execute(sql.LIST_DIARY_VERSIONS, (diary,)).fetchall():
            expected_seq += 1
            if stored_seq != expected_seq:
                yield AuditFinding(f"version {expected_seq} of {name}", "The version is missing.")
                break
            running_head = _advance_head(running_head, facts_raw)
        if expected_seq == seq and running_head != bytes(head):
            yield AuditFinding(name, "The diary's head is not the head of its versions.")
        elif expected_seq < seq:
            yield AuditFinding(name, f"The diary says it has {seq} versions and has {expected_seq}.")
        if seq and not _is_signed_head_valid(signed_head, keys, b64(bytes(diary)), seq, bytes(head)):
            yield AuditFinding(name, "The diary's signed head does not hold.")


def _advance_head(head: bytes, facts_raw: bytes) -> bytes:
    """Return the head after one more version, or `head` for an unreadable row, which `_audit_version` reports."""
    try:
        facts = _parse_object(facts_raw)
        env = facts["env"] if "erased_at" in facts else facts["receipt"]["env"]
        return heads.next_head(
            head,
            seq=facts["seq"],
            record=facts["record"],
            version=facts["version"],
            commitment=facts["c"],
            envelopes_digest=env,
        )
    except (KeptError, KeyError, TypeError):
        return head


def _is_signed_head_valid(
    signed_head: bytes | None, keys: PublicKeysByLogId, diary: str, seq: int, head: bytes
) -> bool:
    """Return whether one of the keys signed this head of this diary."""
    for pub in keys.values():
        try:
            heads.verify_head(_parse_object(signed_head or b""), pub, diary=diary, seq=seq, head=head)
        except KeptError:
            continue
        return True
    return False


def _audit_log_positions(tx: Transaction) -> Iterator[AuditFinding]:
    """Yield a finding unless the log has a leaf at each index, and each waiting leaf has a version and no index."""
    expected, last_id = 0, -1
    while rows := tx.execute(sql.LIST_LEAF_IDS, (last_id, _LEAF_PAGE_ROWS)).fetchall():
        for (row_id,) in rows:
            if row_id != expected:
                yield AuditFinding(f"log_leaf {expected}", "The leaf is missing.")
                return
            expected += 1
        last_id = expected - 1
    ((size,),) = tx.execute(sql.READ_LOG_SIZE).fetchall()
    if size != expected:
        # When the last leaf is missing, either of the two rows may be the wrong one.
        row = f"log_size 0 or log_leaf {expected}" if size > expected else "log_size 0"
        yield AuditFinding(row, f"The log says it has {size} leaves and has {expected}.")
    orphan_rows = tx.execute(sql.LIST_WAITING_WITHOUT_VERSION)
    for (row_id,) in orphan_rows.fetchall():
        yield AuditFinding(f"waiting_leaf {row_id}", "What waits for a place in the log is not there.")
    duplicate_rows = tx.execute(sql.LIST_WAITING_WITH_LEAF)
    for (row_id,) in duplicate_rows.fetchall():
        yield AuditFinding(f"waiting_leaf {row_id}", "What waits for a place in the log has one already.")


def _audit_checkpoints(
    tx: Transaction, keys: PublicKeysByLogId, trusted_roots: bytes | None
) -> Iterator[VerifiedCheckpoint | AuditFinding]:
    """Yield each valid checkpoint, and the faults of checkpoints, their timestamps and their cosignatures."""
    previous_note: VerifiedCheckpoint | None = None
    rows = tx.execute(sql.LIST_CHECKPOINTS).fetchall()
    for expected, (n, size, note, _) in enumerate(rows):
        if n != expected:
            yield AuditFinding(f"log_checkpoint {expected}", "The checkpoint is missing.")
            return
        finding = audit.verify_checkpoint(n, bytes(note), keys, previous_note)
        if isinstance(finding, VerifiedCheckpoint):
            if finding.size != size:
                yield AuditFinding(finding.row_label, "The row's size is not the checkpoint's.")
            previous_note = finding
        yield finding
        yield from _audit_stamps(tx, n, bytes(note), trusted_roots)
        yield from _audit_cosignatures(tx, n, bytes(note))


def _audit_cosignatures(tx: Transaction, checkpoint_number: int, note: bytes) -> Iterator[AuditFinding]:
    """Yield the faults of the accepted lines of witnesses of one checkpoint. Each is verified by the key in its row."""
    for cosignature_id, witness, line in tx.execute(sql.LIST_COSIGNATURES, (checkpoint_number,)).fetchall():
        try:
            (parsed_line,) = checkpoints.parse_signature_lines(bytes(line).decode())
            valid_witnesses = cosignatures.verified_cosignatures(
                cosignatures.append_signature_lines(note, [parsed_line]),
                [LogWitness(parsed_line.key_name, bytes(witness))],
            )
        except (KeptError, ValueError):
            valid_witnesses = ()
        if not valid_witnesses:
            yield AuditFinding(
                f"log_cosignature {cosignature_id}", "The witness's line does not hold for this checkpoint."
            )


def _audit_stamps(
    tx: Transaction, checkpoint_number: int, note: bytes, trusted_roots: bytes | None
) -> Iterator[AuditFinding]:
    """Yield the faults of the accepted timestamps of one checkpoint."""
    rows = tx.execute(sql.LIST_STAMPS, (checkpoint_number,)).fetchall()
    for stamp_id, authority, policy, nonce, tsr, chain, stamped_at, due_at in rows:
        row = f"log_stamp {stamp_id} ({authority})"
        if tsr is None:
            if due_at is None or stamped_at is not None:
                yield AuditFinding(row, "The timestamp is gone.")
            continue
        stamp_fields = {"chain": bytes(chain or b""), "nonce": bytes(nonce or b""), "policy": policy, "tsr": bytes(tsr)}
        finding = audit.verify_checkpoint_timestamp(row, note, stamp_fields, trusted_roots)
        if isinstance(finding, AuditFinding):
            yield finding
        elif finding != stamped_at:
            yield AuditFinding(row, "The row's time is not the timestamp's.")


def _audit_tree(tx: Transaction, notes: Sequence[VerifiedCheckpoint]) -> Iterator[AuditFinding]:
    """Compare the stored nodes and every checkpoint with the tree over the stored leaves."""
    node_count = 0

    def check_nodes(computed_nodes: dict[tuple[int, int], bytes]) -> Iterator[AuditFinding]:
        nonlocal node_count
        node_count += len(computed_nodes)
        for (level, i), node in computed_nodes.items():
            node_row = tx.execute(sql.FIND_NODE, (tree.node_id(level, i),)).fetchone()
            if node_row is None:
                yield AuditFinding(f"log_node {tree.node_id(level, i)}", f"Node {i} of level {level} is missing.")
            elif bytes(node_row[0]) != node:
                yield AuditFinding(f"log_node {tree.node_id(level, i)}", f"Node {i} of level {level} was changed.")

    yield from audit.verify_roots(_iterate_leaves(tx), notes, check_nodes)
    stored_count = tx.execute(sql.COUNT_NODES).fetchone()[0]
    if stored_count > node_count:
        yield AuditFinding("log_node", f"There are {stored_count - node_count} nodes that no leaf leads to.")


def _iterate_leaves(tx: Transaction) -> Iterator[bytes]:
    """Yield the stored leaves in order of index."""
    last_id = -1
    while rows := tx.execute(sql.LIST_LEAVES, (last_id, _LEAF_PAGE_ROWS)).fetchall():
        yield from (bytes(leaf) for _, leaf in rows)
        last_id = int(rows[-1][0])


def _parse_object(raw: bytes) -> dict[str, Any]:
    """Parse canonical JSON that is an object. Raise NotCanonical or TypeError."""
    value = parse_canonical_json(bytes(raw))
    if not isinstance(value, dict):
        raise TypeError
    return value
