"""German. The notation is explained in `lexicon/__init__.py`."""

STOPWORDS = """
der die das und ist ich nicht ein eine einen einem einer mit auf für von zu im den dem des sie wir
es auch als bei nach wie kann haben habe hat wird werden mein meine meinen meiner unser unsere sich
aber noch nur oder wenn seit sehr bitte mir uns ihr ihre ihnen kein keine wurde über beim zum zur
bin sind war warum was wo vom dass durch sehr geehrte hallo
"""

NEGATIONS = "nicht kein keine keinen keiner keinem nie niemals ohne weder nichts kaum"

CATEGORY = {
    "billing": {
        6: """
        erstatt*, rückerstatt*, geld zurück, abgebucht,
        doppelt abgebucht|berechnet|belastet|bezahlt, rechnung*,
        zu viel berechnet|bezahlt|abgebucht
        """,
        4: """
        abrechnung*, *rechnungs*, *abrechnung*, *erstattung*, zurückerstattet, zurück überwiesen,
        gutschrift*, doppelt abgebucht|berechnet|belastet|bezahlt|abgezogen|gebucht, abbuchung*,
        *abbuchung*, lastschrift*, *lastschrift*, überweisung*, überwiesen, zahlungsproblem*,
        zahlungsabwicklung, zahlungsbestätigung*, zuviel berechnet|bezahlt|abgebucht, mahnung*,
        mahngebühr*, inkasso, gebühr*, *gebühr*, kreditkarte .. belastet, konto .. belastet,
        belastet worden, preiserhöhung*, kostenaufstellung, rechnungsbetrag, betrag, beträge,
        kostenlos*, mehrwertsteuer, mwst, umsatzsteuer, ust, nachzahlung*, guthaben, kaution,
        wechselkurs*, bargeld, geldautomat*, abgehoben, falsch berechnet,
        unstimmigkeit* .. rechnung|abrechnung, in rechnung gestellt, sepa, storno*, quittung*,
        zahlungsbeleg*
        """,
        3: """
        zahlung*, zahlungs*, *zahlung, *zahlungen, bezahl*, zahlen, gezahlt, kosten, *kosten,
        kostet, geld, euro, paypal, kreditkarte*, ec karte, bankverbindung, iban, gutschein*,
        rabatt*, *rabatt, abonnement*, abo, abos, *abonnement*,
        verlängerung .. abo|abonnement|vertrag, tarif*, gehalt, lohn, steuer*, fällig*,
        vertragslaufzeit, budget*, raten, ratenzahlung, preis*, *preise, anbieterwechsel,
        kontoauszug*, transaktion*, buchung auf
        """,
        2: """
        vertrag*, angebot*, kündig* .. abo|abonnement|vertrag, probemonat, testphase, finanz*
        """,
    },
    "technical": {
        5: """
        zahlung* .. fehlgeschlagen|abgelehnt, überweisung .. fehlgeschlagen|abgelehnt,
        zahlungsseite, bezahlvorgang .. abgebrochen|fehler
        """,
        4: """
        funktioniert .. nicht, funktionieren .. nicht, nicht funktioniert|funktionieren,
        geht nicht, gehen nicht, geht .. nicht mehr, lädt nicht|nie, laden nicht, lädt .. nicht,
        startet nicht, startet .. nicht, öffnet .. nicht, verbindet .. nicht, druckt nicht,
        reagiert nicht, reagiert .. nicht, fehlermeldung*, fehlercode*,
        fehler .. app|website|webseite|system|export|beim, *fehler, *fehlern, abstürz*, absturz*,
        *absturz, stürzt .. ab, stürzen .. ab, abgestürzt, eingefroren, friert, hängt sich auf,
        hängt .. auf, ausfall, ausfälle*, *ausfall, *ausfälle, *ausfällen, ausgefallen, offline,
        nicht erreichbar, störung*, *störung*, verbindungsproblem*, verbindungsabbr*,
        *verbindung*, konnektivität*, wlan, w lan, internet .. weg|langsam|ausgefallen|nicht,
        router, drucker*, *drucker, scanner*, server*, *server, datenbank*, netzwerk*, *netzwerk*,
        firewall*, vpn, bluetooth, installation*, install*, konfigur*, *konfiguration*,
        aktualisierung*, update*, *update, softwareaktualisierung, treiber*, kompatibilität*,
        inkompatib*, synchronis*, integrationsproblem*, integrationsfehler*, schnittstelle*, api,
        apis, leistungsproblem*, performance*, langsam*, ladezeit*, überlast*, überhitz*,
        systemfehler*, softwarefehler*, hardwarefehler*, systemausfall*, serverausfall*,
        datenverlust*, *datenverlust*, sicherheitsvorfall*, sicherheitsverletzung*,
        sicherheitslücke*, datenleck*, datenschutzverletzung*, cyberangriff*, schadsoftware,
        malware, ransomware, virus, phishing, unautorisiert* .. zugriff*|zugang*,
        unbefugt* .. zugriff*|zugang*, zugriffsversuch*,
        technisch* problem*|schwierigkeit*|fehler*|störung*, defekt*, kaputt,
        schwarzer bildschirm, blauer bildschirm, bildschirm .. schwarz|flacker*, ruckelt,
        kein ton|bild|internet|signal|empfang|netz, neu gestartet, neustart*, neuzustarten,
        neu zu starten, zurücksetz* .. router|gerät, backup*, datensicherung*, wiederherstell*,
        protokolldatei*, logdatei*, cache
        """,
        3: """
        fehler, fehlerhaft*, scheitert, scheitern, fehlgeschlagen, fehlschlag*, fehlfunktion*,
        problem* mit .. app|software|website|webseite|gerät*,
        problem* mit .. system|server|drucker|laptop|internet, bug, bugs, app, webseite*, website,
        software*, *software*, hardware*, system*, *system, *systeme, *systemen, gerät*, *gerät*,
        laptop*, computer*, rechner, pc, handy, tablet, bildschirm*, monitor*, tastatur, maus,
        kopfhörer, headset*, kamera, mikrofon, lautsprecher, akku*, batterie, ladegerät, datei*,
        upload*, download*, hochladen, herunterladen, export*, import*, browser, windows, mac,
        android, linux, cloud, aws, azure, docker, saas, verschlüssel*, *verschlüsselung*,
        plattform*, dashboard*, plugin*, modul*, version, upgrade*, unterbrech*, unterbrochen,
        instabil*, verzöger*, aussetzer, störungen, einricht*, technik*, techniker, it support,
        exchange, outlook, excel, signal, sensor*, datenverarbeitung, skalier*, bereitstellung,
        automatisierung
        """,
        2: "problem*, *problem, *probleme, *problemen, schwierigkeit*",
        1: """
        integration*, daten, analyse*, digital*, beeinträchtig*, behoben, beheben, lösung*, tool*,
        ursache, unerwartet*
        """,
    },
    "account": {
        6: """
        passwort*, kennwort*, einloggen, anmelden, login*, gehackt
        """,
        5: """
        konto .. gesperrt|gehackt|gelöscht|löschen,
        konto .. schließen|sperren|entsperren|kündigen|deaktiv*,
        passwort .. zurücksetz*|vergessen|ändern|geändert|falsch,
        kennwort .. zurücksetz*|vergessen|ändern, benutzerkonto*, kundenkonto*, nutzerkonto*,
        karte .. gestohlen|verloren|sperren, adresse .. ändern|geändert|aktualisieren,
        e mail adresse .. ändern|geändert, telefonnummer .. ändern|geändert,
        identität .. bestätig*|nachweis*|gestohlen
        """,
        4: """
        passwörter, anmeldung*, eingeloggt, log in, logge, anmeldedaten, zugangsdaten,
        zugangscode, benutzername*, ausgesperrt, gesperrt, sperrung, entsperr*, freischalt*,
        zwei faktor*, 2fa, tan, pin, verifizier*, verifikation*, identität*, ausweis*,
        legitimation*, registrier*, konto erstellen|anlegen|eröffnen, konto, konten, *konto,
        profil*, persönliche daten|angaben, meine daten, datenschutz, dsgvo, daten löschen,
        stammdaten, umgezogen, umzug, neue adresse, namensänderung, berechtigung*, *berechtigung*,
        zugriffsrecht*, zugriff auf .. ordner|laufwerk|postfach|konto, zugang zu|zum|auf, rechte,
        adminrechte, administratorrechte, benutzer .. anlegen|hinzufügen|löschen|entfernen,
        mitgliedschaft* .. kündigen|beenden, hacker, kompromittiert, fremdzugriff, gestohlen*,
        diebstahl, aktivierungscode*, aktivierungslink, bestätigungsmail, bestätigungscode,
        sicherheitsfrage*
        """,
        2: "zugang*, zugriff*, benutzer*, nutzer, mitglied*, adresse, account, accounts",
    },
    "general": {
        5: """
        bestellung .. status|verfolgen|stornieren|angekommen|ändern|geliefert,
        paket .. angekommen|verloren|verfolgen|wo,
        wo ist|bleibt mein|meine|das|die paket|bestellung|lieferung|ware
        """,
        4: """
        liefer*, *lieferung, versand*, verschickt, paket*, sendung*, sendungsverfolgung,
        rücksend*, rückgabe*, umtausch*, zurückschicken, reklamation*, lagerbestand, verfügbar*,
        vorrätig, öffnungszeiten, filiale*, standort*,
        kundenservice .. unfreundlich|schlecht|telefonnummer, ansprechpartner,
        mitarbeiter .. sprechen|unfreundlich, beschwerde*, lob, feedback, rückmeldung geben,
        verbesserungsvorschlag*, vorschlag*, anregung*, bewertung*, newsletter, werbung,
        kampagne*, marketing*, *strategie*, markenwachstum*, marken*, markenbildung, seo, werbe*,
        *kampagne*, workshop*, seminar*, broschüre*, katalog*, garantie*, gewährleistung, termin*,
        reise*, flug, flüge, gepäck, hotel, reservierung*, veranstaltung*, partnerschaft*,
        kooperation*, bewerbung*, stellenangebot*, karriere, urlaub*
        """,
        3: """informationen über|zu|zum|zur|bezüglich|für""",
        2: """
        bestellung*, bestellt, bestellstatus, allgemeine frage*|anfrage*, frage zu|zum|zur,
        fragen zu, anfrage zu|zum|zur|nach|über, anfrage bezüglich, anfragen bezüglich, auskunft,
        auskünfte, details zu|zum|zur|über, einzelheiten zu|über, weitere informationen|details,
        mehr erfahren|informationen|details|über, erkundigen, interess*,
        möchte wissen|erfahren|gern*, würde gerne wissen|erfahren, beratung*, *beratung,
        schulung*, best practices, bewährte* praktik*|verfahren, empfehlung*, empfehlen,
        vielen dank für ihre|die|den|das, danke für, wie lange dauert, wie viel kostet,
        wann kommt|wird|ist|gibt|haben, produkt*, *produkte, artikel, ware, größe, farbe,
        wachstum*, funktionen .. produkt*|angebot*, besucher, tickets
        """,
        1: """
        frage*, information*, unterstützung, hilfe, anfrage*, wissen, bitten, benötige*, danke,
        dank, support*, sicherheit*, welche .. gibt|sind|haben|bieten|kompatibel, gibt es,
        können sie mir sagen|mitteilen|erklären|empfehlen,
        könnten sie .. erläutern|erklären|mitteilen|verraten|bereitstellen|geben, bieten sie,
        dienstleistung*, *dienstleistung*, service, services, anleitung*, leitfaden, leitfäden,
        richtlinie*, dokumentation*, verbesserung*, verbessern, optimierung*, optimier*,
        *optimierung, strategie*, investition*, einblick*, überblick, übersicht, ideen,
        möglichkeiten, optionen, fragen, erläuter*, unternehmen, kunde, markt*
        """,
    },
}

