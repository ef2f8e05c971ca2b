"""Exceptions for every failure that has a code.

 KeptError
 ├── BadRequest                   bad_request     the input is invalid
 │   ├── NotCanonical             not_canonical   JSON that is not in canonical form
 │   └── BadSignature             bad_signature   an invalid signature
 ├── SealError                    not_opened      sealed data that cannot be decrypted; never says why
 ├── KdfPolicyViolation           kdf_refused     key derivation parameters or an origin outside the policy
 ├── KdfSelfTestFailed            kdf_broken      Argon2 gives wrong results on this device
 ├── InvalidCredentials           no_match        wrong password, wrong recovery code or unknown username
 ├── SecondFactorFailed           second_step     an advocate's six digits are missing, wrong or used
 ├── InvalidInvitation            not_invited     the invitation is missing, wrong, used or expired
 ├── ServerClosing                closing         the server will close: no new accounts
 ├── ServerClosed                 closed          the server has closed: nothing new is accepted
 ├── NotSignedIn                  signed_out
 │   └── SessionRevoked           session_ended   ended from another device: the password is required again
 ├── ClientOutdated               outdated        an old release of the app asks for what needs the newest one
 ├── NotFound                     not_found       absent or forbidden: one answer for both
 ├── WrongOrigin                  wrong_origin
 ├── UnsupportedMediaType         wrong_type
 ├── ContentErased                erased          erased for good; it is not accepted again
 ├── Conflict                     conflict
 ├── ContentDiffers               differs         other bytes are stored under this id
 ├── IncompleteUpload             incomplete      parts are missing
 ├── DigestMismatch               digest          the parts do not match the declared digest
 ├── TooLarge                     too_large
 ├── QuotaExceeded                over_quota
 ├── TooManyRequests              try_later
 ├── PacksDisabled                packs_off
 ├── PackBuildFailed              pack_failed
 ├── InvalidSealedCopy            not_a_copy      a file that is not a backup file, or a damaged one
 ├── Unavailable                  unavailable
 └── BadSetting                   bad_setting     a setting that the server cannot use

Each class has a code, each instance a sentence that anybody may see: it never repeats the input. The codes are shared
with static/src/core/errors.ts and listed in docs/api.md.
"""

from typing import ClassVar


class KeptError(Exception):
    """Failure with a code for programs and a sentence for people."""

    code: ClassVar[str] = "internal"
    default_message: ClassVar[str] = "Something went wrong."

    def __init__(self, message: str | None = None) -> None:
        """Set the sentence, by default the one of the class."""
        self.message = message or self.default_message
        super().__init__(self.message)


class BadRequest(KeptError):
    """Input that is invalid where it was given."""

    code = "bad_request"
    default_message = "That request makes no sense here."


class NotCanonical(BadRequest):
    """JSON that is not in canonical form, or a value that has no canonical form."""

    code = "not_canonical"
    default_message = "That is not canonical JSON."


class BadSignature(BadRequest):
    """Signature that is invalid for this key and these bytes."""

    code = "bad_signature"
    default_message = "The signature does not hold."


class SealError(KeptError):
    """Sealed data that cannot be decrypted.

    One class and one sentence cover every cause, because the cause helps only an attacker.
    """

    code = "not_opened"
    default_message = "This could not be opened."


class KdfPolicyViolation(KeptError):
    """Key derivation with parameters or an origin that the policy does not allow."""

    code = "kdf_refused"
    default_message = "The server asked for a weaker lock than this device accepts. Nothing was sent."


class KdfSelfTestFailed(KeptError):
    """The known-answer test of Argon2 failed."""

    code = "kdf_broken"
    default_message = "This device does not compute keys correctly. Use another device."


class InvalidCredentials(KeptError):
    """Wrong password, wrong recovery code or unknown username: one answer for all of them."""

    code = "no_match"
    default_message = "That did not match. Check the username and the password, and try again."


class SecondFactorFailed(KeptError):
    """An advocate's password was right, but the six digits are missing, wrong or used."""

    code = "second_step"
    default_message = "Type the six digits that your authenticator app shows now. Each set works once."


