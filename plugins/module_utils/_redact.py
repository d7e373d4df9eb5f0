# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the chime_sdk.voice collection: it may change in any release.

"""Hide secrets and phone numbers in text from AWS, botocore, urllib3, proxy servers, and credential helpers."""

from __future__ import annotations

import contextlib
import glob
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

# In all patterns here, repetitions are bounded or do not backtrack, so that matching takes linear time.
_BACKSLASH = r"(?:(?:\\|%(?:25){0,3}5c|&(?:amp;){0,3}#(?:92|x5c);)(?:u005c|x5c)?)"
_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
# The length of the longest escaped form of one character: four bytes, each percent-encoded several times, such as
# %252525F0 (4 * 9)
_LONGEST_SPELLING = 36


def _spell(characters: str) -> str:
    """Return a pattern of all escaped forms of *characters*.

    *characters* is either only backslashes, or any number of backslashes and then one other character.
    """
    character = characters.lstrip("\\")
    count = len(characters) - len(character)
    if not character:
        return f"(?i:{_BACKSLASH}{{{count},{4 * count}}})"
    code, octets = ord(character), character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass").hex(" ", 2).split()
    spellings = [
        f"x{code:02x}",
        f"U{code:08x}",
        f"{_BACKSLASH}{{1,4}}".join(f"x{octet:02x}" for octet in octets),
        f"{_BACKSLASH}{{1,4}}".join(f"u{unit}" for unit in units),
        "".join(f"%(?:25){{0,3}}{octet:02x}" for octet in octets),
        rf"&(?:amp;){{0,3}}(?:#0{{0,5}}{code}|#x0{{0,5}}{code:x}|{_ENTITIES.get(character, f'#{code}')});",
        *({"\t": ["t"], "\n": ["n"], "\r": ["r"], " ": [r"\+"]}.get(character, [])),
        *([r"\s"] if character.isspace() else []),
        re.escape(character),  # last, because % is also the beginning of %25
    ]
    return f"(?i:{_BACKSLASH}{{{count},{4 * count + 4}}}(?:{'|'.join(spellings)}))"


def _longest(secret: str) -> int:
    """Return the maximum length of an escaped form of *secret* in which letters and digits are not escaped."""
    return len(re.sub("[^0-9A-Za-z]", " " * _LONGEST_SPELLING, secret))


_AT, _LESS, _GREATER = map(_spell, "@<>")
_KEYS = (
    r"secret[_-]?(?:access[_-]?)?key|client[_-]?secret|(?:session|security|access|refresh|bearer|id(?:entity)?)[_-]?token"
    r"|x-amz-(?:signature|credential)"
)
_HEADERS = r"authorization(?:\s+header)?|cookie"
_EQUALS = rf"{_BACKSLASH}{{0,4}}[\"']?\s{{0,8}}(?:[:=]>?|%(?:25){{0,3}}3[ad])\s{{0,8}}"
_QUOTED = r"[bu]?(?P<quote>\\{0,4}[\"'])((?:(?!(?P=quote))\\*[^\\])*)"
# In each rule, the last group matches the text to hide. The rules for the values of headers and keys also match a value
# whose end is missing, because text may be cut off.
_RULES = (
    # The user part of a URL, up to the last @, because a password can contain any character. Match the rest of the URL
    # too, so that it is searched only once.
    r"(?:https?:|socks\w{0,2}:|//)[\\/]*((?:@*[^\s\"'@]+(?=@))*)[^\s\"']*",
    rf"(?:%(?:25){{0,3}}2f|\\{{1,4}}(?:/|u002f)){{2}}((?:(?:{_AT})*(?:(?!{_AT})[^\s\"'])+(?={_AT}))*)[^\s\"']*",
    # A JSON Web Token
    r"\b(eyJ[\w-]{8,2000}\.[\w.-]*)",
    # If a signature is wrong, the error contains the string that was signed. Its headers can contain a session token.
    r"((?:the\s+)?(?:canonical[\s-]?(?:string|request)|string[\s-]?to[\s-]?sign)[\s\S]*)",
    rf"(?<![a-z])(?:{_HEADERS}){_EQUALS}(?:{_QUOTED}|((?:[^\r\n\\]|\\(?![rn]))*))",
    # If a sentence follows "token:", do not hide its first word, because it is no token. An example is "Error loading
    # SSO Token: Token for default does not exist".
    rf"(?:{_KEYS}|(?<![a-z])password|(?<![\w-])token)(?!(?<=token):\s+[a-z]+ [a-z]){_EQUALS}"
    rf"(?:{_QUOTED}|((?<=\s)[^\s\"'<]+|[^\s\"'<&]*))",
    rf"{_LESS}(?:\w{{1,40}}:)?(?:{_KEYS}|password|token|{_HEADERS})(?:\s[^<>&%]{{0,100}})?(?<!/){_GREATER}"
    rf"(?:\s*<!\[CDATA\[)?((?:(?!{_LESS})[\s\S])*)",
)


