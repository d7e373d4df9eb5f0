# SPDX-FileCopyrightText: Contributors to the chime_sdk.voice project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that redact() hides all secrets, and nothing but secrets, in external text such as a message from AWS."""

from __future__ import annotations

import base64
import html
import json
import random
import re
import string
import struct
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest

from ansible_collections.chime_sdk.voice.plugins.module_utils._redact import PhoneNumbers, redact

KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY="
PHONE_NUMBER = re.compile(r"(?<![\w:])(?:\+?1)?\d{10}(?!\w)")


def escape_slashes(text: str) -> str:
    return json.dumps(text)[1:-1].replace("/", r"\/")


def escape_symbols(text: str) -> str:
    return re.sub("[^0-9A-Za-z]", lambda match: "".join(f"\\u{unit:04X}" for unit in utf_16(match[0])), text)


def utf_16(text: str) -> tuple[int, ...]:
    encoded = text.encode("utf-16-be", "surrogatepass")
    return struct.unpack(f">{len(encoded) // 2}H", encoded)


def percent(text: str, safe: str = "") -> str:
    return quote(text, safe=safe, errors="surrogatepass")


def repr_of_bytes(text: str) -> str:
    return repr(text.encode("utf-8", "surrogatepass"))[2:-1]


SPELLINGS: dict[str, Callable[[str], str]] = {
    "literal": str,
    "repr": lambda text: repr(text)[1:-1],
    "repr of bytes": repr_of_bytes,
    "repr of repr": lambda text: repr(repr(text)[1:-1])[1:-1],
    "repr of the repr of bytes": lambda text: repr(repr_of_bytes(text))[1:-1],
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "JSON with escaped slashes": escape_slashes,
    "JSON with escaped symbols": escape_symbols,
    "repr of JSON": lambda text: repr(escape_slashes(text))[1:-1],
    "percent": percent,
    "percent except slashes": lambda text: percent(text, "/"),
    "percent in lowercase": lambda text: re.sub("%..", lambda match: match[0].lower(), percent(text)),
    "percent with + for space": lambda text: percent(text, " ").replace(" ", "+"),
    "percent twice": lambda text: percent(percent(text)),
    "percent of JSON": lambda text: percent(escape_symbols(text)),
    "HTML": html.escape,
    "HTML twice": lambda text: html.escape(html.escape(text)),
    "HTML in decimal": lambda text: re.sub("[^0-9A-Za-z]", lambda match: f"&#{ord(match[0])};", text),
    "HTML in hexadecimal": lambda text: re.sub("[^0-9A-Za-z]", lambda match: f"&#x{ord(match[0]):X};", text),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        "/starts+with/a symbol",
        "two words & <more> 'quoted' \"twice\"",
        "line one of it\nline two of it\ttab",
        "back\\slash\\\\es\\",
        'ends with \\"quotes\\"',
        "100%25sure%",
        "&amp;&lt;entities;",
        "pässwörd-\U0001f600-密码",
        "!#$%&*()~?",
        "-\udcff-surrogate",
        "unprintable-\U000e0001",
        base64.b64encode(bytes(range(256)) * 8).decode(),
    ],
)
def test_secrets_are_hidden_in_every_spelling(secret: str, spelling: str) -> None:
    text = f"Bad value <{SPELLINGS[spelling](secret)}> for x"
    assert redact(text, [secret]) == "Bad value <(hidden)> for x"


def test_several_secrets_are_hidden_even_if_they_overlap() -> None:
    secrets = ["abcdefgh", "abcdefgh12345678", "12345678ABCDEFGH", "ABCDEFGHIJ"]
    assert redact("<abcdefgh> <abcdefgh12345678ABCDEFGHIJ>", secrets) == "<(hidden)> <(hidden)>"
    assert redact(f"{KEY}{KEY} {KEY}", [KEY]) == "(hidden) (hidden)"


def test_parts_of_a_secret_are_hidden_if_it_contains_whitespace() -> None:
    secret = " first part\x00second-part\r\nshort third-part\n"
    text = "first part? second-part, short: third-part"
    assert redact(text, [secret]) == "first part? (hidden), short: (hidden)"
    assert redact(repr(secret), [secret]) == "' (hidden)\\n'"


@pytest.mark.parametrize("secret", ["", "us", "1234567", "  east  ", "\n\n\n\n\n\n\n\n"])
def test_short_secrets_are_ignored(secret: str) -> None:
    assert redact("us-east-1 1234567", [secret]) == "us-east-1 1234567"


