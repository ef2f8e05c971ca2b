"""Who saw or heard it, and what they say: the section of 01, and 07_statements.csv.

By code and reference; names stand in 06. A statement is never taken for the keeper's: its mark stands before its words.
Whether it was changed is judged before words are held back, as the phone judges it.
"""

from collections.abc import Iterator
from typing import Final

from diary.pack.contents import Contents
from diary.pack.documents.incident_rows import Row
from diary.pack.printable_text import drawable, paragraphs
from diary.pack.registers import Register, day_words, linked, of_kind
from diary.pack.tables.csv_tables import table
from diary.pack.wording import entries_words, numbers_words
from diary.record import times, vocabulary, witness
from diary.record.reading import object_of, text_of, whole_of

HEADER: Final = (
    "statement", "not_the_keepers_words", "person_code", "entries", "how_they_know", "how_it_came", "when_in_their_words",
    "what_they_say", "as_it_came", "language", "exhibits", "sent", "arrived", "recorded", "received_no_later_than", "commitment",
)  # fmt: skip


def witness_rows(contents: Contents) -> list[Row]:
    """`code`, `entries` and what each says; those known by name alone stand in one row, without their names."""
    numbers: dict[str, list[str]] = {}
    for entry in contents.entries:
        for person in linked(contents.registers, entry.codes("witness_ids"), "person"):
            numbers.setdefault(person.ref, []).append(entry.number)
    said: dict[str, list[Row]] = {}
    for one in of_kind(contents.registers, "statement"):
        # Somebody who answered a code may be no person of the diary yet: the statement stands under its own reference.
        for code in _persons(contents, one) or [one.ref]:
            said.setdefault(code, []).append(_said(contents, one))
            numbers.setdefault(code, []).extend(_numbers(contents, one))
    rows = [
        _row(code, held, said.get(code, []), "no account of their own in this pack") for code, held in numbers.items()
    ]
    named = [one.number for one in contents.whole if one.kept_apart.get("witness_names")]
    return [*rows, _row("by name only", named, [], "named in 06")] if named else rows


def _row(code: str, numbers: list[str], said: list[Row], none: str) -> Row:
    """`none`: what stands where nobody's words are."""
    return {"code": code, "entries": numbers_words(tuple(numbers)), "said": said, "none": "" if said else none}


def _said(contents: Contents, one: Register) -> Row:
    """One statement: its mark, how it came, its words, and as it came where they were changed."""
    when = text_of(object_of(one.said, "arrived"), "when")
    facts = [
        ("Who they are", _chosen(one, "by_role", "person_roles")),
        ("They know the keeper", one.text("relation_to_keeper")),
        ("How they know", _chosen(one, "saw_how", "statement_saw_how")),
        ("When it was", day_words(one, "at")),
        ("How it came", _chosen(one, "received_how", "statement_received")),
        ("When, in their words", when),
        ("Written", day_words(one, "written_at")),
        ("Help with writing", "" if one.text("help_given") == "none" else _chosen(one, "help_given", "help_given")),
        ("Language", one.text("language")),
        ("Exact words they heard", one.text("exact_words")),
        ("In English", one.text("translation")),
        ("Exhibits", ", ".join(_items(contents, one))),
    ]
    return {
        "mark": f"{one.ref}. {_mark(contents, one)}",
        "facts": [[label, drawable(words)] for label, words in facts if words],
        "words": paragraphs(one.text("narrative")),
        "before": paragraphs(_as_it_came(contents, one)),
    }


def statements_csv(contents: Contents) -> bytes | None:
    """07_statements.csv: one line a statement, in feed order; None for a pack without one."""
    found = of_kind(contents.registers, "statement")
    return table(HEADER, (_line(contents, one) for one in found)) if found else None


def _line(contents: Contents, one: Register) -> Iterator[object]:
    """The cells of one statement."""
    came, first, numbers = (
        object_of(one.said, "arrived"),
        contents.versions[one.told.first.version],
        _numbers(contents, one),
    )
    yield one.ref
    yield _mark(contents, one)
    yield ", ".join(_persons(contents, one))
    yield entries_words(numbers) if numbers else "not linked"
    yield _chosen(one, "saw_how", "statement_saw_how")
    yield _chosen(one, "received_how", "statement_received")
    yield text_of(came, "when")
    yield one.text("narrative")
    yield _as_it_came(contents, one)
    yield one.text("language")
    yield " ".join(_items(contents, one))
    yield times.iso(whole_of(came, "sent_at"))
    yield times.iso(whole_of(came, "at"))
    yield times.iso(one.told.started_at)
    yield times.iso(first.received_at)
    yield first.c


def _mark(contents: Contents, one: Register) -> str:
    """Whose words these are; it says none of them."""
    return witness.mark_of(contents.whole_registers[one.record].said)


def _as_it_came(contents: Contents, one: Register) -> str:
    """What was sent as it may be served, where the keeper changed it."""
    changed = witness.as_it_came(contents.whole_registers[one.record].said)
    return text_of(object_of(one.said, "arrived"), "words") if changed else ""


def _persons(contents: Contents, one: Register) -> list[str]:
    """The code of whoever said it, where they are a person of the diary."""
    return [person.ref for person in linked(contents.registers, one.codes("by_id"), "person")]


def _numbers(contents: Contents, one: Register) -> list[str]:
    """The entries of this pack that a statement is about."""
    about = one.codes("incident_ids")
    return [entry.number for entry in contents.entries if entry.record in about]


def _items(contents: Contents, one: Register) -> list[str]:
    """The exhibits that came with it."""
    mine = one.codes("attachment_ids")
    return [shown.exhibit.item for shown in contents.exhibits if shown.attachment.record in mine]


def _chosen(one: Register, name: str, choice: str) -> str:
    """A choice in words, the keeper's own after it."""
    code, own = one.text(name), one.text(f"{name}_text")
    label = vocabulary.label(choice, code) if code else ""
    return f"{label}: {own}" if label and own else label or own
