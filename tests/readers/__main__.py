"""Make what a reading test needs: pictures and tasks for the reader, and the key in another place.

    python -m tests.readers tasks --who keeper --language pl --out DIR --key FILE
    python -m tests.readers grid --seed 7 --out DIR --key FILE

docs/reading-tests.md says how a test is done. A reader never sees the key.
"""

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.readers.grid import photograph_grid
from tests.readers.screens import photograph_tasks
from tests.readers.tasks import TASKS


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("tasks", "grid"))
    parser.add_argument("--who", choices=sorted(TASKS), default="keeper")
    parser.add_argument("--language", choices=("en", "cy", "pl", "ur"), default="en")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="folder for the reader")
    parser.add_argument("--key", type=Path, required=True, help="file for the right answers, outside that folder")
    options = parser.parse_args()
    if options.key.resolve().is_relative_to(options.out.resolve()):
        parser.error("--key: the reader would see it. Choose a file outside --out.")
    with sync_playwright() as playwright:
        if options.what == "grid":
            photograph_grid(playwright, options.seed, options.out, options.key)
            return
        browser = chromium.launch(playwright, "")
        photograph_tasks(browser, options.who, options.language, options.out, options.key)
        browser.close()


if __name__ == "__main__":
    main()
