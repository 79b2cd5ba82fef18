"""Statements that are neither DDL, DML, SHOW, nor transfer. Never rows."""
