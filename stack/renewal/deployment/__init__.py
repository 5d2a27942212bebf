"""Certificates taken into use, and seen on every port."""
