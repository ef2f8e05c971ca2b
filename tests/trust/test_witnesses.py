"""Log witnesses: a program that is not ours cosigns the real log over HTTP, refuses a forked one, and everyone counts it."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from diary.crypto.signing import Notary
from diary.encoding import b64
from diary.errors import BadSetting
from diary.ledger import checkpoints, cosignatures, key_statements
from diary.ledger.cosignatures import LogWitness
from diary.services.instance import Instance
from diary.services.log import cosigning, notary_keys, sequencer
from tests.keepers import Served, served
from tests.running import kept
from tests.trust.served_pages import grown, over_http
from tests.trust.witness_program import WitnessProgram, log_vkey, new_witness, read_tiles

SEED = bytes(31) + b"\x2a"
NOTARY, NEXT, INSTANCE = Notary(SEED), Notary(bytes(31) + b"\x2b"), Notary(bytes(31) + b"\7")
MINUTE = 60_000


@asynccontextmanager
async def answering(folder: Path, **settings: str) -> AsyncIterator[Served]:
    """A server that answers on a port of this computer; its public host is that port's address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = {"DIARY_APP_URL": f"http://localhost:{port}", "DIARY_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        async with served(folder, **given, DIARY_NOTARY_KEY=b64(SEED), **settings) as server:
            running = uvicorn.Server(uvicorn.Config(server.app, lifespan="off", log_level="critical"))
            task = asyncio.create_task(running.serve(sockets=[taken]))
            try:
                yield server
            finally:
                running.should_exit = True
                await task


@pytest.fixture
def witness(tmp_path: Path) -> WitnessProgram:
    """A witness that trusts this module's notary."""
    made = new_witness(tmp_path / "witness")
    made.trusts(NOTARY.log, NOTARY.pub)
    return made


async def page(server: Served, path: str) -> bytes:
    """A public page."""
    async with httpx.AsyncClient(trust_env=False) as client:
        found = await client.get(server.settings.public_url + path)
    assert found.status_code == 200, (path, found.text)
    return found.content


async def audited(server: Served, *arguments: str | Path) -> tuple[int, str]:
    """`audit` of the running server's public pages."""
    done = await asyncio.to_thread(kept, "audit", server.settings.public_url, *arguments)
    return done.returncode, done.stdout


async def test_the_witness_cosigns_the_real_log_and_audit_counts_it(
    tmp_path: Path, witness: WitnessProgram, database_setting: dict[str, str]
) -> None:
    """Three checkpoints, each cosigned; the notes at the old addresses keep their one line."""
    key = tmp_path / "witness.vkey"
    key.write_text(witness.vkey + "\n")
    with witness.serving():
        async with answering(tmp_path / "s", DIARY_WITNESSES=str(witness.settings()), **database_setting) as server:
            await grown(server, (2, 3, 1))
            plain, joined = await page(server, "/log/checkpoint"), await page(server, "/log/checkpoint-witnessed")
            assert plain.count("\u2014 ".encode()) == 1 and joined.startswith(plain)
            assert joined.count(f"\u2014 {witness.name} ".encode()) == 1
            latest = witness.latest(NOTARY.log)
            assert latest.split(b"\n\n")[0] == plain.split(b"\n\n")[0]
            for n in range(3):
                assert (await page(server, f"/log/checkpoints/{n}")).count("\u2014 ".encode()) == 1
                assert (await page(server, f"/log/checkpoints-witnessed/{n}")).count("\u2014 ".encode()) == 2
            assert (await page(server, "/log/witnesses")).decode() == witness.vkey + "\n"
            status, said = await audited(server, "--witness", key)
            assert status == 0 and f"1 of 1 witnesses have seen the log up to 6 leaves ({witness.name})." in said
            status, said = await audited(server)
            assert status == 0 and "The server names them itself" in said
            stranger = new_witness(tmp_path / "other", "other.example")
            key.write_text(f"{witness.vkey}\n{stranger.vkey}\n")
            assert "1 of 2 witnesses" in (await audited(server, "--witness", key))[1]


