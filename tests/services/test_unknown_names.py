"""Shares of parameters for unknown names follow an upgraded server's accounts, and are fixed at its first start."""

from __future__ import annotations

from pathlib import Path

from diary.client import accounts
from diary.client.transport import RemoteServer
from diary.crypto import kdf
from diary.crypto.kdf import CHEAPEST_PROFILE, DEFAULT_PROFILE, FLOOR_PROFILE
from diary.encoding import canonical_json
from diary.ids import parse_id
from diary.services.accounts.pepper import KDF_PURPOSE
from diary.services.accounts.unknown_names import KdfProfileShares, load_profile_shares
from diary.storage.writer import Transaction
from tests.server_fixture import PASSPHRASE, RECOVERY_CODE, register_keeper, running_server


async def test_accounts_that_are_there_at_the_first_start_are_counted(tmp_path: Path) -> None:
    """Existing accounts are added to a hundred invented ones; later accounts change nothing."""
    async with running_server(tmp_path) as server:
        await register_keeper(server)
        await register_keeper(server)
        api_client = RemoteServer(server.http_client(), server.settings.app_url)
        await accounts.enrol(api_client, PASSPHRASE, code=RECOVERY_CODE, profile=FLOOR_PROFILE, policy=kdf.TEST_POLICY)
        # As in a database of the previous release, which had no shares.
        await server.app.state.app_context.instance.db.writer.run(
            lambda hand: hand.execute("DELETE FROM lock_shares", ())
        )
    counted = KdfProfileShares(((CHEAPEST_PROFILE, 2), (FLOOR_PROFILE, 4), (DEFAULT_PROFILE, 97)))
    for _ in range(2):
        async with running_server(tmp_path) as server:
            assert server.app.state.app_context.instance.kdf_profile_shares == counted
            await register_keeper(server)


async def test_a_lock_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    """Unreadable parameters do not prevent the start."""
    async with running_server(tmp_path) as server:
        keeper = await register_keeper(server)
        pepper, account = server.app.state.app_context.instance.pepper, parse_id(keeper.identity.account)
        for bad in (
            b"no box",
            pepper.seal(KDF_PURPOSE, account, canonical_json({})),
            pepper.seal(KDF_PURPOSE, account, canonical_json({"m": "8", "t": 1})),
        ):
            await server.app.state.app_context.instance.db.writer.run(lambda hand, one=bad: replace_lock(hand, one))
            shares = await load_profile_shares(server.app.state.app_context.instance.db, pepper)
            assert shares == KdfProfileShares(((FLOOR_PROFILE, 3), (DEFAULT_PROFILE, 97)))


def replace_lock(transaction: Transaction, kdf: bytes) -> None:
    """Replace the account's parameters, and delete the shares."""
    transaction.execute("UPDATE account SET kdf = ?", (kdf,))
    transaction.execute("DELETE FROM lock_shares", ())


def test_a_draw_falls_on_a_kind_as_often_as_its_weight() -> None:
    """Each kind is drawn as often as its weight, over two whole rounds of numbers."""
    shares = KdfProfileShares(((FLOOR_PROFILE, 3), (DEFAULT_PROFILE, 97)))
    for start in (0, 100, 1 << 63):
        drawn = [shares.pick(start + n) for n in range(100)]
        assert (drawn.count(FLOOR_PROFILE), drawn.count(DEFAULT_PROFILE)) == (3, 97)
