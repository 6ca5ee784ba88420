"""What all tests share: the settings of the process that must stand before NumPy is loaded."""

from __future__ import annotations

import crosscurrent

__all__ = ["crosscurrent"]
