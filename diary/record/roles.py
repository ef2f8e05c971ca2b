"""Short codes of people in lists and packs (S1, W2, C1); mirrored by static/src/record/roles.ts.

P1 is the keeper. A version claims a code when it is sealed. Two devices without a network may claim the same code, so
claims are resolved in feed order: the first one wins, and a later one gets the next number that no earlier claim has.
Only earlier versions matter, so an assigned code never changes and is never reused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_ROLE_LETTERS = {"keeper": "P", "suspect": "S", "witness": "W", "child": "C", "helper": "H"}
_CODE_PATTERN = re.compile(r"([PSWCH])([1-9][0-9]{0,5})")
_KEEPER_CODE = "P1"


@dataclass(frozen=True, slots=True)
class RoleClaim:
    """One version of a person: its role and the code it was sealed with, '' if missing."""

    record: str
    role: str
    code: str


def role_letter(role: str) -> str:
    """Return the letter of a role; P if the role has none of its own."""
    return _ROLE_LETTERS.get(role, "P")


def assign_role_codes(claims: Iterable[RoleClaim]) -> dict[str, str]:
    """Return the code of each record. `claims`: every version of every person in feed order, unnumbered ones last."""
    record_by_code = {_KEEPER_CODE: ""}
    highest = {"P": 1}
    code_by_record: dict[str, str] = {}
    for claim in claims:
        letter = role_letter(claim.role)
        if code_by_record.get(claim.record, "").startswith(letter):
            continue
        existing_code = next(
            (code for code, owner in record_by_code.items() if owner == claim.record and code.startswith(letter)), None
        )
        claimed_match = _CODE_PATTERN.fullmatch(claim.code)
        if existing_code is not None:
            code = existing_code
        elif claim.role == "keeper" and record_by_code[_KEEPER_CODE] == "":
            code = _KEEPER_CODE
        elif claimed_match and claimed_match[1] == letter and claim.code not in record_by_code:
            code = claim.code
        else:
            code = f"{letter}{highest.get(letter, 0) + 1}"
        record_by_code[code] = claim.record
        highest[letter] = max(highest.get(letter, 0), int(code[1:]))
        code_by_record[claim.record] = code
    return code_by_record


def are_codes_possible(claims: Sequence[RoleClaim], code_by_record: Mapping[str, str]) -> bool:
    """Return whether some people of a diary can have these codes, where the others are not known.

    `claims`: every version of these people in feed order. A person has the claimed code, or a number above every earlier
    one: somebody who is not known may have claimed the same.
    """
    last_letters = {claim.record: role_letter(claim.role) for claim in claims}
    deciding_claims = {
        claim.record: claim for claim in reversed(claims) if role_letter(claim.role) == last_letters[claim.record]
    }
    highest = {"P": 1}
    for claim in [claim for claim in claims if claim is deciding_claims[claim.record]]:
        code, letter = code_by_record.get(claim.record, ""), last_letters[claim.record]
        code_match, claimed_match = _CODE_PATTERN.fullmatch(code), _CODE_PATTERN.fullmatch(claim.code)
        if not code_match or code_match[1] != letter:
            return False
        claimed_number = int(claimed_match[2]) if claimed_match and claimed_match[1] == letter else 0
        is_keeper = code == _KEEPER_CODE and claim.role == "keeper"
        is_claimed = code == claim.code != _KEEPER_CODE
        number, highest_number = int(code_match[2]), highest.get(letter, 0)
        if not (is_keeper or is_claimed or number > max(highest_number, claimed_number)):
            return False
        highest[letter] = max(highest_number, number)
    return len(set(code_by_record.values())) == len(code_by_record) == len(last_letters)
