"""Files for contributors' tools run the project's own checks, not a second list."""

import json
import re
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (PROJECT_ROOT / "Makefile").read_text("utf-8")
CHECK_RECIPE = MAKEFILE.split("\ncheck:", 1)[1].split("\n\n", 1)[0]


def test_the_workflow_runs_the_build_servers_own_commands() -> None:
    """The workflow runs `.ci/run` and `make check`, with a time limit and read-only permissions."""
    workflow = (PROJECT_ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    assert re.findall(r"- run: (.+)", workflow) == [".ci/run", "make check"]
    assert "timeout-minutes: 90" in workflow
    assert re.search(r"permissions:\n  contents: read\n", workflow)


def test_each_hook_before_a_commit_is_part_of_make_check() -> None:
    """A hook outside `make check` would block a commit that the build server accepts."""
    hooks = (PROJECT_ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    entries = re.findall(r"entry: (.+)", hooks)
    assert len(entries) == 5
    for tool in ("ruff check", "ruff format --check", "mypy", "biome check", "tsc -p ."):
        assert any(tool in entry for entry in entries), tool
        assert tool in CHECK_RECIPE, tool


def test_the_issue_forms_ask_for_no_diary_content_or_vulnerability() -> None:
    """Issues need a form, and each form first asks to leave out real diary content."""
    forms = PROJECT_ROOT / ".github" / "ISSUE_TEMPLATE"
    assert "blank_issues_enabled: false" in (forms / "config.yml").read_text("utf-8")
    for name in ("fault.yml", "wish.yml"):
        assert "nothing from a real diary" in (forms / name).read_text("utf-8")
    assert "SECURITY.md" in (forms / "fault.yml").read_text("utf-8")


def test_the_container_sets_up_as_contributing_says() -> None:
    """The development container is valid JSON and runs the setup of the Makefile."""
    container = json.loads((PROJECT_ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert container["postCreateCommand"] == "make setup-quick"
    assert "setup-quick:" in MAKEFILE


def test_an_editor_gets_the_line_length_of_the_formatters() -> None:
    """.editorconfig, ruff and Biome all say 120 columns."""
    editor = (PROJECT_ROOT / ".editorconfig").read_text("utf-8")
    assert "max_line_length = 120" in editor
    assert "\nline-length = 120\n" in (PROJECT_ROOT / "pyproject.toml").read_text("utf-8")
    assert json.loads((PROJECT_ROOT / "biome.json").read_text("utf-8"))["formatter"]["lineWidth"] == 120


def test_every_file_that_a_guide_names_exists() -> None:
    """An outdated path in a guide would mislead contributors."""
    text = (PROJECT_ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = {
        word for word in re.findall(r"`([\w.]+(?:/[\w.*-]+)+)`", text) if "*" not in word and "example" not in word
    }
    places = ("", "static/src/", "diary/")
    missing = {word for word in named if not any((PROJECT_ROOT / place / word).exists() for place in places)}
    assert len(named) > 60
    # Created by setup or by a run.
    assert {word for word in missing if not word.startswith(("var/", "static/js", "build/"))} == set()
