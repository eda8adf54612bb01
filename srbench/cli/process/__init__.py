"""What surrounds the command line: environment variables, the terminal, and signals that end it."""
