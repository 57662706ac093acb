"""Every setting is checked once; a wrong one is a line that names it and says what it takes."""

from pathlib import Path

import pytest

from chat.core.errors import Misconfigured
from chat.core.settings import NAMES, Settings, from_env
from chat.infra.store import folder

MEGABYTES = {
    "DISK_FLOOR": "disk_floor",
    "CONTACT_QUOTA": "contact_quota",
    "ACCOUNT_QUOTA": "account_quota",
    "SERVER_QUOTA": "server_quota",
}
SECRET = "a secret of at least thirty-two characters"


def test_without_settings_one_process_is_everything() -> None:
    made = from_env({})
    assert made.embedded
    assert made.data == Path("lethe-data").absolute()
    assert made.database_url == f"sqlite:///{made.data}/lethe.db"
    assert made.keys_url == f"file://{made.data}/keys/contacts.keys"
    assert (made.redis_url, made.secret_key, made.base_url, made.log_level) == ("", "", "", "INFO")


def test_on_postgresql_the_keys_are_in_a_database_beside() -> None:
    made = from_env({"LETHE_DATABASE_URL": "postgresql://u:p@db:5432/lethe"})
    assert made.keys_url == "postgresql://u:p@db:5432/lethe_keys"
    assert not made.embedded


def test_redis_makes_it_several_processes() -> None:
    assert not from_env({"LETHE_REDIS_URL": "redis://127.0.0.1/0"}).embedded


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LETHE_DATABASE_URL", "mysql://x/y"),
        ("LETHE_DATABASE_URL", "lethe.db"),
        ("LETHE_DATABASE_URL", "postgresql://db:port/lethe"),
        ("LETHE_DATABASE_URL", "postgresql://[::1/lethe"),
        ("LETHE_KEYS_URL", "keys"),
        ("LETHE_KEYS_URL", "redis://127.0.0.1"),
        ("LETHE_REDIS_URL", "127.0.0.1:6379"),
        ("LETHE_REDIS_URL", "redis://[::1"),
        ("LETHE_REDIS_URL", "redis://127.0.0.1:port"),
        ("LETHE_SECRET_KEY", "short"),
        ("LETHE_BASE_URL", "chat.example"),
        ("LETHE_BASE_URL", "ftp://chat.example"),
        ("LETHE_BASE_URL", "https://"),
        ("LETHE_BASE_URL", "https://chat.example/path"),
        ("LETHE_BASE_URL", "https://chat.example?x=1"),
        ("LETHE_BASE_URL", "https://[::1"),
        ("LETHE_SMTP_URL", "mail.example"),
        ("LETHE_TRUSTED_PROXIES", "everybody"),
        ("LETHE_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("LETHE_TRUSTED_PROXIES", "127.0.0.1;::1"),
        ("LETHE_OUTBOUND_ALLOW", "inside"),
        ("LETHE_LOG_LEVEL", "chatty"),
        *(
            (f"LETHE_{of}", bad)
            for of in MEGABYTES
            for bad in ("-1", "1.5", "1e3", "512 MB", "0x10", "٥", " ", "9" * 10)
        ),
    ],
)
def test_a_wrong_setting_is_named_on_one_line(name: str, value: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        from_env({name: value})
    assert name in caught.value.detail
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize("of", MEGABYTES)
def test_megabytes_are_a_whole_number_and_none_is_0(of: str) -> None:
    for text, value in {"0": 0, "7": 7, "007": 7, "9" * 9: 999_999_999}.items():
        made = from_env({f"LETHE_{of}": text})
        assert getattr(made, MEGABYTES[of]) == value
    assert from_env({f"LETHE_{of}": ""}) == from_env({})
    assert "MB" in from_env({f"LETHE_{of}": "7"}).shown()[f"LETHE_{of}"]


def test_an_unknown_setting_is_refused_with_those_there_are() -> None:
    with pytest.raises(Misconfigured) as caught:
        from_env({"LETHE_DATBASE_URL": "sqlite:///x"})
    assert "LETHE_DATBASE_URL" in caught.value.detail
    assert all(name in caught.value.detail for name in NAMES)


def test_other_programs_settings_are_none_of_ours() -> None:
    from_env({"PATH": "/bin", "LETHARGIC": "yes"})


@pytest.mark.parametrize("value", ["https://Chat.Example", "HTTPS://chat.example/", "https://chat.example:443"])
def test_the_base_address_is_kept_as_browsers_send_an_origin(value: str) -> None:
    assert from_env({"LETHE_BASE_URL": value}).base_url == "https://chat.example"


def test_what_is_printed_holds_no_secret() -> None:
    made = from_env(
        {
            "LETHE_DATABASE_URL": "postgresql://user:canary1@db/lethe",
            "LETHE_REDIS_URL": "redis://:canary2@redis/0",
            "LETHE_SMTP_URL": "smtp://me:canary3@mail",
            "LETHE_SECRET_KEY": "canary4" * 8,
        }
    )
    shown = " ".join(made.shown().values()) + repr(made)
    assert "canary" not in shown
    assert "***" in shown
    assert set(made.shown()) == set(NAMES)


def test_a_data_folder_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match=r"LETHE_DATA is .* cannot be written .* set LETHE_DATA"):
        folder.prepare_data(from_env({"LETHE_DATA": str(tmp_path / "file" / "data")}))


def test_the_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    made = fresh(tmp_path)
    assert made.data.stat().st_mode & 0o777 == 0o700
    folder.server_secret(made)
    assert (made.data / "secret.key").stat().st_mode & 0o777 == 0o600


def test_the_servers_secret_is_made_once(tmp_path: Path) -> None:
    made = fresh(tmp_path)
    first = folder.server_secret(made)
    assert len(first) >= 32
    assert folder.server_secret(made) == first
    assert folder.server_secret(fresh(tmp_path / "other")) != first


def test_the_secret_that_is_set_is_the_one_used(tmp_path: Path) -> None:
    made = fresh(tmp_path, LETHE_SECRET_KEY=SECRET)
    assert folder.server_secret(made) == SECRET.encode()
    assert not (made.data / "secret.key").exists()


@pytest.mark.parametrize("content", ["", "\n", "short"])
def test_a_damaged_secret_is_never_used(tmp_path: Path, content: str) -> None:
    made = fresh(tmp_path)
    (made.data / "secret.key").write_text(content, "utf-8")
    with pytest.raises(Misconfigured, match=r"secret\.key"):
        folder.server_secret(made)


def fresh(data: Path, **environ: str) -> Settings:
    made = from_env({"LETHE_DATA": str(data / "data")} | environ)
    folder.prepare_data(made)
    return made
