"""PostgreSQL: the same guarantees with several workers, and restarts of the database."""

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
from diary.encoding import decode_frames, unb64
from diary.errors import BadSetting, Conflict, Unavailable
from diary.ledger import heads
from diary.storage import database
from diary.storage.postgres.address import check_postgres_url, parse_credentials
from diary.storage.postgres.writer import PostgresWriter, number_placeholders
from diary.storage.writer import Transaction
from tests.postgres import PostgresServer, fetch_rows, running_postgres
from tests.server_fixture import Keeper, read_json, register_keeper, running_server
from tests.storage.add_number_job import add_number_job

pytestmark = pytest.mark.whole

ACCOUNT_ID = bytes(range(16))


@pytest.fixture
async def database_url(postgres: PostgresServer) -> str:
    """Create a database with one table."""
    created_url = postgres.create_empty_database()
    await fetch_rows(created_url, "CREATE TABLE t (n BIGINT PRIMARY KEY)")
    return created_url


@pytest.fixture
async def writer(database_url: str) -> AsyncIterator[PostgresWriter]:
    """Start a writer, and stop it after the test."""
    started_writer = PostgresWriter(database_url)
    started_writer.start()
    yield started_writer
    await started_writer.stop()


async def stored_numbers(url: str) -> list[int]:
    """Return the numbers in the table."""
    return [n for (n,) in await fetch_rows(url, "SELECT n FROM t ORDER BY n")]


async def test_jobs_share_commits_and_keep_their_order(writer: PostgresWriter, database_url: str) -> None:
    """A hundred jobs at once add a hundred rows, and each caller gets the result of its own job."""
    assert await asyncio.gather(*(writer.run(add_number_job(n), account=ACCOUNT_ID) for n in range(100))) == list(
        range(100)
    )
    assert await stored_numbers(database_url) == list(range(100))


async def test_a_failing_job_does_not_fail_its_batch(writer: PostgresWriter, database_url: str) -> None:
    """Its changes are rolled back, the other jobs' rows stay, and a statement with an error raises Unavailable."""

    def fail_job(tx: Transaction) -> None:
        tx.execute("INSERT INTO t VALUES (?)", (7,))
        raise Conflict

    jobs = [
        add_number_job(1),
        fail_job,
        add_number_job(2),
        add_number_job(1),
        add_number_job(3),
        lambda tx: tx.execute("SELECT nothing FROM t"),
    ]
    answers = await asyncio.gather(*(writer.run(job) for job in jobs), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, Conflict, int, Unavailable, int, Unavailable]
    assert await stored_numbers(database_url) == [1, 2, 3]


async def test_jobs_of_one_account_never_run_at_once(database_url: str) -> None:
    """Two workers that read, wait and then write lose no step; without the lock of the account they would."""
    await fetch_rows(database_url, "INSERT INTO t VALUES (0)")

    def step(tx: Transaction) -> None:
        (n,) = tx.execute("SELECT n FROM t").fetchone()
        tx.execute("SELECT pg_sleep(0.002)")
        tx.execute("UPDATE t SET n = ?", (n + 1,))

    workers = [PostgresWriter(database_url) for _ in range(2)]
    for worker in workers:
        worker.start()
    for account in (ACCOUNT_ID, None):
        await asyncio.gather(*(worker.run(step, account=account) for _ in range(40) for worker in workers))
    for worker in workers:
        await worker.stop()
    assert await stored_numbers(database_url) == [160]


async def test_batches_that_lock_many_accounts_never_deadlock(database_url: str) -> None:
    """Two workers lock many accounts in opposite orders: every job is committed, and none raises Unavailable."""
    workers = [PostgresWriter(database_url) for _ in range(2)]
    for worker in workers:
        worker.start()
    accounts = [bytes([n]) * 16 for n in range(1, 200)]
    jobs = [(0, n, account) for n, account in enumerate(accounts)] + [
        (1, 1000 + n, account) for n, account in enumerate(reversed(accounts))
    ]
    await asyncio.gather(*(workers[i].run(add_number_job(n), account=account) for i, n, account in jobs))
    for worker in workers:
        await worker.stop()
    assert len(await stored_numbers(database_url)) == 398


