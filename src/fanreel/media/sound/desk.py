"""What a composition says of its sounds besides where they are: volumes, effects, groups."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fanreel.media.sound.effects.chain import Chain
from fanreel.media.sound.lanes import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """How one sound, or the sum of a group, goes into the mix: effects first, then volume."""

    chain: Chain = ()
    volume: Lane | None = None
    """None: as it is."""
    group: str | None = None
    """Of a sound: the group that it goes into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Every strip of a composition."""

    clips: Mapping[str, Strip] = field(default_factory=dict)
    """By the medium's key; a medium without one is mixed as it is."""
    groups: Mapping[str, Strip] = field(default_factory=dict)
    """By name; members may name others, which have a plain strip."""
    master: Chain = ()
    """What the sum of everything goes through."""

    @property
    def remembers(self) -> bool:
        """Whether what is heard at a moment depends on what was heard before."""
        strips = (*self.clips.values(), *self.groups.values())
        return bool(self.master) or any(strip.chain for strip in strips)
