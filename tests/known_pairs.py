"""Fourteen pairs of four continents: the part of their trade that goes by road, and days by truck, as published.

Shares are about those of ``data/world/mode_shares.csv`` where it has the pair (most of them are met by the fit, and so no test of it), else of the page named. Days are
stated for a road of the pair, or follow from a published number of kilometres that trucks cover in a day there; where no source
was found there are none.
"""

from __future__ import annotations

from dataclasses import dataclass

_COMCEC = "http://ebook.comcec.org/Kutuphane/Icerik/Yayinlar/Analitik_Calismalar/Ulastirma_Haberlesme/Toplanti10/files/assets/basic-html/page-156.html"
_BTS = "https://content.govdelivery.com/accounts/USDOT/bulletins/3d7df03"
_ONE_CROSSING = "https://www.millenniumpost.in/kolkata/petrapole-benapole-route-unaffected-by-bandh-394957"
_ISTHMUS = "https://comercioynegocios.org/destacado/el-95-del-comercio-centroamericano-se-realiza-por-vias-terrestres/"
_BAHT = "https://malaymail.com/news/money/2020/09/11/malaysia-thailand-jan-july-border-trade-falls-23.6pc/1902367"
_SIECA = "https://www.centroamerica360.com/economia/mas-de-10-millones-de-vehiculos-circulan-en-centroamerica/?amp=1"
_RULE_OF_500_MILES = "https://mexicomlogistics.com/fr/tansit-times-map-ground-freight-mexico-us-canada/"


@dataclass(frozen=True)
class Days:
    """Published days of a truck: ``days`` of the pair's main road, or ``km_a_day``, one of the two."""

    source: str
    days: float | None = None
    km_a_day: float | None = None

    def of(self, km: float) -> float:
        """Days that a way of ``km`` takes by what is published."""
        return self.days if self.days is not None else km / float(self.km_a_day or 0.0)


@dataclass(frozen=True)
class Known:
    """Least and most part by road, and where that is from; days, if anybody told them."""

    low: float
    high: float
    source: str
    days: Days | None = None


PAIRS = {
    # Africa. Hours are published from the port of Mombasa alone (data/world/transit_times.csv), twice as far as the cities.
    ("KEN", "UGA"): Known(0.75, 1.0, _COMCEC),
    # North America: 0.68 and 0.73 to 0.75 by truck, pipelines left out; carriers reckon with 500 miles a day.
    ("CAN", "USA"): Known(0.60, 0.80, _BTS, Days(_RULE_OF_500_MILES, km_a_day=805.0)),
    ("MEX", "USA"): Known(0.65, 0.80, _BTS, Days(_RULE_OF_500_MILES, km_a_day=805.0)),
    # Central and South America: 95 % of the trade of the six economies; 16 to 18 km an hour, borders and nights in it.
    ("GTM", "SLV"): Known(0.85, 1.0, _ISTHMUS, Days(_SIECA, km_a_day=17.0 * 24.0)),
    ("CRI", "NIC"): Known(0.85, 1.0, _ISTHMUS, Days(_SIECA, km_a_day=17.0 * 24.0)),
    ("HND", "SLV"): Known(0.85, 1.0, _ISTHMUS, Days(_SIECA, km_a_day=17.0 * 24.0)),
    ("COL", "ECU"): Known(0.55, 0.95, "http://cosiplan.org/proyectos/detalle_proyecto_api.aspx?h=5"),
    # Asia. India and Nepal: "mostly by road"; India and Bangladesh: half by one crossing alone, 120 to 168 hours from Kolkata to Dhaka.
    ("IND", "NPL"): Known(0.50, 1.0, "https://www.feedzop.com/en-in/news/business-economy/nepals-reliance-indian-exports-highlights-crucial-trade-routes"),
    ("IND", "BGD"): Known(0.50, 1.0, _ONE_CROSSING, Days("https://yumpu.com/en/document/view/22109489/report/97", days=6.0)),
    ("THA", "LAO"): Known(0.90, 1.0, _BAHT),
    ("THA", "MYS"): Known(0.34, 0.54, _BAHT),
    ("THA", "MMR"): Known(0.73, 0.93, _BAHT),
    ("TUR", "IRQ"): Known(0.90, 1.0, "https://almaghribtoday.net/en/amp/90/turkey-the-exports-to-iraq-via-khabur-exceeded-10bn"),
    # Europe: "primarily by road"; full trucks cover 550 to 1,300 km in two days.
    ("POL", "HUN"): Known(
        0.50, 1.0, "https://poland-transport.eu/en/g/transport-europe---key-transport-directions-65/articles/transport-to-hungary-transport-between-poland-and-hungary-7792.html",
        Days("https://www.logifie.com/blog/understanding-transit-times-in-european-road-freight", days=2.0),
    ),
}  # fmt: skip
