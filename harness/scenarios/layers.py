"""Initial weights of the layers people use, one scenario per layer."""
