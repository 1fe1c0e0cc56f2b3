"""The model: finding it, loading it, running its forwards, and the caches that are kept between forwards."""
