"""The log's part of a pack, checked: signed checkpoints, each version's way to the root, timestamps, whose keys sign.

From the entry up: the proof gives the commitment, the receipt names it with a time and a number, the three are the
leaf, and the leaf's path ends at the root that the checkpoint signs and an authority has stamped.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from diary.crypto.signing import notary_key_id
from diary.encoding import b64, parse, unb64
from diary.errors import KeptError
from diary.ledger import checkpoints, cosignatures, key_statements, leaves, timestamps, tree
from diary.ledger.checkpoints import Checkpoint
from diary.ledger.cosignatures import Cosignature, LogWitness
from diary.ledger.key_statements import NotaryKey
from diary.pack.log_files import LIMIT, TYPE, stem_of, told_files
from diary.pack.verify.findings import Finding, find
from diary.pack.verify.pack_reader import OpenedPack
from diary.record.reading import Fields, objects_of, text_of, whole_of

SERVABLE: Final = "data/servable/proof/"
RESTRICTED: Final = "data/restricted/proof/"
_ENDS: Final = (".txt", ".tsr", ".pem")


@dataclass(slots=True)
class LogPart:
    """A pack's log.json as read ({} where there is none), the folder it lies in, and what was wrong on the way."""

    folder: str = RESTRICTED
    told: Fields = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def places(self) -> dict[str, Fields]:
        """Where each version stands, by version."""
        return {text_of(row, "version"): row for row in objects_of(self.told, "proofs")}


def is_log_file(path: str) -> bool:
    """Whether a path in a proof folder is the log's and no version's proof."""
    return path.endswith(("/log.json", *_ENDS))


def read_log_part(pack: OpenedPack) -> LogPart:
    """Both folders' files of the log; they must be the same, but for the versions they speak of."""
    part = LogPart(SERVABLE if pack.alone else RESTRICTED)
    folders = (SERVABLE,) if pack.alone else (SERVABLE, RESTRICTED)
    read: dict[str, Fields] = {folder: _read(part, pack, folder) for folder in folders}
    part.told = read[part.folder]
    promised = {folder: told_files(folder, value) for folder, value in read.items()}
    for folder, value in read.items():
        here = {path for path in pack.digests if path.startswith(folder) and is_log_file(path)}
        for path in sorted(here ^ (promised[folder] if value else set())):
            part.findings.append(find("log", path))
    servable, told = read[SERVABLE], part.told
    same = all(servable.get(name) == told.get(name) for name in ("authorities", "checkpoints", "statements"))
    if not same or any(row not in objects_of(told, "proofs") for row in objects_of(servable, "proofs")):
        part.findings.append(find("log", f"{SERVABLE}log.json"))
    for path in sorted(promised[part.folder] - {f"{part.folder}log.json"}):
        twin = path.replace(RESTRICTED, SERVABLE)
        if path in pack.digests and twin in pack.digests and pack.digests[path] != pack.digests[twin]:
            part.findings.append(find("log", twin))
    return part


def _read(part: LogPart, pack: OpenedPack, folder: str) -> Fields:
    """One log.json; {} when it is absent, and a finding when it is not one."""
    raw = pack.read(f"{folder}log.json")
    if raw is None:
        return {}
    try:
        value = parse(raw, limit=LIMIT)
    except KeptError:
        value = None
    if value is None or not isinstance(value, dict) or value.get("t") != TYPE:
        part.findings.append(find("unreadable", f"{folder}log.json"))
        return {}
    return value


def trusted_keys(part: LogPart, own: bytes, instance: bytes | None) -> tuple[tuple[NotaryKey, ...], list[Finding]]:
    """The notary keys whose receipts and checkpoints hold: `own`, and those the instance key vouches for.

    Statements count only under an instance key from outside: a forger can write some that join his key to ours.
    """
    alone = (NotaryKey(b64(notary_key_id(own)), own, 0, None),)
    told = objects_of(part.told, "statements")
    if not told or instance is None:
        return alone, []
    try:
        chain = key_statements.chain(told, instance)
        key_statements.key_of(chain, alone[0].log)
    except KeptError:
        return alone, [find("statements", f"{part.folder}log.json")]
    return chain, []


def check_log(
    pack: OpenedPack, part: LogPart, receipts: Mapping[str, Fields], keys: Sequence[NotaryKey], roots: Sequence[bytes]
) -> Iterator[Finding]:
    """Every finding about the log. `receipts`: by version. `roots`: PEM of authorities' roots to be trusted."""
    yield from part.findings
    before: Checkpoint | None = None
    for row in objects_of(part.told, "checkpoints"):
        name, note, said = _checkpoint(pack, part.folder, row, keys)
        if said is None or (before is not None and not _grew(before, said, row)):
            yield find("checkpoint", name)
        before = said or before
        yield from _stamps(pack, name, note, row, roots)
    shown = dict(standing(pack, part, receipts, keys))
    for version in part.places():
        if version not in shown:
            yield find("inclusion", f"{part.folder}log.json#{version[:8]}")


