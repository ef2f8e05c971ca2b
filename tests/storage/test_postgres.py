"""PostgreSQL: the same promises with several workers, and a database that may go away and come back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tortoise.context import TortoiseContext
from tortoise.utils import get_schema_sql

from diary import config
from diary.encoding import parse, read_frames, unb64
from diary.errors import BadSetting, Conflict, Unavailable
from diary.ledger import heads
from diary.storage import database
from diary.storage.postgres.address import check, credentials
from diary.storage.postgres.writer import PostgresWriter, numbered
from diary.storage.writer import Hand
from tests.keepers import Keeper, enrol, served
from tests.postgres import Postgres, postgres_server, rows_of
from tests.storage.adding import adder

pytestmark = pytest.mark.whole

ACCOUNT = bytes(range(16))


@pytest.fixture
async def url(postgres: Postgres) -> str:
    """A database with one table."""
    made = postgres.empty()
    await rows_of(made, "CREATE TABLE t (n BIGINT PRIMARY KEY)")
    return made


@pytest.fixture
async def writer(url: str) -> AsyncIterator[PostgresWriter]:
    """A writer at work."""
    made = PostgresWriter(url)
    made.start()
    yield made
    await made.stop()


async def numbers(url: str) -> list[int]:
    """What is in the table."""
    return [n for (n,) in await rows_of(url, "SELECT n FROM t ORDER BY n")]


async def test_jobs_share_commits_and_keep_their_order(writer: PostgresWriter, url: str) -> None:
    """A hundred at once give a hundred rows; each answer is its own job's."""
    assert await asyncio.gather(*(writer.run(adder(n), of=ACCOUNT) for n in range(100))) == list(range(100))
    assert await numbers(url) == list(range(100))


async def test_a_job_that_fails_takes_nobody_with_it(writer: PostgresWriter, url: str) -> None:
    """What it wrote is gone, its neighbours' rows stay, a statement the database refuses is Unavailable."""

    def fails(hand: Hand) -> None:
        hand.execute("INSERT INTO t VALUES (?)", (7,))
        raise Conflict

    jobs = [adder(1), fails, adder(2), adder(1), adder(3), lambda hand: hand.execute("SELECT nothing FROM t")]
    answers = await asyncio.gather(*(writer.run(job) for job in jobs), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, Conflict, int, Unavailable, int, Unavailable]
    assert await numbers(url) == [1, 2, 3]


async def test_jobs_of_one_account_never_run_at_once(url: str) -> None:
    """Two workers that read, wait and then write never lose a step; without an account's lock they would."""
    await rows_of(url, "INSERT INTO t VALUES (0)")

    def step(hand: Hand) -> None:
        (n,) = hand.execute("SELECT n FROM t").fetchone()
        hand.execute("SELECT pg_sleep(0.002)")
        hand.execute("UPDATE t SET n = ?", (n + 1,))

    workers = [PostgresWriter(url) for _ in range(2)]
    for worker in workers:
        worker.start()
    for of in (ACCOUNT, None):
        await asyncio.gather(*(worker.run(step, of=of) for _ in range(40) for worker in workers))
    for worker in workers:
        await worker.stop()
    assert await numbers(url) == [160]


async def test_batches_that_lock_many_accounts_never_wait_for_each_other(url: str) -> None:
    """Accounts in turns, in opposite orders, on two workers: every job is done, none Unavailable."""
    workers = [PostgresWriter(url) for _ in range(2)]
    for worker in workers:
        worker.start()
    accounts = [bytes([n]) * 16 for n in range(1, 200)]
    jobs = [(0, n, one) for n, one in enumerate(accounts)] + [
        (1, 1000 + n, one) for n, one in enumerate(reversed(accounts))
    ]
    await asyncio.gather(*(workers[at].run(adder(n), of=one) for at, n, one in jobs))
    for worker in workers:
        await worker.stop()
    assert len(await numbers(url)) == 398


async def test_after_stop_nothing_is_taken(url: str) -> None:
    """What was queued is finished first."""
    writer = PostgresWriter(url)
    writer.start()
    waiting = [asyncio.ensure_future(writer.run(adder(n))) for n in range(10)]
    await asyncio.sleep(0)
    await writer.stop()
    await asyncio.gather(*waiting)
    assert await numbers(url) == list(range(10))
    with pytest.raises(Unavailable):
        await writer.run(adder(11))


async def test_a_database_that_was_restarted_is_found_again() -> None:
    """Killed and started: what is asked meanwhile is refused with 503, afterwards everything acknowledged is there."""
    with postgres_server() as own:
        url = own.empty()
        await rows_of(url, "CREATE TABLE t (n BIGINT PRIMARY KEY)")
        writer = PostgresWriter(url)
        writer.start()
        await writer.run(adder(1))
        await asyncio.to_thread(own.stop, signal.SIGQUIT)
        for n in (2, 3):
            with pytest.raises(Unavailable):
                await writer.run(adder(n))
        await asyncio.to_thread(own.start)
        assert await writer.run(adder(4)) == 4
        await writer.stop()
        assert await numbers(url) == [1, 4]


