"""The one sentence that comes first when a pack was checked: what its signature shows (docs/pack.md, "Signature")."""

from collections.abc import Collection, Set
from datetime import UTC, datetime
from typing import Final

from diary.pack.verify.export_check import ExportCheck
from diary.pack.verify.findings import Finding
from diary.pack.verify.proof_check import RECEIPT_CODES, PackProofs
from diary.record.reading import integer_of, object_of

LIMITS_TEXT: Final = "This check does not show who held the device, or that what the pack says is true."
STATUS_SENTENCES: Final[dict[str, str]] = {
    "not_signed": "Not signed. Anyone could have changed its pages, tables and words.",
    "incomplete": "A zip of this portal set is missing or cannot be read, so its signature could not be checked.",
    "bad_signature": "The signature of this pack is not valid.",
    "other_signer": "Signed with a key that does not belong to this diary.",
    "changed": "Changed after it was made. The findings are listed below.",
    "replaced_key": "Not signed with the key in use. The pack calls its key an earlier key of the keeper, and anyone can "
    "write that. Anyone could have changed its pages, tables and words.",
    "not_covered": "The files in servable/ are unchanged since they were signed. 00_READ-FIRST and 15_VERIFY are not signed "
    "in this copy: anyone could have changed them.",
    "part_only": "What is here is unchanged since it was signed. The signed pack also had a restricted "
    "part, which is not in this copy.",
    "prepared": "Unchanged since the person who prepared it made it.",
    "other_server": "Unchanged since a device of this diary made it. It is from another server: give the keys of that "
    "server to check who received it.",
    "received": "Unchanged since a device of this diary made it. The server received the record of it on {date}.",
    "received_own_key": "Unchanged since a device of this diary made it. The server that the pack names received the "
    "record of it on {date}. The key of that server was not compared.",
    "not_received": "Unchanged since a device of this diary made it. No confirmation by a server is in this copy.",
    "no_server": "Unchanged since a device of this diary made it. No server ever received the diary, so nothing outside "
    "that device confirms when.",
    "no_record": "Unchanged since it was made with the key of this diary. In this copy only the clock of the device that "
    "made it says when.",
}
# Statuses by the findings that lead to them, the worst first.
_STATUSES_BY_CODES: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("not_signed", frozenset({"not_signed"})),
    ("incomplete", frozenset({"part_missing"})),
    ("bad_signature", frozenset({"pack_signature", "other_pack", "preparer", "keys"})),
    ("other_signer", frozenset({"pack_signer", "author"})),
    (
        "changed",
        frozenset(
            (
                "added bad_name bag changed damaged export hidden list_changed list_damaged missing no_folder not_a_file "
                "pack_changed twice"
            ).split()
        ),
    ),
    ("replaced_key", frozenset({"replaced_key"})),
    ("not_covered", frozenset({"not_covered"})),
    ("part_only", frozenset({"part_only"})),
    ("prepared", frozenset({"prepared"})),
    ("no_server", frozenset({"never_received"})),
    ("other_server", frozenset({"wrong_notary"})),
)


def pack_status(codes: Set[str], export: ExportCheck) -> str:
    """Return the key of STATUS_SENTENCES. `codes`: those of every finding."""
    for status, leading_codes in _STATUSES_BY_CODES:
        if codes & leading_codes:
            return status
    if not export.is_present:
        return "no_record"
    if export.received_at is None:
        return "not_received"
    return "received_own_key" if "keys_from_pack" in codes else "received"


def format_status(status: str, received_at: int | None) -> str:
    """Return the sentence of a status; "" for a pack that could not be read. `received_at`: ms UTC."""
    return STATUS_SENTENCES.get(status, "").replace("{date}", format_utc(received_at or 0))


def format_utc(time_ms: int) -> str:
    """Return a time in words, in UTC. A forger can write any number: one beyond the calendar is said as it is."""
    try:
        time = datetime.fromtimestamp(time_ms / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return f"{time_ms} ms"
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def first_received_at(proofs: PackProofs, findings: Collection[Finding]) -> int | None:
    """Return when the server received the first of the versions, ms UTC; None without a valid receipt.

    A receipt by the key of another server than the one given is not counted.
    """
    if any(finding.code == "wrong_notary" for finding in findings):
        return None
    doubtful_members = {finding.member for finding in findings if finding.code in RECEIPT_CODES}
    times = (
        integer_of(object_of(proof.raw, "receipt"), "ts")
        for proof in proofs.fullest.values()
        if proof.member not in doubtful_members
    )
    return min((time for time in times if time is not None), default=None)
