"""Entries from their fields up: digests, commitment, signature, receipt, lines, and the two folders against each other."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from diary.crypto.signing import notary_key_id, public_key
from diary.encoding import b64, parse, unb64
from diary.errors import BadSignature, KeptError
from diary.ledger import receipts, rekeying
from diary.ledger.commitments import commitment, field_digest
from diary.ledger.key_statements import NotaryKey, key_of
from diary.ledger.lines import Link, breaks
from diary.ledger.push import signed_bytes
from diary.ledger.rekeying import AuthorKey
from diary.pack.proofs.proof_files import KEYS_TYPE, RECORD_LIMIT, SERVABLE_KINDS, TYPE, names_of
from diary.pack.verify.findings import Finding, find
from diary.pack.verify.log_check import is_log_file
from diary.pack.verify.pack_reader import OpenedPack
from diary.record.reading import Fields, codes_of, object_of, objects_of, text_of, whole_of

SERVABLE: Final = "data/servable/proof/"
RESTRICTED: Final = "data/restricted/proof/"
PREPARED: Final = f"{SERVABLE}prepared.json"
_NAME = re.compile(r"(?:[0-9]{4,6}|U[0-9]{4}|[A-Z]{1,4}-[1-9][0-9]{0,4}|[a-z]{4,10}-[0-9]{4,6})-[A-Za-z0-9_-]{8}\.json")


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof file, read: values by name, digests by name, and the rest as it stands."""

    member: str
    raw: Fields
    values: Mapping[str, object]
    digests: Mapping[str, str]
    withheld: frozenset[str]

    @property
    def version(self) -> str:
        """The version's id."""
        return text_of(self.raw, "version")


@dataclass(slots=True)
class Proofs:
    """Both folders, by version, and the keys they name."""

    servable: dict[str, Proof] = field(default_factory=dict)
    restricted: dict[str, Proof] = field(default_factory=dict)
    keys: Fields = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    alone: bool = False

    @property
    def told(self) -> dict[str, Proof]:
        """The folder that says most: the restricted one, or the servable where that is all there is."""
        return self.servable if self.alone else self.restricted


def read_proofs(pack: OpenedPack) -> Proofs:
    """Every proof that can be read; what cannot is found."""
    proofs = Proofs(alone=pack.alone)
    for path in sorted(pack.digests):
        for folder, held in ((SERVABLE, proofs.servable), (RESTRICTED, proofs.restricted)):
            if (
                path.startswith(folder)
                and not path.endswith("/keys.json")
                and path != PREPARED
                and not is_log_file(path)
            ):
                proof = _read(path, pack.read(path), path.removeprefix(folder))
                if isinstance(proof, Finding):
                    proofs.findings.append(proof)
                elif proof.version in held:
                    proofs.findings.append(find("misplaced", path))
                else:
                    held[proof.version] = proof
    keys = [object_from(pack.read(f"{folder}keys.json")) for folder in (SERVABLE, RESTRICTED)]
    proofs.keys = keys[1] or keys[0] or {}
    here = keys[:1] if pack.alone else keys
    if not all(here) or here[0] != here[-1] or proofs.keys.get("t") != KEYS_TYPE or not _are_keys(proofs.keys):
        proofs.findings.append(find("keys", f"{SERVABLE if pack.alone else RESTRICTED}keys.json"))
    return proofs


def object_from(raw: bytes | None) -> dict[str, object] | None:
    """Canonical JSON that is an object, or None."""
    try:
        value = parse(raw or b"", limit=RECORD_LIMIT)
    except KeptError:
        return None
    return value if isinstance(value, dict) else None


def _are_keys(keys: Fields) -> bool:
    """Whether the two public keys are keys, and the log is the notary's digest; both of a server's are '' where none knew it."""
    try:
        public_key(unb64(text_of(keys, "ecdsa_pub")))
        _authors(keys)
        if never_received(keys):
            return True
        return b64(notary_key_id(unb64(text_of(keys, "notary")))) == keys.get("log")
    except (KeptError, ValueError):
        return False


