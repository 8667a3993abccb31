"""The cluster engine, with a scheduler and workers as processes of their own on this machine.

Workers have another working directory and share no folder with the sweep. Nothing here depends on how fast anything is.
"""

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pyarrow.parquet as parquet
import pytest
import yaml

from sim.experiment import cluster as clusters
from sim.experiment import units
from sim.experiment.cluster import Cluster, NoCluster
from sim.experiment.engines import Serial
from sim.experiment.folder import read_progress
from sim.experiment.isolated import Isolated, opened
from sim.experiment.planning import prepare
from sim.experiment.reading import load_experiment
from sim.experiment.sweep import OtherVersionThere
from sim.experiment.tasks import Call
from sim.experiment.work import OtherVersion, do
from sim.scenario.own import Registered, known
from sim.sweeping import execute
from tests.experiment import faulty
from tests.repository import ROOT

distributed = pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")

SOON = 120.0
"""Seconds within which anything here must have happened; none takes long."""
TABLES = ("runs", "yearly", "points")


def soon(happened):
    """Wait until something has happened."""
    give_up = time.monotonic() + SOON
    while not (found := happened()):
        assert time.monotonic() < give_up, "it has not happened"
        time.sleep(0.05)
    return found


def _paths(sources):
    """The environment of a process that imports the program from a folder."""
    before = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(sources), *([before] if before else [])])}


class Lab:
    """A scheduler and workers as processes of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.started = []
        self.file = folder / "scheduler.json"
        self.scheduler = self.start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", self.file
        )
        self.address = soon(lambda: self.file.exists() and json.loads(self.file.read_text() or "{}").get("address"))

    def start(self, program, *options, sources=ROOT):
        place = self.folder / f"place{len(self.started)}"
        place.mkdir()
        made = subprocess.Popen(
            [
                sys.executable,
                "-m",
                f"distributed.cli.{program}",
                *map(str, options),
                "--dashboard-address",
                "127.0.0.1:0",
            ],
            cwd=place,
            env=_paths(sources),
            stdout=subprocess.DEVNULL,
            stderr=(place / "stderr").open("wb"),
        )
        self.started.append(made)
        return made

    def worker(self, *options, **more):
        return self.start("dask_worker", self.address, "--nthreads", "1", "--no-dashboard", *options, **more)

    def ask(self, question):
        """The answer of the scheduler, asked by a client of its own."""
        with distributed.Client(self.address, set_as_default=False) as client:
            return client.run_on_scheduler(question)

    def close(self):
        for process in reversed(self.started):
            for below in (*_below(process), process):
                with contextlib.suppress(psutil.NoSuchProcess):
                    below.kill()
            process.wait()


def _below(process):
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def simulating(process):
    """Processes below a worker that simulate."""
    found = []
    for below in _below(process):
        try:
            if any("sim.experiment.worker" in word for word in below.cmdline()):
                found.append(below)
        except psutil.Error:
            continue
    return found


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A scheduler with two workers that no test harms."""
    made = Lab(tmp_path_factory.mktemp("lab"))
    made.workers = [made.worker("--no-nanny"), made.worker("--nanny")]
    soon(lambda: made.ask(lambda dask_scheduler: len(dask_scheduler.workers)) == 2)
    yield made
    made.close()


@pytest.fixture
def engine(shared):
    made = Cluster(shared.address)
    yield made
    made.close()


SCENARIO = {
    "schema": 1,
    "population": {"villages": 6, "councils": {"count": 2}},
    "calendar": {"start": 2010, "burn_in_years": 2, "policy_years": 3, "after_years": 1},
    "arms": {
        "pool": [{"policy": "funding_pool", "payer": "county", "budget": {"per_year": 60}, "start": 2012, "end": 2014}]
    },
}
EXPERIMENT = {
    "schema": 1,
    "title": {"en": "Small"},
    "question": "Does it arrive?",
    "scenario": "scenario.yaml",
    "arms": ["no_policy", "pool"],
    "factors": {"arms.pool.funding_pool.open_share": [0.1, 0.4, 0.7, 1.0]},
    "design": "grid",
    "replications": 2,
}


@pytest.fixture
def small_jobs(monkeypatch):
    """Eight jobs, each of one design point in one replication."""
    monkeypatch.setattr(units, "FEWEST", 1)
    monkeypatch.setattr(units, "LONGEST_S", 1e-6)


