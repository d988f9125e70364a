"""From words to commands: how they are wrapped, misheard, taken back and matched."""
