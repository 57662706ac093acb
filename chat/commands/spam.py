"""The commands about the spam filter: `lethe spam train`, `evaluate`, `classify`."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from chat.actions.filter import training
from chat.app import open_desk
from chat.commands import as_json, command
from chat.errors import Misconfigured
from chat.settings import Settings
from spam import Filter


def add(commands: Any) -> None:
    """Add the commands to a parser's."""
    about = "the spam filter: train, evaluate, classify"
    under = commands.add_parser("spam", help=about, description=about.capitalize() + ".")
    under = under.add_subparsers(metavar="COMMAND", required=True)
    train = command(under, "train", _train, "make every account's filter anew from the labels kept")
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
    async def work() -> list[dict[str, Any]]:
        async with open_desk(settings) as desk:
            await training.sweep(desk)
            return [training.described(desk, each) for each in sorted(desk.filters.accounts())]

    made = asyncio.run(work())
    lines = [f"{each['account']}: {each['labels']['ham']} ham, {each['labels']['spam']} spam" for each in made]
    print(json.dumps({"filters": made}) if arguments.json else "\n".join(lines) or "No labels yet; the prior serves.")
    return 0


def _evaluate(_: Settings, arguments: argparse.Namespace) -> int:
    from spam import evaluation, labelled

    try:
        found = evaluation.evaluate(arguments.file, arguments.train, online=arguments.online, cold=arguments.cold)
    except labelled.LabelledFileError as error:
        raise Misconfigured(str(error)) from error
    print(json.dumps(found) if arguments.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0


def _classify(_: Settings, arguments: argparse.Namespace) -> int:
    known = Filter.shipped()
    found = [training.judged(known, text) for text in arguments.text]
    if arguments.json:
        print(json.dumps({"items": found}))
        return 0
    for each in found:
        why = ", ".join(f"{share['token']!a} {share['weight']:+.2f}" for share in each["why"])
        print(f"{each['verdict']} {each['score']:.3f}  {why}")
    return 0
