"""Reading what was sent. Everything that is not as it should be is a BadRequest, before anything is looked up."""

import json
from typing import Any, Final

from diary.encoding import unb64
from diary.errors import BadRequest
from diary.ids import parse_id

MAX_INTEGER_DIGITS: Final = 15


class Fields:
    """The fields of a JSON object, taken out one by one by what they should be."""

    def __init__(self, values: dict[str, Any]) -> None:
        """Take an object that has been parsed."""
        self._values = values

    def has(self, name: str) -> bool:
        """Whether a field is there and not null."""
        return self._values.get(name) is not None

    def text(self, name: str, max_characters: int) -> str:
        """Text of at most `most` characters, without halves of characters and without NUL."""
        value = self._values.get(name)
        if not isinstance(value, str) or len(value) > max_characters or "\0" in value:
            raise BadRequest(f"The field {name} is missing or too long.")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BadRequest(f"The field {name} holds half of a character.") from None
        return value

    def octets(self, name: str, max_bytes: int, min_bytes: int = 1) -> bytes:
        """Bytes given as base64url."""
        value = self._values.get(name)
        if not isinstance(value, str) or len(value) > max_bytes * 4 // 3 + 4:
            raise BadRequest(f"The field {name} is missing or too long.")
        raw = unb64(value)
        if not min_bytes <= len(raw) <= max_bytes:
            raise BadRequest(f"The field {name} has the wrong length.")
        return raw

    def id(self, name: str) -> bytes:
        """An id."""
        return parse_id(self.text(name, 22))

    def ids(self, name: str, max_items: int) -> tuple[bytes, ...]:
        """A list of at most `most` ids."""
        value = self._values.get(name)
        if not isinstance(value, list) or len(value) > max_items or not all(isinstance(item, str) for item in value):
            raise BadRequest(f"The field {name} is not a list of ids.")
        return tuple(parse_id(item) for item in value)

    def integer(self, name: str, maximum: int) -> int:
        """A whole number from 0 to `most`."""
        value = self._values.get(name)
        if type(value) is not int or not 0 <= value <= maximum:
            raise BadRequest(f"The field {name} is not a number that fits.")
        return value

    def flag(self, name: str) -> bool:
        """True, false, or not there."""
        value = self._values.get(name, False)
        if type(value) is not bool:
            raise BadRequest(f"The field {name} is neither true nor false.")
        return value

    def inner(self, name: str) -> "Fields":
        """An object inside."""
        return Fields(self.mapping(name))

    def mapping(self, name: str) -> dict[str, Any]:
        """An object inside, as it is, without halves of characters."""
        value = self._values.get(name)
        if not isinstance(value, dict):
            raise BadRequest(f"The field {name} is missing.")
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except (UnicodeEncodeError, RecursionError):
            raise BadRequest(f"The field {name} holds half of a character.") from None
        return value


def read_fields(body: bytes) -> Fields:
    """A JSON object. Raises BadRequest for any other body, deep nesting included."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        # The error would carry the body along.
        raise BadRequest("That is not JSON.") from None
    if not isinstance(value, dict):
        raise BadRequest("That is not a JSON object.")
    return Fields(value)


def read_number(text: str, maximum: int) -> int:
    """A whole number in an address. Raises BadRequest."""
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_INTEGER_DIGITS or int(text) > maximum:
        raise BadRequest("That is not a number that fits.")
    return int(text)
