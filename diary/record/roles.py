"""The code of a person in lists and packs (S1, W2, C1): given by the app, never given twice; the twin of record/roles.js.

P1 is the keeper. A version claims a code when it is sealed; two devices without a network may claim the same one, so
claims are settled in feed order: the first keeps it, a later one gets the next number that no claim before it has. Only
what comes earlier in the feed is looked at, so a code that was once settled never changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_LETTERS = {"keeper": "P", "suspect": "S", "witness": "W", "child": "C", "helper": "H"}
_CODE = re.compile(r"([PSWCH])([1-9][0-9]{0,5})")
_KEEPER = "P1"


@dataclass(frozen=True, slots=True)
class Claim:
    """One version of a person: its role and the code it was sealed with, both '' when it says none."""

    record: str
    role: str
    code: str


def letter_of(role: str) -> str:
    """The letter of a role; P for whoever has none of their own."""
    return _LETTERS.get(role, "P")


def role_codes(claims: Iterable[Claim]) -> dict[str, str]:
    """Record to code. `claims` is every version of every person in feed order, those without a number last."""
    owners = {_KEEPER: ""}
    highest = {"P": 1}
    now: dict[str, str] = {}
    for claim in claims:
        letter = letter_of(claim.role)
        if now.get(claim.record, "").startswith(letter):
            continue
        own = next((code for code, owner in owners.items() if owner == claim.record and code.startswith(letter)), None)
        sealed = _CODE.fullmatch(claim.code)
        if own is not None:
            code = own
        elif claim.role == "keeper" and owners[_KEEPER] == "":
            code = _KEEPER
        elif sealed and sealed[1] == letter and claim.code not in owners:
            code = claim.code
        else:
            code = f"{letter}{highest.get(letter, 0) + 1}"
        owners[code] = claim.record
        highest[letter] = max(highest.get(letter, 0), int(code[1:]))
        now[claim.record] = code
    return now
