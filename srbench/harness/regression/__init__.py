"""Whether anything has become slower: what is watched, and the comparison with a stored baseline."""
