"""The platform on one machine: `dolmetsch run`, and the tools `speak` and `listen`.

`platform` starts the parts, `controller` drives the shared `decide()` with `engines` (processes where the
operator uses pods), `processes` keeps children alive and ends them. May import every component.
"""
