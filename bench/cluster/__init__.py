"""The operator at scale: beside a throw-away operator of the plainest kopf shape, on the same control plane."""