def test_matches_of_patterns_are_hidden() -> None:
    patterns = [PHONE_NUMBER, re.compile("(a)(b)?c|x*")]
    assert redact("Call +12065550100 or 2065550101, ac", (), patterns) == "Call (hidden) or (hidden), (hidden)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://user:pw@host:99999", "http://(hidden)@host:99999"),
        ("Proxy socks5://user:pw@host:1080 failed", "Proxy socks5://(hidden)@host:1080 failed"),
        ("http://user:p#w@host", "http://(hidden)@host"),
        ("http://user:p/w?@host/path", "http://(hidden)@host/path"),
        ("//user:pw@host", "//(hidden)@host"),
        ("http://user:p@ss@word@host", "http://(hidden)@host"),
        ("'http://user:pw@host', 'me@example.com'", "'http://(hidden)@host', 'me@example.com'"),
        ("http://token@[::1]:8080/", "http://(hidden)@[::1]:8080/"),
        ("http:user:pw@host http:/user:pw@host", "http:(hidden)@host http:/(hidden)@host"),
        (r"http:\/\/user:pw@host", r"http:\/\/(hidden)@host"),
        ("u=http%3A%2F%2Fuser%3Apw%40host", "u=http%3A%2F%2F(hidden)%40host"),
        ("u=http%253a%252f%252fuser:pw%2540host", "u=http%253a%252f%252f(hidden)%2540host"),
        ("http://a.example http://user:pw@b.example", "http://a.example http://(hidden)@b.example"),
    ],
)
def test_the_user_part_of_a_url_is_hidden(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The signature does not match.\n\nThe Canonical String for this request should have been\n'GET\n/x\nhost:a'",
            "The signature does not match. (hidden)",
        ),
        ("Failed. THE STRING-TO-SIGN should have been\n'AWS4-HMAC-SHA256'", "Failed. (hidden)"),
        ("Failed: canonical request\nGET /", "Failed: (hidden)"),
        ("<Code>x</Code><StringToSign>AWS4</StringToSign>", "<Code>x</Code><(hidden)"),
        ("X-Amz-Security-Token: abc\r\nHost: host", "X-Amz-Security-Token: (hidden) Host: host"),
        ("x-amz-security-token=abc host", "x-amz-security-token=(hidden) host"),
        ("{'X-AMZ-SECURITY-TOKEN': 'a\\'b', 'a': 1}", "{'X-AMZ-SECURITY-TOKEN': '(hidden)', 'a': 1}"),
        ('{"authorization":"Basic a, b","a":1}', '{"authorization":"(hidden)","a":1}'),
        ("{'Cookie': b'a=\"b\"; c=d', 'a': 1}", "{'Cookie': b'(hidden)', 'a': 1}"),
        (r'"{\"Set-Cookie\":\"a=\\\"b\\\"\",\"a\":1}"', r'"{\"Set-Cookie\":\"(hidden)\",\"a\":1}"'),
        ("Set-Cookie: a=b; Path=/\nHost: host", "Set-Cookie: (hidden) Host: host"),
        ('Cookie: a="b\\"c"; d=e\nHost: host', "Cookie: (hidden) Host: host"),
        (r"b'Proxy-Authorization: Basic YTpi\r\nHost: host'", r"b'Proxy-Authorization: (hidden)\r\nHost: host'"),
        ("Authorization=AWS4-HMAC-SHA256 Credential=a, Signature=b", "Authorization=(hidden)"),
        ("an error in Authorization header: 'Bearer abc'.", "an error in Authorization header: '(hidden)'."),
        (
            "https://host/?X-Amz-Credential=a%2Fb&X-Amz-Date=1&X-Amz-Security-Token=c%2B&amp;x-amz-signature=d.",
            "https://host/?X-Amz-Credential=(hidden)&X-Amz-Date=1&X-Amz-Security-Token=(hidden)&amp;"
            "x-amz-signature=(hidden)",
        ),
        ("?u=X-Amz-Signature%3Dabc%26x", "?u=X-Amz-Signature%3D(hidden)"),
    ],
)
def test_what_aws_signs_is_hidden(text: str, expected: str) -> None:
    assert redact(text) == expected


