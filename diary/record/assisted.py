"""Entries that an advocate typed while the keeper spoke: their fields and their authorship label.

Specified in docs/formats.md, section 8; mirrored by static/src/record/assisted.ts. The entry embeds the whole letter
and its signature, so that it can still be proved who typed which words after the keeper confirms or changes them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from diary.record import times
from diary.record.reading import RecordFields, boolean_of, integer_of, object_of, objects_of, text_of

_CONVERSATION_LABELS: Final = {"call": "a call", "video_call": "a video call", "meeting": "a meeting"}
_PROMPT_LABELS: Final = {
    "tell_me": "Tell me",
    "what_happened_next": "What happened next",
    "explain": "Explain",
    "describe": "Describe",
}


def narrative_of(turns: Sequence[RecordFields]) -> str:
    """Return the answers of all turns in order, separated by blank lines; prompts are left out."""
    return "\n\n".join(answer_text for turn in turns if (answer_text := text_of(turn, "said")))


def build_entry_fields(
    letter: Mapping[str, object], writer_pub: str, answer: str | None, answered_at_ms: int | None
) -> dict[str, object]:
    """Return the open fields of the entry made from a letter.

    `writer_pub`: the writer's public key in base64. `answer`: `yes` or `changed`, None until the keeper confirms the
    entry. `answered_at_ms`: time of that answer, ms UTC.
    """
    fields = object_of(letter, "fields")
    turns = objects_of(fields, "turns")
    has_prompts = any(text_of(turn, "asked") for turn in turns)
    return {
        **object_of(fields, "incident"),
        "assisted": {"answer": answer, "answered_at": answered_at_ms, "letter": dict(letter), "pub": writer_pub},
        "help_given": "prompted_questions" if has_prompts else "typed_for_me",
        "narrative": narrative_of(turns),
    }


def letter_fields(entry: RecordFields) -> dict[str, object]:
    """Return the fields of the advocate's letter, or an empty dict for an entry without one."""
    return object_of(object_of(object_of(entry, "assisted"), "letter"), "fields")


def authorship_label(entry: RecordFields) -> str:
    """Return who wrote an entry, from which conversation and whether it is confirmed; '' if the keeper wrote it.

    For example `Written by PK from a call on 3 Nov 2026, read back, not yet confirmed by the keeper`.
    """
    assisted_fields, letter = object_of(entry, "assisted"), letter_fields(entry)
    if not assisted_fields:
        return ""
    tz = text_of(letter, "tz") or "Europe/London"
    conversation, held_at_ms = _CONVERSATION_LABELS.get(text_of(letter, "how"), "a talk"), integer_of(letter, "held_at")
    parts = [f"Written by {text_of(letter, 'by') or 'somebody else'} from {conversation}"]
    parts[0] += _date_suffix(held_at_ms, tz)
    parts.append("read back" if boolean_of(letter, "read_back") else "not read back")
    answer, answered_at_ms = text_of(assisted_fields, "answer"), integer_of(assisted_fields, "answered_at")
    answer_label = {"yes": "confirmed by the keeper", "changed": "changed by the keeper"}.get(answer)
    parts.append(answer_label + _date_suffix(answered_at_ms, tz) if answer_label else "not yet confirmed by the keeper")
    return ", ".join(parts)


def _date_suffix(ms: int | None, tz: str) -> str:
    """Return ` on 3 Nov 2026`, or '' for None and for an instant outside the supported years."""
    if ms is None or not times.EARLIEST_MS <= ms <= times.LATEST_MS:
        return ""
    moment = times.to_local_datetime(ms, times.offset_minutes_at(ms, tz))
    return f" on {moment.day} {times.short_month_name(moment.month)} {moment.year}"


def prompts_of(entry: RecordFields) -> list[str]:
    """Return every prompt in order: the label of an open prompt, or the advocate's own question as typed."""
    turns = objects_of(letter_fields(entry), "turns")
    return [prompt for turn in turns if (prompt := _PROMPT_LABELS.get(text_of(turn, "asked"), text_of(turn, "words")))]


def typed_narrative_if_changed(entry: RecordFields) -> str:
    """Return the advocate's words if the keeper has changed the narrative since, else ''."""
    typed_narrative = narrative_of(objects_of(letter_fields(entry), "turns"))
    return "" if typed_narrative == text_of(entry, "narrative") else typed_narrative


def is_open_prompts_only(entry: RecordFields) -> bool:
    """Return whether the letter says that the entry was taken from somebody under 18, with open prompts only."""
    return boolean_of(letter_fields(entry), "under_18") is True
