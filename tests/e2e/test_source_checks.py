# SPDX-License-Identifier: BSD-2-Clause
"""Each check of tests/tools finds what it is there for, and nothing in a clean tree.

A small tree with one room and a copy of the checks stands in for the repository;
every test breaks one thing in it.
"""
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = "base grammar runtime mcc/model lint dnscheck mcc/emit mcc mccd".split()

CLEAN_H = """\
#ifndef MCC_BASE_A_H
#define MCC_BASE_A_H
int a_get(void);
#endif
"""
CLEAN_C = """\
#include "base/a.h"

/* strcpy( in a comment, and below in a string, is no call. */
static const char *const table[] = {"system(", "x"};

int a_get(void)
{
	return table[0][0];
}
"""


@pytest.fixture(name="tree")
def make_tree(tmp_path):
    for room in ROOMS + ["docs/rules", "tests/unit", "tests/golden", "tests/e2e"]:
        (tmp_path / room).mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "tests/tools", tmp_path / "tests/tools")
    for name in ("banned", "sizes", "globals"):
        (tmp_path / f"tests/tools/{name}.txt").write_text("# nothing\n")
    (tmp_path / "base/a.h").write_text(CLEAN_H)
    (tmp_path / "base/a.c").write_text(CLEAN_C)
    (tmp_path / "base/rules.def").write_text('RULE(MC101, one-rule, DIAG_ERROR, "x")\n')
    (tmp_path / "docs/rules/MC101.md").write_text("# MC101\n")
    (tmp_path / "tests/unit/test_a.c").write_text("/* MC101 */\n")
    return tmp_path


def check(tree, name):
    done = subprocess.run(["sh", f"tests/tools/check-{name}.sh"], cwd=tree,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert bool(done.stdout) == (done.returncode == 1)
    return done.stdout


def compile_objects(tree, name):
    target = tree / "build/obj" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-std=c17", "-fPIE", "-I.", "-c", "-o", target.with_suffix(".o"),
                    name], cwd=tree, check=True, timeout=60)


@pytest.mark.parametrize("name", ["banned", "headers", "layers", "rules", "sizes", "words"])
def test_clean_tree(tree, name):
    assert check(tree, name) == ""


# --- layers -------------------------------------------------------------------

@pytest.mark.parametrize("room, include, text", [
    ("base", "grammar/x.h", "base may not include grammar/x.h"),
    ("grammar", "mcc/model/site.h", "grammar may not include"),
    ("runtime", "grammar/x.h", "runtime may not include"),
    ("mcc/model", "lint/lint.h", "mcc/model may not include"),
    ("mcc/emit", "lint/lint.h", "mcc/emit may not include"),
    ("mccd", "dnscheck/rules.h", "mccd may not include"),
    ("mccd", "mcc/cli.h", "mccd may not include"),
    ("mcc", "grammar/conf.tab.h", "for its own room only"),
    ("base", "a.h", "not written from the root"),
])
def test_layers(tree, room, include, text):
    (tree / room / "bad.c").write_text(f'int x;\n#include "{include}"\n')
    out = check(tree, "layers")
    assert f"{room}/bad.c:2: " in out and text in out


@pytest.mark.parametrize("room, include", [
    ("mcc/model", "grammar/x.h"), ("lint", "runtime/map.h"), ("mcc", "mcc/emit/e.h"),
    ("mccd", "dnscheck/resolver.h"), ("mccd", "mccd/wire.h"), ("grammar", "grammar/y.tab.h"),
])
def test_layers_allow(tree, room, include):
    (tree / room / "good.c").write_text(f'#include "{include}"\n')
    assert check(tree, "layers") == ""


def test_daemon_reaches_no_model(tree):
    (tree / "mccd/a.c").write_text('#include "dnscheck/resolver.h"\n')
    (tree / "dnscheck/resolver.h").write_text("\n")
    (tree / "dnscheck/resolver.c").write_text('#include "dnscheck/other.h"\n')
    (tree / "dnscheck/other.h").write_text('#include "mcc/model/site.h"\n')
    out = check(tree, "layers")
    assert "mcc/model/site.h: reached by the daemon" in out


