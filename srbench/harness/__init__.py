"""Everything srbench can be asked for, a file for each question. The only room that knows all others."""
