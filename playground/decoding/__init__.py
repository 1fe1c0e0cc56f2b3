"""From logits to a token: the settings, the stages, the draw, and numbers that describe a distribution."""
