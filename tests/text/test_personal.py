"""Personal data is found where people write it, and ordinary numbers stay as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.text import personal
from mintza.text.personal import iban_is_valid, mask_personal

PERSONAL = [
    ("idatzi ane.etxe@ehu.eus helbidera", "idatzi <email> helbidera"),
    ("(ane+lista@posta.co.uk), jon@adibidea.com.", "(<email>), <email>."),
    ("ane [at] ehu.eus", "<email>"),
    ("Tel.: 943 12 34 56", "Tel.: <phone>"),
    ("telefonoa: 943123456", "telefonoa: <phone>"),
    ("943-12-34-56 zenbakira", "<phone> zenbakira"),
    ("+34 943 12 34 56 edo +34943123456", "<phone> edo <phone>"),
    ("(+34) 943 123 456", "<phone>"),
    ("0034 943 12 34 56", "<phone>"),
    ("+44 (0)20 7946 0958, +1 (555) 123-4567", "<phone>, <phone>"),
    ("(555) 123-4567 or 555-223-4567", "<phone> or <phone>"),
    ("05 59 12 34 56", "<phone>"),
    ("τηλ. 210 1234567", "τηλ. <phone>"),
    ("050-123-4567 או 03-123-4567; 010-1234-5678", "<phone> או <phone>; <phone>"),
    ("טלפון: 03-1234567, טל' 031234567", "טלפון: <phone>, טל' <phone>"),
    ("هاتف: ٠٥٠ ١٢٣ ٤٥٦٧", "هاتف: <phone>"),
    ("تلفن ۰۲۱-۸۸۷۷۶۶۵۵", "تلفن <phone>"),
    ("ទូរស័ព្ទ ០១២ ៣៤៥ ៦៧៨", "ទូរស័ព្ទ <phone>"),
    ("โทรศัพท์ 021234567 โทร. ๐๒ ๑๒๓ ๔๕๖๗", "โทรศัพท์ <phone> โทร. <phone>"),
    ("फ़ोन: 01123456789, फोन ०११ २३४५ ६७८९", "फ़ोन: <phone>, फोन <phone>"),
    ("电话：13812345678, 電話 0312345678, 전화 0212345678", "电话：<phone>, 電話 <phone>, 전화 <phone>"),
    ("ES91 2100 0418 4502 0005 1332", "<iban>"),
    ("ES9121000418450200051332, DE89370400440532013000", "<iban>, <iban>"),
    ("GB82 WEST 1234 5698 7654 32 BIC CAIXESBB", "<iban> BIC CAIXESBB"),
    ("85.84.123.7 eta 203.0.113.50", "<ip> eta <ip>"),
    ("IP: 8.8.8.8", "IP: <ip>"),
    ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "<ip>"),
    ("fe80::1ff:fe23:4567:890a", "<ip>"),
]
ORDINARY = [
    "LibreOffice 7.4.7.2 bertsioa, 1.2.3.4 atala, 1.2.10.11 ere bai",
    "2024-10-12, 12/10/2024, 12.10.2024, 2024.10.12 10:30:45",
    "1.234.567,89 €, 1 234 567 biztanle, 12.345.678, $1,234,567.00, +300.000.000 euro",
    "ISBN 978-84-9027-123-4, 9788490271234; 3.14159265358979; +922337203685477,5807ra",
    "telefonoak: 1.500.000 saldu ziren 2023an; telefono 5 000 000; telefonoa 2024-10-12; tel. 112",
    "10-20-30-40; 1936-1939 urteetan; 943 123 456 biztanle; 2+34567890123; kodea 00123456789",
    "std::vector<int> a::b; aa:bb:cc:dd:ee:ff; 12:30:45; logo@2x.png; @erabiltzailea; Art.@",
    "127.0.0.1 eta 255.255.255.0 IP helbideak; 10.000.000.000; 99.999.999.999",
    "۱۴۰۲/۰۵/۱۲ تا ۱۴۰۳-۰۱-۰۱ و ۱۲۳۴۵۶۷۸۹؛ הקיץ 2024-2025, 12-345-6789; តារាង ១២៣ ៤៥៦ ៧៨៩",
    "ES00 1234 5678 9012 3456 7890 12; 07 12 23 34 45 loterian; 1 2 3 4 5 6 7 8 9",
]


@pytest.mark.parametrize(("text", "masked"), PERSONAL)
def test_personal_data_becomes_a_placeholder(text: str, masked: str) -> None:
    assert mask_personal(text).text == masked
    assert mask_personal(masked) == (masked, {})


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_numbers_dates_prices_and_versions_stay(text: str) -> None:
    assert mask_personal(text) == (text, {})


def test_what_was_masked_is_counted_by_kind_and_a_kind_can_be_left_out() -> None:
    text = "a@b.eus, c@d.eus, tel. 943 12 34 56"
    assert mask_personal(text).found == {"email": 2, "phone": 1}
    assert mask_personal(text, ["phone"]).text == "a@b.eus, c@d.eus, tel. <phone>"


@given(number=st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_no_amount_is_taken_for_personal_data(number: object) -> None:
    for written in (f"{number}", f"{number:,}", f"{number:,} €", f"({number:,})"):
        assert mask_personal(f"Guztira {written} izan dira.").found == {}


@given(day=st.dates(), time=st.times())
def test_no_date_or_time_is_taken_for_personal_data(day: object, time: object) -> None:
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%Y.%m.%d", "%Y %m %d", "%d-%m-%Y", "%Y%m%d"):
        written = f"{day:{form}}"
        assert mask_personal(f"Egun hartan, {written} {time:%H:%M:%S}, ({written}).").found == {}


@given(text=st.text(alphabet="a@.0123456789+-() :ESip/", max_size=80))
def test_masking_twice_masks_nothing_more(text: str) -> None:
    once = mask_personal(text).text
    assert mask_personal(once).text == once


def test_an_account_needs_its_country_length_and_checksum() -> None:
    assert iban_is_valid("ES91 2100 0418 4502 0005 1332")
    assert not iban_is_valid("ES91 2100 0418 4502 0005 1333")
    assert not iban_is_valid("ES91 2100 0418 4502 0005 133")
    assert not iban_is_valid("XX91 2100 0418 4502 0005 1332")


PARTS = [
    "ane",
    "a@b.eus",
    "@",
    " [at] ",
    "(@)",
    "\t[at]",
    ".",
    "-",
    "+",
    "_",
    "%",
    " ",
    "\n",
    "ñ",
    "eus",
    ".png",
    "x" * 65,
    "9",
]


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_mail_is_found_at_its_sign_as_the_pattern_finds_it_anywhere(text: str) -> None:
    assert personal._mails(text) == personal._EMAIL.subn("<email>", text)


DIGITS = [
    "+34",
    " 943",
    " 12",
    "5",
    "12",
    "0034 ",
    "(",
    ")",
    "-",
    ".",
    "/",
    " ",
    "\u00a0",
    "\n",
    "tel ",
    "τηλ. ",
    "٣٤",
    "９",
    "a",
    "ES91",
    "ip 8.8",
]


@given(st.lists(st.sampled_from(DIGITS), max_size=14).map("".join))
def test_what_the_shape_of_a_text_rules_out_is_not_in_it(text: str) -> None:
    """Asked as if there might be digits of other scripts, every pattern is looked for."""
    unsure = personal._Shape(text)
    unsure.unsure = True
    sure = personal._Shape(text)
    for masked in personal._MASKERS.values():
        assert masked(text, sure) == masked(text, unsure)
