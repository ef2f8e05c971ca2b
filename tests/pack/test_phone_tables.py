"""The typesetter's tables and the cells that the phone computes are equal, in odd diaries too.

The phone refuses a pack if one cell differs, so a difference between the two programs would cost somebody their pack.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

from diary.pack.capsule.builder import build_capsule
from diary.pack.documents.language_names import is_english, is_sign_language, language_name
from diary.record import assisted
from tests.pack.conftest import BuiltPack, build_front_part
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, incident_fields
from tests.pack.odd_values import add_odd_records
from tests.pack.test_registers import diary_with_order

CHECK_TABLES_SCRIPT = Path(__file__).parents[1] / "js" / "check_tables.mjs"
TABLE_PATHS = tuple(
    f"data/{name}"
    for name in (
        "servable/02_chronology.csv",
        "servable/03_exhibits-index.csv",
        "servable/05_message-schedules.csv",
        "servable/07_statements.csv",
        "restricted/11_custody-log.csv",
    )
)
# Times in words and links between records, which only the typesetter writes.
UNCHECKED_COLUMNS = {
    "occurred", "found_out", "delay", "later", "person_code", "aimed_at", "vehicle", "present", "saw_or_heard", "told",
    "order_in_force", "term_said_to_be_broken", "reported", "platform_report", "may_be_recorded_on", "message_schedule",
    "taken", "time_it_shows", "page", "accounts_listed", "vehicles_listed", "told_to_stop", "part_of",
}  # fmt: skip


def check_tables_on_phone(
    cases: list[tuple[bytes, dict[str, bytes]]], folder: Path, *, change_cells: bool = False
) -> list[dict[str, Any]]:
    """Return, for each capsule with its tables, which table differs and in which columns a change is noticed."""
    rows = []
    for n, (capsule, tables) in enumerate(cases):
        paths = {name: folder / f"{n}-{at}.csv" for at, name in enumerate(tables)}
        for name, path in paths.items():
            path.write_bytes(tables[name])
        (folder / f"{n}.json").write_bytes(capsule)
        rows.append({"capsule": str(folder / f"{n}.json"), "tables": {name: str(path) for name, path in paths.items()}})
    (folder / "cases.json").write_text(json.dumps(rows))
    node = shutil.which("node")
    assert node, "Node 20 or newer is not on the path; `make test` puts it there"
    command = [node, str(CHECK_TABLES_SCRIPT), str(folder / "cases.json"), *(["change"] if change_cells else [])]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stderr[-2000:]
    return list(json.loads(completed.stdout))


def read_tables(path: Path, folder: str = "") -> dict[str, bytes]:
    """Return the tables of a front part or of a pack."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        return {name: archive.read(folder + name) for name in TABLE_PATHS if folder + name in names}


def diary_with_hostile_words() -> FictionalDiary:
    """Return a diary with text that breaks tables: quotes, line ends, formulas, leading apostrophes, NUL bytes."""
    diary = FictionalDiary()
    odd = ("'=1+1", "'  @x", '"a",b', "a\r\nb\rc\n", "\0x", " -1", "\uff1dx", "[held back, see 06]", "", "a\tb")
    for n, words in enumerate(odd):
        at_ms = START_MS + n * DAY_MS
        fields = incident_fields(at_ms, words, who=words, place_category_text=words, count=n, late_reason=words)
        diary.add("incident", fields, {"place_detail": "street, calls"} if n == 3 else None, at_ms=at_ms)
    entry = next(row for row in diary.versions if row["kind"] == "incident")
    for name, kind in (("order.pdf", "notice"), ("alone.pdf", None)):
        file = diary.attach(entry, name.encode(), "application/pdf", name, extra_fields={"incident_ids": []})
        if kind:
            diary.add(kind, {"attachment_ids": [file["record"]], "exact_words": "Stop"})
    extra_fields = {
        "behaviours": ["calls", "follow"],
        "place_category": "street",
        "utc_offset_min": None,
        "tz": "Asia/Kolkata",
    }
    diary.add(
        "incident",
        incident_fields(START_MS + 20 * DAY_MS, "calls in the street", **extra_fields),
        at_ms=START_MS + 20 * DAY_MS,
    )
    return diary


def diary_with_changed_place() -> FictionalDiary:
    """Return an entry typed by an advocate, in which the keeper changed only a restricted place."""
    diary = FictionalDiary()
    turns = [{"asked": "tell_me", "said": "He stood in Larch Court.", "words": ""}]
    letter = {"by": "PK", "held_at": START_MS, "how": "call", "incident": {}, "read_back": True, "turns": turns}
    assisted_letter = {"fields": letter | {"tz": "Europe/London", "under_18": False}, "what": "assisted"}
    entry = assisted.build_entry_fields(assisted_letter, "key", "changed", START_MS + DAY_MS)
    places = {"place_detail": "Larch Court, Birch Court"}
    diary.add(
        "incident",
        incident_fields(START_MS, "") | entry | {"narrative": "He stood in Birch Court."},
        places,
        at_ms=START_MS,
    )
    return diary


