"""Arguments from Python callers: what each accepts, and the one line that refuses anything else."""
