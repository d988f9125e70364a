"""Better models: which there are, what fits, and how they are fetched."""
