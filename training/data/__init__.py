"""Datasets: written, read and checked."""
