"""Stamps from a real authority over HTTP: accepted, pending through an outage, refused when anything is wrong."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from diary.clock import SystemClock
from diary.encoding import parse, unb64
from diary.errors import BadSetting
from diary.ledger import timestamps
from diary.samples.timestamp_authority import LocalAuthority, make_authority
from diary.services.instance import Instance
from diary.services.log import sequencer, timestamping
from diary.storage.log import stamps
from tests.keepers import Keeper, Served, enrol, served

MINUTE = 60_000


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    """An authority of this test's own."""
    return make_authority(tmp_path / "tsa")


async def begin(server: Served) -> tuple[Keeper, Instance]:
    """A keeper, and what the server's own loop works with, today: an authority has no clock of ours."""
    server.clock.ms = SystemClock().now_ms()
    return await enrol(server), server.app.state.office.instance


async def state(keeper: Keeper) -> Any:
    """GET /v1/log."""
    return parse((await keeper.ask("GET", "/v1/log")).content)


@contextmanager
def answering(reply: bytes, status: int = 200) -> Iterator[str]:
    """Somebody at the authority's address who always says the same."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


async def test_a_checkpoint_is_stamped_and_the_stamp_verifies(tmp_path: Path, authority: LocalAuthority) -> None:
    """What a keeper is given is checked again from outside, under the authority's own chain."""
    with authority.serving() as url:
        async with served(tmp_path, DIARY_TIMESTAMPS=str(authority.settings(url))) as server:
            keeper, instance = await begin(server)
            await keeper.push()
            await sequencer.tend(instance)
            told = await state(keeper)
            assert told["authorities"] == ["local"] and told["stamped"]["size"] == told["checkpoint"]["size"] == 1
            (stamp,) = told["stamped"]["stamps"]
            note = told["stamped"]["note"].encode()
            kept = {"chain": stamp["chain"].encode(), "policy": stamp["policy"], "nonce": unb64(stamp["nonce"])}
            assert stamp["chain"].encode() == authority.chain
            assert abs(timestamps.check(unb64(stamp["tsr"]), note, **kept) - SystemClock().now_ms()) < 20_000


async def test_an_outage_is_pending_and_asked_again(
    tmp_path: Path, authority: LocalAuthority, database_setting: dict[str, str]
) -> None:
    """Nothing fails, the checkpoint is served, later rounds ask again with growing pauses, and then it is there."""
    with answering(b"", 503) as away:
        async with served(tmp_path, **database_setting, DIARY_TIMESTAMPS=str(authority.settings(away))) as server:
            keeper, instance = await begin(server)
            await keeper.push()
            for _ in range(3):
                await sequencer.tend(instance)
            told = await state(keeper)
            assert told["stamped"] is None and told["checkpoint"]["size"] == 1
            assert server.rows("SELECT tries FROM log_stamp") == [(1,)]
            server.clock.advance(MINUTE)
            await sequencer.tend(instance)
            ((tries, due),) = server.rows("SELECT tries, due_at FROM log_stamp")
            assert tries == 2 and due == server.clock.now_ms() + 2 * MINUTE
    with authority.serving() as url:
        async with served(tmp_path, **database_setting, DIARY_TIMESTAMPS=str(authority.settings(url))) as server:
            server.clock.ms = due
            await sequencer.tend(server.app.state.office.instance)
            assert server.rows("SELECT tries, due_at FROM log_stamp") == [(3, None)]


async def test_nobody_is_asked_twice_at_once(tmp_path: Path, authority: LocalAuthority) -> None:
    """A stamp one worker has taken in hand is not another's."""
    with answering(b"no") as url:
        async with served(tmp_path, DIARY_TIMESTAMPS=str(authority.settings(url))) as server:
            keeper, instance = await begin(server)
            await keeper.push()
            await sequencer.place_leaves(instance)
            await sequencer.make_checkpoint(instance)
            (one,) = await stamps.due(instance.db, server.clock.now_ms())
            claimed = [
                await instance.db.writer.run(lambda hand: stamps.claim(hand, one, one.due_at + 5)) for _ in range(2)
            ]
            assert claimed == [True, False]


async def test_wrong_responses_are_not_stored(tmp_path: Path, authority: LocalAuthority) -> None:
    """Of another note, by another authority, too large, a page of somebody's, another time than ours: pending still."""
    other = make_authority(tmp_path / "other")
    asked = timestamps.request(b"something else")
    for reply in (authority.answer(asked.der), other.answer(asked.der), bytes(200_000), b"<html>sign in first</html>"):
        folder = tmp_path / str(len(reply))
        with answering(reply) as url:
            async with served(folder, DIARY_TIMESTAMPS=str(authority.settings(url))) as server:
                keeper, instance = await begin(server)
                await keeper.push()
                await sequencer.tend(instance)
                assert server.rows("SELECT tsr, tries FROM log_stamp") == [(None, 1)]
    with authority.serving() as url:
        async with served(tmp_path / "late", DIARY_TIMESTAMPS=str(authority.settings(url))) as server:
            keeper, instance = await begin(server)
            server.clock.advance(3 * 60 * MINUTE)
            await keeper.push()
            await sequencer.tend(instance)
            assert server.rows("SELECT tsr FROM log_stamp") == [(None,)]


def test_settings_that_cannot_be_used_are_said(tmp_path: Path, authority: LocalAuthority) -> None:
    """No file, not TOML, none in it, a name that is none, a chain that is missing: the setting is named."""
    assert timestamping.read_authorities(None) == ()
    good = authority.settings("http://127.0.0.1:1/").read_text()
    assert timestamping.read_authorities(authority.folder / "timestamps.toml")[0].name == "local"
    for bad in ("", "[[", good + good, good.replace("local", "L o"), good.replace("chain.pem", "none.pem"),
                good.replace("http", "file"), good.replace("1.2.3.4.1", "usual")):  # fmt: skip
        file = authority.folder / "bad.toml"
        file.write_text(bad)
        with pytest.raises(BadSetting, match="DIARY_TIMESTAMPS"):
            timestamping.read_authorities(file)
    with pytest.raises(BadSetting):
        timestamping.read_authorities(tmp_path / "nothing.toml")
