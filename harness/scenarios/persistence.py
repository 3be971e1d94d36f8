"""Weights through files: the same bits must come back."""
