"""Random generators of every framework, beneath any model: eager, in a graph, compiled."""
