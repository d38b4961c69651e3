"""States: those of the news, by the codes of ISO 3166, and organisations, with the words by which prose means them.

A line of `_TABLE`: code; names; adjectives and people; seats, which stand for the party where they act. Data: nothing
here says that a party is known to anybody.

>>> CODES["Ukrainian"], CODES["Kremlin"], NAMES["GBR"]
('UKR', 'RUS', 'United Kingdom')
"""

from __future__ import annotations

from typing import Final

_TABLE: Final = """
USA; United States|US|U.S.|USA|America|United States of America; American|Americans; Washington|White House|Pentagon
USA; United States; ; State Department|Oval Office|US Congress|Trump administration|Biden administration|CIA|FBI|NSA
USA; United States; ; US administration|Mar-a-Lago|Treasury Department|US Treasury|CISA|Department of Defense
USA; United States; ; Department of State
UKR; Ukraine; Ukrainian|Ukrainians; Kyiv|Kiev|Bankova|Verkhovna Rada
RUS; Russia|Russian Federation; Russian|Russians; Moscow|Kremlin|State Duma|FSB
GBR; United Kingdom|UK|U.K.|Britain|Great Britain|England|Scotland; British|Britons|Briton|English|Scottish; London
GBR; United Kingdom; ; Downing Street|Whitehall|Foreign Office|Westminster|MI6|GCHQ
FRA; France; French; Paris|Elysee|Élysée|Elysée|Quai d'Orsay
DEU; Germany; German|Germans; Berlin|Bundestag
POL; Poland; Polish|Poles; Warsaw
ITA; Italy; Italian|Italians; Rome
ESP; Spain; Spanish|Spaniards; Madrid
PRT; Portugal; Portuguese; Lisbon
NLD; Netherlands|Holland; Dutch; The Hague|Amsterdam
BEL; Belgium; Belgian|Belgians;
LUX; Luxembourg; Luxembourgish;
AUT; Austria; Austrian|Austrians; Vienna
CHE; Switzerland; Swiss; Bern|Berne
SWE; Sweden; Swedish|Swedes; Stockholm
NOR; Norway; Norwegian|Norwegians; Oslo
DNK; Denmark; Danish|Danes; Copenhagen
FIN; Finland; Finnish|Finns; Helsinki
ISL; Iceland; Icelandic|Icelanders; Reykjavik
EST; Estonia; Estonian|Estonians; Tallinn
LVA; Latvia; Latvian|Latvians; Riga
LTU; Lithuania; Lithuanian|Lithuanians; Vilnius
CZE; Czech Republic|Czechia; Czech|Czechs; Prague
SVK; Slovakia; Slovak|Slovaks; Bratislava
HUN; Hungary; Hungarian|Hungarians; Budapest
ROU; Romania; Romanian|Romanians; Bucharest
BGR; Bulgaria; Bulgarian|Bulgarians; Sofia
GRC; Greece; Greek|Greeks; Athens
SRB; Serbia; Serbian|Serbs|Serbians; Belgrade
HRV; Croatia; Croatian|Croats; Zagreb
SVN; Slovenia; Slovenian|Slovenes; Ljubljana
BIH; Bosnia and Herzegovina|Bosnia; Bosnian|Bosnians; Sarajevo
ALB; Albania; Albanian|Albanians; Tirana
XKX; Kosovo; Kosovar|Kosovars; Pristina
MDA; Moldova; Moldovan|Moldovans; Chisinau|Chișinău
BLR; Belarus; Belarusian|Belarusians; Minsk
GEO; Georgia; Georgian|Georgians; Tbilisi
ARM; Armenia; Armenian|Armenians; Yerevan
AZE; Azerbaijan; Azerbaijani|Azerbaijanis|Azeri; Baku
KAZ; Kazakhstan; Kazakh|Kazakhs; Astana
IRL; Ireland; Irish; Dublin
TUR; Turkey|Türkiye|Turkiye; Turkish|Turks; Ankara
CYP; Cyprus; Cypriot|Cypriots; Nicosia
ISR; Israel; Israeli|Israelis; Jerusalem|Tel Aviv|Knesset|IDF
PSE; Palestine; Palestinian|Palestinians; Ramallah
LBN; Lebanon; Lebanese; Beirut
SYR; Syria; Syrian|Syrians; Damascus
JOR; Jordan; Jordanian|Jordanians; Amman
EGY; Egypt; Egyptian|Egyptians; Cairo
IRQ; Iraq; Iraqi|Iraqis; Baghdad
IRN; Iran; Iranian|Iranians; Tehran
SAU; Saudi Arabia; Saudi|Saudis; Riyadh
ARE; United Arab Emirates|UAE|Emirates; Emirati|Emiratis; Abu Dhabi
QAT; Qatar; Qatari|Qataris; Doha
KWT; Kuwait; Kuwaiti|Kuwaitis;
OMN; Oman; Omani|Omanis; Muscat
YEM; Yemen; Yemeni|Yemenis; Sanaa
PAK; Pakistan; Pakistani|Pakistanis; Islamabad
IND; India; Indian|Indians; New Delhi|Delhi
AFG; Afghanistan; Afghan|Afghans; Kabul
BGD; Bangladesh; Bangladeshi|Bangladeshis; Dhaka
LKA; Sri Lanka; Sri Lankan|Sri Lankans; Colombo
CHN; China|People's Republic of China; Chinese; Beijing
TWN; Taiwan; Taiwanese; Taipei
JPN; Japan; Japanese; Tokyo
KOR; South Korea|Republic of Korea; South Korean|South Koreans; Seoul
PRK; North Korea; North Korean|North Koreans; Pyongyang
VNM; Vietnam; Vietnamese; Hanoi
THA; Thailand; Thai|Thais; Bangkok
KHM; Cambodia; Cambodian|Cambodians; Phnom Penh
PHL; Philippines; Philippine|Filipino|Filipinos; Manila
IDN; Indonesia; Indonesian|Indonesians; Jakarta
MYS; Malaysia; Malaysian|Malaysians; Kuala Lumpur
SGP; Singapore; Singaporean|Singaporeans;
MMR; Myanmar|Burma; Burmese; Naypyidaw
AUS; Australia; Australian|Australians; Canberra
NZL; New Zealand; New Zealander|New Zealanders; Wellington
CAN; Canada; Canadian|Canadians; Ottawa
MEX; Mexico; Mexican|Mexicans; Mexico City
BRA; Brazil; Brazilian|Brazilians; Brasilia|Brasília
ARG; Argentina; Argentine|Argentinian|Argentines; Buenos Aires
CHL; Chile; Chilean|Chileans; Santiago
COL; Colombia; Colombian|Colombians; Bogota|Bogotá
VEN; Venezuela; Venezuelan|Venezuelans; Caracas
PER; Peru; Peruvian|Peruvians; Lima
CUB; Cuba; Cuban|Cubans; Havana
ZAF; South Africa; South African|South Africans; Pretoria
NGA; Nigeria; Nigerian|Nigerians; Abuja
KEN; Kenya; Kenyan|Kenyans; Nairobi
ETH; Ethiopia; Ethiopian|Ethiopians; Addis Ababa
ERI; Eritrea; Eritrean|Eritreans; Asmara
SOM; Somalia; Somali|Somalis; Mogadishu
SDN; Sudan; Sudanese; Khartoum
SSD; South Sudan; South Sudanese; Juba
COD; Democratic Republic of Congo|DR Congo|DRC|Congo; Congolese; Kinshasa
RWA; Rwanda; Rwandan|Rwandans; Kigali
UGA; Uganda; Ugandan|Ugandans; Kampala
TZA; Tanzania; Tanzanian|Tanzanians; Dodoma
AGO; Angola; Angolan|Angolans; Luanda
GHA; Ghana; Ghanaian|Ghanaians; Accra
SEN; Senegal; Senegalese; Dakar
MLI; Mali; Malian|Malians; Bamako
NER; Niger; Nigerien; Niamey
LBY; Libya; Libyan|Libyans; Tripoli
TUN; Tunisia; Tunisian|Tunisians; Tunis
DZA; Algeria; Algerian|Algerians; Algiers
MAR; Morocco; Moroccan|Moroccans; Rabat
EU; European Union|EU|E.U.|European Commission|European Council; European|Europeans; Brussels
NATO; NATO|Nato|North Atlantic Treaty Organization; ;
UN; United Nations|UN|U.N.|Security Council|UN Security Council; ;
IAEA; IAEA|International Atomic Energy Agency; ;
OSCE; OSCE|Organization for Security and Co-operation in Europe; ;
G7; G7|G-7|Group of Seven; ;
G20; G20|G-20; ;
FVEY; Five Eyes; ;
AU; African Union; ;
ASEAN; ASEAN; ;
WHO; World Health Organization|World Health Organisation; ;
IMF; IMF|International Monetary Fund; ;
WTO; WTO|World Trade Organization; ;
OPEC; OPEC|Opec; ;
ICRC; ICRC|Red Cross|International Committee of the Red Cross; ;
ICC; International Criminal Court|ICC; ;
INTERPOL; Interpol|INTERPOL; ;
EUROPOL; Europol; ;
"""

