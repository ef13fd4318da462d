"""
The engine: a parent that holds secrets, storage and progress, and children that do the rest.

A child is a process of its own with an environment built from nothing. It holds the browser and
every decoder of other people's media. One loop (`segments/driver.py`) takes segments from it to a
store.
"""
