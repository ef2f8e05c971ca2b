"""`audit URL` needs only public pages: a valid log passes, and altered, missing or invented pages are reported."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from diary.client.log_audit import PublicHostClient, audit_public_log
from diary.clock import SystemClock
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, canonical_json
from diary.errors import Unavailable
from diary.ledger import checkpoints, key_statements
from diary.ledger.audit import AuditFinding
from diary.samples.timestamp_authority import make_authority
from diary.services.log import notary_keys, sequencer
from tests.server_fixture import register_keeper, running_server

INSTANCE_KEY = Ed25519Signer(bytes(31) + b"\7")
NOTARY_KEY = Ed25519Signer(bytes(31) + b"\x2a")
PagesByPath = dict[str, bytes]


@pytest.fixture(scope="module")
def served_pages(tmp_path_factory: pytest.TempPathFactory) -> PagesByPath:
    """Return the pages of one server for all tests."""
    return asyncio.run(fetch_public_pages(tmp_path_factory.mktemp("log")))


@pytest.fixture
def pages(served_pages: PagesByPath) -> PagesByPath:
    """Return a copy of the pages, to alter."""
    return dict(served_pages)


async def fetch_public_pages(folder: Path) -> PagesByPath:
    """Return every public page of a server with three checkpoints, two of them timestamped, and a statement."""
    authority = make_authority(folder / "tsa")
    settings = {"DIARY_NOTARY_KEY": b64(bytes(31) + b"\x2a")}
    with authority.serve() as url:
        settings["DIARY_TIMESTAMPS"] = str(authority.write_settings(url))
        async with running_server(folder, **settings) as server:
            server.clock.ms = SystemClock().now_ms()
            instance = server.app.state.app_context.instance
            key_request = key_statements.draft_statement(NOTARY_KEY.pub, [], "first", server.clock.ms, None)
            await notary_keys.publish_statement(instance.db, key_statements.sign_statement(INSTANCE_KEY, key_request))
        async with running_server(folder, **settings) as server:
            server.clock.ms = SystemClock().now_ms()
            instance = server.app.state.app_context.instance
            keeper = await register_keeper(server)
            for pushes in (2, 3, 1):
                for _ in range(pushes):
                    await keeper.push()
                await sequencer.run_round(instance)
                server.clock.advance(601_000)
            pages_by_path: PagesByPath = {"root": authority.root_pem}
            addresses = [f"/log/{kind}/{n}" for kind in ("checkpoints", "stamps") for n in range(3)]
            async with server.http_client() as client:
                for path in ("/notary.txt", "/log/checkpoint", "/log/leaves/0", "/log/statements", *addresses):
                    answer = await client.get(server.settings.public_url + path)
                    assert answer.status_code == 200, path
                    pages_by_path[path] = answer.content
    return pages_by_path


def audit_log_pages(
    pages: PagesByPath, *, notary: bytes | None = NOTARY_KEY.pub, instance: bytes | None = None
) -> list[AuditFinding]:
    """Return the findings for a server that serves only these pages."""

    def answer(request: httpx.Request) -> httpx.Response:
        content = pages.get(request.url.path)
        return httpx.Response(404) if content is None else httpx.Response(200, content=content)

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="https://public.example") as client:
        return list(
            audit_public_log(PublicHostClient(client, "https://public.example"), notary, instance, pages["root"])
        )


def test_a_valid_log_verifies_under_either_key(pages: PagesByPath) -> None:
    """The log passes under the notary's key, under the instance key alone, and under the server's published keys."""
    assert audit_log_pages(pages) == []
    assert audit_log_pages(pages, notary=None, instance=INSTANCE_KEY.pub) == []
    assert audit_log_pages(pages, notary=None) == []


def alter_leaf(pages: PagesByPath) -> None:
    lines = pages["/log/leaves/0"].split()
    lines[3] = lines[3][:-1] + (b"0" if lines[3][-1:] != b"0" else b"1")
    pages["/log/leaves/0"] = b"\n".join(lines) + b"\n"


def swap_leaves(pages: PagesByPath) -> None:
    lines = pages["/log/leaves/0"].split()
    lines[0], lines[1] = lines[1], lines[0]
    pages["/log/leaves/0"] = b"\n".join(lines) + b"\n"


def remove_leaf(pages: PagesByPath) -> None:
    pages["/log/leaves/0"] = b"\n".join(pages["/log/leaves/0"].split()[:-1]) + b"\n"


def swap_notes(pages: PagesByPath) -> None:
    first, two = "/log/checkpoints/0", "/log/checkpoints/1"
    pages[first], pages[two] = pages[two], pages[first]


def forge_note(pages: PagesByPath) -> None:
    pages["/log/checkpoints/1"] = checkpoints.sign_checkpoint(Ed25519Signer(bytes(31) + b"\5"), 5, bytes(32))


def replace_root(pages: PagesByPath) -> None:
    pages["/log/checkpoints/1"] = checkpoints.sign_checkpoint(NOTARY_KEY, 5, bytes(32))


def replace_stamp(pages: PagesByPath) -> None:
    stamp = json.loads(pages["/log/stamps/0"])
    stamp["stamps"] = json.loads(pages["/log/stamps/1"])["stamps"]
    pages["/log/stamps/0"] = canonical_json(stamp)


def alter_statement(pages: PagesByPath) -> None:
    pages["/log/statements"] = pages["/log/statements"].replace(b'"why":"first"', b'"why":"lost"')


def fork_newest_checkpoint(pages: PagesByPath) -> None:
    pages["/log/checkpoint"] = checkpoints.sign_checkpoint(NOTARY_KEY, 6, bytes(32))


def make_checkpoint_unreadable(pages: PagesByPath) -> None:
    pages["/log/leaves/0"] = b"<html>\n"


@pytest.mark.parametrize(
    ("change", "row"),
    [
        (alter_leaf, "log_checkpoint 1"),
        (swap_leaves, "log_checkpoint 0"),
        (remove_leaf, "log_checkpoint 2"),
        (swap_notes, "log_checkpoint 1"),
        (forge_note, "log_checkpoint 1"),
        (replace_root, "log_checkpoint 1"),
        (replace_stamp, "log_stamp of checkpoint 0"),
        (alter_statement, "key_statement 0"),
        (fork_newest_checkpoint, "log_checkpoint (newest)"),
        (make_checkpoint_unreadable, "log_leaf"),
    ],
)
def test_every_alteration_is_reported(pages: PagesByPath, change: Callable[[PagesByPath], None], row: str) -> None:
    """The checkpoint, timestamp or statement that is no longer valid is reported."""
    change(pages)
    faults = audit_log_pages(pages)
    assert any(fault.row_label.startswith(row) for fault in faults), faults


def test_every_missing_page_is_reported(pages: PagesByPath) -> None:
    """A missing checkpoint and missing leaves are reported; a missing timestamp is not a fault."""
    for path in ("/log/checkpoints/0", "/log/checkpoints/2", "/log/leaves/0"):
        assert audit_log_pages({name: raw for name, raw in pages.items() if name != path}), path


def test_another_key_than_the_pinned_one_is_not_taken(pages: PagesByPath) -> None:
    """A notary or instance key other than the pinned one is refused."""
    stranger = Ed25519Signer(bytes(31) + b"\x33").pub
    assert any(fault.row_label == "key_statement 0" for fault in audit_log_pages(pages, instance=stranger))


def test_an_unreachable_server_is_not_a_finding() -> None:
    """An unreachable server raises Unavailable instead of a finding."""
    with httpx.Client(base_url="http://127.0.0.1:9") as client, pytest.raises(Unavailable):
        list(audit_public_log(PublicHostClient(client, "http://127.0.0.1:9"), NOTARY_KEY.pub, None, None))
