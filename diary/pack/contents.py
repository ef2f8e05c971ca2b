"""Contents of a pack before layout: entries, exhibits and people, once complete and once servable.

The servable contents have every restricted field removed and restricted words masked *before* anything is laid out, so
that no page or table can print what its folder must not contain.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.pack.capsule.exhibits import LETTER_TYPE, MAIL_TYPE
from diary.pack.capsule.reader import Capsule, CapsuleVersion
from diary.pack.exhibit_parsing import Exhibit
from diary.pack.printable_text import escape_unprintable
from diary.pack.proofs.proof_files import entry_labels
from diary.pack.proofs.record_json import record_labels
from diary.pack.redaction import Redactor, build_redactor, redact_fields
from diary.pack.registers import RegisterRecord, Registers, SuspectSummary, build_registers, suspects_of
from diary.pack.wording import format_entry_numbers
from diary.record import times
from diary.record.chronology import sort_incidents
from diary.record.evidence import Attachment
from diary.record.incident import Incident
from diary.record.reading import RecordFields, text_of
from diary.record.record_history import RecordVersion, build_histories

EXHIBITS_PER_VOLUME: Final = constants.VOLUME_FILES
KEEPER_CODE: Final = "P1"


@dataclass(frozen=True, slots=True)
class ExhibitView:
    """One exhibit: its number, its attachment (servable and complete), and the entries it belongs to."""

    exhibit: Exhibit
    attachment: Attachment
    unredacted_attachment: Attachment
    entry_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A print copy in the folder of its document, with its size in pixels."""

    filename: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class PackContents:
    """Everything the documents are made from. `entries` and `unredacted_entries` have the same order.

    Compared by identity, so that what is counted from it can be cached.
    """

    capsule: Capsule
    redactor: Redactor
    entries: tuple[Incident, ...]
    unredacted_entries: tuple[Incident, ...]
    exhibits: tuple[ExhibitView, ...]
    people: tuple[SuspectSummary, ...]
    registers: Registers
    unredacted_registers: Registers
    labels: Mapping[str, str]
    versions: Mapping[str, CapsuleVersion]

    @property
    def utc_offset_minutes(self) -> int:
        """Return the UTC offset in minutes at the time and in the zone in which the pack was made."""
        return times.offset_minutes_at(self.capsule.metadata.made_at, self.capsule.metadata.tz)

    def page_header(self, title: str, statement: str) -> dict[str, object]:
        """Return the data of page headers and footers. The recipient's reference is redacted like all text."""
        metadata = self.capsule.metadata
        return {
            "pack": metadata.label,
            "title": title,
            "lang": metadata.language,
            "statement": statement,
            "training": metadata.is_training,
            "their_ref": escape_unprintable(self.redactor.redact(metadata.recipient_ref)),
        }

    def printed_made_at(self) -> times.FormattedTime:
        """Return when the pack was made, in the keeper's time zone."""
        return times.format_instant(self.capsule.metadata.made_at, self.capsule.metadata.tz)

    def person_of(self, entry: Incident) -> SuspectSummary | None:
        """Return the suspect an entry names, or None."""
        return next((person for person in self.people if entry.number in person.entry_numbers), None)

    def linked_codes_text(self, view: ExhibitView) -> str:
        """Return the entries a file belongs to, else the codes of other records that refer to it, else ''."""
        references = (record.code for record in self.registers.values() if view.exhibit.record in file_ids_of(record))
        return format_entry_numbers(view.entry_numbers) or ", ".join(references)

    def handler_code(self, fields: RecordFields, field_name: str) -> str:
        """Return the code of the person named in a field who handled a file; the keeper's code if nobody is named."""
        person_id = text_of(fields, field_name)
        return self.labels.get(person_id, "somebody not in this pack") if person_id else KEEPER_CODE

    def exhibits_of(self, entry: Incident) -> tuple[ExhibitView, ...]:
        """Return the exhibits of an entry by number."""
        return tuple(view for view in self.exhibits if entry.number in view.entry_numbers)

    def first_version(self, entry: Incident) -> CapsuleVersion:
        """Return the first version of an entry with its commitment and receipt."""
        return self.versions[entry.history.first_version.version]


