"""Where the style sheets are: inside the package when installed, beside it in a checkout."""

from pathlib import Path


def style_files() -> list[Path]:
    """Every style sheet, in the order in which they are read."""
    package = Path(__file__).parents[1]
    places = (package / "styles", package.parent / "styles")
    folder = next((place for place in places if place.is_dir()), places[0])
    return sorted(folder.glob("*.tcss"))
