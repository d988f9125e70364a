"""Piper's voices: phonemes in, sound out, bit by bit."""
