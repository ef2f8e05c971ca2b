"""00_READ-FIRST.txt and 15_VERIFY.txt: plain text with the names of this pack.

The rules of the servable part apply: no product name, host name or device name, and no mention of the app lock. Lines
end in CRLF for Notepad.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from diary.pack.contents import PackContents, volume_filename, volumes
from diary.pack.documents.later_files import later_files_text
from diary.pack.documents.method import missing_entries_text
from diary.pack.documents.shell_commands import (
    ALL_SYSTEMS,
    exhibit_commands,
    list_commands,
    printed_blocks,
    servable_list_commands,
)
from diary.pack.metadata import PackMetadata
from diary.pack.preparer import prepared_line
from diary.pack.previous_packs import SUPPLEMENT_KINDS
from diary.pack.printable_text import escape_unprintable
from diary.pack.registers import records_of_kind
from diary.pack.tables.csv_tables import contents_summary
from diary.pack.wording import format_entries
from diary.record import times

TRAINING_LINE: Final = "TRAINING. Nothing in this pack happened to anybody."
_READING_ORDER: Final[Mapping[str, tuple[str, str, str]]] = {
    "police": (
        "restricted/06_RESTRICTED_officer-sheet.pdf  page one: name, safe contact, concerns, needs",
        "servable/01_chronology.pdf                  page one answers who, how many, since when",
        "servable/04_exhibits.pdf                    the exhibits, one to a page",
    ),
    "solicitor": (
        "servable/01_chronology.pdf                  orders and what is said to break them, then the entries",
        "servable/08_impact.pdf                      effects over time, where there are any",
        "restricted/06_RESTRICTED_officer-sheet.pdf  name, safe contact, needs",
    ),
    "school": (
        "servable/01_chronology.pdf                  page one names the entries at school, college or university",
        "servable/04_exhibits.pdf                    the exhibits, one to a page",
        "servable/08_impact.pdf                      effects on work or study, where there are any",
    ),
    "employer": (
        "servable/01_chronology.pdf                  page one names the entries at work",
        "servable/04_exhibits.pdf                    the exhibits, one to a page",
        "servable/08_impact.pdf                      effects on work or study, where there are any",
    ),
    "housing": (
        "servable/01_chronology.pdf                  page one names the entries at home and outside it",
        "servable/04_exhibits.pdf                    the exhibits, one to a page: damage, letters, who was at the door",
        "servable/08_impact.pdf                      effects on home and moving, where there are any",
    ),
}
_RECIPIENT_LABELS: Final[Mapping[str, str]] = {
    "police": "the police",
    "solicitor": "a solicitor",
    "school": "a school, college or university",
    "employer": "an employer",
    "housing": "a landlord, council or housing officer",
}
_NOT_GIVEN_LINES: Final = (
    "               Where it is not here, it was not given to you: what is said of it below is then for others. How to get",
    "               in touch safely is the first thing to ask the person who gave you this.",
)
_KEPT_APART_LINES: Final = (
    "               It holds no address, contact, or name of a child or witness that the keeper left out.",
)
_PREPARED_HELD_BACK_LINES: Final = (
    "               Words in accounts, descriptions and notes that look like a postcode or a number are held back,",
    "               unless the person who prepared it let them stand.",
    "               They were not given the keeper's own list of such words: look for places and names before you serve it.",
)
_PREPARED_READING_ORDER: Final = (
    "servable/01_chronology.pdf                  page one answers who, how many, since when, and what is not here",
    "servable/04_exhibits.pdf                    the exhibits, one to a page",
    "restricted/06_RESTRICTED_officer-sheet.pdf  people, places and orders by name, where it is here",
)
_RECEIPT_SENTENCE: Final = "A receipt shows that an entry existed no later than its time."
_NO_RECEIPT_SENTENCE: Final = (
    "No server has received this diary: nothing but the keeper's device shows when it was written."
)


def encode_read_first(contents: PackContents) -> bytes:
    """Return 00_READ-FIRST.txt."""
    metadata = contents.capsule.metadata
    lines = [
        *([TRAINING_LINE, ""] if metadata.is_training else []),
        f"READ FIRST. Pack {metadata.label}, made {contents.printed_made_at().to_line()}, laid out for "
        f"{_RECIPIENT_LABELS[metadata.profile]}.",
        *([f"Your reference: {escape_unprintable(metadata.recipient_ref)}."] if metadata.recipient_ref else []),
        "",
        *_what_this_is_lines(contents),
        "If somebody is in danger now: 999. Otherwise 101. National Stalking Helpline: 0808 802 0300.",
        "",
        *_supplement_lines(contents),
        "ORDER TO READ",
        *(f"  {rank}. {line}" for rank, line in enumerate(_reading_order(metadata), 1)),
        "  4. the rest as needed",
        "",
        "TWO FOLDERS",
        "  servable/    drafted so that it could be served after your own review. You decide on disclosure and redaction.",
        *(_KEPT_APART_LINES if metadata.preparer is None else _PREPARED_HELD_BACK_LINES),
        "  restricted/  everything else. RESTRICTED: not for service. Copying servable/ alone copies nothing of it.",
        *(_NOT_GIVEN_LINES if metadata.preparer or not metadata.has_restricted_part else ()),
        "",
        *_file_list_lines(contents),
        "",
        f"ENTRIES NOT HERE: {missing_entries_text(contents.capsule)}.",
        *([f"FILES NOT HERE: {later_files}."] if (later_files := later_files_text(metadata)) else []),
        "",
        "WHAT IT DOES NOT SHOW",
        "  That what it says is true, who did a thing, that a clock was right, or that a picture was unchanged before it",
        f"  was received. {_RECEIPT_SENTENCE if contents.capsule.is_received else _NO_RECEIPT_SENTENCE}",
        "",
        "HOW TO CHECK IT: see 15_VERIFY.txt. No software needs to be installed.",
    ]
    return _encode_lines(lines)


def _reading_order(metadata: PackMetadata) -> tuple[str, str, str]:
    """Return what to read first; an advocate's pack has no page one by the keeper."""
    return _PREPARED_READING_ORDER if metadata.preparer else _READING_ORDER[metadata.profile]


