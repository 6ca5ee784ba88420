"""Webhooks in: what vendors send by themselves, checked, published like what is polled, and answered."""
