"""What a pack says, before it has a shape: entries, exhibits and people, once as told and once as servable.

The servable side is made by dropping every restricted field and masking restricted words in the open ones
*before* anything is laid out, so no page or table can print what its folder must not hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.pack.capsule.reader import Capsule, Version
from diary.pack.exhibit_numbers import Exhibit
from diary.pack.printable_text import drawable
from diary.pack.proofs.proof_files import entry_labels
from diary.pack.proofs.record_json import names
from diary.pack.redaction import HeldBack, held_back, open_texts
from diary.pack.registers import Person, Register, Registers, people_of, registers_of
from diary.pack.wording import numbers_words
from diary.record import times
from diary.record.chronology import ordered
from diary.record.evidence import Attachment
from diary.record.incident import Incident
from diary.record.reading import Fields, codes_of, text_of
from diary.record.record_history import Opened, tell_all

VOLUME: Final = constants.VOLUME_FILES
KEEPER: Final = "P1"


@dataclass(frozen=True, slots=True)
class Shown:
    """One exhibit: as numbered, as described (servable and whole), and the entries it belongs to."""

    exhibit: Exhibit
    attachment: Attachment
    whole: Attachment
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A print copy in the folder of the document that shows it, with its size in pixels."""

    file: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything the documents are made from. `entries` and `whole` have the same order."""

    capsule: Capsule
    held: HeldBack
    entries: tuple[Incident, ...]
    whole: tuple[Incident, ...]
    exhibits: tuple[Shown, ...]
    people: tuple[Person, ...]
    registers: Registers
    whole_registers: Registers
    names: Mapping[str, str]
    versions: Mapping[str, Version]

    @property
    def offset_min(self) -> int:
        """Minutes ahead of UTC where and when the pack was made."""
        return times.offset_at(self.capsule.head.made_at, self.capsule.head.tz)

    def sheet_facts(self, title: str, statement: str) -> dict[str, object]:
        """What the header and footer of every page say. The recipient's reference is masked like all words."""
        head = self.capsule.head
        return {
            "pack": head.name,
            "title": title,
            "lang": head.lang,
            "statement": statement,
            "training": head.training,
            "their_ref": drawable(self.held.mask(head.recipient_ref)),
        }

    def made(self) -> times.Printed:
        """When the pack was made, on the keeper's clock."""
        return times.instant(self.capsule.head.made_at, self.capsule.head.tz)

    def person_of(self, entry: Incident) -> Person | None:
        """Whom an entry says did it."""
        return next((person for person in self.people if entry.number in person.entries), None)

    def linked_to(self, shown: Shown) -> str:
        """What a file belongs to: its entries by number, else the order, report or other record that names it; '' for neither."""
        naming = (one.ref for one in self.registers.values() if shown.exhibit.record in files_of(one))
        return numbers_words(shown.entries) or ", ".join(naming)

    def handler(self, said: Fields, name: str) -> str:
        """Who took a file or would produce it, by code: the keeper unless they named somebody. `name`: the field that does."""
        named = text_of(said, name)
        return self.names.get(named, "somebody not in this pack") if named else KEEPER

    def exhibits_of(self, entry: Incident) -> tuple[Shown, ...]:
        """The exhibits of an entry, by number."""
        return tuple(shown for shown in self.exhibits if entry.number in shown.entries)

    def first_version(self, entry: Incident) -> Version:
        """The first version with its commitment and receipt."""
        return self.versions[entry.told.first.version]


def contents_of(capsule: Capsule) -> Contents:
    """The contents of a capsule."""
    held = held_back(capsule)
    told = [version.opened for version in capsule.versions]
    servable = [Opened(one.record, one.version, one.kind, one.schema, open_texts(one.fields, held), {}) for one in told]
    labels = entry_labels(capsule)
    whole = _entries(told, labels)
    entries = _entries(servable, labels)
    registers = registers_of(capsule, servable)
    return Contents(
        capsule=capsule,
        held=held,
        entries=entries,
        whole=whole,
        exhibits=_exhibits(capsule, servable, told, entries),
        people=people_of(registers, entries),
        registers=registers,
        whole_registers=registers_of(capsule, told),
        names=names(capsule),
        versions={version.opened.version: version for version in capsule.versions},
    )


def files_of(one: Register) -> tuple[str, ...]:
    """The files that a record names, in whichever of its fields."""
    return tuple(
        file for name in ("attachment_ids", "copy_attachment_id", "identity_link_id") for file in one.codes(name)
    )


def _entries(versions: Sequence[Opened], labels: Mapping[str, str]) -> tuple[Incident, ...]:
    """The incidents in order of time."""
    return ordered(
        Incident(label, None if label.startswith("U") else int(label), told)
        for told in tell_all(versions, "incident")
        if (label := labels[told.record])
    )


def _exhibits(
    capsule: Capsule, servable: Sequence[Opened], told: Sequence[Opened], entries: Sequence[Incident]
) -> tuple[Shown, ...]:
    """The exhibits in their numbered order."""
    masked = {one.record: Attachment(one) for one in tell_all(servable, "attachment")}
    whole = {one.record: Attachment(one) for one in tell_all(told, "attachment")}
    linked = {entry.record: set(codes_of(entry.said, "attachment_ids")) for entry in entries}
    shown = []
    for exhibit in sorted(capsule.exhibits, key=lambda exhibit: exhibit.number):
        if exhibit.record not in masked:
            continue
        named = set(masked[exhibit.record].incident_ids)
        numbers = (entry.number for entry in entries if entry.record in named or exhibit.record in linked[entry.record])
        shown.append(Shown(exhibit, masked[exhibit.record], whole[exhibit.record], tuple(numbers)))
    return tuple(shown)


def volumes(contents: Contents) -> tuple[tuple[Shown, ...], ...]:
    """The exhibits in volumes of a hundred; one empty volume when there are none."""
    shown = contents.exhibits
    return tuple(shown[start : start + VOLUME] for start in range(0, len(shown), VOLUME)) or ((),)


def volume_name(index: int) -> str:
    """The file of a volume, counted from 0."""
    return "04_exhibits.pdf" if index == 0 else f"04_exhibits-{index + 1}.pdf"


def volume_of(contents: Contents, item: str) -> int:
    """Which volume an exhibit stands in, counted from 0."""
    return next(place for place, shown in enumerate(contents.exhibits) if shown.exhibit.item == item) // VOLUME
