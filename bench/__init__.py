"""Measurements, side by side in one run: `make bench`. Figures are ratios where machines differ."""
