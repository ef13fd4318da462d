"""What a composition names and does not get, told all at once: what is written, where it leads."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fanreel.errors import AssetNotFound
from fanreel.markup.references import Reference, References

_MOST_NAMED = 20


def missing_files(
    paths: Mapping[str, str], urls: Mapping[str, str], references: References, root_dir: Path
) -> AssetNotFound:
    """
    Return the error about all files that there are not.

    Args:
        paths: Paths in the folder served, each with what asked for it (`image`, `script`, …).
        urls: Outside URLs, each with why there is no answer.
        references: Of the files that were used.
        root_dir: The folder served.
    """
    found = [_missing_path(path, kind, references, root_dir) for path, kind in paths.items()]
    found += [_missing_url(url, why, references) for url, why in urls.items()]
    found.sort(key=lambda item: (item.get("file", ""), item.get("line", 0)))
    facts = {"path": next(iter(paths))} if paths else {"url": next(iter(urls))}
    return AssetNotFound(_told([_sentence(**item) for item in found]), missing=found, **facts)


def _sentence(*, message: str, file: str = "", line: int = 0, **_: Any) -> str:
    return f"{file}:{line}: {message}" if file else message


def _told(messages: Sequence[str]) -> str:
    if len(messages) == 1:
        return messages[0]
    shown = "; ".join(messages[:_MOST_NAMED])
    more = len(messages) - _MOST_NAMED
    return f"{len(messages)} files are missing: {shown}" + (f"; and {more} more" * (more > 0))


def _missing_path(path: str, kind: str, references: References, root_dir: Path) -> dict[str, Any]:
    reference = references.to(path)
    if reference is None:
        return _item(
            f"the composition names {path} (as {kind}), which is not in {root_dir}; add the file "
            "or correct the path",
            "missing-file",
            path=path,
        )
    rule = "missing-file"
    target = references.target(reference)
    if target.is_relative_to(root_dir.resolve()):
        why = f"which is not in {root_dir}; add the file or correct the path"
    elif target.exists():
        rule = "outside-project"
        why = (
            f"which leads to {target}, outside of {root_dir}; allow that by --root DIR (root_dir "
            "in Python) with a folder that holds both, or copy the file into the project"
        )
    else:
        why = f"which leads to {target}, where there is no such file; correct the path"
    message = f"{reference.element} names {reference.written}, {why}"
    return _item(message, rule, reference, path=path)


def _missing_url(url: str, why: str, references: References) -> dict[str, Any]:
    reference = references.to(url)
    element = "" if reference is None else f"{reference.element}: "
    message = f"{element}{url} could not be fetched: {why}; put the file into the project"
    return _item(message, "outside-file", reference, url=url)


def _item(
    message: str, rule: str, reference: Reference | None = None, **facts: str
) -> dict[str, Any]:
    if reference is None:
        return {"rule": rule, "message": message} | facts
    place = {"file": reference.file, "line": reference.line, "element": reference.element}
    return {"rule": rule, "message": message} | place | facts
