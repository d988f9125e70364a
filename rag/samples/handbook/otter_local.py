"""Example client for the Otter 5's local interface (firmware 3.3 or later, switched on under Settings > Advanced).

The token is shown once in the Brindle app and is valid for 180 days.
"""

import json
import urllib.request

PORT = 8437
MAX_REQUESTS_PER_MINUTE = 20


class Otter:
    def __init__(self, host, token):
        self.base = f"http://{host}:{PORT}/v1"
        self.token = token

    def status(self):
        """Temperatures in tenths of a degree, remaining filter litres, cylinder fill in percent."""
        return self._call("GET", "/status")

    def dispense(self, kind, millilitres):
        """Start filling. The machine refuses hot water over the local interface: kind is still, cold or sparkling."""
        if kind == "hot":
            raise ValueError("hot water cannot be started remotely")
        return self._call("POST", "/dispense", {"kind": kind, "ml": millilitres})

    def events(self, last=50):
        """The newest entries of the event log, at most 400."""
        return self._call("GET", f"/events?last={min(last, 400)}")

    def _call(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path,
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"X-Otter-Token": self.token, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)
