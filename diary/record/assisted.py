"""An entry that an advocate typed while the keeper spoke: the fields it becomes, and how it is marked everywhere.

docs/formats.md, section 8; the twin of static/src/record/assisted.ts. The entry holds the
whole letter and its signature, so it can still be proved who typed which words after the keeper confirms or changes them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from diary.record import times
from diary.record.reading import Fields, object_of, objects_of, switch_of, text_of, whole_of

_TALKS: Final = {"call": "a call", "video_call": "a video call", "meeting": "a meeting"}
_PROMPTS: Final = {
    "tell_me": "Tell me",
    "what_happened_next": "What happened next",
    "explain": "Explain",
    "describe": "Describe",
}


def narrative_of(turns: Sequence[Fields]) -> str:
    """What was said, in order, one thing after another; prompts are no part of it."""
    return "\n\n".join(said for one in turns if (said := text_of(one, "said")))


def entry_of(letter: Mapping[str, object], pub: str, answer: str | None, at: int | None) -> dict[str, object]:
    """The open fields of the entry a letter becomes.

    `pub`: the writer's key, b64. `answer`: `yes` or `changed`, None while it is not confirmed; `at`: when, ms.
    """
    fields = object_of(letter, "fields")
    turns = objects_of(fields, "turns")
    asked = any(text_of(one, "asked") for one in turns)
    return {
        **object_of(fields, "incident"),
        "assisted": {"answer": answer, "answered_at": at, "letter": dict(letter), "pub": pub},
        "help_given": "prompted_questions" if asked else "typed_for_me",
        "narrative": narrative_of(turns),
    }


def letter_of(entry: Fields) -> dict[str, object]:
    """What the advocate wrote, of an assisted entry; empty for every other."""
    return object_of(object_of(object_of(entry, "assisted"), "letter"), "fields")


def mark_of(entry: Fields) -> str:
    """`Written by PK from a call on 3 Nov 2026, read back, not yet confirmed by the keeper`; '' for the keeper's own."""
    written, said = object_of(entry, "assisted"), letter_of(entry)
    if not written:
        return ""
    tz = text_of(said, "tz") or "Europe/London"
    talk, held = _TALKS.get(text_of(said, "how"), "a talk"), whole_of(said, "held_at")
    parts = [f"Written by {text_of(said, 'by') or 'somebody else'} from {talk}"]
    parts[0] += _on(held, tz)
    parts.append("read back" if switch_of(said, "read_back") else "not read back")
    answer, at = text_of(written, "answer"), whole_of(written, "answered_at")
    said_of_it = {"yes": "confirmed by the keeper", "changed": "changed by the keeper"}.get(answer)
    parts.append(said_of_it + _on(at, tz) if said_of_it else "not yet confirmed by the keeper")
    return ", ".join(parts)


def _on(ms: int | None, tz: str) -> str:
    """` on 3 Nov 2026`; '' for no moment, or one that no calendar holds."""
    if ms is None or not times.EARLIEST_MS <= ms <= times.LATEST_MS:
        return ""
    day = times.at_offset(ms, times.offset_at(ms, tz))
    return f" on {day.day} {times.month_short(day.month)} {day.year}"


def prompts_of(entry: Fields) -> list[str]:
    """Each thing that was asked, in order: an open prompt by its words, the adult's own question as typed."""
    turns = objects_of(letter_of(entry), "turns")
    return [words for one in turns if (words := _PROMPTS.get(text_of(one, "asked"), text_of(one, "words")))]


def as_typed(entry: Fields) -> str:
    """The advocate's words where the keeper's are other ones now; '' where they are the same."""
    typed = narrative_of(objects_of(letter_of(entry), "turns"))
    return "" if typed == text_of(entry, "narrative") else typed


def is_open_prompts(entry: Fields) -> bool:
    """Whether it was written down with somebody under 18, with open prompts alone."""
    return switch_of(letter_of(entry), "under_18") is True
