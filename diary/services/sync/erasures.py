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
from diary.services.accounts.sessions import DAY_MS, Signed
from diary.services.accounts.sign_in_proofs import prove
from diary.services.instance import Instance
from diary.services.sync import purge
from diary.storage.accounts import account_closing
from diary.storage.sync import erasures
from diary.storage.sync.erasures import ErasureRow
from diary.storage.writer import Hand

DAYS: Final = constants.ERASURE_DAYS
KEEPER: Final = "keeper"
UNDER_18_IMAGE: Final = "under_18_image"
# One entry with its files and notes; the whole of a diary goes by closing the account.
MOST_RECORDS: Final = constants.ERASURE_RECORDS_LIMIT


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure as it is told; `done`: it has been carried out already."""

    row: ErasureRow
    done: bool = False

    def told(self) -> dict[str, object]:
        """As JSON has it."""
        return self.row.told() | {"done": self.done}


async def ask(
    instance: Instance, signed: Signed, diary: bytes, records: tuple[bytes, ...], why: str, proof: bytes
) -> Erasure:
    """Have records erased in seven days, or one file's record now. The same records again: the same erasure.

    Raises NoMatch, TryLater, BadRequest and NotFound.
    """
    if not 1 <= len(set(records)) == len(records) <= MOST_RECORDS or why not in (KEEPER, UNDER_18_IMAGE):
        raise BadRequest("What is to be erased is not said clearly.")
    at_once = why == UNDER_18_IMAGE
    if at_once and len(records) > 1:
        raise BadRequest("Only one file at a time can be erased at once.")
    await prove(instance, signed, proof)
    now = instance.clock.now_ms()
    asked = ErasureRow(new_id(), diary, records, why, now, now if at_once else now + DAYS * DAY_MS)
    if not at_once:
        row = await instance.db.writer.run(lambda hand: erasures.add(hand, signed.account, asked), of=signed.account)
        return Erasure(row)

    def erase(hand: Hand) -> None:
        erasures.owned(hand, signed.account, diary)
        erasures.carry_out(hand, diary, records, now, only_files=True)

    await instance.db.writer.run(erase, of=signed.account)
    await purge.bury(instance)
    return Erasure(asked, done=True)


async def list_pending(instance: Instance, signed: Signed, diary: bytes) -> list[dict[str, object]]:
    """What waits in one of the keeper's diaries. Raises NotFound."""
    await instance.db.page(lambda hand: erasures.owned(hand, signed.account, diary))
    return [row.told() for row in await erasures.list_pending(instance.db, signed.account) if row.diary == diary]


async def take_back(instance: Instance, signed: Signed, diary: bytes, erasure: bytes) -> None:
    """Keep what was to be erased; any session may, without the words. Raises NotFound."""
    await instance.db.writer.run(lambda hand: erasures.remove(hand, signed.account, diary, erasure), of=signed.account)


async def ask_closing(instance: Instance, signed: Signed, proof: bytes) -> int:
    """Have the account closed in seven days; when, in ms. Raises NoMatch and TryLater."""
    await prove(instance, signed, proof)
    due_at = instance.clock.now_ms() + DAYS * DAY_MS
    return await instance.db.writer.run(
        lambda hand: account_closing.ask(hand, signed.account, due_at), of=signed.account
    )


async def take_back_closing(instance: Instance, signed: Signed) -> None:
    """Keep the account; any session may, without the words. Raises NotFound when it was not to be closed."""
    if not await instance.db.writer.run(
        lambda hand: account_closing.take_back(hand, signed.account), of=signed.account
    ):
        raise NotFound
