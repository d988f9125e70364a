"""One machine elsewhere, for talking: planned, started, watched and ended. Clouds are reached through SkyPilot.

A rental is written down before anything starts and taken off only when its end was seen; its time limit is kept by the
far side itself (far_side.py), so that it ends also when this machine is gone.
"""