async def test_no_job_is_accepted_after_stop(database_url: str) -> None:
    """The queued jobs are finished first."""
    writer = PostgresWriter(database_url)
    writer.start()
    pending = [asyncio.ensure_future(writer.run(add_number_job(n))) for n in range(10)]
    await asyncio.sleep(0)
    await writer.stop()
    await asyncio.gather(*pending)
    assert await stored_numbers(database_url) == list(range(10))
    with pytest.raises(Unavailable):
        await writer.run(add_number_job(11))


async def test_the_writer_reconnects_after_a_database_restart() -> None:
    """Jobs raise Unavailable while the database is stopped; afterwards every acknowledged row is there."""
    with running_postgres() as own_postgres:
        url = own_postgres.create_empty_database()
        await fetch_rows(url, "CREATE TABLE t (n BIGINT PRIMARY KEY)")
        writer = PostgresWriter(url)
        writer.start()
        await writer.run(add_number_job(1))
        await asyncio.to_thread(own_postgres.stop, signal.SIGQUIT)
        for n in (2, 3):
            with pytest.raises(Unavailable):
                await writer.run(add_number_job(n))
        await asyncio.to_thread(own_postgres.start)
        assert await writer.run(add_number_job(4)) == 4
        await writer.stop()
        assert await stored_numbers(url) == [1, 4]


async def test_a_server_outlives_its_database(tmp_path: Path) -> None:
    """Requests get 503 while PostgreSQL is stopped, never 500; then push, feed and sign-in work again."""
    with running_postgres() as own_postgres:
        async with running_server(tmp_path, DIARY_DATABASE_URL=own_postgres.create_migrated_database()) as server:
            keeper = await register_keeper(server)
            assert (await keeper.push("before")).status_code == 201
            await asyncio.to_thread(own_postgres.stop, signal.SIGQUIT)
            path, body = keeper.seal("meanwhile")
            for method, where, sent in (
                ("PUT", path, body),
                ("GET", keeper.diary + "/changes", None),
                ("GET", "/v1/session", None),
                ("POST", "/v1/prelogin", {"login": keeper.identity.login}),
            ):
                answer = await keeper.request(method, where, sent)
                assert (answer.status_code, answer.json()["error"]) == (503, "unavailable"), where
            await asyncio.to_thread(own_postgres.start)
            assert (await keeper.request("PUT", path, body)).status_code == 201
            feed = decode_frames((await keeper.request("GET", keeper.diary + "/changes")).content)
            assert len(feed) == 3
            assert (await keeper.request("POST", "/v1/prelogin", {"login": keeper.identity.login})).status_code == 200


async def test_two_workers_write_one_diary(tmp_path: Path, postgres: PostgresServer) -> None:
    """Sixty pushes through two servers over one database get dense numbers and one chain of heads."""
    setting = {"DIARY_DATABASE_URL": postgres.create_migrated_database()}
    async with (
        running_server(tmp_path, **setting) as first_worker,
        running_server(tmp_path, **setting) as second_worker,
    ):
        keeper = await register_keeper(first_worker)
        sealed = [keeper.seal(f"Number {n}") for n in range(60)]
        ways = [keeper, replace(keeper, client=second_worker.http_client())]
        answers = await asyncio.gather(
            *(ways[n % 2].request("PUT", path, body) for n, (path, body) in enumerate(sealed))
        )
        assert [answer.status_code for answer in answers] == [201] * 60
        assert sorted(read_json(answer.content)["seq"] for answer in answers) == list(range(1, 61))
        second_answers = await asyncio.gather(*(ways[1 - n % 2].request("PUT", *sealed[n]) for n in range(60)))
        assert [(first_worker.status_code, first_worker.content) for first_worker in second_answers] == [
            (200, first_worker.content) for first_worker in answers
        ]
        await verify_feed_head(keeper)
        # A sign-out at one server is valid at the other.
        assert (await ways[1].request("DELETE", "/v1/session")).status_code == 204
        assert (await keeper.request("GET", "/v1/session")).status_code == 401


