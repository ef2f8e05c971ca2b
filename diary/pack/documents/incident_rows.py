"""Rows of the incident table: time, the keeper's words, what happened, and its effect."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from diary.pack.capsule.reader import Capsule
from diary.pack.contents import ExhibitView, PackContents, Picture
from diary.pack.documents.language_names import is_english, is_sign_language, language_name
from diary.pack.printable_text import escape_unprintable, paragraphs
from diary.pack.tables import cells
from diary.pack.wording import field_label, format_entries, format_field_choice, format_value, lower_first_letter
from diary.record import assisted, times, vocabulary
from diary.record.incident import Incident
from diary.record.reading import integer_of, object_of, objects_of, text_of
from diary.record.record_history import FieldChange, Revision

TemplateData = dict[str, object]
StillsByItem = Mapping[str, Picture]
COMMITMENT_CHARACTERS: Final = 12
NO_WORDS_TEXT: Final = "No words were written at the time."
# A longer row may be split: kept whole, it could leave a third of the page before it empty.
LONG_ROW_CHARACTERS: Final = 900


def marked_entries(capsule: Capsule, entries: Sequence[Incident], limit: int) -> tuple[list[Incident], str]:
    """Return the entries marked to be read first, and a sentence with the numbers of those left out, or ''.

    At most `limit` entries, in the order of the diary. The latest stay: what happened last matters most to an officer.
    """
    marked = [entry for entry in entries if entry.seq_no in capsule.start_with]
    rest = [entry.number for entry in marked[:-limit]]
    return marked[-limit:], f"Also marked: {format_entries(rest)}." if rest else ""


def incident_row(contents: PackContents, entry: Incident, stills: StillsByItem, mark: str = "") -> TemplateData:
    """Return an entry as data for the template.

    `stills`: stills of video accounts by item. `mark`: `NEW` or `CHANGED` since an earlier pack.
    """
    words = entry.narrative
    revision_blocks = [_revision_section(contents, revision) for revision in entry.history.revisions]
    row: TemplateData = {
        "no": entry.number,
        "when": [escape_unprintable(part) for part in _when_lines(entry)],
        "source": _time_source(entry),
        "recorded": _recorded_lines(contents, entry),
        "commitment": contents.first_version(entry).commitment[:COMMITMENT_CHARACTERS],
        "assisted": _assistance_section(entry),
        "words": paragraphs(words),
        "account": recorded_account_section(contents, entry, stills),
        "quotes": [_quote_section(quote) for quote in objects_of(entry.fields, "exact_words")],
        "later": [block for block in revision_blocks if block["lines"] or block["words"]],
        "what": cells.labelled_cells(cells.event_cells(contents, entry)),
        "effect": cells.labelled_cells(cells.effect_cells(contents, entry)),
        "exhibits": [shown.exhibit.item for shown in contents.exhibits_of(entry)],
        "translation": _translation_section(entry),
        "mark": mark,
    }
    return {**row, "long": _character_count(row) > LONG_ROW_CHARACTERS}


def _character_count(value: object) -> int:
    """Return how many characters of a row are printed, about."""
    if isinstance(value, Mapping):
        return sum(map(_character_count, value.values()))
    return sum(map(_character_count, value)) if isinstance(value, list | tuple) else len(str(value))


def _assistance_section(entry: Incident) -> TemplateData | None:
    """Return who typed an assisted entry, the prompts, and the typed words if they were changed.

    None for other entries.
    """
    mark = assisted.authorship_label(entry.fields)
    if not mark:
        return None
    prompts = assisted.prompts_of(entry.fields)
    prompt_prefix = (
        "Open prompts only, as for a person under 18. " if assisted.is_open_prompts_only(entry.fields) else ""
    )
    return {
        "mark": escape_unprintable(mark),
        "prompts": escape_unprintable(
            f"{prompt_prefix}Asked: {' · '.join(f'“{prompt}”' for prompt in prompts)}" if prompts else ""
        ),
        "typed": paragraphs(assisted.typed_narrative_if_changed({**entry.fields, "narrative": entry.narrative})),
    }


def recorded_account(contents: PackContents, entry: Incident) -> ExhibitView | None:
    """Return the exhibit with the video or recording of an entry's account, or None if the pack does not contain it."""
    media_ids = entry.codes("narrative_media")
    return next((view for view in contents.exhibits if view.exhibit.record in media_ids), None)


