"""Groups of commands whose help gives each command's whole first sentence."""

from typing import Final

import click

# click's default cuts a sentence at the width of the terminal and ends it in dots.
_SENTENCE_LIMIT: Final = 400


class CommandGroup(click.Group):
    """Group of commands. Its list of commands cuts no sentence short; long ones continue on the next line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with its first sentence, in alphabetical order."""
        rows = [(name, self.commands[name].get_short_help_str(_SENTENCE_LIMIT)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