def _what_this_is_lines(contents: PackContents) -> list[str]:
    """Return what the pack is, and who prepared it."""
    preparer, summary = contents.capsule.metadata.preparer, contents_summary(contents)
    if preparer is None:
        return [
            f"What this is: one person's own record of what happened to them, {summary}. Prepared by the person",
            "named; not a sworn statement. Nothing here names an offence or scores a risk.",
        ]
    return [
        f"What this is: one person's own record of what happened to them, or a part of it, {summary}.",
        "Not a sworn statement. Nothing here names an offence or scores a risk.",
        "",
        prepared_line(preparer.by, preparer.organisation),
        "  They help the person who wrote it, made this pack from what they were let see, and can change nothing in it. The",
        "  person who wrote it holds the diary: ask them for the rest. Who let whom, and until when, is signed in",
        "  servable/proof/prepared.json. What was not given is not here and is not counted. Numbers are of this pack alone;",
        "  a pack from the person who wrote it may number the same entries otherwise.",
        "",
    ]


def _supplement_lines(contents: PackContents) -> Iterator[str]:
    """Yield the lines on the earlier packs and the changes since; none unless the pack is a supplement."""
    metadata = contents.capsule.metadata
    if metadata.kind not in SUPPLEMENT_KINDS:
        return
    if metadata.items:
        yield f"THIS PACK HOLDS ITEMS BY NUMBER: {', '.join(metadata.items)}. Their numbers are those of the earlier pack."
    else:
        yield "THIS IS A SUPPLEMENT. Entries and exhibits keep the numbers they had; new ones follow. Numbers never come back."
    for superseded_pack in metadata.superseded_packs:
        ref = (
            f", your reference {escape_unprintable(superseded_pack.receipt_ref)}" if superseded_pack.receipt_ref else ""
        )
        made = times.format_instant(superseded_pack.made_at, metadata.tz).to_line()
        yield (
            f"  It continues pack {metadata.initials} {superseded_pack.number}, made {made}{ref}. Where they "
            "differ, this one is newer."
        )
    for words, numbers in (
        ("New", metadata.changes.new_entries),
        ("Changed", metadata.changes.changed_entries),
        ("Removed", metadata.changes.removed_entries),
    ):
        if numbers:
            yield f"  {words} since: {format_entries(str(number) for number in numbers)}."
    yield ""