def standing(
    pack: OpenedPack, part: LogPart, receipts: Mapping[str, Fields], keys: Sequence[NotaryKey]
) -> Iterator[tuple[str, int]]:
    """Each version that is shown to stand in the log, with its place."""
    rows = objects_of(part.told, "checkpoints")
    signed = {said.size: said for row in rows if (said := _checkpoint(pack, part.folder, row, keys)[2])}
    for version, row in part.places().items():
        if _stands(row, receipts.get(version), signed):
            yield version, whole_of(row, "i") or 0


def _checkpoint(
    pack: OpenedPack, folder: str, row: Fields, keys: Sequence[NotaryKey]
) -> tuple[str, bytes, Checkpoint | None]:
    """A checkpoint's file, its bytes, and what it says when one of the keys signed it."""
    size = whole_of(row, "size")
    name = f"{folder}{stem_of(row)}.txt"
    note = pack.read(name) or b""
    said = _signed(note, keys)
    return name, note, said if said is not None and said.size == size else None


def seen_by(
    pack: OpenedPack, part: LogPart, keys: Sequence[NotaryKey], witnesses: Sequence[LogWitness]
) -> tuple[int, tuple[Cosignature, ...], list[Finding]]:
    """Leaves under the newest signed checkpoint, who of these witnesses cosigned it, and what does not hold under any."""
    size, seen, faults = 0, tuple[Cosignature, ...](), list[Finding]()
    for row in objects_of(part.told, "checkpoints"):
        name, note, said = _checkpoint(pack, part.folder, row, keys)
        lines = row.get("cosignatures")
        if said is None:
            continue
        size, seen = said.size, ()
        try:
            joined = "".join(f"{line}\n" for line in lines) if isinstance(lines, list) else ""
            seen = cosignatures.seen_by(note + joined.encode(), witnesses)
        except (KeptError, UnicodeEncodeError):
            faults.append(find("cosignature", name))
    return size, seen, faults


def _signed(note: bytes, keys: Sequence[NotaryKey]) -> Checkpoint | None:
    """What a note by one of the keys says; an exposed key's holds only as far as its bound."""
    try:
        key = key_statements.key_of(keys, checkpoints.read(note).origin)
        said = checkpoints.verify(note, key.pub)
    except KeptError:
        return None
    return said if key.below is None or said.size <= key.below else None


def _grew(before: Checkpoint, said: Checkpoint, row: Fields) -> bool:
    """Whether a checkpoint's log begins with the one before it."""
    try:
        tree.verify_consistency(before.size, said.size, (before.root, said.root), _path(row))
    except KeptError:
        return False
    return True


def _stands(row: Fields, receipt: Fields | None, signed: Mapping[int, Checkpoint]) -> bool:
    """Whether a version's leaf leads to a signed root."""
    said, i = signed.get(whole_of(row, "size") or 0), whole_of(row, "i")
    ts = whole_of(receipt or {}, "ts")
    if said is None or receipt is None or i is None or ts is None:
        return False
    try:
        leaf = leaves.leaf(c=text_of(receipt, "c"), n=text_of(receipt, "n"), ts=ts)
        tree.verify_inclusion(leaf, i, said.size, _path(row), said.root)
    except KeptError:
        return False
    return True


def _path(row: Fields) -> list[bytes]:
    """A proof's steps. Raises BadRequest."""
    steps = row.get("path")
    return [unb64(str(step)) for step in steps] if isinstance(steps, list) else []


def _stamps(pack: OpenedPack, name: str, note: bytes, row: Fields, roots: Sequence[bytes]) -> Iterator[Finding]:
    """The timestamps of one checkpoint: under the roots given, else under the pack's own."""
    trusted = b"\n".join(roots) or None
    for stamp in objects_of(row, "stamps"):
        stem = f"{name.removesuffix('.txt')}.{text_of(stamp, 'authority')}"
        tsr, chain = pack.read(f"{stem}.tsr") or b"", pack.read(f"{stem}.pem") or b""
        try:
            nonce = unb64(text_of(stamp, "nonce"))
            stamped = checkpoints.one_line(note)
            timestamps.check(tsr, stamped, chain=chain, policy=text_of(stamp, "policy"), nonce=nonce, roots=trusted)
        except KeptError:
            yield find("timestamp", f"{stem}.tsr")


def has_stamps(part: LogPart) -> bool:
    """Whether there is any timestamp."""
    return any(objects_of(row, "stamps") for row in objects_of(part.told, "checkpoints"))


def vouched(part: LogPart) -> bool:
    """Whether there are statements about the keys at all; whether they hold is `trusted_keys`'."""
    return bool(objects_of(part.told, "statements"))
