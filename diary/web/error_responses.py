"""Failures on the wire: a status, a code and a sentence; never what was sent."""

from typing import Final

from diary import errors
from diary.errors import KeptError
from diary.web.responses import Answer, Pairs, json_answer

STATUS: Final[dict[type[KeptError], int]] = {
    errors.BadRequest: 400,
    errors.SealError: 400,
    errors.KdfRefused: 400,
    errors.NoMatch: 401,
    errors.SecondStep: 401,
    errors.SignedOut: 401,
    errors.Outdated: 403,
    errors.WrongOrigin: 403,
    errors.NotInvited: 403,
    errors.PacksOff: 403,
    errors.Closing: 403,
    errors.Closed: 410,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Erased: 410,
    errors.Differs: 409,
    errors.Incomplete: 409,
    errors.DigestMismatch: 409,
    errors.PackFailed: 409,
    errors.TooLarge: 413,
    errors.OverQuota: 413,
    errors.WrongType: 415,
    errors.TryLater: 429,
    errors.Unavailable: 503,
}


def problem(error: KeptError) -> Answer:
    """The answer for a failure with a name."""
    return _answer(status_of(error), error.code, error.sentence, error)


def wrong_method(allowed: bytes) -> Answer:
    """The answer for a method this address does not know."""
    body = {"error": "wrong_method", "message": "That is not done at this address."}
    return json_answer(body, 405, ((b"allow", allowed),))


def internal() -> Answer:
    """The answer when the fault is ours."""
    return _answer(500, KeptError.code, KeptError.usual)


def status_of(error: KeptError) -> int:
    """The status of the nearest class that has one."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return 500


def _answer(status: int, code: str, sentence: str, error: KeptError | None = None) -> Answer:
    """The one form every failure has."""
    body: dict[str, object] = {"error": code, "message": sentence}
    headers: Pairs = ()
    if isinstance(error, errors.Incomplete):
        body["missing"] = list(error.missing)
    if isinstance(error, errors.TryLater):
        headers = ((b"retry-after", str(error.retry_after).encode()),)
    return json_answer(body, status, headers)
