"""The second step of an advocate's sign-in: six digits of an authenticator app, RFC 6238 as every such app has it."""

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
# A phone's clock may be half a minute off, and digits take a moment to type.
SLACK_STEPS: Final = 1


def find_step(secret: bytes, typed_digits: str, now_ms: int, last_used_step: int) -> int | None:
    """The step whose digits these are, at `now` ms and later than step `after`; None when they are of none.

    A step is used once: digits that somebody saw being typed open nothing. Raises BadRequest for a secret that is none.
    """
    if len(secret) != SECRET_BYTES:
        raise BadRequest("The secret of the second step has 20 bytes.")
    digits_only = "".join(typed_digits.split())
    if len(digits_only) != DIGITS or not (digits_only.isascii() and digits_only.isdigit()):
        return None
    totp = TOTP(secret, DIGITS, SHA1(), STEP_MS // 1000)  # noqa: S303 - HMAC-SHA-1, which holds
    step = now_ms // STEP_MS
    for candidate in range(max(last_used_step + 1, step - SLACK_STEPS), step + SLACK_STEPS + 1):
        try:
            totp.verify(digits_only.encode(), candidate * STEP_MS // 1000)
        except InvalidToken:
            continue
        return candidate
    return None


def digits_at(secret: bytes, now_ms: int) -> str:
    """What the app shows at `now` ms."""
    return TOTP(secret, DIGITS, SHA1(), STEP_MS // 1000).generate(now_ms // 1000).decode()  # noqa: S303 - as above


def format_secret(secret: bytes) -> str:
    """The secret as an app takes it by hand: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[offset : offset + 4] for offset in range(0, len(text), 4))
