"""Print the table of journeys at the end of a run: what each takes in taps and in seconds."""

import pytest

# The name under which a test records its row, with `record_property`.
JOURNEY_ROW = "journey_row"
HEADING = "journey | taps (of at most) | seconds"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a row for each journey of the run, also of one that failed; nothing if there was none."""
    rows = sorted(
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
        if name == JOURNEY_ROW
    )
    for line in [HEADING, *rows] if rows else []:
        terminalreporter.write_line(line)
