"""Writing Java .properties files."""

import pathlib
from typing import Any, Mapping


def _escaped(text: str, is_key: bool) -> str:
    out = []
    for index, char in enumerate(text):
        if char == "\\":
            out.append("\\\\")
        elif char in "\n\r\t\f":
            out.append({"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}[char])
        elif (char == " " and (is_key or index == 0)) or (is_key and char in "=:#!"):
            out.append("\\" + char)
        elif " " <= char <= "~":
            out.append(char)
        else:
            units = char.encode("utf-16-be")
            out += [f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)]
    return "".join(out)


def to_properties(settings: Mapping[str, Any]) -> str:
    return "".join(f"{_escaped(key, True)}={_escaped(_text(value), False)}\n" for key, value in settings.items())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_properties(path: pathlib.Path, settings: Mapping[str, Any]) -> pathlib.Path:
    path.write_text(to_properties(settings), encoding="ascii")
    return path
