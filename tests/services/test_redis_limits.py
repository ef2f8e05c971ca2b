"""Counters that workers share in a real Redis, and the behaviour when it is unavailable."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from redis import Redis

from diary.clock import FixedClock
from diary.encoding import b64
from diary.errors import BadSetting, TooManyRequests, Unavailable
from diary.services.accounts.throttle import FAILURES_LIMIT, FAILURES_PER_NAME_LIMIT, AttemptLimit, limit_attempts
from diary.services.operations.limit_store import is_redis_url, open_limit_stores
from tests.redis_server import RedisServer, running_redis
from tests.server_fixture import NOON_MS, new_device_sign_in_body, register_keeper, running_server

pytestmark = pytest.mark.whole

HOUR_MS = 3_600_000
_NAME_NUMBERS = count(1)


@pytest.fixture
def clock() -> FixedClock:
    """Return a clock that stands still."""
    return FixedClock(NOON_MS)


@pytest.fixture
def unused_name() -> str:
    """Return an unused name."""
    return f"name {next(_NAME_NUMBERS)}"


async def test_ten_wrong_guesses_an_hour_over_all_workers(
    redis: RedisServer, clock: FixedClock, unused_name: str
) -> None:
    """Two workers accept ten wrong guesses together, delay further ones more each time, and forget after an hour."""
    async with (
        open_limit_stores(redis.url, clock) as (_, first_worker),
        open_limit_stores(redis.url, clock) as (_, second_worker),
    ):
        for n in range(FAILURES_LIMIT):
            await (first_worker, second_worker)[n % 2].begin_attempt(unused_name)
        waits = []
        for guard in (first_worker, second_worker, first_worker):
            with pytest.raises(TooManyRequests) as refusal:
                await guard.begin_attempt(unused_name)
            waits.append(refusal.value.retry_after_seconds)
        assert waits == [60, 120, 240]
        await second_worker.begin_attempt(unused_name + " of somebody else")
        clock.advance(HOUR_MS)
        await first_worker.begin_attempt(unused_name)


async def test_a_successful_try_is_not_counted(redis: RedisServer, clock: FixedClock, unused_name: str) -> None:
    """A successful try removes only its own count, on any worker."""
    async with (
        open_limit_stores(redis.url, clock) as (_, first_worker),
        open_limit_stores(redis.url, clock) as (_, second_worker),
    ):
        for _ in range(FAILURES_LIMIT - 1):
            await first_worker.begin_attempt(unused_name)
        for _ in range(30):
            await second_worker.forgive_attempt(unused_name, await second_worker.begin_attempt(unused_name))
        await first_worker.begin_attempt(unused_name)
        with pytest.raises(TooManyRequests):
            await second_worker.begin_attempt(unused_name)


async def test_a_bound_of_a_hundred_is_shared_too(redis: RedisServer, clock: FixedClock, unused_name: str) -> None:
    """Two workers accept a hundred under one key and ten under another, and count under neither when one is full."""
    async with (
        open_limit_stores(redis.url, clock) as (_, first_worker),
        open_limit_stores(redis.url, clock) as (_, second_worker),
    ):
        for n in range(FAILURES_PER_NAME_LIMIT // FAILURES_LIMIT):
            for _ in range(FAILURES_LIMIT):
                with pytest.raises(ValueError, match="wrong"):
                    async with limit_attempts(
                        (first_worker, second_worker)[n % 2],
                        AttemptLimit((unused_name, n)),
                        AttemptLimit(unused_name, FAILURES_PER_NAME_LIMIT),
                    ):
                        raise ValueError("wrong")
        with pytest.raises(TooManyRequests):
            async with limit_attempts(
                first_worker, AttemptLimit((unused_name, "new")), AttemptLimit(unused_name, FAILURES_PER_NAME_LIMIT)
            ):
                raise AssertionError("let in")
        for _ in range(FAILURES_LIMIT):
            await second_worker.begin_attempt((unused_name, "new"))


async def test_a_clock_set_back_does_not_lock_anybody_out(
    redis: RedisServer, clock: FixedClock, unused_name: str
) -> None:
    """Failures with a future time are forgotten."""
    async with open_limit_stores(redis.url, clock) as (_, guard):
        for _ in range(FAILURES_LIMIT):
            await guard.begin_attempt(unused_name)
        clock.advance(-10 * HOUR_MS)
        await guard.begin_attempt(unused_name)


async def test_requests_are_counted_over_all_workers(redis: RedisServer, tmp_path: Path) -> None:
    """A network may send 300 anonymous posts a minute, over all workers together."""
    setting = {"DIARY_COUNTS_URL": redis.url}
    async with (
        running_server(tmp_path, **setting) as first_worker,
        running_server(tmp_path, **setting) as second_worker,
    ):
        keeper = await register_keeper(first_worker, "192.0.2.77")
        codes = []
        for n in range(302):
            client = (first_worker, second_worker)[n % 2].http_client("192.0.2.77")
            headers = {"X-Requested-By": "app", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
            codes.append((await client.post("/v1/names", content=b"{}", headers=headers)).status_code)
        assert 200 in codes and codes[-1] == 429 and codes.count(200) <= 300
        assert (await keeper.push()).status_code == 201


@pytest.fixture
def stoppable_redis() -> Iterator[RedisServer]:
    """Run a Redis that a test may stop."""
    with running_redis() as redis_server:
        yield redis_server


async def test_without_redis_the_signed_in_go_on_and_nobody_guesses(
    stoppable_redis: RedisServer, tmp_path: Path
) -> None:
    """Without Redis pushing works and signing in gives 503, never unlimited tries; afterwards it works again."""
    async with running_server(tmp_path, DIARY_COUNTS_URL=stoppable_redis.url) as server:
        keeper = await register_keeper(server)
        stoppable_redis.stop()
        assert (await keeper.push()).status_code == 201
        for proof in (keeper.proof, b64(bytes(32))):
            answer = await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, proof))
            assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
        stoppable_redis.start()
        answer = await keeper.request(
            "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof)
        )
        assert answer.status_code == 200


async def test_a_count_that_cannot_be_kept_is_no_permission(stoppable_redis: RedisServer, clock: FixedClock) -> None:
    """Without Redis a guard raises an error, and never accepts a try uncounted."""
    async with open_limit_stores(stoppable_redis.url, clock) as (counts, guard):
        stoppable_redis.stop()
        assert counts is not None and await counts.hit(60, "x") is None
        with pytest.raises(Unavailable):
            await guard.begin_attempt("name")


async def test_redis_holds_no_id_no_name_and_no_address(stoppable_redis: RedisServer, tmp_path: Path) -> None:
    """No key and no value in Redis appears in the database or in an answer."""
    async with running_server(tmp_path, DIARY_COUNTS_URL=stoppable_redis.url) as server:
        keeper = await register_keeper(server, "192.0.2.77")
        await keeper.push("He waited outside.")
        await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, b64(bytes(32))))
        with Redis.from_url(stoppable_redis.url) as redis:
            stored_keys = [bytes(key) for key in redis.keys("*")]
            stored_keys += [
                bytes(member)
                for key in stored_keys
                if redis.type(key) == b"zset"
                for member in redis.zrange(key, 0, -1)
            ]
            stored_keys += [bytes(redis.get(key) or b"") for key in stored_keys if redis.type(key) == b"string"]
        ids = [
            bytes(row[0])
            for table in ("session", "account", "diary")
            for row in server.query(f"SELECT id FROM {table}")
        ]
        names = [
            keeper.identity.login.encode(),
            b"192.0.2.77",
            *(member.hex().encode() for member in ids),
            *(b64(member).encode() for member in ids),
        ]
        assert len(stored_keys) > 4
        assert [name for name in names if any(name in member for member in stored_keys)] == []


def test_only_addresses_of_redis_are_taken() -> None:
    """Other addresses are refused at start, without being repeated."""
    assert is_redis_url("redis://host:6379/0") and is_redis_url("rediss://host") and not is_redis_url("memory")
    with pytest.raises(BadSetting):
        is_redis_url("memcached://host")
