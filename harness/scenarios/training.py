"""The first steps after initialisation: masks, shuffling, optimiser steps, data pipelines."""
