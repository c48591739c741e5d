"""What it takes to train on large tables: peak memory (resident, the reading of the file included) and seconds.

    python forecast_memory.py --attune ../build/attune --work DIR [--threads 2]

Two tables are made up in DIR, once: ten million rows of two columns, a minute apart, and ten thousand series of 700
to 1,000 days in one long table. On each, a PatchTST of the default sizes takes 200 steps.
"""

import argparse
import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "peers"))
from measure import run_once  # noqa: E402


def long_rows(count, chunk=100_000):
    """A day's cycle, a week's and noise, a minute apart."""
    random, start, minute = np.random.default_rng(1), datetime(2000, 1, 1), timedelta(minutes=1)
    for first in range(0, count, chunk):
        steps = np.arange(first, min(first + chunk, count))
        load = 50 + 10 * np.sin(steps * (2 * np.pi / 1440)) + random.normal(0, 1, steps.size)
        price = 20 + 5 * np.sin(steps * (2 * np.pi / 10080)) + random.normal(0, 1, steps.size)
        for step, a, b in zip(steps.tolist(), load, price):
            yield start + step * minute, f"{a:.4f}", f"{b:.4f}"


def many_series(count):
    """Shops with a week's cycle, of different lengths and sizes."""
    random, start = np.random.default_rng(2), datetime(2020, 1, 1)
    for shop in range(count):
        days = np.arange(random.integers(700, 1001))
        sales = random.uniform(10, 100) * (1 + 0.3 * np.sin(days * (2 * np.pi / 7)) + random.normal(0, 0.1, days.size))
        for day, value in zip(days.tolist(), sales):
            yield f"shop{shop:05d}", (start + timedelta(days=day)).date(), f"{value:.3f}"


def table(path, head, rows):
    if not path.exists():
        aside = path.with_suffix(".new")
        with aside.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(head)
            writer.writerows(rows)
        aside.rename(path)
    return path


def measure(name, path, a, *options):
    out = a.work / "run"
    command = [a.attune, "train", "forecast", "--data", str(path), *options, "--max-steps", "200", "--eval-steps", "200"]
    command += ["--threads", str(a.threads), "--out", str(out), "--overwrite-output-dir"]
    outcome = run_once(command, a.threads)
    if outcome.status:
        sys.exit(f"{outcome.stderr}\nfailed: {' '.join(command)}")
    megabytes = path.stat().st_size / 1e6
    print(f"| {name} | {megabytes:.0f} MB | {outcome.peak_mib:.0f} MiB | {outcome.seconds:.1f} s |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    rows = table(a.work / "rows.csv", ("time", "load", "price"), long_rows(10_000_000))
    series = table(a.work / "series.csv", ("shop", "date", "sales"), many_series(10_000))
    print("| table | file | peak memory | seconds |\n|---|---|---|---|", flush=True)
    measure("10,000,000 rows of 2 columns", rows, a)
    measure("10,000 series", series, a, "--id", "shop")


if __name__ == "__main__":
    main()
