"""The shares of an upgraded server are those of the accounts that it has; they are fixed at its first start."""

from __future__ import annotations

from pathlib import Path

from diary.client import accounts
from diary.client.transport import Server
from diary.crypto import kdf
from diary.crypto.kdf import CHEAPEST, DEFAULT, FLOOR
from diary.encoding import canon
from diary.ids import parse_id
from diary.services.accounts.pepper import KDF
from diary.services.accounts.unknown_names import LockShares, fixed_shares
from diary.storage.writer import Hand
from tests.keepers import CODE, WORDS, enrol, served


async def test_accounts_that_are_there_at_the_first_start_are_counted(tmp_path: Path) -> None:
    """Two of one kind and one of another, on top of a hundred made-up ones; later ones change nothing."""
    async with served(tmp_path) as server:
        await enrol(server)
        await enrol(server)
        reached = Server(server.client(), server.settings.app_url)
        await accounts.enrol(reached, WORDS, code=CODE, profile=FLOOR, policy=kdf.TESTS)
        # As a database of the release before, which had no shares.
        await server.app.state.office.instance.db.writer.run(lambda hand: hand.execute("DELETE FROM lock_shares", ()))
    counted = LockShares(((CHEAPEST, 2), (FLOOR, 4), (DEFAULT, 97)))
    for _ in range(2):
        async with served(tmp_path) as server:
            assert server.app.state.office.instance.shares == counted
            await enrol(server)


async def test_a_lock_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    """It is no reason not to start."""
    async with served(tmp_path) as server:
        keeper = await enrol(server)
        pepper, account = server.app.state.office.instance.pepper, parse_id(keeper.identity.account)
        for bad in (
            b"no box",
            pepper.seal(KDF, account, canon({})),
            pepper.seal(KDF, account, canon({"m": "8", "t": 1})),
        ):
            await server.app.state.office.instance.db.writer.run(lambda hand, one=bad: _bend(hand, one))
            shares = await fixed_shares(server.app.state.office.instance.db, pepper)
            assert shares == LockShares(((FLOOR, 3), (DEFAULT, 97)))


def _bend(hand: Hand, kdf: bytes) -> None:
    """Another lock for the account, and no shares yet."""
    hand.execute("UPDATE account SET kdf = ?", (kdf,))
    hand.execute("DELETE FROM lock_shares", ())


def test_a_draw_falls_on_a_kind_as_often_as_its_weight() -> None:
    """Over a whole round of numbers, and over the next."""
    shares = LockShares(((FLOOR, 3), (DEFAULT, 97)))
    for start in (0, 100, 1 << 63):
        drawn = [shares.of(start + n) for n in range(100)]
        assert (drawn.count(FLOOR), drawn.count(DEFAULT)) == (3, 97)
