"""The directory refuses wrong rows, and its opening times are right."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from diary import config
from diary.clock import SystemClock
from diary.errors import BadSetting
from diary.paths import STATIC, TEMPLATES
from diary.web import directory
from diary.web.directory import TABLE_PATH, read_support_directory
from diary.web.directory_page import DirectoryPage, next_opening, service_row
from diary.web.pages import make_environment
from diary.web.public_pages import make_renderer
from tests.cli_runner import run_cli_in_process
from tests.server_fixture import InProcessServer

HELPLINE_ID = "nsh"


def moment_at(text: str) -> datetime:
    """Return a moment in the directory's zone."""
    return datetime.fromisoformat(text).replace(tzinfo=read_support_directory().time_zone)


def ms_at(text: str) -> int:
    """Return the same in milliseconds."""
    return int(moment_at(text).timestamp() * 1000)


def test_the_table_is_whole() -> None:
    """Emergency help is first for each way of contact; nobody who cannot hear prompts is sent to a voice menu."""
    table = read_support_directory()
    assert [table.services_reached_by(way)[0].id for way in ("call", "text", "bsl")] == ["999", "esms", "999bsl"]
    for way in ("text", "bsl"):
        services = table.services_reached_by(way)
        assert "silent" not in {one.id for one in services}
        assert {one.id for one in services if one.kind == "tel"} == {"relay"}
    assert {nation for one in table.services for nation in one.nations} == {"england", "wales", "scotland", "ni"}


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2026-11-24T09:29", False, ("tue", "09:30")),
        ("2026-11-24T09:30", True, None),
        ("2026-11-24T16:00", False, ("wed", "13:00")),
        ("2026-11-25T10:00", False, ("wed", "13:00")),
        ("2026-11-27T17:00", False, ("mon", "09:30")),
        ("2026-06-30T15:59", True, None),
    ],
)
def test_open_now_is_right_to_the_minute(moment: str, is_open: bool, opens: tuple[str, str] | None) -> None:
    """Open and closed are right to the minute, over weekends, in summer and winter time."""
    (helpline,) = (service for service in read_support_directory().services if service.id == HELPLINE_ID)
    assert helpline.is_open(moment_at(moment)) is is_open
    assert (None if is_open else next_opening(helpline, moment_at(moment))) == opens


def test_hours_nobody_knows_are_not_guessed() -> None:
    """Day and night is open; unknown hours are unknown, never closed."""
    states = {
        service.id: service_row(service, moment_at("2026-11-24T03:00"))["state"]
        for service in read_support_directory().services
    }
    assert (states["999"], states["karma"], states[HELPLINE_ID]) == ("always", "unknown", "closed")


def test_what_is_due_is_what_nobody_checked(tmp_path: Path) -> None:
    """A row is current for ninety days after a person phoned it; the others are due."""
    table = tmp_path / "directory.toml"
    text = TABLE_PATH.read_text().replace('id = "101"', 'id = "101"\nchecked_on = "2026-11-01"\nchecked_by = "AB"')
    table.write_text(text)
    support = read_support_directory(table)
    assert "101" not in {one.id for one in support.services_due(date(2026, 11, 24))}
    assert "101" in {one.id for one in support.services_due(date(2026, 11, 1) + timedelta(days=90))}
    (checked,) = (one for one in support.services if one.id == "101")
    pages = make_renderer(make_environment(TEMPLATES), config.load_settings({}))
    texts_by_language = {}
    for words in pages.translations:
        page = DirectoryPage(support, partial(pages.render, words, "directory.html", "/directory")).render_at(
            ms_at("2026-11-24T03:00")
        )
        texts_by_language[words.language.code] = page.decode().replace("\u2066", "").replace("\u2069", "")
    assert (
        "Checked on 1 November 2026 by AB" in texts_by_language["en"] and "1 Tachwedd 2026" in texts_by_language["cy"]
    )
    assert "1 listopada 2026" in texts_by_language["pl"] and "1 نومبر 2026" in texts_by_language["ur"]
    assert checked.checked_by == "AB"


def table_with_checks(folder: Path) -> Path:
    """Write a table in which 101 was checked long ago, the helpline lately, and relay on a day in the future."""
    text = TABLE_PATH.read_text()
    for service_id, day in (("101", "2020-01-31"), (HELPLINE_ID, clock_day(-2)), ("relay", clock_day(2))):
        text = text.replace(
            f'id = "{service_id}"\n', f'id = "{service_id}"\nchecked_on = "{day}"\nchecked_by = "A. Jones"\n'
        )
    (folder / "directory.toml").write_text(text.replace('responsible = ""', 'responsible = "Sam Lee"'))
    return folder / "directory.toml"


