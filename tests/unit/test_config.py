"""RenderConfig: what is allowed, what is refused, and how it says so."""

import json
import pickle
import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

from fanreel.config import LAMBDA_PLAN_LIMIT_BYTES, PLAN_DIR_SIZE_LIMIT_BYTES, RenderConfig
from fanreel.configuration.distributed import reject_unsupported_distributed_format
from fanreel.configuration.fields import ALLOWED
from fanreel.errors import FormatNotSupportedInDistributed, InvalidConfig
from fanreel.files.project import Root, output_fps


@pytest.mark.parametrize(
    ("given_fps", "fps"),
    [
        (24, Fraction(24)),
        (25, Fraction(25)),
        (30.0, Fraction(30)),
        ("50", Fraction(50)),
        ("60/1", Fraction(60)),
        ("15/1", Fraction(15)),
        (1, Fraction(1)),
        (29, Fraction(29)),
        ("240", Fraction(240)),
        ("25/2", Fraction(25, 2)),
        ("240000/1001", Fraction(240000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        (Fraction(24000, 1001), Fraction(24000, 1001)),
    ],
)
def test_frame_rates_are_exact(given_fps: Any, fps: Fraction) -> None:
    """Whole rates and rationals become Fractions."""
    assert RenderConfig(fps=given_fps).fps == fps


@pytest.mark.parametrize("given", [15, "15/1", "30000/1001", 240, "1"])
def test_a_frame_rate_travels_as_itself(given: Any) -> None:
    """What one machine was asked for is what the other reads."""
    config = RenderConfig(fps=given)
    assert RenderConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_a_decimal_rate_is_refused_with_the_rational_to_write() -> None:
    """29.97 and 30000/1001 drift apart, and nobody can tell which one was meant."""
    for rate in (29.97, "29.97"):
        with pytest.raises(InvalidConfig, match="write it as '30000/1001'"):
            RenderConfig(fps=rate)
    with pytest.raises(InvalidConfig, match="write it as '25/2'"):
        RenderConfig(fps="12.5")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fps", 0),
        ("fps", -30),
        ("fps", 0.5),
        ("fps", 241),
        ("fps", 29.97),
        ("fps", "29.5"),
        ("fps", "1/0"),
        ("fps", "30000/"),
        ("fps", "1" * 5000),
        ("fps", "241/1"),
        ("fps", True),
        ("fps", float("nan")),
        ("fps", [30]),
        ("format", "avi"),
        ("format", None),
        ("codec", "av1"),
        ("quality", "best"),
        ("crf", 52),
        ("crf", -1),
        ("crf", 23.5),
        ("crf", True),
        ("crf", "fine"),
        ("bitrate", "0k"),
        ("bitrate", "fast"),
        ("bitrate", 5000),
        ("outputResolution", "8k"),
        ("outputResolution", 0),
        ("outputResolution", float("inf")),
        ("outputResolution", True),
        ("width", 1),
        ("height", 20_000),
        ("everyNthFrame", 0),
        ("mute", "perhaps"),
        ("frameRange", [0]),
        ("frameRange", [0, "x"]),
        ("frameRange", [False, True]),
        ("chunkSize", 0),
        ("maxParallelChunks", 0),
        ("targetChunkFrames", -5),
        ("segmentFrames", 1201),
        ("entryFile", ""),
        ("entryFile", "/etc/passwd"),
        ("entryFile", "../other/index.html"),
        ("entryFile", "a\0b"),
        ("variables", []),
        ("variables", {"x": float("nan")}),
        ("variables", {"x": object()}),
        ("strict", "perhaps"),
        ("hdrMode", "on"),
        ("videoFrameFormat", "webp"),
        ("planDirSizeLimitBytes", 0),
        ("runtimeCap", "azure"),
    ],
)
def test_a_wrong_value_is_named(field: str, value: Any) -> None:
    """The message has the field, its value, and what would have been allowed."""
    with pytest.raises(InvalidConfig) as caught:
        RenderConfig.from_json({field: value})
    message = str(caught.value)
    assert f"{field}" in message
    assert " = " in message
    for problem in caught.value.facts["problems"]:
        assert re.match(rf"{field}(\[\d\])? = .*: .*allowed: ", problem, re.DOTALL)
        assert not re.search(r"Input|pattern|should|valid ", problem), problem


def test_a_sound_alone_cannot_be_muted() -> None:
    """There would be nothing left."""
    with pytest.raises(InvalidConfig, match="format 'mp3' holds nothing but the sound"):
        RenderConfig(format="mp3", mute=True)


