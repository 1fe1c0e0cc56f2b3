"""Writes texts on replicas of a model, which may be on other machines: the second implementation of `AnyEngine`.

A replica is an `Engine` in a process of its own, as a deployment of Ray Serve. Only this folder imports Ray.
"""
