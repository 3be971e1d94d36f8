"""Whole models: the ways to write one, and `keras.applications` without trained weights."""
