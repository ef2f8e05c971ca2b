"""A checkpoint stays valid with others' signatures: C2SP notes have the lines of any number of witnesses.

Checked from outside: by `audit` over HTTP, and by the phone's own module in Node.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli_runner import PROJECT_ROOT, run_cli
from tests.trust.served_pages import fetch_log_pages, serve_over_http

STRANGERS_SIGNATURE_LINE = f"— witness.example/w1 {base64.b64encode(bytes(range(76))).decode()}\n".encode()
READ_NOTE_SCRIPT = """
import { b64, unb64 } from './static/js/core/bytes.js';
import { verifyNote } from './static/js/ledger/checkpoint.js';
const [note, pub] = JSON.parse(process.argv[1]);
const said = await verifyNote(note, unb64(pub)).catch(({ code }) => ({ root: new Uint8Array(0), size: code }));
console.log(JSON.stringify([said.size, b64(said.root)]));
"""


@pytest.fixture(scope="module")
def log_pages_by_path(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the pages of a log with three checkpoints."""
    return asyncio.run(fetch_log_pages(tmp_path_factory.mktemp("log")))


def with_signature_lines(pages: dict[str, bytes], lines: bytes, *, before: bool = False) -> dict[str, bytes]:
    """Return the pages with additional signature lines in each checkpoint."""

    def put(note: bytes) -> bytes:
        text, own = note.split(b"\n\n")
        return text + b"\n\n" + (lines + own if before else own + lines)

    return {path: put(raw) if "/log/checkpoint" in path else raw for path, raw in pages.items()}


def run_audit(pages: dict[str, bytes]) -> subprocess.CompletedProcess[str]:
    with serve_over_http(pages) as address:
        return run_cli("audit", address)


def read_note_as_phone(note: bytes, pub: bytes) -> list[object]:
    """Return size and root as the phone's module reads a note, or the error code."""
    node = (PROJECT_ROOT / ".venv" / "node-path").read_text().strip()
    script_input = json.dumps([note.decode(), pub.decode().strip()])
    result = subprocess.run(
        [Path(node) / "node", "--input-type=module", "-e", READ_NOTE_SCRIPT, script_input],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    output: list[object] = json.loads(result.stdout)
    return output


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("count", [1, 15])
def test_audit_takes_a_log_whose_checkpoints_others_signed_too(
    log_pages_by_path: dict[str, bytes], count: int, before: bool
) -> None:
    """The log is valid with one or fifteen more lines, below the notary's or above it."""
    result = run_audit(with_signature_lines(log_pages_by_path, count * STRANGERS_SIGNATURE_LINE, before=before))
    assert result.returncode == 0, result.stdout
    assert "No finding. The log holds." in result.stdout


@pytest.mark.parametrize("before", [False, True])
def test_the_phone_reads_what_the_notary_signed_among_other_lines(
    log_pages_by_path: dict[str, bytes], before: bool
) -> None:
    """Size and root are those of the note with one line."""
    pub = log_pages_by_path["/notary.txt"]
    plain = read_note_as_phone(log_pages_by_path["/log/checkpoint"], pub)
    assert plain[0] == 6
    assert (
        read_note_as_phone(
            with_signature_lines(log_pages_by_path, STRANGERS_SIGNATURE_LINE, before=before)["/log/checkpoint"], pub
        )
        == plain
    )


def test_another_line_does_not_stand_in_for_the_notary(log_pages_by_path: dict[str, bytes]) -> None:
    """Both refuse a note with strangers' lines only, or with too many lines."""
    note = log_pages_by_path["/log/checkpoint"]
    text, _ = note.split(b"\n\n")
    other_size = note.replace(b"\n6\n", b"\n7\n") + STRANGERS_SIGNATURE_LINE
    for altered in (
        text + b"\n\n" + STRANGERS_SIGNATURE_LINE,
        note + 16 * STRANGERS_SIGNATURE_LINE,
        note + b"\n" + STRANGERS_SIGNATURE_LINE,
        other_size,
    ):
        assert read_note_as_phone(altered, log_pages_by_path["/notary.txt"]) == ["bad_signature", ""]
        result = run_audit({**log_pages_by_path, "/log/checkpoints/2": altered, "/log/checkpoint": altered})
        assert result.returncode == 1 and "log_checkpoint 2: The checkpoint's signature does not hold." in result.stdout
