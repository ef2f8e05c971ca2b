"""Run the command line: `python -m diary`."""

from diary.cli.main import main

main()
