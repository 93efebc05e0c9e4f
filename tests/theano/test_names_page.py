"""The page of Theano's names says what the package answers."""

from __future__ import annotations

from tests.helpers.processes import ROOT, run_python


def test_the_page_of_theanos_names_is_what_the_package_answers():
    """Every name that scripts use, and every name there is, with what it means or why it is not there."""
    # In a process of its own, where no other test has assigned settings or imported more.
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'docs')!r}); import theano_names as page; "
        "text = (page.DOCS / 'theano-names.md').read_text(encoding='utf-8'); "
        "assert page.page() == text, 'python docs/theano_names.py'; "
        "print(sum(map(len, page.supported().values())), sum(page.answer(name)[0] for name in page.used()))"
    )
    supported, in_use = map(int, run_python(code).split())
    assert supported >= 500 and in_use >= 250
