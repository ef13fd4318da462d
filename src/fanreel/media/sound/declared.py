"""
What a composition declares of its sounds, read into a desk.

`data-fx-chain` and `data-automation` are JSON in attributes of a clip and of an `<hf-audio-group>`,
the former also of the root. Source: HyperFrames docs, "Audio effects implementation"; what they
leave open is as measured on HyperFrames 0.8.170.
"""

import json
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from fanreel.errors import InvalidComposition
from fanreel.media.sound.desk import Desk, Strip
from fanreel.media.sound.effects.chain import Node, Preset
from fanreel.media.sound.effects.knobs import Setting
from fanreel.media.sound.effects.registry import KINDS, Dial, Switch
from fanreel.media.sound.lanes import Lane, Point
from fanreel.problems import Problem, refusal

_CHAIN, _AUTOMATION = "data-fx-chain", "data-automation"
_RULES = {_CHAIN: "bad-effect", _AUTOMATION: "bad-automation"}
_VOLUME = Dial(0, 10 ** (12 / 20), 1, moves=True)
_SHARE = Dial(0, 1, 1, moves=True)
_RAMPED = frozenset({"video", "audio"})
_LATEST_S = 1e9  # beyond any timeline, and far from where numbers overflow
_EXAMPLES = {
    "data-fx-chain": '{"version":1,"nodes":[{"type":"gain","id":"n1","params":{"gain":-6}}]}',
    "data-automation": '{"version":1,"lanes":[{"target":"volume","points":[{"t":0,"v":1}]}]}',
}


def _number(value: Any) -> float | None:
    """Take text and other junk among numbers as unsaid, as the format's own player does."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return None
    return number if math.isfinite(number) else None


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"there is no effect {kind!r}; there are {', '.join(KINDS)}")
    return kind


_Number = Annotated[float | None, BeforeValidator(_number)]


class _Declared(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


_Text = TypeVar("_Text", bound=_Declared)


class _PointText(_Declared):
    t: _Number = None
    v: _Number = None
    curve: _Number = None
    via_x: _Number = None
    via_y: _Number = None


class _LaneText(_Declared):
    target: Annotated[str, Field(pattern=r"^(volume|rate|fx\..+\..+)$")]
    points: list[_PointText]


class _AutomationText(_Declared):
    version: Literal[1]
    lanes: list[_LaneText]


class _NodeText(_Declared):
    type: Annotated[str, AfterValidator(_known)]
    id: Any = None
    enabled: Any = True
    params: Annotated[dict[str, Any], BeforeValidator(_table)] = Field(default_factory=dict)
    from_preset: Any = None
    preset_amount: _Number = None

    @property
    def knobs(self) -> Mapping[str, Dial | Switch]:
        return KINDS[self.type].knobs


class _ChainText(_Declared):
    version: Literal[1]
    nodes: list[_NodeText]


class _Unreadable(ValueError):
    """An attribute is not what it should be; says which, why and what to do."""

    def __init__(self, attribute: str, message: str) -> None:
        super().__init__(message)
        self.attribute = attribute


def _problem(item: Mapping[str, Any], attribute: str, message: str) -> Problem:
    return Problem(rule=_RULES[attribute], element=item["element"], message=message)


def read_desk(
    described: Mapping[str, Any], scripted: Mapping[str, Lane]
) -> tuple[Desk, list[Problem]]:
    """
    Read what the page declares of its sounds.

    Args:
        described: As `F.describe()` gives it.
        scripted: By the medium's key, the volumes that scripts move; a declared lane wins.
    Returns:
        The desk, and what is declared in vain.
    Raises:
        InvalidComposition: An attribute cannot be read; a mix without it would sound plausible and
            be wrong. Terminal.
    """
    problems: list[Problem] = []
    doubts: list[Problem] = []

    def strip(item: Mapping[str, Any], volume: Lane | None) -> Strip:
        try:
            return _strip(item, volume, doubts)
        except _Unreadable as exc:
            problems.append(_problem(item, exc.attribute, str(exc)))
            return Strip()

    clips = {item["key"]: strip(item, scripted.get(item["key"])) for item in described["media"]}
    groups = {
        item["id"]: strip(item, Lane.through([(Fraction(0), item["volume"])]))
        for item in described["audioGroups"]
    }
    master = strip(described["master"], None).chain if described["master"] else ()
    if problems:
        raise refusal(InvalidComposition, problems)
    return Desk(clips=clips, groups=groups, master=master), doubts


def _strip(item: Mapping[str, Any], volume: Lane | None, doubts: list[Problem]) -> Strip:
    written = _parse(_ChainText, _CHAIN, item["fxChain"])
    automation = _parse(_AutomationText, _AUTOMATION, item["automation"])
    start_s, rate = Fraction(str(item["laneStartS"])), Fraction(str(item["laneRate"]))
    nodes = [node for node in written.nodes if node.enabled is not False] if written else []
    dials = _moving(nodes)
    lanes: dict[str, Lane] = {}
    for lane in automation.lanes if automation else ():
        if lane.target == "rate" and item.get("kind") in _RAMPED:
            continue  # the page reads it: it moves pictures too
        if dial := dials.get(lane.target):
            if points := _points(lane, start_s, rate, dial):
                lanes.setdefault(lane.target, Lane(points, dial.by_ratio))
        else:
            doubts.append(_problem(item, _AUTOMATION, _why_inert(lane.target, written)))
    chain = []
    for node in nodes:
        settings, junk = _settings(node)
        doubts += [_problem(item, _CHAIN, f"{_CHAIN}: {text}") for text in junk]
        chain.append(_node(node, settings, lanes))
    return Strip(chain=tuple(chain), volume=lanes.get("volume", volume), group=item.get("group"))


def _parse(model: type[_Text], attribute: str, text: str | None) -> _Text | None:
    if text is None or not text.strip():
        return None
    try:
        return model.model_validate_json(text)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f", {place}" if place else ""
        reason = first["msg"].removeprefix("Value error, ")
        raise _Unreadable(
            attribute,
            f"{attribute}{where}: {reason}; write it as {attribute}='{_EXAMPLES[attribute]}', or "
            "remove it",
        ) from exc


def _moving(nodes: Sequence[_NodeText]) -> dict[str, Dial]:
    """Return what lanes may move, by target."""
    dials = {"volume": _VOLUME}
    for node in nodes:
        if node.from_preset is not None:
            dials[f"fx.preset.{node.from_preset}"] = _SHARE
        for name, knob in node.knobs.items():
            if isinstance(knob, Dial) and knob.moves and node.id is not None:
                dials[f"fx.{node.id}.{name}"] = knob
    return dials


def _points(lane: _LaneText, start_s: Fraction, rate: Fraction, dial: Dial) -> tuple[Point, ...]:
    known = [
        (min(max(p.t, 0), _LATEST_S), p.v, p)
        for p in lane.points
        if p.t is not None and p.v is not None
    ]
    # Of two points at one time the later one counts.
    by_time = {t: (v, point) for t, v, point in sorted(known, key=lambda item: item[0])}
    return tuple(
        Point(
            time_s=start_s + Fraction(str(t)) / rate,
            value=dial.within(v),
            curve=min(max(point.curve or 0, -1), 1),
            via=None if point.via_x is None or point.via_y is None else (point.via_x, point.via_y),
        )
        for t, (v, point) in by_time.items()
    )


def _settings(node: _NodeText) -> tuple[dict[str, Setting], list[str]]:
    """Read every knob of *node*; and say what is none of a knob's settings and does not count."""
    settings: dict[str, Setting] = {}
    junk = []
    for name, knob in node.knobs.items():
        value = node.params.get(name)
        settings[name] = knob.read(knob.default)
        if value is None:
            continue
        try:
            settings[name] = knob.read(value)
        except (ValueError, TypeError, OverflowError):
            shown = json.dumps(value)
            junk.append(f"{name} of {node.type} is {shown}, not {knob}; {knob.default} is taken")
    return settings, junk


