"""Every failure Kept can name.

    KeptError
    ├── BadRequest                   bad_request     what was sent makes no sense
    │   ├── NotCanonical             not_canonical   JSON that is not in its one canonical form
    │   └── BadSignature             bad_signature   a signature that does not hold
    ├── SealError                    not_opened      something sealed that does not open; never says why
    ├── KdfRefused                   kdf_refused     parameters or origin outside the policy
    ├── KdfBroken                    kdf_broken      Argon2 gives wrong answers on this device
    ├── NoMatch                      no_match        wrong words, wrong code or no such name: all one answer
    ├── SecondStep                   second_step     the six digits of an advocate's second step: missing, wrong, used
    ├── NotInvited                   not_invited     an invitation that is missing, used or over
    ├── Closing                      closing         a server that is to close lets nobody new in
    ├── Closed                       closed          a server that has closed takes nothing new
    ├── SignedOut                    signed_out
    │   └── SessionEnded             session_ended   ended on purpose from another device: the words are asked for again
    ├── Outdated                     outdated        an earlier release of the app asks for what only the newest does
    ├── NotFound                     not_found       absent and forbidden alike
    ├── WrongOrigin                  wrong_origin
    ├── WrongType                    wrong_type
    ├── Erased                       erased          erased for good; it is not taken again
    ├── Conflict                     conflict
    ├── Differs                      differs         other bytes already stand under this id
    ├── Incomplete                   incomplete      parts are missing
    ├── DigestMismatch               digest          the parts are not the ones announced
    ├── TooLarge                     too_large
    ├── OverQuota                    over_quota
    ├── TryLater                     try_later
    ├── PacksOff                     packs_off
    ├── PackFailed                   pack_failed
    ├── NotACopy                     not_a_copy      a file that is no sealed copy, or a damaged one
    ├── Unavailable                  unavailable
    └── BadSetting                   bad_setting     a setting of the operator's that cannot be used

Each class carries its code; each instance a sentence that is safe to show to anybody: it never repeats
what was sent. Codes are shared with static/src/core/errors.ts and listed in docs/api.md.
"""

from typing import ClassVar


class KeptError(Exception):
    """A failure with a code for machines and a sentence for people."""

    code: ClassVar[str] = "internal"
    default_message: ClassVar[str] = "Something went wrong."

    def __init__(self, message: str | None = None) -> None:
        """Take the class's usual sentence unless a better one is given."""
        self.message = message or self.default_message
        super().__init__(self.message)


class BadRequest(KeptError):
    """Input that makes no sense where it was given."""

    code = "bad_request"
    default_message = "That request makes no sense here."


class NotCanonical(BadRequest):
    """JSON that is not in canonical form, or a value that has none."""

    code = "not_canonical"
    default_message = "That is not canonical JSON."


class BadSignature(BadRequest):
    """A signature that does not hold for this key and these bytes."""

    code = "bad_signature"
    default_message = "The signature does not hold."


class SealError(KeptError):
    """Something sealed that does not open.

    One class and one sentence for every cause: which check failed is of use only to someone who is trying.
    """

    code = "not_opened"
    default_message = "This could not be opened."


class KdfPolicyViolation(KeptError):
    """Key derivation asked for with parameters or an origin the policy does not allow."""

    code = "kdf_refused"
    default_message = "The server asked for a weaker lock than this device accepts. Nothing was sent."


class KdfSelfTestFailed(KeptError):
    """The known-answer test of Argon2 failed."""

    code = "kdf_broken"
    default_message = "This device does not compute keys correctly. Use another device."


class InvalidCredentials(KeptError):
    """Wrong words, wrong code, unknown name: one answer for all of them."""

    code = "no_match"
    default_message = "That did not match. Check the name and the words, and try again."


class SecondFactorFailed(KeptError):
    """An advocate's words were right and the six digits were not: missing, wrong, or used before."""

    code = "second_step"
    default_message = "Type the six digits that your authenticator app shows now. Each set works once."


