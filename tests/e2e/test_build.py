# SPDX-License-Identifier: BSD-2-Clause
"""mcc build: generations, what they hold, and what keeps them from being made."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from programs import MCC, ROOT

REFERENCE = Path(os.environ.get("MCC_REFERENCE", ROOT.parent / "shared"))
POSTMAP = shutil.which("postmap", path=os.environ["PATH"] + ":/usr/sbin")
SAMPLES = sorted(p.parent.name for p in (ROOT / "samples").glob("*/main.cf"))
needs_postmap = pytest.mark.skipif(not POSTMAP, reason="postmap is not installed")


def build(site, out, *words):
    return subprocess.run([MCC, "-C", site, "build", "-o", out, *words], timeout=120,
                          capture_output=True, text=True, check=False)


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes()
            for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def site(tmp_path):
    """A copy of a sample that may be spoilt."""
    return Path(shutil.copytree(ROOT / "samples/textbook", tmp_path / "site"))


@pytest.mark.parametrize("sample", SAMPLES)
def test_sample(sample, tmp_path):
    out = tmp_path / "out"
    done = build(ROOT / "samples" / sample, out)
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.strip())
    assert path == out / "generations" / path.name
    assert re.fullmatch(r"000001-[0-9a-f]{12}", path.name)
    assert (out / "current").resolve() == path.resolve()
    manifest = json.loads((path / "manifest.json").read_text())
    runtime = json.loads((path / "runtime.json").read_text())
    made = files(path)
    del made["manifest.json"]
    assert {a["path"]: (a["sha256"], a["size"]) for a in manifest["artefacts"]} == {
        name: (hashlib.sha256(data).hexdigest(), len(data)) for name, data in made.items()}
    sources = {s["path"]: s["sha256"] for s in manifest["sources"]}
    main_cf = (ROOT / "samples" / sample / "main.cf").read_bytes()
    assert sources["main.cf"] == hashlib.sha256(main_cf).hexdigest()
    for ref in runtime["maps"]:
        if "path" in ref:
            assert ref["sha256"] == hashlib.sha256(made[ref["path"]]).hexdigest()
    assert "$" not in json.dumps(runtime["settings"]["mydestination"])


@pytest.mark.parametrize("sample", SAMPLES)
def test_schema(sample, tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "docs/runtime.schema.json").read_text())
    done = build(ROOT / "samples" / sample, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    runtime = json.loads((tmp_path / "out/current/runtime.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(runtime, schema)
    # Every parameter that a generation carries has its place in the schema.
    assert set(runtime["settings"]) == set(schema["$defs"]["settings"]["properties"])
    runtime["settings"]["message_size_limit"] = "10M"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(runtime, schema)


@pytest.mark.parametrize("sample", SAMPLES)
def test_same_bytes_everywhere(sample, tmp_path):
    one = tmp_path / "one"
    two = tmp_path / "another/place"
    shutil.copytree(ROOT / "samples" / sample, one)
    two.parent.mkdir()
    shutil.copytree(ROOT / "samples" / sample, two)
    first = build(one, tmp_path / "out1")
    time.sleep(1.1)
    env = dict(os.environ, TZ="Pacific/Auckland", LC_ALL="C", HOME="/nowhere")
    second = subprocess.run([MCC, "-C", ".", "build", "-o", tmp_path / "out2"], cwd=two,
                            env=env, capture_output=True, text=True, check=False)
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert files(tmp_path / "out1/current/") == files(tmp_path / "out2/current/")
    assert Path(first.stdout.strip()).name == Path(second.stdout.strip()).name
    for data in files(tmp_path / "out1/current/").values():
        assert str(tmp_path).encode() not in data


@needs_postmap
@pytest.mark.parametrize("kind", ["keep", "hash", "btree"])
def test_real_postfix_reads_the_tables(tmp_path, kind):
    done = build(ROOT / "samples/hosting", tmp_path / "out", "--map-type", kind)
    assert done.returncode == 0, done.stderr
    (tmp_path / "main.cf").write_text("")
    os.utime(tmp_path / "main.cf", (1600000000, 1600000000))
    runtime = json.loads((tmp_path / "out/current/runtime.json").read_text())
    seen = 0
    for ref in runtime["maps"]:
        if "path" not in ref or ref["type"] not in ("hash", "btree"):
            continue
        assert kind in ("keep", ref["type"])
        base = tmp_path / "out/current" / ref["path"][:-len(".db")]
        base.touch()
        for f in (base, base.with_suffix(".db")):
            os.utime(f, (1600000000, 1600000000))
        table = f"{ref['type']}:{base}"
        dump = subprocess.run([POSTMAP, "-c", tmp_path, "-s", table], capture_output=True,
                              text=True, check=True).stdout
        for row in dump.splitlines():
            key, value = row.split("\t", 1)
            got = subprocess.run([POSTMAP, "-c", tmp_path, "-q", key, table],
                                 capture_output=True, text=True, check=True).stdout
            assert got.rstrip("\n") == value
            seen += 1
    assert seen > 5


@needs_postmap
@pytest.mark.parametrize("enabled", ["yes", "no"])
def test_keys_fold_and_rows_count_as_to_postmap(site, tmp_path, enabled):
    """Also where letters are not ASCII, and rows not UTF-8."""
    rows = (b"M\xc3\x9cLLER@example.com alice\nstra\xc3\x9fe@example.com bob\nm\xfcller@example.com carol\n"
            b"stra\xe1\xba\x9ee@example.com bob\nOk@example.com \xff\nEnd@example.com eve\n")
    with open(site / "main.cf", "a", encoding="utf-8") as main:
        main.write(f"smtputf8_enable = {enabled}\nvirtual_alias_maps = hash:$config_directory/utf8\n")
    (site / "utf8").write_bytes(rows)
    (tmp_path / "utf8").write_bytes(rows)
    (tmp_path / "main.cf").write_text(f"compatibility_level = 3.6\nsmtputf8_enable = {enabled}\n")
    for name in ("main.cf", "utf8"):
        os.utime(tmp_path / name, (1600000000, 1600000000))

    def stored(path):
        done = subprocess.run([POSTMAP, "-c", tmp_path, "-s", f"hash:{path}"], capture_output=True,
                              check=True)
        return sorted(done.stdout.splitlines())

    subprocess.run([POSTMAP, "-c", tmp_path, tmp_path / "utf8"], check=True, capture_output=True)
    done = build(site, tmp_path / "out", "--force")
    assert done.returncode == 0, done.stderr
    made = list(Path(done.stdout.strip()).glob("maps/utf8*.db"))
    assert len(made) == 1 and stored(str(made[0])[:-3]) == stored(tmp_path / "utf8")
    done = subprocess.run([MCC, "-C", site, "build", "--in-place", "--force"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert stored(site / "utf8") == stored(tmp_path / "utf8")


def test_tables_without_a_file(site, tmp_path):
    """Each has what its type reads: a path, or what stands behind the colon."""
    with open(site / "main.cf", "a", encoding="utf-8") as f:
        f.write("\nrelay_recipient_maps = fail:down, static:x, inline:{a=b}, static:{a}\n")
    done = build(site, tmp_path / "out", "--force")
    assert done.returncode == 0, done.stderr
    runtime = json.loads((tmp_path / "out/current/runtime.json").read_text())
    maps = {m["name"]: m for m in runtime["maps"]}
    assert maps["fail:down"]["type"] == "fail" and maps["static:x"]["argument"] == "x"
    assert all(("path" in m) != ("argument" in m) for m in maps.values()), maps


def test_unchanged_input_gives_the_same_generation(site, tmp_path):
    out = tmp_path / "out"
    first = build(site, out).stdout
    assert build(site, out).stdout == first
    with open(site / "aliases", "a", encoding="utf-8") as f:
        f.write("newcomer: root\n")
    second = build(site, out).stdout
    assert "/000002-" in second
    assert len(list((out / "generations").iterdir())) == 2


def test_errors_build_nothing(site, tmp_path):
    out = tmp_path / "out"
    assert build(site, out).returncode == 0
    before = os.readlink(out / "current")
    for line in ("smtpd_milters = inet:127.0.0.1:8891", "message_size_limit = 10M",
                 "smtpd_recipient_restrictions = reject_unknwon_sender, reject"):
        good = (site / "main.cf").read_text()
        (site / "main.cf").write_text(good + line + "\n")
        done = build(site, out)
        assert done.returncode == 1
        assert done.stdout == ""
        assert "nothing was built" in done.stderr
        assert f"main.cf:{good.count(chr(10)) + 1}:" in done.stderr
        assert os.readlink(out / "current") == before
        assert len(list((out / "generations").iterdir())) == 1
        (site / "main.cf").write_text(good)


def test_force_is_not_for_what_mccd_cannot_do(site, tmp_path):
    with open(site / "virtual", "a", encoding="utf-8") as f:
        f.write("twice@example.com a@example.com\ntwice@example.com b@example.com\n")
    assert build(site, tmp_path / "out").returncode == 1
    done = build(site, tmp_path / "out", "--force")
    assert done.returncode == 1
    assert (tmp_path / "out/current").exists()
    with open(site / "main.cf", "a", encoding="utf-8") as f:
        f.write("smtpd_milters = inet:127.0.0.1:8891\n")
    assert build(site, tmp_path / "none", "--force").returncode == 1
    assert not (tmp_path / "none").exists()


def test_rollback(site, tmp_path):
    out = tmp_path / "out"
    first = build(site, out).stdout
    none = subprocess.run([MCC, "build", "-o", out, "--rollback"], capture_output=True,
                          text=True, check=False)
    assert none.returncode == 3
    assert "no generation before" in none.stderr
    (site / "aliases").write_text("postmaster: root\nroot: alice\n")
    assert build(site, out).stdout != first
    back = subprocess.run([MCC, "build", "-o", out, "--rollback"], capture_output=True,
                          text=True, check=False)
    assert back.returncode == 0
    assert back.stdout == first
    assert (out / "current").resolve() == Path(first.strip()).resolve()


@needs_postmap
def test_in_place(site):
    done = subprocess.run([MCC, "-C", site, "build", "--in-place"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = done.stdout.splitlines()
    assert str(site / "aliases.db") in made
    assert str(site / "virtual.db") in made
    for path in made:
        assert Path(path).exists()
    for f in site.iterdir():
        os.utime(f, (1600000000, 1600000000))
    dump = subprocess.run([POSTMAP, "-c", site, "-s", f"hash:{site}/virtual"],
                          capture_output=True, text=True, check=True).stdout
    assert dump


@pytest.mark.parametrize("words", [
    [], ["-o"], ["-o", "x", "--map-type", "ldap"], ["-o", "x", "y"], ["--in-place", "--rollback"],
    ["-o", "x", "--map-type"], ["-o", "x", "--format", "y"], ["--none"],
])
def test_wrong_usage(site, words):
    done = subprocess.run([MCC, "-C", site, "build", *words], cwd=site, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 2
    assert "mcc" in done.stderr
    assert not (site / "x").exists()


def test_no_place_for_the_generation(site, tmp_path):
    (tmp_path / "file").write_text("")
    done = build(site, tmp_path / "file")
    assert done.returncode == 3
    assert str(tmp_path / "file") in done.stderr
    done = build(site, tmp_path / "none/at/all")
    assert done.returncode == 3
    done = build(tmp_path / "nosite", tmp_path / "out")
    assert done.returncode == 3
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_full_disk(site, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", out],
                      capture_output=True, check=False).returncode:
        pytest.skip("no tmpfs here")
    try:
        assert build(site, out).returncode == 0
        before = os.readlink(out / "current")
        with open(site / "virtual", "a", encoding="utf-8") as f:
            f.writelines(f"u{i}@example.com root@example.com\n" for i in range(20000))
        done = build(site, out)
        assert done.returncode == 3
        assert "no space left" in done.stderr
        assert os.readlink(out / "current") == before
        assert len(list((out / "generations").iterdir())) == 1
    finally:
        subprocess.run(["umount", out], check=True)


@pytest.mark.parametrize("data", [
    b"\0\0\0\n", b"a = $b\nb = $a\nmyhostname = $a\n", b"x" * 100000, b"mydestination = !\n",
    b"mydestination = " + b"{" * 10000 + b"\n", b"mynetworks = /etc/postfix/main.cf\n",
    b"mynetworks = 10.0.0.1/8, !, ::1, [::1/129], hash:x, /none\n",
    b"smtpd_restriction_classes = a, b\na = b, a\nb = a, b\n"
    b"smtpd_recipient_restrictions = a, b, reject\n",
    b"smtpd_recipient_restrictions = check_client_access\n",
    b"smtpd_recipient_restrictions = { check_policy_service, reject_rbl_client\n",
    b"virtual_alias_maps = :, x:, :y, hash:{, inline:{a}, static:{, regexp:{{/(/ x}}\n",
    bytes(range(1, 256)) + b"\n",
], ids=lambda data: f"{len(data)}-bytes")
def test_odd_main_cf(tmp_path, data):
    (tmp_path / "main.cf").write_bytes(data)
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode in (0, 1, 3), done.stderr
    assert "Sanitizer" not in done.stderr


def test_class_in_class_doubling(tmp_path):
    """Classes that name the next one twice: 2^60 words when followed blindly."""
    names = [f"c{i}" for i in range(60)]
    text = "smtpd_restriction_classes = " + " ".join(names) + "\n"
    for a, b in zip(names, names[1:]):
        text += f"{a} = {b} {b}\n"
    text += "c59 = permit_mynetworks\nsmtpd_recipient_restrictions = c0\nmydestination =\n"
    (tmp_path / "main.cf").write_text(text)
    done = build(tmp_path, tmp_path / "out", "--format", "json")
    assert done.returncode == 1
    assert "MC601" in {d["rule"] for d in json.loads(done.stderr)["diagnostics"]}


CORPUS = sorted(p.parent for p in (REFERENCE / "corpus/sites").rglob("main.cf")) \
    if (REFERENCE / "corpus/sites").exists() else []


@pytest.mark.skipif(not CORPUS, reason="reference data is absent")
def test_corpus(tmp_path):
    for folder in CORPUS:
        done = build(folder, tmp_path / "out", "--format", "json")
        assert done.returncode in (0, 1), (folder, done.stderr[-500:])
        assert json.loads(done.stderr)["schema"] == "mcc-diagnostics/1"
