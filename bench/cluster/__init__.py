"""The operator at scale, beside a throw-away operator of the plainest kopf shape."""
