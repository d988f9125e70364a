"""Files of each kind -> `rag.document.Document`: what `rag.load` calls in the child process, one module a kind and what
several of them share.
"""
