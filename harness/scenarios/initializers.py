"""Every Keras initializer: own seeds, global seeds, instances, dtypes, shapes."""
