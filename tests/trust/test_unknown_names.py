"""No request reveals whether a login name exists, whichever kind of parameters it has."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from diary.client import accounts
from diary.client.transport import RemoteServer
from diary.crypto import kdf
from diary.crypto.kdf import DEFAULT_PROFILE, FLOOR_PROFILE, KdfProfile
from tests.server_fixture import PASSPHRASE, RECOVERY_CODE, InProcessServer, Phone, running_server

UNKNOWN_NAMES = [f"nobody-{n:03}-x2y3" for n in range(700)]


async def prelogin_locks(server: InProcessServer, names: list[str]) -> list[dict[str, Any]]:
    """Return the answer for each name, within the limits of posts."""
    lock_rows = []
    for n, name in enumerate(names):
        phone = Phone(server.http_client(f"10.{n // 50}.0.1"))
        answer = await phone.request("POST", "/v1/prelogin", {"login": name})
        assert answer.status_code == 200, answer.text
        lock_rows.append(answer.json()["kdf"])
    return lock_rows


async def register_with_profile(server: InProcessServer, profile: KdfProfile) -> str:
    """Register an account with this kind of parameters, as a phone with or without WebAssembly does. Return its name."""
    api_client = RemoteServer(server.http_client(), server.settings.app_url)
    return (
        await accounts.enrol(api_client, PASSPHRASE, code=RECOVERY_CODE, profile=profile, policy=kdf.TEST_POLICY)
    ).login


def count_lock_kinds(lock_rows: list[dict[str, Any]]) -> Counter[tuple[int, int]]:
    """Count the answers by kind of parameters."""
    return Counter((row["m"], row["t"]) for row in lock_rows)


@pytest.mark.parametrize("profile", [DEFAULT_PROFILE, FLOOR_PROFILE], ids=["with WebAssembly", "without"])
async def test_unknown_names_have_both_kinds_of_lock(profile: KdfProfile, tmp_path: Path) -> None:
    """Some of seven hundred unknown names have the account's kind of parameters, so that seeing it proves nothing."""
    async with running_server(tmp_path) as server:
        login = await register_with_profile(server, profile)
        (known,) = await prelogin_locks(server, [login])
        unknown = await prelogin_locks(server, UNKNOWN_NAMES)
        assert count_lock_kinds(unknown)[known["m"], known["t"]] > 0
        assert {tuple(sorted(one)) for one in unknown} == {tuple(sorted(known))}
        assert len({one["salt"] for one in unknown}) == len(UNKNOWN_NAMES)
        # The usual kind is more frequent.
        assert count_lock_kinds(unknown).most_common(1)[0][0] == (DEFAULT_PROFILE.memory_kib, DEFAULT_PROFILE.passes)


async def test_a_name_always_gets_the_same_response(tmp_path: Path) -> None:
    """The answer is the same again, from elsewhere, with new accounts and after a restart; another server's differs."""
    async with running_server(tmp_path / "one") as server:
        before = await prelogin_locks(server, UNKNOWN_NAMES)
        for _ in range(3):
            await register_with_profile(server, FLOOR_PROFILE)
        assert await prelogin_locks(server, UNKNOWN_NAMES) == before
    async with running_server(tmp_path / "one") as server:
        assert await prelogin_locks(server, UNKNOWN_NAMES) == before
    async with running_server(tmp_path / "two") as server:
        other_locks = await prelogin_locks(server, UNKNOWN_NAMES)
        assert [(one["m"], one["t"]) for one in other_locks] != [(one["m"], one["t"]) for one in before]
