"""``lianjian check`` and what all verbs share: exit status, streams, unwrapped lines, lazy imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli import VERBS, main

ROOT = Path(__file__).resolve().parents[2]
GOOD = "schema: 1\n"
BAD = "schema: 1\nrun: {sed: 1}\nparameters: {governance.monitoring: 2}\n"


def lianjian(*words: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    code = "import sys; from sim.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | environment,
        check=False,
    )


def test_files_that_are_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(GOOD, encoding="utf-8")
    Path("b.yaml").write_text("schema: 1\nextends: a.yaml\n", encoding="utf-8")
    assert main(["check", "a.yaml", "b.yaml"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "a.yaml: ok (27 villages, 1 arm, 25 years)",
        "b.yaml: ok (27 villages, 1 arm, 25 years)",
    ]
    assert err == ""
    assert main(["check", "--quiet", "a.yaml"]) == 0
    assert capsys.readouterr() == ("", "")


def test_faults_go_to_standard_error_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_text(BAD, encoding="utf-8")
    Path("also.yaml").write_text("schema: 1\nextends: bad.yaml\n", encoding="utf-8")
    Path("good.yaml").write_text(GOOD, encoding="utf-8")
    assert main(["check", "bad.yaml", "good.yaml", "also.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out.splitlines() == ["good.yaml: ok (27 villages, 1 arm, 25 years)"]
    assert err.splitlines() == [
        "bad.yaml:2:7: run.sed: unknown key; did you mean 'seed'?",
        "bad.yaml:3:37: parameters.governance.monitoring: 2 is out of bounds (0 to 1 share); percent? write 0.02",
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["also.yaml", "bad.yaml", "good.yaml"]


def test_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    assert main(["check", str(tmp_path / "a.yaml"), "--set", "run.seed=-1", "--set", "run.replications=3"]) == 2
    assert capsys.readouterr().err.startswith("--set run.seed: -1 is out of bounds")


def test_a_narrow_terminal_wraps_no_message(tmp_path: Path) -> None:
    folder = tmp_path / ("很 长 " * 20)
    folder.mkdir()
    (folder / "s.yaml").write_text(BAD, encoding="utf-8")
    done = lianjian("check", str(folder / "s.yaml"), COLUMNS="80")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"{folder / 's.yaml'}:2:7: run.sed: unknown key; did you mean 'seed'?",
        f"{folder / 's.yaml'}:3:37: parameters.governance.monitoring: 2 is out of bounds (0 to 1 share); percent? write 0.02",
    ]


def test_a_terminal_without_chinese_gets_escapes(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("schema: 1\nforms: {joint_manager: 中心村}\n", encoding="utf-8")
    done = lianjian("check", str(tmp_path / "s.yaml"), PYTHONIOENCODING="latin-1")
    assert done.returncode == 2
    assert r"'\u4e2d\u5fc3\u6751' is not one of" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["chek"], "lianjian: there is no verb 'chek'; did you mean 'check'?"),
        (["check"], "lianjian: Missing argument 'files'."),
        (["check", "--nothing", "x"], "lianjian: No such option: --nothing"),
        (["check", "nowhere.yaml"], "nowhere.yaml: this file does not exist"),
        (["describe", "fundin_pool"], "nothing is called 'fundin_pool'; did you mean 'funding_pool'?"),
        (["describe", "--md", "--tex"], "lianjian: Invalid value: choose one of --md, --tex, --json"),
    ],
)
def test_wrong_commands(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == message


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], []):
        assert main(words) == 0
        out = capsys.readouterr().out
        for verb, line in VERBS.items():
            assert f"  {verb} " in out
            assert line.split()[0] in out


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Usage: lianjian {verb}")
    assert "--quiet" in out


def test_a_fault_of_ours_is_short_and_has_a_traceback_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sim.cli.schema

    def broken(out: str | None = None) -> None:
        raise KeyError("oh\nno")

    monkeypatch.setattr(sim.cli.schema, "schema", broken)
    monkeypatch.delenv("LIANJIAN_DEBUG", raising=False)
    assert main(["schema"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "KeyError" in lines[0]
    assert "--debug" in lines[1]
    with pytest.raises(KeyError):
        main(["schema", "--debug"])
    monkeypatch.setenv("LIANJIAN_DEBUG", "1")
    with pytest.raises(KeyError):
        main(["schema"])


def test_a_closed_pipe_is_quiet() -> None:
    code = "import sys; from sim.cli import main; sys.exit(main(['schema']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""


IMPORTS = [
    (["--help"], ["numpy", "pydantic", "pandas", "mesa", "matplotlib", "scipy", "rich"]),
    (["--version"], ["numpy", "pydantic"]),
    (["check", "s.yaml"], ["pandas", "mesa", "matplotlib.pyplot", "scipy.stats", "pyarrow"]),
    (["check", "file.yaml"], ["pandas", "mesa", "matplotlib.pyplot", "scipy.stats", "pyarrow"]),
    (["describe"], ["pandas", "mesa", "matplotlib.pyplot", "scipy.stats", "pyarrow"]),
    (["describe", "funding_pool"], ["pandas", "mesa", "matplotlib.pyplot", "scipy.stats", "pyarrow"]),
    (["describe", "helper", "effort"], ["pandas", "mesa", "matplotlib.pyplot", "scipy.stats", "pyarrow"]),
    (["schema"], ["pandas", "mesa", "matplotlib.pyplot", "scipy.stats", "pyarrow"]),
]


@pytest.mark.parametrize(("words", "absent"), IMPORTS, ids=[" ".join(words) for words, _ in IMPORTS])
def test_what_is_not_imported(words: list[str], absent: list[str], tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "villages.csv").write_text("name,population\n甲,900\n", encoding="utf-8")
    (tmp_path / "file.yaml").write_text(
        "schema: 1\npopulation: {file: villages.csv, councils.count: 1}\n", encoding="utf-8"
    )
    code = (
        "import sys; from sim.cli import main; status = main(sys.argv[1:]); "
        "print(*sorted(sys.modules), sep='\\n', file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[:500]
    assert set(absent).isdisjoint(done.stderr.splitlines())