def test_every_nth_frame_leaves_one_a_second() -> None:
    """Of 30 every third is 10 a second; what is left is a rate as any other."""
    root = Root(composition_id="main", width=2, height=2, duration_s=None, fps=Fraction(30))
    assert output_fps(root, RenderConfig(every_nth_frame=3)) == 10
    assert output_fps(root, RenderConfig(fps="30000/1001", every_nth_frame=2)) == Fraction(
        15000, 1001
    )
    with pytest.raises(InvalidConfig, match="at 30 frames/s allowed: at most 30"):
        output_fps(root, RenderConfig(every_nth_frame=31))


def test_every_field_says_what_is_allowed() -> None:
    """In plain words, whichever way its value is wrong."""
    for name in RenderConfig.model_fields:
        with pytest.raises(InvalidConfig) as caught:
            RenderConfig(**{name: object()})
        [problem] = caught.value.facts["problems"]
        assert problem.startswith(f"{to_camel(name)} = <object object")
        assert f"allowed: {ALLOWED[name]}" in problem
    assert set(ALLOWED) == set(RenderConfig.model_fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"bitrate": "fast"}, "bitrate = 'fast': allowed: bits per second as text, with k for"),
        ({"frameRange": 5}, "frameRange = 5: allowed: [start, end), two whole frame numbers"),
        ({"frameRange": [0, "x"]}, "frameRange[1] = 'x': allowed: [start, end), two whole frame"),
        ({"strict": "perhaps"}, "strict = 'perhaps': allowed: true or false"),
        ({"variables": 3}, "variables = 3: allowed: what JSON can hold, as an object"),
        ({"entryFile": 3}, "entryFile = 3: allowed: the path of a file inside the project"),
        ({"format": "avi"}, "format = 'avi': allowed: 'mp4', 'mov', 'png-sequence', 'webm', 'gif'"),
        ({"crf": True}, "crf = True: allowed: a whole number from 0 to 51"),
    ],
)
def test_a_message_is_in_plain_words(fields: dict[str, Any], message: str) -> None:
    """Field, value, and what is allowed."""
    with pytest.raises(InvalidConfig, match=re.escape(message)):
        RenderConfig.from_json(fields)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"crf": 20, "bitrate": "5M"}, "crf = 20 and bitrate = '5M': allowed: one of them"),
        (
            {"codec": "h265", "format": "mov"},
            "codec = 'h265': not with format 'mov'; allowed: .* with format 'mp4'",
        ),
        ({"crf": 20, "format": "mov"}, "crf = 20: not with format 'mov'.*mp4 or webm"),
        ({"crf": 20, "format": "gif"}, "crf = 20: not with format 'gif'.*mp4 or webm"),
        ({"bitrate": "5M", "format": "png-sequence"}, "bitrate = '5M': not with .*mp4 or webm"),
        (
            {"hdrMode": "force-hdr", "codec": "h264"},
            "codec = 'h264' and hdrMode = 'force-hdr': allowed: format 'mp4' with codec 'h265'",
        ),
        (
            {"hdrMode": "force-hdr", "format": "webm"},
            "format = 'webm' and hdrMode = 'force-hdr': allowed: format 'mp4' with codec 'h265'",
        ),
        ({"chunkSize": 10, "targetChunkFrames": 9}, "chunkSize = 10 and targetChunkFrames = 9: "),
        ({"frameRange": [10, 10]}, r"frameRange = \[10, 10\]: allowed"),
        ({"frameRange": [-1, 10]}, "0 <= start < end"),
        ({"outputResolution": "4k", "width": 1280}, "outputResolution = '4k' and width = 1280: "),
        ({"outputResolution": 2, "height": 720}, "outputResolution = 2.0 and height = 720: "),
    ],
)
def test_fields_that_disagree_are_refused(fields: dict[str, Any], reason: str) -> None:
    """Each rule between two fields has its own sentence."""
    with pytest.raises(InvalidConfig, match=reason):
        RenderConfig.from_json(fields)


@pytest.mark.parametrize("key", ["colour", "self", "modelConfig", "outputresolution"])
def test_an_unknown_key_is_an_error(key: str) -> None:
    """The message lists the keys there are, as they are written on the wire."""
    with pytest.raises(InvalidConfig, match=f"{key}: unknown key") as caught:
        RenderConfig.from_json({key: 1})
    assert "maxParallelChunks" in str(caught.value)


@pytest.mark.parametrize("data", [None, [], "fps", 30])
def test_a_configuration_is_an_object(data: Any) -> None:
    """Anything but a JSON object is refused."""
    with pytest.raises(InvalidConfig, match="JSON object"):
        RenderConfig.from_json(data)


def test_several_problems_are_told_at_once() -> None:
    """Nobody has to fix one value to hear of the next."""
    with pytest.raises(InvalidConfig) as caught:
        RenderConfig(fps=700, crf=99)
    assert len(caught.value.facts["problems"]) == 2


