"""The operator: gives every Room an engine pod, keeps warm engines, publishes capacity.

`handlers` (kopf) turn watch events into `facts`; `drive` and `pool` decide with core.life; `apply` writes.
It imports core and nothing of the other components, and it is never in the data path.
"""
