"""What the user asked to be remembered."""
