"""Goldens for GPT's heads, made by Hugging Face transformers: `python make_gpt_heads.py` rewrites gpt_heads/ beside this
file.

Made with torch 2.15.0 and transformers 5.23.0. gpt_heads/FAMILY/HEAD is a model as HF saves it with one layer, width 8, a
vocabulary of 23 and the padding token 0, with a golden.safetensors beside it. The weights are float32; everything in a
golden is computed from them in float64 and stored in float32.

FAMILY: openai-gpt, gpt2
HEAD: classification (three labels), regression, multilabel: ...ForSequenceClassification; symmetric: the same on pairs in
      both orders, whose states are added before `score`; choice: ...DoubleHeadsModel, two questions with three choices

Tensors of a golden (B texts, T tokens): input_ids, attention_mask, labels, uneven lengths padded on the right
    logits, loss              of the head alone; grad.NAME its gradients under HF's names
    weighted.loss             classification: with class weights 0.5, 2, 1 (torch's CrossEntropyLoss)
    left.*                    the same texts padded on the left, and their logits (not symmetric, choice)
    lm.loss, joint.loss       the mean loss of the next token, and loss + 0.5 lm.loss, with its gradients joint.grad.NAME
    adamw.losses, adamw.grad_norms, adamw.after.NAME   ten steps on the joint loss; see common.py
"""

import shutil
from pathlib import Path
from types import SimpleNamespace

import torch
import transformers as hf
from common import adamw, load_exactly, randomize, write
from safetensors.torch import load_file
from torch.nn import functional as F

HERE = Path(__file__).parent / "gpt_heads"
LENGTHS = [7, 4, 9]
TOKENS = max(LENGTHS)
LM_WEIGHT = 0.5
SIZES = {"vocab_size": 23, "n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 12, "pad_token_id": 0}
SIZES |= {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, "summary_first_dropout": 0.0}
SIZES |= {"bos_token_id": None, "eos_token_id": None}
FAMILIES = {"openai-gpt": "OpenAIGPT", "gpt2": "GPT2"}
NAMES = {"id2label": {0: "no", 1: "maybe", 2: "yes"}, "label2id": {"no": 0, "maybe": 1, "yes": 2}}
HEADS = {
    "classification": ("ForSequenceClassification", NAMES),
    "regression": ("ForSequenceClassification", {"num_labels": 1}),
    "multilabel": ("ForSequenceClassification", NAMES | {"problem_type": "multi_label_classification"}),
    "symmetric": ("ForSequenceClassification", {"num_labels": 1}),
    "choice": ("DoubleHeadsModel", {}),
}


def build(family, head, seed):
    suffix, more = HEADS[head]
    torch.manual_seed(seed)
    model = getattr(hf, FAMILIES[family] + suffix)(getattr(hf, FAMILIES[family] + "Config")(**SIZES, **more))
    randomize(model, lambda name: ".ln_" in name and name.endswith("weight"))
    return model.eval()


def texts(count, generator):
    """`count` groups of three texts of uneven length, padded on the right."""
    ids = torch.randint(1, 23, (count, 3, TOKENS), generator=generator)
    mask = (torch.arange(TOKENS) < torch.tensor(LENGTHS)[:, None]).long().expand(count, -1, -1)
    return ids * mask, mask


def left_padded(ids, mask):
    shift = TOKENS - mask.sum(-1, keepdim=True)
    where = (torch.arange(TOKENS) - shift) % TOKENS
    return ids.gather(1, where), mask.gather(1, where)


class Recipe:
    """What a head gives for its batch: logits and loss, and the loss of the next token."""

    def __init__(self, model, head):
        self.model, self.head = model, head
        generator = torch.Generator().manual_seed(7)
        ids, mask = texts({"choice": 2, "symmetric": 2}.get(head, 1), generator)
        self.ids, self.mask = (ids, mask) if head == "choice" else (ids.flatten(0, 1), mask.flatten(0, 1))
        self.labels = {
            "classification": torch.tensor([2, 0, 1]),
            "regression": torch.tensor([0.5, -1.0, 2.0]),
            "symmetric": torch.tensor([0.5, -1.0, 2.0]),
            "multilabel": torch.tensor([[1.0, 0, 1], [0, 0, 0], [0, 1, 1]]),
            "choice": torch.tensor([1, 2]),
        }[head]

    def hidden(self):
        ids, mask = self.ids.flatten(0, -2), self.mask.flatten(0, -2)
        return self.model.transformer(input_ids=ids, attention_mask=mask)[0]

    def logits_and_loss(self):
        labels = self.labels.double() if self.labels.is_floating_point() else self.labels
        if self.head == "choice":
            last = self.mask.sum(-1) - 1
            out = self.model(self.ids, attention_mask=self.mask.flatten(0, 1), mc_token_ids=last, mc_labels=labels)
            return out.mc_logits, out.mc_loss
        if self.head == "symmetric":
            last = self.hidden()[torch.arange(6), self.mask.sum(-1) - 1]
            logits = self.model.score(last[:3] + last[3:])
            return logits, F.mse_loss(logits.squeeze(-1), labels)
        out = self.model(input_ids=self.ids, attention_mask=self.mask, labels=labels)
        return out.logits, out.loss

    def next_token_loss(self):
        logits = self.hidden() @ self.model.get_input_embeddings().weight.T
        ids, mask = self.ids.flatten(0, -2), self.mask.flatten(0, -2)
        targets = torch.where(mask == 1, ids, -100)[:, 1:]
        return F.cross_entropy(logits[:, :-1].flatten(0, 1), targets.flatten())

    def __call__(self):
        return SimpleNamespace(loss=self.logits_and_loss()[1] + LM_WEIGHT * self.next_token_loss())


def gradients(kind, loss, parameters):
    grads = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    return {f"{kind}grad.{n}": g for n, g in zip(parameters, grads) if g is not None}


def make(family, head, seed):
    directory = HERE / family / head
    build(family, head, seed).save_pretrained(directory)
    model = load_exactly(getattr(hf, FAMILIES[family] + HEADS[head][0]), directory)
    recipe = Recipe(model, head)
    parameters = {n: model.get_parameter(n) for n in load_file(directory / "model.safetensors")}
    logits, loss = recipe.logits_and_loss()
    labels = recipe.labels.long() if head == "multilabel" else recipe.labels
    golden = {"input_ids": recipe.ids, "attention_mask": recipe.mask, "labels": labels, "logits": logits, "loss": loss}
    golden |= gradients("", loss, parameters)
    if head == "classification":
        golden["weighted.loss"] = F.cross_entropy(logits, recipe.labels, torch.tensor([0.5, 2, 1]).double())
    if head not in ("choice", "symmetric"):
        ids, mask = left_padded(recipe.ids, recipe.mask)
        golden |= {"left.input_ids": ids, "left.attention_mask": mask}
        golden["left.logits"] = model(input_ids=ids, attention_mask=mask).logits
    golden["lm.loss"] = recipe.next_token_loss()
    golden["joint.loss"] = recipe().loss
    golden |= gradients("joint.", recipe().loss, parameters)
    golden |= adamw(recipe, {}, parameters)
    write(directory / "golden.safetensors", golden)


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    for family in FAMILIES:
        for seed, head in enumerate(HEADS, 1):
            make(family, head, seed)
    size = sum(f.stat().st_size for f in HERE.rglob("*") if f.is_file())
    print(f"{HERE}: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
