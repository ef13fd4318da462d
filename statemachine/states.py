"""The kinds of states that the definition is made of, as plain data."""

from typing import Any

State = dict[str, Any]


def choice(*choices: State, otherwise: str) -> State:
    """Return a state that goes where the first choice that holds leads."""
    return {"Type": "Choice", "Choices": list(choices), "Default": otherwise}


def reshape(parameters: State, *, then: str) -> State:
    """Return a state that makes *parameters* the data of the next."""
    return {"Type": "Pass", "Parameters": parameters, "Next": then}


def fail(code: str, cause: str) -> State:
    """Return a state that ends the execution with an error of the catalogue."""
    return {"Type": "Fail", "Error": code, "Cause": cause}


def formatted(template: str, *paths: str) -> str:
    """Return the intrinsic that puts what lies at *paths* into a template."""
    return f"States.Format('{template}', {', '.join(paths)})"
