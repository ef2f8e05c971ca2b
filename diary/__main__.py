"""`python -m diary`: the command line."""

from diary.cli import main

main()
