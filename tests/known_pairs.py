"""Fourteen pairs of four continents: the part of their trade that goes by road, and days by truck, as published.

Shares are about those of ``data/world/mode_shares.csv`` where it has the pair (most of them are met by the fit, and so no test of it), else of the page named. Days are
stated for a road of the pair, or follow from kilometres that trucks cover in a day there: published as such, or a published
journey over its length.
"""

from __future__ import annotations

from dataclasses import dataclass

_COMCEC = "http://ebook.comcec.org/Kutuphane/Icerik/Yayinlar/Analitik_Calismalar/Ulastirma_Haberlesme/Toplanti10/files/assets/basic-html/page-156.html"
_BTS = "https://content.govdelivery.com/accounts/USDOT/bulletins/3d7df03"
_ONE_CROSSING = "https://www.millenniumpost.in/kolkata/petrapole-benapole-route-unaffected-by-bandh-394957"
_ISTHMUS = "https://comercioynegocios.org/destacado/el-95-del-comercio-centroamericano-se-realiza-por-vias-terrestres/"
_BAHT = "https://malaymail.com/news/money/2020/09/11/malaysia-thailand-jan-july-border-trade-falls-23.6pc/1902367"
_SIECA = "https://www.centroamerica360.com/economia/mas-de-10-millones-de-vehiculos-circulan-en-centroamerica/?amp=1"
_NORTHERN_CORRIDOR = "https://www.the-star.co.ke/business/kenya/2020-05-12-transit-cargo-down-50-on-slowed-border-clearance/"
_COLOMBIA = "https://www.larepublica.co/especiales/moviendo-a-colombia-hacia-el-futuro/los-tractocamiones-mueven-cerca-de-71-de-carga-solida-en-colombia-4288310"
_INDIA = "http://www.newindianexpress.com/pti-news/2017/dec/31/avg-distance-covered-by-trucks-up-by-100-150-kmday-post-gst-1741131.html"
_MEKONG = "https://asia.nikkei.com/magazine/20150312-ASEAN-Linked-lands-meshed-markets/On-the-Cover/Laos-at-the-center-of-Mekong-action"
_MALAYA = "https://nippon.zaidan.info/seikabutsu/2000/00630/contents/007.htm"
_YANGON = "https://www.nb-shinbun.co.jp/5483/"
_TIR_IRAQ = "https://dinardetectives.com/iraq-leap-land-trade-speed/"
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
    """Least and most part by road, where that is from, and days."""

    low: float
    high: float
    source: str
    days: Days


PAIRS = {
    # Africa. Four days from Mombasa to Kampala before the pandemic, 1,110 km on our roads.
    ("KEN", "UGA"): Known(0.75, 1.0, _COMCEC, Days(_NORTHERN_CORRIDOR, km_a_day=1110.0 / 4.0)),
    # North America: 0.68 and 0.73 to 0.75 by truck, pipelines left out; carriers reckon with 500 miles a day.
    ("CAN", "USA"): Known(0.60, 0.80, _BTS, Days(_RULE_OF_500_MILES, km_a_day=805.0)),
    ("MEX", "USA"): Known(0.65, 0.80, _BTS, Days(_RULE_OF_500_MILES, km_a_day=805.0)),
    # Central and South America: 95 % of the trade of the six economies; 16 to 18 km an hour, borders and nights in it.
    ("GTM", "SLV"): Known(0.85, 1.0, _ISTHMUS, Days(_SIECA, km_a_day=17.0 * 24.0)),
    ("CRI", "NIC"): Known(0.85, 1.0, _ISTHMUS, Days(_SIECA, km_a_day=17.0 * 24.0)),
    ("HND", "SLV"): Known(0.85, 1.0, _ISTHMUS, Days(_SIECA, km_a_day=17.0 * 24.0)),
    ("COL", "ECU"): Known(0.55, 0.95, "http://cosiplan.org/proyectos/detalle_proyecto_api.aspx?h=5",
        # A trip in Colombia takes 37 hours on average (2025) over about 380 km (javiercarrizo.com, cual-es-la-empres-de-transporte-terrestre-mas-grande-de-colombia).
        Days(_COLOMBIA, km_a_day=380.0 / 37.0 * 24.0)),
    # Asia. India and Nepal: "mostly by road"; India and Bangladesh: half by one crossing alone, 120 to 168 hours from Kolkata to Dhaka.
    ("IND", "NPL"): Known(0.50, 1.0, "https://www.feedzop.com/en-in/news/business-economy/nepals-reliance-indian-exports-highlights-crucial-trade-routes",
        Days(_INDIA, km_a_day=425.0)),
    ("IND", "BGD"): Known(0.50, 1.0, _ONE_CROSSING, Days("https://yumpu.com/en/document/view/22109489/report/97", days=6.0)),
    # Bangkok to Hanoi by Laos in two days and a half, 1,380 km.
    ("THA", "LAO"): Known(0.90, 1.0, _BAHT, Days(_MEKONG, km_a_day=1380.0 / 2.5)),
    ("THA", "MYS"): Known(0.34, 0.54, _BAHT, Days(_MALAYA, days=3.0)),
    ("THA", "MMR"): Known(0.73, 0.93, _BAHT, Days(_YANGON, days=3.0)),
    ("TUR", "IRQ"): Known(0.90, 1.0, "https://almaghribtoday.net/en/amp/90/turkey-the-exports-to-iraq-via-khabur-exceeded-10bn",
        # Hungary to Jordan by Türkiye and Iraq in six days, 4,060 km.
        Days(_TIR_IRAQ, km_a_day=4060.0 / 6.0)),
    # Europe: "primarily by road"; full trucks cover 550 to 1,300 km in two days.
    ("POL", "HUN"): Known(
        0.50, 1.0, "https://poland-transport.eu/en/g/transport-europe---key-transport-directions-65/articles/transport-to-hungary-transport-between-poland-and-hungary-7792.html",
        Days("https://www.logifie.com/blog/understanding-transit-times-in-european-road-freight", days=2.0),
    ),
}  # fmt: skip
