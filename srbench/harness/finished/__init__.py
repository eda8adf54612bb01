"""What is asked of runs that are finished: further metrics, scores of challenges."""
