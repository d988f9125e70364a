"""What stands in a command, as it is spoken and as replies say it: numbers, money, units, times, places, languages."""
