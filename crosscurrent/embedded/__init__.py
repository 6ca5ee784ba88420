"""Servers on loopback that speak the production protocols."""
