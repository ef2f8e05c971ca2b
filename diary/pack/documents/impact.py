"""08_impact.pdf as data: what changed in the keeper's life, part by part, dated; their words only."""

from typing import Final

from diary.pack.contents import Contents
from diary.pack.documents.incident_rows import Row
from diary.pack.printable_text import drawable, paragraphs
from diary.pack.registers import Register, day_words, of_kind
from diary.pack.wording import numbers_words
from diary.record import times, vocabulary
from diary.record.reading import switch_of, text_of, whole_of

NOT_A_STATEMENT: Final = "Not a Victim Personal Statement. One may be taken separately, by those who take them."


def impact_page(contents: Contents) -> Row:
    """Everything 08 needs. Only the servable side is read."""
    head = contents.capsule.head
    return {
        **contents.sheet_facts(f"Life impact, pack {head.name}", NOT_A_STATEMENT),
        "made": contents.made().line(),
        "parts": [_part(contents, one) for one in of_kind(contents.registers, "impact")],
        "fear": [
            [entry.number, times.printed(entry.when).day, drawable(text_of(entry.said, "feelings_then_text"))]
            for entry in contents.entries
            if text_of(entry.said, "feelings_then_text")
        ],
    }


def _part(contents: Contents, one: Register) -> Row:
    """One part of life."""
    domain, cost = one.text("domain"), whole_of(one.said, "cost_pence")
    named = (
        vocabulary.label("impact_domains", domain)
        if domain and domain != "other"
        else one.text("domain_text") or "Something else"
    )
    written = one.told.started_at
    ends = (
        "still going on"
        if switch_of(one.said, "still_going")
        else f"until {day_words(one, 'ended')}"
        if one.said.get("ended")
        else ""
    )
    about = "about " if switch_of(one.said, "cost_is_estimate") else ""
    numbers = [entry.number for entry in contents.entries if entry.record in one.codes("incident_ids")]
    return {
        "ref": one.ref,
        "domain": drawable(named),
        "before": paragraphs(one.text("before")),
        "after": paragraphs(one.text("after")),
        "facts": [
            [label, drawable(words)]
            for label, words in (
                ("Since", day_words(one, "started")),
                ("", ends),
                ("Cost", f"{about}£{cost / 100:,.2f}" if cost is not None else ""),
                ("Entries", numbers_words(tuple(numbers))),
                ("Written down", times.instant(written, contents.capsule.head.tz).day if written is not None else ""),
                ("Changed later", str(len(one.told.revisions)) if one.told.revisions else ""),
            )
            if words
        ],
    }
