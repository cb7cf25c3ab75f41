#!/usr/bin/env python3
"""Checks that every #include obeys tools/layers.toml. Prints each breach; the exit status is 1 if there is one."""

import fnmatch
import pathlib
import re
import sys
import tomllib

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
FREE = ("_test.cc", "_bench.cc", "_fuzz.cc", "_test.h")


class Layers:
    def __init__(self, rules: dict):
        self.folders: dict[str, list[str]] = rules["folders"]
        self.libraries: dict[str, list[str]] = rules.get("libraries", {})
        self.std_only: list[str] = rules.get("std_only", {}).get("folders", [])

    def row_of(self, folder: str) -> str | None:
        """The most specific row that covers a folder: its own, or that of the nearest folder above."""
        while folder:
            for row in self.folders:
                if fnmatch.fnmatchcase(folder, row) and row.count("/") == folder.count("/"):
                    return row
            folder = folder.rpartition("/")[0]
        return None

    def unit_of(self, folder: str) -> str:
        """The folder that a row stands for: connectors/jdbc/dialects is part of connectors/jdbc."""
        row = self.row_of(folder)
        return "/".join(folder.split("/")[: row.count("/") + 1]) if row else folder

    def may_include(self, folder: str, target: str) -> bool:
        row = self.row_of(folder)
        allowed = self.folders[row]
        if self.unit_of(folder) == self.unit_of(target) or "*" in allowed:
            return True
        return any(fnmatch.fnmatchcase(self.unit_of(target), name) for name in allowed)

    def library_breach(self, folder: str, header: str) -> str | None:
        for prefix, allowed in self.libraries.items():
            if header.startswith(prefix) and not any(folder == f or folder.startswith(f + "/") for f in allowed):
                return f"<{header}> belongs to {', '.join(allowed)}"
        if folder in self.std_only and ("/" in header or "." in header):
            return f"<{header}> is not a header of the C++ standard library"
        return None


def target_folder(name: str) -> str:
    return "sdk" if name.startswith("millrace/") else name.rpartition("/")[0]


def check_file(layers: Layers, folder: str, label: str, text: str) -> list[str]:
    """Breaches in one file of `folder` ("sdk" or a folder below src)."""
    if layers.row_of(folder) is None:
        return [f"{label}: folder {folder} has no row in tools/layers.toml"]
    breaches = []
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start(2)) + 1
        kind, name = match.groups()
        if kind == "<":
            breach = layers.library_breach(folder, name)
            if breach:
                breaches.append(f"{label}:{line}: {breach}")
            continue
        target = target_folder(name)
        if not target:
            breaches.append(f'{label}:{line}: "{name}": write the path from src/ or include/')
        elif layers.row_of(target) is None:
            breach = layers.library_breach(folder, name) or f'"{name}" is in no folder of tools/layers.toml'
            breaches.append(f"{label}:{line}: {breach}")
        elif not layers.may_include(folder, target):
            breaches.append(f'{label}:{line}: {folder} may not include "{name}" (allowed: '
                            f"{', '.join(layers.folders[layers.row_of(folder)]) or 'nothing'})")
    return breaches


def check_tree(root: pathlib.Path) -> tuple[int, list[str]]:
    layers = Layers(tomllib.loads((root / "tools/layers.toml").read_text()))
    files, breaches = 0, []
    for base, prefix in ((root / "include/millrace", "sdk"), (root / "src", "")):
        for path in sorted(p for p in base.rglob("*") if p.suffix in (".h", ".cc")):
            if path.name.endswith(FREE):
                continue
            files += 1
            folder = prefix or path.parent.relative_to(base).as_posix()
            breaches += check_file(layers, folder, path.relative_to(root).as_posix(), path.read_text(errors="replace"))
    return files, breaches


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../..").resolve()
    files, breaches = check_tree(root)
    for breach in breaches:
        print(breach)
    print(f"check_layers: {files} files, {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
