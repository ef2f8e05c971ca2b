"""The tables the typesetter writes and the cells the phone works out for itself are the same, in odd diaries as in ordinary ones.

The phone refuses a pack of which one cell differs: a difference between the two codes would cost somebody their pack.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

from diary.pack.capsule.builder import make_capsule
from diary.pack.documents.language_names import is_english, is_signed, tongue
from diary.record import assisted
from tests.pack.conftest import BuiltPack, build
from tests.pack.fiction import DAY, START, FictionalDiary, incident_fields
from tests.pack.odd import add_odd
from tests.pack.test_registers import order_diary

SCRIPT = Path(__file__).parents[1] / "js" / "check_tables.mjs"
TABLES = tuple(
    f"data/{name}"
    for name in (
        "servable/02_chronology.csv",
        "servable/03_exhibits-index.csv",
        "servable/05_message-schedules.csv",
        "servable/07_statements.csv",
        "restricted/11_custody-log.csv",
    )
)
# Times in words and what links records to one another: only the typesetter says these.
UNHEARD = {
    "occurred", "found_out", "delay", "later", "person_code", "aimed_at", "vehicle", "present", "saw_or_heard", "told",
    "order_in_force", "term_said_to_be_broken", "reported", "platform_report", "may_be_recorded_on", "message_schedule",
    "taken", "time_it_shows", "page", "accounts_listed", "vehicles_listed", "told_to_stop", "part_of",
}  # fmt: skip


def said_by_the_phone(
    cases: list[tuple[bytes, dict[str, bytes]]], folder: Path, *, change: bool = False
) -> list[dict[str, Any]]:
    """For each capsule with its tables: which one differs, and the columns in which a change is noticed."""
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
    command = [node, str(SCRIPT), str(folder / "cases.json"), *(["change"] if change else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return list(json.loads(done.stdout))


def tables_of(path: Path, folder: str = "") -> dict[str, bytes]:
    """The tables of a front part, or of a pack."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        return {name: archive.read(folder + name) for name in TABLES if folder + name in names}


def hostile_words() -> FictionalDiary:
    """Words that tables are broken with: quotes, ends of lines, formulas, apostrophes before them, zero bytes."""
    diary = FictionalDiary()
    odd = ("'=1+1", "'  @x", '"a",b', "a\r\nb\rc\n", "\0x", " -1", "\uff1dx", "[held back, see 06]", "", "a\tb")
    for n, words in enumerate(odd):
        at = START + n * DAY
        fields = incident_fields(at, words, who=words, place_category_text=words, count=n, late_reason=words)
        diary.add("incident", fields, {"place_detail": "street, calls"} if n == 3 else None, at=at)
    entry = next(row for row in diary.versions if row["kind"] == "incident")
    for name, kind in (("order.pdf", "notice"), ("alone.pdf", None)):
        file = diary.attach(entry, name.encode(), "application/pdf", name, extra={"incident_ids": []})
        if kind:
            diary.add(kind, {"attachment_ids": [file["record"]], "exact_words": "Stop"})
    more = {"behaviours": ["calls", "follow"], "place_category": "street", "utc_offset_min": None, "tz": "Asia/Kolkata"}
    diary.add("incident", incident_fields(START + 20 * DAY, "calls in the street", **more), at=START + 20 * DAY)
    return diary


def another_street() -> FictionalDiary:
    """Typed by an advocate; all that the keeper changed is a place that is held back."""
    diary = FictionalDiary()
    turns = [{"asked": "tell_me", "said": "He stood in Larch Court.", "words": ""}]
    letter = {"by": "PK", "held_at": START, "how": "call", "incident": {}, "read_back": True, "turns": turns}
    sent = {"fields": letter | {"tz": "Europe/London", "under_18": False}, "what": "assisted"}
    entry = assisted.entry_of(sent, "key", "changed", START + DAY)
    places = {"place_detail": "Larch Court, Birch Court"}
    diary.add(
        "incident", incident_fields(START, "") | entry | {"narrative": "He stood in Birch Court."}, places, at=START
    )
    return diary


def test_the_phone_agrees_with_every_table(built: BuiltPack, tmp_path: Path) -> None:
    """Six scripts, held back words, bursts, odd values, words that break tables: no pack is refused for nothing.

    The sample pack with its 300 files is asked the same in test_sample_pack.py.
    """
    cases = [(built.raw, tables_of(built.front))]
    odd = order_diary()
    add_odd(odd, START + 50 * DAY)
    for n, diary in enumerate((order_diary(), odd, hostile_words(), another_street())):
        capsule = make_capsule(diary.versions, diary.wish(), diary.keys)
        cases.append((capsule, tables_of(asyncio.run(build(diary, capsule, tmp_path / f"{n}.front")))))
    assert [one["differs"] for one in said_by_the_phone(cases, tmp_path)] == [None] * len(cases)


def test_languages_are_named_alike() -> None:
    """By code, name or usual letters: what a set page says of a signed account, the phone's own page says too."""
    given = [
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
    module = (SCRIPT.parents[2] / "static/js/pack/chronology/language_names.js").as_uri()
    script = (
        f"import('{module}').then((t) => console.log(JSON.stringify("
        f"{json.dumps(given)}.map((one) => [t.tongue(one), t.isSigned(one), t.isEnglish(one)]))))"
    )
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[tongue(one), is_signed(one), is_english(one)] for one in given]
    assert (tongue("ur-PK"), tongue("BSL"), tongue("Klingon")) == ("Urdu", "British Sign Language", "Klingon")
    assert [is_signed(one) for one in ("bfi", "Polish Sign Language", "Urdu")] == [True, True, False]
    assert [is_english(one) for one in ("English", "en-GB", "BSL", "")] == [True, True, False, False]


def test_a_change_of_any_cell_the_phone_knows_is_noticed(built: BuiltPack, tmp_path: Path) -> None:
    """Column by column; what it cannot know is on a list, and that list is all there is."""
    schedule = order_diary()
    raw = make_capsule(schedule.versions, schedule.wish(), schedule.keys)
    front = asyncio.run(build(schedule, raw, tmp_path / "front"))
    told = said_by_the_phone([(built.raw, tables_of(built.front)), (raw, tables_of(front))], tmp_path, change=True)
    seen = {name: set(told[0]["noticed"].get(name, ())) | set(told[1]["noticed"].get(name, ())) for name in TABLES}
    for name, raw_table in {**tables_of(built.front), **tables_of(front)}.items():
        columns = set(raw_table.decode("utf-8-sig").split("\r\n")[0].split(","))
        assert columns - seen[name] <= UNHEARD, (name, columns - seen[name] - UNHEARD)
