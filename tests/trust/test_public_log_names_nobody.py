"""The public list of receipts says nothing of whose they are, to somebody who reads every page of it.

A screen promises it (`log.listed`, `server.seen_lead`). The reader here knows all that a pack or a copied phone can show
of one keeper, but for the receipts themselves: their ids, name, words, and the commitments and times of their versions.
"""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

from diary.encoding import unb64
from diary.ledger import leaves
from diary.services.log import sequencer
from tests.server_fixture import InProcessServer, Keeper, read_json, register_keeper, running_server

PAGES = (
    "checkpoint",
    "checkpoint-witnessed",
    "checkpoints/0",
    "checkpoints-witnessed/0",
    "leaves/0",
    "stamps/0",
    "statements",
    "witnesses",
    "tile/0/000.p/6",
    "tile/entries/000.p/6",
)
WORDS = "SENTINEL outside again"


async def read_public_pages(server: InProcessServer) -> dict[str, bytes]:
    """Return every page of the list that is served, with its headers."""
    pages = {}
    async with server.http_client("192.0.2.9") as stranger:
        for path in PAGES:
            answer = await stranger.get(f"{server.settings.public_url}/log/{path}")
            assert answer.status_code in (200, 404), path
            if answer.status_code == 200:
                pages[path] = json.dumps(dict(answer.headers)).encode() + answer.content
        for path in ("/v1/log", "/v1/log/consistency/1/1"):
            pages[path] = (await stranger.get(server.settings.app_url + path)).content
    return pages


async def test_no_page_of_the_list_names_a_keeper(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Two keepers push in turn. No page has an id, a name, words, a commitment, or more for a receipt than 32 bytes."""
    async with running_server(tmp_path, **database_setting) as server:
        keepers = [await register_keeper(server, f"198.51.100.{n}") for n in range(2)]
        receipts = []
        for n in range(6):
            keeper = keepers[n % 2]
            receipts.append(read_json((await keeper.push(f"{WORDS} {n}")).content)["receipt"])
            server.clock.advance(7_000)
        await sequencer.run_round(server.app.state.app_context.instance)
        pages = await read_public_pages(server)
    assert {"checkpoint", "leaves/0", "tile/0/000.p/6", "/v1/log"} <= pages.keys()
    assert "tile/entries/000.p/6" not in pages, "it would show when each version arrived"
    known = {text for keeper in keepers for text in texts_about(keeper)}
    known |= {str(receipt[name]) for receipt in receipts for name in ("c", "n", "env", "sig", "ts")}
    known |= {unb64(receipt[name]).hex() for receipt in receipts for name in ("c", "n")}
    for path, page in pages.items():
        assert [text for text in known if text.encode() in page] == [], path
        assert not re.search(rb"198\.51\.100\.[01]", page), path
    leaf_lines = pages["leaves/0"].partition(b"}")[2].decode().splitlines()
    assert sorted(map(len, leaf_lines)) == [64] * 6
    # They stand in the order in which they came, and nothing in a line is the same for two of one keeper.
    arrival = [
        leaves.receipt_leaf(commitment=receipt["c"], number=receipt["n"], timestamp_ms=receipt["ts"]).hex()
        for receipt in receipts
    ]
    assert leaf_lines == arrival


async def test_a_reader_who_has_a_version_cannot_look_it_up(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Without the receipt's random number, commitment and time give no line of the list."""
    async with running_server(tmp_path, **database_setting) as server:
        keeper = await register_keeper(server)
        receipt = read_json((await keeper.push(WORDS)).content)["receipt"]
        again = read_json((await keeper.push(WORDS)).content)["receipt"]
        await sequencer.run_round(server.app.state.app_context.instance)
        pages = await read_public_pages(server)
    lines = set(pages["leaves/0"].partition(b"}")[2].decode().splitlines())
    assert len(unb64(receipt["n"])) == 16 and receipt["n"] != again["n"]
    guesses = itertools.product(
        (receipt["c"], again["c"]), ("", "A" * 22, keeper.identity.diary), (receipt["ts"], again["ts"])
    )
    for commitment, number, timestamp_ms in guesses:
        guess = leaves.receipt_leaf(commitment=commitment, number=number, timestamp_ms=timestamp_ms)
        assert guess.hex() not in lines


def texts_about(keeper: Keeper) -> list[str]:
    """Return the ids, names and words of a keeper, as text."""
    identity = keeper.identity
    versions = keeper.journal.versions()
    return [
        identity.login,
        identity.diary,
        identity.account,
        identity.device,
        "SENTINEL",
        *(str(version[name]) for version in versions for name in ("record", "version")),
    ]
