"""German words of all the rest: orders, travel, appointments, service, feedback."""

PATTERNS = {
    5: """
        bestellung .. status|verfolgen|stornieren|angekommen|ändern|geliefert,
        paket .. angekommen|verloren|verfolgen|wo,
        wo ist|bleibt mein|meine|das|die paket|bestellung|lieferung|ware,

        bestellen, nichts angekommen,
        nicht angekommen|geliefert|zugestellt|erhalten .. paket|ware|bestellung|sendung,
        zugestellt, angeblich zugestellt, ablageort, nachbar*, abholstation, packstation,
        falsche ware|größe|farbe, falscher artikel, falsches modell|produkt, aufgerissen,
        beschädigt .. angekommen|geliefert|paket|karton|ware, koffer, gepäck*,
        anschlussflug, verspätung*, umbuch*,
        flug .. verpasst|gestrichen|annulliert|verspätet, zählerstand*, zählerstände,
        auszug, einzug, abmeldung zum, wasserschaden, schaden .. melden|versicherung,
        schadensmeldung, schadenmeldung, unfall, kündigung*, hiermit kündige,
        kündige .. vertrag|mitgliedschaft, vertrag .. kündigen,
        termin .. verschieben|absagen|vereinbaren, müllabfuhr, mülltonne, straßenlaterne,
        reisepass, personalausweis .. verlängern|beantragen, führerschein, rezept,
        überweisung zum, sprechstunde, techniker .. kommt|gekommen|termin|erschienen,
        niemand .. gekommen|erschienen|meldet|gemeldet, meldet sich niemand,
        keiner meldet, rückruf,
        benötige .. headset|laptop|monitor|tastatur|maus|bildschirm,
        bestellung .. laptop|monitor|bildschirme, neuer laptop|monitor|bildschirm,
        neuen laptop|monitor|bildschirm, raum .. buchen|reservieren, besprechungsraum,
        urlaubsantrag, besucherausweis, parkplatz,

        delle, kratzer, verbeult, zerkratzt, kalt .. essen|pizza|pommes, ausgelaufen,
        verschüttet, ersatzteil*, ersatzfilter, vergessen .. taxi|zug|bus|flugzeug|zimmer,
        liegen gelassen|geblieben, liegengelassen, gelungen*, danke an alle,
        mein kompliment, mietwagen .. fahren|abholen|zurückgeben, mail* geschrieben,
        kein einziges mal, nichts zurück, kam nichts, niemand reagiert,
        wie sie .. kunden behandeln, vermieter, hausverwaltung, baustelle, lärm,
        teilnahmebescheinigung, bescheinigung, besichtigung, noch frei,
        fahrer .. unfreundlich|nicht|abgesagt,

        führung*, stadtführung*, meinen dank, dank ausrichten|aus, richten sie .. aus,
        bus .. nicht gekommen|kam, lieferung .. verschieben|verlegen|ändern,
        auf nächste woche
        """,
    4: """
        liefer*, *lieferung, versand*, verschickt, paket*, sendung*, sendungsverfolgung,
        rücksend*, rückgabe*, umtausch*, zurückschicken, reklamation*, lagerbestand,
        verfügbar*, vorrätig, öffnungszeiten, filiale*, standort*, ansprechpartner,
        mitarbeiter .. sprechen|unfreundlich, beschwerde*, lob, feedback,
        rückmeldung geben, verbesserungsvorschlag*, vorschlag*, anregung*, bewertung*,
        newsletter, werbung, kampagne*, marketing*, *strategie*, markenwachstum*, marken*,
        markenbildung, seo, werbe*, *kampagne*, workshop*, seminar*, broschüre*, katalog*,
        garantie*, gewährleistung, termin*, reise*, flug, flüge, gepäck, hotel,
        reservierung*, veranstaltung*, partnerschaft*, kooperation*, bewerbung*,
        stellenangebot*, karriere, urlaub*,

        haben sie .. geöffnet|offen|auf, geöffnet, am samstag|sonntag|feiertag,
        rücksendeetikett, retoure*, zurücksenden, ersatz, ersatzlieferung, umtauschen,
        größe .. umtauschen|falsch, unhöflich, unfreundlich*, mit einem menschen,
        warteschleife, wäre schön|toll|super|hilfreich, schön wenn, würde mir wünschen,
        wunsch, kompliment, dankeschön, alles läuft wieder, nett*, zeugnis, immatrikul*,
        einschreibung, vorlesung, bibliothek, klausur*, kurs*, anmeldefrist, antrag*,
        formular*, behörde, umzug, bürgeramt, rollstuhl, frühstück, zimmer, hund,
        mitnehmen, einladung zu, schulung, spedition, palette*, abholung, zoll,
        garantiefall, wie lange .. dauert|gültig, portier*, rufnummer .. mitnehmen,
        gewährleistung .. abgelaufen|fall|garantie, gewährleistungs*,
        schlechter kundenservice|service,
        kundenservice .. unfreundlich|schlecht|telefonnummer|erreich*, wie lange dauert,
        die|meine|neue|bestellte ware,

        mietwagen, taxi, fahrt, konzert, festival, theater, museum, zoo, veranstalter,
        schließfach, kantine, stuhl, hausmeister, impf*, wahllokal, wählen, genehmigung,
        baugenehmigung, hundemarke, geburtsurkunde, lehrer*, nachhilfe, hausaufgaben,
        wohnheim, qualität, geschmack, verdorben, abgelaufen .. produkt|lebensmittel,
        allerg*, vegan, blumen, stoff, naht, reißverschluss, deckel
        """,
    3: """
        informationen über|zu|zum|zur|bezüglich|für,

        vertrag, vertrags*, angebot einholen, anfrage, lieferadresse
        """,
    2: """
        bestellung*, bestellt, bestellstatus, allgemeine frage*|anfrage*,
        frage zu|zum|zur, fragen zu, anfrage zu|zum|zur|nach|über, anfrage bezüglich,
        anfragen bezüglich, auskunft, auskünfte, details zu|zum|zur|über,
        einzelheiten zu|über, weitere informationen|details,
        mehr erfahren|informationen|details|über, erkundigen, interess*,
        möchte wissen|erfahren|gern*, würde gerne wissen|erfahren, beratung*, *beratung,
        schulung*, best practices, bewährte* praktik*|verfahren, empfehlung*, empfehlen,
        danke für, wie viel kostet, wann kommt|wird|ist|gibt|haben, produkt*, *produkte,
        artikel, größe, farbe, wachstum*, funktionen .. produkt*|angebot*, besucher,
        tickets
        """,
    1: """
        frage*, information*, unterstützung, hilfe, anfrage*, wissen, bitten, benötige*,
        danke, dank, support*, sicherheit*, welche .. gibt|sind|haben|bieten|kompatibel,
        gibt es, können sie mir sagen|mitteilen|erklären|empfehlen,
        könnten sie .. erläutern|erklären|mitteilen|verraten|bereitstellen|geben,
        bieten sie, dienstleistung*, *dienstleistung*, service, services, anleitung*,
        leitfaden, leitfäden, richtlinie*, dokumentation*, verbesserung*, verbessern,
        optimierung*, optimier*, *optimierung, strategie*, investition*, einblick*,
        überblick, übersicht, ideen, möglichkeiten, optionen, fragen, erläuter*,
        unternehmen, kunde, markt*,

        kundenservice, kundendienst, hotline, vielen dank für ihre|die|den|das
        """,
}
