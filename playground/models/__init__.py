"""The model: found, loaded, run one forward at a time, and what it keeps of a text between forwards."""
