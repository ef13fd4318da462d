"""
The sound track: clips → their effects and volumes → groups → the mix, limited and encoded.

Everything streams in blocks, so memory does not grow with the timeline.
"""
