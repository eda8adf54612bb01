"""The command line: words to questions, answers to text; no logic of its own."""