def test_the_phone_agrees_with_every_table(full_pack: BuiltPack, tmp_path: Path) -> None:
    """Six scripts, withheld words, bursts, odd values and table-breaking text give equal tables.

    test_sample_pack.py checks the same for the sample pack with its 300 files.
    """
    cases = [(full_pack.capsule_bytes, read_tables(full_pack.front_path))]
    odd = diary_with_order()
    add_odd_records(odd, START_MS + 50 * DAY_MS)
    for n, diary in enumerate((diary_with_order(), odd, diary_with_hostile_words(), diary_with_changed_place())):
        capsule = build_capsule(diary.versions, diary.wish(), diary.public_keys)
        cases.append((capsule, read_tables(asyncio.run(build_front_part(diary, capsule, tmp_path / f"{n}.front")))))
    assert [result["differs"] for result in check_tables_on_phone(cases, tmp_path)] == [None] * len(cases)


def test_the_phone_accepts_a_whole_front_part(full_pack: BuiltPack, tmp_path: Path) -> None:
    """Every file that the typesetter makes is one that the phone expects, and none is missing."""
    capsule = tmp_path / "capsule.json"
    capsule.write_bytes(full_pack.capsule_bytes)
    node = shutil.which("node")
    assert node
    module = (CHECK_TABLES_SCRIPT.parents[2] / "static/js/pack/front.js").as_uri()
    script = (
        f"const [{{ checkFront }}, {{ readFileSync }}] = await Promise.all([import('{module}'), import('node:fs')]);"
        "const [front, capsule] = process.argv.slice(1).map((path) => readFileSync(path));"
        "const members = await checkFront(new Uint8Array(front), JSON.parse(capsule)).catch((error) => error.message);"
        "console.log(typeof members === 'string' ? members : '');"
    )
    command = [node, "--input-type=module", "-e", script, str(full_pack.front_path), str(capsule)]
    completed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert completed.stdout.strip() == ""


def test_phone_and_pack_name_languages_alike() -> None:
    """Typesetter and phone name a language alike, given its code, its name or its usual letters."""
    language_codes = [
        "",
        "en",
        "en-GB",
        "English",
        " ENGLISH",
        "ur",
        "ur-PK",
        "Urdu",
        "BSL",
        "bfi",
        "Polish Sign Language",
        "Klingon",
    ]
    node = shutil.which("node")
    assert node
    module = (CHECK_TABLES_SCRIPT.parents[2] / "static/js/pack/chronology/language_names.js").as_uri()
    script = (
        f"import('{module}').then((t) => console.log(JSON.stringify("
        f"{json.dumps(language_codes)}.map((one) => [t.tongue(one), t.isSigned(one), t.isEnglish(one)]))))"
    )
    completed = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    assert json.loads(completed.stdout) == [
        [language_name(language), is_sign_language(language), is_english(language)] for language in language_codes
    ]
    assert (language_name("ur-PK"), language_name("BSL"), language_name("Klingon")) == (
        "Urdu",
        "British Sign Language",
        "Klingon",
    )
    assert [is_sign_language(language) for language in ("bfi", "Polish Sign Language", "Urdu")] == [True, True, False]
    assert [is_english(language) for language in ("English", "en-GB", "BSL", "")] == [True, True, False, False]


def test_the_phone_notices_a_change_in_every_checked_column(full_pack: BuiltPack, tmp_path: Path) -> None:
    """A change is noticed in every column except those listed as unknown to the phone."""
    schedule = diary_with_order()
    raw = build_capsule(schedule.versions, schedule.wish(), schedule.public_keys)
    front = asyncio.run(build_front_part(schedule, raw, tmp_path / "front"))
    results = check_tables_on_phone(
        [(full_pack.capsule_bytes, read_tables(full_pack.front_path)), (raw, read_tables(front))],
        tmp_path,
        change_cells=True,
    )
    noticed_columns = {
        name: set(results[0]["noticed"].get(name, ())) | set(results[1]["noticed"].get(name, ()))
        for name in TABLE_PATHS
    }
    for name, raw_table in {**read_tables(full_pack.front_path), **read_tables(front)}.items():
        columns = set(raw_table.decode("utf-8-sig").split("\r\n")[0].split(","))
        assert columns - noticed_columns[name] <= UNCHECKED_COLUMNS, (
            name,
            columns - noticed_columns[name] - UNCHECKED_COLUMNS,
        )
