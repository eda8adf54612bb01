"""What is asked of one method: to be checked, exported, or to enlarge images."""
