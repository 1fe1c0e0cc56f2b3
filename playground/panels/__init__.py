"""One part of the page each: its components, then their events."""
