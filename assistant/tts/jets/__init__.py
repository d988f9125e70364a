"""JETS, ESPnet's voice."""
