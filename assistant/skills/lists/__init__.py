"""The skill of lists."""
