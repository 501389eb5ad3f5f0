"""kopf's handlers, one file per kind: each puts a watch event into the facts and holds nothing else."""
