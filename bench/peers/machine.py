"""What the figures were taken on: the processor, its instructions and the memory's streaming rate."""

import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np

INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "asimd", "sve")


def processor():
    """The model's name and the instruction sets that matter to matrix products."""
    name, flags = platform.machine(), set()
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            key, _, value = (part.strip() for part in line.partition(":"))
            if key == "model name":
                name = value
            elif key in ("flags", "Features"):
                flags = set(value.split())
    return name, [i for i in INSTRUCTIONS if i in flags]


def streaming_gb_s(threads: int) -> float:
    """The fastest of eight reads of 512 MB by so many threads, in GB/s."""
    data = np.ones(1 << 26)
    parts = np.array_split(data, threads)
    seconds = []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(8):
            start = time.perf_counter()
            list(pool.map(np.sum, parts))
            seconds.append(time.perf_counter() - start)
    return data.nbytes / min(seconds) / 1e9


def describe(threads: int) -> str:
    name, instructions = processor()
    load = os.getloadavg()[0]
    return (
        f"{date.today()}, {name}, {os.cpu_count()} cores, {threads} threads, {' '.join(instructions)}, "
        f"memory streams at {streaming_gb_s(threads):.0f} GB/s, load before the run {load:.1f}"
    )


if __name__ == "__main__":
    import sys

    print(describe(int(sys.argv[1])))
