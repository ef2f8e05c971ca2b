"""One request does not tell whether a sign-in name exists, whichever kind of lock it has."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from diary.client import accounts
from diary.client.transport import Server
from diary.crypto import kdf
from diary.crypto.kdf import DEFAULT, FLOOR, KdfProfile
from tests.keepers import CODE, WORDS, Phone, Served, served

NAMES = [f"nobody-{n:03}-x2y3" for n in range(700)]


async def locks(server: Served, names: list[str]) -> list[dict[str, Any]]:
    """What is answered for each name, with the limits of posts in mind."""
    found = []
    for n, name in enumerate(names):
        phone = Phone(server.client(f"10.{n // 50}.0.1"))
        answer = await phone.ask("POST", "/v1/prelogin", {"login": name})
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["kdf"])
    return found


async def made_with(server: Served, profile: KdfProfile) -> str:
    """The name of an account whose lock is of this kind, as a phone with WebAssembly or without makes it."""
    reached = Server(server.client(), server.settings.app_url)
    return (await accounts.enrol(reached, WORDS, code=CODE, profile=profile, policy=kdf.TESTS)).login


def kinds(found: list[dict[str, Any]]) -> Counter[tuple[int, int]]:
    """How often each kind of lock was answered."""
    return Counter((one["m"], one["t"]) for one in found)


@pytest.mark.parametrize("profile", [DEFAULT, FLOOR], ids=["with WebAssembly", "without"])
async def test_unknown_names_have_both_kinds_of_lock(profile: KdfProfile, tmp_path: Path) -> None:
    """Among seven hundred unknown names some have the same kind of lock: seeing it proves nothing."""
    async with served(tmp_path) as server:
        login = await made_with(server, profile)
        (known,) = await locks(server, [login])
        unknown = await locks(server, NAMES)
        assert kinds(unknown)[known["m"], known["t"]] > 0
        assert {tuple(sorted(one)) for one in unknown} == {tuple(sorted(known))}
        assert len({one["salt"] for one in unknown}) == len(NAMES)
        # The usual kind is the usual one.
        assert kinds(unknown).most_common(1)[0][0] == (DEFAULT.m, DEFAULT.t)


async def test_a_name_always_gets_the_same_response(tmp_path: Path) -> None:
    """Again, from elsewhere, after accounts of the rarer kind were made, and after a restart; elsewhere it is another draw."""
    async with served(tmp_path / "one") as server:
        before = await locks(server, NAMES)
        for _ in range(3):
            await made_with(server, FLOOR)
        assert await locks(server, NAMES) == before
    async with served(tmp_path / "one") as server:
        assert await locks(server, NAMES) == before
    async with served(tmp_path / "two") as server:
        elsewhere = await locks(server, NAMES)
        assert [(one["m"], one["t"]) for one in elsewhere] != [(one["m"], one["t"]) for one in before]
