"""Attention: computed one query at a time, as whole maps, measured, kept, served."""
