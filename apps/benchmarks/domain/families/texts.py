"""Exercises on strings: changing them and counting in them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.exercises import Args, Exercise, exercise_family
from apps.benchmarks.domain.families.samples import integer, letters, sentence, words

if TYPE_CHECKING:
    import random

    from apps.benchmarks.domain.families.base import Family

VOWELS = "aeiouAEIOU"


def _text(rng: random.Random) -> Args:
    return (letters(rng),)


def _sentence(rng: random.Random) -> Args:
    return (sentence(rng),)


CHANGES = (
    Exercise(
        slug="upper-case",
        names=("to_upper", "shout", "upper_case"),
        params="text",
        does="returns the string `text` in upper case",
        body="return text.upper()",
        broken=("return text.capitalize()", "return text.lower()"),
        solve=str.upper,
        edges=(("Hello",), ("",), ("a1 b2",)),
        sample=_text,
    ),
    Exercise(
        slug="lower-case",
        names=("to_lower", "whisper", "lower_case"),
        params="text",
        does="returns the string `text` in lower case",
        body="return text.lower()",
        broken=("return text.swapcase()", "return text.upper()"),
        solve=str.lower,
        edges=(("Hello",), ("",), ("A1 B2",)),
        sample=_text,
    ),
    Exercise(
        slug="reversed-text",
        names=("reverse_string", "reverse_text", "mirror"),
        params="text",
        does="returns the string `text` reversed",
        body="return text[::-1]",
        broken=("return text[-1:0:-1]", "return ' '.join(text.split()[::-1])"),
        solve=lambda text: "".join(reversed(text)),
        edges=(("abc",), ("",), ("a bc",)),
        sample=_text,
    ),
    Exercise(
        slug="greeting",
        names=("greet", "greeting", "welcome"),
        params="name",
        does="returns the string '$word, NAME!' with the value of `name` in the place"
        " of NAME",
        body='return f"$word, {name}!"',
        broken=('return f"$word {name}!"', 'return "$word, name!"'),
        solve=lambda name, word: word + ", " + name + "!",
        edges=(("Ann",), ("Bo",), ("",)),
        sample=_text,
        constants={"word": ("Hello", "Welcome", "Goodbye")},
    ),
    Exercise(
        slug="repeated-text",
        names=("repeat_text", "repeated", "repeat_string"),
        params="text, times",
        does="returns the string `text` repeated `times` times",
        body="return text * times",
        broken=("return text * (times + 1)", "return text + str(times)"),
        solve=lambda text, times: "".join(text for _ in range(times)),
        edges=(("ab", 3), ("x", 0), ("", 5)),
        sample=lambda rng: (letters(rng, most=4), integer(rng, 0, 6)),
    ),
    Exercise(
        slug="joined-words",
        names=("join_words", "make_sentence", "joined"),
        params="words",
        does="returns one string with the strings of the list `words`, separated by"
        " single spaces",
        body="return ' '.join(words)",
        broken=("return ''.join(words)", "return ' '.join(words) + ' '"),
        solve=lambda words: "".join(
            (" " if place else "") + word for place, word in enumerate(words)
        ),
        edges=((["red", "fox"],), ([],), (["one"],)),
        sample=lambda rng: (words(rng),),
    ),
    Exercise(
        slug="split-words",
        names=("split_words", "word_list", "get_words"),
        params="text",
        does="returns a list of the words of the string `text`, which are separated by"
        " white space",
        body="return text.split()",
        broken=("return list(text)", "return text.split(',')"),
        solve=str.split,
        edges=(("red fox",), ("one",), ("",)),
        sample=_sentence,
    ),
)

COUNTS = (
    Exercise(
        slug="text-length",
        names=("text_length", "count_characters", "string_size"),
        params="text",
        does="returns the number of characters in the string `text`",
        body="return len(text)",
        broken=("return len(text.split())", "return len(text) - 1"),
        solve=lambda text: sum(1 for _ in text),
        edges=(("hello",), ("",), ("a b",)),
        sample=_sentence,
    ),
    Exercise(
        slug="vowels",
        names=("count_vowels", "vowel_count", "number_of_vowels"),
        params="text",
        does="returns the number of vowels (a, e, i, o, u in upper or lower case) in"
        " the string `text`",
        body="return sum(1 for character in text.lower() if character in 'aeiou')",
        broken=(
            "return sum(1 for character in text if character in 'aeiou')",
            "return sum(1 for vowel in 'aeiou' if vowel in text.lower())",
        ),
        solve=lambda text: sum(text.count(vowel) for vowel in VOWELS),
        edges=(("Apple tree",), ("xyz",), ("",), ("AAee",)),
        sample=_sentence,
        difficulty="medium",
    ),
    Exercise(
        slug="word-count",
        names=("count_words", "word_count", "number_of_words"),
        params="text",
        does="returns the number of words in the string `text`, which are separated by"
        " single spaces; an empty string has 0 words",
        body="return len(text.split())",
        broken=("return text.count(' ')", "return len(text)"),
        solve=lambda text: text.count(" ") + 1 if text else 0,
        edges=(("the red fox",), ("",), ("one",)),
        sample=_sentence,
        difficulty="medium",
    ),
    Exercise(
        slug="character-count",
        names=("count_character", "occurrences", "letter_count"),
        params="text, character",
        does="returns how often the one-character string `character` occurs in the"
        " string `text`",
        body="return text.count(character)",
        broken=("return int(character in text)", "return text.find(character)"),
        solve=lambda text, character: Counter(text)[character],
        edges=(("banana", "a"), ("", "x"), ("Aa", "a"), ("xx", "y")),
        sample=lambda rng: (letters(rng, "abcA"), rng.choice("abcA")),
        difficulty="medium",
    ),
    Exercise(
        slug="different-characters",
        names=("count_unique", "unique_characters", "distinct_count"),
        params="text",
        does="returns the number of different characters in the string `text`",
        body="return len(set(text))",
        broken=("return len(text)", "return len(set(text.lower()))"),
        solve=lambda text: len(dict.fromkeys(text)),
        edges=(("banana",), ("",), ("aAbB",)),
        sample=lambda rng: (letters(rng, "abcdAB "),),
    ),
    Exercise(
        slug="most-frequent",
        names=("most_frequent", "favorite_letter", "commonest"),
        params="text",
        does="returns the character that occurs most often in the non-empty string"
        " `text`; of several such characters, the one that comes first in the text",
        body="return max(text, key=text.count)",
        broken=("return max(text)", "return max(sorted(text), key=text.count)"),
        solve=lambda text: Counter(text).most_common(1)[0][0],
        edges=(("banana",), ("zay",), ("ccbb",), ("x",)),
        sample=lambda rng: ("b" + letters(rng, "abcd"),),
        difficulty="hard",
    ),
)

TEXTS: tuple[Family, ...] = (
    exercise_family("text-change", "Changes of a text", CHANGES, tasks=3),
    exercise_family("text-count", "Counts in a text", COUNTS, tasks=2),
)
