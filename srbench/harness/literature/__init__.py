"""srbench beside what others published: replayed, explained, set side by side."""
