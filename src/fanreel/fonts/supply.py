"""What the pages of one composition are given of fonts, and what of it they use."""

import base64
import hashlib
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fanreel.fonts.faces import Face
from fanreel.fonts.library import ALIAS_PREFIX, Library, Way, library
from fanreel.fonts.names import named_families
from fanreel.fonts.store import FontStore, FontsUnavailable
from fanreel.fonts.web import WebFonts
from fanreel.network.answering import Reply
from fanreel.network.fetch import Refused
from fanreel.network.site import ORIGIN, OWN_PREFIX
from fanreel.problems import Problem

OWN_PATH = "fonts/"
"""Below `/__fanreel__/`: where pages ask for a face's file, by its id."""

# Names that CSS knows and no service has.
_CSS_GENERICS = frozenset({"ui-rounded", "math", "emoji", "fangsong", "inherit", "initial"})
UNNAMED = "Times New Roman"
"""What Chromium calls the family of a text that names none."""
FONT_TYPE = "font/woff2"
NOT_THERE: Reply = (404, "text/plain; charset=utf-8", b"no such face\n")
# Ready before the page's first script, on the guess that texts are upright and Latin.
_GUESSED_RANGE = "U+0000-00FF"
_GUESSED_WEIGHTS = frozenset({"400", "700"})
_MOST_SIBLING_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedFace:
    """One face under the name that texts ask for."""

    family: str
    """As the page has it: a name of the table, one looked up, or an alias of a generic name."""
    drawn_with: str
    """The family that the file is of."""
    way: Way
    face: Face
    id: str
    """Of its file; the same for all names that share it."""
    path: Path | None
    """The file; None while it is on the web only."""

    def to_json(self) -> list[str]:
        """Return what the page is told; see page/families.js."""
        face = self.face
        return [self.family, face.style, face.weight, face.stretch, face.unicode_range, self.id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What pages opened from now on are given that those before were not."""

    names: bool
    """Faces of other families."""
    files: bool
    """Files that texts use, before the first script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenFonts:
    """What a plan keeps of the fonts that its pages are given."""

    faces: list[list[str]]
    """As `OfferedFace.to_json()`."""
    files: dict[str, bytes]
    """By id."""
    used: list[str]
    """Ids of those that texts are known to be drawn with: there before a page's first script."""


class FontSupply:
    """
    Decides, for one composition, which faces its pages are given.

    Args:
        project_dir: Whose files are searched for names.
        texts: Further texts that may hold names.
        store: Where the format's families lie.
        web: Where others are looked up.
        web_dir: Takes what is fetched of those.
    """

    def __init__(
        self,
        project_dir: Path,
        texts: Sequence[str],
        store: FontStore,
        web: WebFonts,
        web_dir: Path,
    ) -> None:
        self._library: Library = library()
        self._store, self._web, self._web_dir = store, web, web_dir
        self._offered: dict[str, list[OfferedFace]] = {}
        self._missing: dict[str, str] = {}
        self._looked_up: set[str] = set()
        self._unanswered: list[str] = []
        self._asked: set[str] = set()
        self._embedded: set[str] = set()
        self._used: set[str] = set()
        self._lock = threading.Lock()
        named = named_families(project_dir, self._library, texts)
        self._unnamed = None if UNNAMED.casefold() in named else UNNAMED
        for name in sorted(named):
            found = self._library.find(name)
            # Whatever has to be fetched waits for a page that asks for it.
            if found is not None and store.has(found[1]):
                self._offer(name)
        self._embedded = {
            one.id
            for faces in self._offered.values()
            for one in faces
            if one.face.unicode_range.startswith(_GUESSED_RANGE)
            and one.face.style == "normal"
            and (" " in one.face.weight or one.face.weight in _GUESSED_WEIGHTS)
        }

    def learn(self, told: Mapping[str, Any]) -> "Learned":
        """Hear what the page says of its texts: `F.families.report()` in page/families.js."""
        before = set(self._offered)
        own = {name.casefold() for name in told["brought"]}
        for families in told["asked"]:
            self._learn_list(families, own)
        for name in own & self._offered.keys():
            del self._offered[name]
        with self._lock:
            self._used.update(told["used"])
            late = self._used - self._embedded
            self._embedded |= late
        return Learned(names=set(self._offered) != before, files=bool(late))

    def _learn_list(self, written: Sequence[str], own: set[str]) -> None:
        """Offer what is known of a list; look up what comes before the first that is there."""
        names = [name.casefold() for name in written]
        generics = {generic.casefold() for generic in self._library.generics}
        is_there = False
        self._asked |= set(names)
        for name, spelling in zip(names, written, strict=True):
            if name in own:
                is_there = True
            elif name in generics or name in _CSS_GENERICS:
                # As page/generics.js has it: the first name of the list decides.
                if not is_there and name == names[0]:
                    self._asked.add(f"{ALIAS_PREFIX}{name}")
                    self._offer(f"{ALIAS_PREFIX}{name}")
                is_there = True
            elif self._library.find(name) is not None:
                self._offer(name)
                is_there = is_there or name in self._offered
            elif not is_there and name not in self._looked_up:
                self._looked_up.add(name)
                self._look_up(spelling)
                is_there = name in self._offered

    def _offer(self, name: str) -> None:
        if name in self._offered or name in self._missing:
            return
        found = self._library.find(name)
        if found is None:
            return
        way, family = found
        try:
            faces = self._store.faces(family)
        except FontsUnavailable as exc:
            self._missing[name] = str(exc)
            return
        self._offered[name] = [
            OfferedFace(
                family=name,
                drawn_with=family.name,
                way=way,
                face=face,
                id=path.name,
                path=path,
            )
            for face, path in faces
        ]

    def _look_up(self, spelling: str) -> None:
        name = spelling.casefold()
        faces = self._web.find(spelling)
        if self._web.offline is not None and not self._web.is_off:
            self._unanswered.append(spelling)
        if faces:
            self._offered[name] = [
                OfferedFace(
                    family=name,
                    drawn_with=spelling,
                    way="web",
                    face=face,
                    id=f"{hashlib.sha256(face.url.encode()).hexdigest()[:32]}.woff2",
                    path=None,
                )
                for face in faces
            ]

    def problems(self, drawn: Collection[str]) -> list[Problem]:
        """
        Say once what could not be had: of the format's own families, and of the web's.

        Args:
            drawn: Faces of the machine; one that was asked for by its name is nothing to tell.
        """
        said: list[Problem] = []

        def told(message: str) -> None:
            said.append(Problem(rule="font-offline", message=message))

        if self._missing:
            found = [self._library.find(name) for name in self._missing]
            families = sorted({one[1].name for one in found if one and one[0] != "generic"})
            what = ", ".join(families) or "the format's fonts for generic families"
            told(
                f"{what}: not on this machine yet, and the npm registry does not give them "
                f"({next(iter(self._missing.values()))}); run `fanreel fonts fetch` once where "
                "the network is reached"
            )
        here = {name.casefold() for name in drawn}
        unanswered = [name for name in self._unanswered if name.casefold() not in here]
        if unanswered:
            told(
                f"{', '.join(unanswered)}: not looked up among the web's families, since "
                f"their service does not answer ({self._web.offline}); plan where the network is "
                "reached, or ship the font with the project"
            )
        return said

    def way_of(self, name: str) -> Way | None:
        """Tell how *name* is drawn; None for one that nothing is offered for."""
        offered = self._offered.get(name.casefold())
        return offered[0].way if offered else None

    def reply(self, path: str) -> Reply | None:
        """Answer a page's request below `/__fanreel__/`; None for what is no face."""
        if not path.startswith(OWN_PATH):
            return None
        wanted = path.removeprefix(OWN_PATH)
        body = self._read(wanted)
        if body is None:
            return NOT_THERE
        with self._lock:
            self._used.add(wanted)
        return 200, FONT_TYPE, body

    def _read(self, wanted: str) -> bytes | None:
        for one in self._all():
            if one.id == wanted:
                return self._content(one)
        return None

    def _content(self, one: OfferedFace) -> bytes | None:
        if one.path is not None:
            return one.path.read_bytes()
        kept = self._web_dir / one.id
        with self._lock:
            if not kept.exists():
                try:
                    body = self._web.get(one.face.url)
                except (OSError, Refused, ValueError):
                    return None
                self._web_dir.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(body)
        return kept.read_bytes()

    def _all(self) -> list[OfferedFace]:
        with self._lock:
            return [one for faces in self._offered.values() for one in faces]

    def page_config(self) -> dict[str, Any]:
        """Return the part of the page's configuration that is about fonts."""
        faces = self._all()
        files = {
            one.id: body
            for one in faces
            if one.id in self._embedded and (body := self._content(one)) is not None
        }
        return font_config([one.to_json() for one in faces], files, self._unnamed)

    def frozen(self) -> "FrozenFonts":
        """
        Return what a plan keeps: the faces of families that texts ask for, and files of those.

        Beside each file in use lie the other subsets of the same style, where they are small: a
        text that the planner did not see may need them.
        """
        faces = [one for one in self._all() if one.family in self._asked]
        with self._lock:
            used = {one.id for one in faces} & self._used
            # A text that was not seen, as in a form's field, may ask for what is there already.
            seen = {one.family for one in faces if one.id in used}
            kept = used | ({one.id for one in faces if one.family not in seen} & self._embedded)
        styles = {_style(one) for one in faces if one.id in used}
        for style in styles:
            sizes = {
                one.id: one.path.stat().st_size
                for one in faces
                if one.path is not None and _style(one) == style
            }
            if sum(sizes.values()) <= _MOST_SIBLING_BYTES:
                kept |= sizes.keys()
        files = {
            one.id: body
            for one in faces
            if one.id in kept and (body := self._content(one)) is not None
        }
        return FrozenFonts(faces=[one.to_json() for one in faces], files=files, used=sorted(used))


def _style(one: OfferedFace) -> tuple[str, str, str, str]:
    return one.drawn_with, one.face.style, one.face.weight, one.face.stretch


def font_config(
    faces: Sequence[Sequence[str]], files: Mapping[str, bytes], unnamed: str | None
) -> dict[str, Any]:
    """
    Return the page's configuration for *faces*, of which those with *files* are there at once.

    Where texts that name no family have *unnamed* for one, nobody has asked for it.
    """
    return {
        "fonts": {
            "url": f"{ORIGIN}{OWN_PREFIX}{OWN_PATH}",
            "generics": [generic.casefold() for generic in library().generics],
            "prefix": ALIAS_PREFIX,
            "unnamed": unnamed,
            "faces": [list(face) for face in faces],
            "files": {
                name: base64.b64encode(body).decode() for name, body in sorted(files.items())
            },
        }
    }