def recorded_account_section(contents: PackContents, entry: Incident, stills: StillsByItem) -> TemplateData | None:
    """Return the template data of a signed or spoken account, or None if the pack does not include it.

    It has the item, length, language, need for an interpreter, and the still image of a video.
    """
    view = recorded_account(contents, entry)
    if view is None:
        return None
    fields, language = view.attachment.fields, text_of(entry.fields, "language")
    # Audio recorded by some browsers was formerly classified as video because of its container format.
    is_video = text_of(fields, "media_type").startswith("video/") and text_of(fields, "kind") != "audio"
    duration_ms = integer_of(fields, "duration_ms")
    uses_sign_language = is_sign_language(language)
    form = "signed" if uses_sign_language else "signed (BSL) or spoken, filmed" if is_video else "spoken"
    facts = [
        ("Account", form),
        ("Lasts", "not recorded" if duration_ms is None else format_duration(duration_ms)),
        ("Language", language_name(language) if language else "not recorded"),
        ("", "Interpreter needed" if (not is_english(language) if language else is_video) else ""),
    ]
    still = stills.get(view.exhibit.item)
    return {
        "item": view.exhibit.item,
        "facts": [[label, escape_unprintable(words)] for label, words in facts if words],
        "still": still and still.filename,
        "shape": still.height / max(1, still.width) if still else 0.0,
        "alt": escape_unprintable(f"Still from {view.exhibit.item}: {view.attachment.description}"),
    }


def format_help(entry: Incident) -> str:
    """Return how somebody helped with writing an entry, or '' if nobody did."""
    help_given = text_of(entry.fields, "help_given")
    return "" if help_given in ("", "none") else vocabulary.label("help_given", help_given)


def format_duration(duration_ms: int) -> str:
    """Return for example `2 min 34 s`."""
    return f"{duration_ms // 60_000} min {duration_ms // 1000 % 60} s"


def _when_lines(entry: Incident) -> Iterator[str]:
    """Yield the date, the clock time and the precision, each as a line."""
    printed = times.format_claimed_time(entry.occurred_time)
    yield printed.day
    yield from (line for line in (printed.clock, printed.note) if line)


def _time_source(entry: Incident) -> str:
    """Return the source of the time, with the keeper's own words if there are any."""
    return lower_first_letter(format_field_choice(entry.fields, "time_source"))


def _recorded_lines(contents: PackContents, entry: Incident) -> list[str]:
    """Return when the entry was written, how long after the event, and the state of the clock."""
    written_at = entry.history.first_recorded_at_ms
    if written_at is None:
        return ["time not known"]
    clock = object_of(entry.history.first_version.fields, "_clock")
    printed = times.format_instant(written_at, text_of(clock, "tz") or contents.capsule.metadata.tz)
    is_same_day = printed.day == times.format_claimed_time(entry.occurred_time).day
    lines = [f"{'same day' if is_same_day else printed.day}, {printed.clock}"]
    delay_ms = entry.delay_ms
    if delay_ms is not None:
        lines.append(times.format_delay(delay_ms) if delay_ms >= times.MINUTE_MS or delay_ms < 0 else "at the time")
    kind = text_of(entry.fields, "entry_kind")
    if kind and kind != "contemporaneous":
        lines.append(lower_first_letter(vocabulary.label("entry_kinds", kind)))
    for name, prefix in (("source_record", "copied from"), ("late_reason", "reason")):
        if text_of(entry.fields, name):
            lines.append(escape_unprintable(f"{prefix}: {text_of(entry.fields, name)}"))
    if contents.first_version(entry).received_at is None:
        lines.append("not received by a server yet")
    offset_ms = integer_of(clock, "offset_ms")
    if offset_ms is not None and abs(offset_ms) >= times.MINUTE_MS:
        direction = "behind" if offset_ms > 0 else "ahead"
        lines.append(f"phone clock {abs(offset_ms) // times.MINUTE_MS} min {direction}")
    return lines


