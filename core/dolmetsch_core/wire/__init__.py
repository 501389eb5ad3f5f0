"""Frozen models of everything that crosses a process, one place each, golden files in tests/golden.

Readers ignore unknown fields; `v` rises when a field changes its meaning.
"""
