"""Letters from an advocate to a keeper: a question about an entry, an entry written for them, or part of a file.

docs/formats.md, section 8. A letter changes nothing in the diary. It is sealed to the keeper and signed by the
advocate, and the keeper's device uses it as the keeper decides. So only the keeper writes in a diary, and the author of
the words remains provable.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from diary import constants
from diary.crypto.padding import pad_version, unpad
from diary.crypto.public_key_sealing import open_with_private_key, seal_to_public_key
from diary.crypto.sealing import EnvelopeKind
from diary.crypto.signing import AuthorSigner, verify_author
from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import BadRequest, BadSignature, KeptError, SealError
from diary.ids import parse_id
from diary.ledger.signed_objects import JsonObject

TYPE: Final = "letter/v1"
QUESTION: Final = "question"
ASSISTED_ENTRY: Final = "assisted"
FILE_PART: Final = "file"
CONVERSATION_KINDS: Final = ("call", "video_call", "meeting")
# Open prompts, which do not suggest an answer. `own` is the adult's own question, typed as it was asked.
PROMPTS: Final = ("tell_me", "what_happened_next", "explain", "describe")
OWN_QUESTION: Final = "own"
TURNS_LIMIT: Final = constants.LETTER_TURNS_LIMIT
ANSWER_LIMIT_CHARACTERS: Final = constants.LETTER_ANSWER_LIMIT_CHARACTERS
PROMPT_LIMIT_CHARACTERS: Final = constants.LETTER_PROMPT_LIMIT_CHARACTERS
# Fields of an assisted entry besides the words. A child's entry has only the times, nothing chosen from lists.
TIME_FIELDS: Final = frozenset(
    ("language", "occurred_end", "occurred_local", "occurred_start", "precision", "time_source", "tz", "utc_offset_min")
)
CHOICE_FIELDS: Final = frozenset(("behaviours", "channel", "place_category", "who"))
_ASSISTED_ENTRY_NAMES: Final = frozenset(("by", "held_at", "how", "incident", "read_back", "turns", "tz", "under_18"))
FILE_PART_BYTES: Final = constants.LETTER_FILE_PART_BYTES
FILE_PARTS_LIMIT: Final = constants.LETTER_FILE_PARTS_LIMIT
FILE_NAME_LIMIT_CHARACTERS: Final = constants.LETTER_FILE_NAME_LIMIT_CHARACTERS
WRITER_LIMIT_CHARACTERS: Final = constants.LETTER_WRITER_LIMIT_CHARACTERS
_FILE_PART_NAMES: Final = frozenset(("at", "by", "bytes", "file", "name", "part", "parts", "sha256", "size", "source"))
_MEMBER_NAMES: Final = frozenset(("diary", "fields", "from", "grant", "letter", "made_at", "t", "what"))


@dataclass(frozen=True, slots=True)
class LetterIds:
    """The diary, grant and letter ids of a letter, as text."""

    diary: str
    grant: str
    letter: str

    def header(self) -> JsonObject:
        """Return the header of the letter's envelope."""
        return {"diary": self.diary, "grant": self.grant, "letter": self.letter, "t": "letter"}


def seal_letter(author: AuthorSigner, keeper_hpke_pub: bytes, ids: LetterIds, fields: Mapping[str, object]) -> bytes:
    """Return a signed letter in its envelope. Raise BadSignature if it is malformed.

    `fields` has `fields`, `from` (the writer's fingerprint), `made_at` (ms UTC) and `what`.
    """
    unsigned = dict(fields) | {"diary": ids.diary, "grant": ids.grant, "letter": ids.letter, "t": TYPE}
    letter = unsigned | {"sig": b64(author.sign(canonical_json(unsigned)))}
    verify_letter(letter, author.pub, ids)
    return seal_to_public_key(keeper_hpke_pub, EnvelopeKind.LETTER, ids.header(), pad_version(canonical_json(letter)))


def open_letter(scalar: bytes, envelope: bytes, ids: LetterIds, writer_pub: bytes) -> Mapping[str, Any]:
    """Return a letter. Raise SealError if it cannot be opened, and BadSignature unless it is for these ids and key."""
    try:
        letter = parse_canonical_json(unpad(open_with_private_key(scalar, envelope, EnvelopeKind.LETTER, ids.header())))
    except KeptError:
        raise SealError from None
    if not isinstance(letter, dict):
        raise SealError
    verify_letter(letter, writer_pub, ids)
    return letter


