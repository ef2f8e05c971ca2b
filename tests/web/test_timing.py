"""How long a refusal takes says nothing about why: distributions of times, compared by Kolmogorov and Smirnov's test.

Each kind of refusal is asked for again and again, in an order drawn anew each time, so that whatever else the machine
does falls on all of them. A difference that somebody could use would have to show in as many tries as are made here; a
made-up one does.
"""

from __future__ import annotations

import asyncio
import bisect
import gc
import itertools
import math
import os
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from diary.encoding import b64
from diary.storage.sharing import handovers as stored
from tests.keepers import Phone, Served, enrol, served, sign_in_body
from tests.web.test_handovers import DAY, leave, make, officer

pytestmark = pytest.mark.timed

HOUR = 3_600_000
# Of each kind. Two distributions that are one differ by more than APART once in ten thousand pairs.
TRIES = 240
APART = math.sqrt(-math.log(1e-4 / 2) / 2) * math.sqrt(2 / TRIES)
# Of what the quickest refusal takes. On a quiet machine, with no network between, even the reading of one row more shows: some
# five microseconds of three hundred. Against one name ten tries an hour are let through, and a network's own times vary by
# a hundred times that, so that this much would take years to see.
LEAST = 0.05
# Ten tries in an hour are let through against one name.
BEFORE_WAITING = 9
Try = Callable[[Phone], Awaitable[httpx.Response]]


def difference(one: list[float], other: list[float]) -> float:
    """Kolmogorov and Smirnov's: the most by which two empirical distributions differ, 0 to 1."""
    left, right = sorted(one), sorted(other)
    places = left + right
    return max(abs(bisect.bisect(left, at) / len(left) - bisect.bisect(right, at) / len(right)) for at in places)


async def times(
    server: Served, kinds: Mapping[str, Try], status: int, person: Callable[[Served, str], Phone] = officer
) -> dict[str, list[float]]:
    """Seconds that each try took, by kind; each from a network of its own, in a new order each time."""
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count(1))
    gc.collect()
    gc.disable()
    try:
        for turn in range(TRIES + BEFORE_WAITING):
            if turn % BEFORE_WAITING == 0:
                server.clock.advance(HOUR + 1)
            for kind, act in random.sample(list(kinds.items()), len(kinds)):
                phone = person(server, next(addresses))
                begun = time.perf_counter()
                answer = await act(phone)
                took = time.perf_counter() - begun
                assert answer.status_code == status, kind
                # The first ones fill caches.
                if turn >= BEFORE_WAITING:
                    found[kind].append(took)
    finally:
        gc.enable()
    return found


async def always_apart(*asked: Any) -> set[tuple[str, str]]:
    """The pairs that three measurements in a row tell apart; asked as `times` is.

    What the answer really tells, it tells every time; a machine that does something else for a while does not.
    """
    pairs = set(apart(await times(*asked)))
    for _ in range(2):
        if pairs:
            pairs &= set(apart(await times(*asked)))
    return pairs


def apart(found: Mapping[str, list[float]]) -> dict[tuple[str, str], float]:
    """Every pair of kinds that the times tell from one another."""
    pairs = {(one, other): difference(found[one], found[other]) for one, other in itertools.combinations(found, 2)}
    print(
        {kind: f"{statistics.median(took) * 1e6:.0f} µs" for kind, took in found.items()},
        f"told apart above {APART:.3f}:",
    )
    print({pair: round(by, 3) for pair, by in pairs.items()})
    middle = {kind: statistics.median(took) for kind, took in found.items()}
    least = LEAST * min(middle.values())
    return {
        (one, other): by
        for (one, other), by in pairs.items()
        if by > APART and abs(middle[one] - middle[other]) > least
    }


def opening(told: Mapping[str, object]) -> Try:
    """A try at a hand-over."""
    return lambda phone: phone.ask("POST", "/v1/handover/openings", told)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    """A server of its own."""
    async with served(tmp_path) as running:
        yield running