# --- banned -------------------------------------------------------------------

@pytest.mark.parametrize("call", [
    "strcpy(a, b)", "strcat (a, b)", "sprintf(a, b)", "gets(a)", "strtok(a, b)", "atoi(a)",
    "alloca(3)", "system(a)", "exit(1)", "_exit(1)", "abort()", "printf(a)", "puts(a)",
    "fprintf(stderr, a)", "if (x) exit(1)", "(void)atoi(a)",
])
def test_banned(tree, call):
    (tree / "base/bad.c").write_text(f"int f(void)\n{{\n\t{call};\n}}\n")
    assert "base/bad.c:3: " in check(tree, "banned")


@pytest.mark.parametrize("call", [
    "strtok_r(a, b, c)", "snprintf(a, b)", "my_exit(1)", "x->exit(1)", "fprintf(out, a)",
    'f("exit(1)")', "strbuf_puts(a)",
])
def test_not_banned(tree, call):
    (tree / "base/good.c").write_text(f"int f(void)\n{{\n\t{call};\n}}\n")
    assert check(tree, "banned") == ""


def test_banned_knows_main_and_exceptions(tree):
    (tree / "mcc/main.c").write_text("int main(void)\n{\n\texit(1);\n}\n")
    (tree / "base/bad.c").write_text("void f(void)\n{\n\tabort();\n}\n")
    (tree / "tests/tools/banned.txt").write_text("base/bad.c abort it must\n")
    assert check(tree, "banned") == ""
    (tree / "tests/tools/banned.txt").write_text("base/bad.c abort\n")  # no reason
    assert "base/bad.c:3: abort" in check(tree, "banned")


# --- sizes --------------------------------------------------------------------

def function_of(lines):
    return "int f(void)\n{\n" + "\tx();\n" * lines + "}\n"


@pytest.mark.parametrize("lines, found", [(60, False), (61, True)])
def test_function_length(tree, lines, found):
    (tree / "base/f.c").write_text(function_of(lines))
    assert ("base/f.c:f: 61 lines, at most 60" in check(tree, "sizes")) == found


@pytest.mark.parametrize("line, found", [
    ("/* " + "x" * 97, False), ("/* " + "x" * 98, True),
    ("\t\t/* " + "x" * 81, False), ("a\t\t/* " + "x" * 82, True),
])
def test_line_width(tree, line, found):
    (tree / "base/f.c").write_text(f"{line}\n */\n")
    assert ("base/f.c:1: 101 columns, at most 100" in check(tree, "sizes")) == found


@pytest.mark.parametrize("name, lines, found", [
    ("f.c", 500, False), ("f.c", 501, True), ("f.h", 250, False), ("f.h", 251, True),
    ("f.l", 301, True), ("f.y", 501, True),
])
def test_file_length(tree, name, lines, found):
    (tree / "base" / name).write_text("\n" * lines)
    assert (f"base/{name}: {lines} lines" in check(tree, "sizes")) == found


def test_size_exception(tree):
    (tree / "base/f.c").write_text(function_of(61))
    (tree / "tests/tools/sizes.txt").write_text("base/f.c:f 61 one row per opcode\n")
    assert check(tree, "sizes") == ""


# --- headers ------------------------------------------------------------------

def test_header_does_not_compile_alone(tree):
    (tree / "base/b.h").write_text("#ifndef MCC_BASE_B_H\n#define MCC_BASE_B_H\n"
                                   "int f(size_t n);\n#endif\n")
    assert "base/b.h: does not compile alone" in check(tree, "headers")


def test_header_guard(tree):
    (tree / "base/b.h").write_text("#ifndef BASE_B_H\n#define BASE_B_H\n#endif\n")
    assert "base/b.h: the guard should be MCC_BASE_B_H" in check(tree, "headers")


