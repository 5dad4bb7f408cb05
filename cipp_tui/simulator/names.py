"""Invented names: Microsoft's fictional companies, combinations of them, and awkward ones."""

import random
import re
from itertools import islice
from typing import Final

# Source: Microsoft's list of fictional companies for documentation.
COMPANIES: Final = (
    "A. Datum Corporation",
    "Adventure Works Cycles",
    "Alpine Ski House",
    "Bellows College",
    "Best For You Organics",
    "City Power & Light",
    "Coho Winery",
    "Consolidated Messenger",
    "Contoso Ltd",
    "Fabrikam Inc",
    "Fourth Coffee",
    "Graphic Design Institute",
    "Humongous Insurance",
    "Lamna Healthcare",
    "Litware Inc",
    "Lucerne Publishing",
    "Margie's Travel",
    "Munson's Pickles",
    "Nod Publishers",
    "Northwind Traders",
    "Proseware Inc",
    "Relecloud",
    "School of Fine Art",
    "Southridge Video",
    "Tailspin Toys",
    "The Phone Company",
    "Trey Research",
    "VanArsdel Ltd",
    "Wide World Importers",
    "Wingtip Toys",
    "Woodgrove Bank",
)
MAKERS: Final = (
    "Adatum", "Adventure Works", "Alpine", "Bellows", "Blue Yonder", "Coho", "Contoso",
    "Fabrikam", "Fourth Coffee", "Humongous", "Lamna", "Litware", "Lucerne", "Margie's",
    "Munson's", "Northwind", "Proseware", "Relecloud", "Southridge", "Tailspin", "Tailwind",
    "Trey", "VanArsdel", "Wide World", "Wingtip", "Woodgrove",
)  # fmt: skip
TRADES: Final = (
    "Accountants", "Architects", "Bakery", "Brewery", "Builders", "Catering", "Chandlery",
    "Clinics", "Dental Care", "Electrics", "Engineering", "Estates", "Farms", "Fisheries",
    "Florists", "Foundry", "Freight", "Gardens", "Glassworks", "Hotels", "Joinery", "Kennels",
    "Law", "Logistics", "Marine", "Motors", "Optics", "Pharmacy", "Plumbing", "Printers",
    "Roofing", "Sailing", "Schools", "Signs", "Stables", "Textiles", "Tiling", "Timber",
    "Vets", "Vineyards",
)  # fmt: skip
PLACES: Final = (
    "Aberdeen", "Antwerp", "Bergen", "Bilbao", "Bremen", "Bristol", "Cork", "Delft", "Dundee",
    "Eindhoven", "Galway", "Ghent", "Girona", "Graz", "Haarlem", "Kiel", "Leeds", "Leiden",
    "Lille", "Lund", "Lyon", "Malaga", "Namur", "Nantes", "Odense", "Oulu", "Parma", "Porto",
    "Riga", "Siena", "Sligo", "Tartu", "Trieste", "Turku", "Uppsala", "Utrecht", "Vaasa",
    "Venlo", "York", "Zwolle",
)  # fmt: skip

MARKUP: Final = (
    "Contoso [Test] Ltd",
    "[/]",
    "[bold]Bold & Sons[/bold]",
    "50% [/",
)
AWKWARD: Final = (
    "Café Brûlée 🥐☕",
    "日本ソフト株式会社",
    "شركة الأفق للتجارة",
    "Evil \u202egnp.exe Trading",
    "Clip\x1b]52;c;SEVMTE8=\x07board BV",
    "Tab\tand\r\nNewline GmbH",
    "=1+1 Consulting",
    "The Most Honourable and Ancient Guild of Fishmongers, Chandlers, Coopers and Candlestick "
    "Makers of the Lower Rhine and Meuse, Incorporated by Letters Patent, Limited",
)
DUPLICATE: Final = "Tailwind Traders"


def tenant_names(count: int, source: random.Random) -> list[str]:
    """Return so many different ordinary names, the fictional companies first."""
    names = list(islice(COMPANIES, count))
    combinations = len(MAKERS) * len(TRADES) * len(PLACES)
    chosen = source.sample(range(combinations), max(count - len(names), 0))
    return names + [_combined(number) for number in chosen]


def slug(name: str, number: int) -> str:
    """Return a host name label for a name, unique through its number."""
    letters = re.sub(r"[^a-z0-9]+", "", name.lower())[:24] or "tenant"
    return f"{letters}{number}"


def _combined(number: int) -> str:
    number, maker = divmod(number, len(MAKERS))
    place, trade = divmod(number, len(TRADES))
    return f"{MAKERS[maker]} {TRADES[trade]} {PLACES[place]}"