# Between two digits of one phone number, there can be up to eight spaces or punctuation characters. Quotation marks are
# excluded, because they separate two numbers. "..." is excluded, because it marks the end of text that was cut.
_NEXT = r"(?:(?!\.\.\.|['\"])[\W_]){0,8}"
_PLUS = _spell("+")
_LIKE_A_NUMBER = re.compile(rf"{_PLUS}(?:{_NEXT}[0-9]){{8,15}}(?![0-9])")
# Four or more digits in front of "...", which marks the end of text that was cut
_CUT = re.compile(rf"(?<!\w)(?<!\w-){_PLUS}?[0-9](?:{_NEXT}[0-9]){{3,30}}(?=[\W_]{{0,8}}\.\.\.)")


class PhoneNumbers:
    """Phone numbers to hide: those that were added, and everything that looks like a phone number."""

    def __init__(self) -> None:
        self._known: set[str] = set()  # the digits of each phone number

    def add(self, proxy: dict[str, Any] | None) -> None:
        """Add the phone number in a ``Proxy`` structure."""
        digits = "".join(re.findall("[0-9]", str((proxy or {}).get("FallBackPhoneNumber"))))
        if 1 < len(digits) <= 64:
            self._known.add(digits)

    def patterns(self, text: str) -> list[re.Pattern[str]]:
        """Return patterns of the phone numbers in *text*. Digits inside a longer number or word do not match."""
        digits = "".join(re.findall("[0-9]", text))
        # Also find a number without its country code, which has at most three digits.
        spelled = {n[start:] for n in list(self._known) for start in range(4) if start == 0 or len(n) - start > 6}
        found = sorted((number for number in spelled if number in digits), key=len, reverse=True) if digits else []
        return [_LIKE_A_NUMBER, *(re.compile(self._spell(number)) for number in found)]

    def hide(self, value: Any) -> Any:
        """Return a module's result in which all phone numbers are hidden, except in the diff and in identifiers.

        Some strings in the result were cut before a phone number was added to this object. If such a string ends in
        the middle of the number, hide this part of the number too.
        """
        if isinstance(value, dict):
            kept = ("diff", "account_id", "backup_file", "voice_connector_id", "region")
            return {key: inner if key in kept else self.hide(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.hide(item) for item in value]
        if not isinstance(value, str):
            return value
        for pattern in self.patterns(value):
            value = pattern.sub("(hidden)", value)
        return _CUT.sub(lambda match: "(hidden)" if self._begins(match[0]) else match[0], value)

    @staticmethod
    def _spell(number: str) -> str:
        # Fewer than five digits can mean anything, unless a plus sign is in front of them.
        plus = _PLUS if len(number) < 5 else f"{_PLUS}?"
        return rf"(?<!\w)(?<!\w-){plus}(?:(?:00?|011){_NEXT})?{_NEXT.join(number)}(?!\w|-\w)"

    def _begins(self, text: str) -> bool:
        """Whether *text* ends with the first four or more digits of a known number."""
        digits = "".join(re.findall("[0-9]", text))
        return any(digits.endswith(n[:length]) for n in list(self._known) for length in range(4, len(n) + 1))


def redact(
    text: Any,
    secrets: Iterable[str] = (),
    patterns: Iterable[re.Pattern[str]] = (),
    limit: int = 500,
    numbers: PhoneNumbers | None = None,
) -> str:
    """Return external *text* as one line of at most *limit* characters, and "..." if there is more.

    "(hidden)" replaces the *secrets*, even if they are escaped or percent-encoded. It also replaces the user parts of
    URLs, and the values of headers, parameters, and keys that contain credentials. Such a value is also hidden if the
    text ends inside the value. If the text contains a phrase such as "The Canonical String", everything from this
    phrase to the end is replaced. This function raises no exception, whatever *text* is.

    :param secrets: strings to hide wherever they occur. Strings with fewer than eight characters are ignored. If a
        string contains whitespace or control characters, its parts of eight characters or more are hidden too.
    :param patterns: patterns whose matches are hidden. A match must not have more than 4096 characters.
    :param numbers: the phone numbers to hide, if any.
    """
    needles = {part for secret in secrets for part in (secret.strip(), *re.split(r"[\s\x00-\x1f\x7f-\x9f]+", secret))}
    needles = {needle for needle in needles if len(needle) >= 8}
    # After the text that is shown, also search as many characters as the longest match can have. Otherwise, a secret
    # that is only partly shown would not match. If the end of the value of a header or key is missing, the rules still
    # match the value. But they find the user part of a URL only by the @ after it. If the text was cut, it may end
    # inside a user part, so append an @.
    shown = 8192 + 4 * limit
    searched = shown + max([4096, *map(_longest, needles)])
    try:
        text = str.__str__(str(text))  # str() can return an instance of a subclass
    except Exception:
        text = "(unprintable)"
    head = text[:searched] + "@" * (len(text) > searched)
    if numbers is not None:
        patterns = [*patterns, *numbers.patterns(head)]
    pieces: list[str] = []
    end = 0
    for start, stop in sorted(_find(head, needles, patterns)):
        if start == stop:
            continue
        if start >= shown:
            break
        if start > end or not pieces:
            pieces += [head[end:start], "(hidden)"]
        end = max(end, stop)
    line = " ".join("".join([*pieces, head[end:shown]]).split())
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return line[:limit] + "..." if len(text) > shown or len(line) > limit else line


def _find(text: str, needles: Iterable[str], patterns: Iterable[re.Pattern[str]]) -> Iterator[tuple[int, int]]:
    """Yield the start and end of everything to hide."""
    for rule in _RULES:
        yield from (match.span(match.lastindex or 0) for match in re.finditer(rule, text, re.IGNORECASE))
    for needle in needles:
        # First, search for the longest run of letters and digits, which is the same in all escaped forms. This is
        # faster, because most text contains no secret.
        if max(re.findall("[0-9A-Za-z]*", needle), key=len) in text:
            # A long pattern takes long to compile, so find a long secret by its first and last 64 characters.
            ends = (needle[:64], needle[-64:]) if len(needle) > 256 else (needle,)
            between = rf"[\s\S]{{{len(needle) - 128},{_longest(needle)}}}?"
            spelled = (re.sub(r"\\*[^0-9A-Za-z\\]|\\+", lambda match: _spell(match[0]), end) for end in ends)
            patterns = [*patterns, re.compile(between.join(spelled))]
    for pattern in patterns:
        yield from (match.span() for match in pattern.finditer(text))


def find_secrets(
    settings: dict[str, Any], session: Any, used: Iterable[str]
) -> tuple[list[str], list[re.Pattern[str]]]:
    """Return the secrets of a connection, and patterns of the user parts of its URLs.

    :param settings: the connection options.
    :param session: the session of botocore, or None.
    :param used: the secret keys and tokens that the connection has used so far.
    """
    secrets = [*used, *(str(settings[name]) for name in ("secret_key", "session_token") if settings.get(name))]
    variables = list(os.environ)  # reading all values would take longer, because Python decodes each
    secrets += [
        os.environ.get(name, "")
        for name in variables
        if name.startswith("AWS_") and name.endswith(("SECRET_ACCESS_KEY", "TOKEN"))
    ]
    proxies = (settings.get("aws_config") or {}).get("proxies")
    urls = [settings.get("endpoint_url"), *(proxies.values() if isinstance(proxies, dict) else ())]
    urls += [
        os.environ.get(name)
        for name in variables
        if name.lower().endswith("_proxy") or name.startswith(("AWS_ENDPOINT_URL", "AWS_URL"))
    ]
    with contextlib.suppress(Exception):  # the configuration may be invalid
        services = [section for part in session.full_config.get("services", {}).values() for section in part.values()]
        for section in (*session.full_config["profiles"].values(), *services):
            secrets += [str(section[key]) for key in ("aws_secret_access_key", "aws_session_token") if key in section]
            urls.append(section.get("endpoint_url"))
            secrets += _read_tokens(section.get("web_identity_token_file"))
    for name in ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
        secrets += _read_tokens(os.environ.get(name))
    for path in glob.glob(os.path.expanduser("~/.aws/sso/cache/*.json")):
        secrets += _read_tokens(path)
    users = [str(url).rpartition("@")[0].rpartition("://")[2] for url in urls]
    # If the user part of a URL contains #, /, ?, @, or a backslash, urllib3 and Python mistake a part of it for a
    # host or a port, and quote this part in errors.
    users += [part for user in users for part in re.split(r"[#/?@\\]", user) if ":" in part or len(part) > 3]
    users += [part for user in users for part in user.split(":")[1:] if len(part) > 3]
    return secrets, [re.compile(re.escape(user)) for user in users if user]


def _read_tokens(path: str | None) -> list[str]:
    """Return the tokens in a file. Tokens are long strings without spaces and slashes."""
    try:
        with open(path or "", encoding="utf-8") as file:
            return re.findall(r"[\w.=+~-]{20,}", file.read(100_000))
    except (OSError, ValueError):
        return []
