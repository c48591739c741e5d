"""Runs a command once and says what it took."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One finished process; seconds count from its start."""

    status: int
    stdout: str
    stderr: str
    seconds: float
    first_output_seconds: float
    peak_mib: float


def run_once(command: list[str], threads: int) -> Outcome:
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment)
        first = child.stdout.read(1)
        first_output_seconds = time.perf_counter() - start
        rest = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        stderr = errors.read().decode(errors="replace")
    stdout = (first + rest).decode(errors="replace")
    return Outcome(child.returncode, stdout, stderr, seconds, first_output_seconds, usage.ru_maxrss / 1024)
