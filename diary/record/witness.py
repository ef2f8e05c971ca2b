"""A statement of somebody else: how it is marked everywhere as no words of the keeper's.

The twin of static/src/record/witness.ts: a pack must use the same words as the phone. `arrived` holds a statement
that was sent with the spoken words, unchanged. The keeper may edit its text like any other, and the mark then says so.
"""

from typing import Final

from diary.record.reading import Fields, object_of, switch_of, text_of

NOT_KEEPERS: Final = "Not the keeper’s words: "
_CHECKED: Final = "written by somebody else and sent with the spoken words, checked"
_UNCHECKED: Final = "sent to the keeper, NOT written by somebody who had the spoken words"
_UNKNOWN: Final = "sent to the keeper; NOT checked whether whoever wrote it had the spoken words"
_PUT_IN: Final = "what somebody else said or wrote, put in by the keeper"
_CHANGED: Final = "; CHANGED by the keeper since it came"
# None: kept on a device that did not make the words, and so could not check it.
_MARKS: Final = {True: _CHECKED, False: _UNCHECKED, None: _UNKNOWN}


def mark_of(statement: Fields) -> str:
    """Whose words it is and whether that was checked; `arrived` is there when it came by spoken words alone."""
    came = object_of(statement, "arrived")
    if not came:
        return NOT_KEEPERS + _PUT_IN
    mark = NOT_KEEPERS + _MARKS[switch_of(came, "verified")]
    return mark + (_CHANGED if as_it_came(statement) else "")


def as_it_came(statement: Fields) -> str:
    """What was sent, where the words that stand now are other ones; '' where they are the same."""
    words = text_of(object_of(statement, "arrived"), "words")
    return "" if words == text_of(statement, "narrative") else words
