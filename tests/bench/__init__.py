"""Measurements. They assert nothing: machines are shared and noisy."""
