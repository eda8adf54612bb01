"""`python -m srbench` is `srbench`."""

from srbench.cli.main import main

if __name__ == "__main__":
    main()
