from __future__ import annotations

import msgspec
import pytest

from assistant.core.settings import Settings, describe


def test_every_setting_is_described() -> None:
    descriptions = {each.key: each for each in describe()}
    values = msgspec.to_builtins(Settings())
    assert set(descriptions) == {f"{section}.{name}" for section, fields in values.items() for name in fields}
    for key, description in descriptions.items():
        section, name = key.split(".")
        assert description.default == values[section][name]
        assert type(description.default) is description.type
        assert description.title
        assert description.description.endswith(".")


@pytest.mark.parametrize("key", [each.key for each in describe() if each.minimum is not None])
def test_ranges_are_those_that_are_enforced(key: str) -> None:
    description = next(each for each in describe() if each.key == key)
    section, name = key.split(".")
    assert description.minimum is not None
    assert description.maximum is not None
    for value in (description.minimum, description.maximum):
        msgspec.convert({section: {name: description.type(value)}}, Settings)
    for value in (description.minimum - 1, description.maximum + 1):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({section: {name: description.type(value)}}, Settings)


def test_choices_are_those_that_are_enforced() -> None:
    theme = next(each for each in describe() if each.key == "appearance.theme")
    assert theme.choices == ("system", "dark", "light")
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"appearance": {"theme": "pink"}}, Settings)
