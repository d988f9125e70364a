"""Arithmetic, memory, disk and time, before anything starts."""