def test_a_huge_value_is_cut_short() -> None:
    """A message stays a paragraph whatever was sent."""
    with pytest.raises(InvalidConfig) as caught:
        RenderConfig(fps="1" * 5000)
    assert len(str(caught.value)) < 400


def test_both_spellings_are_read() -> None:
    """snake_case in Python, camelCase on the wire."""
    assert RenderConfig(chunk_size=5) == RenderConfig.from_json({"chunkSize": 5})


def test_a_configuration_does_not_change() -> None:
    """Frozen: two readers of one config see the same."""
    config = RenderConfig()
    with pytest.raises(ValueError, match="frozen"):
        config.crf = 3  # type: ignore[misc]


@given(
    fps=st.sampled_from([None, 24, 60, 7, "15/1", "30000/1001"]),
    crf=st.none() | st.integers(0, 51),
    resolution=st.sampled_from([None, "720p", "4k", 0.5, 2]),
    frame_range=st.none() | st.tuples(st.integers(0, 99), st.integers(100, 999)),
    variables=st.dictionaries(st.text(), st.none() | st.text() | st.floats(allow_nan=False)),
)
def test_json_gives_the_same_configuration(**fields: Any) -> None:
    """What goes over the wire comes back equal; so does what is pickled."""
    fields["output_resolution"] = fields.pop("resolution")
    fields["variables"] = {k: v for k, v in fields["variables"].items() if v not in (INF, -INF)}
    config = RenderConfig(**fields)
    assert RenderConfig.from_json(config.to_json()) == config
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 (our own bytes)


INF = float("inf")


def test_a_rate_is_taken_where_there_is_one() -> None:
    """By MP4 in both codecs and by WebM."""
    RenderConfig(format="webm", crf=40)
    RenderConfig(format="webm", bitrate="2M")
    RenderConfig(codec="h265", crf=20)


def test_hdr_needs_no_codec() -> None:
    """None, or h265; also over the wire and in a copy."""
    assert RenderConfig(hdr_mode="force-hdr", codec="h265").to_json() == {
        "hdrMode": "force-hdr",
        "codec": "h265",
    }
    config = RenderConfig(hdr_mode="force-hdr").replace(quality="high")
    assert RenderConfig.from_json(config.to_json()) == config
    with pytest.raises(InvalidConfig, match="codec = 'h264'"):
        config.replace(codec="h264")


def test_defaults_stay_off_the_wire() -> None:
    """An execution input shows what was asked for, nothing else."""
    assert RenderConfig().to_json() == {}
    assert RenderConfig(fps="30000/1001", cfr=True).to_json() == {"fps": "30000/1001", "cfr": True}


def test_a_changed_copy_is_checked() -> None:
    """`replace()` keeps what was set and refuses what does not fit."""
    config = RenderConfig(crf=20)
    assert config.replace(quality="high").crf == 20
    with pytest.raises(InvalidConfig, match="one of them"):
        config.replace(bitrate="1M")


def test_only_a_gif_that_is_too_large_cannot_be_distributed() -> None:
    """The ways out are in the message: smaller, another format, one process."""
    size = {"width": 1920, "height": 1080}
    gif = RenderConfig(format="gif")
    reject_unsupported_distributed_format(gif, total_frames=900, **size)
    with pytest.raises(FormatNotSupportedInDistributed, match=r"fanreel\.render\(\)") as caught:
        reject_unsupported_distributed_format(gif, total_frames=1000, **size)
    assert caught.value.facts["format"] == "gif"
    for way in ("2,074 million pixels", "lower fps", "webm or mp4"):
        assert way in caught.value.message


@pytest.mark.parametrize("name", ["mp4", "mov", "webm", "png-sequence"])
def test_other_formats_are_distributed_at_any_size(name: Any) -> None:
    """Their segments are joined, and nothing is encoded again."""
    config = RenderConfig(format=name)
    reject_unsupported_distributed_format(config, total_frames=10**6, width=7680, height=4320)


def test_lambda_holds_plans_of_half_its_disk() -> None:
    """A stack may be deployed with more than the default, never with more than `/tmp` has."""
    most = LAMBDA_PLAN_LIMIT_BYTES
    config = RenderConfig(runtime_cap="lambda", plan_dir_size_limit_bytes=most)
    assert config.plan_dir_size_limit_bytes == 5 * 1024**3
    with pytest.raises(InvalidConfig, match="at most 5368709120, or /tmp overflows"):
        config.replace(plan_dir_size_limit_bytes=most + 1)


def test_the_limit_is_two_gibibytes() -> None:
    """2 × 1024³, not 2 × 10⁹."""
    assert RenderConfig().plan_dir_size_limit_bytes == PLAN_DIR_SIZE_LIMIT_BYTES == 2147483648
