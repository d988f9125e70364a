"""When an answer is right, in the manner wanted, or new to the model."""
