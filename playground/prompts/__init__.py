"""Prompts with and without examples: tasks, shots, label words, evaluations."""
