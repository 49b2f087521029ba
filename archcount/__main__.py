"""Run the command line as `python -m archcount`."""

from archcount.cli import main

if __name__ == "__main__":
    main()
