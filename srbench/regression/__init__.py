"""Has anything become slower? What is watched, and how it is compared with a stored baseline."""
