"""The command line: `main` wires, one file per verb; no logic of its own."""