async def test_a_forked_log_is_refused_by_the_witness(tmp_path: Path, witness: WitnessProgram) -> None:
    """The same notary key over another tree: no line, and the witness keeps what it was shown; the first log is unharmed."""
    settings = {"DIARY_WITNESSES": str(witness.settings())}
    with witness.serving():
        async with answering(tmp_path / "one", **settings) as server:
            await grown(server, (2,))
            seen = await page(server, "/log/checkpoint-witnessed")
        async with answering(tmp_path / "two", **settings) as server:
            await grown(server, (3, 2))
            async with httpx.AsyncClient(trust_env=False) as client:
                assert (await client.get(server.settings.public_url + "/log/checkpoint-witnessed")).status_code == 404
            assert server.rows("SELECT count(*) FROM log_cosignature WHERE line IS NOT NULL") == [(0,)]
            key = tmp_path / "witness.vkey"
            key.write_text(witness.vkey)
            assert "0 of 1 witnesses have seen this log." in (await audited(server, "--witness", key))[1]
            # Who shows the fork beside what the witness saw of the first log is found out by audit.
            wanted = ["/notary.txt", "/log/checkpoint", "/log/leaves/0"]
            wanted += [f"/log/{kind}/{n}" for n in (0, 1) for kind in ("checkpoints", "stamps")]
            pages = {path: await page(server, path) for path in wanted}
        assert witness.latest(NOTARY.log).split(b"\n\n")[0] == seen.split(b"\n\n")[0]
        assert NOTARY.log in witness.run("evidence")
    with over_http({**pages, "/log/checkpoint-witnessed": seen}) as address:
        done = await asyncio.to_thread(kept, "audit", address, "--witness", key)
    assert done.returncode == 1 and "the server shows two logs" in done.stdout


async def test_a_reader_that_is_not_ours_reads_the_tiles(tmp_path: Path, witness: WitnessProgram) -> None:
    """Over more than one full tile: checkpoint and its cosignature, and that the log only grew, out of tiles alone."""
    earlier = tmp_path / "earlier"
    with witness.serving():
        async with answering(tmp_path / "s", DIARY_WITNESSES=str(witness.settings())) as server:
            await grown(server, (3,))
            earlier.write_bytes(await page(server, "/log/checkpoint"))
            await grown(server, (258,))
            prefix, key = f"{server.settings.public_url}/log/", log_vkey(NOTARY.log, NOTARY.pub)
            assert len(await page(server, "/log/tile/0/000")) == 256 * 32
            assert len(await page(server, "/log/tile/0/001.p/5")) == 5 * 32
            assert len(await page(server, "/log/tile/1/000.p/1")) == 32
            status, found = await asyncio.to_thread(
                read_tiles, "verify-consistency", "--old-checkpoint", earlier, "--tiles", prefix, "--log-key", key
            )
            assert status == 0 and found["ok"] is True, found
            note = tmp_path / "joined"
            note.write_bytes(await page(server, "/log/checkpoint-witnessed"))
            quorum = ("--witness-key", witness.vkey, "--quorum", "1", "--note", note)
            status, found = await asyncio.to_thread(read_tiles, "verify-checkpoint", "--log-key", key, *quorum)
            assert status == 0 and found["ok"] is True, found
            async with httpx.AsyncClient(trust_env=False) as client:
                absent = "entries/000 0/002 0/001 0/001.p/6 2/000.p/1 0/x000/001 64/000 0/1 00/000 0/000.p/0"
                for path in absent.split():
                    assert (await client.get(f"{prefix}tile/{path}")).status_code == 404, path


async def test_a_witness_that_is_away_or_lies_stops_nothing(tmp_path: Path, witness: WitnessProgram) -> None:
    """Not there, or with another's line for an answer: the log is served as ever, and asked for again, and then it is there."""
    forged = checkpoints.line_text(cosignatures.cosign(NEXT, witness.name, "x\n", 5)).encode()
    async with answering(tmp_path / "s", DIARY_WITNESSES=str(witness.settings())) as server:
        await grown(server, (2,))
        instance: Instance = server.app.state.office.instance
        assert (await page(server, "/log/checkpoint")).count("\u2014 ".encode()) == 1
        assert server.rows("SELECT tries, line FROM log_cosignature") == [(1, None)]
        for answer in (forged, b"", b"\xff", forged * 17, b"x" * 70_000):
            with pytest.raises(Exception, match=r"."):
                cosigning._line(instance.witnesses[0], await page(server, "/log/checkpoint"), answer)
        with witness.serving():
            await sequencer.tend(instance)
            assert server.rows("SELECT tries FROM log_cosignature") == [(2,)]
            assert b"witness.example" in await page(server, "/log/checkpoint-witnessed")


