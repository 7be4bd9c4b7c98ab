"""The house keeps its shape; and each check is proven to see a house that does not."""

import ast
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).parents[2]
MAX_FILE, MAX_FUNCTION = 600, 60  # lines; we aim at 400 and 40
MAX_TEMPLATE_LINE = 160  # characters
BESIDE_PYTHON = (".js", ".css", ".html", ".sql")
# contexts from the bottom up: foreign keys point down or stay
ORDER = [
    "ledger",
    "places",
    "access",
    "people",
    "notices",
    "campaigns",
    "planning",
    "units",
    "eligibility",
    "supply",
    "coldchain",
    "booking",
    "clinic",
    "safety",
    "reporting",
]


def sources(root: Path) -> Iterator[Path]:
    for folder in ("balmis", "tests", "tools", "bench"):
        for path in sorted((root / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path
    for path in sorted((root / "balmis").rglob("*")):
        if path.suffix in BESIDE_PYTHON:
            yield path


def too_large(path: Path) -> list[str]:
    """Files, functions and lines of templates that are longer than allowed."""
    text = path.read_text(encoding="utf-8")
    found = []
    if text.count("\n") > MAX_FILE:
        found.append(f"{path.name} has {text.count(chr(10))} lines")
    if path.suffix == ".py":
        found += long_functions(path.name, text)
    if path.suffix == ".html":
        found += long_lines(path.name, text)
    return found


def long_functions(name: str, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION:
                yield f"{name}: {node.name} has {length} lines"


def long_lines(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > MAX_TEMPLATE_LINE:
            yield f"{name}: line {number} has {len(line)} characters"


def upward_keys(all_models: list[type[models.Model]], order: list[str]) -> list[str]:
    """Foreign keys that point to a context above."""
    found = []
    for model in all_models:
        if model._meta.app_label not in order:
            continue
        here = order.index(model._meta.app_label)
        for field in model._meta.get_fields():
            target = getattr(field, "remote_field", None) and field.related_model
            if not field.concrete or not target or target._meta.app_label not in order:
                continue
            if order.index(target._meta.app_label) > here:
                found.append(f"{model.__name__}.{field.name} → {target.__name__}")
    return found


def test_files_and_functions_are_short():
    assert [problem for path in sources(ROOT) for problem in too_large(path)] == []


def test_a_long_file_and_a_long_function_are_seen(tmp_path):
    path = tmp_path / "long.py"
    path.write_text("def f():\n" + "    x = 1\n" * MAX_FUNCTION + "y = 2\n" * MAX_FILE)
    assert len(too_large(path)) == 2


def test_the_size_rule_looks_at_every_kind_of_source():
    assert {".py", *BESIDE_PYTHON} == {path.suffix for path in sources(ROOT)}


@pytest.mark.parametrize("suffix", BESIDE_PYTHON)
def test_a_long_script_style_template_and_query_are_seen(tmp_path, suffix):
    path = tmp_path / "balmis" / "web" / f"long{suffix}"
    path.parent.mkdir(parents=True)
    path.write_text("x\n" * (MAX_FILE + 1))

    assert list(sources(tmp_path)) == [path]
    assert too_large(path) == [f"long{suffix} has {MAX_FILE + 1} lines"]


def test_a_long_line_of_a_template_is_seen(tmp_path):
    path = tmp_path / "wide.html"
    path.write_text(f"<p>\n{'x' * MAX_TEMPLATE_LINE}\n{'x' * (MAX_TEMPLATE_LINE + 1)}\n")

    assert too_large(path) == [f"wide.html: line 3 has {MAX_TEMPLATE_LINE + 1} characters"]


def test_foreign_keys_point_down():
    contexts = {c.label for c in apps.get_app_configs() if c.name.startswith("balmis.contexts.")}
    assert contexts == set(ORDER)
    assert upward_keys(apps.get_models(), ORDER) == []


def test_a_foreign_key_that_points_up_is_seen():
    assert upward_keys(apps.get_models(), ORDER[::-1])


DESKS_OF = {"unit": "units", "store": "supply"}  # desks whose domain has another word


def domain_of(path: Path) -> str:
    """The domain's word in a path below the program: what lies in the vocabulary is named by file."""
    room = path.parts[2] if path.parts[1] == "vocabulary" else path.parts[1]
    return DESKS_OF.get(room, room.removesuffix(".py"))


def named_twice(program: Path) -> list[str]:
    """Classes of one domain that share a name, on whatever floor they stand."""
    found = defaultdict(list)
    for floor in ("core", "contexts", "flows", "web"):
        for path in sorted((program / floor).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            where = path.relative_to(program)
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    found[domain_of(where), node.name].append(str(where))
    return [f"{d}: {name} in {' and '.join(p)}" for (d, name), p in found.items() if len(p) > 1]


def test_a_domain_has_one_class_of_a_name():
    assert named_twice(ROOT / "balmis") == []


@pytest.mark.parametrize(
    "twice",
    [
        ("flows/supply/deliveries.py", "contexts/supply/models.py"),
        ("web/unit/pages.py", "core/units/roster_status.py"),
        ("core/vocabulary/clinic.py", "flows/clinic/paper.py"),
    ],
)
def test_a_class_named_twice_in_a_domain_is_seen(tmp_path, twice):
    for name in (*twice, "core/safety/scan.py"):  # another domain may have the name as well
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("class Row:\n    class Meta: ...\n")

    (problem,) = named_twice(tmp_path)

    assert "Row" in problem and all(name in problem for name in twice)
    assert "scan" not in problem


def copy_of_the_house(folder: Path) -> Path:
    shutil.copytree(
        ROOT / "balmis", folder / "balmis", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    python = [
        sys.executable,
        "-P",
        "-c",
        f"import sys; sys.path.insert(0, {str(folder)!r}); {'; '.join(command)}",
    ]
    return subprocess.run(python, cwd=folder, capture_output=True, text=True, check=False)


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return run(
        folder, "from importlinter.cli import lint_imports", "sys.exit(lint_imports(no_cache=True))"
    )


BREAKS = {
    "core knows a framework": ("core/errors.py", "import django"),
    "a context imports one above it": (
        "contexts/places/queries.py",
        "from balmis.contexts.clinic import queries as q",
    ),
    "a context imports a flow": (
        "contexts/clinic/queries.py",
        "from balmis.flows.supply import stock",
    ),
    "a page imports models": ("web/labels/common.py", "from balmis.contexts.places import models"),
}


def test_imports_keep_the_contracts(tmp_path):
    done = lint_imports(copy_of_the_house(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("case", BREAKS)
def test_an_import_that_breaks_a_contract_is_seen(tmp_path, case):
    name, line = BREAKS[case]
    path = copy_of_the_house(tmp_path) / "balmis" / name
    path.write_text(path.read_text() + f"\n{line}\n")

    done = lint_imports(tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout


def test_an_untyped_function_and_a_wrong_type_are_seen(tmp_path):
    path = tmp_path / "loose.py"
    path.write_text("def f(x):\n    return x\n\n\ny: int = 'text'\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            str(ROOT / "pyproject.toml"),
            "--cache-dir",
            str(tmp_path / "cache"),
            str(path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no-untyped-def" in done.stdout and "assignment" in done.stdout


def test_a_model_without_its_migration_is_seen(committed):
    from django.core.management import call_command
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.state import ProjectState

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    loader = MigrationLoader(None)
    now = ProjectState.from_apps(apps)
    now.models["places", "site"].fields["extra"] = models.TextField(default="")
    changes = MigrationAutodetector(loader.project_state(), now).changes(graph=loader.graph)
    assert "places" in changes


def named_for_their_types(text: str) -> Iterator[str]:
    """Modules of ours that are imported under TYPE_CHECKING alone; import contracts do not see them."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for found in node.body:
                if isinstance(found, ast.ImportFrom) and (found.module or "").startswith("balmis."):
                    yield str(found.module)
                if isinstance(found, ast.Import):
                    yield from (n.name for n in found.names if n.name.startswith("balmis."))


def test_only_pages_name_models_and_only_for_their_types():
    known = {a.name for a in apps.get_app_configs() if a.name.startswith("balmis.contexts.")}
    for path in sorted((ROOT / "balmis").rglob("*.py")):
        for module in named_for_their_types(path.read_text("utf-8")):
            assert path.is_relative_to(ROOT / "balmis" / "web"), f"{path} hides {module}"
            assert module.removesuffix(".models") in known, f"{path} hides {module}"


def test_an_import_that_contracts_do_not_see_is_seen():
    hidden = "if TYPE_CHECKING:\n    import os\n    from balmis.flows import retry\n    import balmis.web\n"
    assert list(named_for_their_types(hidden)) == ["balmis.flows", "balmis.web"]
