"""Goldens for tokenizers, made by Hugging Face tokenizers: `python make_tokenizers.py` rewrites tokenizers/ beside
this file. Made with tokenizers 0.23.3.

bpe/tokenizer.json      byte-level BPE trained on `text` of bpe.json: BpeTrainer, the alphabet of all bytes,
                        min_frequency 2, <|endoftext|> added after training; Attune's trainer must learn the same
bpe.json                text, vocab_size; cases of {text, ids, decoded}: odd strings
                        and what they encode to; byte_cases of {ids, decoded}: ids whose bytes are not UTF-8
ties.json               as bpe.json, from words that are all equally frequent and long runs of one letter
characters/             a tokenizer of characters in HF's form
characters.json         cases of {text, ids} for it
"""

import json
import random
import shutil
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

HERE = Path(__file__).parent / "tokenizers"
END_OF_TEXT = "<|endoftext|>"


def words(rng, count):
    """Words of syllables, some in other scripts, drawn by Zipf's law."""
    syllables = ["ba", "ke", "lo", "tri", "sun", "mer", "eth", "ing", "é", "ü", "ра", "го", "の", "木", "ك"]
    lexicon = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(300)]
    weights = [1 / (rank + 1) for rank in range(len(lexicon))]
    return rng.choices(lexicon, weights=weights, k=count)


def training_text(rng):
    text = ""
    for word in words(rng, 2500):
        text += word + rng.choice([" "] * 12 + [", ", ". ", "\n", "\n\n", "  ", "'s ", "'ll ", " 1984 ", "\t", " 😀 "])
    return text


def train(text, vocab_size, min_frequency=2):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocab_size - 1, min_frequency=min_frequency, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator([text], trainer)
    tokenizer.add_special_tokens([AddedToken(END_OF_TEXT, special=True, normalized=False)])
    return tokenizer


def odd_strings(rng):
    strings = [
        "a", " ", "  ", "   a", "a   ", "\n", "\n\n\n", " \n \n x", "\r\n", "\t\tif x:\n\t\t\treturn y\n",
        "don't they'll we've I'm he'd she's you're 's'S 'T ''s ' s 'lll 're've 'r 'v 'l '",
        "DON'T", "1984 x86_64 3.14 1,000 ½ ² Ⅷ ٣٤ 一二", "e\u0301 \u00e9 \u1e9b\u0323", "naïve café Straße",
        "\u00a0x\u00a0\u00a0y\u2003z\u2028w\u3000", "a\u200bb\u200db\ufeffc", "😀 👩‍👩‍👧‍👦🏳️‍🌈 🇩🇪", "中文字符，日本語。한국어",
        "مرحبا بالعالم שלום עולם", "ก็ได้ हिन्दी தமிழ்", "\x00\x01\x7f\x85\x1c\x1f", "a_b-c+d=e; {[(<>)]}",
        END_OF_TEXT, f"a {END_OF_TEXT} b{END_OF_TEXT}{END_OF_TEXT}c ", "<|endoftext", "<<|endoftext|>", "  " + END_OF_TEXT,
        "lo" * 200, "kelo" * 40 + " " + "a" * 100, "-" * 70 + "\n" + "=" * 50, " " * 90 + "x", "\u0300\u0301x", "",
    ]
    characters = list(" '\n\t\u00a0abtsrevlmdLTé木1٣½.,-_!😀\u0301\u200d\u3000ра")
    for _ in range(150):
        strings.append("".join(rng.choices(characters, k=rng.randint(1, 24))))
    return strings


def dump(name, value):
    (HERE / name).write_text(json.dumps(value, indent=0, ensure_ascii=True) + "\n")


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    for name in ["bpe", "characters"]:
        (HERE / name).mkdir(parents=True)
    rng = random.Random(20240521)

    text = training_text(rng)
    bpe = train(text, 600)
    bpe.save(str(HERE / "bpe" / "tokenizer.json"))
    strings = odd_strings(rng)
    cases = []
    for string in strings:
        ids = bpe.encode(string).ids
        cases.append({"text": string, "ids": ids, "decoded": bpe.decode(ids, skip_special_tokens=True)})
    byte_cases = []
    for _ in range(60):
        ids = [rng.randrange(bpe.get_vocab_size()) for _ in range(rng.randint(1, 12))]
        byte_cases.append({"ids": ids, "decoded": bpe.decode(ids, skip_special_tokens=True)})
    dump("bpe.json", {"text": text, "vocab_size": 600, "cases": cases, "byte_cases": byte_cases})

    # Every word twice: frequencies tie everywhere. Runs of one letter: pairs that overlap themselves.
    lexicon = sorted(set(words(rng, 400)))
    ties = " ".join(lexicon + lexicon) + "".join("\n" + "z" * n for n in list(range(1, 12)) * 2)
    tied = train(ties, 600)
    dump("ties.json", {"text": ties, "vocab_size": 600, "model": json.loads(tied.to_str())["model"]})

    alphabet = sorted(set("Hello, world!\n\téü木😀 '\"\\\u0301abc"))
    characters = Tokenizer(models.WordLevel({c: i for i, c in enumerate(alphabet)}, unk_token="<unk>"))
    characters.pre_tokenizer = pre_tokenizers.Split(Regex("(?m:.)"), "isolated")
    characters.decoder = decoders.Fuse()
    characters.add_special_tokens([AddedToken(END_OF_TEXT, special=True, normalized=False)])
    characters.save(str(HERE / "characters" / "tokenizer.json"))
    cases = []
    for string in ["Hello, world!\n", "\n\n", "", "é e\u0301 木😀", "\\\"'", f"a{END_OF_TEXT}b", "".join(alphabet)]:
        cases.append({"text": string, "ids": characters.encode(string).ids})
    dump("characters.json", {"alphabet": alphabet, "cases": cases})


if __name__ == "__main__":
    main()
