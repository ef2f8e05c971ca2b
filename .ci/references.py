"""Write docs/settings.md and docs/commands.md from the table of settings and from the command line.

    python .ci/references.py           write both files
    python .ci/references.py --check   exit with 1 when a file is out of date

- diary/config.py: names, defaults and meanings of settings;
- diary/cli/: commands, their options and their help;
- .ci/settings.md.in and .ci/commands.md.in: the prose around both.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from diary.cli.main import main as kept
from diary.config import SETTINGS, Setting

ROOT: Final = Path(__file__).resolve().parent.parent
SETTINGS_PAGE: Final = ROOT / "docs" / "settings.md"
COMMANDS_PAGE: Final = ROOT / "docs" / "commands.md"
_LINE_LENGTH_LIMIT: Final = 120


def settings_table() -> str:
    """Return the table of settings, in the order of diary/config.py."""

    def row(setting: Setting) -> str:
        default = "worked out" if setting.default is None else f"`{setting.default}`"
        return f"| `{setting.name}` | {default} | {setting.description} |"

    return "\n".join(["| name | default | meaning |", "|---|---|---|", *map(row, SETTINGS)])


def commands(command: click.Command, name: str = "kept") -> Iterator[tuple[str, click.Command]]:
    """Yield each command that does something, with its full name, sorted."""
    if isinstance(command, click.Group):
        for inner in sorted(command.commands):
            yield from commands(command.commands[inner], f"{name} {inner}")
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield name, command


def command_section(name: str, command: click.Command) -> str:
    """Return a command's heading, usage line, help and table of options."""
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"## {name}", f"`{usage}`", *_paragraphs(command.help or "")]
    rows = [record for parameter in command.params if (record := parameter.get_help_record(context))]
    if not rows:
        return "\n\n".join(parts)
    parts.append(
        "\n".join(
            [
                "| option | meaning |",
                "|---|---|",
                *(f"| `{_cell(option)}` | {_cell(meaning)} |" for option, meaning in rows),
            ]
        )
    )
    return "\n\n".join(parts)


def _paragraphs(text: str) -> Iterator[str]:
    r"""Yield a help text's paragraphs, wrapped. A paragraph that begins with a backspace (`\b`) keeps its lines."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if paragraph.startswith("\b"):
            yield "```\n" + inspect.cleandoc(paragraph.removeprefix("\b")).strip("\n") + "\n```"
        else:
            yield "\n".join(_wrap_words(paragraph.split()))


def _wrap_words(words: list[str]) -> Iterator[str]:
    """Yield the words in lines of at most `_LINE_LENGTH_LIMIT` characters."""
    line = ""
    for word in words:
        if line and len(line) + 1 + len(word) > _LINE_LENGTH_LIMIT:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line


def _cell(text: str) -> str:
    """Return a text for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def pages() -> dict[Path, str]:
    """Return both pages by their paths."""
    sections = [command_section(name, command) for name, command in commands(kept)]
    listed = "\n".join(
        f"| [`{name}`](#{name.replace(' ', '-')}) | {_cell(command.get_short_help_str(200))} |"
        for name, command in commands(kept)
    )
    prose = {page: (ROOT / ".ci" / f"{page.name}.in").read_text() for page in (SETTINGS_PAGE, COMMANDS_PAGE)}
    table = f"| command | what it does |\n|---|---|\n{listed}"
    return {
        SETTINGS_PAGE: prose[SETTINGS_PAGE].replace("{settings}", settings_table()),
        COMMANDS_PAGE: prose[COMMANDS_PAGE].replace("{list}", table).replace("{commands}", "\n\n".join(sections)),
    }


def main() -> None:
    """Write both pages, or with --check exit with 1 and name those that are out of date."""
    stale_pages = {path: text for path, text in pages().items() if not path.exists() or path.read_text() != text}
    if "--check" not in sys.argv:
        for path, text in stale_pages.items():
            path.write_text(text)
        return
    if stale_pages:
        names = ", ".join(str(path.relative_to(ROOT)) for path in stale_pages)
        sys.exit(f"Out of date: {names}. Run: python .ci/references.py")


if __name__ == "__main__":
    main()
