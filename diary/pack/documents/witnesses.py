"""Witnesses and their statements: the section of document 01, and 07_statements.csv.

Witnesses appear by code and reference; document 06 has their names. Every statement is preceded by a label that its
words are not the keeper's. Whether it was changed is decided before redaction, as on the phone.
"""

from collections.abc import Iterator
from typing import Final

from diary.pack.contents import PackContents
from diary.pack.documents.incident_rows import TemplateData
from diary.pack.printable_text import escape_unprintable, paragraphs
from diary.pack.registers import RegisterRecord, format_record_day, linked_records, records_of_kind
from diary.pack.tables.csv_tables import encode_csv
from diary.pack.wording import format_entries, format_entry_numbers
from diary.record import times, vocabulary, witness
from diary.record.reading import integer_of, object_of, text_of

STATEMENT_COLUMNS: Final = (
    "statement", "not_the_keepers_words", "person_code", "entries", "how_they_know", "how_it_came", "when_in_their_words",
    "what_they_say", "as_it_came", "language", "exhibits", "sent", "arrived", "recorded", "received_no_later_than", "commitment",
)  # fmt: skip


def witness_rows(contents: PackContents) -> list[TemplateData]:
    """Return code, entries and statements of each witness.

    Those known by name only share one row without their names.
    """
    numbers: dict[str, list[str]] = {}
    for entry in contents.entries:
        for person in linked_records(contents.registers, entry.codes("witness_ids"), "person"):
            numbers.setdefault(person.code, []).append(entry.number)
    statements_by_code: dict[str, list[TemplateData]] = {}
    for statement in records_of_kind(contents.registers, "statement"):
        # The author of a statement may not be a person of the diary; the statement then has its own reference as code.
        for code in _author_codes(contents, statement) or [statement.code]:
            statements_by_code.setdefault(code, []).append(_statement_section(contents, statement))
            numbers.setdefault(code, []).extend(_linked_entry_numbers(contents, statement))
    rows = [
        _witness_row(code, entry_numbers, statements_by_code.get(code, []), "no account of their own in this pack")
        for code, entry_numbers in numbers.items()
    ]
    unlinked_numbers = [
        statement.number
        for statement in contents.unredacted_entries
        if statement.restricted_fields.get("witness_names")
    ]
    return [*rows, _witness_row("by name only", unlinked_numbers, [], "named in 06")] if unlinked_numbers else rows


def _witness_row(code: str, numbers: list[str], statements: list[TemplateData], no_statement_text: str) -> TemplateData:
    """Return one witness. `no_statement_text`: printed if there is no statement."""
    return {
        "code": code,
        "entries": format_entry_numbers(tuple(numbers)),
        "said": statements,
        "none": "" if statements else no_statement_text,
    }


def _statement_section(contents: PackContents, statement: RegisterRecord) -> TemplateData:
    """Return one statement: its label, how it was received, its words, and the original words if they were changed."""
    when_words = text_of(object_of(statement.fields, "arrived"), "when")
    facts = [
        ("Who they are", _format_choice(statement, "by_role", "person_roles")),
        ("They know the keeper", statement.text("relation_to_keeper")),
        ("How they know", _format_choice(statement, "saw_how", "statement_saw_how")),
        ("When it was", format_record_day(statement, "at")),
        ("How it came", _format_choice(statement, "received_how", "statement_received")),
        ("When, in their words", when_words),
        ("Written", format_record_day(statement, "written_at")),
        (
            "Help with writing",
            "" if statement.text("help_given") == "none" else _format_choice(statement, "help_given", "help_given"),
        ),
        ("Language", statement.text("language")),
        ("Exact words they heard", statement.text("exact_words")),
        ("In English", statement.text("translation")),
        ("Exhibits", ", ".join(_exhibit_items(contents, statement))),
    ]
    return {
        "mark": f"{statement.code}. {_authorship_mark(contents, statement)}",
        "facts": [[label, escape_unprintable(words)] for label, words in facts if words],
        "words": paragraphs(statement.text("narrative")),
        "before": paragraphs(_original_text(contents, statement)),
    }


def statements_csv(contents: PackContents) -> bytes | None:
    """Return 07_statements.csv, one line for each statement in feed order; None without statements."""
    statements = records_of_kind(contents.registers, "statement")
    return (
        encode_csv(STATEMENT_COLUMNS, (_statement_cells(contents, statement) for statement in statements))
        if statements
        else None
    )


def _statement_cells(contents: PackContents, statement: RegisterRecord) -> Iterator[object]:
    """Yield the CSV cells of one statement."""
    arrival, first_version, numbers = (
        object_of(statement.fields, "arrived"),
        contents.versions[statement.history.first_version.version],
        _linked_entry_numbers(contents, statement),
    )
    yield statement.code
    yield _authorship_mark(contents, statement)
    yield ", ".join(_author_codes(contents, statement))
    yield format_entries(numbers) if numbers else "not linked"
    yield _format_choice(statement, "saw_how", "statement_saw_how")
    yield _format_choice(statement, "received_how", "statement_received")
    yield text_of(arrival, "when")
    yield statement.text("narrative")
    yield _original_text(contents, statement)
    yield statement.text("language")
    yield " ".join(_exhibit_items(contents, statement))
    yield times.format_iso(integer_of(arrival, "sent_at"))
    yield times.format_iso(integer_of(arrival, "at"))
    yield times.format_iso(statement.history.first_recorded_at_ms)
    yield times.format_iso(first_version.received_at)
    yield first_version.commitment


def _authorship_mark(contents: PackContents, statement: RegisterRecord) -> str:
    """Return the label that states whose words these are, without quoting them."""
    return witness.authorship_label(contents.unredacted_registers[statement.record].fields)


def _original_text(contents: PackContents, statement: RegisterRecord) -> str:
    """Return the redacted words as they were sent if the keeper changed them, else ''."""
    is_changed = witness.original_words_if_changed(contents.unredacted_registers[statement.record].fields)
    return text_of(object_of(statement.fields, "arrived"), "words") if is_changed else ""


def _author_codes(contents: PackContents, statement: RegisterRecord) -> list[str]:
    """Return the code of the author if they are a person of the diary."""
    return [person.code for person in linked_records(contents.registers, statement.codes("by_id"), "person")]


def _linked_entry_numbers(contents: PackContents, statement: RegisterRecord) -> list[str]:
    """Return the entries of this pack that a statement is about."""
    incident_ids = statement.codes("incident_ids")
    return [entry.number for entry in contents.entries if entry.record in incident_ids]


def _exhibit_items(contents: PackContents, statement: RegisterRecord) -> list[str]:
    """Return the exhibits attached to a statement."""
    attachment_ids = statement.codes("attachment_ids")
    return [view.exhibit.item for view in contents.exhibits if view.attachment.record in attachment_ids]


def _format_choice(statement: RegisterRecord, field_name: str, vocabulary_name: str) -> str:
    """Return the label of a choice, followed by the keeper's own words."""
    code, own_words = statement.text(field_name), statement.text(f"{field_name}_text")
    label = vocabulary.label(vocabulary_name, code) if code else ""
    return f"{label}: {own_words}" if label and own_words else label or own_words
