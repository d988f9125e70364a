"""Timers, alarms, reminders and lists as they lie on the disk."""