RESPONSE = (
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Credentials><AccessKeyId>AKIDEXAMPLE'
    f"</AccessKeyId><SecretAccessKey>{KEY}</SecretAccessKey><SessionToken>\n {KEY}\n</SessionToken></Credentials>"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RESPONSE, re.sub(r"\s*wJalr[^<]*", "(hidden)", RESPONSE)),
        (
            "<sts:Token a='b'>abc</sts:Token><Region>c</Region>",
            "<sts:Token a='b'>(hidden)</sts:Token><Region>c</Region>",
        ),
        ("<Password>a &amp; b</Password>", "<Password>(hidden)</Password>"),
        ("<token><![CDATA[abc]]></token> c", "<token><![CDATA[(hidden)</token> c"),
        ("&lt;Token&gt;abc&lt;/Token&gt; d", "&lt;Token&gt;(hidden)&lt;/Token&gt; d"),
        (r"\u003cToken\u003eabc\u003c/Token\u003e d", r"\u003cToken\u003e(hidden)\u003c/Token\u003e d"),
        ("<Authorization>Basic a</Authorization>", "<Authorization>(hidden)</Authorization>"),
        ("<Token/>abc <Token />abc", "<Token/>abc <Token />abc"),
        ('{"SecretAccessKey": "a", "Version": 1}', '{"SecretAccessKey": "(hidden)", "Version": 1}'),
        (
            '{"accessToken":"a","refreshToken":"b","clientSecret":"c',
            '{"accessToken":"(hidden)","refreshToken":"(hidden)","clientSecret":"(hidden)',
        ),
        (r'b\'{"SessionToken":"a\\"b","Region":"c"}\'', r'b\'{"SessionToken":"(hidden)","Region":"c"}\''),
        ("Credentials(Password='it\\'s', Token=b\"a\")", "Credentials(Password='(hidden)', Token=b\"(hidden)\")"),
        (
            "aws_secret_access_key = a\naws_session_token=b\nregion=c",
            "aws_secret_access_key = (hidden) aws_session_token=(hidden) region=c",
        ),
        ("secret_access_key: a, PASSWORD: b&c<d", "secret_access_key: (hidden) PASSWORD: (hidden)<d"),
        ("password=a&user=b", "password=(hidden)&user=b"),
        ('{"Password": "", "a": 1}', '{"Password": "", "a": 1}'),
    ],
)
def test_values_of_keys_are_hidden(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize("body", [RESPONSE, repr(RESPONSE.encode()), html.escape(RESPONSE)])
def test_a_response_may_be_cut_anywhere(body: str) -> None:
    for end in range(len(body)):
        assert not survivors(redact(body[:end]), KEY)


@pytest.mark.parametrize(
    "text",
    [
        "The security token included in the request is expired",
        "The security token included in the request is invalid.",
        "An error occurred (ExpiredToken) when calling the AssumeRole operation: The provided token has expired.",
        "ExpiredToken: The security token included in the request is expired",
        "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: No OpenIDConnect "
        "provider found in your account for https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E",
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
        "and signing method. Consult the service documentation for details.",
        "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)",
        "Credential should be scoped to a valid region, not 'us-west-1'.",
        "Authorization header requires 'Signature' parameter. Authorization header requires existence of either a "
        "'X-Amz-Date' or a 'Date' header.",
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        "Error when retrieving token from sso: Token has expired and refresh failed",
        "Error loading SSO Token: Token for https://example.awsapps.com/start does not exist",
        'Unable to locate credentials. You can configure credentials by running "aws login".',
        "Partial credentials found in explicit, missing: aws_secret_access_key",
        "Error when retrieving credentials from custom-process: Missing required key in credentials: SecretAccessKey",
        "The config profile (production) could not be found",
        "Missing the following required SSO configuration values: sso_region. To make sure this profile is properly "
        "configured to use SSO, please run: aws configure sso",
        "You must specify a region.",
        "Provided region_name 'us east 1' doesn't match a supported format.",
        "Invalid endpoint: https://voice-chime..amazonaws.com",
        'Could not connect to the endpoint URL: "https://voice-chime.us-east-1.amazonaws.com/voice-connectors"',
        'Read timeout on endpoint URL: "https://voice-chime.us-east-1.amazonaws.com/voice-connectors?max-results=99"',
        'Failed to connect to proxy URL: "http://proxy.example.com:3128"',
        "SSL validation failed for https://127.0.0.1:8443/ [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
        "self-signed certificate (_ssl.c:1006)",
        "HTTPSConnectionPool(host='voice-chime.us-east-1.amazonaws.com', port=443): Max retries exceeded with url: "
        "/voice-connectors (Caused by ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 407 "
        "Proxy Authentication Required')))",
        "HTTPConnectionPool(host='proxy.example.com', port=3128): Max retries exceeded with url: http://169.254.169.254/ "
        "(Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f0000000000>: Failed to "
        "establish a new connection: [Errno 111] Connection refused'))",
        "Failed to parse: http://proxy.example.com:99999",
        "SOCKSHTTPSConnectionPool(host='127.0.0.1', port=1080): Read timed out. (read timeout=60)",
        "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
        "IncompleteRead(120 bytes read, 380 more expected)",
        "User: arn:aws:sts::123456789012:assumed-role/audit/ansible is not authorized to perform: "
        "chime:GetVoiceConnectorProxy on resource: arn:aws:chime:us-east-1:123456789012:vc/abcdef1ghij2klmno3pqr4 "
        "because no identity-based policy allows the chime:GetVoiceConnectorProxy action",
        "Voice Connector abcdef1ghij2klmno3pqr4 does not exist in the Region us-east-1 (path: C:\\temp\\new, 100%)",
        'Parameter validation failed:\nUnknown parameter in input: "Token", must be one of: NextToken, MaxResults',
        "Unable to parse response (no element found: line 1, column 0), invalid XML received. Further retries may "
        "succeed: b''",
        '{"NextToken": "abc", "AccessKeyId": "AKIDEXAMPLE", "Error": {"Code": "Throttled"}, "Contact": "me@example.com"}',
    ],
)
def test_messages_without_secrets_are_unchanged(text: str) -> None:
    assert redact(text, [KEY], [PHONE_NUMBER]) == " ".join(text.split())


def test_text_is_one_printable_line() -> None:
    assert redact(" a\r\n\tb \x1b[31m\x00\u202e\udcff é\u2028c ") == r"a b \x1b[31m\x00\u202e\udcff é c"
    assert redact(b"a") == "b'a'"
    assert redact(None) == "None"
    assert redact(ValueError(f"no {KEY}"), iter([KEY]), iter([PHONE_NUMBER])) == "no (hidden)"


@pytest.mark.parametrize("size", [20, 21, 10**6])
def test_long_text_is_shortened(size: int) -> None:
    assert redact("a" * size, limit=20) == "a" * 20 + "..." * (size > 20)


def test_text_that_cannot_be_printed_raises_no_error() -> None:
    class Unprintable(Exception):
        def __str__(self) -> str:
            raise RuntimeError(KEY)

    class Odd(str):
        def __str__(self) -> str:  # pylint: disable=invalid-str-returned
            return self

        def __getitem__(self, index: Any) -> str:
            raise RuntimeError(KEY)

    recursive: list[Any] = []
    for _depth in range(100_000):
        recursive = [recursive]
    assert redact(Unprintable()) == "(unprintable)"
    assert redact(recursive) == "(unprintable)"
    assert redact(Odd("odd")) == "odd"


def survivors(shown: str, secret: str) -> set[str]:
    """Return each sequence of eight characters of *secret* that can be read in *shown*, even if it is encoded."""
    plain = {shown, re.sub(r"\\+(?:u00|x)([0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)), shown)}
    plain |= {html.unescape(html.unescape(text)) for text in plain}
    plain |= {unquote(unquote(text)) for text in plain}
    plain |= {re.sub(r"\\+n", " ", text).replace("\\", "") for text in plain}
    return parts(secret.replace("\n", " ")) & set().union(*map(parts, plain))


def parts(text: str) -> set[str]:
    return {text[i : i + 8] for i in range(len(text) - 7)}


def test_no_part_of_a_random_secret_survives() -> None:
    generator = random.Random(20260407)
    alphabet = string.ascii_letters + string.digits + "+/" * 5
    fragments = [
        *("\\", "%", "%25", "&", "&amp;", "\\x", "\\u00", '"', "'", "<", ">", "//", "@", "://", "é", "\x00", "\n", " "),
    ]
    fragments += ["token", ": ", "=", "b'", "password", "</", "us-east-1", "canonical ", "cookie", *alphabet]
    for _round in range(40):
        secrets = []
        for _secret in range(generator.randint(1, 3)):
            secret = "".join(generator.choices(alphabet, k=generator.choice([8, 12, 40, 300]))) + "="
            width = generator.choice([20, 64, 2000])
            secrets.append("\n".join(secret[i : i + width] for i in range(0, len(secret), width)))
        text = ""
        for secret in generator.choices(secrets, k=4):
            junk = "".join(generator.choices(fragments, k=generator.randint(0, 40)))
            text += junk + SPELLINGS[generator.choice(list(SPELLINGS))](secret)
        shown = redact(text, secrets, limit=100_000)
        assert "(hidden)" in shown
        for secret in secrets:
            assert not survivors(shown, secret), (text, shown)
        assert len(redact(text, secrets, limit=50)) <= 53


def first_offset_not_shown() -> int:
    """Return the offset in a long text at which redact() stops showing characters."""
    low, high = 0, 10**6
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if "x" in redact(" " * middle + "x") else (low, middle)
    return low


@pytest.mark.parametrize("spelling", ["literal", "percent twice", "HTML in hexadecimal", "JSON with escaped symbols"])
def test_a_secret_at_the_cut_is_hidden(spelling: str) -> None:
    spelled = SPELLINGS[spelling](KEY)
    for cut, filler, rest in ((first_offset_not_shown(), " ", " x" * 8000), (500, "x", " x" * 300)):
        for offset in range(cut - len(spelled) - 10, cut + 10, 1 if spelling == "literal" else 3):
            shown = redact(filler * offset + spelled + rest, [KEY])
            assert not any(part in shown for part in (KEY[:4], KEY[10:14], KEY[-5:-1])), offset


def test_a_long_secret_at_the_cut_is_hidden() -> None:
    token = base64.b64encode(random.Random(1).randbytes(3072)).decode()
    cut = first_offset_not_shown()
    for text in (
        token,
        percent(percent(token)),
        f"http://{token}:{token * 50}@host",
        f"Token={token * 50}",
    ):
        for offset in (cut - 5000, cut - 4000, cut - 100, cut - 20, cut - 1):
            assert not survivors(redact(" " * offset + text + " x" * 20_000, [] if "=" in text[:9] else [token]), token)
            assert not survivors(redact(" " * offset + text, [token]), token)
    assert redact(" " * (cut - 20) + "//user:" + "x" * 10**6) == "//(hidden)..."


TOKENS = [base64.b64encode(random.Random(i).randbytes(3072)).decode() for i in range(50)]
HOSTILE = [
    "a", " ", "\n", "\0", "\udcff", "\U0001f600", "'", '"', "\\", "%", "%25", "%5c", "&", "&amp;", "<", "@", "//", "://",
    "//a", "//a@", "http:", "%2f%2fa", "%2f%2f%40", "a'//", "token", "token:", "token= ", 'token="', "token=\\\"\\\\", "'token':'",
    "<token ", "<token>", "&lt;token ", "%3ctoken ", "<a:", "password" + " " * 9, "authorization: \\", "authorization" + " " * 99,
    "canonical ", "the ", "the" + " " * 9999, "x-amz-", "secret_", KEY[:-1], KEY + "\n", percent(KEY),
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.no_cover
@pytest.mark.one_sdk
def test_hostile_text_takes_little_time(unit: str) -> None:
    text = (unit * (500_000 // len(unit) + 1))[:500_000]
    awkward = [KEY, "//////////", "\\" * 12 + "x", '\\"' * 8 + "x", "%25" * 8 + "x", "&amp;" * 8 + "x", "a" * 4096]
    assert seconds(text, [*TOKENS, *awkward]) < 0.5


@pytest.mark.no_cover
@pytest.mark.one_sdk
def test_many_long_tokens_take_little_time() -> None:
    runs = [max(re.findall("[0-9A-Za-z]+", token), key=len) for token in TOKENS]
    for spelled in ("\n".join(TOKENS), "\n".join(map(percent, TOKENS)), "\n".join(runs)):
        re.purge()
        # Most of this time is for compiling the patterns of 50 tokens.
        assert seconds((spelled * 100)[:5_000_000], TOKENS) < 3


def test_redacting_text_without_secrets_takes_little_time() -> None:
    def measure() -> float:
        re.purge()
        redact("")
        return seconds("a" * 100, TOKENS)

    assert min(measure() for _turn in range(5)) < 0.02


def seconds(text: str, secrets: list[str]) -> float:
    """Return the processor time that redact() takes."""
    start = time.process_time()
    assert len(redact(text, secrets)) <= 503
    return time.process_time() - start


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("the number +1206555...", "the number (hidden)..."),
        ("the number 1206...", "the number (hidden)..."),
        ("the number +1207555...", "the number +1207555..."),
        ("in us-east-1...", "in us-east-1..."),
    ],
)
def test_the_beginning_of_a_known_number_is_hidden_where_text_was_cut(text: str, hidden: str) -> None:
    numbers = PhoneNumbers()
    numbers.add({"FallBackPhoneNumber": "+12065550142"})
    assert numbers.hide({"msg": text})["msg"] == hidden
