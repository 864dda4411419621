"""Columns that give a target away, whole, in part or with another one."""
