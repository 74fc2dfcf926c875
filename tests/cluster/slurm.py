"""A real Slurm of our own on this machine: munged, slurmctld and virtual nodes, all on loopback, in a folder that goes with the test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
SBIN = "/usr/sbin"


def missing() -> list[str]:
    """The programs that a cluster needs and that are not here; root is one of them, for slurmd needs it."""
    absent = [name for name in NEEDED if not shutil.which(name, path=f"{os.environ['PATH']}:{SBIN}")]
    return absent if os.geteuid() == 0 else [*absent, "root"]


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the block as an exception does, so that a cluster within it goes too. For benches: a test has its runner."""

    def end(number: int, frame: FrameType | None) -> None:
        # Once: what takes a cluster down is not to be cut short by a second one.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Slurm:
    """A cluster of `nodes` virtual nodes of `cpus` each. Use as a context; `environment` makes sbatch and squeue speak to it.

    folder: short (the path of munge's socket has at most 107 bytes), owned by root, gone with the test.
    patience_s: a node that says nothing for so long is dead; on a busy machine a living one may be silent for some seconds, so it is
    long: whoever kills a node says so (`scontrol update State=DOWN`).
    licenses: what jobs may ask for with --licenses, as slurm.conf writes it.
    """

    def __init__(
        self,
        folder: Path,
        nodes: int = 2,
        cpus: int = 1,
        memory_mb: int = 4000,
        patience_s: int = 120,
        licenses: str = "",
    ) -> None:
        self.folder = folder
        self.patience_s = patience_s
        self.nodes = [f"n{i + 1}" for i in range(nodes)]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._write(cpus, memory_mb, licenses)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a shell on this cluster."""
        path = f"{os.environ['PATH']}:{SBIN}"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SLURM_") and k != "PYTHONDONTWRITEBYTECODE"}
        # Without bytecode each job would compile two hundred files before it does anything.
        return {**kept, "PATH": path, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def _write(self, cpus: int, memory_mb: int, licenses: str) -> None:
        for name in ("state", "logs", "munge", *(f"spool.{node}" for node in self.nodes)):
            (self.folder / name).mkdir(mode=0o755, parents=True)
        (self.folder / "munge" / "key").write_bytes(os.urandom(128))
        (self.folder / "munge" / "key").chmod(0o400)
        controller, *ports = _free_ports(1 + len(self.nodes))
        nodes = "\n".join(
            f"NodeName={node} NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 Port={port} CPUs={cpus}"
            f" RealMemory={memory_mb} State=UNKNOWN"
            for node, port in zip(self.nodes, ports, strict=True)
        )
        # Prompt rather than kind: by itself Slurm looks once a minute whether a job that was put off may begin.
        (self.folder / "slurm.conf").write_text(
            f"""ClusterName=mintza
SlurmctldHost={socket.gethostname()}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={self.folder}/munge/socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool.%n
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd.%n.pid
SlurmctldLogFile={self.folder}/logs/slurmctld
SlurmdLogFile={self.folder}/logs/slurmd.%n
SlurmctldTimeout=10
MessageTimeout=60
SlurmdTimeout={self.patience_s}
KillWait=3
MinJobAge=3600
ReturnToService=2
OverTimeLimit=0
{f"Licenses={licenses}" if licenses else ""}
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,sched_interval=1,bf_interval=1
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
""",
            encoding="utf-8",
        )

    def _start(self, name: str, *command: str) -> None:
        with (self.folder / "logs" / f"{name}.out").open("ab") as out:
            self.processes[name] = subprocess.Popen(
                command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=self.environment
            )

    def start_controller(self) -> None:
        """Start slurmctld; it takes up the state that an earlier one left."""
        self._start("slurmctld", "slurmctld", "-D")

    def start_node(self, node: str) -> None:
        """Start the slurmd of a virtual node."""
        self._start(node, "slurmd", "-D", "-N", node)

    def kill(self, name: str) -> None:
        """Kill -9 `slurmctld` or a node's slurmd; jobs of the node go on, as on a real one whose daemon died."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def restart_controller(self) -> None:
        """Stop slurmctld as an administrator does, and start it again."""
        process = self.processes.pop("slurmctld")
        process.terminate()
        process.wait()
        self.start_controller()
        self._await(lambda: bool(self.states()), "slurmctld again")

    def kill_node(self, node: str) -> None:
        """Kill a node with every process of its jobs, as a power cut does."""
        family = _descendants(self.processes[node].pid)
        jobs = self.run("squeue", "--noheader", f"--nodelist={node}", "--format=%i").stdout.split()
        for step in _steps_of(jobs):
            family |= {step} | _descendants(step)
        self.kill(node)
        for pid in family:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue

    def __enter__(self) -> Slurm:
        munge = self.folder / "munge"
        self._start(
            "munged",
            *("munged", "--foreground", "--force", f"--socket={munge}/socket", f"--key-file={munge}/key"),
            *(f"--pid-file={munge}/pid", f"--seed-file={munge}/seed", f"--log-file={munge}/log", "--num-threads=2"),
        )
        self._await(lambda: (munge / "socket").exists(), "munged")
        self.start_controller()
        for node in self.nodes:
            self.start_node(node)
        self._await(lambda: self.states() == dict.fromkeys(self.nodes, "idle"), "the nodes")
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            if node in self.processes:
                self.kill_node(node)
        # Nothing is to be saved, and a slurmctld that is told to end waits seconds for nodes that are gone.
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()

    def states(self) -> Mapping[str, str]:
        """Node -> its state in sinfo's words; empty while the controller does not answer."""
        done = self.run("sinfo", "--noheader", "--Node", "--format=%N %t")
        return dict(line.split() for line in done.stdout.splitlines())

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the cluster's shell."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=300)

    def jobs(self) -> dict[str, str]:
        """Id of a job -> its state, those that ended too."""
        done = self.run("squeue", "--noheader", "--states=all", "--format=%i %T")
        return dict(line.split() for line in done.stdout.splitlines())

    def hasten(self, job: str) -> None:
        """Let a requeued job start soon: slurmctld holds it for two minutes.

        Not at once: nodes still refuse credentials of the second in which its last run was revoked, and a refused job has failed.
        """
        self.run("scontrol", "update", f"JobId={job}", "StartTime=now+2")

    def wait(self, ready: Callable[[], bool], what: str, seconds: float = 200) -> None:
        """Wait until something is true. Raises AssertionError with the ends of the logs when it stays false."""
        self._await(ready, what, seconds, pause_s=0.25)

    def _await(self, ready: Callable[[], bool], what: str, seconds: float = 30, pause_s: float = 0.1) -> None:
        until = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > until:
                logs = "\n".join(f"{p.name}: {p.read_text()[-800:]}" for p in sorted((self.folder / "logs").iterdir()))
                raise AssertionError(f"{what} did not come up within {seconds} s\n{logs}")
            time.sleep(pause_s)


def _descendants(pid: int) -> set[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found: set[int] = set()
    open_ = [pid]
    while open_:
        for child in parents.get(open_.pop(), []):
            found.add(child)
            open_.append(child)
    return found


def _steps_of(jobs: list[str]) -> set[int]:
    """Processes slurmstepd of these jobs: they leave the family of the slurmd that started them."""
    names = {f"slurmstepd: [{job}." for job in jobs}
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
            if any(command.startswith(name) for name in names):
                found.add(int(entry.name))
    return found
