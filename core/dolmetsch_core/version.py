"""Version of all components."""

from typing import Final

VERSION: Final = "0.1.0"
