"""Lets Griffe see every section of a docstring: in this house no blank line parts them."""

import re
from typing import Any

import griffe

_HEADS = re.compile(r"(?<!\n)\n(?=(?:Args|Attributes|Raises|Returns|Yields):\n)")


class DocstringSections(griffe.Extension):
    """Puts a blank line before each section's head, which Griffe's parser asks for."""

    def on_instance(self, *, obj: griffe.Object, **_kwargs: Any) -> None:
        """Do so for whatever *obj* is."""
        if obj.docstring is not None:
            obj.docstring.value = _HEADS.sub("\n\n", obj.docstring.value)
