#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes base/casefold.def from Python's own Unicode data.

    tools/casefold.py >base/casefold.def

Full case folding of Unicode (CaseFolding.txt, statuses C and F), without
ASCII. Characters of equal step and distance become one row."""
import unicodedata


def runs(pairs):
    """(first, last, step, delta) of sorted (character, folded) pairs."""
    out = []
    for code, folded in pairs:
        delta = folded - code
        if out:
            first, last, step, old = out[-1]
            if delta == old and step in (0, code - last) and code - last <= 2:
                out[-1] = (first, code, code - last, old)
                continue
        out.append((code, code, 0, delta))
    return out


def main():
    folds = [(c, chr(c).casefold()) for c in range(0x80, 0x110000) if not 0xD800 <= c < 0xE000]
    folds = [(c, f) for c, f in folds if f != chr(c)]
    print("/* SPDX-License-Identifier: BSD-2-Clause */\n/*\n"
          f" * Full case folding of Unicode {unicodedata.unidata_version}, made by "
          "tools/casefold.py.\n"
          " * FOLD(first, last, step, distance): one character becomes another one.\n"
          " * FOLD_LONG(character, UTF-8 of what it becomes)\n */")
    for first, last, step, delta in runs([(c, ord(f)) for c, f in folds if len(f) == 1]):
        print(f"FOLD(0x{first:04x}, 0x{last:04x}, {max(step, 1)}, {delta})")
    for c, f in folds:
        if len(f) > 1:
            text = "".join(f"\\x{b:02x}" for b in f.encode())
            print(f'FOLD_LONG(0x{c:04x}, "{text}")')


if __name__ == "__main__":
    main()
