"""The kiosk: visitors talk to a machine without screen and keyboard."""
