"""What is wrong with a composition is named by rules, each with its fix."""

import re
from pathlib import Path

from fanreel.errors import CATALOGUE
from fanreel.lint.rules import RULE_OF_CODE, RULES

SOURCE = Path(__file__).parents[3] / "src" / "fanreel"
# `rule="x"` of Python; `problem("x", …)`, `naming("x", …)`, `fail("x", …)`, `warn("x", …)` and
# `fail(instance, "x", …)` of the page.
SAID = re.compile(
    r'\brule ?= ?"([a-z-]+)"|\b(?:problem|naming|fail|warn)\(\s*(?:[\w.]+,\s*)?"([a-z]+-?[a-z-]*)"'
)


def said() -> dict[str, str]:
    """Return each rule that a module names in its own code, with a file that does."""
    found = {}
    files = [path for path in SOURCE.rglob("*") if path.suffix in {".py", ".js"}]
    for path in files:
        if "bundle" in path.parts or path.parent.name == "lint":
            continue
        for match in SAID.finditer(path.read_text()):
            found[match[1] or match[2]] = path.name
    return found


def test_every_rule_that_is_said_has_its_fix() -> None:
    """By the page as by the planner."""
    assert {rule: file for rule, file in said().items() if rule not in RULES} == {}


def test_every_rule_is_said_somewhere() -> None:
    """Directly, of an attribute of sound, or by the kind of an error."""
    by_attribute = {"bad-effect", "bad-automation"}
    assert set(RULES) == set(said()) | by_attribute | set(RULE_OF_CODE.values())


def test_rules_of_errors_are_for_errors_there_are() -> None:
    """A code that is renamed would leave its rule behind."""
    assert set(RULE_OF_CODE) <= set(CATALOGUE)
    assert set(RULE_OF_CODE.values()) <= set(RULES)
