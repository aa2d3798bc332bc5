"""Where settings come from, and what is said of one that cannot be used."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypotheses
from hypothesis import strategies as st

from vivavoce.config import ALIASES, PREFIX, Settings, environment, explain, load_settings
from vivavoce.core.errors import SettingError


@pytest.fixture(autouse=True)
def clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, an empty home, and none of our variables."""
    for name in list(os.environ):
        if name.upper().startswith(PREFIX) or name in ALIASES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def origin(settings: Settings, name: str) -> str:
    return next(where for known, _, where in explain(settings) if known == name)


def test_without_anything_the_defaults_hold() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.engine) == ("127.0.0.1", 8000, "moonshine")
    assert settings.data_dir.name == "vivavoce"
    assert {where for _, _, where in explain(settings)} == {"default"}


def test_each_layer_beats_those_below_it(
    clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = clean_place.parent / "config" / "vivavoce"
    config.mkdir(parents=True)
    (config / "vivavoce.toml").write_text("port = 1001\n")
    seen = [(load_settings().port, origin(load_settings(), "port"))]
    (clean_place / "vivavoce.toml").write_text("port = 1002\n")
    seen.append((load_settings().port, origin(load_settings(), "port")))
    (clean_place / ".env").write_text("VIVAVOCE_PORT=1003\n")
    seen.append((load_settings().port, origin(load_settings(), "port")))
    monkeypatch.setenv("VIVAVOCE_PORT", "1004")
    seen.append((load_settings().port, origin(load_settings(), "port")))
    seen.append((load_settings(port=1005).port, origin(load_settings(port=1005), "port")))
    assert seen == [
        (1001, str(config / "vivavoce.toml")),
        (1002, "vivavoce.toml"),
        (1003, "VIVAVOCE_PORT in .env"),
        (1004, "VIVAVOCE_PORT in the environment"),
        (1005, "--port"),
    ]


def test_a_flag_that_is_none_was_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVAVOCE_PORT", "1004")
    assert load_settings(port=None).port == 1004


def test_an_empty_variable_was_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVAVOCE_PORT", "")
    assert load_settings().port == 8000


def test_ancestors_variables_are_honoured_below_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    assert load_settings().port == 9000
    assert load_settings().log_level == "warning"
    monkeypatch.setenv("VIVAVOCE_PORT", "9001")
    assert load_settings().port == 9001


def test_foreign_names_in_env_files_are_left_alone(clean_place: Path) -> None:
    (clean_place / ".env").write_text("AZURE_SPEECH_KEY=abc\nEDITOR=vi\nVIVAVOCE_WORKERS=2\n")
    assert load_settings().workers == 2


@pytest.mark.parametrize("file", [".env", "environment"])
def test_an_unknown_variable_stops_with_its_name_and_the_nearest(
    file: str, clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if file == ".env":
        (clean_place / ".env").write_text("VIVAVOCE_PROT=9\n")
    else:
        monkeypatch.setenv("VIVAVOCE_PROT", "9")
    with pytest.raises(SettingError, match=r"VIVAVOCE_PROT in .* nearest one is VIVAVOCE_PORT\."):
        load_settings()


def test_an_unknown_toml_key_stops_with_its_name_and_the_nearest(clean_place: Path) -> None:
    (clean_place / "vivavoce.toml").write_text('datadir = "/x"\n')
    with pytest.raises(
        SettingError, match=r"^datadir in vivavoce.toml .* nearest one is data_dir\.$"
    ):
        load_settings()


def test_broken_toml_is_named(clean_place: Path) -> None:
    (clean_place / "vivavoce.toml").write_text("port = \n")
    with pytest.raises(SettingError, match=r"^vivavoce.toml cannot be read: .*line 1"):
        load_settings()


def test_a_binary_env_file_is_named(clean_place: Path) -> None:
    (clean_place / ".env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match=r"^\.env cannot be read: "):
        load_settings()


def test_a_secret_that_cannot_be_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("vivavoce.toml").write_text("smtp_password = 12345")
    with pytest.raises(SettingError, match=r"^smtp_password cannot be what it is ") as error:
        load_settings()
    assert "12345" not in str(error.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORT", "70000"), ("PORT", "eight"), ("WORKERS", "0"), ("LOG_LEVEL", "loud")],
)
def test_an_impossible_value_is_named_with_its_origin(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + variable, value)
    with pytest.raises(SettingError) as error:
        load_settings()
    assert str(error.value).startswith(
        f"{variable.lower()} cannot be '{value}' (VIVAVOCE_{variable} in the environment): "
    )


@pytest.mark.parametrize("address", ["localhost:11434/v1", "ftp://here/v1", "http://", "http://[x"])
def test_a_language_models_address_is_of_the_web(address: str) -> None:
    with pytest.raises(SettingError, match="it is to begin with http:// or https:// and a host"):
        load_settings(llm_base_url=address)


def test_the_data_folder_is_absolute_and_knows_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    monkeypatch.setenv("USERPROFILE", str(Path.cwd()))
    assert load_settings(data_dir="~/kept").data_dir == Path.cwd() / "kept"
    assert load_settings(data_dir="kept").data_dir == Path.cwd() / "kept"


def test_settings_never_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]


@given(
    port=st.integers(0, 65535),
    hosts=st.none() | st.integers(1, 256),
    language=st.none() | st.sampled_from(["en", "pt-BR"]),
    grace_s=st.floats(0, 86_400),
)
def test_another_process_gets_the_same_settings(
    port: int, hosts: int | None, language: str | None, grace_s: float
) -> None:
    settings = load_settings(port=port, hosts=hosts, language=language, grace_s=grace_s)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(settings).items():
            patch.setenv(name, value)
        assert load_settings().model_dump() == settings.model_dump()


def test_engines_are_given_with_commas_and_the_first_is_preferred() -> None:
    settings = load_settings(engines="azure, moonshine")
    assert settings.engines == ("azure", "moonshine")
    assert settings.engine == "azure"
    assert environment(settings)["VIVAVOCE_ENGINES"] == "azure,moonshine"
    assert ("engines", "azure,moonshine", "--engines") in explain(settings)


def test_one_engine_may_be_called_engine(
    clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clean_place / "vivavoce.toml").write_text('engine = "toml"\n')
    assert load_settings().engines == ("toml",)
    (clean_place / "vivavoce.toml").write_text('engine = "short"\nengines = ["a", "b"]\n')
    assert load_settings().engines == ("a", "b")
    monkeypatch.setenv("VIVAVOCE_ENGINE", "variable")
    assert load_settings().engines == ("variable",)
    monkeypatch.setenv("VIVAVOCE_ENGINES", "c,d")
    assert load_settings().engines == ("c", "d")
    assert load_settings(engine="flag").engines == ("flag",)


@pytest.mark.parametrize("wrong", ["a,,b", ",", " "])
def test_an_engine_without_a_name_is_refused(wrong: str) -> None:
    with pytest.raises(SettingError, match="engines cannot be"):
        load_settings(engines=wrong)


def test_prices_are_given_with_commas_or_as_a_table(clean_place: Path) -> None:
    settings = load_settings(prices="azure=1.00, aws=1.44")
    assert settings.prices == {"azure": 1, "aws": 1.44}
    assert settings.cost("aws", 16_000 * 1800) == pytest.approx(0.72)
    assert settings.cost("openai", 1) is None
    assert environment(settings)["VIVAVOCE_PRICES"] == "azure=1.0,aws=1.44"
    (clean_place / "vivavoce.toml").write_text("[prices]\nazure = 1\nopenai-rest = 0.36\n")
    assert load_settings().prices == {"azure": 1, "openai-rest": 0.36}
    assert load_settings().cost("azure", 16_000 * 3600) == 1


@hypotheses(max_examples=25)
@given(
    st.dictionaries(st.sampled_from(["azure", "aws", "openai"]), st.floats(0, 1e300), min_size=1)
)
def test_another_process_gets_the_same_prices(prices: dict[str, float]) -> None:
    settings = load_settings(prices=prices)
    again = load_settings(prices=environment(settings)["VIVAVOCE_PRICES"])
    assert again.prices == settings.prices == prices


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("azure=cheap", "the price of azure is 'cheap', and has to be a number, 0 or more."),
        ("azure", "the price of azure is '', and has to be a number, 0 or more."),
        ("azure=-1", "the price of azure is '-1', and has to be"),
        ("azure=nan", "the price of azure is 'nan', and has to be"),
        ("azure=inf", "the price of azure is 'inf', and has to be"),
        ("azur=1", "there is no engine 'azur'"),
        ("azure=1,", "there is no engine ''"),
        (1.0, "prices are given as engine=price, with commas between them."),
    ],
)
def test_a_price_that_cannot_be_is_named(wrong: object, reason: str) -> None:
    with pytest.raises(SettingError) as error:
        load_settings(prices=wrong)
    assert str(error.value).startswith(f"prices cannot be {wrong!r} (--prices): {reason}")
