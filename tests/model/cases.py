"""What is checked: each model as the protocol is, and with each fault planted that it must find."""

from typing import Final

from tests.model.checking import Case

PAST: Final = "keys of the past open nothing that was made after the change"
ENDED: Final = "a withheld revocation gives nothing that was made after it"
LED: Final = "after the change no device is led to keys that the thief has"
PUSHED: Final = "whoever pushes, the keeper begins twice at most"
SQUATTED: Final = "with the code each act of somebody who knows the words costs one more beginning at most"
THERE: Final = "when all is quiet, everything that was acknowledged is there"
DOUBTED: Final = "when all is quiet, no manifest is doubted"

HOLDING: Final = [
    Case("keys", {}),
    Case("squatting", {"WORDS_KNOWN": False}),
    Case("squatting", {"WORDS_KNOWN": True}),
    Case("rollback", {}),
]
# One more version; a server that is put back twice. A minute each.
LARGER: Final = [Case("keys", {"LONGEST": 3}), Case("rollback", {"RESTORES": 2, "EARLY": 0})]
PLANTED: Final = [
    *(
        Case("keys", {"WEAKENING": n}, breaks)
        for n, breaks in enumerate([PAST, PAST, PAST, LED, ENDED, ENDED, PAST, ENDED], start=1)
    ),
    *(Case("squatting", {"WORDS_KNOWN": False, "WEAKENING": n}, PUSHED) for n in (1, 2, 3)),
    Case("squatting", {"WORDS_KNOWN": True, "WEAKENING": 4}, SQUATTED),
    *(
        Case("rollback", {"WEAKENING": n}, breaks)
        for n, breaks in enumerate([THERE, DOUBTED, THERE, THERE, THERE], start=1)
    ),
    Case("rollback", {"RESTORES": 2, "EARLY": 0, "WEAKENING": 6}, THERE),
]
