"""Safety advice in a pack that contradicts itself: both answers with their dates, for page one of 06."""

from collections.abc import Iterator, Mapping
from typing import Final

from diary.pack.contents import PackContents
from diary.pack.printable_text import escape_unprintable
from diary.pack.redaction import normalise
from diary.pack.registers import RegisterRecord, linked_records, records_of_kind
from diary.record import times
from diary.record.reading import text_of
from diary.record.safety_advice import AdviceSource, find_advice_conflicts

SHEET_PLACES: Final[Mapping[str, str]] = {
    "safe_contact": "under safe way and time to contact",
    "needs": "under needs",
    "concerns": "under concerns",
}
_TOPIC_LABELS: Final[Mapping[str, str]] = {
    "speak": "speaking to police",
    "ring": "ringing",
    "text": "texting",
    "message": "leaving a message",
    "visit": "visiting",
}


def advice_conflict_rows(contents: PackContents) -> list[list[str]]:
    """Return what each contradiction is about, then each statement with where and when it was written."""
    people = records_of_kind(contents.unredacted_registers, "person")
    subjects = advice_subjects(contents, people)
    sheet = contents.capsule.sheet
    sources = [
        *(
            AdviceSource("", name, text_of(sheet, name), is_worry=name == "concerns")
            for name in SHEET_PLACES
            if text_of(sheet, name)
        ),
        *(source for person in people for source in _person_sources(person, subjects[person.record])),
    ]
    notes = {name: f"{where}, as this pack was made" for name, where in SHEET_PLACES.items()}
    for person in people:
        for field in ("safe_to_approach", "contact"):
            notes[f"{person.record}/{field}"] = f"{person.code}, written {_written_day(contents, person, field)}"
    names = {"": "The keeper"}
    for person in people:
        names.setdefault(subjects[person.record], person_name(person))
    return [
        [
            escape_unprintable(
                f"{names[conflict.subject] if conflict.subject is not None else conflict.number}: "
                f"{_TOPIC_LABELS[conflict.topic]}"
            ),
            *(
                escape_unprintable(
                    f"{f'“{said.words}”' if said.words else 'Safe' if said.allows else 'NOT safe'} ({notes[said.place]})"
                )
                for said in conflict.statements
            ),
        ]
        for conflict in find_advice_conflicts(sources)
    ]


def person_name(person: RegisterRecord) -> str:
    """Return the name of a person, for the restricted part."""
    return text_of(person.restricted_fields, "real_name") or person.text("name") or person.code


def advice_subjects(contents: PackContents, people: tuple[RegisterRecord, ...]) -> dict[str, str]:
    """Return whom each person is, by record: people who were merged are one, and so are those with the same full name.

    A name of one word is too common to tell that two records are the same person.
    """
    subject_by_root: dict[str, str] = {}
    subject_by_name: dict[str, str] = {}
    subjects = {}
    for person in people:
        [root] = linked_records(contents.unredacted_registers, (person.record,), "person") or (person,)
        names = [
            normalise(name)
            for name in (text_of(person.restricted_fields, "real_name"), person.text("name"))
            if len(name.split()) > 1
        ]
        known = next((subject_by_name[name] for name in names if name in subject_by_name), root.record)
        subject = subject_by_root.setdefault(root.record, known)
        for name in names:
            subject_by_name.setdefault(name, subject)
        subjects[person.record] = subject
    return subjects


def _person_sources(person: RegisterRecord, subject: str) -> Iterator[AdviceSource]:
    """Yield what a person's record says: the chosen answer, and how to reach them."""
    answer = person.restricted_fields.get("safe_to_approach")
    chosen = {True: "yes", False: "no"}.get(answer, "") if isinstance(answer, bool) else answer
    if chosen in ("yes", "no"):
        yield AdviceSource(subject, f"{person.record}/safe_to_approach", answer=str(chosen))
    if text_of(person.restricted_fields, "contact"):
        yield AdviceSource(subject, f"{person.record}/contact", text_of(person.restricted_fields, "contact"))


def _written_day(contents: PackContents, person: RegisterRecord, field: str) -> str:
    """Return when a field got what it says now, by the clock of the device."""
    changed_at = [
        revision.recorded_at_ms
        for revision in person.history.revisions
        if any(change.field == field for change in revision.changes)
    ]
    at = changed_at[-1] if changed_at else person.history.first_recorded_at_ms
    return "on an unknown day" if at is None else times.format_instant(at, contents.capsule.metadata.tz).day
