"""Checking a pack: every finding, in the order of the checks. No network, nothing written, nothing trusted."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from diary.encoding import parse
from diary.errors import KeptError
from diary.ledger.cosignatures import Cosignature, LogWitness
from diary.pack.documents.instructions import TRAINING
from diary.pack.proofs.proof_files import RECORD_LIMIT
from diary.pack.redaction import MARK
from diary.pack.tables.csv_tables import BOM
from diary.pack.verify.bag_check import check_bag
from diary.pack.verify.causal_order import told_of
from diary.pack.verify.completeness import check_whole
from diary.pack.verify.embedded_files import embedded_files
from diary.pack.verify.findings import Finding, find
from diary.pack.verify.log_check import check_log, has_stamps, read_log_part, seen_by, standing, trusted_keys, vouched
from diary.pack.verify.pack_reader import OpenedPack, open_pack
from diary.pack.verify.prepared_check import READ_FIRST, check_prepared
from diary.pack.verify.proof_check import Proofs, check_proofs, never_received, own_notary, read_proofs, receipts_of
from diary.pack.verify.record_check import RECORD, check_record
from diary.pack.verify.rerender import check_again
from diary.pack.verify.servable_only import described_alone
from diary.record.reading import Fields, object_of, text_of, whole_of

CHRONOLOGY: Final = "data/servable/01_chronology.pdf"
INDEX: Final = "data/servable/03_exhibits-index.csv"
SIDECARS: Final = "data/restricted/14_sidecars/"
_SIDECAR: Final = frozenset("fields file item made_at record sha256 sha512 size_bytes t".split())
RECEIVED: Final = tuple(
    f"data/restricted/{folder}/" for folder in ("13_exhibits-as-received", "13_mail", "09_RESTRICTED_orders")
)


def verify(
    path: Path,
    *,
    notary: bytes | None = None,
    tsa_roots: Sequence[bytes] | None = None,
    instance: bytes | None = None,
    rerender: str | None = None,
    is_unsandboxed: bool = False,
    witnesses: Sequence[LogWitness] = (),
    on_seen: Callable[[int, Sequence[Cosignature]], None] = lambda _size, _seen: None,
) -> list[Finding]:
    """Everything that is wrong with a pack, its zip or its folder; an empty list when nothing is.

    The servable folder alone is checked as far as it goes, and `servable_only` says what it is.

    `notary`: the server's 32-byte public key, from outside the pack. Without it there is always the finding
    `keys_from_pack`: whoever forges a whole pack can put his own keys into it. `instance`: the server's instance key,
    which vouches for its notary keys and may stand in for `notary`. `tsa_roots`: PEM certificates; without them
    timestamps are held against the pack's own, and `roots_from_pack` says so. `rerender`: this release's name, to lay every
    document out again and compare it byte for byte; needs the restricted part. `witnesses`: log witnesses, from outside the
    pack; `on_seen` is told how many leaves the newest checkpoint has and which of them cosigned it.
    """
    pack = open_pack(path)
    if isinstance(pack, list):
        return pack
    with closing(pack):
        found = list(_all(pack, notary, instance, tsa_roots or ()))
        found += _witnessed(pack, notary, instance, witnesses, on_seen)
        if rerender is not None:
            found += check_again(pack, read_proofs(pack), rerender, is_unsandboxed=is_unsandboxed)
        return list(dict.fromkeys(found))


def _all(
    pack: OpenedPack, notary: bytes | None, instance: bytes | None, tsa_roots: Sequence[bytes]
) -> Iterator[Finding]:
    """Every check, one after the other; none depends on another having passed."""
    if pack.alone:
        yield find("servable_only")
    yield from pack.findings
    yield from check_bag(pack)
    yield from check_whole(pack)
    proofs = read_proofs(pack)
    yield from proofs.findings
    part = read_log_part(pack)
    own = own_notary(proofs) if notary is None else notary
    keys, faults = trusted_keys(part, own, instance)
    yield from faults
    shown = dict(standing(pack, part, receipts_of(proofs), keys))
    yield from check_proofs(proofs, keys, shown)
    yield from check_log(pack, part, receipts_of(proofs), keys, tsa_roots)
    yield from check_record(pack, proofs)
    yield from check_prepared(pack, proofs)
    yield from _exhibits(pack, proofs)
    yield from _narratives(pack, proofs)
    if is_training(pack):
        yield find("training")
    if never_received(proofs.keys):
        yield find("never_received")
    elif notary is None and (instance is None or not vouched(part)):
        yield find("keys_from_pack")
    if tsa_roots and not has_stamps(part):
        yield find("no_timestamps")
    if has_stamps(part) and not tsa_roots:
        yield find("roots_from_pack")


def _witnessed(
    pack: OpenedPack,
    notary: bytes | None,
    instance: bytes | None,
    witnesses: Sequence[LogWitness],
    on_seen: Callable[[int, Sequence[Cosignature]], None],
) -> list[Finding]:
    """The witnesses' lines that do not hold; who saw the log is told on the way."""
    if not witnesses:
        return []
    part = read_log_part(pack)
    keys, _ = trusted_keys(part, own_notary(read_proofs(pack)) if notary is None else notary, instance)
    size, seen, faults = seen_by(pack, part, keys, witnesses)
    on_seen(size, seen)
    return faults


def is_training(pack: OpenedPack) -> bool:
    """Whether it says of itself that it is made up: in READ-FIRST, or in its record where that is here."""
    first = (pack.read(READ_FIRST) or b"").startswith(TRAINING.encode())
    try:
        record = parse((pack.read(RECORD) or b"").removesuffix(b"\n"), limit=RECORD_LIMIT)
    except KeptError:
        return first
    return first or (isinstance(record, dict) and object_of(record, "pack").get("training") is True)


