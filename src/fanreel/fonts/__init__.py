"""
Fonts by name: which faces the families of a composition are drawn with.

    library.toml   the format's families, substitutes, generic names; `library.py` reads it
    store.py       the families' files, as pinned packages, on this machine
    faces.py       faces as style sheets declare them
    names.py       names that a project's files speak of
    web.py         families looked up among the web's free ones
    supply.py      what the pages of one composition are given, and what of it they use
    frozen.py      the same in a plan
"""
