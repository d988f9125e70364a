"""The user's own documents: load -> chunk -> embed -> store -> search -> cite.

The assistant uses `rag.search.open_search`, `rag.followup` and `rag.cite.block`; `assistant rag` uses `rag.ingest`.
Nothing here imports from the assistant, and searching does not load torch.
"""
