"""Parsing of request bodies and paths. Invalid input raises BadRequest before anything is looked up."""

import json
from typing import Any, Final

from diary.encoding import unb64
from diary.errors import BadRequest
from diary.ids import parse_id

MAX_INTEGER_DIGITS: Final = 15


class Fields:
    """Fields of a JSON object, read by name and expected type."""

    def __init__(self, values: dict[str, Any]) -> None:
        """Wrap a parsed object."""
        self._values = values

    def has(self, name: str) -> bool:
        """Return whether a field is present and not null."""
        return self._values.get(name) is not None

    def text(self, name: str, max_characters: int) -> str:
        """Return text of at most `max_characters`. Raise BadRequest, also for lone surrogates and NUL."""
        value = self._values.get(name)
        if not isinstance(value, str) or len(value) > max_characters or "\0" in value:
            raise BadRequest(f"The field {name} is missing or too long.")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BadRequest(f"The field {name} holds half of a character.") from None
        return value

    def octets(self, name: str, max_bytes: int, min_bytes: int = 1) -> bytes:
        """Return bytes from base64url. Raise BadRequest unless there are `min_bytes` to `max_bytes` of them."""
        value = self._values.get(name)
        if not isinstance(value, str) or len(value) > max_bytes * 4 // 3 + 4:
            raise BadRequest(f"The field {name} is missing or too long.")
        raw = unb64(value)
        if not min_bytes <= len(raw) <= max_bytes:
            raise BadRequest(f"The field {name} has the wrong length.")
        return raw

    def id(self, name: str) -> bytes:
        """Return an id. Raise BadRequest if the field is not one."""
        return parse_id(self.text(name, 22))

    def ids(self, name: str, max_items: int) -> tuple[bytes, ...]:
        """Return a list of ids. Raise BadRequest if there are more than `max_items` or one is not an id."""
        value = self._values.get(name)
        if not isinstance(value, list) or len(value) > max_items or not all(isinstance(item, str) for item in value):
            raise BadRequest(f"The field {name} is not a list of ids.")
        return tuple(parse_id(item) for item in value)

    def integer(self, name: str, maximum: int) -> int:
        """Return an integer. Raise BadRequest unless it is from 0 to `maximum`."""
        value = self._values.get(name)
        if type(value) is not int or not 0 <= value <= maximum:
            raise BadRequest(f"The field {name} is not a number that fits.")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false; an absent field is false. Raise BadRequest for any other value."""
        value = self._values.get(name, False)
        if type(value) is not bool:
            raise BadRequest(f"The field {name} is neither true nor false.")
        return value

    def inner(self, name: str) -> "Fields":
        """Return the fields of an object in a field. Raise BadRequest if it is not an object."""
        return Fields(self.mapping(name))

    def mapping(self, name: str) -> dict[str, Any]:
        """Return an object inside as a dict. Raise BadRequest, also for lone surrogates."""
        value = self._values.get(name)
        if not isinstance(value, dict):
            raise BadRequest(f"The field {name} is missing.")
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except (UnicodeEncodeError, RecursionError):
            raise BadRequest(f"The field {name} holds half of a character.") from None
        return value


def read_fields(body: bytes) -> Fields:
    """Return the fields of a JSON object. Raise BadRequest for any other body and for deep nesting."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        # The error contains the body, so the chain ends here.
        raise BadRequest("That is not JSON.") from None
    if not isinstance(value, dict):
        raise BadRequest("That is not a JSON object.")
    return Fields(value)


def read_number(text: str, maximum: int) -> int:
    """Return an integer in a path or a query. Raise BadRequest unless it is from 0 to `maximum`."""
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_INTEGER_DIGITS or int(text) > maximum:
        raise BadRequest("That is not a number that fits.")
    return int(text)
