"""Timestamps from a real authority over HTTP: accepted, pending during an outage, refused for any fault."""

from __future__ import annotations

import asyncio
import hashlib
import http.server
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from diary.clock import SystemClock
from diary.encoding import b64, unb64
from diary.errors import BadSetting, BadSignature
from diary.ledger import timestamps
from diary.samples.timestamp_authority import LocalTimestampAuthority, make_authority
from diary.services.instance import Instance
from diary.services.log import sequencer, timestamping
from diary.storage.log import stamps
from tests.server_fixture import InProcessServer, Keeper, read_json, register_keeper, running_server

MINUTE_MS = 60_000


@pytest.fixture
def authority(tmp_path: Path) -> LocalTimestampAuthority:
    """Create an authority for one test."""
    return make_authority(tmp_path / "tsa")


async def keeper_and_instance(server: InProcessServer) -> tuple[Keeper, Instance]:
    """Register a keeper and return the server's instance, at today's time: the authority uses the real clock."""
    server.clock.ms = SystemClock().now_ms()
    return await register_keeper(server), server.app.state.app_context.instance


async def log_state(keeper: Keeper) -> Any:
    """Return the answer of GET /v1/log."""
    return read_json((await keeper.request("GET", "/v1/log")).content)


@contextmanager
def fixed_answer_authority(response_bytes: bytes, status: int = 200) -> Iterator[str]:
    """Run a server in place of the authority that always sends the same response."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(response_bytes)))
            self.end_headers()
            self.wfile.write(response_bytes)

        def log_message(self, *_: object) -> None:
            """Suppress the request log."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


async def test_a_checkpoint_is_stamped_and_the_stamp_verifies(
    tmp_path: Path, authority: LocalTimestampAuthority
) -> None:
    """The timestamp a keeper receives verifies independently, under the authority's own chain."""
    with authority.serve() as url:
        async with running_server(tmp_path, DIARY_TIMESTAMPS=str(authority.write_settings(url))) as server:
            keeper, instance = await keeper_and_instance(server)
            await keeper.push()
            await sequencer.run_round(instance)
            log_status = await log_state(keeper)
            assert (
                log_status["authorities"] == ["local"]
                and log_status["stamped"]["size"] == log_status["checkpoint"]["size"] == 1
            )
            (stamp,) = log_status["stamped"]["stamps"]
            note = log_status["stamped"]["note"].encode()
            check_arguments = {
                "chain": stamp["chain"].encode(),
                "policy": stamp["policy"],
                "nonce": unb64(stamp["nonce"]),
            }
            assert stamp["chain"].encode() == authority.chain_pem
            assert (
                abs(timestamps.verify_response(unb64(stamp["tsr"]), note, **check_arguments) - SystemClock().now_ms())
                < 20_000
            )


