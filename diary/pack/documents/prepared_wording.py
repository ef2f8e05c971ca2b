"""Sentences of the pages of a pack that somebody other than its keeper prepared."""

from collections.abc import Iterator
from typing import Final

from diary.pack.metadata import PackMetadata
from diary.pack.preparer import PART_SENTENCE
from diary.pack.printable_text import escape_unprintable

_NOT_SWORN_TEXT: Final = "Prepared by the person named; not a sworn statement"
_PREPARED_NOT_SWORN_TEXT: Final = "Prepared by somebody other than the keeper; not a sworn statement"
HELD_BACK_SENTENCE: Final = (
    "Words in accounts, descriptions and notes that look like a postcode or a number are held back unless whoever prepared "
    "this pack let them stand. They were not given the keeper’s own list of such words."
)
SHEET_SENTENCES: Final = (
    "The keeper did not write this sheet. Name, legal name, how to reach them safely, concerns and needs were not given to "
    "whoever prepared it. Nothing here says that there is no danger.",
    "Before anybody gets in touch with the keeper, ask whoever prepared this pack how to reach them safely. Then ask the "
    "keeper.",
)


def not_sworn_text(metadata: PackMetadata) -> str:
    """Return what stands above each servable page of entries and exhibits."""
    return _NOT_SWORN_TEXT if metadata.preparer is None else _PREPARED_NOT_SWORN_TEXT


def prepared_sentences(metadata: PackMetadata) -> Iterator[str]:
    """Yield what 01 says first of a prepared pack; nothing for a keeper's own."""
    if metadata.preparer is None:
        return
    yield (
        f"{escape_unprintable(metadata.preparer.name)} made this pack from what the keeper let them see. The keeper holds "
        "the diary: nobody else can write in it or change it."
    )
    yield PART_SENTENCE


def method_sentences(metadata: PackMetadata) -> Iterator[str]:
    """Yield the paragraphs of 10 about who prepared the pack; nothing for a keeper's own."""
    if metadata.preparer is None:
        return
    yield from prepared_sentences(metadata)
    yield (
        "Whoever prepared it chose what is in it and which words stand, and numbered the files under their own initials. "
        "The keeper was not asked to look through it. Before it was made, the server noted for the keeper that a pack was being "
        "made."
    )
    yield (
        "The keeper’s settings, private notes, words for the officer, list of places and numbers, consents and other packs "
        "are in no pack that somebody else prepares, and are not counted in it."
    )
    yield (
        "Who let whom make packs, and until when, is in servable/proof/prepared.json. The keeper’s key signed the "
        "permission, the key of whoever prepared the pack signed the rest: the versions in it, and 12_record.json where that "
        "is here. That file does not show who bears the name."
    )
