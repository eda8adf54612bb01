"""`python -m srbench` is `srbench`."""

from __future__ import annotations

from srbench.cli.main import main

if __name__ == "__main__":
    main()
