"""The operator and the api on a real control plane: one per run, a namespace per test."""
