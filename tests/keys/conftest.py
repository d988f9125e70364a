"""Portals are Linux', and the package that speaks to them is installed there only."""

import sys

collect_ignore = [] if sys.platform == "linux" else ["test_portal.py", "mock_portal.py"]
