"""`python -m srbench` is `srbench`."""

from srbench.cli.process.stopping import end_at_once


def main() -> None:
    """Run the command line; a signal during the imports ends the process without a traceback."""
    end_at_once()
    from srbench.cli.main import main as command_line  # here, because importing takes a while

    command_line()


if __name__ == "__main__":
    main()
