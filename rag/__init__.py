"""The user's own documents: load -> chunk -> embed -> store -> search -> cite.

The assistant uses `rag.search.open_search`, `rag.followup` and `rag.cite.block`; `assistant rag` uses `rag.ingest`.
Nothing here imports from the assistant, and searching does not load torch. `rag.words`, `rag.units` and `rag.atomic`
are of use to the assistant and to `training`, too, and need no package of the documents'.
"""