def _translation_section(entry: Incident) -> TemplateData | None:
    """Return an entry's translation with its translator, or that there is none; None for entries in English."""
    translation = object_of(entry.fields, "translation")
    language = text_of(entry.fields, "language")
    if not translation:
        is_foreign = language and not is_english(language)
        return (
            {"by": escape_unprintable(f"Language: {language_name(language)}. Not translated."), "words": []}
            if is_foreign
            else None
        )
    parts = (
        text_of(translation, "by"),
        text_of(translation, "relation"),
        times.format_iso_date(text_of(translation, "at")),
    )
    who = ", ".join(part for part in parts if part) or "a person who is not named"
    language_prefix = (
        f"{'Signed' if is_sign_language(language) else 'Written'} in {language_name(language)}. " if language else ""
    )
    return {
        "by": escape_unprintable(f"{language_prefix}Translation by {who}:"),
        "words": paragraphs(text_of(translation, "text")),
    }


def _quote_section(quote: dict[str, object]) -> dict[str, object]:
    """Return quoted words with the speaker and the medium."""
    medium = text_of(quote, "medium")
    medium_term = vocabulary.CHOICE_LISTS["channels"].find_term(medium)
    source = ", ".join(
        part for part in (text_of(quote, "speaker"), medium_term.label if medium_term else medium) if part
    )
    return {"by": escape_unprintable(source), "words": paragraphs(text_of(quote, "words"))}


def _revision_section(contents: PackContents, revision: Revision) -> TemplateData:
    """Return an addition or amendment with its date, as printed below the first words."""
    revised_at = (
        times.format_instant(revision.recorded_at_ms, contents.capsule.metadata.tz).to_line()
        if revision.recorded_at_ms is not None
        else "time not known"
    )
    words: list[dict[str, str]] = []
    lines: dict[str, TemplateData] = {}
    for change in revision.changes:
        if change.field == "narrative" and change.is_addition and isinstance(change.new, str):
            words = paragraphs(change.new.removeprefix(change.old if isinstance(change.old, str) else ""))
        elif line := _change_row(contents, change, revision):
            lines[str(line["label"])] = line
    return {
        "at": revised_at,
        "kind": revision.kind,
        "reason": escape_unprintable(revision.reason),
        "words": words,
        "lines": list(lines.values()),
    }


def _change_row(contents: PackContents, change: FieldChange, revision: Revision) -> TemplateData | None:
    """Return one changed field, with the old value for an amendment; None if the printed values are equal."""
    if change.field.endswith(("_id", "_ids")) or change.field in ("alleged_breaches", "narrative_media"):
        old, new = format_links(contents, change.old), format_links(contents, change.new)
    else:
        old = format_value(change.field, change.old, revision.fields_before)
        new = format_value(change.field, change.new, revision.fields_after)
    if old == new:
        return None
    return {
        "label": field_label(change.field),
        "old": paragraphs(old) if revision.kind == "amendment" else [],
        "new": paragraphs(new or "(taken out)"),
    }


def format_links(contents: PackContents, value: object) -> str:
    """Return the codes in this pack of referenced records; an alleged breach includes its term."""
    if isinstance(value, Mapping):
        term = value.get("term_no")
        return format_links(contents, value.get("order_id")) + (f" term {term}" if term is not None else "")
    if isinstance(value, str):
        return contents.labels.get(value, "something not in this pack")
    return ", ".join(format_links(contents, item) for item in value) if isinstance(value, list | tuple) else ""
