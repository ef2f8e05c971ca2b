"""Log witnesses: independent software cosigns the real log over HTTP, refuses a forked one, and everyone counts it."""

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

from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64
from diary.errors import BadSetting
from diary.ledger import checkpoints, cosignatures, key_statements
from diary.ledger.cosignatures import LogWitness
from diary.services.instance import Instance
from diary.services.log import cosigning, notary_keys, sequencer
from tests.cli_runner import run_cli
from tests.server_fixture import InProcessServer, running_server
from tests.trust.served_pages import grow_log, serve_over_http
from tests.trust.witness_program import WitnessProgram, log_vkey, new_witness, read_tiles

NOTARY_SEED = bytes(31) + b"\x2a"
NOTARY_KEY, NEXT_NOTARY_KEY, INSTANCE_KEY = (
    Ed25519Signer(NOTARY_SEED),
    Ed25519Signer(bytes(31) + b"\x2b"),
    Ed25519Signer(bytes(31) + b"\7"),
)
MINUTE_MS = 60_000


@asynccontextmanager
async def running_on_public_port(folder: Path, **settings: str) -> AsyncIterator[InProcessServer]:
    """Run a server on a local port, with the port's address as its public host."""
    with socket.create_server(("127.0.0.1", 0)) as port_probe:
        port = port_probe.getsockname()[1]
        variables = {"DIARY_APP_URL": f"http://localhost:{port}", "DIARY_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        async with running_server(folder, **variables, DIARY_NOTARY_KEY=b64(NOTARY_SEED), **settings) as server:
            running = uvicorn.Server(uvicorn.Config(server.app, lifespan="off", log_level="critical"))
            task = asyncio.create_task(running.serve(sockets=[port_probe]))
            try:
                yield server
            finally:
                running.should_exit = True
                await task


@pytest.fixture
def witness(tmp_path: Path) -> WitnessProgram:
    """Create a witness that trusts this module's notary."""
    witness_program = new_witness(tmp_path / "witness")
    witness_program.add_log(NOTARY_KEY.log_id, NOTARY_KEY.pub)
    return witness_program


async def get_public_page(server: InProcessServer, path: str) -> bytes:
    """Return a public page."""
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.get(server.settings.public_url + path)
    assert response.status_code == 200, (path, response.text)
    return response.content


async def run_audit(server: InProcessServer, *arguments: str | Path) -> tuple[int, str]:
    """Run `audit` on the running server's public pages."""
    result = await asyncio.to_thread(run_cli, "audit", server.settings.public_url, *arguments)
    return result.returncode, result.stdout


async def test_the_witness_cosigns_the_real_log_and_audit_counts_it(
    tmp_path: Path, witness: WitnessProgram, database_setting: dict[str, str]
) -> None:
    """Three checkpoints are cosigned; the notes at the old addresses keep their one line."""
    key = tmp_path / "witness.vkey"
    key.write_text(witness.vkey + "\n")
    with witness.running_witness():
        async with running_on_public_port(
            tmp_path / "s", DIARY_WITNESSES=str(witness.write_settings_file()), **database_setting
        ) as server:
            await grow_log(server, (2, 3, 1))
            plain, joined = (
                await get_public_page(server, "/log/checkpoint"),
                await get_public_page(server, "/log/checkpoint-witnessed"),
            )
            assert plain.count("\u2014 ".encode()) == 1 and joined.startswith(plain)
            assert joined.count(f"\u2014 {witness.name} ".encode()) == 1
            latest = witness.latest_checkpoint(NOTARY_KEY.log_id)
            assert latest.split(b"\n\n")[0] == plain.split(b"\n\n")[0]
            for n in range(3):
                assert (await get_public_page(server, f"/log/checkpoints/{n}")).count("\u2014 ".encode()) == 1
                assert (await get_public_page(server, f"/log/checkpoints-witnessed/{n}")).count("\u2014 ".encode()) == 2
            assert (await get_public_page(server, "/log/witnesses")).decode() == witness.vkey + "\n"
            status, output = await run_audit(server, "--witness", key)
            assert status == 0 and f"1 of 1 witnesses have seen the log up to 6 leaves ({witness.name})." in output
            status, output = await run_audit(server)
            assert status == 0 and "Their keys come from the server" in output
            stranger = new_witness(tmp_path / "other", "other.example")
            key.write_text(f"{witness.vkey}\n{stranger.vkey}\n")
            assert "1 of 2 witnesses" in (await run_audit(server, "--witness", key))[1]


async def test_a_forked_log_is_refused_by_the_witness(tmp_path: Path, witness: WitnessProgram) -> None:
    """The same key over another tree gets no cosignature; the witness keeps its state, and the first log is unharmed."""
    settings = {"DIARY_WITNESSES": str(witness.write_settings_file())}
    with witness.running_witness():
        async with running_on_public_port(tmp_path / "one", **settings) as server:
            await grow_log(server, (2,))
            witnessed_note = await get_public_page(server, "/log/checkpoint-witnessed")
        async with running_on_public_port(tmp_path / "two", **settings) as server:
            await grow_log(server, (3, 2))
            async with httpx.AsyncClient(trust_env=False) as client:
                assert (await client.get(server.settings.public_url + "/log/checkpoint-witnessed")).status_code == 404
            assert server.query("SELECT count(*) FROM log_cosignature WHERE line IS NOT NULL") == [(0,)]
            key = tmp_path / "witness.vkey"
            key.write_text(witness.vkey)
            assert "0 of 1 witnesses have seen this log." in (await run_audit(server, "--witness", key))[1]
            # Audit detects a server that shows the fork with the witness's cosignature of the first log.
            paths = ["/notary.txt", "/log/checkpoint", "/log/leaves/0"]
            paths += [f"/log/{kind}/{n}" for n in (0, 1) for kind in ("checkpoints", "stamps")]
            pages = {path: await get_public_page(server, path) for path in paths}
        assert witness.latest_checkpoint(NOTARY_KEY.log_id).split(b"\n\n")[0] == witnessed_note.split(b"\n\n")[0]
        assert NOTARY_KEY.log_id in witness.run("evidence")
    with serve_over_http({**pages, "/log/checkpoint-witnessed": witnessed_note}) as address:
        result = await asyncio.to_thread(run_cli, "audit", address, "--witness", key)
    assert result.returncode == 1 and "the server shows two logs" in result.stdout


async def test_a_reader_that_is_not_ours_reads_the_tiles(tmp_path: Path, witness: WitnessProgram) -> None:
    """Checkpoint, cosignature and consistency are verified from tiles alone, over more than one full tile."""
    earlier = tmp_path / "earlier"
    with witness.running_witness():
        async with running_on_public_port(tmp_path / "s", DIARY_WITNESSES=str(witness.write_settings_file())) as server:
            await grow_log(server, (3,))
            earlier.write_bytes(await get_public_page(server, "/log/checkpoint"))
            await grow_log(server, (258,))
            prefix, key = f"{server.settings.public_url}/log/", log_vkey(NOTARY_KEY.log_id, NOTARY_KEY.pub)
            assert len(await get_public_page(server, "/log/tile/0/000")) == 256 * 32
            assert len(await get_public_page(server, "/log/tile/0/001.p/5")) == 5 * 32
            assert len(await get_public_page(server, "/log/tile/1/000.p/1")) == 32
            status, output = await asyncio.to_thread(
                read_tiles, "verify-consistency", "--old-checkpoint", earlier, "--tiles", prefix, "--log-key", key
            )
            assert status == 0 and output["ok"] is True, output
            note = tmp_path / "joined"
            note.write_bytes(await get_public_page(server, "/log/checkpoint-witnessed"))
            quorum = ("--witness-key", witness.vkey, "--quorum", "1", "--note", note)
            status, output = await asyncio.to_thread(read_tiles, "verify-checkpoint", "--log-key", key, *quorum)
            assert status == 0 and output["ok"] is True, output
            async with httpx.AsyncClient(trust_env=False) as client:
                absent = "entries/000 0/002 0/001 0/001.p/6 2/000.p/1 0/x000/001 64/000 0/1 00/000 0/000.p/0"
                for path in absent.split():
                    assert (await client.get(f"{prefix}tile/{path}")).status_code == 404, path


async def test_a_witness_that_is_away_or_lies_stops_nothing(tmp_path: Path, witness: WitnessProgram) -> None:
    """Without a witness, or with a wrong answer, the log is served and the request repeated until it succeeds."""
    forged = checkpoints.format_signature_line(cosignatures.cosign(NEXT_NOTARY_KEY, witness.name, "x\n", 5)).encode()
    async with running_on_public_port(tmp_path / "s", DIARY_WITNESSES=str(witness.write_settings_file())) as server:
        await grow_log(server, (2,))
        instance: Instance = server.app.state.app_context.instance
        assert (await get_public_page(server, "/log/checkpoint")).count("\u2014 ".encode()) == 1
        assert server.query("SELECT tries, line FROM log_cosignature") == [(1, None)]
        for answer in (forged, b"", b"\xff", forged * 17, b"x" * 70_000):
            with pytest.raises(Exception, match=r"."):
                cosigning._extract_cosignature(
                    instance.log_witnesses[0], await get_public_page(server, "/log/checkpoint"), answer
                )
        with witness.running_witness():
            await sequencer.run_round(instance)
            assert server.query("SELECT tries FROM log_cosignature") == [(2,)]
            assert b"witness.example" in await get_public_page(server, "/log/checkpoint-witnessed")


async def test_the_end_of_a_replaced_key_must_have_been_seen(
    tmp_path: Path, witness: WitnessProgram, database_setting: dict[str, str]
) -> None:
    """To a witness the next key is a new log: audit requires its cosignature of the old key's last checkpoint."""
    settings = {"DIARY_WITNESSES": str(witness.write_settings_file())}
    key = tmp_path / "witness.vkey"
    key.write_text(witness.vkey)
    async with running_server(tmp_path, DIARY_NOTARY_KEY=b64(NOTARY_SEED), **database_setting) as server:
        await grow_log(server, (2,))
        statements = [
            key_statements.sign_statement(
                INSTANCE_KEY, key_statements.draft_statement(NOTARY_KEY.pub, [], "first", server.clock.ms, None)
            )
        ]
        last = {"root": b64(checkpoints.parse_checkpoint(await newest_note(server)).root), "size": 2}
        statements.append(
            key_statements.sign_statement(
                INSTANCE_KEY,
                key_statements.draft_statement(NEXT_NOTARY_KEY.pub, statements, "rotated", server.clock.ms, last),
            )
        )
        for statement in statements:
            await notary_keys.publish_statement(server.app.state.app_context.instance.db, statement)
    witness.add_log(NEXT_NOTARY_KEY.log_id, NEXT_NOTARY_KEY.pub)
    with witness.running_witness():
        async with running_server(tmp_path, DIARY_NOTARY_KEY=b64(bytes(31) + b"\x2b"), **database_setting) as server:
            server.clock.advance(700_000)
            await grow_log(server, (1,))
            pages = await fetch_log_pages(server)
        with serve_over_http(pages | {"/log/witnesses": f"{witness.vkey}\n".encode()}) as address:
            result = await asyncio.to_thread(run_cli, "audit", address, "--witness", key)
        assert result.returncode == 1 and "log_checkpoint 0: The notary's key was replaced after it" in result.stdout
        async with running_server(
            tmp_path, DIARY_NOTARY_KEY=b64(bytes(31) + b"\x2b"), **settings, **database_setting
        ) as server:
            server.clock.advance(700_000)
            await sequencer.run_round(server.app.state.app_context.instance)
            assert server.query("SELECT count(*) FROM log_cosignature WHERE line IS NOT NULL") == [(2,)]
            pages = await fetch_log_pages(server)
        with serve_over_http(pages) as address:
            result = await asyncio.to_thread(run_cli, "audit", address, "--witness", key)
        assert result.returncode == 0 and "1 of 1 witnesses have seen the log up to 3 leaves" in result.stdout, (
            result.stdout
        )


async def newest_note(server: InProcessServer) -> bytes:
    """Return the newest checkpoint's note."""
    return (await server.http_client().get(server.settings.public_url + "/log/checkpoint")).content


async def fetch_log_pages(server: InProcessServer) -> dict[str, bytes]:
    """Return every public page of the log."""
    paths = ["/notary.txt", "/log/checkpoint", "/log/checkpoint-witnessed", "/log/leaves/0", "/log/statements"]
    paths += [f"/log/{kind}/{n}" for kind in ("checkpoints", "checkpoints-witnessed", "stamps") for n in range(2)]
    async with server.http_client() as client:
        responses = {path: await client.get(server.settings.public_url + path) for path in paths}
    return {path: answer.content for path, answer in responses.items() if answer.status_code == 200}


def test_a_file_of_witnesses_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """A wrong hash or name, a missing address, a duplicate and an empty list are reported with the setting."""
    vkey = LogWitness("w.example/1", NOTARY_KEY.pub).vkey
    good = f'[[witness]]\nname = "w.example/1"\nkey = "{vkey}"\nurl = "https://w.example/"\n'
    path = tmp_path / "witnesses.toml"
    path.write_text(good)
    (configured_witness,) = cosigning.read_witnesses(path)
    assert (configured_witness.url, configured_witness.witness.vkey) == ("https://w.example", vkey)
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
