"""CHANGELOG.md follows Keep a Changelog: descending versions, sections in a fixed order, one line per change."""

import re
import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parent.parent
CHANGELOG = PROJECT_ROOT / "CHANGELOG.md"
SECTIONS = ("Security", "Added", "Changed", "Fixed", "Removed")
UNRELEASED = "Unreleased"
LINE_LIMIT = 160
VERSION_NUMBER = r"(?:0|[1-9]\d*)"
RELEASED = re.compile(rf"({VERSION_NUMBER}\.{VERSION_NUMBER}\.{VERSION_NUMBER}) - (\d{{4}}-\d\d-\d\d)")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def line_faults(entry: str) -> list[str]:
    """Return the faults of one line of a section."""
    if not entry.startswith("- "):
        return ["is not an entry of one line"]
    faults = []
    if len(entry) > LINE_LIMIT:
        faults.append(f"has {len(entry)} characters, more than {LINE_LIMIT}")
    if not entry[2:3].isupper():
        faults.append("does not begin with a capital")
    if not entry.endswith("."):
        faults.append("does not end with a full stop")
    return faults


def section_faults(body: list[str]) -> list[str]:
    """Return the faults below a version's heading: its sections, their order and their entries."""
    faults = []
    names: list[str] = []
    counts: list[int] = []
    for line in body:
        if line.startswith("#"):
            name = line.removeprefix("### ")
            if name not in SECTIONS:
                faults.append(f"{line!r} is not a section")
            names.append(name)
            counts.append(0)
        elif not names:
            if line.startswith(("- ", "* ")):
                faults.append(f"{line!r} is in no section")
        elif line:
            counts[-1] += 1
            faults += [f"{line!r} {fault}" for fault in line_faults(line)]
    known = [SECTIONS.index(name) for name in names if name in SECTIONS]
    if known != sorted(set(known)):
        faults.append(f"sections stand twice or in another order than {', '.join(SECTIONS)}")
    faults += [f"{name} has no entry" for name, count in zip(names, counts, strict=True) if not count]
    return faults


def version_faults(headings: list[str]) -> list[str]:
    """Return the faults in the headings of the versions, newest first."""
    faults = []
    released: list[tuple[tuple[int, ...], date]] = []
    for at, heading in enumerate(headings):
        if heading == UNRELEASED:
            faults += ["Unreleased is not the first version"] if at else []
            continue
        match = RELEASED.fullmatch(heading)
        try:
            day = date.fromisoformat(match[2]) if match else None
        except ValueError:
            day = None
        if match is None or day is None:
            faults.append(f"{heading!r} is not a version with a date, such as 1.2.3 - 2026-01-31")
        else:
            released.append((tuple(int(part) for part in match[1].split(".")), day))
    for (newer, later), (older, earlier) in pairwise(released):
        if newer <= older or later < earlier:
            faults.append(f"{'.'.join(map(str, newer))} does not come after {'.'.join(map(str, older))}")
    return faults


def split_versions(text: str) -> dict[str, list[str]]:
    """Return the lines below each version's heading. Raises AssertionError for a repeated heading."""
    versions: dict[str, list[str]] = {}
    body: list[str] = []
    for line in text.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
            assert heading not in versions, f"{heading} stands twice"
            body = versions[heading] = []
        else:
            body.append(line)
    return versions


def changelog_faults(text: str, version: str) -> list[str]:
    """Return all faults of a changelog.

    version: the project's own, which must be the newest released one unless there is an Unreleased section.
    """
    versions = split_versions(text)
    faults = [] if text.startswith("# Changelog\n") else ["the first line is not '# Changelog'"]
    faults += version_faults(list(versions))
    for heading, body in versions.items():
        faults += [f"{heading}: {fault}" for fault in section_faults(body)]
        if heading != UNRELEASED and not any(line.startswith("### ") for line in body):
            faults.append(f"{heading} has no section")
    if UNRELEASED not in versions and not next(iter(versions), "").startswith(f"{version} - "):
        faults.append(f"{version} is not the newest version, and there is no {UNRELEASED} section")
    return faults


