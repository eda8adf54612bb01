"""What executes a network, on which device and in which precision."""
