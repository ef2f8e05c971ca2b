"""Counts that workers share in a real Redis, and what happens when it is away."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from redis import Redis

from diary.clock import FixedClock
from diary.encoding import b64
from diary.errors import BadSetting, TryLater, Unavailable
from diary.services.accounts.throttle import FAILURES, FAILURES_BY_NAME, Bound, counted
from diary.services.operations.limit_store import is_shared, open_counts
from tests.keepers import NOON, enrol, served, sign_in_body
from tests.redis_server import RedisServer, redis_server

pytestmark = pytest.mark.whole

HOUR = 3_600_000
_NAMES = count(1)


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands."""
    return FixedClock(NOON)


@pytest.fixture
def name() -> str:
    """A name nobody has counted under."""
    return f"name {next(_NAMES)}"


async def test_ten_wrong_guesses_an_hour_over_all_workers(redis: RedisServer, clock: FixedClock, name: str) -> None:
    """Two workers let in ten together, tell the eleventh to wait longer each time, and forget after an hour."""
    async with open_counts(redis.url, clock) as (_, one), open_counts(redis.url, clock) as (_, two):
        for n in range(FAILURES):
            await (one, two)[n % 2].enter(name)
        waits = []
        for guard in (one, two, one):
            with pytest.raises(TryLater) as told:
                await guard.enter(name)
            waits.append(told.value.retry_after)
        assert waits == [60, 120, 240]
        await two.enter(name + " of somebody else")
        clock.advance(HOUR)
        await one.enter(name)


async def test_a_try_that_turned_out_well_does_not_count(redis: RedisServer, clock: FixedClock, name: str) -> None:
    """Only its own is taken back, wherever it was counted."""
    async with open_counts(redis.url, clock) as (_, one), open_counts(redis.url, clock) as (_, two):
        for _ in range(FAILURES - 1):
            await one.enter(name)
        for _ in range(30):
            await two.leave(name, await two.enter(name))
        await one.enter(name)
        with pytest.raises(TryLater):
            await two.enter(name)


async def test_a_bound_of_a_hundred_is_shared_too(redis: RedisServer, clock: FixedClock, name: str) -> None:
    """Two workers let in a hundred together under one key, ten under another, and count under neither when one is full."""
    async with open_counts(redis.url, clock) as (_, one), open_counts(redis.url, clock) as (_, two):
        for n in range(FAILURES_BY_NAME // FAILURES):
            for _ in range(FAILURES):
                with pytest.raises(ValueError, match="wrong"):
                    async with counted((one, two)[n % 2], Bound((name, n)), Bound(name, FAILURES_BY_NAME)):
                        raise ValueError("wrong")
        with pytest.raises(TryLater):
            async with counted(one, Bound((name, "new")), Bound(name, FAILURES_BY_NAME)):
                raise AssertionError("let in")
        for _ in range(FAILURES):
            await two.enter((name, "new"))


async def test_a_clock_set_back_does_not_lock_anybody_out(redis: RedisServer, clock: FixedClock, name: str) -> None:
    """Failures from a time that has not come yet are forgotten."""
    async with open_counts(redis.url, clock) as (_, guard):
        for _ in range(FAILURES):
            await guard.enter(name)
        clock.advance(-10 * HOUR)
        await guard.enter(name)


async def test_requests_are_counted_over_all_workers(redis: RedisServer, tmp_path: Path) -> None:
    """300 open posts a minute from one network, through whichever worker."""
    setting = {"DIARY_COUNTS_URL": redis.url}
    async with served(tmp_path, **setting) as one, served(tmp_path, **setting) as two:
        keeper = await enrol(one, "192.0.2.77")
        codes = []
        for n in range(302):
            client = (one, two)[n % 2].client("192.0.2.77")
            headers = {"X-Requested-By": "app", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
            codes.append((await client.post("/v1/names", content=b"{}", headers=headers)).status_code)
        assert 200 in codes and codes[-1] == 429 and codes.count(200) <= 300
        assert (await keeper.push()).status_code == 201


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """One that a test may stop."""
    with redis_server() as made:
        yield made


async def test_without_redis_the_signed_in_go_on_and_nobody_guesses(own_redis: RedisServer, tmp_path: Path) -> None:
    """Pushing works, signing in is 503 and not an unlimited number of tries; back again, it works."""
    async with served(tmp_path, DIARY_COUNTS_URL=own_redis.url) as server:
        keeper = await enrol(server)
        own_redis.stop()
        assert (await keeper.push()).status_code == 201
        for proof in (keeper.proof, b64(bytes(32))):
            answer = await keeper.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, proof))
            assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
        own_redis.start()
        answer = await keeper.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
        assert answer.status_code == 200


async def test_a_count_that_cannot_be_kept_is_no_permission(own_redis: RedisServer, clock: FixedClock) -> None:
    """A guard without its Redis raises; it never lets a try through uncounted."""
    async with open_counts(own_redis.url, clock) as (counts, guard):
        own_redis.stop()
        assert counts is not None and await counts.hit(60, "x") is None
        with pytest.raises(Unavailable):
            await guard.enter("name")


async def test_redis_holds_no_id_no_name_and_no_address(own_redis: RedisServer, tmp_path: Path) -> None:
    """Whoever reads all of it, keys and values, finds nothing that the database or an answer names."""
    async with served(tmp_path, DIARY_COUNTS_URL=own_redis.url) as server:
        keeper = await enrol(server, "192.0.2.77")
        await keeper.push("He waited outside.")
        await keeper.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, b64(bytes(32))))
        with Redis.from_url(own_redis.url) as redis:
            held = [bytes(key) for key in redis.keys("*")]
            held += [bytes(one) for key in held if redis.type(key) == b"zset" for one in redis.zrange(key, 0, -1)]
            held += [bytes(redis.get(key) or b"") for key in held if redis.type(key) == b"string"]
        ids = [
            bytes(row[0]) for table in ("session", "account", "diary") for row in server.rows(f"SELECT id FROM {table}")
        ]
        names = [
            keeper.identity.login.encode(),
            b"192.0.2.77",
            *(one.hex().encode() for one in ids),
            *(b64(one).encode() for one in ids),
        ]
        assert len(held) > 4
        assert [name for name in names if any(name in one for one in held)] == []


def test_only_addresses_of_redis_are_taken() -> None:
    """Anything else is said at the start, without repeating it."""
    assert is_shared("redis://host:6379/0") and is_shared("rediss://host") and not is_shared("memory")
    with pytest.raises(BadSetting):
        is_shared("memcached://host")
