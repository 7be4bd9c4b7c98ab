"""Registers and their people, contacts, registrations, merges."""
