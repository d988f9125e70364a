"""Keys and passwords of sixty kinds are found and hidden, look-alikes are not. No key is written here whole."""

from __future__ import annotations

import base64
import random
import string
from pathlib import Path

import pytest

from rag.secrets import HIDDEN, found, hide

HEX, SMALL, CAPITAL = "0123456789abcdef", string.ascii_lowercase + string.digits, string.ascii_uppercase + string.digits
LETTERS = string.ascii_letters + string.digits
URL = LETTERS + "-_"


class Lot:
    """Draws the same keys each time."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def __call__(self, length: int, alphabet: str = LETTERS) -> str:
        return "".join(self._random.choice(alphabet) for _ in range(length))

    def base64(self, length: int) -> str:
        return base64.b64encode(self._random.randbytes(length)).decode()

    def uuid(self) -> str:
        return "-".join(self(size, HEX) for size in (8, 4, 4, 4, 12))

    def pem(self, kind: str) -> str:
        body = self.base64(150)
        lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
        dashes = "-" * 5
        return f"{dashes}BEGIN {kind}{dashes}\n{lines}\n{dashes}END {kind}{dashes}"

    def signed(self) -> str:
        def part(text: str) -> str:
            return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

        return ".".join((part('{"alg":"HS256","typ":"JWT"}'), part('{"sub":"17","name":"Ann"}'), self(43, URL)))


def kinds(lot: Lot) -> dict[str, tuple[str, str]]:
    """name -> (text, the part of it that must not stay)."""

    def behind(before: str, key: str, after: str = "") -> tuple[str, str]:
        return before + key + after, key

    bare = {
        "AWS key": "AKIA" + lot(16, CAPITAL[:26] + "234567"),
        "AWS session key": "ASIA" + lot(16, CAPITAL[:26] + "234567"),
        "Google": "AIza" + lot(35, URL),
        "Google client": "GOCSPX-" + lot(28, URL),
        "Google access": "ya29." + lot(60, URL),
        "GitHub": "ghp_" + lot(36),
        "GitHub app": "ghs_" + lot(36),
        "GitHub fine-grained": "github_pat_" + lot(22) + "_" + lot(59),
        "GitLab": "glpat-" + lot(20, URL),
        "OpenAI": "sk-" + lot(48),
        "OpenAI project": "sk-proj-" + lot(120, URL),
        "Anthropic": "sk-ant-api03-" + lot(93, URL) + "AA",
        "OpenRouter": "sk-or-v1-" + lot(64, HEX),
        "DeepSeek": "sk-" + lot(32, HEX),
        "ElevenLabs": "sk_" + lot(48, HEX),
        "xAI": "xai-" + lot(80),
        "Groq": "gsk_" + lot(52),
        "Perplexity": "pplx-" + lot(48),
        "NVIDIA": "nvapi-" + lot(64, URL),
        "Replicate": "r8_" + lot(37),
        "Hugging Face": "hf_" + lot(34, string.ascii_letters),
        "Slack bot": "xoxb-" + lot(12, string.digits) + "-" + lot(12, string.digits) + "-" + lot(24),
        "Slack hook": "https://hooks.slack.com/services/T" + lot(8, CAPITAL) + "/B" + lot(10, CAPITAL) + "/" + lot(24),
        "Discord": "M" + lot(25) + "." + lot(6) + "." + lot(38),
        "Telegram": lot(10, "123456789") + ":AA" + lot(33, URL),
        "Stripe": "sk_live_" + lot(24),
        "Stripe restricted": "rk_test_" + lot(40),
        "Twilio": "SK" + lot(32, HEX),
        "SendGrid": "SG." + lot(22, URL) + "." + lot(43, URL),
        "Mailgun": "key-" + lot(32, HEX),
        "Mailchimp": lot(32, HEX) + "-us14",
        "npm": "npm_" + lot(36),
        "PyPI": "pypi-AgEIcHlwaS5vcmc" + lot(120, URL),
        "Docker": "dckr_pat_" + lot(27, URL),
        "DigitalOcean": "dop_v1_" + lot(64, HEX),
        "Shopify": "shpat_" + lot(32, HEX),
        "Square": "sq0atp-" + lot(22, URL),
        "Databricks": "dapi" + lot(32, HEX),
        "Vault": "hvs." + lot(95, URL),
        "Atlassian": "ATATT3xFfGF0" + lot(180, URL),
        "Linear": "lin_api_" + lot(40),
        "Notion": "ntn_" + lot(46),
        "Figma": "figd_" + lot(40, URL),
        "Airtable": "pat" + lot(14) + "." + lot(64, HEX),
        "Postman": "PMAK-" + lot(24, HEX) + "-" + lot(34, HEX),
        "New Relic": "NRAK-" + lot(27, CAPITAL),
        "Grafana": "glsa_" + lot(32) + "_" + lot(8, HEX),
        "Voyage": "pa-" + lot(43),
        "Razorpay": "rzp_live_" + lot(14),
        "LaunchDarkly": "api-" + lot.uuid(),
        "Inngest": "signkey-prod-" + lot(64, HEX),
        "Honeycomb": "hcaik_" + lot(58, SMALL),
        "Matrix": "syt_" + lot(12) + "_" + lot(20, string.ascii_letters) + "_" + lot(6),
        "Asana": "2/" + lot(16, string.digits) + "/" + lot(16, string.digits) + ":" + lot(32, HEX),
        "age": "AGE-SECRET-KEY-1" + lot(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
        "JSON Web Token": lot.signed(),
        "RSA": lot.pem("RSA PRIVATE KEY"),
        "OpenSSH": lot.pem("OPENSSH PRIVATE KEY"),
        "PGP": lot.pem("PGP PRIVATE KEY BLOCK"),
        "escaped PEM": lot.pem("PRIVATE KEY").replace("\n", "\\n"),
    }
    named = {
        "AWS secret": behind("aws_secret_access_key = ", lot.base64(30)),
        "Azure storage": behind("AccountName=shop;AccountKey=", lot.base64(64), ";EndpointSuffix=core.windows.net"),
        "Datadog": behind('"dd_api_key": "', lot(32, HEX), '"'),
        "Deepgram": behind("export DEEPGRAM_API_KEY=", lot(40, HEX)),
        "Heroku": behind("HEROKU_API_KEY: ", lot.uuid()),
        "Azure DevOps": behind("AZURE_DEVOPS_PAT=", lot(52, SMALL)),
        "Mailjet": behind("MJ_APIKEY_PRIVATE=", lot(32, HEX)),
        "client secret": behind("client_secret: '", lot(40), "'"),
        "XML attribute": behind('<add key="ApiKey" value="', lot(32), '"/>'),
        "key of a service": behind('clarifai_key: "', "a7K" + lot(30) + "9Q2b", '"'),
        "key behind a dash": behind("spotify token - '", "q4" + lot(30), "'"),
        "user of curl on the next line": behind("curl -X POST \\\n  -u shop:", "pw9" + lot(14), " https://a.example"),
        "token after a space": behind("My snyk token ", lot.uuid(), "."),
        "bearer": behind("curl -H 'Authorization: Bearer ", lot(32), "' https://a.example"),
        "basic": behind("Authorization: Basic ", base64.b64encode(b"ann:" + lot(9).encode()).decode()),
        "database address": behind("postgres://app:", "Tr4" + lot(8), "@db.example:5432/shop"),
        "Redis address": behind("redis://:", lot(12), "@cache.example:6379"),
        "password in a file": behind("DB_PASSWORD=", "Sum" + lot(6) + "1!", "\nDB_HOST=x"),
        "password in JSON": behind('{"user": "ann", "password": "', "blue" + "horse77", '"}'),
        "password in prose": behind("The wifi password is ", "hunter" + "42", ", as always."),
        "password in German": behind("Das Passwort lautet ", "Sommer" + "2024!", "."),
        "password of a connection": behind("Server=db;Uid=app;Pwd=", "q7" + lot(9) + "#", ";"),
        "password in XML": behind("<password>", "k9" + lot(8), "</password>"),
        "password on the command line": behind("mysql --password=", "x1" + lot(8), " shop"),
    }
    named |= {
        "another way to log in": behind("Authorization: Splunk ", lot.uuid()),
        "no word for the way": behind('{"authorization": "', lot(32, HEX), '"}'),
        "log-in of two parts": behind("Authorization: sso-key ", lot(12) + "_" + lot(22) + ":" + lot(22)),
        "first thing that a client is told": behind('co = example.Client("', lot(40), '")'),
        "auth of a registry": behind('{"auth": "', base64.b64encode(f"ann:{lot(14)}".encode()).decode(), '"}'),
        "app of an address": behind("https://a.example/weather?q=Bonn&appid=", lot(32, HEX)),
        "oauth of a chat": behind("PASS oauth:", lot(30, SMALL)),
        "scrambled key of a framework": behind("SECRET_KEY = 'made-", lot(50, SMALL + "!@#^&*(-_=+)!@#^&*(-_=+)"), "'"),
        "password behind a space": behind("storePassword '", "b7" + lot(9), "'"),
        "Mailgun, new": behind("It is ", f"{lot(32, HEX)}-{lot(8, HEX)}-{lot(8, HEX)}"),
    }
    named |= {
        "of nobody's list": behind("It is ", f"quux_live_{lot(40)}", " here."),
        "a password as it is stored": behind("ann:", f"$apr1${lot(8)}${lot(22)}"),
        "a line of .pgpass": behind("db.example:5432:shop:ann:", f"{lot(9)}4!"),
    }
    return {**{name: behind("It is ", key, " here.") for name, key in bare.items()}, **named}


KINDS = list(kinds(Lot(0)))


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_is_found_and_hidden(name: str) -> None:
    missed = 0
    for seed in range(20):
        text, key = kinds(Lot(seed))[name]
        hidden = hide(text)
        missed += not (found(text) and key not in hidden and HIDDEN in hidden and not found(hidden))
    assert missed <= 1


def test_harmless_look_alikes_are_left_alone() -> None:
    lines = Path(__file__).with_name("harmless.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 200 and len(KINDS) >= 60
    assert [line for line in lines if found(line) or hide(line) != line] == []


def test_uuids_hashes_and_pictures_are_left_alone() -> None:
    lot = Lot(3)
    for _ in range(50):
        picture = "iVBORw0KGgo" + lot.base64(300)
        for text in (
            f"id: {lot.uuid()}",
            f"request_id={lot.uuid()}, idempotency-key: x",
            f"commit {lot(40, HEX)}",
            f'"integrity": "sha512-{lot.base64(64)}"',
            f"    --hash=sha256:{lot(64, HEX)} \\",
            f'name = "secrecy"\nversion = "0.8.0"\nchecksum = "{lot(64, HEX)}"',
            f"github.com/golang-jwt/jwt v3.2.2 h1:{lot.base64(32)}",
            f'<img alt="api_key" src="data:image/png;base64,{picture}">',
            f"hf_logo.png: {picture}",
            f'"secret_key": "{picture}"',
            f"resolved https://registry.example/js-tokens/-/js-tokens-4.0.0.tgz#{lot(40, HEX)}",
            f"etag: W/{lot(27, URL)}",
            f"charge ch_{lot(24)} of cus_{lot(14)}, user_{lot(27)}",
            f'"id": "chatcmpl-{lot(29)}", "call_{lot(24)}"',
            f"main-{lot(8, HEX)}.chunk.js, pod web-{lot(10, HEX)}-{lot(5, HEX)}",
            lot.pem("CERTIFICATE"),
            lot.pem("PUBLIC KEY"),
            f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{lot(43)} ann@host",
        ):
            assert hide(text) == text and not found(text)


def test_half_masked_keys_are_hidden_and_the_rest_of_the_sentence_stays() -> None:
    assert hide("Incorrect API key provided: sk-ab****yz. Look at") == f"Incorrect API key provided: {HIDDEN}. Look at"


def test_a_key_that_stands_in_anothers_shadow_is_hidden_too() -> None:
    one, other = "ghp_" + Lot(1)(36), "AKIA" + Lot(2)(16, CAPITAL)
    text = f"{one}:{other}@{one}"
    assert hide(text).count(HIDDEN) == 3 and not found(hide(text))
