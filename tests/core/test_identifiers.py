"""Tracking codes against published vectors and two independent libraries."""

from __future__ import annotations

import biip
import pytest
import tracking_numbers
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from hypothesis import given
from hypothesis import strategies as st

from edge.core.ident_checks import (
    deutsche_post_check_digit,
    dhl_check_digit,
    fedex_check_digit,
    mod10_check_digit,
    s10_check_digit,
    ups_check_digit,
)
from edge.core.ident_gs1 import known_application_identifiers
from edge.core.identifiers import (
    GS1_IDENTIFIERS,
    Element,
    Gs1Error,
    Identified,
    Kind,
    candidates,
    gs1,
    normalise,
)

VECTORS = [
    ("RR473124829CN", Kind.S10, "china-post", "s10"),
    ("EE123456785CN", Kind.S10, "ems", "s10"),
    ("RB123456785GB", Kind.S10, "", "s10"),
    ("LX123456140CN", Kind.S10, "china-post", "s10"),
    ("LX123456025CN", Kind.S10, "china-post", "s10"),
    ("9400100000000000000006", Kind.USPS_IMPB, "usps", "usps"),
    ("9101026837331000039521", Kind.USPS_IMPB, "usps", "usps"),
    ("92748999700102090001001345", Kind.USPS_IMPB, "usps", "usps"),
    ("1Z5R89390357567127", Kind.UPS, "ups", "ups"),
    ("1Z879E930346834440", Kind.UPS, "ups", "ups"),
    ("986578788855", Kind.FEDEX_12, "fedex", "fedex"),
    ("477179081230", Kind.FEDEX_12, "fedex", "fedex"),
    ("1001901781990001000300617767839437", Kind.FEDEX_34, "fedex", "fedex"),
    ("961102176321988", Kind.FEDEX_15, "fedex", "fedex"),
    ("3318810025", Kind.DHL_EXPRESS, "dhl", "dhl"),
    ("73891051146", Kind.DHL_EXPRESS, "dhl", "dhl"),
    ("C11031500001879", Kind.ONTRAC, "ontrac", "ontrac"),
    ("123456789016", Kind.IDENTCODE, "deutsche-post", None),
    ("12345678901236", Kind.LEITCODE, "deutsche-post", None),
    ("21310100900091", Kind.LEITCODE, "deutsche-post", None),
]
"""Text, what it is, and the courier code of tracking-numbers (None where that library does not know it)."""

DIGITS = "0123456789"


def digits_of(count: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=count, max_size=count)


def reading(text: str, kind: Kind) -> Identified:
    return next(each for each in candidates(text) if each.kind is kind)


@pytest.mark.parametrize(("text", "kind", "carrier", "oracle"), VECTORS)
def test_published_numbers_are_recognised_and_check(
    text: str, kind: Kind, carrier: str, oracle: str | None
) -> None:
    assert candidates(text)[0] == Identified(kind, carrier, text, True)
    if oracle is not None:
        assert tracking_numbers.get_tracking_number(text).courier.code == oracle


@pytest.mark.parametrize(("text", "kind", "carrier", "oracle"), VECTORS)
def test_any_other_check_digit_is_told_wrong(text: str, kind: Kind, carrier: str, oracle: str | None) -> None:
    at = 10 if kind is Kind.S10 else len(text) - 1
    for wrong in set(DIGITS) - {text[at]}:
        assert reading(text[:at] + wrong + text[at + 1 :], kind).check_ok is False


