"""The page of document 10 about sittings: what was collected, from where, by whom, and what was not looked at."""

from diary.pack.contents import ExhibitView, PackContents
from diary.pack.documents.incident_rows import TemplateData
from diary.pack.printable_text import escape_unprintable
from diary.pack.registers import RegisterRecord, records_of_kind
from diary.pack.wording import format_count
from diary.record import sitting, times, vocabulary
from diary.record.reading import RecordFields, boolean_of, integer_of, object_of, objects_of, text_of

NOT_SEEN_TEXT = "not seen by the keeper"
_CONSENT_TEXT = (
    "The keeper agreed that this may be kept. That says nothing about what it means, or who did what: the person who "
    "collected it could record neither."
)


def collected_text(view: ExhibitView) -> str:
    """Return “Collected by A.B.; not seen by the keeper” for a file of a sitting or from a desk, else ''."""
    fields = view.attachment.fields
    if not object_of(fields, "collected"):
        return ""
    place = "" if _sitting_of(view) else " at an advocate's desk"
    seen = NOT_SEEN_TEXT if sitting.is_unseen(fields) else "opened by the keeper since"
    return f"by {sitting.collector_of(fields) or 'somebody not named'}{place}; {seen}"


def sitting_sections(contents: PackContents) -> list[TemplateData]:
    """Return the template data of each sitting in the pack, for the restricted side only."""
    return [_sitting_section(contents, record) for record in records_of_kind(contents.unredacted_registers, "sitting")]


def _sitting_section(contents: PackContents, record: RegisterRecord) -> TemplateData:
    """Return the template data of one sitting."""
    fields, restricted = record.fields, record.history.current_version.restricted
    views = [view for view in contents.exhibits if _sitting_of(view) == record.record]
    absent_count = len(record.codes("attachment_ids")) - len(views)
    who = ", ".join(
        text
        for text in (
            record.text("advocate"),
            text_of(restricted, "advocate_name"),
            text_of(restricted, "organisation"),
        )
        if text
    )
    facts = [
        ("Collected by", who),
        ("Where", vocabulary.label("sitting_ways", record.text("how")) if record.text("how") else ""),
        ("The keeper agreed", _moment(contents, integer_of(fields, "agreed_at"))),
        ("Started", _moment(contents, integer_of(fields, "started_at"))),
        ("Ended", _moment(contents, integer_of(fields, "ended_at")) or "not ended when this pack was made"),
        ("Pauses", _pauses_text(contents, fields)),
        (
            "Police asked for the phone, or planned an interview",
            vocabulary.label("sitting_police", record.text("police_asked")) if record.text("police_asked") else "",
        ),
        ("Under 18", _under_18_text(fields, text_of(restricted, "lead_name"))),
    ]
    return {
        "ref": record.code,
        "facts": [[label, escape_unprintable(words)] for label, words in facts if words],
        "consent": _CONSENT_TEXT,
        "sources": [_source_row(source, views) for source in objects_of(fields, "sources")],
        "checks": [_check_row(contents, check) for check in objects_of(fields, "checks")],
        "files": [_file_row(contents, view) for view in views],
        "absent": f"{format_count(absent_count, 'file')} of this sitting not in this pack." if absent_count > 0 else "",
    }


def _sitting_of(view: ExhibitView) -> str:
    return text_of(object_of(view.attachment.fields, "collected"), "sitting_id")


def _moment(contents: PackContents, at_ms: int | None) -> str:
    """Return a time in the zone of the pack, or '' without one."""
    return "" if at_ms is None else times.format_instant(at_ms, contents.capsule.metadata.tz).to_line()


def _pauses_text(contents: PackContents, fields: RecordFields) -> str:
    """Return the pauses, each with its start and end: `10:00 to 10:20; 11:00, not ended`."""
    return "; ".join(
        f"{_moment(contents, integer_of(pause, 'at'))} to {end}"
        if (end := _moment(contents, integer_of(pause, "until")))
        else f"{_moment(contents, integer_of(pause, 'at'))}, not ended"
        for pause in objects_of(fields, "pauses")
    )


def _under_18_text(fields: RecordFields, lead_name: str) -> str:
    """Return whether the keeper is under 18, and then which safeguarding lead agreed."""
    if boolean_of(fields, "under_18") is not True:
        return "no" if boolean_of(fields, "under_18") is False else "not recorded"
    is_agreed = boolean_of(fields, "lead_agreed") is True
    lead = f"the safeguarding lead, {lead_name or 'not named'},"
    return f"yes; {lead} {'agreed' if is_agreed else 'is not recorded to have agreed'}"


def _source_row(source: RecordFields, views: list[ExhibitView]) -> list[str]:
    """Return name, kind, files, whether it was looked at, and why not."""
    name, kind, looked = (text_of(source, field) for field in ("name", "kind", "looked"))
    count = sum(text_of(object_of(view.attachment.fields, "collected"), "source") == name for view in views)
    return [
        escape_unprintable(name),
        escape_unprintable(vocabulary.label("sitting_sources", kind) if kind else ""),
        str(count),
        escape_unprintable(vocabulary.label("sitting_looked", looked) if looked else "not recorded"),
        escape_unprintable(text_of(source, "why")),
    ]


def _check_row(contents: PackContents, check: RecordFields) -> list[str]:
    """Return what was checked, what was found, the note, and when."""
    kind, found = text_of(check, "kind"), text_of(check, "found")
    return [
        escape_unprintable(vocabulary.label("sitting_checks", kind) if kind else "not recorded"),
        escape_unprintable(vocabulary.label("sitting_found", found) if found else "not recorded"),
        escape_unprintable(text_of(check, "note")),
        _moment(contents, integer_of(check, "at")),
    ]


def _file_row(contents: PackContents, view: ExhibitView) -> list[str]:
    """Return item, received name, source, when, and whether the keeper has seen it."""
    fields = view.unredacted_attachment.fields
    collected = object_of(fields, "collected")
    received_as = object_of(view.unredacted_attachment.restricted_fields, "received_as")
    return [
        view.exhibit.item,
        escape_unprintable(text_of(received_as, "filename") or "no name"),
        escape_unprintable(text_of(collected, "source") or "not recorded"),
        _moment(contents, integer_of(collected, "at")),
        NOT_SEEN_TEXT
        if sitting.is_unseen(fields)
        else f"opened by the keeper {_moment(contents, integer_of(fields, 'opened_by_keeper_at'))}",
    ]
