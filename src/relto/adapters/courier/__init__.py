"""Couriers: notices leave the house by HTTP and by mail."""
