"""Order perturbed: seeded as before, with something random or structural in between."""
