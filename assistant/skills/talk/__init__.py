"""Skills of the talk itself: memory, documents, what it is, what only a tool could do."""
