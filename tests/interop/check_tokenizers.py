"""Compares Attune's tokenizers with Hugging Face's, line by line: ids, tokens, offsets and decoded text.

    python check_tokenizers.py --attune build/attune --tokenizer DIR... --text FILE...

A DIR has tokenizer.json, or vocab.txt (BERT), spiece.model (T5, ALBERT), vocab.json and merges.txt (GPT-2); a FILE is
text, .gz, .zip, or SQuAD's .json. With --hostile, lines of hostile Unicode are compared too. Prints the differences and,
for each pair, the speed of both on one thread: the whole encoding, and with it what HF's encode_batch_fast leaves out.
"""

import argparse
import gzip
import json
import os
import random
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"

SHOWN = 3  # differences of each kind


def reference(directory):
    """HF's tokenizer of a directory, as the library `tokenizers` has it."""
    from tokenizers import Tokenizer

    directory = Path(directory)
    if (directory / "tokenizer.json").exists():
        tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer
    import transformers

    if (directory / "vocab.txt").exists():
        kind = transformers.BertTokenizer
    elif (directory / "spiece.model").exists():
        albert = b"[CLS]" in (directory / "spiece.model").read_bytes()
        kind = transformers.AlbertTokenizer if albert else transformers.T5Tokenizer
    else:
        kind = transformers.GPT2Tokenizer
    return kind.from_pretrained(directory).backend_tokenizer


def squad_lines(data):
    for article in data["data"]:
        for paragraph in article["paragraphs"]:
            yield paragraph["context"]
            yield from (question["question"] for question in paragraph["qas"])


def lines_of(path):
    path = Path(path)
    if path.suffix == ".json":
        texts = squad_lines(json.loads(path.read_text(encoding="utf-8")))
        return [line.removesuffix("\r") for text in texts for line in text.split("\n")]
    if path.suffix == ".gz":
        contents = [gzip.decompress(path.read_bytes())]
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            contents = [archive.read(name) for name in archive.namelist() if name.endswith((".tsv", ".txt"))]
    else:
        contents = [path.read_bytes()]
    text = b"\n".join(contents).decode("utf-8", errors="replace")
    return [line.removesuffix("\r") for line in text.split("\n")]


def hostile_lines(rng):
    """Combining marks, emoji sequences, right to left, full width, control and private characters."""
    parts = [
        "e\u0301", "a\u0323\u0302", "\u0301", "\u1e9b\u0323", "ﬁ", "Å", "한", "\u1112\u1161\u11ab", "क्षि", "👩‍👩‍👧‍👦", "🏳️‍🌈",
        "🇩🇪🇫", "👍🏽", "❤️", "\u200d", "\u200b", "\u200f", "\u202e", "مرحبا", "שָׁלוֹם", "ＡＢＣ１２３", "｡ｶﾞ", "\x00", "\x01", "\x7f",
        "\x85", "\x1f", "\ue000", "\U000f0000", "\ufffd", "\ufeff", "中文", "日本語", "\u3000", "\u00a0", "\u2028", "\u2003",
        "İ", "ẞ", "ς", "ΑΣ", "ǅ", "½", "²", "Ⅷ", "①", "٣", "…", "“", "–", "¿", "«", "$", "``", "''", "don't", "n't", "Hello",
        "world", "[MASK]", "</s>", "<extra_id_3>", "<|endoftext|>", "##ing", "▁", "▁▁x", "\t", " ", "  ", "ก็", "தமிழ்", "𝔘𝔫𝔦", "ⅷ",
        "x" * 120, "\U0001f9d1\u200d\U0001f680", "\u0600", "\u0cc6\u0cc2", "\uffff", "\U0010ffff", "\u0378", "ſ", "ŉ", "ﷺ",
    ]
    lines = list(parts)
    for _ in range(3000):
        line = "".join(rng.choice(parts) + rng.choice(["", "", " "]) for _ in range(rng.randint(1, 8)))
        if rng.random() < 0.3:
            code = rng.randrange(rng.choice([0x3000, 0x11000, 0x110000]))
            line += chr(code) if not 0xD800 <= code < 0xE000 else ""
        lines.append(line)
    return [line.replace("\n", " ").replace("\r", " ") for line in lines]


