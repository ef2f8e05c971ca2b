"""The duration of a refusal does not reveal its reason: times are compared by the Kolmogorov–Smirnov test.

Each kind of refusal is requested repeatedly, in a new random order each round, so that other load affects all of them.
An unknown name is tried as often as a known one: a new name at each try would take longer to count and to draw, which
hides that it is looked up sooner.
A usable difference would show within the number of tries made here; a random one does not.
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
from tests.server_fixture import InProcessServer, Phone, new_device_sign_in_body, register_keeper, running_server
from tests.web.test_handovers import DAY_MS, leave_handover, make_handover, officer_phone

pytestmark = pytest.mark.timed

HOUR_MS = 3_600_000
# For each kind. Equal distributions differ by more than this once in ten thousand pairs.
TRIES_PER_KIND = 240
DISTINGUISHABLE_DISTANCE = math.sqrt(-math.log(1e-4 / 2) / 2) * math.sqrt(2 / TRIES_PER_KIND)
# As a share of the fastest refusal's time. On a quiet machine without a network even one more row read shows: about
# five of three hundred microseconds. Ten tries an hour are allowed per name, and a network's own variation is a hundred
# times larger, so a difference of this size would take years to measure.
SMALLEST_DIFFERENCE = 0.05
# Ten tries per hour are allowed for one name.
TRIES_BEFORE_WAIT = 9
RequestAttempt = Callable[[Phone], Awaitable[httpx.Response]]


def ks_distance(first_times: list[float], second_times: list[float]) -> float:
    """Return the Kolmogorov–Smirnov distance of two empirical distributions, 0 to 1."""
    left, right = sorted(first_times), sorted(second_times)
    places = left + right
    return max(abs(bisect.bisect(left, at) / len(left) - bisect.bisect(right, at) / len(right)) for at in places)


async def measure_times(
    server: InProcessServer,
    kinds: Mapping[str, RequestAttempt],
    status: int,
    person: Callable[[InProcessServer, str], Phone] = officer_phone,
) -> dict[str, list[float]]:
    """Return the seconds of each try, by kind. Each comes from its own network, in a new order each time."""
    times_by_kind: dict[str, list[float]] = {kind: [] for kind in kinds}
    addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count(1))
    gc.collect()
    gc.disable()
    try:
        for turn in range(TRIES_PER_KIND + TRIES_BEFORE_WAIT):
            if turn % TRIES_BEFORE_WAIT == 0:
                server.clock.advance(HOUR_MS + 1)
            for kind, attempt in random.sample(list(kinds.items()), len(kinds)):
                phone = person(server, next(addresses))
                request = attempt(phone)
                started_at = time.perf_counter()
                answer = await request
                elapsed = time.perf_counter() - started_at
                assert answer.status_code == status, kind
                # The first tries fill caches.
                if turn >= TRIES_BEFORE_WAIT:
                    times_by_kind[kind].append(elapsed)
    finally:
        gc.enable()
    return times_by_kind


async def always_distinguishable(*arguments: Any) -> set[tuple[str, str]]:
    """Return the pairs that three measurements in a row distinguish; called as `measure_times` is.

    A real difference shows every time; a temporary load does not.
    """
    pairs = set(distinguishable_pairs(await measure_times(*arguments)))
    for _ in range(2):
        if pairs:
            pairs &= set(distinguishable_pairs(await measure_times(*arguments)))
    return pairs


def distinguishable_pairs(times_by_kind: Mapping[str, list[float]]) -> dict[tuple[str, str], float]:
    """Return every pair of kinds that the times distinguish."""
    pairs = {
        (first_kind, second_kind): ks_distance(times_by_kind[first_kind], times_by_kind[second_kind])
        for first_kind, second_kind in itertools.combinations(times_by_kind, 2)
    }
    print(
        {kind: f"{statistics.median(durations) * 1e6:.0f} µs" for kind, durations in times_by_kind.items()},
        f"told apart above {DISTINGUISHABLE_DISTANCE:.3f}:",
    )
    print({pair: round(pair_distance, 3) for pair, pair_distance in pairs.items()})
    middle = {kind: statistics.median(durations) for kind, durations in times_by_kind.items()}
    threshold = SMALLEST_DIFFERENCE * min(middle.values())
    return {
        (first_kind, second_kind): pair_distance
        for (first_kind, second_kind), pair_distance in pairs.items()
        if pair_distance > DISTINGUISHABLE_DISTANCE and abs(middle[first_kind] - middle[second_kind]) > threshold
    }


def opening_attempt(opening_body: Mapping[str, object]) -> RequestAttempt:
    """Return a try to open a handover."""
    return lambda phone: phone.request("POST", "/v1/handover/openings", opening_body)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[InProcessServer]:
    """Run a separate server."""
    async with running_server(tmp_path) as running:
        yield running


@pytest.fixture
async def refused_attempts(server: InProcessServer) -> dict[str, RequestAttempt]:
    """Return a try for every kind of refusal. Words are right unless they are the fault."""
    keeper = await register_keeper(server)
    expired = await leave_handover(keeper)
    server.clock.advance(14 * DAY_MS)
    standing, ended, used, incomplete = (
        await leave_handover(keeper),
        await leave_handover(keeper),
        await leave_handover(keeper),
        make_handover(b"half"),
    )
    body = {
        "diary": keeper.identity.diary,
        "handover": incomplete.handover,
        "kdf": incomplete.kdf,
        **incomplete.opening_body,
    }
    body |= {"parts": len(incomplete.sealed_parts), "size": sum(map(len, incomplete.sealed_parts))}
    await keeper.request("POST", "/v1/handovers", body, x_proof=keeper.proof)
    await keeper.request("DELETE", f"/v1/handovers/{ended.handover}", x_proof=keeper.proof)
    for n in range(5):
        assert (
            await officer_phone(server, f"198.51.100.{n}").request("POST", "/v1/handover/openings", used.opening_body)
        ).status_code == 200

    opening_bodies = {
        "ended": ended.opening_body,
        "expired": expired.opening_body,
        "sixth": used.opening_body,
        "half": incomplete.opening_body,
    }
    opening_bodies["wrong"] = standing.opening_body | {"auth": b64(os.urandom(32))}
    opening_bodies["unknown"] = {"name": b64(os.urandom(16)), "auth": b64(os.urandom(32))}
    return {kind: opening_attempt(one) for kind, one in opening_bodies.items()}


async def test_no_refusal_of_a_handover_is_told_by_its_time(
    server: InProcessServer, refused_attempts: dict[str, RequestAttempt]
) -> None:
    """Wrong and unknown words, an ended, expired or incomplete handover, and the sixth opening take the same time."""
    assert await always_distinguishable(server, refused_attempts, 401) == set()


async def test_no_salt_is_told_by_its_time(server: InProcessServer) -> None:
    """An existing handover, an ended one and an unknown name take the same time."""
    keeper = await register_keeper(server)
    standing, ended = await leave_handover(keeper), await leave_handover(keeper)
    await keeper.request("DELETE", f"/v1/handovers/{ended.handover}", x_proof=keeper.proof)

    names = {
        "standing": standing.opening_body["name"],
        "ended": ended.opening_body["name"],
        "unknown": b64(os.urandom(16)),
    }

    def ask_for_salt(name: object) -> RequestAttempt:
        return lambda phone: phone.request("POST", "/v1/handover/salt", {"name": name})

    kinds = {kind: ask_for_salt(name) for kind, name in names.items()}
    assert await always_distinguishable(server, kinds, 200) == set()


@pytest.mark.parametrize(
    ("path", "more", "status"), [("sessions", "auth", 401), ("recoveries", "code_auth", 401), ("prelogin", "", 200)]
)
async def test_no_sign_in_name_is_told_by_its_time(server: InProcessServer, path: str, more: str, status: int) -> None:
    """A known name and unknown ones take the same time, with wrong words, a wrong code, and before either."""
    keeper = await register_keeper(server)

    known = keeper.identity.login

    def ask_about(login: str) -> RequestAttempt:
        extra_fields = {more: b64(bytes(32))} if more else {}
        return lambda phone: phone.request(
            "POST", f"/v1/{path}", new_device_sign_in_body(login, b64(bytes(32))) | extra_fields
        )

    # Of the same length: a longer name takes longer to read.
    kinds = {"known": ask_about(known), "unknown": ask_about("nobody-here".ljust(len(known), "x")[: len(known)])}
    assert (
        await always_distinguishable(server, kinds, status, lambda server, at: Phone(server.http_client(at))) == set()
    )


async def test_a_difference_is_seen(
    server: InProcessServer, refused_attempts: dict[str, RequestAttempt], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that answers unknown words half a millisecond sooner is detected by the same measure."""
    find = stored.find_by_name

    async def slower(db: Any, mac: bytes) -> object:
        row = await find(db, mac)
        if row is not None:
            await asyncio.sleep(0.0005)
        return row

    monkeypatch.setattr(stored, "find_by_name", slower)
    distinguished = await always_distinguishable(
        server, {kind: refused_attempts[kind] for kind in ("wrong", "unknown")}, 401
    )
    assert ("wrong", "unknown") in distinguished
