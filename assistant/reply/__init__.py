"""From the prompt to the spoken words, and to those that were heard."""
