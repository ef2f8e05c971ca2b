"""Responses for failures: a status, a code and a sentence, never anything from the request."""

from typing import Final

from diary import errors
from diary.errors import KeptError
from diary.web.responses import BytesResponse, HeaderPairs, json_response

HTTP_STATUS: Final[dict[type[KeptError], int]] = {
    errors.BadRequest: 400,
    errors.SealError: 400,
    errors.KdfPolicyViolation: 400,
    errors.InvalidCredentials: 401,
    errors.SecondFactorFailed: 401,
    errors.NotSignedIn: 401,
    errors.ClientOutdated: 403,
    errors.WrongOrigin: 403,
    errors.InvalidInvitation: 403,
    errors.PacksDisabled: 403,
    errors.ServerClosing: 403,
    errors.ServerClosed: 410,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.ContentErased: 410,
    errors.ContentDiffers: 409,
    errors.IncompleteUpload: 409,
    errors.DigestMismatch: 409,
    errors.PackBuildFailed: 409,
    errors.TooLarge: 413,
    errors.QuotaExceeded: 413,
    errors.UnsupportedMediaType: 415,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
}


def error_response(error: KeptError) -> BytesResponse:
    """Return the response for a KeptError."""
    return _error_response(http_status(error), error.code, error.message, error)


def method_not_allowed_response(allowed: bytes) -> BytesResponse:
    """Return the response for a method that the path does not support."""
    body = {"error": "wrong_method", "message": "That is not done at this address."}
    return json_response(body, 405, ((b"allow", allowed),))


def internal_error_response() -> BytesResponse:
    """Return the response for an unexpected exception."""
    return _error_response(500, KeptError.code, KeptError.default_message)


def http_status(error: KeptError) -> int:
    """Return the HTTP status of the nearest class that has one."""
    for error_class in type(error).__mro__:
        if error_class in HTTP_STATUS:
            return HTTP_STATUS[error_class]
    return 500


def _error_response(status: int, code: str, message: str, error: KeptError | None = None) -> BytesResponse:
    """Return a response in the form that all failures share."""
    body: dict[str, object] = {"error": code, "message": message}
    headers: HeaderPairs = ()
    if isinstance(error, errors.IncompleteUpload):
        body["missing"] = list(error.missing_parts)
    if isinstance(error, errors.TooManyRequests):
        headers = ((b"retry-after", str(error.retry_after_seconds).encode()),)
    return json_response(body, status, headers)
