"""Inside the model: what each part of it computes for a text, on the model that runs."""
