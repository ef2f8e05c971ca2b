"""Data of 08_impact.pdf: dated changes in the keeper's life by area, with the keeper's own descriptions."""

from typing import Final

from diary.pack.contents import PackContents
from diary.pack.documents.incident_rows import TemplateData
from diary.pack.printable_text import escape_unprintable, paragraphs
from diary.pack.registers import RegisterRecord, format_record_day, records_of_kind
from diary.pack.wording import format_entry_numbers
from diary.record import times, vocabulary
from diary.record.reading import boolean_of, integer_of, text_of

NOT_A_STATEMENT_TEXT: Final = "Not a Victim Personal Statement. One may be taken separately, by those who take them."


def impact_data(contents: PackContents) -> TemplateData:
    """Return the data of document 08 from the servable contents only."""
    metadata = contents.capsule.metadata
    return {
        **contents.page_header(f"Life impact, pack {metadata.label}", NOT_A_STATEMENT_TEXT),
        "made": contents.printed_made_at().to_line(),
        "parts": [_impact_section(contents, impact) for impact in records_of_kind(contents.registers, "impact")],
        "feelings": [
            [
                entry.number,
                times.format_claimed_time(entry.occurred_time).day,
                escape_unprintable(text_of(entry.fields, "feelings_then_text")),
            ]
            for entry in contents.entries
            if text_of(entry.fields, "feelings_then_text")
        ],
    }


def _revision_days(contents: PackContents, impact: RegisterRecord) -> str:
    """Return the days on which an area of life was changed, each once: `Fri 25 Sep 2026`."""
    return ", ".join(
        dict.fromkeys(
            "on a day that is not known"
            if revision.recorded_at_ms is None
            else times.format_instant(revision.recorded_at_ms, contents.capsule.metadata.tz).day
            for revision in impact.history.revisions
        )
    )


def _impact_section(contents: PackContents, impact: RegisterRecord) -> TemplateData:
    """Return the template data of one area of life."""
    domain, cost_pence = impact.text("domain"), integer_of(impact.fields, "cost_pence")
    domain_label = (
        vocabulary.label("impact_domains", domain)
        if domain and domain != "other"
        else impact.text("domain_text") or "Something else"
    )
    written_at = impact.history.first_recorded_at_ms
    end_words = (
        "still going on"
        if boolean_of(impact.fields, "still_going")
        else f"until {format_record_day(impact, 'ended')}"
        if impact.fields.get("ended")
        else ""
    )
    estimate_prefix = "about " if boolean_of(impact.fields, "cost_is_estimate") else ""
    numbers = [entry.number for entry in contents.entries if entry.record in impact.codes("incident_ids")]
    return {
        "ref": impact.code,
        "domain": escape_unprintable(domain_label),
        "before": paragraphs(impact.text("before")),
        "after": paragraphs(impact.text("after")),
        "facts": [
            [label, escape_unprintable(words)]
            for label, words in (
                ("Since", format_record_day(impact, "started")),
                ("", end_words),
                ("Cost", f"{estimate_prefix}£{cost_pence / 100:,.2f}" if cost_pence is not None else ""),
                ("Entries", format_entry_numbers(tuple(numbers))),
                (
                    "Written down",
                    times.format_instant(written_at, contents.capsule.metadata.tz).day
                    if written_at is not None
                    else "",
                ),
                ("Changed later", _revision_days(contents, impact)),
            )
            if words
        ],
    }
