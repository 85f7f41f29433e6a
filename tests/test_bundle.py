"""ES modules joined in Python: what a notebook and a page load is valid, complete, and holds nothing twice."""

import json
import re
from collections import Counter

import pytest
from javascript import JavaScript, node

from booksite.live import modules
from normlib.widgets import bundle

NAMES = modules()
PATHS = sorted(path.relative_to(bundle.JS).as_posix() for path in bundle.JS.rglob("*.mjs"))
DEFINED = re.compile(r'^modules\["([^"]+)"\] = ', re.M)

# Runs classic scripts in a page that has nothing but an event to wait for; prints what each module put in the table.
RUN = """
import { readFileSync } from "node:fs";
import { createContext, Script } from "node:vm";
const heard = [];
const page = createContext({ document: { addEventListener: (name) => heard.push(name) } });
for (const file of process.argv.slice(2)) new Script(readFileSync(file, "utf8"), { filename: file }).runInContext(page);
const table = Object.entries(page.normlib).map(([path, module]) => [path, Object.keys(module)]);
console.log(JSON.stringify({ heard, table: Object.fromEntries(table), globals: Object.keys(page) }));
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of modules in place of ours: ``folder(path=text, …)`` fills it."""
    monkeypatch.setattr(bundle, "JS", tmp_path)

    def fill(files):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")

    return fill


def run_page(tmp_path, scripts):
    (tmp_path / "run.mjs").write_text(RUN, encoding="utf-8")
    files = []
    for name, text in scripts.items():
        files.append(tmp_path / f"{name}.js")
        files[-1].write_text(text, encoding="utf-8")
    done = node(tmp_path / "run.mjs", *files)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# What a notebook loads


@pytest.mark.parametrize("widget", NAMES)
def test_a_widget_is_one_valid_module_with_anywidgets_default_export(tmp_path, widget):
    text = bundle.esm(widget)
    (tmp_path / "one.mjs").write_text(text, encoding="utf-8")
    checked = node("--check", tmp_path / "one.mjs")
    assert checked.returncode == 0, checked.stderr
    (tmp_path / "load.mjs").write_text('import it from "./one.mjs"; console.log(Object.keys(it), typeof it.render);')
    assert node(tmp_path / "load.mjs").stdout == "[ 'render' ] function\n"
    assert not re.search(r"^\s*import\b", text, re.M)
    assert re.findall(r"^\s*export\b.*", text, re.M) == [
        f'export default {{ render: modules["{widget}.mjs"].render }};'
    ]


@pytest.mark.parametrize("widget", NAMES)
def test_each_module_stands_once_and_after_what_it_imports(widget):
    paths = DEFINED.findall(bundle.esm(widget))
    assert max(Counter(paths).values()) == 1
    assert paths[-1] == f"{widget}.mjs"
    for i, path in enumerate(paths):
        assert {target for _, target in bundle.imports(path)} <= set(paths[:i])


# What a page loads


def test_a_page_gets_every_module_once_with_all_that_it_exports(tmp_path):
    page = run_page(tmp_path, bundle.page_scripts(NAMES))
    with JavaScript() as js:
        assert page["table"] == {path: page["table"][path] for path in PATHS}
        for path in PATHS:
            assert sorted(page["table"][path]) == sorted(js.exports(path))
    assert page["heard"] == ["DOMContentLoaded"]
    assert sorted(page["globals"]) == ["document", "normlib"]


def test_modules_that_widgets_share_stand_in_the_common_script_alone():
    scripts = bundle.page_scripts(NAMES)
    assert list(scripts) == ["live", *NAMES]
    defined = {script: set(DEFINED.findall(text)) for script, text in scripts.items()}
    counted = Counter(path for text in scripts.values() for path in DEFINED.findall(text))
    assert max(counted.values()) == 1
    needed = Counter(path for widget in NAMES for path in bundle.closure(f"{widget}.mjs"))
    assert defined["live"] == {p for p, times in needed.items() if times > 1} | set(bundle.closure("page/host.mjs"))
    for widget in NAMES:
        assert f"{widget}.mjs" in defined[widget]


