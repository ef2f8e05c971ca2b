"""Labels of statements by somebody else, which are not the keeper's words.

Mirrored by static/src/record/witness.ts: packs and phone use the same wording. `arrived` contains, unchanged, a
statement that was sent with the spoken words. The keeper may edit the text like any other; the label then says so.
"""

from typing import Final

from diary.record.reading import RecordFields, boolean_of, object_of, text_of

NOT_KEEPERS_PREFIX: Final = "Not the keeper’s words: "
_VERIFIED_LABEL: Final = "written by somebody else and sent with the spoken words, checked"
_UNVERIFIED_LABEL: Final = "sent to the keeper, NOT written by somebody who had the spoken words"
_UNKNOWN_LABEL: Final = "sent to the keeper; NOT checked whether whoever wrote it had the spoken words"
_ENTERED_BY_KEEPER_LABEL: Final = "what somebody else said or wrote, put in by the keeper"
_CHANGED_SUFFIX: Final = "; CHANGED by the keeper since it came"
# None: stored on a device that did not generate the words and so could not check them.
_VERIFICATION_LABELS: Final = {True: _VERIFIED_LABEL, False: _UNVERIFIED_LABEL, None: _UNKNOWN_LABEL}


def authorship_label(statement: RecordFields) -> str:
    """Return whose words the statement contains and whether that was checked.

    `arrived` exists only for a received one.
    """
    delivery = object_of(statement, "arrived")
    if not delivery:
        return NOT_KEEPERS_PREFIX + _ENTERED_BY_KEEPER_LABEL
    label = NOT_KEEPERS_PREFIX + _VERIFICATION_LABELS[boolean_of(delivery, "verified")]
    return label + (_CHANGED_SUFFIX if original_words_if_changed(statement) else "")


def original_words_if_changed(statement: RecordFields) -> str:
    """Return the words as sent if the statement has changed since, else ''."""
    original_words = text_of(object_of(statement, "arrived"), "words")
    return "" if original_words == text_of(statement, "narrative") else original_words