async def verify_feed_head(keeper: Keeper) -> None:
    """Compute the head over the feed and compare it with the signed one."""
    first, *rest = decode_frames((await keeper.request("GET", keeper.diary + "/changes")).content, frames_limit=501)
    head = heads.INITIAL_HEAD
    for frame in rest:
        facts = read_json(decode_frames(frame)[0])
        env = facts["receipt"]["env"]
        place = {"record": facts["record"], "version": facts["version"]}
        head = heads.next_head(head, seq=facts["seq"], commitment=facts["c"], envelopes_digest=env, **place)
    assert unb64(read_json(first)["head"]["head"]) == head


async def test_the_migrations_make_the_models_tables(postgres: PostgresServer) -> None:
    """Columns and indexes are those of the models, after two migrations at the same time."""
    migrated_url, models_url = postgres.create_empty_database(), postgres.create_empty_database()
    settings = config.load_settings({"DIARY_DATABASE_URL": migrated_url})
    await asyncio.gather(database.migrate(settings), database.migrate(settings))
    async with TortoiseContext() as context:
        await context.init(config=database._tortoise_config(models_url))
        client = context.connections.get("default")
        await client.execute_script(get_schema_sql(client, safe=False))
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name NOT LIKE 'tortoise%' ORDER BY 1, 2"
    )
    indexes = (
        # In the order of the index: columns that a migration added have other positions in the table.
        "SELECT c.relname, i.indisunique,"
        " array_agg(CAST(a.attname AS TEXT) ORDER BY array_position(CAST(i.indkey AS int2[]), a.attnum)) FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace s ON s.oid = c.relnamespace AND s.nspname = 'public'"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
        " WHERE c.relname NOT LIKE 'tortoise%' GROUP BY i.indexrelid, c.relname, i.indisunique ORDER BY 1, 2, 3"
    )
    for sql in (columns, indexes):
        assert await fetch_rows(migrated_url, sql) == await fetch_rows(models_url, sql)


async def test_a_database_that_is_behind_or_away_is_not_served(postgres: PostgresServer) -> None:
    """The error says what is wrong, and does not contain the address with its password."""
    for url, words in (
        (postgres.create_empty_database(), "migrate"),
        ("postgres://keeper:SECRET@/none?host=/nowhere", "cannot be reached"),
        ("postgres://keeper:SECRET@127.0.0.1:1/none", "cannot be reached"),
    ):
        settings = config.load_settings({"DIARY_DATABASE_URL": url})
        assert "SECRET" not in repr(settings)
        with pytest.raises(BadSetting, match=words) as raised:
            async with database.open_database(settings):
                pass
        assert "SECRET" not in str(raised.value)


def test_addresses_and_statements() -> None:
    """The parts of an address become settings of the driver; `?` becomes `$1`, and `?2` becomes `$2`."""
    parsed = parse_credentials("postgres://an%40a:p%2Fw@db.example:6000/kept?sslmode=require")
    expected = {
        "host": "db.example",
        "port": 6000,
        "user": "an@a",
        "password": "p/w",
        "database": "kept",
        "ssl": "require",
    }
    assert expected.items() <= parsed.items()
    assert parse_credentials("postgres://me@/kept?host=/run/pg")["host"] == "/run/pg"
    for bad_url in ("postgres://host", "mysql://host/kept", "postgres://host/"):
        with pytest.raises(BadSetting):
            check_postgres_url(bad_url)
    assert number_placeholders("SELECT ? WHERE a = ? AND b = ?") == "SELECT $1 WHERE a = $2 AND b = $3"
    assert number_placeholders("SELECT ?2 WHERE a = ?1") == "SELECT $2 WHERE a = $1"
