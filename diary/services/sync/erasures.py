"""Permanent erasure and closing of an account, with seven days in which any session can cancel.

[Note: delay of seven days] Otherwise somebody who has the keeper's phone and knows the words could destroy the diary in
a minute. So erasure needs the words, applies to one thing at a time, is shown in every session, can be cancelled by any
of them without the words, and is done by the server's clock only (services/sync/purge.py). One exception is immediate:
a file that the keeper declares to be a sexual image of somebody under 18, which nobody may be made to keep for a week.
"""

from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.errors import BadRequest, NotFound
from diary.ids import new_id
from diary.services.accounts.sessions import DAY_MS, AuthenticatedSession
from diary.services.accounts.sign_in_proofs import verify_proof
from diary.services.instance import Instance
from diary.services.sync import purge
from diary.storage.account_changes import account_closing
from diary.storage.sync import erasures
from diary.storage.sync.diaries import check_diary_owned
from diary.storage.sync.erasures import ErasureRow
from diary.storage.writer import Transaction

ERASURE_DELAY_DAYS: Final = constants.ERASURE_DAYS
REASON_KEEPER: Final = "keeper"
REASON_UNDER_18_IMAGE: Final = "under_18_image"
# Enough for one entry with its files and notes. A whole diary is erased by closing the account.
MAX_RECORDS: Final = constants.ERASURE_RECORDS_LIMIT


@dataclass(frozen=True, slots=True)
class ErasureStatus:
    """An erasure for the response. `is_done` is True if it has been carried out."""

    row: ErasureRow
    is_done: bool = False

    def to_payload(self) -> dict[str, object]:
        """Return the erasure as JSON."""
        return self.row.to_json() | {"done": self.is_done}


async def request_erasure(
    instance: Instance,
    session: AuthenticatedSession,
    diary: bytes,
    records: tuple[bytes, ...],
    reason: str,
    proof: bytes,
) -> ErasureStatus:
    """Schedule the erasure of records in seven days, or erase one file's record now.

    A repeated request returns the same erasure. Raise InvalidCredentials, NotSignedIn, BadRequest and NotFound.
    """
    if not 1 <= len(set(records)) == len(records) <= MAX_RECORDS or reason not in (
        REASON_KEEPER,
        REASON_UNDER_18_IMAGE,
    ):
        raise BadRequest("The request does not say clearly what to erase.")
    is_immediate = reason == REASON_UNDER_18_IMAGE
    if is_immediate and len(records) > 1:
        raise BadRequest("Only one file can be erased immediately.")
    await verify_proof(instance, session, proof)
    now = instance.clock.now_ms()
    erasure_row = ErasureRow(
        new_id(), diary, records, reason, now, now if is_immediate else now + ERASURE_DELAY_DAYS * DAY_MS
    )
    if not is_immediate:
        row = await instance.db.writer.run(
            lambda tx: erasures.add_erasure(tx, session.account, erasure_row), account=session.account
        )
        return ErasureStatus(row)

    def erase(tx: Transaction) -> None:
        check_diary_owned(tx, session.account, diary)
        erasures.erase_records(tx, diary, records, now, only_files=True)

    await instance.db.writer.run(erase, account=session.account)
    await purge.delete_unserved_files(instance)
    return ErasureStatus(erasure_row, is_done=True)


async def list_pending(instance: Instance, session: AuthenticatedSession, diary: bytes) -> list[dict[str, object]]:
    """Return the pending erasures of one of the keeper's diaries as JSON. Raise NotFound."""
    await instance.db.run_read(lambda tx: check_diary_owned(tx, session.account, diary))
    return [row.to_json() for row in await erasures.list_pending(instance.db, session.account) if row.diary == diary]


async def cancel_erasure(instance: Instance, session: AuthenticatedSession, diary: bytes, erasure_id: bytes) -> None:
    """Cancel a pending erasure. Any session may do so without the words. Raise NotFound."""
    await instance.db.writer.run(
        lambda tx: erasures.cancel_erasure(tx, session.account, diary, erasure_id), account=session.account
    )


async def request_account_closing(instance: Instance, session: AuthenticatedSession, proof: bytes) -> int:
    """Schedule the closing of the account in seven days. Return its time in ms UTC.

    Raise InvalidCredentials and NotSignedIn.
    """
    await verify_proof(instance, session, proof)
    due_at = instance.clock.now_ms() + ERASURE_DELAY_DAYS * DAY_MS
    return await instance.db.writer.run(
        lambda tx: account_closing.request_closing(tx, session.account, due_at), account=session.account
    )


async def cancel_account_closing(instance: Instance, session: AuthenticatedSession) -> None:
    """Cancel the closing of the account. Any session may do so without the words.

    Raise NotFound if none is scheduled.
    """
    if not await instance.db.writer.run(
        lambda tx: account_closing.cancel_closing(tx, session.account), account=session.account
    ):
        raise NotFound