CODES: Final[dict[str, str]] = {}
"""Each word or phrase, as it is printed, with the code that it stands for."""

NAMES: Final[dict[str, str]] = {}
"""Each code with the party's usual name."""

SEATS: Final[set[str]] = set()
"""Phrases that are places as well: they stand for the party only where they act."""

PEOPLES: Final[set[str]] = set()
"""Adjectives and people: `Ukrainian`."""

_NO_TOWNS: Final = frozenset(
    [
        "White House",
        "Pentagon",
        "State Department",
        "Oval Office",
        "US Congress",
        "Trump administration",
        "Biden administration",
        "Kremlin",
        "US administration",
        "Treasury Department",
        "US Treasury",
        "CIA",
        "FBI",
        "NSA",
        "CISA",
        "Department of Defense",
        "Department of State",
        "Bankova",
        "Verkhovna Rada",
        "State Duma",
        "FSB",
        "Downing Street",
        "Whitehall",
        "Foreign Office",
        "Westminster",
        "MI6",
        "GCHQ",
        "Elysee",
        "Élysée",
        "Elysée",
        "Quai d'Orsay",
        "Bundestag",
        "Knesset",
        "IDF",
    ]
)

for _line in _TABLE.strip().splitlines():
    _code, _names, _peoples, _seats = ([word.strip() for word in part.split("|")] for part in _line.split(";"))
    NAMES[_code[0]] = _names[0]
    CODES.update(dict.fromkeys((word for word in [*_names, *_peoples, *_seats] if word), _code[0]))
    SEATS.update(filter(None, _seats))
    PEOPLES.update(filter(None, _peoples))
CAPITALS: Final = SEATS - _NO_TOWNS
"""Seats that are towns."""
