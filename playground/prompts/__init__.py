"""Builds, scores and evaluates prompts with and without examples: tasks, shots, label words, evaluations."""