def verify_letter(letter: Mapping[str, Any], writer_pub: bytes, ids: LetterIds) -> None:
    """Raise BadSignature unless `letter` is well formed, for these ids, and signed by this key."""
    if set(letter) != _MEMBER_NAMES | {"sig"} or letter["t"] != TYPE or letter["what"] not in _CHECK_BY_KIND:
        raise BadSignature("That is not a letter.")
    if (letter["diary"], letter["grant"], letter["letter"]) != (ids.diary, ids.grant, ids.letter):
        raise BadSignature("That letter is for another place.")
    if not isinstance(letter["fields"], dict) or type(letter["made_at"]) is not int:
        raise BadSignature("That is not a letter.")
    fields = {name: value for name, value in letter.items() if name != "sig"}
    try:
        _CHECK_BY_KIND[letter["what"]](letter["fields"])
        verify_author(writer_pub, canonical_json(fields), unb64(str(letter["sig"])))
    except BadSignature:
        raise
    except BadRequest:
        raise BadSignature("That is not a letter.") from None


def _check_question(fields: Mapping[str, Any]) -> None:
    """Raise BadRequest unless a question names the record it is about and has text."""
    if set(fields) != {"about", "text"} or not isinstance(fields["text"], str) or not fields["text"]:
        raise BadRequest
    parse_id(str(fields["about"]))


def _check_assisted(fields: Mapping[str, Any]) -> None:
    """Raise BadRequest unless an assisted entry has a writer, a conversation with its time, and the turns in order."""
    has_valid_types = (
        all(type(fields.get(name)) is bool for name in ("read_back", "under_18")) and type(fields.get("held_at")) is int
    )
    if (
        set(fields) != _ASSISTED_ENTRY_NAMES
        or not has_valid_types
        or fields["held_at"] < 0
        or fields["how"] not in CONVERSATION_KINDS
    ):
        raise BadRequest
    if not _is_text(fields["tz"], 64) or not _is_writer_name(fields["by"]):
        raise BadRequest
    turns, incident = fields["turns"], fields["incident"]
    if not isinstance(turns, list) or not 0 < len(turns) <= TURNS_LIMIT or not isinstance(incident, dict):
        raise BadRequest
    allowed_fields = TIME_FIELDS if fields["under_18"] else TIME_FIELDS | CHOICE_FIELDS
    if not set(incident) <= allowed_fields or not all(_is_turn(turn, fields["under_18"]) for turn in turns):
        raise BadRequest
    if not any(turn["said"] for turn in turns):
        raise BadRequest


def _check_file_part(fields: Mapping[str, Any]) -> None:
    """Raise BadRequest unless a part names its file, who collected it and where, and has the bytes of its place."""
    if set(fields) != _FILE_PART_NAMES or not _is_writer_name(fields["by"]):
        raise BadRequest
    if not all(type(fields[name]) is int for name in ("at", "part", "parts", "size")) or fields["at"] < 0:
        raise BadRequest
    part, parts, size = fields["part"], fields["parts"], fields["size"]
    if not 0 <= part < parts <= FILE_PARTS_LIMIT or parts != -(-size // FILE_PART_BYTES):
        raise BadRequest
    if not all(_is_text(fields[name], FILE_NAME_LIMIT_CHARACTERS) for name in ("name", "source")):
        raise BadRequest
    parse_id(str(fields["file"]))
    if len(unb64(str(fields["sha256"]))) != hashlib.sha256().digest_size:
        raise BadRequest
    if len(unb64(str(fields["bytes"]))) != min(FILE_PART_BYTES, size - part * FILE_PART_BYTES):
        raise BadRequest


def _is_turn(turn: object, under_18: bool) -> bool:
    """Return whether a turn is a prompt and its answer. With somebody under 18 every answer has a prompt on record."""
    if not isinstance(turn, dict) or set(turn) != {"asked", "said", "words"}:
        return False
    prompt, question = turn["asked"], turn["words"]
    allowed_prompts = (*PROMPTS, OWN_QUESTION) if under_18 else (*PROMPTS, OWN_QUESTION, "")
    if (
        prompt not in allowed_prompts
        or not isinstance(turn["said"], str)
        or len(turn["said"]) > ANSWER_LIMIT_CHARACTERS
    ):
        return False
    return _is_text(question, PROMPT_LIMIT_CHARACTERS) if prompt == OWN_QUESTION else question == ""


def _is_writer_name(value: object) -> bool:
    """Return whether a value is initials or a short name: letters, spaces, dots, apostrophes, hyphens."""
    return (
        _is_text(value, WRITER_LIMIT_CHARACTERS)
        and str(value)[0].isalpha()
        and all(character.isalpha() or character in " .'-" for character in str(value))
    )


def _is_text(value: object, limit_characters: int) -> bool:
    """Return whether a value is non-empty text within the limit."""
    return isinstance(value, str) and 0 < len(value) <= limit_characters


_CHECK_BY_KIND: Final[Mapping[str, Callable[[Mapping[str, Any]], None]]] = {
    QUESTION: _check_question,
    ASSISTED_ENTRY: _check_assisted,
    FILE_PART: _check_file_part,
}
