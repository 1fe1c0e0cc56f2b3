"""One part of the page in each module: its components, then their events."""