def never_received(keys: Fields) -> bool:
    """Whether the pack says that no server ever had the diary."""
    return keys.get("notary") == "" == keys.get("log")


def _read(member: str, raw: bytes | None, name: str) -> Proof | Finding:
    """One proof, with every digest computed or taken as withheld."""
    value = object_from(raw)
    if value is None or value.get("t") != TYPE:
        return find("unreadable", member)
    try:
        names = names_of(text_of(object_value(value, "_kind"), "v"), _schema(value))
        digests, values = dict(_given(object_of(value, "withheld"))), {}
        withheld = frozenset(digests)
        for field_name, opened in object_of(value, "fields").items():
            told = object_of({"it": opened}, "it")
            if not isinstance(told["s"], str):
                return find("unreadable", member)
            values[field_name] = told["v"]
            digests[field_name] = b64(field_digest(field_name, unb64(told["s"]), told["v"]))
    except (KeptError, KeyError, UnicodeError):
        return find("unreadable", member)
    if set(digests) != {*names.all_open, *names.restricted} or withheld & set(values):
        return find("names", member)
    if not _NAME.fullmatch(name) or name[-13:-5] != text_of(value, "version")[:8]:
        return find("misplaced", member)
    return Proof(member, value, values, digests, withheld)


def object_value(proof: Fields, name: str) -> dict[str, object]:
    """A field of a proof as it stands: value and salt."""
    return object_of(object_of(proof, "fields"), name)


def _schema(proof: Fields) -> int:
    """The schema number. Raises KeyError when there is none."""
    number = whole_of(object_value(proof, "_schema"), "v")
    if number is None:
        raise KeyError
    return number


def _given(withheld: Fields) -> Iterator[tuple[str, str]]:
    """Digests that stand for withheld fields; each must be 32 bytes."""
    for name, digest in withheld.items():
        if not isinstance(digest, str) or len(unb64(digest)) != 32:
            raise KeyError
        yield name, digest


def check_proofs(proofs: Proofs, keys: Sequence[NotaryKey], before: Mapping[str, int]) -> Iterator[Finding]:
    """Every finding about the proofs themselves.

    `keys`: the notary keys to trust. `before`: by version, the place in the log that was shown for it; a receipt by
    a key that others may have had holds only for a place below that key's bound.
    """
    if _key(proofs.keys, "notary") not in {key.pub for key in keys}:
        yield find("wrong_notary")
    try:
        authors = _authors(proofs.keys)
    except (KeptError, ValueError):
        authors = ()  # said under "keys"; no signature holds under it
    for proof in (*proofs.servable.values(), *proofs.restricted.values()):
        yield from _one(proof, authors, keys, before)
    for version in sorted(proofs.servable.keys() | proofs.restricted.keys()):
        servable = proofs.servable.get(version)
        yield from _apart(servable) if proofs.alone and servable else _pair(servable, proofs.restricted.get(version))
    yield from _lines(proofs)
    yield from _behind(proofs)


def _behind(proofs: Proofs) -> Iterator[Finding]:
    """Versions written on from one that is not here: every version of a record goes into a pack, or none."""
    for proof in proofs.told.values():
        if any(parent not in proofs.told for parent in codes_of(proof.values, "_parents")):
            yield find("left_out", proof.member)


def _key(keys: Fields, name: str) -> bytes:
    """A key's bytes; none when it is not one, and every signature then fails."""
    try:
        return unb64(text_of(keys, name))
    except KeptError:
        return b""


def receipts_of(proofs: Proofs) -> dict[str, Fields]:
    """The receipts, by version."""
    held = {version: object_of(proof.raw, "receipt") for version, proof in proofs.told.items()}
    return {version: receipt for version, receipt in held.items() if receipt}


def own_notary(proofs: Proofs) -> bytes:
    """The notary key that the pack names; none when it is not one."""
    return _key(proofs.keys, "notary")


