"""What encoder-only models do with a text: fill its blanks, score it, give labels, and show their attention."""
