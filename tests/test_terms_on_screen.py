"""Each idea has one term on the screens and the public pages; the terms that it replaced do not come back.

docs/glossary.md has the terms of the code, which may differ. Names of files and folders in a pack keep their words.
"""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.test_languages import languages
from tests.test_page_languages import catalogue_tool

# Earlier wording → the term to use instead.
EARLIER_WORDING = {
    r"\b(?:keep|keeps|kept|put)(?: \w+){0,2} apart\b": "keep from the other person",
    r"\b(?:held|hold|holds)(?: it| them)? back\b": "keep from the other person, or leave out",
    r"\bpart for the police\b|\bpolice only\b": "the part that is kept from the other person",
    r"\bnot for service\b": "the part that is kept from the other person",
    r"\b(?:can|may) be (?:passed on|served)\b": "the person you write about, or their lawyer, may read",
    r"\bother side\b": "the other person",
    r"^(?:orders and being )?told to stop$": "When I told them to stop",
    r"\bothers saw\b|\bsomebody saw$": "Notes from other people",
    r"\bmay be on camera\b": "Cameras or records that may show it",
    r"\breach(?:ed)? you$|\bhow did it reach you\b": "How they did it",
    r"\bsaw or was told$": "Witnesses and people you told",
    r"\bcame of asking\b": "What happened when you asked?",
}
# On the public pages these name the folders of a pack.
EARLIER_WORDING_OF_THE_APP = EARLIER_WORDING | {r"\brestricted\b|\bservable\b": "the part that is kept from …"}
# What packs print is named on the screens as it stands there.
PACK_MARK = "[held back, see 06]"
# Other meanings of the same words.
OTHER_MEANINGS = {
    "app:sheet.safe_contact": "how others get in touch with the keeper",
    "app:sched.channel": "how a person got in touch",
}
# What the screens say of these ideas.
SAID_ON_SCREEN = {
    "app:card.apart": "This app keeps it from the other person. "
    "Police, lawyers or a court could still decide to show it to them.",
    "app:reg.apart": "Kept from the other person",
    "app:reg.apart_more": "Police, lawyers or a court may still show it to the other person.",
    "app:card.note": "Private note",
    "app:f.note": "Private note",
    "app:note.hint": "Never put in a pack. A court could still ask for it.",
    "app:card.camera": "Cameras or records that may show it",
    "app:card.channel": "How they did it",
    "app:f.channel": "How they did it",
    "app:find.channel": "How they did it",
    "app:pat.channels": "How they did it",
    "app:card.seen_by": "Witnesses and people you told",
    "app:more.notices": "When I told them to stop",
    "app:reg.notice.title": "When I told them to stop",
    "app:more.statements": "Notes from other people",
    "app:reg.statement.title": "Notes from other people",
}


@cache
def app_texts() -> tuple[tuple[str, str], ...]:
    """Return each text of the screens with its place; both forms of one that counts."""
    return tuple(
        (row["context"], text) for row in languages.texts() for text in (row["text"], row.get("plural", "")) if text
    )


def earlier_wording_in(text: str, wording: dict[str, str]) -> list[str]:
    """Return the terms that should stand in `text` in the place of earlier wording."""
    shown = text.replace(PACK_MARK, "")
    return [term for pattern, term in wording.items() if re.search(pattern, shown, re.IGNORECASE)]


def test_no_screen_has_earlier_wording() -> None:
    """No text of the app, no label or question of the record and no sentence of a failure has an earlier term."""
    faults = {
        (place, text): terms
        for place, text in app_texts()
        if place not in OTHER_MEANINGS and (terms := earlier_wording_in(text, EARLIER_WORDING_OF_THE_APP))
    }
    assert faults == {}
    assert len(app_texts()) > 3000


def test_no_public_page_has_earlier_wording() -> None:
    """Nor has a public page. Sentences of the pack checker name a pack's folders."""
    texts = [
        text for message in catalogue_tool.marked() for text in ([message] if isinstance(message, str) else message)
    ]
    assert {text: terms for text in texts if (terms := earlier_wording_in(text, EARLIER_WORDING))} == {}
    assert len(texts) > 500


def test_the_screens_use_the_terms() -> None:
    """The headings and legal sentences of these ideas are the agreed ones, in words and in the record's labels."""
    texts = dict(app_texts())
    assert {place: texts[place] for place in SAID_ON_SCREEN} == SAID_ON_SCREEN
    labels = {text for place, text in app_texts() if place == "code"}
    assert labels >= {
        "How they did it",
        "How did they do it?",
        "Witnesses and people you told",
        "Cameras or records that may show it",
        "What happened when you asked?",
        "Private note",
    }


@pytest.mark.parametrize(
    "text",
    [
        "Kept apart",
        "Words that you keep apart are not on it.",
        "What they keep it well apart",
        "Their name, if it should be kept apart",
        "Kept from them, and held back by itself",
        "Hold it back",
        "Without the part for the police",
        "This can be passed on, so keep addresses out of it.",
        "The other side may read this one day.",
        "Told to stop",
        "Orders and being told to stop",
        "What others saw",
        "Add what somebody saw",
        "Anything that may be on camera",
        "How it reached you",
        "How did it reach you?",
        "Who saw or was told",
        "What came of asking?",
        "It goes only in the restricted part of a pack.",
    ],
)
def test_each_earlier_wording_is_found(text: str) -> None:
    """Each of the sentences that the screens had is found."""
    assert len(earlier_wording_in(text, EARLIER_WORDING_OF_THE_APP)) == 1


@pytest.mark.parametrize(
    "text", ["They were told to stop on {at}.", "The pages print [held back, see 06].", "It takes the phone apart."]
)
def test_other_words_are_not_found(text: str) -> None:
    """The same words in other sentences are no fault."""
    assert earlier_wording_in(text, EARLIER_WORDING_OF_THE_APP) == []
