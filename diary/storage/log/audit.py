"""Auditing the server's own database: every row the log is made of, against what was signed when it came.

What a version's own answer says is signed by the notary, so it is the measure: leaf, head and place must follow
from it. Order of findings: the row that is wrong first, then whatever no longer agrees because of it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from diary.encoding import b64, parse, read_frames
from diary.errors import KeptError
from diary.ledger import audit, checkpoints, cosignatures, heads, leaves, push, receipts, tree
from diary.ledger.audit import Fault, Keys, SignedNote
from diary.ledger.cosignatures import LogWitness
from diary.storage.writer import Hand

_PAGE: Final = 500
_FRAMES: Final = 4


def audit_rows(hand: Hand, notary: bytes, instance: bytes | None, roots: bytes | None) -> Iterator[Fault]:
    """Everything that does not hold, with the row it stands in."""
    keys, faults = audit.keys_of(_statements(hand), notary, instance)
    yield from faults
    yield from _versions(hand, keys)
    yield from _diaries(hand, keys)
    yield from _places(hand)
    notes: list[SignedNote] = []
    for found in _notes(hand, keys, roots):
        if isinstance(found, Fault):
            yield found
        else:
            notes.append(found)
    yield from _tree(hand, notes)


def _statements(hand: Hand) -> list[Mapping[str, Any]]:
    """The statements about keys; one that cannot be read is empty, and so not signed."""
    told: list[Mapping[str, Any]] = []
    for n, (at, raw) in enumerate(hand.execute("SELECT id, statement FROM key_statement ORDER BY id").fetchall()):
        try:
            value = parse(bytes(raw)) if at == n else None
        except KeptError:
            value = None
        told.append(value if isinstance(value, dict) else {})
    return told


def _versions(hand: Hand, keys: Keys) -> Iterator[Fault]:
    """Each version against its receipt, and its leaf against the log's."""
    after = -1
    sql = (
        "SELECT v.id, v.leaf, v.answer, v.facts, v.sealed, v.record, v.version, l.leaf, w.id, v.seq, v.body_digest, d.epoch"
        " FROM version v LEFT JOIN diary d ON d.id = v.diary_id"
        " LEFT JOIN log_leaf l ON l.version_id = v.id LEFT JOIN waiting_leaf w ON w.id = v.id"
        " WHERE v.id > ? ORDER BY v.id LIMIT ?"
    )
    while rows := hand.execute(sql, (after, _PAGE)).fetchall():
        for row in rows:
            yield from _version(row, keys)
        after = int(rows[-1][0])


def _version(row: Any, keys: Keys) -> Iterator[Fault]:
    """One version's row and its leaf."""
    at, stored, answer, facts_raw, sealed, record, version, logged, waiting, seq, body, epoch = row
    name = f"version {at}"
    try:
        answered, facts = _object(answer), _object(facts_raw)
        receipt = answered["receipt"]
        receipts.verify(receipt, keys[receipt["log"]], c=facts["c"], env=receipt["env"])
        leaf = leaves.leaf(c=receipt["c"], n=receipt["n"], ts=receipt["ts"])
        erased = "erased_at" in facts
        # New keys put new wraps in the place of those that were pushed; what is erased has neither.
        pushed = erased or epoch > 1 or push.body_digest(facts, bytes(sealed)) == bytes(body)
    except (KeptError, KeyError, TypeError, ValueError):
        yield Fault(name, "The version's receipt does not hold.")
        return
    same = (facts["record"], facts["version"], facts["seq"]) == (b64(bytes(record)), b64(bytes(version)), seq)
    if not same or answered["seq"] != seq or bytes(stored) != leaf or (not erased and facts.get("receipt") != receipt):
        yield Fault(name, "The version's row differs from its receipt.")
    if not pushed:
        yield Fault(name, "The version is not what was pushed.")
    if not erased and _env(bytes(sealed)) != receipt["env"]:
        yield Fault(name, "What is sealed differs from its receipt.")
    if logged is None and waiting is None:
        yield Fault(name, "The version has no place in the log and waits for none.")
    elif logged is not None and bytes(logged) != leaf:
        yield Fault(f"log_leaf of {name}", "The leaf differs from the version's receipt.")


