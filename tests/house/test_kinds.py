"""Each kind of act has a name in the console: a raw word there is one that somebody forgot."""

import ast
from pathlib import Path

from relto.faces.console.words import KINDS

USECASES = Path(__file__).parents[2] / "src" / "relto" / "usecases"


def kinds():
    found = set()
    for path in USECASES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "act":
                found |= {each.value for each in node.args[:1] if isinstance(each, ast.Constant)}
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "kind":
                found |= {node.value.value} if isinstance(node.value, ast.Constant) else set()
    return {each for each in found if isinstance(each, str) and each}


def test_each_kind_of_act_has_a_name():
    assert kinds() - set(KINDS) == set()
    assert {"pause", "resume", "account-add"} <= kinds()