async def test_a_server_outlives_its_database(tmp_path: Path) -> None:
    """Requests while PostgreSQL is away are 503 unavailable, never 500; then push, feed and sign-in go on."""
    with postgres_server() as own:
        async with served(tmp_path, DIARY_DATABASE_URL=own.fresh()) as server:
            keeper = await enrol(server)
            assert (await keeper.push("before")).status_code == 201
            await asyncio.to_thread(own.stop, signal.SIGQUIT)
            path, body = keeper.seal("meanwhile")
            for method, where, sent in (
                ("PUT", path, body),
                ("GET", keeper.diary + "/changes", None),
                ("GET", "/v1/session", None),
                ("POST", "/v1/prelogin", {"login": keeper.identity.login}),
            ):
                answer = await keeper.ask(method, where, sent)
                assert (answer.status_code, answer.json()["error"]) == (503, "unavailable"), where
            await asyncio.to_thread(own.start)
            assert (await keeper.ask("PUT", path, body)).status_code == 201
            feed = read_frames((await keeper.ask("GET", keeper.diary + "/changes")).content)
            assert len(feed) == 3
            assert (await keeper.ask("POST", "/v1/prelogin", {"login": keeper.identity.login})).status_code == 200


async def test_two_workers_write_one_diary(tmp_path: Path, postgres: Postgres) -> None:
    """Sixty pushes through two servers over one database: numbers are dense, and one chain of heads joins them."""
    setting = {"DIARY_DATABASE_URL": postgres.fresh()}
    async with served(tmp_path, **setting) as one, served(tmp_path, **setting) as two:
        keeper = await enrol(one)
        sealed = [keeper.seal(f"Number {n}") for n in range(60)]
        ways = [keeper, replace(keeper, client=two.client())]
        answers = await asyncio.gather(*(ways[n % 2].ask("PUT", path, body) for n, (path, body) in enumerate(sealed)))
        assert [answer.status_code for answer in answers] == [201] * 60
        assert sorted(parse(answer.content)["seq"] for answer in answers) == list(range(1, 61))  # type: ignore[index]
        again = await asyncio.gather(*(ways[1 - n % 2].ask("PUT", *sealed[n]) for n in range(60)))
        assert [(one.status_code, one.content) for one in again] == [(200, one.content) for one in answers]
        await _follow(keeper)
        # Signed out at one, signed out at the other.
        assert (await ways[1].ask("DELETE", "/v1/session")).status_code == 204
        assert (await keeper.ask("GET", "/v1/session")).status_code == 401


async def _follow(keeper: Keeper) -> None:
    """Compute the head over the feed and compare it with the signed one."""
    first, *rest = read_frames((await keeper.ask("GET", keeper.diary + "/changes")).content, at_most=501)
    head = heads.FIRST
    for frame in rest:
        facts = parse(read_frames(frame)[0])
        assert isinstance(facts, dict)
        env = facts["receipt"]["env"]
        place = {"record": facts["record"], "version": facts["version"]}
        head = heads.next_head(head, seq=facts["seq"], c=facts["c"], env=env, **place)
    assert unb64(parse(first)["head"]["head"]) == head  # type: ignore[index,call-overload]


async def test_the_migrations_make_the_models_tables(postgres: Postgres) -> None:
    """Column by column and index by index, as over SQLite; and two hosts may migrate at once."""
    made, wanted = postgres.empty(), postgres.empty()
    settings = config.load({"DIARY_DATABASE_URL": made})
    await asyncio.gather(database.migrate(settings), database.migrate(settings))
    async with TortoiseContext() as context:
        await context.init(config=database._config(wanted))
        client = context.connections.get("default")
        await client.execute_script(get_schema_sql(client, safe=False))
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name NOT LIKE 'tortoise%' ORDER BY 1, 2"
    )
    indexes = (
        # In the index's own order: columns that came by a migration stand elsewhere in the table.
        "SELECT c.relname, i.indisunique,"
        " array_agg(CAST(a.attname AS TEXT) ORDER BY array_position(CAST(i.indkey AS int2[]), a.attnum)) FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace s ON s.oid = c.relnamespace AND s.nspname = 'public'"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
        " WHERE c.relname NOT LIKE 'tortoise%' GROUP BY i.indexrelid, c.relname, i.indisunique ORDER BY 1, 2, 3"
    )
    for sql in (columns, indexes):
        assert await rows_of(made, sql) == await rows_of(wanted, sql)


async def test_a_database_that_is_behind_or_away_is_not_served(postgres: Postgres) -> None:
    """The server says what is wrong, and never the address with its password."""
    for url, words in (
        (postgres.empty(), "migrate"),
        ("postgres://keeper:SECRET@/none?host=/nowhere", "cannot be reached"),
        ("postgres://keeper:SECRET@127.0.0.1:1/none", "cannot be reached"),
    ):
        settings = config.load({"DIARY_DATABASE_URL": url})
        assert "SECRET" not in repr(settings)
        with pytest.raises(BadSetting, match=words) as told:
            async with database.opened(settings):
                pass
        assert "SECRET" not in str(told.value)


def test_addresses_and_statements() -> None:
    """What an address says reaches the library; `?` becomes `$1`, `?2` stays the second."""
    found = credentials("postgres://an%40a:p%2Fw@db.example:6000/kept?sslmode=require")
    wanted = {
        "host": "db.example",
        "port": 6000,
        "user": "an@a",
        "password": "p/w",
        "database": "kept",
        "ssl": "require",
    }
    assert wanted.items() <= found.items()
    assert credentials("postgres://me@/kept?host=/run/pg")["host"] == "/run/pg"
    for bad in ("postgres://host", "mysql://host/kept", "postgres://host/"):
        with pytest.raises(BadSetting):
            check(bad)
    assert numbered("SELECT ? WHERE a = ? AND b = ?") == "SELECT $1 WHERE a = $2 AND b = $3"
    assert numbered("SELECT ?2 WHERE a = ?1") == "SELECT $2 WHERE a = $1"