def _authors(keys: Fields) -> tuple[AuthorKey, ...]:
    """The account's keys, those that were replaced first. Raises BadSignature where they do not follow one another."""
    return rekeying.chain(objects_of(keys, "earlier") if "earlier" in keys else (), unb64(text_of(keys, "ecdsa_pub")))


def _check_author(proof: Proof, authors: Sequence[AuthorKey], message: bytes) -> None:
    """Return when the key that a proof names, or one after it, signed it while it counted; BadSignature otherwise."""
    key = rekeying.verify_by(authors, proof.values.get("_by"), message, unb64(text_of(proof.raw, "sig")))
    received = whole_of(object_of(proof.raw, "receipt"), "ts") if proof.raw.get("receipt") else None
    if key.ts is not None and (received is None or received > key.ts):
        raise BadSignature("The key had been replaced by then.")


def _one(
    proof: Proof, authors: Sequence[AuthorKey], keys: Sequence[NotaryKey], before: Mapping[str, int]
) -> Iterator[Finding]:
    """Commitment, place, signature and receipt of one proof."""
    raw, ids = proof.raw, object_of(proof.values, "_ids")
    c = text_of(raw, "c")
    if b64(commitment(proof.digests)) != c:
        yield find("commitment", proof.member)
    placed = (ids.get("record"), ids.get("version")) == (raw.get("record"), raw.get("version"))
    if not placed or proof.values.get("_kind") != raw.get("kind"):
        yield find("misplaced", proof.member)
    try:
        message = signed_bytes(
            c=c, diary=text_of(ids, "diary"), record=text_of(raw, "record"), version=text_of(raw, "version")
        )
        _check_author(proof, authors, message)
    except (KeptError, ValueError):
        yield find("author", proof.member)
    receipt = raw.get("receipt")
    if receipt is not None:
        told = object_of(raw, "receipt")
        if told.get("log") not in {key.log for key in keys}:
            yield find("other_key", proof.member)
            return
        try:
            key = key_of(keys, told.get("log"))
            receipts.verify(told, key.pub, c=c, env=text_of(told, "env"))
            if key.below is not None and not 0 <= before.get(proof.version, -1) < key.below:
                yield find("old_key", proof.member)
        except (KeptError, ValueError):
            yield find("receipt", proof.member)


def _pair(servable: Proof | None, restricted: Proof | None) -> Iterator[Finding]:
    """The two proofs of one version."""
    if servable is None and restricted and text_of(restricted.raw, "kind") not in SERVABLE_KINDS:
        return
    if servable is None or restricted is None:
        yield find("no_twin", (servable or restricted or _nobody()).member)
        return
    same = all(
        servable.raw.get(name) == restricted.raw.get(name) for name in ("c", "sig", "receipt", "record", "seq_no")
    )
    if not same or restricted.withheld or servable.digests != restricted.digests:
        yield find("twin", servable.member)
    yield from _apart(servable)


def _apart(servable: Proof) -> Iterator[Finding]:
    """Whether a restricted field stands open where it must not."""
    kind = text_of(object_value(servable.raw, "_kind"), "v")
    if set(names_of(kind, whole_of(servable.values, "_schema") or 0).restricted) - servable.withheld:
        yield find("twin", servable.member)


def _nobody() -> Proof:
    raise KeyError("neither proof")


def _lines(proofs: Proofs) -> Iterator[Finding]:
    """The devices' lines. Numbers that are not here say nothing: notes and entries not chosen have numbers too."""
    links, members = [], {}
    for proof in proofs.told.values():
        line = object_of(proof.values, "_line")
        device, n, prev = text_of(line, "device"), whole_of(line, "n") or 0, line.get("prev")
        links.append(Link(device, n, prev if isinstance(prev, str) else None, text_of(proof.raw, "c")))
        members[device, n] = proof.member
    for broken in breaks(links):
        if broken.why != "missing":
            yield find("line", members[broken.device, broken.n])
