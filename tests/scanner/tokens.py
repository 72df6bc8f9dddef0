"""Strings of the detector of real tokens, put together here: none may stand in the repository."""

from __future__ import annotations

from itertools import cycle, islice


def made_of(alphabet: str, size: int) -> str:
    """Return `size` characters, the alphabet over and over."""
    return "".join(islice(cycle(alphabet), size))


def mixed(size: int) -> str:
    return made_of("a7Q2xK9mZ4tR8bW1cY6pN3vJ5sH0dL", size)


def hexadecimal(size: int) -> str:
    return made_of("7a1f9c3e0b5d8264", size)


def small(size: int) -> str:
    return made_of("k3v9z1q8w2m7c5x4", size)


def capital(size: int) -> str:
    return made_of("Q7ZK2MX5RT3WV4HN", size)


def digits(size: int) -> str:
    return made_of("4829105736", size)


UUID = f"{hexadecimal(8)}-{'-'.join([hexadecimal(4)] * 3)}-{hexadecimal(12)}"

SHORTEST = {
    "url-user": "https://" + hexadecimal(20) + "@h",
    "url-private": "://calendar/private-" + hexadecimal(16),
    "age-key": "AGE-SECRET-KEY-1" + capital(40),
    "private-key": "-----BEGIN RSA PRIVATE" + " KEY-----\n" + mixed(16),
    "putty-key": "PuTTY-User-Key-" + "File-2:",
    "private-key-base64": "LS0tLS1CRU" + "dJTiBQUklWQVRFIEtF" + mixed(8),
    "minisign-key": "RWRT" + "Y0Iy" + mixed(100),
    "jwt": "ey" + "J" + mixed(13) + ".ey" + mixed(14),
    "password-hash": "$2b" + "$12$" + mixed(53),
    "adafruit": "aio" + "_" + mixed(28),
    "airtable": "pat" + mixed(14) + "." + hexadecimal(64),
    "alibaba": "LT" + "AI" + mixed(12),
    "amazon-mws": "amzn" + ".mws." + small(30),
    "anthropic": "sk-" + "ant-" + mixed(20),
    "artifactory": "AK" + "C" + mixed(10),
    "atlassian": "ATAT" + "T3" + mixed(40),
    "aws-bedrock": "AB" + "SK" + mixed(60),
    "aws-key-id": "AK" + "IA" + capital(16),
    "azure-client": "a7Q8Q" + "~" + mixed(31),
    "azure-signature": "?si" + "g=" + mixed(40),
    "braintree": "access_" + "token$production$" + small(10) + "$" + hexadecimal(32),
    "cloudflare": "v1." + "0-" + hexadecimal(24) + "-" + hexadecimal(146),
    "crates": "ci" + "o" + mixed(32),
    "databricks": "da" + "pi" + hexadecimal(32),
    "defined": "dn" + "key-" + capital(26) + "-" + capital(52),
    "digitalocean": "dop" + "_v1_" + hexadecimal(64),
    "discord-bot": "M" + mixed(23) + "." + mixed(6) + "." + mixed(27),
    "discord-hook": "/api/web" + "hooks/" + digits(10) + "/" + mixed(40),
    "docker": "dckr" + "_pat_" + mixed(20),
    "doppler": "dp" + ".pt." + mixed(40),
    "dropbox": "s" + "l." + mixed(60),
    "dynatrace": "dt0" + "c01." + capital(8) + "." + capital(64),
    "facebook": "EA" + "A" + mixed(60),
    "figma": "fig" + "d_" + mixed(30),
    "fly": "fo" + "1_" + mixed(43),
    "github": "gh" + "p_" + mixed(36),
    "gitlab": "gl" + "pat-" + mixed(20),
    "google-client": "GOC" + "SPX-" + mixed(28),
    "google-key": "AI" + "za" + mixed(35),
    "google-token": "ya" + "29." + mixed(20),
    "grafana": "gl" + "sa_" + mixed(32) + "_" + hexadecimal(8),
    "groq": "gs" + "k_" + mixed(40),
    "hashicorp": "hv" + "s." + mixed(24),
    "heroku": "HR" + "KU-" + mixed(36),
    "huggingface": "h" + "f_" + mixed(34),
    "linear": "lin" + "_api_" + mixed(32),
    "mailchimp": hexadecimal(32) + "-u" + "s1",
    "mailgun": "ke" + "y-" + hexadecimal(32),
    "newrelic": "NR" + "AK-" + capital(19),
    "notion": "nt" + "n_" + mixed(43),
    "npm": "np" + "m_" + mixed(36),
    "nuget": "oy" + "2" + small(43),
    "onepassword": "ops" + "_ey" + mixed(100),
    "openai": "sk" + "-" + mixed(32),
    "perplexity": "pp" + "lx-" + mixed(40),
    "planetscale": "pscale" + "_pw_" + mixed(32),
    "postman": "PM" + "AK-" + hexadecimal(24) + "-" + hexadecimal(34),
    "prefect": "pn" + "u_" + mixed(36),
    "pulumi": "pu" + "l-" + hexadecimal(40),
    "pypi": "py" + "pi-Ag" + mixed(50),
    "rubygems": "rubygems" + "_" + hexadecimal(48),
    "sendgrid": "S" + "G." + mixed(22) + "." + mixed(16),
    "sendinblue": "xkey" + "sib-" + hexadecimal(64) + "-" + mixed(16),
    "sentry": "sntry" + "u_" + hexadecimal(64),
    "shopify": "shp" + "at_" + hexadecimal(32),
    "slack": "xox" + "b-" + digits(12) + "-" + mixed(12),
    "slack-hook": "hooks.slack" + ".com/services/" + mixed(40),
    "sonar": "sq" + "p_" + hexadecimal(40),
    "sourcegraph": "sg" + "p_" + hexadecimal(40),
    "square": "sq0" + "atp-" + mixed(22),
    "stripe": "sk" + "_live_" + mixed(10),
    "supabase": "sb" + "p_" + hexadecimal(40),
    "tailscale": "ts" + "key-auth-" + mixed(12),
    "teams-hook": "webhook." + f"office.com/webhookb2/{UUID}@{UUID}/IncomingWebhook/"
    f"{hexadecimal(32)}/{UUID}",
    "telegram": digits(8) + ":" + "A" + mixed(34),
    "together": "tg" + "p_v1_" + mixed(40),
    "twilio": "S" + "K" + hexadecimal(32),
    "twitter": "A" * 22 + "z" + mixed(59),
    "yandex": "AQ" + "VN" + mixed(35),
}
"""For each kind of token, one as short as they come: with one character less it is not a token."""

CHOSEN = {
    "url-password": ("postgres://app:hunter2@db/app", "postgres://db:5432/app?user=a@b"),
    "assignment": ("node server.js --password hunter2", "node server.js --password-file /run/pw"),
    "http-header": ("Authorization: Token " + mixed(12), "HTTP Basic authentication is used"),
    "http-user": ("curl -u app:hunter2 localhost", "date -u +%H:%M"),
    "dsn": ("app:hunter2@tcp(db:3306)/app", "app@tcp(db:3306)/app?a=b:c"),
    "option-p": ("mysqldump -uroot -phunter2 app", "docker run -p8080:80 --pull x"),
    "prose": ("the password is hunter2 now", "the password is in the vault"),
    "sip-password": ("sip:1001:hunter2@pbx.example", "sip:1001@pbx.example:5060"),
    "oracle": ("app/hunter2@//db:1521/ORCL", "actions/checkout@v4 and registry/app@db:5000"),
    "login": ("staging (user demo, pw hunter2)", "the user name and password fields"),
    "sql-user": ("CREATE USER app IDENTIFIED BY 'hunter2'", "a row is identified by its id"),
}
"""For each of the other rules, a text that has a secret and one that only nearly has."""
