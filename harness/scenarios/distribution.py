"""Weights created under a distribution strategy."""
