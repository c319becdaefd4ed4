"""What a search takes for words: in questions and in what is asked for alike.

Whatever is neither letter nor digit parts words. The rule is our own, not that of a
dictionary or a locale, so that every database finds the same.
"""

from __future__ import annotations

import re

# The inside of a bracket expression, the same to Python and to PostgreSQL: punctuation
# and symbols of ASCII, of Latin-1 without its letters, then general punctuation,
# currencies, arrows to dingbats, and punctuation of CJK.
SEPARATORS = (
    "!-/:-@\\[-`{-~"
    "\u00a0-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7"
    "\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u303f"
)
_APART = re.compile(f"[\x00-\x20\x7f{SEPARATORS}]+")
# PostgreSQL refuses longer ones by far; no word of a question is that long.
_LONGEST = 100


def to_search(query: str) -> str:
    """Return what `to_tsquery` takes for a query: every term, its end left open.

    A term of several words, such as "U.S.", is these words one after the other. Empty
    where the query has no word.
    """
    terms = (_to_term(term) for term in query.split())
    return " & ".join(term for term in terms if term)


def _to_term(term: str) -> str:
    words = [word[:_LONGEST] for word in _APART.split(term) if word]
    # Nothing that `to_tsquery` would understand is left in a word.
    quoted = " <-> ".join(f"'{word}'" for word in words)
    return f"({quoted}:*)" if quoted else ""