def build_contents(
    capsule: Capsule, prepare: Callable[[RecordVersion], RecordVersion] = lambda version: version
) -> PackContents:
    """Return the redacted contents of a capsule, for both parts of the pack.

    `prepare`: returns each version as it is to be laid out. What is redacted does not depend on it.
    """
    redactor = build_redactor(capsule)
    opened = [prepare(version.opened) for version in capsule.versions]
    redacted = [
        RecordVersion(
            opened_version.record,
            opened_version.version,
            opened_version.kind,
            opened_version.schema,
            redact_fields(opened_version.fields, redactor),
            {},
        )
        for opened_version in opened
    ]
    labels = entry_labels(capsule)
    unredacted_entries = _ordered_incidents(opened, labels)
    entries = _ordered_incidents(redacted, labels)
    registers = build_registers(capsule, redacted)
    return PackContents(
        capsule=capsule,
        redactor=redactor,
        entries=entries,
        unredacted_entries=unredacted_entries,
        exhibits=_exhibit_views(capsule, redacted, opened, entries),
        people=suspects_of(registers, entries),
        registers=registers,
        unredacted_registers=build_registers(capsule, opened),
        labels=record_labels(capsule),
        versions={version.opened.version: version for version in capsule.versions},
    )


def file_ids_of(record: RegisterRecord) -> tuple[str, ...]:
    """Return the ids of the files that any field of a record refers to."""
    return tuple(
        file_id
        for name in ("attachment_ids", "copy_attachment_id", "identity_link_id")
        for file_id in record.codes(name)
    )


def _ordered_incidents(versions: Sequence[RecordVersion], labels: Mapping[str, str]) -> tuple[Incident, ...]:
    """Return the incidents in order of time."""
    return sort_incidents(
        Incident(label, None if label.startswith("U") else int(label), history)
        for history in build_histories(versions, "incident")
        if (label := labels[history.record])
    )


def _exhibit_views(
    capsule: Capsule,
    redacted: Sequence[RecordVersion],
    unredacted: Sequence[RecordVersion],
    entries: Sequence[Incident],
) -> tuple[ExhibitView, ...]:
    """Return the exhibits in order of number."""
    redacted_attachments = {history.record: Attachment(history) for history in build_histories(redacted, "attachment")}
    unredacted_attachments = {
        history.record: Attachment(history) for history in build_histories(unredacted, "attachment")
    }
    file_ids_by_entry = {
        entry.record: {*entry.codes("attachment_ids"), *entry.codes("narrative_media")} for entry in entries
    }
    views = []
    for exhibit in sorted(capsule.exhibits, key=lambda exhibit: exhibit.number):
        if exhibit.record not in redacted_attachments:
            continue
        incident_ids = set(redacted_attachments[exhibit.record].incident_ids)
        numbers = (
            entry.number
            for entry in entries
            if entry.record in incident_ids or exhibit.record in file_ids_by_entry[entry.record]
        )
        views.append(
            ExhibitView(
                exhibit, redacted_attachments[exhibit.record], unredacted_attachments[exhibit.record], tuple(numbers)
            )
        )
    return tuple(views)


def poster_key(item: str) -> str:
    """Return the key of a video's still image among the pictures."""
    return f"{item} still"


def page_key(item: str, number: int) -> str:
    """Return the key of a letter's page among the pictures; counted from 1."""
    return f"{item} page {number}"


def page_keys(item: str) -> tuple[str, ...]:
    """Return the keys of the pages that may be printed of a letter, in order."""
    return tuple(page_key(item, number) for number in range(1, constants.PRINTED_LETTER_PAGES + 1))


def words_key(item: str) -> str:
    """Return the key of an e-mail's words in the set of what 04 printed, from which 03 is written."""
    return f"{item} words"


def picture_candidates(contents: PackContents) -> set[str]:
    """Return the keys of what 04 prints, if all can be read: of pictures, stills, first pages and words."""
    exhibits = [view for view in contents.exhibits if not view.exhibit.is_picture_withheld]
    keys = {LETTER_TYPE: lambda item: page_key(item, 1), MAIL_TYPE: words_key}
    return {
        *(view.exhibit.item for view in exhibits if view.exhibit.print_copy),
        *(
            keys.get(text_of(view.attachment.fields, "media_type"), str)(view.exhibit.item)
            for view in exhibits
            if view.exhibit.received_file
        ),
        *(poster_key(view.exhibit.item) for view in exhibits if view.exhibit.poster),
    }


def volumes(contents: PackContents) -> tuple[tuple[ExhibitView, ...], ...]:
    """Split the exhibits into volumes of EXHIBITS_PER_VOLUME; without exhibits, return one empty volume."""
    views = contents.exhibits
    return tuple(views[start : start + EXHIBITS_PER_VOLUME] for start in range(0, len(views), EXHIBITS_PER_VOLUME)) or (
        (),
    )


def volume_filename(index: int) -> str:
    """Return the file name of a volume, counted from 0."""
    return "04_exhibits.pdf" if index == 0 else f"04_exhibits-{index + 1}.pdf"


def volume_index(contents: PackContents, item: str) -> int:
    """Return the index of the volume that contains an exhibit, counted from 0."""
    return (
        next(index for index, view in enumerate(contents.exhibits) if view.exhibit.item == item) // EXHIBITS_PER_VOLUME
    )