@pytest.mark.parametrize(
    ("text", "carrier"),
    [
        ("SF1234567890123", "sf"),
        ("SFA123456789012", "sf"),
        ("YT1234567890123", "yto"),
        ("75123456789012", "zto"),
        ("773123456789012", "sto"),
        ("432123456789012", "sto"),
        ("432123456789012", "yunda"),
        ("5123456789012", "yunda"),
        ("JT1234567890123", "jt"),
        ("JDVA11408814483", "jd"),
        ("JDX000112345678", "jd"),
        ("DPK123456789012", "deppon"),
        ("9123456789012", "ems"),
        ("PA12345678901", "ems"),
        ("621123456789012", "cainiao"),
        ("TBA000000000000", "amazon"),
    ],
)
def test_forms_without_a_check_digit_are_hints(text: str, carrier: str) -> None:
    assert (carrier, None) in {(each.carrier, each.check_ok) for each in candidates(text)}


def test_twelve_digits_stay_ambiguous() -> None:
    assert [(each.carrier, each.check_ok) for each in candidates("986578788855")] == [
        ("fedex", True),
        ("sf", None),
        ("zto", None),
        ("deutsche-post", False),
    ]


def test_an_unknown_waybill_is_still_one() -> None:
    assert candidates("ab-12345678") == [Identified(Kind.OTHER, "", "AB-12345678", None)]


@pytest.mark.parametrize("text", ["RR47312482CN", "ORR473124829CN", "R4473124829CN", "RR473124829C"])
def test_near_misses_of_s10_are_not_s10(text: str) -> None:
    assert Kind.S10 not in {each.kind for each in candidates(text)}


@given(digits_of(8), st.sampled_from(["CN", "GB", "DE", "US"]))
def test_s10_agrees_with_the_oracle(serial: str, country: str) -> None:
    code = f"RR{serial}{s10_check_digit(serial)}{country}"
    assert tracking_numbers.get_tracking_number(code).courier.code == "s10"


@given(digits_of(11))
def test_fedex_12_agrees_with_the_oracle(body: str) -> None:
    code = body + fedex_check_digit(body)
    assert tracking_numbers.get_definition("FedEx Express (12)").test(code).valid


@given(digits_of(30))
def test_fedex_34_agrees_with_the_oracle(middle: str) -> None:
    body = "100" + middle
    code = body + fedex_check_digit(body[20:])
    assert tracking_numbers.get_definition("FedEx Express (34)").test(code).valid
    assert normalise(code) == code


@given(st.text(DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=6, max_size=6), digits_of(7))
def test_ups_agrees_with_the_oracle(shipper: str, package: str) -> None:
    body = f"{shipper}03{package}"
    assert tracking_numbers.get_definition("UPS").test(f"1Z{body}{ups_check_digit(body)}").valid


@given(digits_of(12))
def test_ontrac_agrees_with_the_oracle(rest: str) -> None:
    # The oracle leaves the value of C out when a 4 follows it; the numbers seen all start with C1.
    serial = "1" + rest
    assert tracking_numbers.get_definition("OnTrac").test(f"C{serial}{ups_check_digit('C' + serial)}").valid


@given(digits_of(9))
def test_dhl_agrees_with_the_oracle(body: str) -> None:
    assert tracking_numbers.get_definition("DHL Express").test(body + dhl_check_digit(body)).valid


@given(digits_of(17))
def test_sscc_agrees_with_the_oracle(body: str) -> None:
    code = "00" + body + mod10_check_digit(body)
    assert biip.parse("]C1" + code).sscc_error in (None, "")
    assert normalise(code, "C1") == code


@pytest.mark.parametrize(
    "rule",
    [mod10_check_digit, ups_check_digit, fedex_check_digit, dhl_check_digit, deutsche_post_check_digit],
)
@pytest.mark.parametrize("text", ["", "12 4", "12a4", "١٢٣٤", "²³"])
def test_check_digits_refuse_what_has_no_value(rule: object, text: str) -> None:
    assert callable(rule)
    with pytest.raises(ValueError, match="in this rule"):
        rule(text)


def test_s10_check_digit_wants_eight_digits() -> None:
    with pytest.raises(ValueError, match="eight"):
        s10_check_digit("1234567")


# GS1


