"""Lets `python -m stack` be the command `stack`."""

from stack.cli import main

main(prog_name="stack")
