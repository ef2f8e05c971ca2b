"""`audit URL`: with nothing but public pages, a sound log holds and no page can be changed, left out or made up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from diary.client.log_audit import PublicPages, audit_pages
from diary.clock import SystemClock
from diary.crypto.signing import Notary
from diary.encoding import b64, canon
from diary.errors import Unavailable
from diary.ledger import checkpoints, key_statements
from diary.ledger.audit import Fault
from diary.samples.timestamp_authority import make_authority
from diary.services.log import notary_keys, sequencer
from tests.keepers import enrol, served

INSTANCE = Notary(bytes(31) + b"\7")
NOTARY = Notary(bytes(31) + b"\x2a")
Pages = dict[str, bytes]


@pytest.fixture(scope="module")
def served_pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The pages of one server for all tests."""
    return asyncio.run(public_pages(tmp_path_factory.mktemp("log")))


@pytest.fixture
def pages(served_pages: Pages) -> Pages:
    """A copy to change."""
    return dict(served_pages)


async def public_pages(folder: Path) -> Pages:
    """Every public page of a server with three checkpoints, two of them stamped, and a statement."""
    authority = make_authority(folder / "tsa")
    settings = {"DIARY_NOTARY_KEY": b64(bytes(31) + b"\x2a")}
    with authority.serving() as url:
        settings["DIARY_TIMESTAMPS"] = str(authority.settings(url))
        async with served(folder, **settings) as server:
            server.clock.ms = SystemClock().now_ms()
            instance = server.app.state.office.instance
            wish = key_statements.wish(NOTARY.pub, [], "first", server.clock.ms, None)
            await notary_keys.publish(instance.db, key_statements.make(INSTANCE, wish))
        async with served(folder, **settings) as server:
            server.clock.ms = SystemClock().now_ms()
            instance = server.app.state.office.instance
            keeper = await enrol(server)
            for pushes in (2, 3, 1):
                for _ in range(pushes):
                    await keeper.push()
                await sequencer.tend(instance)
                server.clock.advance(601_000)
            found: Pages = {"root": authority.root}
            wanted = [f"/log/{kind}/{n}" for kind in ("checkpoints", "stamps") for n in range(3)]
            async with server.client() as client:
                for path in ("/notary.txt", "/log/checkpoint", "/log/leaves/0", "/log/statements", *wanted):
                    answer = await client.get(server.settings.public_url + path)
                    assert answer.status_code == 200, path
                    found[path] = answer.content
    return found


def audited(pages: Pages, *, notary: bytes | None = NOTARY.pub, instance: bytes | None = None) -> list[Fault]:
    """The findings when a server answers with these pages; what is not among them is not there."""

    def answer(request: httpx.Request) -> httpx.Response:
        content = pages.get(request.url.path)
        return httpx.Response(404) if content is None else httpx.Response(200, content=content)

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="https://public.example") as client:
        return list(audit_pages(PublicPages(client, "https://public.example"), notary, instance, pages["root"]))


def test_a_sound_log_verifies_under_either_key(pages: Pages) -> None:
    """By the notary's key, by the instance key alone, and by the server's own word."""
    assert audited(pages) == []
    assert audited(pages, notary=None, instance=INSTANCE.pub) == []
    assert audited(pages, notary=None) == []


def bent_leaf(pages: Pages) -> None:
    lines = pages["/log/leaves/0"].split()
    lines[3] = lines[3][:-1] + (b"0" if lines[3][-1:] != b"0" else b"1")
    pages["/log/leaves/0"] = b"\n".join(lines) + b"\n"


def swapped_leaves(pages: Pages) -> None:
    lines = pages["/log/leaves/0"].split()
    lines[0], lines[1] = lines[1], lines[0]
    pages["/log/leaves/0"] = b"\n".join(lines) + b"\n"


def missing_leaf(pages: Pages) -> None:
    pages["/log/leaves/0"] = b"\n".join(pages["/log/leaves/0"].split()[:-1]) + b"\n"


def swapped_notes(pages: Pages) -> None:
    one, two = "/log/checkpoints/0", "/log/checkpoints/1"
    pages[one], pages[two] = pages[two], pages[one]


def forged_note(pages: Pages) -> None:
    pages["/log/checkpoints/1"] = checkpoints.make(Notary(bytes(31) + b"\5"), 5, bytes(32))


def other_root(pages: Pages) -> None:
    pages["/log/checkpoints/1"] = checkpoints.make(NOTARY, 5, bytes(32))


def other_stamp(pages: Pages) -> None:
    told = json.loads(pages["/log/stamps/0"])
    told["stamps"] = json.loads(pages["/log/stamps/1"])["stamps"]
    pages["/log/stamps/0"] = canon(told)


def bent_statement(pages: Pages) -> None:
    pages["/log/statements"] = pages["/log/statements"].replace(b'"why":"first"', b'"why":"lost"')


def forked_newest(pages: Pages) -> None:
    pages["/log/checkpoint"] = checkpoints.make(NOTARY, 6, bytes(32))


def unreadable(pages: Pages) -> None:
    pages["/log/leaves/0"] = b"<html>\n"


@pytest.mark.parametrize(
    ("change", "row"),
    [
        (bent_leaf, "log_checkpoint 1"),
        (swapped_leaves, "log_checkpoint 0"),
        (missing_leaf, "log_checkpoint 2"),
        (swapped_notes, "log_checkpoint 1"),
        (forged_note, "log_checkpoint 1"),
        (other_root, "log_checkpoint 1"),
        (other_stamp, "log_stamp of checkpoint 0"),
        (bent_statement, "key_statement 0"),
        (forked_newest, "log_checkpoint (newest)"),
        (unreadable, "log_leaf"),
    ],
)
def test_every_false_statement_is_named(pages: Pages, change: Callable[[Pages], None], row: str) -> None:
    """The checkpoint, stamp or statement that no longer holds."""
    change(pages)
    found = audited(pages)
    assert any(fault.row.startswith(row) for fault in found), found


def test_every_missing_page_is_noticed(pages: Pages) -> None:
    """A checkpoint left out, or leaves that are not there; a stamp that was never made is no fault of the log's."""
    for path in ("/log/checkpoints/0", "/log/checkpoints/2", "/log/leaves/0"):
        assert audited({name: raw for name, raw in pages.items() if name != path}), path


def test_another_key_than_the_pinned_one_is_not_taken(pages: Pages) -> None:
    """Neither a notary nor an instance key the caller does not hold."""
    stranger = Notary(bytes(31) + b"\x33").pub
    assert any(fault.row == "key_statement 0" for fault in audited(pages, instance=stranger))


def test_a_server_that_is_away_is_no_finding() -> None:
    """It is said that nothing could be checked."""
    with httpx.Client(base_url="http://127.0.0.1:9") as client, pytest.raises(Unavailable):
        list(audit_pages(PublicPages(client, "http://127.0.0.1:9"), NOTARY.pub, None, None))