async def test_a_keeper_gets_a_stamp_over_a_digest(tmp_path: Path, authority: LocalTimestampAuthority) -> None:
    """The server passes on the digest, and stores nothing. `openssl ts -verify` accepts it for the file itself."""
    (tmp_path / "list").write_bytes(b"a pack's list of files")
    digest = hashlib.sha256(b"a pack's list of files").digest()
    with authority.serve() as url:
        async with running_server(tmp_path, DIARY_TIMESTAMPS=str(authority.write_settings(url))) as server:
            keeper, _ = await keeper_and_instance(server)
            answer = await keeper.request("POST", "/v1/stamps", {"digest": b64(digest)})
            assert answer.status_code == 200
            stamp = answer.json()
            for body in ({}, {"digest": b64(digest[:31])}, {"digest": b64(digest + b"x")}, {"digest": 7}):
                assert (await keeper.request("POST", "/v1/stamps", body)).status_code == 400
            assert server.query("SELECT count(*) FROM log_stamp") == [(0,)]
    tsr = unb64(stamp["tsr"])
    (tmp_path / "pack.tsr").write_bytes(tsr)
    (tmp_path / "root.pem").write_bytes(authority.root_pem)
    command = "openssl ts -verify -data list -in pack.tsr -CAfile root.pem".split()
    completed = await asyncio.to_thread(
        subprocess.run, command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Verification: OK" in completed.stdout + completed.stderr
    assert abs(timestamps.verify_token(tsr, digest, [authority.root_pem]) - SystemClock().now_ms()) < 20_000
    for other in (hashlib.sha256(b"another list").digest(), digest[:31], b""):
        with pytest.raises(BadSignature):
            timestamps.verify_token(tsr, other, [authority.root_pem])
    with pytest.raises(BadSignature):
        timestamps.verify_token(tsr[:-1], digest, [authority.root_pem])
    with pytest.raises(BadSignature):
        timestamps.verify_token(tsr, digest, [make_authority(tmp_path / "other").root_pem])


async def test_without_an_authority_there_is_no_stamp_over_a_digest(
    tmp_path: Path, authority: LocalTimestampAuthority
) -> None:
    """None is set, it does not answer, or it answers with what is no timestamp: the keeper can try again later."""
    with fixed_answer_authority(b"", 503) as failing, fixed_answer_authority(b"no timestamp") as lying:
        for number, url in enumerate((None, failing, lying)):
            settings = {"DIARY_TIMESTAMPS": str(authority.write_settings(url))} if url else {}
            async with running_server(tmp_path / str(number), **settings) as server:
                keeper, _ = await keeper_and_instance(server)
                answer = await keeper.request("POST", "/v1/stamps", {"digest": b64(bytes(32))})
                assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")


async def test_a_stamp_stays_pending_through_an_outage(
    tmp_path: Path, authority: LocalTimestampAuthority, database_setting: dict[str, str]
) -> None:
    """The checkpoint is served, later rounds retry with growing pauses, and then the timestamp is there."""
    with fixed_answer_authority(b"", 503) as unavailable_url:
        async with running_server(
            tmp_path, **database_setting, DIARY_TIMESTAMPS=str(authority.write_settings(unavailable_url))
        ) as server:
            keeper, instance = await keeper_and_instance(server)
            await keeper.push()
            for _ in range(3):
                await sequencer.run_round(instance)
            log_status = await log_state(keeper)
            assert log_status["stamped"] is None and log_status["checkpoint"]["size"] == 1
            assert server.query("SELECT tries FROM log_stamp") == [(1,)]
            server.clock.advance(MINUTE_MS)
            await sequencer.run_round(instance)
            ((tries, due),) = server.query("SELECT tries, due_at FROM log_stamp")
            assert tries == 2 and due == server.clock.now_ms() + 2 * MINUTE_MS
    with authority.serve() as url:
        async with running_server(
            tmp_path, **database_setting, DIARY_TIMESTAMPS=str(authority.write_settings(url))
        ) as server:
            server.clock.ms = due
            await sequencer.run_round(server.app.state.app_context.instance)
            assert server.query("SELECT tries, due_at FROM log_stamp") == [(3, None)]


async def test_one_stamp_is_not_requested_twice_at_once(tmp_path: Path, authority: LocalTimestampAuthority) -> None:
    """A timestamp one worker is requesting is not requested by another."""
    with fixed_answer_authority(b"no") as url:
        async with running_server(tmp_path, DIARY_TIMESTAMPS=str(authority.write_settings(url))) as server:
            keeper, instance = await keeper_and_instance(server)
            await keeper.push()
            await sequencer.sequence_leaves(instance)
            await sequencer.make_checkpoint(instance)
            (due_stamp,) = await stamps.list_due(instance.db, server.clock.now_ms())
            claimed = [
                await instance.db.writer.run(lambda hand: stamps.claim(hand, due_stamp, due_stamp.due_at + 5))
                for _ in range(2)
            ]
            assert claimed == [True, False]


async def test_wrong_responses_are_not_stored(tmp_path: Path, authority: LocalTimestampAuthority) -> None:
    """After a reply for another note, by another authority, too large, foreign or at a wrong time it is still pending."""
    other_authority = make_authority(tmp_path / "other")
    other_request = timestamps.build_request(b"something else")
    for reply in (
        authority.answer_query(other_request.der),
        other_authority.answer_query(other_request.der),
        bytes(200_000),
        b"<html>sign in first</html>",
    ):
        folder = tmp_path / str(len(reply))
        with fixed_answer_authority(reply) as url:
            async with running_server(folder, DIARY_TIMESTAMPS=str(authority.write_settings(url))) as server:
                keeper, instance = await keeper_and_instance(server)
                await keeper.push()
                await sequencer.run_round(instance)
                assert server.query("SELECT tsr, tries FROM log_stamp") == [(None, 1)]
    with authority.serve() as url:
        async with running_server(tmp_path / "late", DIARY_TIMESTAMPS=str(authority.write_settings(url))) as server:
            keeper, instance = await keeper_and_instance(server)
            server.clock.advance(3 * 60 * MINUTE_MS)
            await keeper.push()
            await sequencer.run_round(instance)
            assert server.query("SELECT tsr FROM log_stamp") == [(None,)]


def test_settings_that_cannot_be_used_are_said(tmp_path: Path, authority: LocalTimestampAuthority) -> None:
    """A missing or malformed file, no authority, an invalid name and a missing chain are reported with the setting."""
    assert timestamping.read_authorities(None) == ()
    good = authority.write_settings("http://127.0.0.1:1/").read_text()
    assert timestamping.read_authorities(authority.folder / "timestamps.toml")[0].name == "local"
    for bad in ("", "[[", good + good, good.replace("local", "L o"), good.replace("chain.pem", "none.pem"),
                good.replace("http", "file"), good.replace("1.2.3.4.1", "usual")):  # fmt: skip
        file = authority.folder / "bad.toml"
        file.write_text(bad)
        with pytest.raises(BadSetting, match="DIARY_TIMESTAMPS"):
            timestamping.read_authorities(file)
    with pytest.raises(BadSetting):
        timestamping.read_authorities(tmp_path / "nothing.toml")
