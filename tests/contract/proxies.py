"""What proxies refuse by themselves, and a server alone has to."""

import pytest

NUL = pytest.param("%00", marks=pytest.mark.direct)
"""As a part of a path."""
