"""What a skill asks back, and what answers it."""
