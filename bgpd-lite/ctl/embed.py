#!/usr/bin/python3
"""Writes text files as C string constants: embed.py OUTPUT NAME FILE [NAME FILE]..."""
import sys


def literal(line):
    escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'\t"{escaped}"\n'


with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write('#include "bgpd-lite/ctl/interfaces.h"\n')
    for name, path in zip(sys.argv[2::2], sys.argv[3::2]):
        with open(path, encoding="utf-8") as text:
            out.write(f"\nconst char {name}[] =\n" + "".join(map(literal, text)) + ";\n")
