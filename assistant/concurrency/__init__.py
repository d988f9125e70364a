"""Threads of blocking engines, the cores they share, what is too late, and what is loaded anew then."""