def _node(node: _NodeText, settings: Mapping[str, Setting], lanes: Mapping[str, Lane]) -> Node:
    preset = None
    if node.from_preset is not None:
        amount = 1.0 if node.preset_amount is None else _SHARE.within(node.preset_amount)
        lane = lanes.get(f"fx.preset.{node.from_preset}")
        preset = Preset(name=str(node.from_preset), amount=amount, lane=lane)
    targets = {name: f"fx.{node.id}.{name}" for name in settings}
    return Node(
        kind=node.type,
        settings=settings,
        lanes={name: lanes[target] for name, target in targets.items() if target in lanes},
        preset=preset,
    )


def _why_inert(target: str, chain: _ChainText | None) -> str:
    """Say why a lane moves nothing."""
    lane = f"the lane of {target!r} in data-automation moves nothing"
    if target == "rate":
        return f"{lane}: only a <video> or an <audio> has a speed; write the lane on each of them"
    if target.startswith("fx.preset."):
        return f"{lane}: no node that is on has this name as its fromPreset"
    _, _, rest = target.partition("fx.")
    name, _, knob = rest.rpartition(".")
    node = next((n for n in chain.nodes if str(n.id) == name), None) if chain else None
    if node is None:
        return f"{lane}: there is no such node; name it as fx.<id of the node>.<knob>"
    if node.enabled is False:
        return f"{lane}: the node is switched off"
    moving = [name for name, knob in node.knobs.items() if knob.moves]
    if not moving:
        return f"{lane}: nothing of {node.type} can move; put a gain before it and move that"
    return f"{lane}: {knob!r} of {node.type} cannot move; {', '.join(moving)} can"
