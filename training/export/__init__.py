"""GGUF files, and the gate they must pass."""
