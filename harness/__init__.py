"""sameseed: a determinism audit of TensorFlow and Keras initialisation across environments.

Kept empty on purpose: the probe imports this package inside audited environments, down to
Python 3.7.
"""
