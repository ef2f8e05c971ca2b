"""What an advocate sends a keeper: a question about an entry, or an entry written down for them. docs/formats.md, section 8.

A letter changes nothing: it arrives sealed to the keeper, signed by the advocate, and the keeper's own device makes of it
what the keeper says. So nobody but the keeper ever writes in a diary, and who wrote the words stays provable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from diary import constants
from diary.crypto.padding import pad_version, unpad
from diary.crypto.public_key_sealing import open_from, seal_to
from diary.crypto.sealing import Kind
from diary.crypto.signing import Author, verify_author
from diary.encoding import b64, canon, parse, unb64
from diary.errors import BadRequest, BadSignature, KeptError, SealError
from diary.ids import parse_id
from diary.ledger.signed_objects import Fields

TYPE: Final = "letter/v1"
QUESTION: Final = "question"
ASSISTED: Final = "assisted"
HOW: Final = ("call", "video_call", "meeting")
# What may be asked without putting words in anybody's mouth; `own` is the adult's own question, typed as it was asked.
PROMPTS: Final = ("tell_me", "what_happened_next", "explain", "describe")
OWN: Final = "own"
TURNS_LIMIT: Final = constants.LETTER_TURNS_LIMIT
SAID_LIMIT: Final = constants.LETTER_ANSWER_LIMIT_CHARACTERS
ASKED_LIMIT: Final = constants.LETTER_PROMPT_LIMIT_CHARACTERS
# What an assisted entry may say besides the words. Of a child's nothing is chosen from lists: only when it was.
WHEN: Final = frozenset(
    ("language", "occurred_end", "occurred_local", "occurred_start", "precision", "time_source", "tz", "utc_offset_min")
)
CHOSEN: Final = frozenset(("behaviours", "channel", "place_category", "who"))
_ASSISTED: Final = frozenset(("by", "held_at", "how", "incident", "read_back", "turns", "tz", "under_18"))
BY_LIMIT: Final = constants.LETTER_WRITER_LIMIT_CHARACTERS
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
        (_check_question if said["what"] == QUESTION else _check_assisted)(said["fields"])
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


def _check_assisted(fields: Mapping[str, Any]) -> None:
    """An assisted entry: who typed, in what talk and when, each thing that was asked and said, in order. Raises BadRequest."""
    is_typed = (
        all(type(fields.get(name)) is bool for name in ("read_back", "under_18")) and type(fields.get("held_at")) is int
    )
    if set(fields) != _ASSISTED or not is_typed or fields["held_at"] < 0 or fields["how"] not in HOW:
        raise BadRequest
    if not _is_text(fields["tz"], 64) or not _is_by(fields["by"]):
        raise BadRequest
    turns, incident = fields["turns"], fields["incident"]
    if not isinstance(turns, list) or not 0 < len(turns) <= TURNS_LIMIT or not isinstance(incident, dict):
        raise BadRequest
    allowed = WHEN if fields["under_18"] else WHEN | CHOSEN
    if not set(incident) <= allowed or not all(_is_turn(one, fields["under_18"]) for one in turns):
        raise BadRequest
    if not any(one["said"] for one in turns):
        raise BadRequest


def _is_turn(one: object, under_18: bool) -> bool:
    """What was asked and what was said. With somebody under 18 nothing is said unasked: each prompt is on record."""
    if not isinstance(one, dict) or set(one) != {"asked", "said", "words"}:
        return False
    asked, words = one["asked"], one["words"]
    known = (*PROMPTS, OWN) if under_18 else (*PROMPTS, OWN, "")
    if asked not in known or not isinstance(one["said"], str) or len(one["said"]) > SAID_LIMIT:
        return False
    return _is_text(words, ASKED_LIMIT) if asked == OWN else words == ""


def _is_by(value: object) -> bool:
    """Initials or a short name: letters, and what may stand between them."""
    return (
        _is_text(value, BY_LIMIT)
        and str(value)[0].isalpha()
        and all(one.isalpha() or one in " .'-" for one in str(value))
    )


def _is_text(value: object, most: int) -> bool:
    """Some text, not longer than that."""
    return isinstance(value, str) and 0 < len(value) <= most
