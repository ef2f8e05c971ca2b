"""Erasing for good and closing an account: seven days in which any session can take it back.

[Note: seven days] Someone who holds the keeper's phone and knows the words could otherwise destroy what she has
kept in a minute. So it is asked for with the words, one thing at a time, shown in every session, taken back by
any of them without the words, and done by the server's clock only (services/sync/purge.py). One exception: a file
the keeper says is a sexual image of someone under 18, which nobody may be made to keep for a week.
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
from diary.storage.accounts import account_closing
from diary.storage.sync import erasures
from diary.storage.sync.erasures import ErasureRow
from diary.storage.writer import Transaction

ERASURE_DELAY_DAYS: Final = constants.ERASURE_DAYS
REASON_KEEPER: Final = "keeper"
REASON_UNDER_18_IMAGE: Final = "under_18_image"
# One entry with its files and notes; the whole of a diary goes by closing the account.
MAX_RECORDS: Final = constants.ERASURE_RECORDS_LIMIT


@dataclass(frozen=True, slots=True)
class ErasureStatus:
    """An erasure as it is told; `done`: it has been carried out already."""

    row: ErasureRow
    is_done: bool = False

    def to_payload(self) -> dict[str, object]:
        """As JSON has it."""
        return self.row.to_json() | {"done": self.is_done}


async def request_erasure(
    instance: Instance,
    session: AuthenticatedSession,
    diary: bytes,
    records: tuple[bytes, ...],
    reason: str,
    proof: bytes,
) -> ErasureStatus:
    """Have records erased in seven days, or one file's record now. The same records again: the same erasure.

    Raises NoMatch, TryLater, BadRequest and NotFound.
    """
    if not 1 <= len(set(records)) == len(records) <= MAX_RECORDS or reason not in (
        REASON_KEEPER,
        REASON_UNDER_18_IMAGE,
    ):
        raise BadRequest("What is to be erased is not said clearly.")
    is_immediate = reason == REASON_UNDER_18_IMAGE
    if is_immediate and len(records) > 1:
        raise BadRequest("Only one file at a time can be erased at once.")
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
        erasures.check_diary_owned(tx, session.account, diary)
        erasures.erase_records(tx, diary, records, now, only_files=True)

    await instance.db.writer.run(erase, account=session.account)
    await purge.bury(instance)
    return ErasureStatus(erasure_row, is_done=True)


async def list_pending(instance: Instance, session: AuthenticatedSession, diary: bytes) -> list[dict[str, object]]:
    """What waits in one of the keeper's diaries. Raises NotFound."""
    await instance.db.run_read(lambda tx: erasures.check_diary_owned(tx, session.account, diary))
    return [row.to_json() for row in await erasures.list_pending(instance.db, session.account) if row.diary == diary]


async def cancel_erasure(instance: Instance, session: AuthenticatedSession, diary: bytes, erasure_id: bytes) -> None:
    """Keep what was to be erased; any session may, without the words. Raises NotFound."""
    await instance.db.writer.run(
        lambda tx: erasures.cancel(tx, session.account, diary, erasure_id), account=session.account
    )


async def request_account_closing(instance: Instance, session: AuthenticatedSession, proof: bytes) -> int:
    """Have the account closed in seven days; when, in ms. Raises NoMatch and TryLater."""
    await verify_proof(instance, session, proof)
    due_at = instance.clock.now_ms() + ERASURE_DELAY_DAYS * DAY_MS
    return await instance.db.writer.run(
        lambda tx: account_closing.request_closing(tx, session.account, due_at), account=session.account
    )


async def cancel_account_closing(instance: Instance, session: AuthenticatedSession) -> None:
    """Keep the account; any session may, without the words. Raises NotFound when it was not to be closed."""
    if not await instance.db.writer.run(
        lambda tx: account_closing.cancel_closing(tx, session.account), account=session.account
    ):
        raise NotFound