class InvalidInvitation(KeptError):
    """Registration without a valid invitation. A missing, wrong, used or expired one gives the same answer."""

    code = "not_invited"
    default_message = (
        "That invitation did not work. It works once, for a few days. Ask the person who gave it to you for a new one."
    )


class ServerClosing(KeptError):
    """Registration on a server that has announced its closing date."""

    code = "closing"
    default_message = "This server will close, so nobody can begin here. Nothing was lost. Choose another server."


class ServerClosed(KeptError):
    """Addition to a diary on a server whose closing date has passed."""

    code = "closed"
    default_message = (
        "This server has closed and takes nothing new. What is on the phone is safe there. Move to another server."
    )


class NotSignedIn(KeptError):
    """The request has no session, or an expired one."""

    code = "signed_out"
    default_message = "You are signed out."


class ClientOutdated(KeptError):
    """Request from a release that signs in with a cookie, for more than reading and appending."""

    code = "outdated"
    default_message = (
        "This needs the newest version of the app. Your entries are safe. Close the app, open it again and "
        "take the update."
    )


class SessionRevoked(NotSignedIn):
    """The keeper ended this session from another device. The device locks and requires the password to sign in again."""

    code = "session_ended"
    default_message = "This device was signed out from another one. Type your password to sign in again."


class NotFound(KeptError):
    """The resource does not exist, or not for this session."""

    code = "not_found"
    default_message = "There is nothing here."


class WrongOrigin(KeptError):
    """Writing request that does not come from the app's own page."""

    code = "wrong_origin"
    default_message = "That request did not come from this app."


class UnsupportedMediaType(KeptError):
    """Request body of a media type that the route does not accept."""

    code = "wrong_type"
    default_message = "That kind of content is not accepted here."


class ContentErased(KeptError):
    """Content that its keeper had erased for good."""

    code = "erased"
    default_message = "This was deleted for good, as asked."


class Conflict(KeptError):
    """A different object already exists in this place."""

    code = "conflict"
    default_message = "Something else is already there."


class ContentDiffers(KeptError):
    """Other bytes are already stored under this id."""

    code = "differs"
    default_message = "Something different is already stored there."


class IncompleteUpload(KeptError):
    """Parts of a file are missing. `missing_parts` has their numbers."""

    code = "incomplete"
    default_message = "Parts of this file are missing."

    def __init__(self, missing_parts: tuple[int, ...] = (), message: str | None = None) -> None:
        """Set the missing part numbers: from 0, in ascending order."""
        super().__init__(message)
        self.missing_parts = missing_parts


class DigestMismatch(KeptError):
    """The stored parts do not match the digest that the client declared."""

    code = "digest"
    default_message = "The stored parts do not match their digest."


class TooLarge(KeptError):
    """Request body above the limit of its route."""

    code = "too_large"
    default_message = "That is too large."


class QuotaExceeded(KeptError):
    """The account has used its quota."""

    code = "over_quota"
    default_message = "There is no room left for files. Words still fit."


class TooManyRequests(KeptError):
    """Too many attempts. The client must wait `retry_after_seconds`."""

    code = "try_later"
    default_message = "Too many tries. Wait a little, then try again."

    def __init__(self, retry_after_seconds: int, message: str | None = None) -> None:
        """Set the waiting time, rounded up to at least 1 second."""
        super().__init__(message)
        self.retry_after_seconds = max(1, retry_after_seconds)


class PacksDisabled(KeptError):
    """Packs are disabled on this server."""

    code = "packs_off"
    default_message = "This server does not build packs."


class PackBuildFailed(KeptError):
    """A pack could not be built."""

    code = "pack_failed"
    default_message = "The pack could not be built."


class InvalidSealedCopy(KeptError):
    """File that is not a backup file of a diary, or a damaged one."""

    code = "not_a_copy"
    default_message = "This is not a backup file, or it is damaged."


class Unavailable(KeptError):
    """Temporary failure that the client did not cause."""

    code = "unavailable"
    default_message = "That is not possible just now. Try again later."


class BadSetting(KeptError):
    """Setting that the server cannot use. The sentence names the setting, never its value."""

    code = "bad_setting"
    default_message = "A setting cannot be used."
