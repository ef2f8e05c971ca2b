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
SLACK: Final = 1


def find_step(secret: bytes, digits: str, now: int, after: int) -> int | None:
    """The step whose digits these are, at `now` ms and later than step `after`; None when they are of none.

    A step is used once: digits that somebody saw being typed open nothing. Raises BadRequest for a secret that is none.
    """
    if len(secret) != SECRET_BYTES:
        raise BadRequest("The secret of the second step has 20 bytes.")
    typed = "".join(digits.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    made = TOTP(secret, DIGITS, SHA1(), STEP_MS // 1000)  # noqa: S303 - HMAC-SHA-1, which holds
    step = now // STEP_MS
    for one in range(max(after + 1, step - SLACK), step + SLACK + 1):
        try:
            made.verify(typed.encode(), one * STEP_MS // 1000)
        except InvalidToken:
            continue
        return one
    return None


def digits_at(secret: bytes, now: int) -> str:
    """What the app shows at `now` ms."""
    return TOTP(secret, DIGITS, SHA1(), STEP_MS // 1000).generate(now // 1000).decode()  # noqa: S303 - as above


def spelt(secret: bytes) -> str:
    """The secret as an app takes it by hand: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
