"""What was observed while a text was generated: the records, and the store that keeps them."""
