"""What people write into TOML with a secret in it, and what only looks like that.

The kinds are those that a first week of use met: taken out with a `#`, as arguments in an array, in
a sentence, in a header, in base64, in a table of secrets, in a data source name; and those that the
corpus beside this met.
"""

from __future__ import annotations

import pytest

from tetra_es.secret_scan.scan import Finding, scan_document
from tetra_es.toml.document import ConfigDocument

SECRETS = [
    '# password = "hunter2x"',
    "# db_password = 's3cr3t-9'",
    '#api_key = "9f8a7b6c5d"',
    'a=1 # password = "hunter2x"',
    'args = ["--password", "hunter2"]',
    'args = ["--token", "abcdefgh1"]',
    'cmd = "mysql -uroot -phunter2 db"',
    'args = ["mysqldump", "-uroot", "-phunter2"]',
    'Authorization = "Bearer abcd1234"',
    'Authorization = "Bearer tokenvalue"',
    'headers = { Authorization = "Basic dXNlcjpwYXNz" }',
    'headers = { "X-Api-Key" = "abcd1234" }',
    'note = "the password is hunter2"',
    'note = "password is: hunter2x!"',
    "# the password is hunter2",
    'cert = "LS0tLS1CRU' + 'dJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFb3dJQkFBS0NBUUVB"',
    '[secrets]\ndb = "hunter2"',
    '[app.secrets]\ndb = "hunter2"',
    '[credentials]\ndb = "s3cr3t-value"',
    'dsn = "app:hunter2@tcp(db:3306)/app"',
    'dsn = "root:pw1234@unix(/tmp/mysql.sock)/x?parseTime=true"',
    'dsn = "host=db user=app password=hunter2 dbname=x"',
    '# [db]\n# app.password = "s3cr3t-9"',
    "# export API_KEY=9f8a7b6c5d",
    "#DB_PASSWORD=tr0ub4dor",
    '"contraseña" = "hunter2"',
    'contrasena_db = "hunter2"',
    'motDePasse = "hunter2"',
    'dbKennwort = "hunter2"',
    '"пароль" = "hunter2"',
    '"密码" = "hunter2"',
    'session_secret = "two words"',
    'door_pin = "4471"',
    'remote = "https://' + "9f8a7b6c5d4e3f2a1b0c" + '@git.example/app.git"',
    'url = "app/hunter2@db:1521/ORCL"',
    "dsn = \"host=db password='two words' user=app\"",
    'cmd = "env REDIS_PASS=hunter2 ./run"',
    'cmd = "PW=hunter2 ./run"',
    '[credentials.ftp]\ncode = "s3cr3t-9"',
    '[secrets.db.main]\nlogin = "s3cr3t-9"',
    'basic_auth = "admin:hunter2"',
    'traefik_basicAuth = "admin:hunter2"',
    'eth_private = "0x' + "9f8a7b6c5d4e3f2a1b0c" * 3 + 'abcd"',
    'note = "login ops / password hunter2"',
    '[messages]\npassword = "hunter2"',
]

HARMLESS = [
    'service_key = "tetra-main"',
    'service_key = "web_frontend"',
    'application_key = "shop"',
    'minisign_key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"',
    'public = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"',
    (
        'minisign = "untrusted comment: minisign public key E7620F1842B4E81F\\n'
        'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"'
    ),
    "# minisign key: RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3",
    '# password = ""',
    '# password = "..."',
    '# password = "your password"',
    "# The password is in the vault.",
    'note = "the password is required"',
    'note = "password is stored in secrets/dev"',
    'args = ["--password-file", "/run/secrets/db"]',
    'args = ["--token", "--verbose"]',
    'args = ["-p", "8080"]',
    'args = ["-p", "8080:80"]',
    'cmd = "ssh -p2222 host"',
    'cmd = "docker run -p8080:80 nginx"',
    'cmd = "nmap -p80,443 host"',
    'cmd = "mkdir -p/opt/x"',
    'Authorization = "Bearer ${TOKEN}"',
    'Authorization = "required"',
    '[secrets]\nprovider = "vault"',
    '[secrets]\npath = "/run/secrets"',
    '[secrets]\nenabled = "true"',
    '[secrets.vault]\naddress = "https://vault.example:8200"',
    'dsn = "app:${PW}@tcp(db:3306)/app"',
    'dsn = "app@tcp(db:3306)/app"',
    'certificate = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURkekNDQWwrZ0F3SUJBZ0lF"',
    '# token = "$TOKEN"',
    '# key = "value"',
    "# max_tokens = 4096",
    '# password = "mypassword"',
    '# token_ttl = "30s"',
    "# see the api_key = setting",
    'authorization = "rbac"',
    'headers = { Authorization = "Token $TOKEN" }',
    'authorization = "Basic"',
    'passwd = "files systemd sss"',
    'pin = "17"',
    'pin = "exact"',
    'basic_auth = "users.htpasswd"',
    'basic_auth = "admin:${ADMIN_PASSWORD}"',
    'remote = "https://deploy@git.example/app.git"',
    'dsn = "https://9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e@o1.ingest.sentry.io/2"',
    'uses = "actions/checkout@v4"',
    'image = "library/nginx@latest"',
    'cmd = "env BYPASS=something ./run"',
    'note = "user name and password: see the vault"',
    '[credentials.aws]\nprofile = "production"',
    '[i18n.fr]\npassword = "Mot de passe"',
    '[translations]\nenter_password = "Passwort eingeben"',
    'forgot_password = "Forgot it?"',
    'known_host = "git.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLs"',
    'password = "@Microsoft.KeyVault(SecretUri=https://kv.example/secrets/db)"',
]


def findings(text: str) -> list[Finding]:
    return scan_document(ConfigDocument("x.toml", text))


@pytest.mark.parametrize("text", SECRETS)
def test_it_is_found_once(text: str) -> None:
    (finding,) = findings(text)
    assert finding.line == 1 + text.rstrip("\n").count("\n")


@pytest.mark.parametrize("text", HARMLESS)
def test_it_is_left_alone(text: str) -> None:
    assert findings(text) == []


def test_what_was_taken_out_already_is_not_found_again() -> None:
    from tetra_es.secret_scan.scan import scan_changes

    before = ConfigDocument("x.toml", '# password = "hunter2x"\na = 1\n')
    after = ConfigDocument("x.toml", '# why\n# password = "hunter2x"\na = 2\n')
    assert scan_changes(before, after) == []
    assert len(scan_changes(None, after)) == 1
