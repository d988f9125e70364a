"""Skills of time: clock, calendar, timers, alarms, reminders."""
