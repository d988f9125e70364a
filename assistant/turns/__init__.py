"""Where a turn begins and ends, and what is an interruption."""