def _env(sealed: bytes) -> str:
    """The digest of the envelopes in a version's frames; '' when they cannot be told apart."""
    try:
        parts = read_frames(sealed, at_most=_FRAMES)
    except KeptError:
        return ""
    return b64(hashlib.sha256(b"".join(parts[len(parts) // 2 :])).digest())


def _diaries(hand: Hand, keys: Keys) -> Iterator[Fault]:
    """Each diary's numbers and its running head, from its first version to the last."""
    for diary, seq, head, signed in hand.execute("SELECT id, seq, head, signed_head FROM diary ORDER BY id").fetchall():
        name = f"diary {b64(bytes(diary))}"
        running, number = heads.FIRST, 0
        for at, facts_raw in hand.execute(
            "SELECT seq, facts FROM version WHERE diary_id = ? ORDER BY seq", (diary,)
        ).fetchall():
            number += 1
            if at != number:
                yield Fault(f"version {number} of {name}", "The version is missing.")
                break
            running = _next(running, facts_raw)
        if number == seq and running != bytes(head):
            yield Fault(name, "The diary's head is not the head of its versions.")
        elif number < seq:
            yield Fault(name, f"The diary says it has {seq} versions and has {number}.")
        if seq and not _head_holds(signed, keys, b64(bytes(diary)), seq, bytes(head)):
            yield Fault(name, "The diary's signed head does not hold.")


def _next(head: bytes, facts_raw: bytes) -> bytes:
    """The head after one more version; the one before when the row cannot be read, which is a finding of its own."""
    try:
        facts = _object(facts_raw)
        env = facts["env"] if "erased_at" in facts else facts["receipt"]["env"]
        return heads.next_head(
            head, seq=facts["seq"], record=facts["record"], version=facts["version"], c=facts["c"], env=env
        )
    except (KeptError, KeyError, TypeError):
        return head


def _head_holds(signed: bytes | None, keys: Keys, diary: str, seq: int, head: bytes) -> bool:
    """Whether a signed head is by one of the keys and says this."""
    for pub in keys.values():
        try:
            heads.verify(_object(signed or b""), pub, diary=diary, seq=seq, head=head)
        except KeptError:
            continue
        return True
    return False


def _places(hand: Hand) -> Iterator[Fault]:
    """The log's places are dense, and nothing waits that is not there."""
    expected, after = 0, -1
    while rows := hand.execute("SELECT id FROM log_leaf WHERE id > ? ORDER BY id LIMIT 5000", (after,)).fetchall():
        for (at,) in rows:
            if at != expected:
                yield Fault(f"log_leaf {expected}", "The leaf is missing.")
                return
            expected += 1
        after = expected - 1
    ((size,),) = hand.execute("SELECT coalesce(max(size), -1) FROM log_size").fetchall()
    if size != expected:
        # Which of the two is wrong cannot be told from here when the last leaf is the one that is gone.
        row = f"log_size 0 or log_leaf {expected}" if size > expected else "log_size 0"
        yield Fault(row, f"The log says it has {size} leaves and has {expected}.")
    lost = hand.execute("SELECT w.id FROM waiting_leaf w LEFT JOIN version v ON v.id = w.id WHERE v.id IS NULL")
    for (at,) in lost.fetchall():
        yield Fault(f"waiting_leaf {at}", "What waits for a place in the log is not there.")
    twice = hand.execute("SELECT w.id FROM waiting_leaf w JOIN log_leaf l ON l.version_id = w.id")
    for (at,) in twice.fetchall():
        yield Fault(f"waiting_leaf {at}", "What waits for a place in the log has one already.")


def _notes(hand: Hand, keys: Keys, roots: bytes | None) -> Iterator[SignedNote | Fault]:
    """The checkpoints, and the stamps of each."""
    before: SignedNote | None = None
    rows = hand.execute("SELECT id, size, note, made_at FROM log_checkpoint ORDER BY id").fetchall()
    for expected, (n, size, note, _) in enumerate(rows):
        if n != expected:
            yield Fault(f"log_checkpoint {expected}", "The checkpoint is missing.")
            return
        found = audit.read_note(n, bytes(note), keys, before)
        if isinstance(found, SignedNote):
            if found.size != size:
                yield Fault(found.row, "The row's size is not the checkpoint's.")
            before = found
        yield found
        yield from _stamps(hand, n, bytes(note), roots)
        yield from _cosignatures(hand, n, bytes(note))


def _cosignatures(hand: Hand, n: int, note: bytes) -> Iterator[Fault]:
    """The accepted witnesses' lines of one checkpoint: each by the key in its row, under whatever name it gives itself."""
    sql = "SELECT id, witness, line FROM log_cosignature WHERE checkpoint_id = ? AND line IS NOT NULL ORDER BY id"
    for at, witness, line in hand.execute(sql, (n,)).fetchall():
        try:
            (read,) = checkpoints.read_lines(bytes(line).decode())
            holds = cosignatures.seen_by(cosignatures.join(note, [read]), [LogWitness(read.name, bytes(witness))])
        except (KeptError, ValueError):
            holds = ()
        if not holds:
            yield Fault(f"log_cosignature {at}", "The witness's line does not hold for this checkpoint.")


def _stamps(hand: Hand, n: int, note: bytes, roots: bytes | None) -> Iterator[Fault]:
    """The accepted stamps of one checkpoint."""
    sql = "SELECT id, authority, policy, nonce, tsr, chain, stamped_at, due_at FROM log_stamp WHERE checkpoint_id = ?"
    for at, authority, policy, nonce, tsr, chain, stamped_at, due_at in hand.execute(sql, (n,)).fetchall():
        row = f"log_stamp {at} ({authority})"
        if tsr is None:
            if due_at is None or stamped_at is not None:
                yield Fault(row, "The timestamp is gone.")
            continue
        told = {"chain": bytes(chain or b""), "nonce": bytes(nonce or b""), "policy": policy, "tsr": bytes(tsr)}
        found = audit.check_stamp(row, note, told, roots)
        if isinstance(found, Fault):
            yield found
        elif found != stamped_at:
            yield Fault(row, "The row's time is not the timestamp's.")


def _tree(hand: Hand, notes: Sequence[SignedNote]) -> Iterator[Fault]:
    """The stored nodes and every checkpoint against the tree over the stored leaves."""
    nodes = 0

    def seen(made: dict[tuple[int, int], bytes]) -> Iterator[Fault]:
        nonlocal nodes
        nodes += len(made)
        for (level, i), node in made.items():
            found = hand.execute("SELECT node FROM log_node WHERE id = ?", (tree.node_id(level, i),)).fetchone()
            if found is None:
                yield Fault(f"log_node {tree.node_id(level, i)}", f"Node {i} of level {level} is missing.")
            elif bytes(found[0]) != node:
                yield Fault(f"log_node {tree.node_id(level, i)}", f"Node {i} of level {level} was changed.")

    yield from audit.rebuild(_leaves(hand), notes, seen)
    stored = hand.execute("SELECT count(*) FROM log_node").fetchone()[0]
    if stored > nodes:
        yield Fault("log_node", f"There are {stored - nodes} nodes that no leaf leads to.")


def _leaves(hand: Hand) -> Iterator[bytes]:
    """The stored leaves, in order of place."""
    after = -1
    while rows := hand.execute(
        "SELECT id, leaf FROM log_leaf WHERE id > ? ORDER BY id LIMIT 5000", (after,)
    ).fetchall():
        yield from (bytes(leaf) for _, leaf in rows)
        after = int(rows[-1][0])


def _object(raw: bytes) -> dict[str, Any]:
    """Canonical JSON that is an object. Raises NotCanonical or TypeError."""
    value = parse(bytes(raw))
    if not isinstance(value, dict):
        raise TypeError
    return value