URGENCY = {
    50: """
        alle kunden|nutzer|benutzer|mitarbeiter|kollegen|standorte, für alle, bei allen,
        nicht erreichbar .. kunden, totalausfall, komplettausfall, systemausfall*, serverausfall*,
        ausfall .. server|system*|plattform|dienst*|produktion|website, datenverlust*, datenleck*,
        sicherheitsvorfall*, sicherheitsverletzung*, datenschutzverletzung*, cyberangriff*,
        ransomware, malware, schadsoftware, unautorisiert* .. zugriff*|zugang*,
        unbefugt* .. zugriff*|zugang*, zugriffsversuch*,
        patientendaten .. gefähr*|risiko|kompromittiert,
        alle .. daten|dateien weg|verloren|gelöscht,
        alle mitarbeiter|kunden|nutzer|benutzer|kollegen,
        ganze|gesamte|komplette firma|abteilung|büro|team|system|standort|netzwerk, niemand kann,
        keiner kann, nichts geht mehr, produktion steht, stillstand,
        mehrere produkte|geräte|systeme .. betroffen|stürzen|leistungsprobleme|ausgefallen,
        notfall, lebensgefahr, brand, feuer, gefährdet .. daten|sicherheit
        """,
    32: """
        kritisch*, schwerwiegend*, gravierend*, betrug*, betrüg*, gestohlen*, diebstahl, gehackt,
        missbrauch*, nicht autorisiert*, nicht von mir, nicht veranlasst, ausfall*, ausfälle*,
        ausgefallen, *ausfall, *ausfälle, anwalt, rechtliche schritte, frist*, deadline,
        bis morgen|heute|freitag|montag|ende, umsatzverlust*, umsatzeinbu*, kann nicht arbeiten,
        können nicht arbeiten
        """,
    28: """
        komme nicht .. rein|konto|an|weiter, kann mich nicht,
        doppelt .. abgebucht|berechnet|belastet|bezahlt, geld .. verschwunden|weg|fehlt,
        karte .. gestohlen|verloren, gesperrt, ausgesperrt
        """,
    20: """
        dringend*, dringlich*, eilig*, eilt, sofort*, umgehend*, unverzüglich*, schnellstmöglich*,
        so schnell wie möglich, so bald wie möglich, baldmöglichst, asap, höchste priorität,
        hohe priorität, wichtig*, erheblich*, ernst*, massiv*, ausgesperrt, gesperrt, doppelt,
        komme nicht .. rein|konto|an, kann mich nicht, geld .. verschwunden|weg|fehlt,
        nicht erhalten .. geld|erstattung, immer noch kein* geld|erstattung, betriebsabläufe*,
        geschäftsabläufe*, arbeitsablauf*, arbeitsabläufe*, behinder*, beeinträchtig*,
        unterbrech*, abstürz*, stürzt .. ab, unsere kunden, unser team, sicherheit
        """,
    9: """
        fehler*, *fehler, problem*, *problem*, funktioniert .. nicht, geht nicht, nicht möglich,
        kaputt, defekt*, falsch*, unstimmig*, fehlt, fehlen*, verzöger*, verspät*, langsam,
        leider, trotz*, immer noch, schon wieder, wieder, seit # tagen|wochen|monaten|stunden,
        seit tagen|wochen|monaten, # tage|wochen|tagen, beschwerde*, reklamation*, schwierigkeit*,
        beschädigt, verloren, störung*, keine antwort|reaktion|rückmeldung
        """,
    -11: """
        wie kann ich|man, wie lange, wie viel, wie funktioniert, welche, gibt es, kann ich,
        könnten sie mir, können sie mir,
        könnten sie .. senden|bereitstellen|erklären|erläutern|mitteilen, ich möchte,
        ich würde gerne|gern, hätte gerne|gern, brauche hilfe bei, was ist|sind|kostet|bedeutet,
        wo finde|kann|ist, wann, bitte um .. information*|auskunft
        """,
    -25: """
        erkundigen, informationen über|zu|zum|zur|bezüglich|für, mehr erfahren|informationen|über,
        weitere informationen|details, interess*, frage zu|zum|zur, fragen zu, würde gerne wissen,
        möchte wissen|erfahren, auskunft, auskünfte, details zu|zum|zur|über,
        bewährte* praktiken|verfahren, best practices, empfehl*, vorschlag*, vorschläge*,
        anregung*, verbesserung*, optimier*, strategie*, *strategie*, feedback, einblick*,
        dokumentation*, richtlinie*, markenwachstum*, einführung, dienstleistungen
        """,
    -35: """
        nicht dringend, nicht eilig, eilt nicht, keine eile, hat zeit, nur eine frage, nur so,
        zur info, vielen dank für ihre|die|den|das schnelle|gute|tolle|großartige,
        danke für die|den|das|ihre schnelle|gute|tolle, toll*, super*, großartig*, ausgezeichnet*,
        hervorragend*, begeistert, lob, sehr zufrieden, weiter so, hat sich erledigt,
        schon gelöst, wieder in ordnung, klappt jetzt, funktioniert jetzt|wieder
        """,
}

