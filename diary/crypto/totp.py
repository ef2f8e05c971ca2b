"""TOTP, the second factor of an advocate's sign-in: six digits, RFC 6238 with the parameters usual in apps."""

import base64
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from diary import constants
from diary.errors import BadRequest

SECRET_BYTES: Final = constants.SECOND_STEP_SECRET_BYTES
DIGITS: Final = 6
STEP_MS: Final = 30_000
# Tolerates a phone's clock that is half a minute off, and the time needed for typing.
SLACK_STEPS: Final = 1


def find_step(secret: bytes, typed_digits: str, now_ms: int, last_used_step: int) -> int | None:
    """Return the time step of these digits, or None if they are of no step near `now_ms` and after `last_used_step`.

    A step works once, so digits seen while they were typed cannot be used again. Raise BadRequest unless the secret has
    20 bytes.
    """
    if len(secret) != SECRET_BYTES:
        raise BadRequest("The secret of the second step has 20 bytes.")
    digits_only = "".join(typed_digits.split())
    if len(digits_only) != DIGITS or not (digits_only.isascii() and digits_only.isdigit()):
        return None
    totp = TOTP(secret, DIGITS, SHA1(), STEP_MS // 1000)  # noqa: S303 - HMAC-SHA-1 is not broken; RFC 6238 apps use it
    step = now_ms // STEP_MS
    for candidate in range(max(last_used_step + 1, step - SLACK_STEPS), step + SLACK_STEPS + 1):
        try:
            totp.verify(digits_only.encode(), candidate * STEP_MS // 1000)
        except InvalidToken:
            continue
        return candidate
    return None


def digits_at(secret: bytes, now_ms: int) -> str:
    """Return the six digits that an authenticator app shows at `now_ms`."""
    return TOTP(secret, DIGITS, SHA1(), STEP_MS // 1000).generate(now_ms // 1000).decode()  # noqa: S303 - as above


def format_secret(secret: bytes) -> str:
    """Return the secret for typing into an app: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[offset : offset + 4] for offset in range(0, len(text), 4))
