"""``python -m crosscurrent``: the command line."""

from crosscurrent.cli.main import main

if __name__ == "__main__":
    main()
