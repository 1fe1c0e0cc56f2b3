"""The command line of a checkout. The code is in `playground/command_line.py`."""

from playground.command_line import main

if __name__ == "__main__":
    main()