class InvalidInvitation(KeptError):
    """Registering without the invitation this server asks for: missing, wrong, used or over, all one answer."""

    code = "not_invited"
    default_message = (
        "That invitation did not work. It works once, for a few days. Ask the person who gave it to you for a new one."
    )


class ServerClosing(KeptError):
    """Registering on a server whose end has been announced."""

    code = "closing"
    default_message = "This server will close, so nobody can begin here. Nothing was lost. Choose another server."


class ServerClosed(KeptError):
    """Adding to a diary on a server whose day has come."""

    code = "closed"
    default_message = (
        "This server has closed and takes nothing new. What is on the phone is safe there. Move to another server."
    )


class NotSignedIn(KeptError):
    """No session, or one that has ended."""

    code = "signed_out"
    default_message = "You are signed out."


class ClientOutdated(KeptError):
    """A device whose release still signs in with a cookie asks for more than reading and appending."""

    code = "outdated"
    default_message = (
        "This needs the newest version of the app. Your entries are safe. Close the app, open it again and "
        "take the update."
    )


class SessionRevoked(NotSignedIn):
    """A session that its keeper ended from another device. The device locks, and asks for the words before it comes back."""

    code = "session_ended"
    default_message = "This device was signed out from another one. Type your words to sign in again."


class NotFound(KeptError):
    """Nothing there, or nothing there for this session."""

    code = "not_found"
    default_message = "There is nothing here."


class WrongOrigin(KeptError):
    """A writing request that did not come from the app's own page."""

    code = "wrong_origin"
    default_message = "That request did not come from this app."


class UnsupportedMediaType(KeptError):
    """A body of a type this address does not take."""

    code = "wrong_type"
    default_message = "That kind of content is not accepted here."


class ContentErased(KeptError):
    """Something that its keeper has had erased for good."""

    code = "erased"
    default_message = "This was erased for good, as asked."


class Conflict(KeptError):
    """Something else already stands where this should go."""

    code = "conflict"
    default_message = "Something else is already there."


class ContentDiffers(KeptError):
    """Other bytes are already stored under this id."""

    code = "differs"
    default_message = "Something different is already stored there."


class IncompleteUpload(KeptError):
    """Parts of a file are missing; `missing` names them."""

    code = "incomplete"
    default_message = "Parts of this file are missing."

    def __init__(self, missing_parts: tuple[int, ...] = (), message: str | None = None) -> None:
        """`missing`: part numbers from 0, rising."""
        super().__init__(message)
        self.missing_parts = missing_parts


class DigestMismatch(KeptError):
    """The stored parts are not the ones their digest speaks of."""

    code = "digest"
    default_message = "The stored parts do not match their digest."


class TooLarge(KeptError):
    """A body above the limit of its address."""

    code = "too_large"
    default_message = "That is too large."


class QuotaExceeded(KeptError):
    """The account's room is used up."""

    code = "over_quota"
    default_message = "There is no room left for files. Words still fit."


class TooManyRequests(KeptError):
    """Too many tries; `retry_after` whole seconds must pass first."""

    code = "try_later"
    default_message = "Too many tries. Wait a little, then try again."

    def __init__(self, retry_after_seconds: int, message: str | None = None) -> None:
        """`retry_after`: seconds, at least 1."""
        super().__init__(message)
        self.retry_after_seconds = max(1, retry_after_seconds)


class PacksDisabled(KeptError):
    """This server does not build packs."""

    code = "packs_off"
    default_message = "This server does not build packs."


class PackBuildFailed(KeptError):
    """A pack that could not be built."""

    code = "pack_failed"
    default_message = "The pack could not be built."


class InvalidSealedCopy(KeptError):
    """A file that is no sealed copy of a diary, or a damaged one."""

    code = "not_a_copy"
    default_message = "This is not a sealed copy, or it is damaged."


class Unavailable(KeptError):
    """Not possible just now, through nobody's fault."""

    code = "unavailable"
    default_message = "That is not possible just now. Try again later."


class BadSetting(KeptError):
    """A setting the server cannot start with; the sentence names it, never its value."""

    code = "bad_setting"
    default_message = "A setting cannot be used."
