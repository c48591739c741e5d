"""Golden for attune/text/trainers/unigram_trainer: `python make_unigram_trainer.py` rewrites unigram_trainer.json.

Made with tokenizers 0.23.3. `text` and, for several sizes, the vocabulary that UnigramTrainer learns from its lines:
{token: score}. Characters that are no good as pieces get scores in the order of a Rust hash map, another one in every
run: they are null here. Everything else is the same in every run, up to the last digits.
"""

import json
import random
from pathlib import Path

from make_tokenizers import words
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

HERE = Path(__file__).parent
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
RUNS = 4


def train(lines, vocab_size, alphabet):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex("\\s+"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocab_size, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False, initial_alphabet=alphabet
    )
    tokenizer.train_from_iterator(lines, trainer)
    return dict(json.loads(tokenizer.to_str())["model"]["vocab"])


def training_text(rng):
    """Words in several scripts by Zipf's law; a word without blanks that is longer than any piece; what NFKC changes."""
    text = ""
    for word in words(rng, 6000):
        text += word + rng.choice([" "] * 12 + [", ", ". ", "\n", "ing ", "ed ", "er ", " un", " 1984 ", " 😀 "])
    return text + "\n" + "ﬁne ＡＢＣ ½ " * 3 + "kelo" * 40 + "\n"


def main():
    text = training_text(random.Random(20240521))
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    sizes = []
    for vocab_size, alphabet in [(120, []), (400, ["q", "ß"]), (2000, [])]:
        runs = [train(lines, vocab_size, alphabet) for _ in range(RUNS)]
        assert all(run.keys() == runs[0].keys() for run in runs)
        scores = {t: s if all(abs(s - run[t]) < 1e-9 for run in runs) else None for t, s in runs[0].items()}
        sizes.append({"vocab_size": vocab_size, "initial_alphabet": "".join(alphabet), "scores": scores})
        print(vocab_size, len(scores), "tokens", sum(s is None for s in scores.values()), "without a score")
    (HERE / "unigram_trainer.json").write_text(json.dumps({"text": text, "vocabularies": sizes}, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
