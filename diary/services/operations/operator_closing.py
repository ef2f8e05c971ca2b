"""Closing of an account by the operator, on a legal notice.

It is the keeper's own closing without the password: the same rows, and the same seven days in which any device can
cancel it ([Note: delay of seven days], diary/services/sync/erasures.py). A faster way for the operator would also be
one for somebody who has broken into the server.
"""

from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.errors import BadRequest, Conflict, KeptError, NotFound, Unavailable
from diary.ids import id_text, parse_id
from diary.services.accounts.sign_in_names import check_login
from diary.services.instance import Instance
from diary.services.operations import operator_log
from diary.storage.account_changes import account_closing
from diary.storage.accounts import account_rows
from diary.storage.sharing import organisations

DAY_MS: Final = 86_400_000
ACTION: Final = "close_account"
BY_ID: Final = "id"
BY_USERNAME: Final = "username"
_NOT_RECORDED_MESSAGE: Final = (
    "The account is closing, but the operator's log could not be written. Write down the time, the id and the reason."
)


@dataclass(frozen=True, slots=True)
class AccountClosing:
    """When an account will be erased, in ms. `is_new`: False if the closing had been requested before."""

    due_at: int
    is_new: bool


async def find_account(instance: Instance, text: str, by: str | None = None) -> bytes:
    """Return the id of the account with this id or username.

    `by`: which of the two it is. Without it, raise Conflict if it is the id of one account and the username of another:
    a device chooses its account's id, so somebody could choose another keeper's username. Raise BadRequest if it is
    neither, and NotFound.
    """
    account_id = None if by == BY_USERNAME else _parse_as_id(text)
    login = None if by == BY_ID else _parse_as_login(text)
    if account_id is None and login is None:
        raise BadRequest("That is neither the id of an account nor a username. `accounts` prints the ids.")
    found = set()
    if account_id and await account_rows.find_by_id(instance.db, account_id):
        found.add(account_id)
    if login:
        row = await account_rows.find_by_login(instance.db, instance.pepper.login_mac(login))
        found |= {bytes(row.id)} if row else set()
    if len(found) > 1:
        raise Conflict("That is the id of one account and the username of another. Say which with --by.")
    if not found:
        raise NotFound("There is no account with that id or username.")
    return found.pop()


async def close_account(instance: Instance, account: bytes, reason: str) -> AccountClosing:
    """Schedule the closing of an account in seven days, and record it. A repeated request changes nothing.

    Raise BadRequest for a reason that cannot be recorded, NotFound, Conflict for an advocate's account, OSError if the
    log cannot be opened, which changes nothing, and Unavailable if the closing has begun but could not be recorded.
    """
    checked_reason = operator_log.check_reason(reason)
    if await organisations.was_member(instance.db, account):
        # The purge would leave the membership's own rows behind.
        raise Conflict("This is an advocate's account. Their lead removes them, or `organisation end` ends them all.")
    data_folder, now = instance.settings.data, instance.clock.now_ms()
    operator_log.check_writable(data_folder)
    due_at = now + constants.ERASURE_DAYS * DAY_MS
    started = await instance.db.writer.run(
        lambda tx: account_closing.start_closing(tx, account, due_at), account=account
    )
    if started is None:
        raise NotFound("There is no account with that id or username.")
    closing = AccountClosing(*started)
    if closing.is_new:
        try:
            operator_log.record_action(data_folder, now, ACTION, id_text(account), checked_reason)
        except OSError as error:
            raise Unavailable(_NOT_RECORDED_MESSAGE) from error
    return closing


def _parse_as_id(text: str) -> bytes | None:
    """Return the bytes of an id, or None."""
    try:
        return parse_id(text)
    except KeptError:
        return None


def _parse_as_login(text: str) -> str | None:
    """Return a well-formed username, or None."""
    try:
        return check_login(text)
    except KeptError:
        return None