@pytest.mark.parametrize(
    ("identifier", "text", "expected"),
    [
        ("C1", "00370123456000000009", [("00", "370123456000000009")]),
        ("C1", "00069012345000000011", [("00", "069012345000000011")]),
        (
            "C1",
            "02095011015300033724\x1d400PO-778",
            [("02", "09501101530003"), ("37", "24"), ("400", "PO-778")],
        ),
        (
            "d2",
            "01095011015300031726013110ABC",
            [("01", "09501101530003"), ("17", "260131"), ("10", "ABC")],
        ),
        ("C1", "42022153\x1d9101026837331000039521", [("420", "22153"), ("91", "01026837331000039521")]),
        ("C1", "421156100020\x1d4307CN", [("421", "156100020"), ("4307", "CN")]),
        (
            "Q3",
            "01095011015300032112345\x1d4318100020",
            [("01", "09501101530003"), ("21", "12345"), ("4318", "100020")],
        ),
        ("e0", "\x1d00370123456000000009\x1d3301001234", [("00", "370123456000000009"), ("3301", "001234")]),
    ],
)
def test_element_strings_are_taken_apart(identifier: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(each.ai, each.value) for each in gs1(text, identifier)] == expected
    message = biip.parse(f"]{identifier}{text}").gs1_message
    assert message is not None
    assert [(each.ai.ai, each.value) for each in message.element_strings] == expected


def test_check_digits_inside_elements_are_told() -> None:
    assert gs1("00370123456000000003", "C1") == (Element("00", "370123456000000003", False),)
    assert candidates("00370123456000000003", "C1")[-1].check_ok is False


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("\x1d", "empty"),
        ("8888123", "unknown application identifier at character 0"),
        ("0037012345600000000", "is not N18"),
        ("003701234560000000X9", "is not N18"),
        ("10", "is not X..20"),
        ("10" + "A" * 21, "is not X..20"),
        ("10AB\x1d10AC", "twice"),
        ("10A C", "is not X..20"),
        ("420221539101026837331000039521", "is not X..20"),
        ("10" + "A" * 5000, "longer than"),
    ],
)
def test_broken_element_strings_say_why(text: str, why: str) -> None:
    with pytest.raises(Gs1Error, match=why):
        gs1(text, "C1")


@pytest.mark.parametrize("identifier", ["", "C0", "A0", "E0", "Q1", "d1", "c1"])
def test_text_is_no_gs1_unless_the_scanner_says_so(identifier: str) -> None:
    with pytest.raises(Gs1Error, match="does not announce"):
        gs1("00370123456000000009", identifier)
    assert Kind.SSCC not in {each.kind for each in candidates("00370123456000000009", identifier)}


def test_the_table_of_identifiers_agrees_with_the_oracle() -> None:
    for ai, (spec, separator) in known_application_identifiers().items():
        theirs = GS1ApplicationIdentifier.extract(ai)
        assert (theirs.ai, theirs.separator_required) == (ai, separator)
        parts = theirs.format.split("+")[1:]
        if all(part[0] == "N" and "." not in part for part in parts):
            parts = [f"N{sum(int(part[1:]) for part in parts)}"]
        assert " ".join(parts) == spec


@given(
    st.text(alphabet=st.characters(max_codepoint=0x7F), max_size=60), st.sampled_from(sorted(GS1_IDENTIFIERS))
)
def test_any_text_either_parses_or_raises_gs1_error(text: str, identifier: str) -> None:
    try:
        elements = gs1(text, identifier)
    except Gs1Error:
        return
    assert "".join(each.ai + each.value for each in elements) == text.replace("\x1d", "")


