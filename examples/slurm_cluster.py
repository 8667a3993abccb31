"""A sweep on a SLURM cluster 在SLURM集群上运行实验: workers are small batch jobs that come and go as the queue lets them.

    pip install 'lianjian[cluster]' dask-jobqueue
    python examples/slurm_cluster.py experiments/pool_rate.yaml results/pool_rate

Run it where `sbatch` works and where it may stay for as long as the sweep takes (tmux on a login node, or a batch job of its own).
Stop it with Ctrl-C and say the same again: it goes on. See docs/clusters.md for one batch job that holds everything.
"""

import sys

from sim.sweeping import run_experiment


def main(experiment: str, out: str) -> None:
    from dask_jobqueue import SLURMCluster

    with SLURMCluster(
        # -- your site: `sinfo` lists partitions, `sacctmgr show associations user=$USER` accounts
        queue="short",
        account="my_project",
        walltime="01:00:00",  # of a worker; short jobs start sooner, and what is lost at the end is ten seconds of work
        # -- one batch job: 16 workers of one thread each, on one node
        cores=16,
        processes=16,
        memory="16 GB",
        # -- workers tidy up and end one after the other before SLURM ends them, not all at the same moment
        worker_extra_args=["--lifetime", "55m", "--lifetime-stagger", "4m"],
        death_timeout=120,  # seconds that a worker looks for the scheduler before it gives its place back
        local_directory="/tmp",  # of the node: nothing that matters is written there
        log_directory="slurm_logs",
        # -- what a batch job needs to find the same Python; drop it where nodes inherit your environment
        job_script_prologue=["source ~/lianjian/.venv/bin/activate"],
        # -- the network that nodes share with this machine, where there are several: `ip address` lists them
        # interface="ib0",
        scheduler_options={"dashboard_address": None},
    ) as cluster:
        # SLURM may grant fewer, and take some back: the sweep goes on with what is there, and waits where nothing is
        cluster.adapt(minimum_jobs=1, maximum_jobs=8)
        results = run_experiment(
            experiment,
            cluster=cluster.scheduler_address,
            out=out,
            quiet=False,
            told=lambda line: print(line, file=sys.stderr),
            noticed=lambda line: print(line, file=sys.stderr),
        )
    print(results.manifest["runs"], results.folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
