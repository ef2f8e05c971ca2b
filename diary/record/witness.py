"""A statement of somebody else: how it is marked everywhere as no words of the keeper's.

The twin of static/src/record/witness.ts: a pack must use the same words as the phone. `arrived` holds a statement
that was sent with the spoken words, unchanged. The keeper may edit its text like any other, and the mark then says so.
"""

from typing import Final

from diary.record.reading import RecordFields, boolean_of, object_of, text_of

NOT_KEEPERS_PREFIX: Final = "Not the keeper’s words: "
_VERIFIED_LABEL: Final = "written by somebody else and sent with the spoken words, checked"
_UNVERIFIED_LABEL: Final = "sent to the keeper, NOT written by somebody who had the spoken words"
_UNKNOWN_LABEL: Final = "sent to the keeper; NOT checked whether whoever wrote it had the spoken words"
_ENTERED_BY_KEEPER_LABEL: Final = "what somebody else said or wrote, put in by the keeper"
_CHANGED_SUFFIX: Final = "; CHANGED by the keeper since it came"
# None: kept on a device that did not make the words, and so could not check it.
_VERIFICATION_LABELS: Final = {True: _VERIFIED_LABEL, False: _UNVERIFIED_LABEL, None: _UNKNOWN_LABEL}


def authorship_label(statement: RecordFields) -> str:
    """Whose words it is and whether that was checked; `arrived` is there when it came by spoken words alone."""
    delivery = object_of(statement, "arrived")
    if not delivery:
        return NOT_KEEPERS_PREFIX + _ENTERED_BY_KEEPER_LABEL
    label = NOT_KEEPERS_PREFIX + _VERIFICATION_LABELS[boolean_of(delivery, "verified")]
    return label + (_CHANGED_SUFFIX if original_words_if_changed(statement) else "")


def original_words_if_changed(statement: RecordFields) -> str:
    """What was sent, where the words that stand now are other ones; '' where they are the same."""
    original_words = text_of(object_of(statement, "arrived"), "words")
    return "" if original_words == text_of(statement, "narrative") else original_words
