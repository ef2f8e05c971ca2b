"""Who prepared a pack, where that was not its keeper: an advocate's signature beside the grant that let them. docs/pack.md.

[Note: what it binds] The keeper's signature is on the grant and the advocate's on the statement, which names this pack, each
version in it and 12_record.json. So it can neither be put into another pack nor say another name than its writer's own; who the
person of that name is, only the keeper who compared nine words with them can say. Taken out altogether it leaves no trace:
a keeper does not sign a pack as a whole.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from diary.crypto.fingerprints import fingerprint
from diary.crypto.signing import verify_author
from diary.encoding import b64, canon, unb64
from diary.errors import BadSignature, KeptError
from diary.ledger.sharing import grants
from diary.pack.proofs.proof_files import RECORD_LIMIT
from diary.pack.verify.findings import Finding, find
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import PREPARED, Proofs, object_from
from diary.pack.verify.record_check import RECORD
from diary.record.reading import Fields, object_of, text_of, whole_of

TYPE: Final = "prepared/v1"
READ_FIRST: Final = "data/00_READ-FIRST.txt"
LINE: Final = "PREPARED BY SOMEBODY ELSE: "
# What would break a line of text in two, or the terminal it is shown on.
_BREAKS: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]")
_NAMES: Final = {
    *(
        "by",
        "ecdsa_pub",
        "folder",
        "grant",
        "hpke_pub",
        "list",
        "made_at",
        "organisation",
        "pack",
        "record",
        "sig",
        "t",
    ),
}


def check_prepared(pack: OpenedPack, proofs: Proofs) -> Iterator[Finding]:
    """`prepared` where somebody else prepared it and may have; `preparer` where what is said of that does not hold."""
    raw = pack.read(PREPARED)
    record = object_from((pack.read(RECORD) or b"").removesuffix(b"\n")) or {}
    claimed = object_of(object_of(record, "pack"), "prepared")
    line = _line(pack.read(READ_FIRST) or b"")
    if raw is None:
        if claimed or line is not None:
            yield find("preparer", RECORD if claimed else READ_FIRST)
        return
    try:
        said = object_from(raw) or {}
        _check_signed(said, text_of(proofs.keys, "ecdsa_pub"))
        _check_scope(object_of(said, "grant"), proofs, alone=pack.alone)
        _check_here(said, pack, proofs)
        if (record and claimed != named(said)) or line not in (None, first_line(said)):
            raise BadSignature
    except (KeptError, KeyError, TypeError, ValueError, AttributeError):
        yield find("preparer", PREPARED)
        return
    yield find("prepared", PREPARED)


def named(said: Mapping[str, Any]) -> Fields:
    """What `pack.prepared` of 12_record.json says of a statement."""
    return {
        "by": said["by"],
        "grant": said["grant"]["grant"],
        "organisation": said["organisation"],
        "to": said["grant"]["to"],
    }


def first_line(said: Mapping[str, Any]) -> str:
    """The line of 00_READ-FIRST.txt."""
    return f"{LINE}{said['by']}, {said['organisation']}."


def list_of(versions: Mapping[str, str]) -> str:
    """SHA-256 over the versions in servable/proof with their commitments, b64."""
    return b64(hashlib.sha256(canon([[one, versions[one]] for one in sorted(versions)], limit=RECORD_LIMIT)).digest())


def _check_signed(said: Mapping[str, Any], keeper_pub: str) -> None:
    """Return when the grant is the keeper's, to the key that signed, and let it; BadSignature otherwise."""
    grant, made_at = said["grant"], said["made_at"]
    if set(said) != _NAMES or said["t"] != TYPE or not all(_is_name(said[one]) for one in ("by", "organisation")):
        raise BadSignature
    grants.check(grant, unb64(keeper_pub))
    pub = unb64(said["ecdsa_pub"])
    may = "pack" in grant["rights"] and type(made_at) is int and grant["made_at"] <= made_at < grant["not_after"]
    if not may or b64(fingerprint(pub, unb64(said["hpke_pub"]))) != grant["to"]:
        raise BadSignature
    verify_author(pub, canon({name: value for name, value in said.items() if name != "sig"}), unb64(said["sig"]))


def _check_scope(grant: Mapping[str, Any], proofs: Proofs, *, alone: bool) -> None:
    """Return when nothing here is outside the grant, as far as that shows; BadSignature otherwise."""
    ids = {text_of(object_of(one.values, "_ids"), "diary") for one in proofs.told.values()}
    chosen = grant["scope"].get("records")
    entries = {text_of(one.raw, "record") for one in proofs.told.values() if text_of(one.raw, "kind") == "incident"}
    if (
        ids != {grant["diary"]}
        or (chosen is not None and not entries <= set(chosen))
        or not (alone or grant["restricted"])
    ):
        raise BadSignature


def _check_here(said: Mapping[str, Any], pack: OpenedPack, proofs: Proofs) -> None:
    """Return when it was said of this pack: its name, its versions, and its record where that is here; else BadSignature."""
    versions = {version: text_of(one.raw, "c") for version, one in proofs.servable.items()}
    is_copied = pack.alone and not pack.folder.startswith("PACK_")
    if said["list"] != list_of(versions) or (said["folder"] != pack.folder and not is_copied):
        raise BadSignature
    raw = pack.read(RECORD)
    if raw is None:
        return
    told = object_of(object_from(raw.removesuffix(b"\n")) or {}, "pack")
    here = (text_of(told, "id"), text_of(told, "folder"), whole_of(told, "made_at"))
    if here != (said["pack"], said["folder"], said["made_at"]) or said["record"] != hashlib.sha256(raw).hexdigest():
        raise BadSignature


def _line(raw: bytes) -> str | None:
    """The line in which READ-FIRST says so, None where there is none."""
    lines = raw.decode("utf-8", "replace").split("\n")
    return next((line.removesuffix("\r") for line in lines if line.startswith(LINE)), None)


def _is_name(value: object) -> bool:
    """Some text on one line."""
    return isinstance(value, str) and 0 < len(value) <= grants.NAME_CHARACTERS and not _BREAKS.search(value)
