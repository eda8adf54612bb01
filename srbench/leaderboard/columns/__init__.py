"""Columns of a leaderboard beside quality: speed, and what classifiers recognise."""