def clock_day(offset: int) -> str:
    """Return the day `offset` days from today (UTC)."""
    return (date(1970, 1, 1) + timedelta(days=SystemClock().now_ms() // 86_400_000 + offset)).isoformat()


def test_operators_see_who_checked_what_and_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`directory due` names the last check, the day it was due and the person responsible; so does --json."""
    monkeypatch.setattr(
        directory, "read_support_directory", partial(read_support_directory, table_with_checks(tmp_path))
    )
    total = len(read_support_directory().services)
    result = run_cli_in_process("directory", "due")
    lines = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert result.returncode == 1
    assert "checked on 2020-01-31 by A. Jones, due since 2020-04-30" in lines["101"]
    assert HELPLINE_ID not in lines
    assert "the day is in the future" in lines["relay"]
    assert "nobody has checked it" in lines["999"] and "A. Jones" not in lines["999"]
    assert (
        f"{total - 1} of {total} are due, and nobody has ever checked {total - 3}. Responsible: Sam Lee."
        in result.stdout
    )
    as_json = run_cli_in_process("directory", "due", "--json")
    report = json.loads(as_json.stdout)
    rows = {row["id"]: row for row in report.pop("services")}
    assert as_json.returncode == 1
    assert report == {
        "due": total - 1, "total": total, "never_checked": total - 3, "due_after_days": 90, "responsible": "Sam Lee",
    }  # fmt: skip
    assert (rows["101"]["checked_by"], rows["101"]["due_on"]) == ("A. Jones", "2020-04-30")
    assert (rows["999"]["checked_by"], rows["999"]["checked_on"], rows["999"]["due_on"]) == ("", "", "")


def test_a_directory_that_was_checked_is_green(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every row checked lately the exit status is 0, and nobody responsible is said to be nobody."""
    text = re.sub(
        r'^(id = ".*")$', rf'\1\nchecked_on = "{clock_day(0)}"\nchecked_by = "AB"', TABLE_PATH.read_text(), flags=re.M
    )
    (tmp_path / "directory.toml").write_text(text)
    monkeypatch.setattr(
        directory, "read_support_directory", partial(read_support_directory, tmp_path / "directory.toml")
    )
    result = run_cli_in_process("directory", "due")
    assert result.returncode == 0 and result.stdout.startswith("0 of ")
    assert "Responsible: nobody yet" in result.stdout
    assert json.loads(run_cli_in_process("directory", "due", "--json").stdout)["services"] == []


async def test_nothing_about_checks_stands_under_999(server: InProcessServer) -> None:
    """Under 999 the remark would read as a warning not to call. It is under all other services. The app does the same."""
    page = (await server.http_client().get(server.settings.public_url + "/directory")).text
    rows = re.findall(r'<li class="service".*?</li>', page, re.DOTALL)
    remark = re.compile("We have not tried it ourselves|Not yet checked|Checked on")
    emergencies = [row for row in rows if re.search(r"999bsl\.co\.uk|[:>]999<|tel:999|sms:999|tel:18000", row)]
    assert len(emergencies) >= 5 and [row for row in emergencies if remark.search(row)] == []
    assert [row for row in rows if row not in emergencies and not remark.search(row)] == []
    app_source = (STATIC / "src" / "features" / "help" / "directory.ts").read_text()
    lists = re.findall(r"(?:EMERGENCY|FIRST)_IDS[^=]*= \[([^]]*)\];", app_source)
    assert len(lists) == 2
    assert set(re.findall(r"'([^']+)'", "".join(lists))) == set(directory.EMERGENCY_IDS)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('contact = "101"', 'contact = "1O1"'),
        ('kind = "tel"', 'kind = "fax"'),
        ('people = ["anyone"]', 'people = ["everybody"]'),
        ('"wed 13:00-16:00"', '"wed 16:00-13:00"'),
        ('"wed 13:00-16:00"', '"wet 13:00-16:00"'),
        ('id = "101"', 'id = "101"\nchecked_on = "2026-11-01"'),
        ('id = "101"', 'id = "999"'),
        ("[[service]]", "[[service"),
        ('relay = "yes"', 'relay = "perhaps"'),
        ("interpreter_languages = []", 'interpreter_languages = ["fr"]'),
    ],
)
def test_a_row_that_is_wrong_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    """Letters in a number, unknown kinds, persons or days, incomplete checks and repeated ids are reported, not shown."""
    table = tmp_path / "directory.toml"
    assert right in TABLE_PATH.read_text()
    table.write_text(TABLE_PATH.read_text().replace(right, wrong, 1))
    with pytest.raises(BadSetting):
        read_support_directory(table)


async def test_the_page_is_right_for_its_minute(server: InProcessServer) -> None:
    """The page is identical within a minute; open in the morning, closed in the evening; numbers ask before dialling."""
    address = server.settings.public_url + "/directory"
    server.clock.ms = int(moment_at("2026-11-24T10:15").timestamp() * 1000)
    morning = (await server.http_client().get(address)).text
    server.clock.advance(30_000)
    assert (await server.http_client().get(address)).text == morning
    server.clock.ms = int(moment_at("2026-11-24T20:00").timestamp() * 1000)
    evening = (await server.http_client().get(address)).text
    assert "Tuesday, 10:15" in morning and "Tuesday, 20:00" in evening
    assert "Closed now. Opens Wednesday 13:00" in evening and "Closed now. Opens Wednesday 13:00" not in morning
    assert "Not yet checked" in morning
    links = re.findall(r'href="(?:tel|sms):(\d+)"', morning)
    numbers = re.findall(r'<details class="ask">(?:(?!</details>).)*href="(?:tel|sms):(\d+)"', morning, re.DOTALL)
    assert links == numbers and len(links) > 30


async def test_the_hours_of_a_week_are_said(server: InProcessServer) -> None:
    """At night and on paper "open now" does not help, so the week is listed by day, in each language."""
    server.clock.ms = int(moment_at("2026-11-24T20:00").timestamp() * 1000)

    async def said(tongue: str) -> str:
        text = (await server.http_client().get(f"{server.settings.public_url}{tongue}/directory")).text
        row = text[text.index("0808 802 0300</bdi>") :]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", row[: row.index("</li>")]))

    assert "Monday–Tuesday, Thursday–Friday 09:30–16:00; Wednesday 13:00–16:00, UK time" in await said("")
    assert "czwartek–piątek 09:30–16:00; środa 13:00–16:00, czas brytyjski" in await said("/pl")
    assert "، جمعرات–جمعہ 09:30–16:00؛" in await said("/ur")
