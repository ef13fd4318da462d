"""
Renders on a cloud, whichever it is: started, watched, fetched, removed.

`cloud.py` says what a cloud has to do for it; `fanreel.aws` and `fanreel.gcp` do.
"""
