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
    r"\bwords kept safe\b|\bstill to send\b": "backed up, still uploading",
    r"\bstands here as you answer\b": "appears here",
    r"\bof this page has come\b": "didn’t finish loading",
    r"\bnearly the six words\b": "not quite",
    r"^six other words$": "Show me different words",
    r"\bcan look these words up\b|\bthen opens nothing\b": "reset your password, or stop working",
    r"\bbegin with a picture\b|^get a picture$": "Or tap what happened, or Go and get a picture",
    r"\bis not a day\b|\ba date that is none\b": "That date doesn’t exist",
    r"\bcannot be told\b": "Unknown",
    r"\bin no entry\b": "not attached to an entry",
    r"\bpart of something\b": "what the row leads to",
    r"\bone is taken\b": "the first one is used",
    r"\bhour (?:is|of .* is(?: only)?) about right\b": "an approximate time",
    r"\bno number that is needed\b": "You don’t need a certain number",
    r"\bfurther lines\b|\blines from the app itself\b": "Extra lines, or notices",
    r"\bnamed but not in it\b|\bleft out by the (?:chat )?app\b": "missing from it, not included",
    r"\bleft for you to do\b": "You don’t need to do anything",
    r"^the one before$": "Previous",
    r"\bsets the pages\b": "lays out the pages",
    r"\band with what\b": "and which app",
    r"\bas often as it can be\b": "the maximum number of times",
    r"\bstanding in between\b": "may be intercepting",
    r"\byour contract says\b": "It depends on your phone contract",
    r"\bin the room that this app\b": "in the storage",
    r"^make everything new$": "Change my password, recovery code and keys",
}
# On the public pages these name the folders of a pack.
EARLIER_WORDING_OF_THE_APP = EARLIER_WORDING | {
    r"\brestricted\b|\bservable\b": "the part that is kept from …",
    r"\bseal(?:s|ed)?\b": "locked, or saved on this phone",
}
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
    "app:copy.lead": "If this phone is lost, broken or taken, your backup is still there. The backup goes to a server, "
    "not to iCloud or Google. Whoever runs the server cannot read it.",
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
        "Words kept safe. 1 file still to send.",
        "It stands here as you answer.",
        "Not all of this page has come",
        "That is nearly the six words above.",
        "Six other words",
        "Nobody can look these words up for you.",
        "What is on your paper then opens nothing.",
        "Or begin with a picture",
        "Get a picture",
        "That is not a day.",
        "It has a date that is none.",
        "This cannot be told",
        "Files in no entry",
        "Is this part of something?",
        "One is taken.",
        "For 2 of them the hour is about right.",
        "The hour of 2 entries is only about right.",
        "There is no number that is needed.",
        "Further lines of a message",
        "Lines from the app itself",
        "Files named but not in it",
        "left out by the app",
        "Nothing is left for you to do.",
        "The one before",
        "It sets the pages",
        "The other person may learn that you keep this diary and with what.",
        "Opened as often as it can be",
        "Or someone may be standing in between.",
        "Costs what your contract says.",
        "In the room that this app uses",
        "Make everything new",
        "Seal and send it",
        "Sealed on this phone",
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
