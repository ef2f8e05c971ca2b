"""Safety advice that contradicts itself: the twin of static/src/record/safety_advice.ts.

Whether police may speak to somebody, ring, text, leave a message or visit may be said in several places, and two of them
may differ. No rule says which one is right: both are shown, to the keeper first. Sentences are read in English only; a
Yes or No that was chosen is read in every language. tests/vectors/safety_advice.json tests both.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

ADVICE_TOPICS: Final = ("speak", "ring", "text", "message", "visit")
_FLAGS: Final = re.ASCII | re.IGNORECASE
_TOPIC_PATTERNS: Final = {
    "speak": re.compile(r"\b(?:contact|speak|talk|approach)\b", _FLAGS),
    "ring": re.compile(r"\b(?:ring|rings|rang|rung|call|called|phone|phoned|telephone)\b", _FLAGS),
    "text": re.compile(r"\b(?:text|texts|texted|sms|whatsapp)\b", _FLAGS),
    "message": re.compile(r"\b(?:voicemails?|voice mails?|answerphone|leav(?:e|ing) (?:a |any )?messages?)\b", _FLAGS),
    "visit": re.compile(
        r"\b(?:visit|visits|visited|come round|came round|come over|call round|knock|knocked)\b", _FLAGS
    ),
}
_FORBIDDING = re.compile(r"\b(?:not|never|don['’]?t|cannot|can['’]?t|mustn['’]?t|no|avoid|unsafe|than)\b", _FLAGS)
# "Do not ring the flat" forbids one place or time, not ringing.
_LIMITING = re.compile(
    r"\b(?:at(?! all)|in|on|while|when|after|before|between|until|unless|if|from|the|my|his|their)\b", _FLAGS
)
_CLAUSE_END = re.compile(
    r"[.;!?\n,]+|\bbut\b|\band\b(?= +(?:please +)?(?:do not|don['’]?t|never|not)\b)|(?= rather than\b)|(?= than\b)",
    _FLAGS,
)
_PHONE_NUMBER = re.compile(r"\+?[0-9][0-9 ()/-]{5,}[0-9]")


@dataclass(frozen=True, slots=True)
class AdviceSource:
    """One place where advice was given.

    - `subject`: whom it is about: the person, or '' for the keeper.
    - `place`: the place itself, so that one text is not compared with itself.
    - `answer`: `yes` or `no`, chosen for "Is it safe for the police to speak to them?"; else ''.
    - `is_worry`: a text that lists worries; only what it forbids is advice.
    """

    subject: str
    place: str
    text: str = ""
    answer: str = ""
    is_worry: bool = False


@dataclass(frozen=True, slots=True)
class AdviceStatement:
    """What one place says about one topic. `words`: the part of its text; '' for a chosen answer."""

    place: str
    allows: bool
    words: str


@dataclass(frozen=True, slots=True)
class AdviceConflict:
    """Statements that differ. `subject`: as in the sources, or None where they share only `number`."""

    topic: str
    subject: str | None
    number: str
    statements: tuple[AdviceStatement, ...]


@dataclass(frozen=True, slots=True)
class _ReadStatement:
    """A statement with what it is about. `is_general`: it does not forbid one place or time only."""

    said: AdviceStatement
    subject: str
    topic: str
    numbers: tuple[str, ...]
    is_general: bool


def find_advice_conflicts(sources: Iterable[AdviceSource]) -> list[AdviceConflict]:
    """Return the contradictions, by topic: first those about one person, then those about one telephone number."""
    statements = [statement for source in sources for statement in _statements(source)]
    conflicts: list[AdviceConflict] = []
    for topic in ADVICE_TOPICS:
        of_topic = [statement for statement in statements if statement.topic == topic]
        reported: list[set[AdviceStatement]] = []
        for subject in dict.fromkeys(statement.subject for statement in of_topic):
            about = [one for one in of_topic if one.subject == subject and (one.said.allows or one.is_general)]
            if involved := _conflicting(about):
                conflicts.append(AdviceConflict(topic, subject, "", involved))
                reported.append(set(involved))
        for number in dict.fromkeys(number for statement in of_topic for number in statement.numbers):
            involved = _conflicting([one for one in of_topic if number in one.numbers])
            if involved and not any(set(involved) <= said for said in reported):
                conflicts.append(AdviceConflict(topic, None, number, involved))
    return conflicts


def _conflicting(statements: Sequence[_ReadStatement]) -> tuple[AdviceStatement, ...]:
    """Return the statements of two places that differ about the same number or without one."""

    def differ(one: _ReadStatement, other: _ReadStatement) -> bool:
        return (
            one.said.allows
            and not other.said.allows
            and one.said.place != other.said.place
            and (not one.numbers or not other.numbers or not set(one.numbers).isdisjoint(other.numbers))
        )

    return tuple(
        one.said for one in statements if any(differ(one, other) or differ(other, one) for other in statements)
    )


def _statements(source: AdviceSource) -> Iterator[_ReadStatement]:
    """Yield what a source says: the chosen answer, then the clauses of its text."""
    if source.answer:
        said = AdviceStatement(source.place, source.answer == "yes", "")
        yield _ReadStatement(said, source.subject, "speak", (), is_general=True)
    for part in _CLAUSE_END.split(source.text):
        words = part.strip(" \t\r")
        allows = not _FORBIDDING.search(words)
        if allows and source.is_worry:
            continue
        numbers = tuple(re.sub(r"^44", "0", re.sub(r"[^0-9]", "", found)) for found in _PHONE_NUMBER.findall(words))
        for topic in ADVICE_TOPICS:
            if _TOPIC_PATTERNS[topic].search(words):
                said = AdviceStatement(source.place, allows, words)
                is_general = not _LIMITING.search(words)
                yield _ReadStatement(said, source.subject, topic, numbers, is_general)
