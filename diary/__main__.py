"""`python -m diary`: the command line."""

from diary.cli.main import main

main()
