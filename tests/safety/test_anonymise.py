from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.safety.anonymise import Anonymiser, anonymise

PLACEHOLDER = re.compile(r"\[(?:url|e-mail|address|path|phone|number|name) \d+\]|\[key-hidden\]")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my name is john smith and i am tired", "my name is [name 1] [name 2] and i am tired"),
        ("I'm called Wilhelmina.", "I'm called [name 1]."),
        ("ask mr kowalski about it", "ask mr [name 1] about it"),
        ("Is Dr. Okonkwo in?", "Is Dr. [name 1] in?"),
        ("my wife is called aroha", "my wife is called [name 1]"),
        ("call priya's mother", "call [name 1]'s mother"),
        ("Zbigniew Nowak is here. Nowak sings.", "[name 1] [name 2] is here. [name 2] sings."),
        ("J. Smythe wrote it", "J. [name 1] wrote it"),
        ("Will you come on Monday in May? I'm sure.", "Will you come on Monday in May? I'm sure."),
        ("write to ann.lee+x@mail.example.co.uk.", "write to [e-mail 1]."),
        ("write to ann dot lee at example dot com please", "write to [e-mail 1] please"),
        ("call +49 (0)170 1234567 now", "call [phone 1] now"),
        ("call 555-123-4567", "call [phone 1]"),
        ("call five five five oh one two three", "call [number 1]"),
        ("one day, two cats", "one day, two cats"),
        ("it costs 1,000.50 on 2026-11-24", "it costs [number 1] on [number 2]"),
        ("plate AB12CDE", "plate AB[number 1]CDE"),
        ("see https://me:pass@example.org/u/ann?id=4.", "see [url 1]."),
        (
            "ping 192.168.0.1:8080 and fe80::1 or 2001:db8:0:0:0:0:0:1",
            "ping [address 1] and [address 2] or [address 3]",
        ),
        ("open /home/ann/my.txt, ~/x, C:\\Users\\Ann\\y.doc", "open [path 1], [path 2], [path 3]"),
        ("open '/home/ann lee/my file.txt' and models/ann.gguf", "open [path 1] and [path 2]"),
        ("this and/or that at 5 km/h", "this and/or that at [number 1] km/h"),
        ("401: bad key sk-proj-abcdef123456", "[number 1]: bad key [key-hidden]"),
    ],
)
def test_what_points_at_a_person_is_replaced(text: str, expected: str) -> None:
    assert Anonymiser().text(text) == expected


def test_one_thing_has_one_placeholder_throughout() -> None:
    anonymiser = Anonymiser()
    assert anonymiser.text("my name is Aroha, mail a@b.org") == "my name is [name 1], mail [e-mail 1]"
    assert anonymiser.text("Hello aroha! I wrote to c@d.org and A@B.org") == (
        "Hello [name 1]! I wrote to [e-mail 2] and [e-mail 1]"
    )


def row(**fields) -> dict:
    return {
        "time": "2026-11-24T10:00:00+01:00",
        "turn": 1,
        "user": "",
        "reply": "",
        "heard": "",
        "error": None,
        "revisions": [],
        "engines": {},
        "timings": {"first_sound": 0.4},
        **fields,
    }


def test_every_text_of_a_turn_is_cleaned_and_the_rest_is_kept() -> None:
    [clean] = anonymise(
        [
            row(
                user="i am at 5 elm road",
                reply="You are Aroha.",
                heard="You are Aroha.",
                error="/home/ann/x.gguf is missing",
                revisions=[{"number": 1, "text": "call 5551234567", "at": 0.5}],
                voice_differs=[{"sentence": "You are Aroha.", "said": "Call 5551234567."}],
                audio="ann.wav",
                engines={"llm": "/home/ann/x.gguf", "stt": "moonshine tiny-en", "tts": "espeak en-us 175"},
            )
        ]
    )
    assert clean == row(
        user="i am at [number 1] elm road",
        reply="You are [name 1].",
        heard="You are [name 1].",
        error="[path 1] is missing",
        revisions=[{"number": 1, "text": "call [phone 1]", "at": 0.5}],
        voice_differs=[{"sentence": "You are [name 1].", "said": "Call [phone 1]."}],
        engines={"llm": "[path 1]", "stt": "moonshine tiny-en", "tts": "espeak en-us 175"},
    )


def test_a_name_that_is_introduced_later_is_replaced_from_the_beginning() -> None:
    first, _ = anonymise([row(user="tell aroha a joke"), row(user="my wife is called aroha")])
    assert first["user"] == "tell [name 1] a joke"


@given(st.text())
def test_no_digit_and_no_address_is_left_of_any_text(text: str) -> None:
    left = PLACEHOLDER.sub("", Anonymiser().text(text))
    assert not re.search(r"\d|\w@\w+\.\w", left)


@given(
    before=st.text(alphabet="abc ,.", max_size=10),
    name=st.from_regex(r"[a-z]{1,8}(\.[a-z0-9]{1,8})?", fullmatch=True),
    host=st.from_regex(r"[a-z]{1,8}\.(com|org|co\.uk)", fullmatch=True),
)
def test_every_mail_address_is_replaced_wherever_it_stands(before: str, name: str, host: str) -> None:
    left = Anonymiser().text(f"{before} {name}@{host} and more")
    assert "@" not in left and host not in left and left.endswith(" and more")


@given(
    st.lists(
        st.sampled_from(["my name is", "mr", "John", "maria", "/tmp/x", "and", "42", "five six", "a@b.org", ".", "I"])
    )
)
def test_cleaning_twice_changes_nothing_more(parts: list[str]) -> None:
    once = Anonymiser().text(" ".join(parts))
    assert PLACEHOLDER.sub("", Anonymiser().text(once)) == PLACEHOLDER.sub("", once)
