"""Fakes, each wrong in exactly one way, and a flawless one."""
