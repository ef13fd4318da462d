"""
A composition watched while it is made: a page on this machine that plays it in real time.

`previewed.py` holds what is known of the project (its plan, its findings), `server.py` answers the
browser, `ui/` is the page that a person looks at.
"""