def _file_list_lines(contents: PackContents) -> Iterator[str]:
    """Yield the lines that list the numbered files."""
    yield "WHAT IS WHERE"
    yield "  servable/01_chronology.pdf            entries in order of time, counts, gaps, method in half a page"
    yield "  servable/02_chronology.xlsx           the same entries as a spreadsheet: twelve columns to print, then all columns"
    yield "  servable/02_chronology.csv            all columns as plain text, for other programs"
    yield "  servable/02_chronology_short.csv      the twelve columns as plain text"
    yield "  servable/03_exhibits-index.csv        exhibits with digests; a column is blank for your own references"
    for index in range(len(volumes(contents))):
        yield f"  servable/{volume_filename(index):<29}exhibits, print-sized"
    if records_of_kind(contents.registers, "schedule"):
        yield "  servable/05_message-schedules.csv     every message of the bursts, both ways"
    if records_of_kind(contents.registers, "statement"):
        yield "  servable/07_statements.csv            what others say they saw: not the keeper's words, and how each came"
    if records_of_kind(contents.registers, "impact"):
        yield "  servable/08_impact.pdf                effects over time; not a Victim Personal Statement"
    yield "  servable/servable-statement.json      signs the list of the files in servable/"
    yield "  servable/proof/                       what is needed to compute each entry's commitment again"
    yield "  restricted/06_RESTRICTED_officer-sheet.pdf"
    if any(shown.exhibit.is_order for shown in contents.exhibits):
        yield "  restricted/09_RESTRICTED_orders/      copies of orders; they often print addresses (RESTRICTED)"
    yield "  restricted/10_RESTRICTED_how-this-record-was-made.pdf"
    yield "  restricted/11_custody-log.csv         every handling step of each file (RESTRICTED)"
    yield "  restricted/12_record.json             every version of every entry here (RESTRICTED)"
    yield "  restricted/13_exhibits-as-received/   the exact bytes received; may hold where a picture was taken (RESTRICTED)"
    yield "  restricted/13_mail/                   e-mail files, apart because gateways may stop them (RESTRICTED)"
    yield "  restricted/14_sidecars/               what is known about each file (RESTRICTED)"
    yield "  restricted/proof/                     the same proofs with every field (RESTRICTED)"


