"""One row of the incident table: when, the keeper's words, what it was, and its effect."""

from collections.abc import Iterator, Mapping
from typing import Final

from diary.pack.contents import Contents, Picture, Shown
from diary.pack.documents.language_names import is_english, is_signed, tongue
from diary.pack.printable_text import drawable, paragraphs
from diary.pack.tables import cells
from diary.pack.wording import chosen, field_label, value_words
from diary.record import assisted, times, vocabulary
from diary.record.incident import Incident
from diary.record.reading import object_of, objects_of, text_of, whole_of
from diary.record.record_history import Change, Revision

Row = dict[str, object]
Stills = Mapping[str, Picture]
COMMITMENT: Final = 12
# A row this long could fill a page by itself, so it may be broken; shorter ones never are.
LONG: Final = 2_600


def row_of(contents: Contents, entry: Incident, stills: Stills) -> Row:
    """An entry as the template reads it. `stills`: of accounts that are films, by item."""
    words = entry.narrative
    later = [_later(contents, revision) for revision in entry.told.revisions]
    return {
        "no": entry.number,
        "when": [drawable(part) for part in _when(entry)],
        "source": _source(entry),
        "recorded": _recorded(contents, entry),
        "commitment": contents.first_version(entry).c[:COMMITMENT],
        "assisted": _assisted(entry),
        "words": paragraphs(words),
        "account": account_of(contents, entry, stills),
        "quotes": [_quote(quote) for quote in objects_of(entry.said, "exact_words")],
        "later": [block for block in later if block["lines"] or block["words"]],
        "what": cells.facts(cells.what(contents, entry)),
        "effect": cells.facts(cells.effect(contents, entry)),
        "exhibits": [shown.exhibit.item for shown in contents.exhibits_of(entry)],
        "translation": _translation(entry),
        "mark": _mark(contents, entry),
        "long": len(words) + sum(len(str(block)) for block in later) > LONG,
    }


def _assisted(entry: Incident) -> Row | None:
    """Who typed an entry that is not of the keeper's own hand, what was asked, and the words as typed where others stand now."""
    mark = assisted.mark_of(entry.said)
    if not mark:
        return None
    prompts = assisted.prompts_of(entry.said)
    how = "Open prompts only, as for a person under 18. " if assisted.is_open_prompts(entry.said) else ""
    return {
        "mark": drawable(mark),
        "prompts": drawable(f"{how}Asked: {' · '.join(f'“{one}”' for one in prompts)}" if prompts else ""),
        "typed": paragraphs(assisted.as_typed({**entry.said, "narrative": entry.narrative})),
    }


def account_film(contents: Contents, entry: Incident) -> Shown | None:
    """The film or recording in which an entry is told, where it is in the pack."""
    named = entry.codes("narrative_media")
    return next((shown for shown in contents.exhibits if shown.exhibit.record in named), None)


def account_of(contents: Contents, entry: Incident, stills: Stills) -> Row | None:
    """An account that is signed or spoken: item, length, language, whether somebody must interpret; a film's still."""
    shown = account_film(contents, entry)
    if shown is None:
        return None
    said, spoken = shown.attachment.said, text_of(entry.said, "language")
    # A voice recorded by some browsers was once taken for a film, by the wrapping it comes in.
    is_film = text_of(said, "media_type").startswith("video/") and text_of(said, "kind") != "audio"
    lasts = whole_of(said, "duration_ms")
    signed = is_signed(spoken)
    way = "signed" if signed else "signed (BSL) or spoken, filmed" if is_film else "spoken"
    facts = [
        ("Account", way),
        ("Lasts", "not recorded" if lasts is None else duration_words(lasts)),
        ("Language", tongue(spoken) if spoken else "not recorded"),
        ("", "Interpreter needed" if (not is_english(spoken) if spoken else is_film) else ""),
    ]
    still = stills.get(shown.exhibit.item)
    return {
        "item": shown.exhibit.item,
        "facts": [[label, drawable(words)] for label, words in facts if words],
        "still": still and still.file,
        "shape": still.height / max(1, still.width) if still else 0.0,
        "alt": drawable(f"Still from {shown.exhibit.item}: {shown.attachment.description}"),
    }


def duration_words(ms: int) -> str:
    """`2 min 34 s`."""
    return f"{ms // 60_000} min {ms // 1000 % 60} s"


def _when(entry: Incident) -> Iterator[str]:
    """Date, clock and how sure, each its own line."""
    printed = times.printed(entry.when)
    yield printed.day
    yield from (line for line in (printed.clock, printed.note) if line)


def _source(entry: Incident) -> str:
    """How the keeper knows the time, with their own words for it where there are any."""
    return small_first(chosen(entry.said, "time_source"))


def small_first(label: str) -> str:
    """A label in the middle of a sentence; `I` stays `I`."""
    return label if label.startswith(("I ", "I'")) else label[:1].lower() + label[1:]


