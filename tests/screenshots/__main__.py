"""Draw screenshots with fictional text, and measure what the app reads in them.

    python -m tests.screenshots draw --pictures 24 --seed 1 --out DIR
    python -m tests.screenshots measure --pictures 96 --seed 1

`measure --out DIR` keeps the pictures, what the engine read and the rows, and uses again what is there.
"""

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.screenshots.draw import draw
from tests.screenshots.measure import measure


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("draw", "measure"))
    parser.add_argument("--pictures", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder for the pictures")
    options = parser.parse_args()
    if options.what == "measure":
        measure(options.pictures, options.seed, options.out)
        return
    if not options.out:
        parser.error("draw needs --out")
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, "")
        draw(browser, options.out, options.pictures, options.seed)
        browser.close()


if __name__ == "__main__":
    main()