def encode_verify_steps(contents: PackContents) -> bytes:
    """Return 15_VERIFY.txt."""
    folder = contents.capsule.metadata.folder
    lines = [
        f"HOW TO CHECK PACK {contents.capsule.metadata.label}",
        "",
        f"Unpack the zip first. Then open a shell in the folder that holds the folder {folder}: PowerShell on",
        "Windows, Terminal on macOS or Linux. Type the lines of your system in the order in which they stand here, in one shell.",
        "The first line goes into the folder of the pack, and every other line begins there. Nothing needs to be installed.",
        "",
        "1. NOTHING WAS CHANGED, ADDED OR LOST SINCE THE PACK WAS MADE. manifest-sha256.txt lists the SHA-256 digest of every",
        "   file under data/. Expected: ALL AS LISTED, and no other line. A file that is not as listed has a line of its own.",
        "",
        *printed_blocks(list_commands(folder), "   "),
        "   Windows, one file alone (compare with its line in manifest-sha256.txt):",
        "     certutil -hashfile data\\servable\\01_chronology.pdf SHA256",
        "",
        "   The folder is a BagIt 1.0 bag; any BagIt tool can check it as well.",
        "",
        "2. THE SERVABLE FOLDER HAS A LIST OF ITS OWN, for those who get this folder alone. Expected: ALL AS LISTED.",
        "",
        *printed_blocks(servable_list_commands(), "   "),
        "",
        "3. THE LISTS ARE SIGNED. pack-statement.json signs them, with the key that signs the entries of this diary, or the key",
        "   of the person who prepared the pack (ECDSA P-256, SHA-256, over its text without the member sig). Open the pack in",
        "   the page /verify, or check it with the program (its command verify, with the name of the folder or of the zip). Both",
        "   check the signature and show six groups of five digits. Ask the person who gave you this pack for the numbers of",
        "   their pack. Use a number you already had, never one in this pack; text, video or paper works too.",
        "",
        f"   {ALL_SYSTEMS}:",
        "     cat pack-statement.json",
        *_preparer_check_lines(contents),
        "",
        "4. EACH EXHIBIT IS THE FILE THAT WAS RECEIVED. The same SHA-256 is in four places: calculated from the file,",
        "   in its sidecar, in servable/03_exhibits-index.csv, and in manifest-sha256.txt. Expected: no line.",
        "",
        *printed_blocks(exhibit_commands(), "   "),
        "",
        "5. EACH ENTRY IS AS IT WAS SEALED. The proof folders hold, for each version, every field with a random salt. A",
        "   field's digest is SHA-256 over its name, salt and value; the commitment is SHA-256 over all the digests. A field",
        "   that is withheld is given as its digest, so the commitment can be computed without it. The steps, byte for byte,",
        "   are in restricted/10. The first characters of each commitment are printed under the entry in 01. The page /verify",
        "   and the program compute every one. These are the proofs:",
        "",
        f"   {ALL_SYSTEMS}:",
        "     ls data/servable/proof",
        "",
        *_signature_lines(contents),
        "",
        *_beside_lines(contents.capsule.metadata.folder),
    ]
    return _encode_lines(lines)


def _preparer_check_lines(contents: PackContents) -> list[str]:
    """Return the lines about who prepared the pack; none for a keeper's own."""
    if contents.capsule.metadata.preparer is None:
        return []
    return [
        "   This pack was prepared by somebody other than its keeper, and signed with their key. prepared.json names them, holds",
        "   the keeper's signed permission, and is signed with the same key. Both checks compare it with 00 and 12.",
        f"   {ALL_SYSTEMS}:",
        "     cat data/servable/proof/prepared.json",
    ]


def _signature_lines(contents: PackContents) -> list[str]:
    """Return the lines about signatures and times, or the statement that no server received the diary."""
    keys = contents.capsule.keys
    signer = "a device of this diary" if contents.capsule.metadata.preparer is None else "the person who prepared it"
    if not contents.capsule.is_received:
        return [
            "6. WHO SIGNED. The keeper's device signed each commitment (ECDSA P-256, SHA-256). Its key is in proof/keys.json.",
            f"   {ALL_SYSTEMS}:",
            "     cat data/servable/proof/keys.json",
            "   NO SERVER HAS RECEIVED THIS DIARY: there is no receipt, no place in a public log and no timestamp. Its times are",
            "   those of the keeper's device. Nothing outside that device shows since when these entries exist.",
            "",
            "A pack that passes shows that its parts agree. It does not show when it was written, or that what it says is true.",
        ]
    return [
        "6. WHO SIGNED. The keeper's device signed each commitment (ECDSA P-256, SHA-256), the server that received it signed",
        "   a receipt with the time (Ed25519). The keys in proof/keys.json come from this pack itself: compare them with a",
        "   copy from the server before relying on them.",
        f"     SHA-256 of the server's notary key (base64url): {keys['log']}",
        f"     Notary key (base64url):                         {keys['notary']}",
        f"   {ALL_SYSTEMS}:",
        "     cat data/servable/proof/keys.json",
        "",
        *_log_lines(contents),
        "",
        *_timestamp_lines(contents),
        "",
        "A pack that passes shows that the entries and files here are the ones that were received, and that nobody changed a",
        f"page or a table after {signer} signed the pack. It does not show that what it says is true.",
    ]