def _exhibits(pack: OpenedPack, proofs: Proofs) -> Iterator[Finding]:
    """The four-way match: file, sidecar, index and list; and the digest that was sealed when the file came."""
    index = _index(pack)
    if index is None:
        yield find("unreadable", INDEX)
        index = {}
    if pack.alone:
        yield from described_alone(proofs, index)
        return
    paths = sorted(path for path in pack.digests if path.startswith(RECEIVED))
    received = {path.rpartition("/")[2]: path for path in reversed(paths)}
    # Which of two files of one name is the exhibit, nobody could say.
    yield from (find("exhibit", path) for path in paths if received[path.rpartition("/")[2]] != path)
    sealed = {text_of(proof.raw, "version"): proof.values for proof in proofs.restricted.values()}
    matched: set[str] = set()
    for path in sorted(pack.digests):
        if not path.startswith(SIDECARS):
            continue
        sidecar = _sidecar(pack.read(path))
        if sidecar is None:
            yield find("unreadable", path)
            continue
        file = text_of(sidecar, "file")
        matched.add(file)
        newest = text_of(object_of(object_of(sidecar, "fields"), "_ids"), "version")
        is_named = path == f"{SIDECARS}{file.partition('.')[0]}.json" and set(sidecar) == _SIDECAR
        if not is_named or not _matches(pack, received.get(file), sidecar, index.get(file), sealed.get(newest)):
            yield find("exhibit", received.get(file, path))
    for file in sorted((received.keys() | index.keys()) - matched):
        yield find("exhibit", received.get(file, INDEX))


def _matches(
    pack: OpenedPack, path: str | None, sidecar: Fields, row: dict[str, str] | None, sealed: Fields | None
) -> bool:
    """Whether everything said about one exhibit's bytes is the same."""
    if path is None or row is None or sealed is None:
        return False
    held, fields = pack.digests[path], object_of(sidecar, "fields")
    return (
        held.sha256 == sidecar.get("sha256") == fields.get("sha256") == sealed.get("sha256") == row.get("sha256")
        and held.sha512 == sidecar.get("sha512") == fields.get("sha512") == sealed.get("sha512")
        and held.size == whole_of(sidecar, "size_bytes") == whole_of(fields, "size_bytes")
        and str(held.size) == row.get("size_bytes")
        and text_of(sidecar, "item").replace("/", "-") == text_of(sidecar, "file").partition(".")[0]
        and row.get("suggested_ref", row.get("item")) == sidecar.get("item")
        and sidecar.get("record") == object_of(sealed, "_ids").get("record")
        and fields == {name: value for name, value in sealed.items() if value is not None}
    )


def _sidecar(raw: bytes | None) -> dict[str, object] | None:
    """A sidecar, or None."""
    try:
        value = parse(raw or b"", limit=RECORD_LIMIT)
    except KeptError:
        return None
    return value if isinstance(value, dict) and value.get("t") == "sidecar/v1" else None


def _index(pack: OpenedPack) -> dict[str, dict[str, str]] | None:
    """03 by file name; empty when it is not here, None when it is no such table."""
    raw = pack.read(INDEX)
    if raw is None:
        return {}
    try:
        text = io.StringIO(raw.decode("utf-8").removeprefix(BOM), newline="")
        lines = [line for line in csv.reader(text, strict=True) if line]
        # A row that is shorter or longer than the head could be read one way or another.
        rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
        found = {row["file"]: row for row in rows}
        return found if len(found) == len(rows) else None
    except (UnicodeDecodeError, csv.Error, KeyError, ValueError):
        return None


def _narratives(pack: OpenedPack, proofs: Proofs) -> Iterator[Finding]:
    """The first words of each entry, as embedded in 01, against the sealed ones."""
    raw = pack.read(CHRONOLOGY)
    if raw is None:
        return
    embedded = embedded_files(raw)
    if embedded is None:
        yield find("unreadable", CHRONOLOGY)
        return
    expected = dict(_first_words(proofs))
    for name in sorted(expected.keys() | embedded.keys()):
        words, found = expected.get(name), embedded.get(name)
        if words is None or found is None or not _same(words, found):
            yield find("narrative", f"{CHRONOLOGY}#{name}")


def _same(words: tuple[str | None, bool], found: bytes) -> bool:
    """Byte for byte; where words are held back, everything around the marks must stand in the account in order.

    None for an account that is a digest in all that is here: then a mark must stand in it, and no more can be said.
    """
    text, is_masked = words
    if text is None:
        return MARK.encode() in found
    if found == text.encode("utf-8"):
        return True
    pieces = found.decode("utf-8", "replace").split(MARK)
    if not is_masked or len(pieces) < 2:
        return False
    at = 0
    for piece in pieces:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return text.startswith(pieces[0]) and text.endswith(pieces[-1])


def _first_words(proofs: Proofs) -> Iterator[tuple[str, tuple[str | None, bool]]]:
    """Per embedded name: the narrative of the entry's first version, and whether some of it was held back."""
    for label, told, _ in told_of(proofs.told.values(), "incident"):
        twin = proofs.servable.get(told.first.version)
        is_masked = twin is not None and "narrative" in twin.withheld
        words = None if proofs.alone and is_masked else text_of(told.first.fields, "narrative")
        if words != "":
            yield f"entry-{label}.txt", (words, is_masked)