@given(
    st.lists(
        st.sampled_from(
            sorted(ai for ai, (_, gs_needed) in known_application_identifiers().items() if gs_needed)
        ),
        min_size=1,
        max_size=5,
        unique=True,
    ),
    st.data(),
)
def test_strings_put_together_come_apart_again(ais: list[str], data: st.DataObject) -> None:
    table = known_application_identifiers()
    parts = []
    for ai in ais:
        value = ""
        for part in table[ai][0].split():
            alphabet = DIGITS if part[0] == "N" else DIGITS + "ABCxyz-/!%"
            low, high = (1, int(part[3:])) if ".." in part else (int(part[1:]),) * 2
            value += data.draw(st.text(alphabet, min_size=low, max_size=high))
        parts.append((ai, value))
    text = "\x1d".join(ai + value for ai, value in parts)
    assert [(each.ai, each.value) for each in gs1(text, "Q3")] == parts


# Look-up


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rr473124829cn", "RR473124829CN"),
        (" RR 473 124 829 CN\r\n", "RR473124829CN"),
        ("ＲＲ４７３１２４８２９ＣＮ", "RR473124829CN"),
        ("JDVA11408814483-1-1-", "JDVA11408814483"),
        ("JDVA11408814483-12-20", "JDVA11408814483"),
        ("AB-1234567-1-1-", "AB-1234567-1-1-"),
        ("310-A12-004", "310-A12-004"),
        ("1234567-1-1-", "1234567-1-1-"),
        ("420221539101026837331000039521", "9101026837331000039521"),
        ("42022153\x1d9101026837331000039521", "9101026837331000039521"),
        ("4202215312349400100000000000000006", "9400100000000000000006"),
        ("42022153" + "92748999700102090001001345", "92748999700102090001001345"),
        ("(00) 3 7012345 600000000 9", "00370123456000000009"),
        ("\x1d00370123456000000009", "00370123456000000009"),
        ("1001901781990001000300617767839437", "1001901781990001000300617767839437"),
    ],
)
def test_the_same_parcel_has_one_normal_form(text: str, expected: str) -> None:
    assert normalise(text) == expected
    assert normalise(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1234567",
        "A" * 31,
        "--------",
        "RR473124829cñ",
        "https://example.com/x",
        '{"code":"RR473124829CN"}',
        "(00)370123456000000003",
        "1001901781990001000300617767839438",
        "ABCDEFGH\x1dIJKL",
        "RR473124829CN" + " " * 200,
    ],
)
def test_what_is_no_tracking_code_has_no_normal_form(text: str) -> None:
    assert normalise(text) is None


@pytest.mark.parametrize(
    ("text", "identifier", "expected"),
    [
        ("00370123456000000009\x1d42022153", "C1", "00370123456000000009"),
        ("0037012345600000000910ABC", "C1", "00370123456000000009"),
        ("42022153\x1d9101026837331000039521", "C1", "9101026837331000039521"),
        ("420221539101026837331000039521", "C1", "9101026837331000039521"),
        ("401ab123456789", "C1", "AB123456789"),
    ],
)
def test_a_gs1_symbol_gives_the_number_of_the_parcel_in_it(text: str, identifier: str, expected: str) -> None:
    assert normalise(text, identifier) == expected


@given(st.text(max_size=60))
def test_normalising_is_total_and_repeatable(text: str) -> None:
    code = normalise(text)
    if code is not None:
        assert normalise(code) == code


@given(st.text("0123456789ABCDEZ-() \x1d", max_size=45))
def test_normalising_likely_text_is_repeatable(text: str) -> None:
    code = normalise(text)
    if code is not None:
        assert normalise(code) == code


@given(digits_of(19), digits_of(9))
def test_the_zip_code_before_a_usps_number_does_not_matter(body: str, zip_code: str) -> None:
    code = "94" + body
    code += mod10_check_digit(code)
    texts = {code, "420" + zip_code[:5] + code, "420" + zip_code + code, "420" + zip_code + "\x1d" + code}

    assert {normalise(text) for text in texts} == {code}


@given(st.from_regex(r"[0-9A-Z]{8,30}", fullmatch=True))
def test_different_plain_numbers_never_fall_together(code: str) -> None:
    assert normalise(code) == code or Kind.USPS_IMPB in {each.kind for each in candidates(code)}
