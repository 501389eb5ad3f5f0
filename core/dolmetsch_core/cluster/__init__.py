"""Rooms as Kubernetes objects: names and labels, objects to wire models and back, a thin client, the CRDs.

Used by the operator and by the api's Directory; `wire`, `life` and `live` know nothing of it.
"""
