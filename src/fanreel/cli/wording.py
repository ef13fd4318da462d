"""Messages in the words of the command line: `--fps 7` where Python and JSON say `fps = 7`."""

from fanreel.cli.options import CONFIG_OPTIONS, ConfigOption
from fanreel.errors import RenderError
from fanreel.settings import Setting, settings_of


def in_options(error: RenderError) -> str:
    """Return what *error* says, with options in the place of the fields that it tells of."""
    message = str(error)
    for setting in settings_of(error.facts):
        if option := _OPTIONS.get(setting["field"]):
            message = message.replace(setting["said"], _words(option, setting))
    return message


def _words(option: ConfigOption, setting: Setting) -> str:
    on, _, off = option.flag.partition("/")
    match setting["value"]:
        case None:
            return on
        case bool(value):
            return f"give {on if value else off}"
        case value:
            return f"{on} {value}" if option.metavar else on


def _in_json(field: str) -> str:
    first, *others = field.split("_")
    return first + "".join(map(str.title, others))


_OPTIONS = {_in_json(option.field): option for option in CONFIG_OPTIONS}
