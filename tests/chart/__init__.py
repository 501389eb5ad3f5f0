"""Tests of the Helm charts: rendered, and applied to a real API server."""