@pytest.fixture
async def refused(server: Served) -> dict[str, Try]:
    """A try of every kind that is refused. Words are right but where they are what is wrong."""
    keeper = await enrol(server)
    expired = await leave(keeper)
    server.clock.advance(14 * DAY)
    standing, ended, used, half = await leave(keeper), await leave(keeper), await leave(keeper), make(b"half")
    body = {"diary": keeper.identity.diary, "handover": half.handover, "kdf": half.kdf, **half.told}
    body |= {"parts": len(half.sealed), "size": sum(map(len, half.sealed))}
    await keeper.ask("POST", "/v1/handovers", body, x_proof=keeper.proof)
    await keeper.ask("DELETE", f"/v1/handovers/{ended.handover}", x_proof=keeper.proof)
    for n in range(5):
        assert (
            await officer(server, f"198.51.100.{n}").ask("POST", "/v1/handover/openings", used.told)
        ).status_code == 200

    def unknown(phone: Phone) -> Awaitable[httpx.Response]:
        return phone.ask("POST", "/v1/handover/openings", {"name": b64(os.urandom(16)), "auth": b64(os.urandom(32))})

    told = {"ended": ended.told, "expired": expired.told, "sixth": used.told, "half": half.told}
    told["wrong"] = standing.told | {"auth": b64(os.urandom(32))}
    return {"unknown": unknown} | {kind: opening(one) for kind, one in told.items()}


async def test_no_refusal_of_a_handover_is_told_by_its_time(server: Served, refused: dict[str, Try]) -> None:
    """Wrong words, words nobody has, ended, run out, the sixth opening, one that has not all come."""
    assert await always_apart(server, refused, 401) == set()


async def test_no_salt_is_told_by_its_time(server: Served) -> None:
    """Of a hand-over that stands, of one that ended, of a name that nothing has."""
    keeper = await enrol(server)
    standing, ended = await leave(keeper), await leave(keeper)
    await keeper.ask("DELETE", f"/v1/handovers/{ended.handover}", x_proof=keeper.proof)

    def salt(name: Callable[[], object]) -> Try:
        return lambda phone: phone.ask("POST", "/v1/handover/salt", {"name": name()})

    known = {"standing": standing.told["name"], "ended": ended.told["name"]}
    names = {kind: lambda name=name: name for kind, name in known.items()} | {"unknown": lambda: b64(os.urandom(16))}
    assert await always_apart(server, {kind: salt(name) for kind, name in names.items()}, 200) == set()


@pytest.mark.parametrize(
    ("path", "more", "status"), [("sessions", "auth", 401), ("recoveries", "code_auth", 401), ("prelogin", "", 200)]
)
async def test_no_sign_in_name_is_told_by_its_time(server: Served, path: str, more: str, status: int) -> None:
    """A name somebody has and names that nobody has, with the wrong words, the wrong code, and before either."""
    keeper = await enrol(server)

    def asks(login: Callable[[], str]) -> Try:
        given = {more: b64(bytes(32))} if more else {}
        return lambda phone: phone.ask("POST", f"/v1/{path}", sign_in_body(login(), b64(bytes(32))) | given)

    logins = (f"nobody-here-{n:06d}" for n in itertools.count())
    kinds = {"known": asks(lambda: keeper.identity.login), "unknown": asks(lambda: next(logins))}
    assert await always_apart(server, kinds, status, lambda server, at: Phone(server.client(at))) == set()


async def test_a_difference_is_seen(server: Served, refused: dict[str, Try], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same measure over a server that answers unknown words half a millisecond sooner tells them from the others."""
    find = stored.find_by_name

    async def slower(db: object, mac: bytes) -> object:
        row = await find(db, mac)  # type: ignore[arg-type]
        if row is not None:
            await asyncio.sleep(0.0005)
        return row

    monkeypatch.setattr(stored, "find_by_name", slower)
    told = await always_apart(server, {kind: refused[kind] for kind in ("wrong", "unknown")}, 401)
    assert ("wrong", "unknown") in told
