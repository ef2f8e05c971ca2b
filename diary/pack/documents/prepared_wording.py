"""Sentences of the pages of a pack that somebody other than its keeper prepared."""

from collections.abc import Iterator
from typing import Final

from diary.pack.metadata import PackMetadata
from diary.pack.preparer import PART_SENTENCE
from diary.pack.printable_text import escape_unprintable

_NOT_SWORN_TEXT: Final = "Prepared by the person named; not a sworn statement"
_PREPARED_NOT_SWORN_TEXT: Final = "Prepared by somebody other than the keeper; not a sworn statement"
HELD_BACK_SENTENCE: Final = (
    "Words in accounts, descriptions and notes that look like a postcode or a number are held back, unless the person "
    "who prepared this pack let them stand. They were not given the keeper’s own list of such words."
)
SHEET_SENTENCES: Final = (
    "The keeper did not write this sheet. The person who prepared it was not given the keeper’s name, legal name, safe way "
    "to contact them, concerns or needs. Nothing here says that there is no danger.",
    "Before anybody gets in touch with the keeper, ask the person who prepared this pack how to reach them safely. Then "
    "ask the keeper.",
)


def not_sworn_text(metadata: PackMetadata) -> str:
    """Return the line that is printed above each servable page of entries and exhibits."""
    return _NOT_SWORN_TEXT if metadata.preparer is None else _PREPARED_NOT_SWORN_TEXT


def prepared_sentences(metadata: PackMetadata) -> Iterator[str]:
    """Yield the sentences with which 01 of a prepared pack begins; none for a keeper's own pack."""
    if metadata.preparer is None:
        return
    yield (
        f"{escape_unprintable(metadata.preparer.name)} made this pack from what the keeper let them see. The keeper holds "
        "the diary: nobody else can write in it or change it."
    )
    yield PART_SENTENCE


def method_sentences(metadata: PackMetadata) -> Iterator[str]:
    """Yield the paragraphs of 10 about who prepared the pack; none for a keeper's own pack."""
    if metadata.preparer is None:
        return
    yield from prepared_sentences(metadata)
    yield (
        "The person who prepared it chose what is in it and which words are shown, and numbered the files under their own "
        "initials. The keeper was not asked to look through it. Before it was made, the server noted for the keeper that a "
        "pack was being made."
    )
    yield (
        "The keeper’s settings, private notes, words for the officer, list of places and numbers, consents and other packs "
        "are in no pack that somebody else prepares, and are not counted in it."
    )
    yield (
        "servable/proof/prepared.json says who was allowed to make packs, by whom and until when. The keeper’s key signed "
        "the permission. The key of the person who prepared the pack signed the rest: the list of the versions in it and, "
        "where it is here, 12_record.json. That file does not show who the person with that name is."
    )