SENTIMENT = {
    "angry": {
        4: """
        unverschämt*, frechheit, sauerei, skandal*, wütend, stinksauer, sauer, empört, betrüger*,
        abzocke, abgezockt, verarscht, scheiße, scheiss*, mist, lächerlich, inakzeptabel,
        nicht hinnehmbar, unfassbar, katastrophe, katastrophal, anwalt, rechtliche schritte,
        verbraucherzentrale, nie wieder, saftladen, idioten, unmöglich .. service|zustand,
        zumutung, reicht mir, schnauze voll, unterirdisch, schlechtester, schlimmste*, verklage*,
        anzeige erstatten
        """,
    },
    "frustrated": {
        3: """
        frustr*, enttäusch*, ärger*, genervt, nervt, nervig, unzufrieden, verärgert,
        nicht zufrieden, nicht glücklich, schlechter service|support|kundenservice,
        schlechte erfahrung, unfreundlich, immer noch nicht|kein*|keine, schon wieder,
        zum wiederholten mal*, wiederholt,
        mehrfach .. versucht|gemeldet|angerufen|geschrieben|kontaktiert, mehrmals,
        zum dritten|vierten|zweiten mal, seit wochen|monaten|tagen,
        keine antwort|reaktion|rückmeldung, niemand .. antwortet|hilft|meldet, warteschleife,
        zeitverschwendung, vergeblich, unzuverlässig, unbrauchbar, nutzlos, geduld, ständig,
        dauernd, nicht akzeptabel, ignoriert, versprochen
        """,
        1: "leider, wieder, endlich, langsam, schlecht*, problem*, kaputt, immer noch",
    },
    "calm": {
        3: """
        vielen dank für ihre|die|den|das schnelle|gute|tolle|großartige,
        danke für die|den|das|ihre|eure schnelle|gute|tolle|super,
        herzlichen dank für die|den|das, toll*, super*, großartig*, wunderbar*, ausgezeichnet*,
        hervorragend*, fantastisch*, klasse, perfekt, begeistert, lob, sehr zufrieden,
        zufrieden mit, weiter so, freut mich, freue mich sehr, prima, spitze, hat geholfen,
        gut gemacht, liebe eure|ihre|diese
        """,
    },
}
