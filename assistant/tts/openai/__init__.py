"""OpenAI's voice: the Realtime API, or the speech endpoint of OpenAI or another server."""
