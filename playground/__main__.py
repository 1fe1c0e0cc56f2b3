"""Starts the playground as the command does: `python -m playground`."""

from playground.command_line import main

if __name__ == "__main__":
    main()