# --- globals ------------------------------------------------------------------

@pytest.mark.parametrize("line", [
    "int counter;", "static int counter = 3;", "static const char *counter;",
    "_Thread_local int counter;", "int f(void) { static int counter; return counter++; }",
])
def test_globals(tree, line):
    (tree / "base/g.c").write_text(f"{line}\nvoid *use(void) {{ return 0; }}\n")
    if "static" in line and "f(void)" not in line:
        (tree / "base/g.c").write_text(f"{line}\nvoid *use(void) {{ return &counter; }}\n")
    compile_objects(tree, "base/g.c")
    assert "base/g.o: counter is a variable" in check(tree, "globals")


def test_globals_allow_constants_and_exceptions(tree):
    (tree / "base/g.c").write_text("int counter;\n")
    (tree / "tests/tools/globals.txt").write_text("base/g.o counter a reason\n")
    compile_objects(tree, "base/g.c")
    compile_objects(tree, "base/a.c")
    assert check(tree, "globals") == ""


def test_globals_need_objects(tree):
    assert "run make first" in check(tree, "globals")


# --- unused -------------------------------------------------------------------

@pytest.mark.parametrize("user, found", [
    (None, True), ("mcc/b.c", False), ("tests/unit/test_b.c", False), ("base/static.c", True),
])
def test_unused(tree, user, found):
    """Another file of the programs takes it, or a test; a namesake is no use."""
    text = "int a_get(void);\nint b(void) { return a_get(); }\n"
    if user == "base/static.c":
        text = "static int a_get(void) { return 1; }\nint b(void) { return a_get(); }\n"
    (tree / "mcc/main.c").write_text("int b(void);\nint main(void) { return b(); }\n")
    (tree / (user or "base/b.c")).write_text(text if user else "int b(void) { return 1; }\n")
    for name in ("base/a.c", "mcc/main.c", user or "base/b.c"):
        if not name.startswith("tests/"):
            compile_objects(tree, name)
    assert ("base/a.o: a_get is used by no other file" in check(tree, "unused")) == found


def test_unused_needs_objects(tree):
    assert "run make first" in check(tree, "unused")


# --- words and rules ----------------------------------------------------------

@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "/wo" + "rk/main", "../sha" + "red"])
def test_words(tree, word):
    (tree / "base/a.c").write_text(f"/* {word}: later */\n")
    assert "base/a.c:1:" in check(tree, "words")


def test_words_that_tests_may_have(tree):
    (tree / "tests/e2e/test_x.py").write_text('x = "../sha' + 'red"  # MCC_REF' + 'ERENCE\n')
    assert check(tree, "words") == ""


def test_rule_without_document(tree):
    (tree / "docs/rules/MC101.md").unlink()
    assert "MC101 one-rule: no docs/rules/MC101.md" in check(tree, "rules")


def test_rule_without_test(tree):
    (tree / "tests/unit/test_a.c").write_text("/* MC1011 */\n")
    doc = tree / "docs/rules/MC101.md"
    assert "MC101 one-rule: no sample, and no unit" in check(tree, "rules")
    doc.write_text("## Bad\n```text\nx\n```\n## Good\n```main.cf\nx\n```\n")
    assert "MC101 one-rule: no sample, and no unit" in check(tree, "rules")
    doc.write_text("## Bad\n```main.cf\nx\n```\n")
    assert check(tree, "rules") == ""


def test_document_without_rule(tree):
    (tree / "docs/rules/MC10.md").write_text("x\n")
    assert "docs/rules/MC10.md: no such rule" in check(tree, "rules")


def test_rule_used_twice(tree):
    with open(tree / "base/rules.def", "a", encoding="utf-8") as rules:
        rules.write('RULE(MC101, other-rule, DIAG_ERROR, "x")\n')
    assert "MC101: used twice" in check(tree, "rules")