def _log_lines(contents: PackContents) -> list[str]:
    """Return the lines about inclusion in the public log."""
    log, total = contents.capsule.log, len(contents.capsule.versions)
    if not log.checkpoints and contents.capsule.metadata.preparer:
        return [
            "7. THE PUBLIC LOG. Only a keeper can ask for the places of entries in the server's log: this pack shows none."
        ]
    if not log.checkpoints:
        return ["7. THE PUBLIC LOG. This pack was made without asking the server's log, so it shows no place in it."]
    lines = [
        "7. THE PUBLIC LOG. The server adds each receipt to a log that can only grow, signs its state every ten minutes, and",
        "   publishes every signed state (checkpoint) on its public pages, where anyone can keep a copy. proof/log.json has",
        f"   the way from a receipt to a signed checkpoint for {len(log.proofs)} of the {total} versions here (RFC 6962).",
        "   One that is not among them had not reached the log, or not as far as the keeper's device knew.",
    ]
    return [
        *lines,
        f"   {ALL_SYSTEMS}:",
        *(f"     cat data/servable/proof/{checkpoint.stem}.txt" for checkpoint in log.checkpoints),
    ]


def _timestamp_lines(contents: PackContents) -> list[str]:
    """Return the lines with the commands that verify the timestamps, or with the reason why there are none."""
    log = contents.capsule.log
    if not log.timestamped_checkpoints:
        timestamp_state = (
            "An authority is asked, and had not answered when this pack was made"
            if log.authorities
            else "There are none"
        )
        if contents.capsule.metadata.preparer:
            timestamp_state = "This pack holds none; only a keeper can ask for one"
        return [
            f"8. TIMESTAMPS. {timestamp_state}: the receipts stand alone for the time.",
        ]
    lines = [
        "8. TIMESTAMPS. An independent authority stamped these checkpoints (RFC 3161), and with them every entry shown to be",
        "   below them: they existed no later than its time. The .pem beside each holds the authority's own certificate and",
        "   its root, as the server had pinned them. Get the root from the authority itself before relying on it. macOS and most",
        "   Linux systems have openssl. Expected: the first says Verification: OK, the second shows the authority's time.",
        "   macOS, Linux:",
        "     cd data/servable/proof",
    ]
    for checkpoint, timestamp in log.timestamped_checkpoints:
        name = f"{checkpoint.stem}.{timestamp.authority}"
        lines.append(f"     openssl ts -verify -data {checkpoint.stem}.txt -in {name}.tsr -CAfile {name}.pem")
        lines.append(f"     openssl ts -reply -in {name}.tsr -text")
    return lines


def _beside_lines(folder: str) -> list[str]:
    """Return the lines about the files that can come beside a pack. They are made after it, so it cannot list them."""
    return [
        "WHERE pack.tsr CAME BESIDE THIS PACK, an independent authority stamped the list of its files: the whole pack existed",
        "   no later than its time. root.pem is the authority's root certificate: get it from the authority. Expected:",
        "   Verification: OK. The page /verify and the program take pack.tsr too, and receipt-slip.json, which holds a receipt",
        "   that came after the pack was made: choose them together with the pack.",
        f"   With openssl, in the folder that holds {folder} and pack.tsr:",
        f"     openssl ts -verify -data {folder}/manifest-sha256.txt -in pack.tsr -CAfile root.pem",
    ]


def _encode_lines(lines: list[str]) -> bytes:
    """Encode lines as UTF-8 with CRLF."""
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")
