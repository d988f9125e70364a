"""What keeps the assistant from the home, each as one sentence to be spoken."""

UNREACHABLE = "I cannot reach Home Assistant. Please check that it is running, and its address."
REFUSED = "Home Assistant refuses my token. Please make a new one, as docs/HOME.md tells."
HANGS = "Home Assistant does not answer. Please check that it is well."
ELSEWHERE = "Home Assistant's address leads to another one. Please set the address where it really is."
UNTRUSTED = (
    "I cannot trust Home Assistant's certificate. Please set its certificate, or its address in your own network."
)
STRANGE = "What answers at Home Assistant's address is not Home Assistant. Please check the address."
TOO_MUCH = "Home Assistant sends more than I can read. Please expose fewer devices to voice assistants."
NO_DEVICE = "Home Assistant knows no such device."
CANNOT = "I cannot do that with this Home Assistant."
NOT_CONNECTED = "I am not connected to a home yet. The page docs/HOME.md tells how."
CONNECTING = "I am still connecting to Home Assistant. Please try again in a moment."
