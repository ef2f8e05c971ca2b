"""Who prepared a pack, where that was not its keeper (docs/pack.md, "Prepared by somebody else").

An advocate's pack is of what a keeper gave them. Every page that speaks of the keeper's choices, review or agreement
says something else in it: what is printed there is kept in this module, in
diary/pack/documents/prepared_wording.py and in the documents that ask for a preparer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.errors import BadRequest

PREPARED_LINE_PREFIX: Final = "PREPARED BY SOMEBODY ELSE: "
# Characters that would split a line of text or affect a terminal.
_CONTROL_CHARACTERS: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]")
_MEMBERS: Final = frozenset({"by", "grant", "organisation", "to"})
PART_SENTENCE: Final = (
    "This is of a part of a diary: what was not given is not here and is not counted. Numbers are of this pack alone; a "
    "pack from the keeper may number the same entries otherwise."
)


@dataclass(frozen=True, slots=True)
class Preparer:
    """An advocate, as their account names them. Each name is one line of at most 80 characters."""

    by: str
    organisation: str

    @property
    def name(self) -> str:
        """Return name and organisation."""
        return f"{self.by}, {self.organisation}"


def prepared_line(by: str, organisation: str) -> str:
    """Return the line about the preparer in 00_READ-FIRST.txt, which both checkers compare with the statement."""
    return f"{PREPARED_LINE_PREFIX}{by}, {organisation}."


def is_single_line(value: object) -> bool:
    """Return whether a value is a name as a statement and a page may have it: text on one line, not too long."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= constants.ADVOCATE_NAME_LIMIT_CHARACTERS
        and not _CONTROL_CHARACTERS.search(value)
    )


def parse_preparer(pack: Mapping[str, object]) -> Preparer | None:
    """Return who prepared a pack; None for its keeper. Raise BadRequest for a name that no statement can have."""
    if "prepared" not in pack:
        return None
    row = pack["prepared"]
    if not isinstance(row, Mapping) or row.keys() != _MEMBERS or not all(isinstance(row[name], str) for name in row):
        raise BadRequest("Who prepared the pack is not valid.")
    if not is_single_line(row["by"]) or not is_single_line(row["organisation"]):
        raise BadRequest("Who prepared the pack is not valid.")
    return Preparer(str(row["by"]), str(row["organisation"]))