def anchors(page: str) -> set[str]:
    """Return the anchors that Markdown readers give the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(text: str) -> list[str]:
    """Return broken links to pages of the project."""
    broken = []
    for link in LINK.findall(text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        page = PROJECT_ROOT / path
        if not page.exists() or (anchor and anchor not in anchors(page.read_text(encoding="utf-8"))):
            broken.append(link)
    return broken


def make_changelog(*entries: str, section: str = "Fixed", heading: str = "1.2.3 - 2026-01-31") -> str:
    """Return a small changelog with one version and one section."""
    return "\n".join(["# Changelog", "", f"## {heading}", "", f"### {section}", "", *entries, ""])


def test_the_changelog_follows_the_format() -> None:
    """Every version, section and line of CHANGELOG.md is well-formed."""
    version = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert changelog_faults(CHANGELOG.read_text(encoding="utf-8"), version) == []


def test_links_of_the_changelog_resolve() -> None:
    """Linked pages and headings exist."""
    text = CHANGELOG.read_text(encoding="utf-8")
    assert LINK.search(text)
    assert broken_links(text) == []


def test_a_sound_changelog_has_no_fault() -> None:
    """Prose and numbered steps before the sections are allowed, and so is an empty Unreleased."""
    assert changelog_faults(make_changelog("- Keep `a.b`."), "1.2.3") == []
    steps = "## Unreleased\n\n**Upgrading.** On the server:\n\n1. Make a backup.\n\n### Added\n\n- Say so.\n\n## 1.2.3"
    assert changelog_faults(make_changelog("- Keep it.").replace("## 1.2.3", steps), "1.2.4") == []
    assert (
        changelog_faults(make_changelog("- Keep it.").replace("## 1.2.3", "## Unreleased\n\n## 1.2.3"), "1.2.3") == []
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (make_changelog("- keep it."), "does not begin with a capital"),
        (make_changelog("- `doctor` is red."), "does not begin with a capital"),
        (make_changelog("- Keep it"), "does not end with a full stop"),
        (make_changelog(f"- K{'e' * (LINE_LIMIT - 3)}."), "has 161 characters, more than 160"),
        (make_changelog("- Keep it,", "  and go on."), "is not an entry of one line"),
        (make_changelog("* Keep it."), "is not an entry of one line"),
        (make_changelog(), "Fixed has no entry"),
        (make_changelog("- Keep it.", section="Mended"), "'### Mended' is not a section"),
        (make_changelog("- Keep it.", "", "### Added", "", "- Say so."), "in another order"),
        (make_changelog("- Keep it.", "", "### Fixed", "", "- Say so."), "sections stand twice"),
        (make_changelog("- Keep it.", "", "#### Fixed", "", "- Say so."), "'#### Fixed' is not a section"),
        (make_changelog("- Keep it.").replace("### Fixed\n", ""), "is in no section"),
        ("# Changelog\n\n## 1.2.3 - 2026-01-31\n", "has no section"),
        (make_changelog("- Keep it.").replace("# Changelog\n", "# Changes\n", 1), "the first line"),
        (make_changelog("- Keep it.", heading="1.2 - 2026-01-31"), "is not a version with a date"),
        (make_changelog("- Keep it.", heading="1.02.3 - 2026-01-31"), "is not a version with a date"),
        (make_changelog("- Keep it.", heading="1.2.3 - 31 January 2026"), "is not a version with a date"),
        (make_changelog("- Keep it.", heading="1.2.3 - 2026-02-30"), "is not a version with a date"),
        (make_changelog("- Keep it.", heading="1.2.3"), "is not a version with a date"),
        (make_changelog("- Keep it.", "", "## Unreleased"), "Unreleased is not the first version"),
        (
            make_changelog("- K.", "", "## 1.10.0 - 2026-01-30", "", "### Fixed", "", "- K."),
            "1.2.3 does not come after 1.10.0",
        ),
        (
            make_changelog("- K.", "", "## 1.2.2 - 2026-02-01", "", "### Fixed", "", "- K."),
            "1.2.3 does not come after 1.2.2",
        ),
        (make_changelog("- Keep it.", heading="1.2.2 - 2026-01-31"), "1.2.3 is not the newest version"),
    ],
    ids=lambda value: "" if "\n" in value else value,
)
def test_a_planted_fault_is_found(text: str, fault: str) -> None:
    """A planted fault is reported, whatever else follows from it."""
    faults = changelog_faults(text, "1.2.3")
    assert any(fault in found for found in faults), faults


def test_a_version_that_stands_twice_is_refused() -> None:
    """A repeated version would hide the first one."""
    with pytest.raises(AssertionError, match="stands twice"):
        split_versions(make_changelog("- Keep it.") + make_changelog("- Keep it."))


def test_a_link_that_leads_nowhere_is_found() -> None:
    """A missing page and a missing heading are found; other hosts are not checked."""
    gone = "[a](docs/gone.md) [b](docs/operating.md#gone) [c](docs/operating.md#packs) [d](https://kept.example/gone)"
    assert broken_links(gone) == ["docs/gone.md", "docs/operating.md#gone"]


def test_the_newest_migration_is_named() -> None:
    """The newest "Migrations … to …" of the changelog ends with the newest migration, so that operators know."""
    numbers = [path.name[:4] for path in (PROJECT_ROOT / "diary" / "storage" / "migrations").glob("0*.py")]
    text = CHANGELOG.read_text(encoding="utf-8")
    last = re.search(r"Migrations? (?:[0-9]{4} to )?([0-9]{4})", text)
    assert last is not None and last[1] == max(numbers)
