"""An interactive decoding playground: how a local language model picks its next token."""
