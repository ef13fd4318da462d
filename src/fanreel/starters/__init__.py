"""
Projects to begin with: small compositions that the package carries, and what copies them.

Two folders with the same title card: `plain` moves it by CSS, `gsap` by a timeline of GSAP.
"""