def _recorded(contents: Contents, entry: Incident) -> list[str]:
    """When it was written down, how long after, and the clock's state then."""
    written = entry.told.started_at
    if written is None:
        return ["time not known"]
    clock = object_of(entry.told.first.fields, "_clock")
    printed = times.instant(written, text_of(clock, "tz") or contents.capsule.head.tz)
    same = printed.day == times.printed(entry.when).day
    lines = [f"{'same day' if same else printed.day}, {printed.clock}"]
    delay = entry.delay_ms
    if delay is not None:
        lines.append(times.delay_words(delay) if delay >= times.MINUTE_MS or delay < 0 else "at the time")
    kind = text_of(entry.said, "entry_kind")
    if kind and kind != "contemporaneous":
        lines.append(small_first(vocabulary.label("entry_kinds", kind)))
    for name, before in (("source_record", "copied from"), ("late_reason", "reason")):
        if text_of(entry.said, name):
            lines.append(drawable(f"{before}: {text_of(entry.said, name)}"))
    if contents.first_version(entry).received_at is None:
        lines.append("not received by a server yet")
    offset = whole_of(clock, "offset_ms")
    if offset is not None and abs(offset) >= times.MINUTE_MS:
        pace = "ahead" if offset > 0 else "behind"
        lines.append(f"phone clock {abs(offset) // times.MINUTE_MS} min {pace}")
    return lines


def _mark(contents: Contents, entry: Incident) -> str:
    """What a later pack says beside an entry's number."""
    since = contents.capsule.head.since
    if entry.seq_no in since.new:
        return "NEW"
    return "CHANGED" if entry.seq_no in since.changed else ""


def _translation(entry: Incident) -> Row | None:
    """A person's translation with who made it, or that there is none; None for words that are English as they stand."""
    made = object_of(entry.said, "translation")
    spoken = text_of(entry.said, "language")
    if not made:
        foreign = spoken and not is_english(spoken)
        return {"by": drawable(f"Language: {tongue(spoken)}. Not translated."), "words": []} if foreign else None
    parts = (text_of(made, "by"), text_of(made, "relation"), times.date_words(text_of(made, "at")))
    who = ", ".join(part for part in parts if part) or "a person who is not named"
    before = f"{'Signed' if is_signed(spoken) else 'Written'} in {tongue(spoken)}. " if spoken else ""
    return {"by": drawable(f"{before}Translation by {who}:"), "words": paragraphs(text_of(made, "text"))}


def _quote(quote: dict[str, object]) -> dict[str, object]:
    """Words somebody used, with who and how."""
    medium = text_of(quote, "medium")
    known = vocabulary.LISTS["channels"].find(medium)
    source = ", ".join(part for part in (text_of(quote, "speaker"), known.label if known else medium) if part)
    return {"by": drawable(source), "words": paragraphs(text_of(quote, "words"))}


def _later(contents: Contents, revision: Revision) -> Row:
    """An addition or amendment, dated, as it prints beneath the first words."""
    at = times.instant(revision.at, contents.capsule.head.tz).line() if revision.at is not None else "time not known"
    words: list[dict[str, str]] = []
    lines: dict[str, Row] = {}
    for change in revision.changes:
        if change.field == "narrative" and change.only_adds and isinstance(change.new, str):
            words = paragraphs(change.new.removeprefix(change.old if isinstance(change.old, str) else ""))
        elif line := _line(contents, change, revision):
            lines[str(line["label"])] = line
    return {
        "at": at,
        "kind": revision.kind,
        "reason": drawable(revision.reason),
        "words": words,
        "lines": list(lines.values()),
    }


def _line(contents: Contents, change: Change, revision: Revision) -> Row | None:
    """One changed field: what it was, where that matters, and what it is now; None when nothing shows."""
    if change.field.endswith(("_id", "_ids")) or change.field in ("alleged_breaches", "narrative_media"):
        old, new = link_words(contents, change.old), link_words(contents, change.new)
    else:
        old = value_words(change.field, change.old, revision.before)
        new = value_words(change.field, change.new, revision.after)
    if old == new:
        return None
    return {
        "label": field_label(change.field),
        "old": paragraphs(old) if revision.kind == "amendment" else [],
        "new": paragraphs(new or "(taken out)"),
    }


def link_words(contents: Contents, value: object) -> str:
    """Ids of other records as what those are called in this pack; a breach with its term."""
    if isinstance(value, Mapping):
        term = value.get("term_no")
        return link_words(contents, value.get("order_id")) + (f" term {term}" if term is not None else "")
    if isinstance(value, str):
        return contents.names.get(value, "something not in this pack")
    return ", ".join(link_words(contents, one) for one in value) if isinstance(value, list | tuple) else ""