async def test_the_end_of_a_replaced_key_must_have_been_seen(
    tmp_path: Path, witness: WitnessProgram, database_setting: dict[str, str]
) -> None:
    """The next key is a new log to a witness: audit asks for its line over the last checkpoint under the key before."""
    settings = {"DIARY_WITNESSES": str(witness.settings())}
    key = tmp_path / "witness.vkey"
    key.write_text(witness.vkey)
    async with served(tmp_path, DIARY_NOTARY_KEY=b64(SEED), **database_setting) as server:
        await grown(server, (2,))
        told = [key_statements.make(INSTANCE, key_statements.wish(NOTARY.pub, [], "first", server.clock.ms, None))]
        last = {"root": b64(checkpoints.read(await _note(server)).root), "size": 2}
        told.append(
            key_statements.make(INSTANCE, key_statements.wish(NEXT.pub, told, "rotated", server.clock.ms, last))
        )
        for one in told:
            await notary_keys.publish(server.app.state.office.instance.db, one)
    witness.trusts(NEXT.log, NEXT.pub)
    with witness.serving():
        async with served(tmp_path, DIARY_NOTARY_KEY=b64(bytes(31) + b"\x2b"), **database_setting) as server:
            server.clock.advance(700_000)
            await grown(server, (1,))
            pages = await _pages(server)
        with over_http(pages | {"/log/witnesses": f"{witness.vkey}\n".encode()}) as address:
            done = await asyncio.to_thread(kept, "audit", address, "--witness", key)
        assert done.returncode == 1 and "log_checkpoint 0: The notary's key was replaced after it" in done.stdout
        async with served(
            tmp_path, DIARY_NOTARY_KEY=b64(bytes(31) + b"\x2b"), **settings, **database_setting
        ) as server:
            server.clock.advance(700_000)
            await sequencer.tend(server.app.state.office.instance)
            assert server.rows("SELECT count(*) FROM log_cosignature WHERE line IS NOT NULL") == [(2,)]
            pages = await _pages(server)
        with over_http(pages) as address:
            done = await asyncio.to_thread(kept, "audit", address, "--witness", key)
        assert done.returncode == 0 and "1 of 1 witnesses have seen the log up to 3 leaves" in done.stdout, done.stdout


async def _note(server: Served) -> bytes:
    """The newest checkpoint's note."""
    return (await server.client().get(server.settings.public_url + "/log/checkpoint")).content


async def _pages(server: Served) -> dict[str, bytes]:
    """Every public page of the log that is there."""
    wanted = ["/notary.txt", "/log/checkpoint", "/log/checkpoint-witnessed", "/log/leaves/0", "/log/statements"]
    wanted += [f"/log/{kind}/{n}" for kind in ("checkpoints", "checkpoints-witnessed", "stamps") for n in range(2)]
    async with server.client() as client:
        found = {path: await client.get(server.settings.public_url + path) for path in wanted}
    return {path: answer.content for path, answer in found.items() if answer.status_code == 200}


def test_a_file_of_witnesses_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """Another hash, another name, no address, the same twice, none at all: the setting is named."""
    vkey = LogWitness("w.example/1", NOTARY.pub).vkey
    good = f'[[witness]]\nname = "w.example/1"\nkey = "{vkey}"\nurl = "https://w.example/"\n'
    path = tmp_path / "witnesses.toml"
    path.write_text(good)
    (one,) = cosigning.read_witnesses(path)
    assert (one.url, one.witness.vkey) == ("https://w.example", vkey)
    bad = [
        "",
        good + good,
        good.replace("https:", "ftp:"),
        good.replace('name = "w', 'name = "v'),
        good.replace(vkey, vkey[:-4]),
    ]
    for text in (*bad, "[[", "[witness]\n", json.dumps({})):
        path.write_text(text)
        with pytest.raises(BadSetting, match="DIARY_WITNESSES"):
            cosigning.read_witnesses(path)
    shutil.rmtree(tmp_path)
    with pytest.raises(BadSetting, match="DIARY_WITNESSES"):
        cosigning.read_witnesses(path)
