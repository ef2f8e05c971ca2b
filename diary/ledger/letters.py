"""What an advocate sends a keeper: a question about an entry, or an entry written down for them. docs/formats.md, section 8.

A letter changes nothing: it arrives sealed to the keeper, signed by the advocate, and the keeper's own device makes of it
what the keeper says. So nobody but the keeper ever writes in a diary, and who wrote the words stays provable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from diary.crypto.padding import pad_version, unpad
from diary.crypto.people import open_from, seal_to
from diary.crypto.sealing import Kind
from diary.crypto.signing import Author, verify_author
from diary.encoding import b64, canon, parse, unb64
from diary.errors import BadRequest, BadSignature, KeptError, SealError
from diary.ids import parse_id
from diary.ledger.signed import Fields

TYPE: Final = "letter/v1"
QUESTION: Final = "question"
ASSISTED: Final = "assisted"
_NAMES: Final = frozenset(("diary", "fields", "from", "grant", "letter", "made_at", "t", "what"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a letter belongs: three ids, as text."""

    diary: str
    grant: str
    letter: str

    def header(self) -> Fields:
        """Header of its envelope."""
        return {"diary": self.diary, "grant": self.grant, "letter": self.letter, "t": "letter"}


def seal_letter(author: Author, keeper_hpke_pub: bytes, place: Place, fields: Mapping[str, object]) -> bytes:
    """A letter in its envelope. `fields`: `fields`, `from` (the writer's fingerprint), `made_at` ms and `what`."""
    whole = dict(fields) | {"diary": place.diary, "grant": place.grant, "letter": place.letter, "t": TYPE}
    said = whole | {"sig": b64(author.sign(canon(whole)))}
    check(said, author.pub, place)
    return seal_to(keeper_hpke_pub, Kind.LETTER, place.header(), pad_version(canon(said)))


def open_letter(scalar: bytes, envelope: bytes, place: Place, writer_pub: bytes) -> Mapping[str, Any]:
    """What a letter says, when it was written for this place by this key. Raises SealError and BadSignature."""
    try:
        said = parse(unpad(open_from(scalar, envelope, Kind.LETTER, place.header())))
    except KeptError:
        raise SealError from None
    if not isinstance(said, dict):
        raise SealError
    check(said, writer_pub, place)
    return said


def check(said: Mapping[str, Any], writer_pub: bytes, place: Place) -> None:
    """Return when `said` is a letter for this place, signed by this key; else BadSignature."""
    if set(said) != _NAMES | {"sig"} or said["t"] != TYPE or said["what"] not in (QUESTION, ASSISTED):
        raise BadSignature("That is not a letter.")
    if (said["diary"], said["grant"], said["letter"]) != (place.diary, place.grant, place.letter):
        raise BadSignature("That letter is for another place.")
    if not isinstance(said["fields"], dict) or type(said["made_at"]) is not int:
        raise BadSignature("That is not a letter.")
    fields = {name: value for name, value in said.items() if name != "sig"}
    try:
        if said["what"] == QUESTION:
            _check_question(said["fields"])
        verify_author(writer_pub, canon(fields), unb64(str(said["sig"])))
    except BadSignature:
        raise
    except BadRequest:
        raise BadSignature("That is not a letter.") from None


def _check_question(fields: Mapping[str, Any]) -> None:
    """A question names the record it is about and asks something. Raises BadRequest."""
    if set(fields) != {"about", "text"} or not isinstance(fields["text"], str) or not fields["text"]:
        raise BadRequest
    parse_id(str(fields["about"]))
