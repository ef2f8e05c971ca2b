"""A checkpoint stays valid when somebody else signs it too: C2SP notes carry the lines of any number of witnesses.

Judged from outside: `audit` over HTTP, and the phone's own module in Node.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.running import ROOT, kept
from tests.trust.served_pages import log_pages, over_http

STRANGER = f"— witness.example/w1 {base64.b64encode(bytes(range(76))).decode()}\n".encode()
READ = """
import { b64, unb64 } from './static/js/core/bytes.js';
import { verifyNote } from './static/js/ledger/checkpoint.js';
const [note, pub] = JSON.parse(process.argv[1]);
const said = await verifyNote(note, unb64(pub)).catch(({ code }) => ({ root: new Uint8Array(0), size: code }));
console.log(JSON.stringify([said.size, b64(said.root)]));
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A log with three checkpoints."""
    return asyncio.run(log_pages(tmp_path_factory.mktemp("log")))


def with_lines(pages: dict[str, bytes], lines: bytes, *, before: bool = False) -> dict[str, bytes]:
    """The same pages, each checkpoint with more signature lines."""

    def put(note: bytes) -> bytes:
        text, own = note.split(b"\n\n")
        return text + b"\n\n" + (lines + own if before else own + lines)

    return {path: put(raw) if "/log/checkpoint" in path else raw for path, raw in pages.items()}


def audit(pages: dict[str, bytes]) -> subprocess.CompletedProcess[str]:
    with over_http(pages) as address:
        return kept("audit", address)


def phone_reads(note: bytes, pub: bytes) -> list[object]:
    """Size and root as the phone's module reads a note, or the code of its refusal."""
    node = (ROOT / ".venv" / "node-path").read_text().strip()
    asked = json.dumps([note.decode(), pub.decode().strip()])
    done = subprocess.run(
        [Path(node) / "node", "--input-type=module", "-e", READ, asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    told: list[object] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("count", [1, 15])
def test_audit_takes_a_log_whose_checkpoints_others_signed_too(
    pages: dict[str, bytes], count: int, before: bool
) -> None:
    """One line more or fifteen, beneath the notary's or above it: the log holds."""
    done = audit(with_lines(pages, count * STRANGER, before=before))
    assert done.returncode == 0, done.stdout
    assert "No finding. The log holds." in done.stdout


@pytest.mark.parametrize("before", [False, True])
def test_the_phone_reads_what_the_notary_signed_among_other_lines(pages: dict[str, bytes], before: bool) -> None:
    """Size and root are those of the note with one line."""
    pub = pages["/notary.txt"]
    plain = phone_reads(pages["/log/checkpoint"], pub)
    assert plain[0] == 6
    assert phone_reads(with_lines(pages, STRANGER, before=before)["/log/checkpoint"], pub) == plain


def test_another_line_does_not_stand_in_for_the_notary(pages: dict[str, bytes]) -> None:
    """Only strangers' lines, or a line too many: refused, by both."""
    note = pages["/log/checkpoint"]
    text, _ = note.split(b"\n\n")
    other_size = note.replace(b"\n6\n", b"\n7\n") + STRANGER
    for bent in (text + b"\n\n" + STRANGER, note + 16 * STRANGER, note + b"\n" + STRANGER, other_size):
        assert phone_reads(bent, pages["/notary.txt"]) == ["bad_signature", ""]
        done = audit({**pages, "/log/checkpoints/2": bent, "/log/checkpoint": bent})
        assert done.returncode == 1 and "log_checkpoint 2: The checkpoint's signature does not hold." in done.stdout