def written(folder, scenario=SCENARIO, **changes):
    folder.mkdir(exist_ok=True)
    (folder / "scenario.yaml").write_text(yaml.safe_dump(scenario))
    (folder / "small.yaml").write_text(yaml.safe_dump(EXPERIMENT | changes))
    return folder / "small.yaml"


class After:
    """An engine that does something when so many results have come."""

    def __init__(self, engine, results, act):
        self.engine, self.left, self.act = engine, results, act

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def wait(self):
        came = self.engine.wait()
        before, self.left = self.left, self.left - len(came)
        if before > 0 >= self.left:
            self.act()
        return came


def swept(path, out, engine, own=Registered(), told=lambda line: None):  # noqa: B008
    with known(own):
        return execute(prepare(load_experiment(path), own), out, lambda work, alone: engine, told=told)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The sweep done in this process, uninterrupted."""
    folder = tmp_path_factory.mktemp("here")
    swept(written(folder / "experiment"), folder / "here", Serial())
    return folder / "here"


def assert_same_tables(one, other):
    for name in TABLES:
        assert (one / f"{name}.parquet").read_bytes() == (other / f"{name}.parquet").read_bytes(), name


# ---- one call


def test_results_come_back_by_number(engine):
    engine.submit(4, Call(abs, -3), 60)
    engine.submit(7, Call(len, "four"), 60)
    came = {}
    soon(lambda: came.update(engine.wait()) or len(came) == 2)
    assert came == {4: 3, 7: 4}


def result(engine, call, limit=60.0):
    engine.submit(0, call, limit)
    return soon(engine.wait)[0][1]


def test_a_call_that_raises(engine):
    failure = result(engine, Call(int, "no number"))
    assert (failure.cause, failure.message[:10]) == ("raised", "ValueError")
    assert "Traceback" in failure.traceback


def test_a_call_that_ends_its_process_costs_no_worker(engine, shared):
    before = shared.ask(lambda dask_scheduler: sorted(dask_scheduler.workers))
    failure = result(engine, Call(os._exit, 7))
    assert (failure.cause, failure.message) == ("died", "its process ended (exit status 7)")
    assert shared.ask(lambda dask_scheduler: sorted(dask_scheduler.workers)) == before


def test_a_call_that_hangs_is_ended(engine):
    assert result(engine, Call(time.sleep, 600), 0.2).cause == "hung"


def test_a_large_job_goes_without_a_warning(engine, recwarn):
    assert result(engine, Call(len, b"1" * 3_000_000)) == 3_000_000
    assert [str(w.message) for w in recwarn if "large" in str(w.message).lower()] == []


def test_leaving_takes_back_what_is_under_way(shared):
    engine = Cluster(shared.address)
    for number in range(4):
        engine.submit(number, Call(time.sleep, 600), 900)
    soon(lambda: all(simulating(worker) for worker in shared.workers))
    engine.close()
    soon(lambda: not any(simulating(worker) for worker in shared.workers))
    soon(lambda: shared.ask(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0)


# ---- sweeps


def test_the_same_bytes_as_here(shared, tmp_path, small_jobs, here):
    swept(written(tmp_path / "experiment"), tmp_path / "there", Cluster(str(shared.file)))
    assert_same_tables(here, tmp_path / "there")


@pytest.mark.slow
def test_faults_are_recorded_and_every_other_row_is_right(shared, tmp_path, small_jobs):
    own = Registered.of(mechanisms=[(faulty, "after", "projects")])
    faults = {"raised": 1, "hung": 2, "died": 3, "not_finite": 4}
    factors = {"parameters.faulty.fault": [0, *faults.values()]}
    with known(own):
        path = written(tmp_path / "experiment", factors=factors, replications=1, time_limit_s=6)
    lines = []
    swept(path, tmp_path / "there", Cluster(shared.address), own, lines.append)
    failures = parquet.read_table(tmp_path / "there" / "failures.parquet").to_pandas()
    causes = failures.groupby("design_point").cause.unique()
    assert {point: list(cause) for point, cause in causes.items()} == {n: [c] for c, n in faults.items()}
    assert len(lines) == len(failures) == 4 * 2
    runs = parquet.read_table(tmp_path / "there" / "runs.parquet").to_pandas()
    right = runs[runs.design_point == 0].reset_index(drop=True)
    assert (right.status == "ok").all()
    share = {"parameters.faulty.share": [0.0, 0.5]}  # without a fault it has no effect
    with known(own):
        alone = written(tmp_path / "alone", factors=share, replications=1)
    swept(alone, tmp_path / "here", Serial(), own)
    expected = parquet.read_table(tmp_path / "here" / "runs.parquet").to_pandas()
    assert expected[expected.design_point == 0].reset_index(drop=True).equals(right)


@pytest.mark.slow
def test_a_worker_killed_midway_changes_nothing(lab, tmp_path, small_jobs, here):
    victim, other = lab.worker("--no-nanny"), lab.worker("--no-nanny")
    soon(lambda: lab.ask(lambda dask_scheduler: len(dask_scheduler.workers)) == 2)
    path = written(tmp_path / "experiment")
    left = []

    def kill():
        left.extend(simulating(victim))
        victim.kill()

    swept(path, tmp_path / "there", After(Cluster(lab.address), 3, kill))
    assert_same_tables(here, tmp_path / "there")
    assert other.poll() is None
    soon(lambda: not any(below.is_running() and below.status() != "zombie" for below in left))


@pytest.mark.slow
def test_without_workers_it_waits_and_says_so(lab, tmp_path, small_jobs, here, monkeypatch):
    monkeypatch.setattr(clusters, "PATIENCE_S", 0.0)
    first = lab.worker("--no-nanny")
    noticed = []

    def notice(line):
        noticed.append(line)
        if "no workers" in line:
            lab.worker("--nanny")

    soon(lambda: lab.ask(lambda dask_scheduler: len(dask_scheduler.workers)) == 1)
    path = written(tmp_path / "experiment")
    swept(path, tmp_path / "there", After(Cluster(lab.address, notice), 3, first.kill))
    assert "no workers: waiting for one" in noticed[0]
    assert f"dask worker {lab.address} --nthreads 1" in noticed[0]
    assert "going on" in noticed[1]
    assert_same_tables(here, tmp_path / "there")


@pytest.mark.slow
def test_a_scheduler_killed_midway_loses_nothing_that_is_stored(lab, tmp_path, small_jobs, here, capfd):
    lab.worker("--no-nanny")
    path = written(tmp_path / "experiment")
    capfd.readouterr()
    with pytest.raises(NoCluster, match=r"is gone or has dropped the work.*What is finished is stored"):
        swept(path, tmp_path / "there", After(Cluster(lab.address), 3, lab.scheduler.kill))
    assert capfd.readouterr().err == ""
    stored = read_progress(tmp_path / "there")["units_done"]
    assert 2 <= stored < 8
    swept(path, tmp_path / "there", Serial())
    assert_same_tables(here, tmp_path / "there")


def other_sources(folder):
    """A copy of the program in which something differs."""
    shutil.copytree(ROOT / "sim", folder / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "sim" / "technology.py").open("a", encoding="utf-8") as file:
        file.write("# another version\n")
    return folder


@pytest.mark.slow
def test_a_worker_of_another_version_stops_the_sweep(lab, tmp_path):
    lab.worker("--no-nanny", sources=other_sources(tmp_path / "other"))
    with pytest.raises(OtherVersionThere, match="install the same version on all machines"):
        swept(written(tmp_path / "experiment"), tmp_path / "there", Cluster(lab.address))


@pytest.mark.slow
def test_an_own_module_that_the_workers_lack_stops_the_sweep(shared, tmp_path):
    file = tmp_path / "left_behind.py"
    shutil.copy(ROOT / "tests" / "experiment" / "faulty.py", file)
    from sim.scenario.own import Source

    own = Registered.of(mechanisms=[(Source("left_behind", str(file), None).load(), "after", "projects")])
    with known(own):
        prepared = prepare(load_experiment(written(tmp_path / "experiment")), own)
    file.unlink()
    with pytest.raises(OtherVersionThere, match=r"the module left_behind is not there.*copy the file"), known(own):
        execute(prepared, tmp_path / "there", lambda work, alone: Cluster(shared.address), told=print)
    sys.modules.pop("left_behind")


def test_a_village_file_goes_with_the_work(tmp_path):
    scenario = SCENARIO | {"population": {"villages": 3, "councils": {"count": 1}, "file": "villages.csv"}}
    path = written(tmp_path, scenario=scenario)
    (tmp_path / "villages.csv").write_text("name,population\n甲,900\n乙,800\n丙,700\n", encoding="utf-8")
    prepared = prepare(load_experiment(path))
    job = prepared.job(units.Piece("scenario", (0,), (0, 1)))
    here = do(job).tables
    (tmp_path / "villages.csv").write_text("name,population\n甲,1\n", encoding="utf-8")
    assert do(job).tables == here
    (tmp_path / "villages.csv").unlink()
    assert do(job).tables == here


@pytest.mark.slow
def test_an_interrupt_leaves_nothing_behind_on_the_cluster(shared, tmp_path):
    path = written(tmp_path / "experiment", replications=20_000)
    # a shell that starts the tests in the background has them ignore interrupts
    heed = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heed}; from sim.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "sweep", path, "--cluster", shared.address]
    sweep = subprocess.Popen(
        [*command, "--out", tmp_path / "there"],
        env=_paths(ROOT),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    soon(lambda: list((tmp_path / "there" / "shards").glob("*-runs.parquet")))
    sweep.send_signal(signal.SIGINT)
    _, err = sweep.communicate(timeout=SOON)
    assert sweep.returncode == 130
    assert len(err.splitlines()) == 1, err
    assert err.startswith("stopped: what is finished is stored")
    soon(lambda: shared.ask(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0)


# ---- without a cluster


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NoCluster, match=r"pip install 'lianjian\[cluster\]'"):
        Cluster("tcp://127.0.0.1:1")


def test_a_scheduler_that_does_not_answer(monkeypatch, capfd):
    monkeypatch.setattr(clusters, "CONNECT_S", 0.5)
    levels = logging.getLogger("distributed.client").level
    with pytest.raises(NoCluster, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        Cluster("tcp://127.0.0.1:1")
    assert logging.getLogger("distributed.client").level == levels
    assert capfd.readouterr().err == ""


def test_a_scheduler_file_that_is_none(monkeypatch, tmp_path):
    monkeypatch.setattr(clusters, "CONNECT_S", 0.2)
    with pytest.raises(NoCluster, match="is not the file of a Dask scheduler"):
        Cluster(str(tmp_path / "none.json"))


def test_an_address_that_is_none(monkeypatch):
    monkeypatch.setattr(clusters, "CONNECT_S", 0.5)
    with pytest.raises(NoCluster, match="no Dask scheduler answers at nowhere"):
        Cluster("nowhere://x:1")


class Lost:
    """A future whose workers were lost."""

    def result(self, timeout):
        raise distributed.KilledWorker("task", SimpleNamespace(address="tcp://lost"), 3)

    def add_done_callback(self, act):
        act(self)


def test_a_job_that_dask_gives_up_is_sent_again_and_then_fails(shared, monkeypatch):
    engine = Cluster(shared.address)
    sent = []
    monkeypatch.setattr(engine._client, "submit", lambda *job, key, pure: sent.append(key) or Lost())
    engine.submit(0, Call(abs, -1), 60)
    came = soon(engine.wait)
    monkeypatch.undo()
    engine.close()
    assert len(set(sent)) == len(sent) == clusters.LOSSES + 1
    assert came[0][1].cause == "died"
    assert came[0][1].message.startswith("worker after worker of the cluster was lost")


def test_work_of_another_version_is_not_opened():
    with pytest.raises(OtherVersion, match="install the same version"):
        opened(("another", b"no pickle"))


@pytest.fixture
def isolated():
    made = Isolated()
    yield made
    made.end()


def test_a_process_is_kept_for_a_sweep_and_new_for_the_next(isolated):
    def process(sweep):
        return isolated.run(sweep, Call(_process, None), 60, lambda: True)[0]

    assert process("a") == process("a") != process("b")


def _process(_):
    return os.getpid()


def test_a_process_ends_when_its_result_is_not_wanted(isolated):
    process = isolated.run("a", Call(_process, None), 60, lambda: True)[0]
    assert isolated.run("a", Call(time.sleep, 600), 900, lambda: False) is None
    assert not psutil.pid_exists(process)


def test_a_process_ends_when_nothing_comes(isolated, monkeypatch):
    monkeypatch.setattr("sim.experiment.isolated.IDLE_S", 0.01)
    process = isolated.run("a", Call(_process, None), 60, lambda: True)[0]
    soon(lambda: not psutil.pid_exists(process))
