"""The cluster of the tests is a real one: jobs run, wait for each other, and survive the death of a node."""

from pathlib import Path

from cluster.slurm import Slurm


def test_a_job_whose_node_dies_is_queued_again_and_ends_on_another(slurm: Slurm, tmp_path: Path) -> None:
    script = tmp_path / "job.sh"
    script.write_text(
        f"#!/bin/bash\necho $SLURMD_NODENAME >> {tmp_path}/ran\n[ -e {tmp_path}/go ] || sleep 60\n", encoding="utf-8"
    )
    job = slurm.run("sbatch", "--parsable", "--output=/dev/null", "--requeue", str(script)).stdout.strip()
    after = slurm.run(
        *("sbatch", "--parsable", "--output=/dev/null", f"--dependency=afterok:{job}", f"--wrap=touch {tmp_path}/after")
    ).stdout.strip()
    slurm.wait(lambda: (tmp_path / "ran").exists(), "the job")
    node = (tmp_path / "ran").read_text().split()[0]
    (tmp_path / "go").touch()
    slurm.kill_node(node)
    slurm.run("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=killed")
    slurm.wait(lambda: slurm.jobs()[job] == "PENDING", "the job's requeue")
    slurm.hasten(job)
    slurm.wait(lambda: slurm.jobs()[after] == "COMPLETED", "what waited for the job")
    ran = (tmp_path / "ran").read_text().split()
    assert len(ran) == 2
    assert ran[0] != ran[1]
    assert (tmp_path / "after").exists()
