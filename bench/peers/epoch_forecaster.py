"""An epoch of ETTh1 with an iTransformer: the Time-Series-Library in PyTorch and `attune train forecast`, in turn.

    python epoch_forecaster.py --attune ../../build/attune --tsl PATH --data ETTh1.csv [--repeats 3]

PATH is a checkout of the library; its Dataset_ETT_hour reads the file and cuts the windows, its model is trained as
its experiment does: batches of 32 in random order, mean squared error, Adam. Batches are loaded in this process, without
workers. Needs pandas and scikit-learn besides requirements.txt.

An epoch is the 8,449 training windows, without validation, on both sides: Attune's is the sum of the steps in its
log, each of which includes making its batch. Both do one epoch first to warm up. Prints one JSON line.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import torch
from train_forecaster import CONTEXT, HORIZON, LABEL, library, stand_empty

BATCH, TRAIN_WINDOWS = 32, 8640 - CONTEXT - HORIZON + 1


def library_dataset(file):
    """The library's dataset."""
    stand_empty({
        "data_provider.m4": ["M4Dataset", "M4Meta"],
        "data_provider.uea": ["subsample", "interpolate_missing", "Normalizer"],
        "sktime": [],
        "sktime.datasets": ["load_from_tsfile_to_dataframe"],
        "utils.augmentation": ["run_augmentation_single"],
        "datasets": ["load_dataset"],
        "huggingface_hub": ["hf_hub_download"],
    })
    from data_provider.data_loader import Dataset_ETT_hour

    arguments = SimpleNamespace(augmentation_ratio=0)
    return Dataset_ETT_hour(
        arguments, str(file.parent), "train", [CONTEXT, LABEL, HORIZON], "M", file.name, timeenc=1, freq="h"
    )


def library_epoch(model, optimizer, loader):
    start = time.perf_counter()
    for past, truth, past_marks, marks in loader:
        past, truth, past_marks, marks = (t.float() for t in (past, truth, past_marks, marks))
        decoder = torch.cat([truth[:, :LABEL], torch.zeros_like(truth[:, -HORIZON:])], 1)
        optimizer.zero_grad()
        output = model(past, past_marks, decoder, marks)[:, -HORIZON:]
        loss = torch.nn.functional.mse_loss(output, truth[:, -HORIZON:])
        loss.item()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - start


def attune_epoch(a):
    recipe = Path(__file__).resolve().parents[2] / "recipes" / "etth1_itransformer.json"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "model"
        command = [a.attune, "train", "forecast", "--config", recipe, "--data", a.data, "--out", out]
        command += ["--calendar", "auto", "--dropout", "0.1", "--learning-rate", "1e-4", "--num-train-epochs", "2"]
        subprocess.run(list(map(str, command)) + ["--logging-steps", "1", "--threads", str(a.threads)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    seconds = [line["step_seconds"] for line in lines if "step_seconds" in line]
    assert len(seconds) == 2 * -(-TRAIN_WINDOWS // BATCH), len(seconds)
    return sum(seconds[len(seconds) // 2 :])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", required=True)
    parser.add_argument("--tsl", type=Path, required=True, help="a checkout of the Time-Series-Library")
    parser.add_argument("--data", type=Path, required=True, help="ETTh1.csv")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    model = library(a.tsl, "itransformer").train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)
    data = library_dataset(a.data)
    assert len(data) == TRAIN_WINDOWS, len(data)
    loader = torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True)
    library_epoch(model, optimizer, loader)
    theirs, ours = [], []
    for _ in range(a.repeats):
        theirs.append(library_epoch(model, optimizer, loader))
        ours.append(attune_epoch(a))
    medians = statistics.median(theirs), statistics.median(ours)
    print(json.dumps({"library_seconds": medians[0], "attune_seconds": medians[1], "ratio": medians[0] / medians[1]}))


if __name__ == "__main__":
    main()
