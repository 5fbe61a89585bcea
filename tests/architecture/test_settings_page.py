"""docs/settings.md names every setting there is, with its default."""

from pathlib import Path

import msgspec

from tenantry.kernel.config import PREFIX, Settings


def test_every_setting_is_documented_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    for field in msgspec.structs.fields(Settings):
        row = rows[PREFIX + field.name.upper()]
        if isinstance(field.default, str | int) and not isinstance(field.default, bool):
            assert f"`{field.default}`" in row
