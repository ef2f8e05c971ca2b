"""A picture with masked parts: pages print the masked copy and never fall back to the original."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from diary.encoding import b64
from diary.pack.capsule.exhibits import DiaryVersion, exhibit_rows
from diary.pack.wording import format_screenshot_point
from diary.record.evidence import Attachment
from diary.record.record_history import RecordVersion, build_histories

PROJECT_ROOT = Path(__file__).parents[2]
RECORD_ID, VERSION_ID = b64(bytes(15) + b"\x01"), b64(bytes(15) + b"\x02")
PRINT_BLOB, MASKED_BLOB, LATER_MASKED_BLOB, RECEIVED_BLOB = (b64(bytes(15) + bytes([n])) for n in (3, 4, 5, 6))
PHONE_SCRIPT = """
const { exhibitsOf } = await import(process.argv[1]);
const { version, history } = JSON.parse(process.argv[2]);
const bytes = (part) => ({ ...part, keys: part.keys.map(([blob]) => [blob, new Uint8Array(32)]) });
const row = { ...version, open: bytes(version.open), restricted: bytes(version.restricted) };
const [exhibit] = exhibitsOf([row], [{ no: 1, told: history }], 'JB');
console.log(JSON.stringify([exhibit.print?.blob ?? null, exhibit.received?.blob ?? null]));
"""


def _rendition(purpose: str, size: int) -> dict[str, object]:
    return {
        "purpose": purpose,
        "size_bytes": size,
        "width": 90,
        "height": 60,
        "media_type": "image/jpeg",
        "sha256": "0" * 64,
    }


def _printed_and_decoded(copies: list[tuple[str, str]], wish: str | None) -> list[object]:
    """Return which blob is printed and which one the sandbox decodes, as both languages report it."""
    clock = {"utc": 1_793_650_000_000, "tz": "Europe/London", "offset_ms": None}
    fields: dict[str, Any] = {
        "_kind": "attachment",
        "_clock": clock,
        "_parents": [],
        "media_type": "image/png",
        "size_bytes": 10,
        "sha256": "0" * 64,
        "sha512": "0" * 128,
        "looked_at": 1,
        "sensitivity": "normal",
        "renditions": [_rendition(name, 100 + i) for i, (name, _) in enumerate(copies)],
    }
    fields |= {"print_copy": wish} if wish else {}
    version: DiaryVersion = {
        "record": RECORD_ID,
        "version": VERSION_ID,
        "kind": "attachment",
        "schema": 1,
        "seq": 1,
        "c": "",
        "sig": "",
        "parents": [],
        "env": None,
        "receipt": None,
        "open": {"fields": fields, "seed": bytes(32), "keys": [(blob, bytes(32)) for _, blob in copies]},
        "restricted": {"fields": {}, "seed": bytes(32), "keys": [(RECEIVED_BLOB, bytes(32))]},
    }
    [history] = build_histories(
        [
            RecordVersion(
                record=RECORD_ID, version=VERSION_ID, kind="attachment", schema=1, fields=fields, restricted={}
            )
        ],
        "attachment",
    )
    rows: Any = exhibit_rows([version], [(1, Attachment(history))], "JB")
    [row] = rows
    blobs = [(row["print"] or {"blob": None})["blob"], (row["received"] or {"blob": None})["blob"]]
    assert blobs == _run_on_phone(fields, copies)
    return blobs


def _run_on_phone(fields: dict[str, Any], copies: list[tuple[str, str]]) -> object:
    """Return the same, computed by the phone's code."""
    part = {"fields": fields, "keys": [[blob] for _, blob in copies]}
    version = {
        "record": RECORD_ID,
        "version": VERSION_ID,
        "kind": "attachment",
        "open": part,
        "restricted": {"fields": {}, "keys": [[RECEIVED_BLOB]]},
    }
    newest = {"record": RECORD_ID, "version": VERSION_ID, "kind": "attachment", "fields": fields, "restricted": {}}
    history: dict[str, object] = {
        "record": RECORD_ID,
        "first": newest,
        "newest": newest,
        "revisions": [],
        "taken_out": None,
    }
    node = shutil.which("node")
    assert node, "Node 20 or newer is not on the path; `make test` puts it there"
    script = (PROJECT_ROOT / "static" / "js" / "pack" / "exhibits.js").as_uri()
    input_json = json.dumps({"version": version, "history": history})
    completed = subprocess.run(
        [node, "--input-type=module", "-e", PHONE_SCRIPT, script, input_json],
        capture_output=True,
        check=True,
        timeout=30,
    )
    return json.loads(completed.stdout)


@pytest.mark.parametrize(
    ("copies", "wish", "printed", "decoded"),
    [
        ([("print", PRINT_BLOB), ("masked", MASKED_BLOB)], None, PRINT_BLOB, None),
        ([("print", PRINT_BLOB), ("masked", MASKED_BLOB)], "masked", MASKED_BLOB, None),
        (
            [("print", PRINT_BLOB), ("masked", LATER_MASKED_BLOB), ("masked", MASKED_BLOB)],
            "masked",
            LATER_MASKED_BLOB,
            None,
        ),
        ([("print", PRINT_BLOB)], "masked", None, None),
        ([], "masked", None, None),
        ([], None, None, RECEIVED_BLOB),
    ],
)
def test_which_copy_is_printed(
    copies: list[tuple[str, str]], wish: str | None, printed: str | None, decoded: str | None
) -> None:
    """The first masked copy is printed. If it is missing, nothing is printed rather than what it masked."""
    assert _printed_and_decoded(copies, wish) == [printed, decoded]


def test_unanswered_points_are_not_said_to_be_missing() -> None:
    """A point that was not answered is not reported as missing."""
    answers = {"shows": ["clock"], "not_shown": ["url"]}
    assert [format_screenshot_point(answers, code) for code in ("clock", "url", "date")] == [
        "shown",
        "not shown",
        "not answered",
    ]
