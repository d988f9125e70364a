"""The first minutes: what is asked, and which models suit this machine, by measurement."""