def run(arguments):
    done = subprocess.run(arguments, capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr.decode()}")
    return done


def ours(attune, directory, path):
    encoded = run([attune, "tokenizer", "encode", directory, "--input", path, "--json", "--timings"])
    encodings = [json.loads(line) for line in encoded.stdout.decode().split("\n")[:-1]]
    return encodings, json.loads(encoded.stderr.decode().splitlines()[-1])


def decoded(attune, directory, encodings, skip):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        for encoding in encodings:
            file.write(" ".join(map(str, encoding["ids"])) + "\n")
        file.flush()
        arguments = [attune, "tokenizer", "decode", directory, "--input", file.name, "--json"]
        output = run(arguments + (["--skip-special-tokens"] if skip else [])).stdout.decode()
        return [json.loads(line) for line in output.split("\n")[:-1]]


def show(kind, line, expected, got):
    print(f"    {kind}: {line!r}\n      HF     {expected!r}\n      Attune {got!r}")


def compare(attune, directory, tokenizer, name, lines):
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", newline="\n") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        encodings, timings = ours(attune, directory, file.name)
    assert len(encodings) == len(lines), (len(encodings), len(lines))
    start = time.perf_counter()
    expected = [tokenizer.encode(line) for line in lines]
    whole = time.perf_counter() - start
    start = time.perf_counter()
    tokenizer.encode_batch_fast(lines)
    fast = time.perf_counter() - start
    counts = {"ids": 0, "tokens": 0, "offsets": 0, "type_ids": 0, "word_ids": 0, "decoded": 0, "decoded_text": 0}

    def differ(kind, line, theirs, mine):
        counts[kind] += 1
        if counts[kind] <= SHOWN:
            show(kind, line, theirs, mine)

    for line, theirs, mine in zip(lines, expected, encodings):
        for kind, value in [("ids", theirs.ids), ("tokens", theirs.tokens), ("offsets", [list(o) for o in theirs.offsets]),
                            ("type_ids", theirs.type_ids),
                            ("word_ids", [-1 if word is None else word for word in theirs.word_ids])]:
            if value != mine[kind]:
                differ(kind, line, value, mine[kind])
    for kind, skip in [("decoded", False), ("decoded_text", True)]:
        for line, theirs, mine in zip(lines, expected, decoded(attune, directory, encodings, skip)):
            text = tokenizer.decode(theirs.ids, skip_special_tokens=skip)
            if text != mine:
                differ(kind, line, text, mine)
    size = sum(len(line.encode()) for line in lines) / 1e6
    differences = ", ".join(f"{kind} {count}" for kind, count in counts.items() if count) or "none"
    print(f"  {name}: {len(lines)} lines, differences: {differences}; MB/s: Attune {size / timings['encode_seconds']:.2f}, "
          f"HF {size / whole:.2f}, HF without offsets {size / fast:.2f}", flush=True)
    return sum(counts.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", default="build/attune")
    parser.add_argument("--tokenizer", nargs="+", required=True, metavar="DIR")
    parser.add_argument("--text", nargs="*", default=[], metavar="FILE")
    parser.add_argument("--hostile", action="store_true")
    arguments = parser.parse_args()
    differences = 0
    for directory in arguments.tokenizer:
        print(directory)
        tokenizer = reference(directory)
        for path in arguments.text:
            differences += compare(arguments.attune, directory, tokenizer, Path(path).name, lines_of(path))
        if arguments.hostile:
            lines = hostile_lines(random.Random(7))
            differences += compare(arguments.attune, directory, tokenizer, "hostile Unicode", lines)
    raise SystemExit(1 if differences else 0)


if __name__ == "__main__":
    main()
