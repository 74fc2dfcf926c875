"""Personal data in running text: e-mail addresses, telephone numbers, bank accounts, network addresses, and their placeholders."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator
from typing import Literal, NamedTuple, get_args

PersonalKind = Literal["email", "iban", "ip", "phone"]
KINDS: tuple[PersonalKind, ...] = get_args(PersonalKind)

# Characters of an account number by country. Source: SWIFT, IBAN Registry (release 99).
IBAN_LENGTHS = {
    length: countries.split()
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
}
_LENGTH_OF = {country: length for length, countries in IBAN_LENGTHS.items() for country in countries}

_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}(?:@|\s?[\[(]\s?(?:at|@)\s?[\])]\s?)"
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?!(?:png|jpe?g|gif|svg|webp|pdf)\b)[^\W\d_]{2,24}(?![\w@])"
)
_AT = re.compile(r"@|[\[(]\s?(?:at|@)\s?[\])]")
_IBAN = re.compile(r"(?<![\w-])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,29}")
_IPV4 = re.compile(r"(?<![\w.,:/-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|[.,]\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?![\w:])")
_NETWORK_WORD = re.compile(r"(?<![^\W_])ip(?![^\W\d_])", re.IGNORECASE)

_GAP = r"[ \u00a0.\-/]?"
_NO_SUM = r"(?!\s?[%€$£])(?!\s?(?:euro|dolar|dólar|dollar))"
_ENDS = r"(?![\w])(?![.,:/-]\d)(?![ \u00a0]\d)" + _NO_SUM
# Patterns begin with the characters that they may begin with, and then look back at what stands before: so they are found five
# times as fast.
_INTERNATIONAL = re.compile(
    r"[(+0](?<![\w+.,:/=#-].)"
    rf"(?:(?<=\()\+[1-9]\d{{0,2}}\)?{_GAP}|(?<=\+)[1-9]\d{{0,2}}\)?{_GAP}|(?<=0)0[1-9]\d{{0,2}}[ \u00a0.\-/])"
    rf"(?:\(\d{{1,4}}\){_GAP})?"
    rf"\d{{1,5}}(?:{_GAP}\d{{1,5}}){{1,6}}(?!\w)(?![.,]\d){_NO_SUM}"
)
_GROUPED = re.compile(
    r"[02-9(](?<![\w+.,:/=#€$£-].)(?:"
    r"(?<=[6-9])\d{2}([ \u00a0.-])\d{2}(?:\1\d{2}){2}"  # 943 12 34 56
    r"|(?<=0)[1-9]([ \u00a0.-])\d{2}(?:\2\d{2}){3}"  # 05 59 12 34 56
    r"|(?<=\()\d{3}\)[ \u00a0]?\d{3}-\d{4}|(?<=[2-9])\d{2}-[2-9]\d{2}-\d{4}"  # (555) 123-4567
    r"|(?<=0)\d{1,2}-\d{3,4}-\d{4}"  # 050-123-4567, 010-1234-5678
    rf"){_ENDS}"
)
_CUE_WORD = (
    r"(?:\b(?:tel|tlf|tfn?o|ph|mob|cell)\b|telef|phone|\bfax|mugikor|m[oó]vil|mobil|portable|whats ?app|"
    r"ffôn|τηλ|тел|ტელ|טלפון|טל['׳]|נייד|هاتف|تلفون|جوال|تلفن|موبایل|ទូរស័ព្ទ|โทรศัพท์|โทร|फ़?ोन|मोबाइल|电话|手机|電話|携帯|전화|"
    r"☎|☏|📞|📱)"
)
_CUE = re.compile(
    rf"{_CUE_WORD}[^\W\d_]{{0,12}}[^\w\n+]{{0,4}}"
    rf"(?P<number>\(?\d{{2,4}}\)?(?:{_GAP}\d{{1,6}}){{1,6}})(?!\w){_NO_SUM}",
    re.IGNORECASE,
)
_CUE_BEGINS = re.compile(rf"(?={_CUE_WORD})", re.IGNORECASE)
# What each of the patterns holds, and what is found fast: most texts have no such thing, and pass without being looked at again.
_MAY_BE_ACCOUNT = re.compile(r"[0-9]{2}(?<=[A-Za-z]{2}[0-9]{2})(?:[ -]?[A-Za-z0-9]){11}")
_MAY_BE_IPV4 = re.compile(r"\.\d{1,3}\.\d{1,3}\.\d")
_MAY_BE_IPV6 = re.compile(r":[0-9A-Fa-f]{0,4}:")
_MAY_BE_INTERNATIONAL = re.compile(r"\+[1-9]|00[1-9]\d{0,2}[ \u00a0.\-/]")
_MAY_BE_GROUPED = re.compile(r"\d(?:([ \u00a0.-])\d{2}\1\d{2}|-\d{4})")
_DIGIT, _TWO_DIGITS, _TWO_ASCII_DIGITS = re.compile(r"\d"), re.compile(r"\d{2,}"), re.compile("[0-9][0-9]+")
_CUE_STEMS = (
    *("tel", "tlf", "tf", "ph", "mob", "cell", "fax", "mugi", "móvil", "movil", "portable", "whats"),
    *("ffôn", "τηλ", "тел", "ტელ", "טל", "נייד", "هاتف", "تلفون", "جوال", "تلفن", "موبایل"),
    *("ទូរស័ព្ទ", "โทร", "ोन", "मोबाइल", "电话", "手机", "電話", "携帯", "전화", "☎", "☏", "📞", "📱"),
)
_CUE_REACH = 40
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+|\d{1,2}(?:[ \u00a0]\d{3})+")
_DATE = re.compile(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}|\d{4}[-/]\d{4}")


class MaskedPersonal(NamedTuple):
    """text: with placeholders.  found: how many of each kind were masked; kinds of which there were none are left out."""

    text: str
    found: dict[PersonalKind, int]


def mask_personal(text: str, kinds: Collection[PersonalKind] = KINDS) -> MaskedPersonal:
    """Put `<email>`, `<iban>`, `<ip>` or `<phone>` where personal data stands.

    E-mail addresses, also written with `[at]`. Accounts of the right length and checksum (ISO 7064, mod 97-10). Addresses of IP
    versions 4 and 6, but not those that are nobody's (loopback, netmasks) nor versions such as 7.4.7.2. Telephone numbers when
    they begin with + or 00 and a country, follow a word for telephone, or are grouped as only telephone numbers are. Numbers
    on their own, dates, prices and times stay. Masking twice changes nothing more.
    """
    found: dict[PersonalKind, int] = {}
    if "email" in kinds and _may_hold_mail(text):
        text, found["email"] = _mails(text)
    if _has_digits(text):
        shape = _Shape(text)
        for kind, masked in _MASKERS.items():
            if kind in kinds:
                text, found[kind] = masked(text, shape)
    return MaskedPersonal(text, {kind: count for kind, count in found.items() if count})


def iban_is_valid(account: str) -> bool:
    """Whether the characters are an account number of the right length for its country, with the right checksum."""
    plain = re.sub(r"[ -]", "", account).upper()
    if len(plain) != _LENGTH_OF.get(plain[:2]) or not plain.isascii() or not plain.isalnum():
        return False
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def _may_hold_mail(text: str) -> bool:
    if "@" in text:
        return True
    return (")" in text or "]" in text) and any(end in text for end in ("at]", "at)", "at ]", "at )"))


def _has_digits(text: str) -> bool:
    """Of any script."""
    return any(digit in text for digit in "0123456789") or (not text.isascii() and _DIGIT.search(text) is not None)


class _Shape:
    """A text with 0 for each digit, a for each ASCII letter, and - for what may stand between digits: patterns that need what
    is not in it need not be looked for, and a few bytes are found far faster than a pattern.

    unsure: whether there may be digits of other scripts.
    """

    def __init__(self, text: str) -> None:
        self._bytes = text.replace("\u00a0", " ").encode("utf-8", "surrogatepass").translate(_SHAPES)
        self.unsure = _OTHER in self._bytes

    def may_hold(self, *shapes: bytes) -> bool:
        """Whether one of these stands in it; True when it is unsure."""
        return self.unsure or any(shape in self._bytes for shape in shapes)


_OTHER = b"x"
_SHAPES = bytearray(range(256))
for _characters, _shape in (
    ("0123456789", "0"),
    (" .-", "-"),
    ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "a"),
):
    for _character in _characters:
        _SHAPES[ord(_character)] = ord(_shape)
# The first digit beyond ASCII is U+0660, which begins with 0xD9 in UTF-8; what begins with 0xE2 are signs and punctuation.
for _byte in (*range(0xD9, 0xE2), *range(0xE3, 0x100)):
    _SHAPES[_byte] = _OTHER[0]


def _mails(text: str) -> tuple[str, int]:
    """Where `_EMAIL` stands: looked for only at what may be its at sign, since it would be tried at every letter."""
    parts, reached, count = [], 0, 0
    for sign in _AT.finditer(text):
        end = sign.start()
        if end and sign.group() != "@" and text[end - 1].isspace():
            end -= 1
        start = end
        while start > 0 and end - start <= 64 and (text[start - 1].isalnum() or text[start - 1] in "_.+%-"):
            start -= 1
        match = _EMAIL.match(text, start) if reached <= start < end else None
        if match:
            parts += [text[reached:start], "<email>"]
            reached, count = match.end(), count + 1
    return "".join([*parts, text[reached:]]), count


def _accounts(text: str, shape: _Shape) -> tuple[str, int]:
    """What follows an account may look as if it belonged to it: the country says where it ends."""
    if not shape.may_hold(b"aa00") or not _MAY_BE_ACCOUNT.search(text):
        return text, 0
    parts, reached, count = [], 0, 0
    for match in _IBAN.finditer(text):
        whole = match.group()
        ends = [m.end() for m in re.finditer(r"[A-Za-z0-9]", whole)]
        length = _LENGTH_OF.get(whole[:2].upper(), 0)
        account = whole[: ends[length - 1]] if 0 < length <= len(ends) else ""
        after = text[match.start() + len(account) : match.start() + len(account) + 1]
        if account and not after.isalnum() and iban_is_valid(account):
            parts += [text[reached : match.start()], "<iban>"]
            reached, count = match.start() + len(account), count + 1
    return "".join([*parts, text[reached:]]), count


def _addresses(text: str, _: _Shape) -> tuple[str, int]:
    four = 0
    if _MAY_BE_IPV4.search(text):
        text, four = _replaced(_IPV4, text, lambda match: _is_ipv4(match, text), "<ip>")
    return _with_ipv6(text, four) if _MAY_BE_IPV6.search(text) else (text, four)


def _with_ipv6(text: str, before: int) -> tuple[str, int]:
    text, count = _replaced(_IPV6, text, lambda match: _is_ipv6(match.group()), "<ip>")
    return text, before + count


def _is_ipv4(match: re.Match[str], text: str) -> bool:
    """Four short numbers are rather a version or the number of a section, unless the text says IP just before."""
    octets = match.group().split(".")
    if any(int(octet) > 255 or (len(octet) > 1 and octet[0] == "0") for octet in octets) or octets[0] in (
        "0",
        "127",
        "255",
    ):
        return False
    named = _NETWORK_WORD.search(text[max(0, match.start() - 24) : match.start()])
    return named is not None or len(match.group()) >= 10


def _is_ipv6(candidate: str) -> bool:
    groups = [group for group in candidate.split(":") if group]
    if not any(len(group) >= 3 for group in groups) or not _has_digits(candidate):
        return False
    try:
        return not ipaddress.IPv6Address(candidate).is_loopback
    except ValueError:
        return False


def _phones(text: str, shape: _Shape) -> tuple[str, int]:
    first = second = 0
    if shape.may_hold(b"+0", b"000") and _MAY_BE_INTERNATIONAL.search(text):
        text, first = _replaced(_INTERNATIONAL, text, lambda match: _is_international(match.group()), "<phone>")
    if shape.may_hold(b"0-00") and _MAY_BE_GROUPED.search(text):
        text, second = _replaced(_GROUPED, text, lambda match: not _ascends(match.group()), "<phone>")
    parts, reached, third = [], 0, 0
    for match in _after_cues(text, shape) if shape.may_hold(b"00") else ():
        number = match["number"]
        ordinary = _THOUSANDS.fullmatch(number) or _DATE.match(number)
        if not ordinary and 7 <= _digits(number) <= 15:
            parts += [text[reached : match.start("number")], "<phone>"]
            reached, third = match.end("number"), third + 1
    return "".join([*parts, text[reached:]]), first + second + third


def _after_cues(text: str, shape: _Shape) -> Iterator[re.Match[str]]:
    """What `_CUE` finds in the text, one after the other: looked for only where a word for telephone stands shortly before a number."""
    numbers = [number.start() for number in (_TWO_DIGITS if shape.unsure else _TWO_ASCII_DIGITS).finditer(text)]
    near = "\n".join(text[max(0, number - _CUE_REACH) : number] for number in numbers).casefold()
    stems = [stem for stem in _CUE_STEMS if stem in near]
    if not stems:
        return
    reached = 0
    for number in numbers:
        start = max(reached, number - _CUE_REACH)
        if start >= number:
            continue
        before = text[start:number].casefold()
        if not any(stem in before for stem in stems):
            continue
        for cue in _CUE_BEGINS.finditer(text, start, number):
            match = _CUE.match(text, cue.start()) if cue.start() >= reached else None
            if match:
                reached = match.end()
                yield match


def _is_international(number: str) -> bool:
    return 8 <= _digits(number) <= 15 and not _THOUSANDS.fullmatch(number.lstrip("+"))


def _ascends(number: str) -> bool:
    """Whether five pairs of digits grow from one to the next: numbers drawn in a lottery are written so."""
    pairs = re.findall(r"\d+", number)
    return len(pairs) == 5 and pairs == sorted(set(pairs))


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _replaced(
    pattern: re.Pattern[str], text: str, is_one: Callable[[re.Match[str]], bool], placeholder: str
) -> tuple[str, int]:
    count = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal count
        if not is_one(match):
            return match.group()
        count += 1
        return placeholder

    return pattern.sub(replace, text), count


_MASKERS: dict[PersonalKind, Callable[[str, _Shape], tuple[str, int]]] = {
    "iban": _accounts,
    "ip": _addresses,
    "phone": _phones,
}
