"""Attention: computes it for one query or as whole maps, measures it, keeps it, and answers requests for it."""
