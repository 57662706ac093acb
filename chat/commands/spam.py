"""The commands about the spam filter: `lethe spam train`, `evaluate`, `classify`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from chat.app import open_services
from chat.commands import as_json, command
from chat.core.errors import Misconfigured
from chat.core.settings import Settings
from chat.spam_filter.actions import runs, training
from chat.spam_filter.actions.views import TrainingRunView
from spam import Filter

ENOUGH = 200  # of each kind: a rate of half has a standard error of 3.5 points then
NO_LABELS = "No labels yet; the filter in use goes on."


def add(commands: Any) -> None:
    """Add the commands to a parser's."""
    about = "the spam filter: train, evaluate, classify"
    under = commands.add_parser("spam", help=about, description=about.capitalize() + ".")
    under = under.add_subparsers(metavar="COMMAND", required=True)
    train = command(under, "train", _train, "make a new version of every account's filter from the labels kept")
    train.add_argument("--from", dest="given", type=Path, metavar="FILE.tsv", help="learn a labelled file first")
    evaluate = command(under, "evaluate", _evaluate, "measure on a labelled file")
    evaluate.add_argument("file", type=Path, metavar="FILE.tsv", help="lines of ham or spam, a tab, a text")
    evaluate.add_argument("--train", type=Path, metavar="FILE.tsv", help="learn this file first")
    evaluate.add_argument("--online", action="store_true", help="score each line, then learn it")
    evaluate.add_argument("--cold", action="store_true", help="leave the shipped prior out")
    classify = command(under, "classify", _classify, "score texts, with the words that decided")
    classify.add_argument("text", nargs="+", metavar="TEXT")
    for each in (train, evaluate, classify):
        as_json(each)


def _train(settings: Settings, arguments: argparse.Namespace) -> int:
    from spam import labelled

    try:
        given = labelled.for_training(arguments.given)[0] if arguments.given else []
    except labelled.LabelledFileError as error:
        raise Misconfigured(str(error)) from error

    async def work() -> list[TrainingRunView]:
        async with open_services(settings) as services:
            return await runs.retrain_every_account(services, given)

    made = asyncio.run(work())
    print(json.dumps({"runs": to_builtins(made)}) if arguments.json else "\n".join(map(_line, made)) or NO_LABELS)
    return 0 if all(each.state == "done" for each in made) else 1


def _line(run: TrainingRunView) -> str:
    found = {name: getattr(run.figures, name) for name in ("precision", "recall", "mcc")}
    rates = ", ".join(f"{name} {value}" for name, value in found.items() if value is not None)
    return f"{run.account}: version {run.version} {run.state}, {run.labels} labels" + (rates and f", {rates}")


def _evaluate(_: Settings, arguments: argparse.Namespace) -> int:
    from spam import evaluation, labelled

    try:
        found = evaluation.evaluate(arguments.file, arguments.train, online=arguments.online, cold=arguments.cold)
    except labelled.LabelledFileError as error:
        raise Misconfigured(str(error)) from error
    print(json.dumps(found) if arguments.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    if min(found["ham"], found["spam"]) < ENOUGH:
        print(
            f"Too few to rely on: {found['ham']} ham and {found['spam']} spam; have {ENOUGH} of each.", file=sys.stderr
        )
    return 0


def _classify(_: Settings, arguments: argparse.Namespace) -> int:
    known = Filter.shipped()
    found = [training.explain_score(known, text) for text in arguments.text]
    if arguments.json:
        print(json.dumps({"items": to_builtins(found)}))
        return 0
    for each in found:
        why = ", ".join(f"{share.token!a} {share.weight:+.2f}" for share in each.why)
        print(f"{each.verdict} {each.score:.3f}  {why}")
    return 0