@pytest.mark.parametrize("widget", NAMES)
def test_a_page_with_one_widget_needs_only_the_common_script_and_its_own(tmp_path, widget):
    scripts = bundle.page_scripts(NAMES)
    table = run_page(tmp_path, {name: scripts[name] for name in ("live", widget)})["table"]
    assert set(bundle.closure(f"{widget}.mjs")) <= set(table)


def test_classic_scripts_hold_no_import_or_export_and_leave_strict_mode_to_nobody_else():
    for text in bundle.page_scripts(NAMES).values():
        assert not re.search(r"^\s*(?:import|export)\b", text, re.M)
        assert text.startswith('(() => {\n"use strict";\n')
        assert text.endswith("})();\n")


def test_what_is_joined_is_the_same_each_time():
    assert bundle.page_scripts(NAMES) == bundle.page_scripts(NAMES)
    assert bundle.esm(NAMES[0]) == bundle.esm(NAMES[0])


# Forms of import and export


MAIN = """\
import {
  a as first,
  B,
} from "./deep/er/one.mjs";
export function render() {
  return [first(), new B().two, C];
}
export const C = 3;
"""
ONE = """\
import { two } from "../two.mjs";
export async function unused() {}
export function a() {
  return 1;
}
export class B { two = two; }
"""


def test_renamed_wrapped_and_parent_imports_are_followed(tmp_path, folder):
    folder({"main.mjs": MAIN, "deep/er/one.mjs": ONE, "deep/two.mjs": "export const two = 2;\n"})
    assert bundle.closure("main.mjs") == ["deep/two.mjs", "deep/er/one.mjs", "main.mjs"]
    (tmp_path / "joined.mjs").write_text(bundle.esm("main"), encoding="utf-8")
    (tmp_path / "load.mjs").write_text('import it from "./joined.mjs"; console.log(JSON.stringify(it.render()));')
    assert node(tmp_path / "load.mjs").stdout == "[1,2,3]\n"


def test_modules_that_import_each_other_in_a_circle_are_refused_with_the_circle(folder):
    folder({
        "a.mjs": 'import { b } from "./b.mjs";\nexport const a = 1;\n',
        "b.mjs": 'import { c } from "./c.mjs";\nexport const b = 1;\n',
        "c.mjs": 'import { a } from "./a.mjs";\nexport const c = 1;\n',
    })  # fmt: skip
    with pytest.raises(ValueError, match=r"in a circle: a\.mjs -> b\.mjs -> c\.mjs -> a\.mjs"):
        bundle.esm("a")


@pytest.mark.parametrize(
    "line",
    [
        "export default function render() {}",
        "export { a };",
        'export * from "./b.mjs";',
        "export let a = 1;",
        "export var a = 1;",
        "export const { a } = { a: 1 };",
        "export const [a] = [1];",
        "export function* a() {}",
        'import b from "./b.mjs";',
        'import * as b from "./b.mjs";',
        'import "./b.mjs";',
        "import { b } from './b.mjs';",
        'import { b } from "./b.mjs"',
        'import { b } from "elsewhere";',
        '  import { b } from "./b.mjs";',
        "  export const a = 1;",
        'import("./b.mjs");',
    ],
)
def test_other_forms_are_refused_with_the_file_and_the_line(folder, line):
    folder({"a.mjs": f"const before = 1;\n{line}\n", "b.mjs": "export const b = 1;\n"})
    with pytest.raises(ValueError, match=r"came; expected .*imports and exports") as raised:
        bundle.esm("a")
    assert str(raised.value).startswith(f"js/a.mjs: {line.strip()!r} came")


def test_words_that_only_look_like_imports_and_exports_are_left_alone(folder):
    text = "// export nothing\nconst exported = 1; // import\nconst important = { import: 2, export: 3 };\n"
    folder({"a.mjs": text})
    assert text in bundle.wrapped("a.mjs")
