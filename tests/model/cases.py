"""Cases to check: each model unchanged, and with each planted fault that it must find."""

from typing import Final

from tests.model.checking import ModelCase

PAST_KEYS_PROPERTY: Final = "keys of the past open nothing that was made after the change"
WITHHELD_REVOCATION_PROPERTY: Final = "a withheld revocation gives nothing that was made after it"
NO_STALE_KEYS_PROPERTY: Final = "after the change no device is led to keys that the thief has"
KEEPER_RESTARTS_PROPERTY: Final = "whoever pushes, the keeper begins twice at most"
CODE_OVERRIDES_PROPERTY: Final = (
    "with the code each act of somebody who knows the words costs one more beginning at most"
)
NOTHING_LOST_PROPERTY: Final = "when all is quiet, everything that was acknowledged is there"
NO_MANIFEST_DOUBTED_PROPERTY: Final = "when all is quiet, no manifest is doubted"

HOLDING_CASES: Final = [
    ModelCase("keys", {}),
    ModelCase("squatting", {"WORDS_KNOWN": False}),
    ModelCase("squatting", {"WORDS_KNOWN": True}),
    ModelCase("rollback", {}),
]
# One more version; a server that is restored twice. A minute each.
LARGER_CASES: Final = [ModelCase("keys", {"LONGEST": 3}), ModelCase("rollback", {"RESTORES": 2, "EARLY": 0})]
PLANTED_FAULTS: Final = [
    *(
        ModelCase("keys", {"WEAKENING": n}, breaks)
        for n, breaks in enumerate(
            [
                PAST_KEYS_PROPERTY,
                PAST_KEYS_PROPERTY,
                PAST_KEYS_PROPERTY,
                NO_STALE_KEYS_PROPERTY,
                WITHHELD_REVOCATION_PROPERTY,
                WITHHELD_REVOCATION_PROPERTY,
                PAST_KEYS_PROPERTY,
                WITHHELD_REVOCATION_PROPERTY,
            ],
            start=1,
        )
    ),
    *(ModelCase("squatting", {"WORDS_KNOWN": False, "WEAKENING": n}, KEEPER_RESTARTS_PROPERTY) for n in (1, 2, 3)),
    ModelCase("squatting", {"WORDS_KNOWN": True, "WEAKENING": 4}, CODE_OVERRIDES_PROPERTY),
    *(
        ModelCase("rollback", {"WEAKENING": n}, breaks)
        for n, breaks in enumerate(
            [
                NOTHING_LOST_PROPERTY,
                NO_MANIFEST_DOUBTED_PROPERTY,
                NOTHING_LOST_PROPERTY,
                NOTHING_LOST_PROPERTY,
                NOTHING_LOST_PROPERTY,
            ],
            start=1,
        )
    ),
    ModelCase("rollback", {"RESTORES": 2, "EARLY": 0, "WEAKENING": 6}, NOTHING_LOST_PROPERTY),
]
