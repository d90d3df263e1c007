"""German words of urgency, in points on a scale of 0 to 100."""

PATTERNS = {
    50: """
        alle kunden|nutzer|benutzer|mitarbeiter|kollegen|standorte, für alle, bei allen,
        nicht erreichbar .. kunden, totalausfall, komplettausfall, systemausfall*,
        serverausfall*, ausfall .. server|system*|plattform|dienst*|produktion|website,
        datenverlust*, datenleck*, sicherheitsvorfall*, sicherheitsverletzung*,
        datenschutzverletzung*, cyberangriff*, ransomware, malware, schadsoftware,
        unautorisiert* .. zugriff*|zugang*, unbefugt* .. zugriff*|zugang*,
        zugriffsversuch*, patientendaten .. gefähr*|risiko|kompromittiert,
        alle .. daten|dateien weg|verloren|gelöscht,
        alle mitarbeiter|kunden|nutzer|benutzer|kollegen,
        ganze|gesamte|komplette firma|abteilung|büro|team|system|standort|netzwerk,
        niemand kann, keiner kann, nichts geht mehr, produktion steht, stillstand,
        mehrere produkte|geräte|systeme .. betroffen|stürzen|leistungsprobleme|ausgefallen,
        notfall, lebensgefahr, brand, feuer, gefährdet .. daten|sicherheit,

        produktion .. steht|still, kein rechner|computer|mitarbeiter,
        alle filialen|standorte|läden|kassen, gasgeruch, riecht nach gas,
        gesamte|ganze|komplette|das ganze netz|werk|dorf|straße|haus|produktion|belegschaft,
        erpress*, verschlüsselt .. dateien|server,

        keinem standort|rechner|arbeitsplatz, von keinem .. erreichbar,
        alle sitzen|warten,
        # leute|mitarbeiter|kunden|nutzer|personen .. warten|können|stehen|betroffen,
        keine bestellungen|anrufe .. annehmen,
        kundendaten .. gestohlen|kopiert|veröffentlicht,

        # leute|agenten|fahrer|ärzte|schüler|gäste|anrufer|patienten .. können|warten|kommen,
        gesamte|ganze callcenter|praxis|schule|klinik|zentrale,
        öffentlich .. sichtbar|einsehbar, daten .. öffentlich,

        komplett|vollständig|total|gesamt .. ausgefallen|tot|lahmgelegt|offline|weg,
        komplett ausgefallen,
        maschinen|anlagen|bänder|kassen|linien|terminals .. stehen|ausgefallen|tot|offline,
        maschinen stehen,
        alle .. bildschirme|kassen|telefone .. tot|schwarz|ausgefallen|offline|stehen,
        alle .. drucker|rechner|terminals|systeme .. tot|schwarz|ausgefallen|offline|stehen,
        werk|fabrik|klinik|krankenhaus .. steht|still|offline|lahmgelegt|ausgefallen,
        schule|filiale|praxis|lager .. steht|still|offline|lahmgelegt|ausgefallen,
        niemand|keiner .. arbeiten|telefonieren|anmelden|zugreifen,
        alles .. steht|tot|ausgefallen|offline,
        kundendaten .. online|öffentlich|gestohlen|geleakt, hacker .. im|in,
        alle backups|sicherungen|daten .. weg|gelöscht
        """,
    32: """
        kritisch*, schwerwiegend*, gravierend*, betrug*, betrüg*, gestohlen*, diebstahl,
        gehackt, missbrauch*, nicht autorisiert*, nicht veranlasst, ausfall*, ausfälle*,
        ausgefallen, *ausfall, *ausfälle, anwalt, rechtliche schritte, frist*, deadline,
        bis morgen|heute|freitag|montag|ende, umsatzverlust*, umsatzeinbu*,
        kann nicht arbeiten, können nicht arbeiten,

        betrug .. konto, weg .. euro, euro weg, geld .. weg, in meinem namen,
        jemand .. eingeloggt|zugriff, nicht von mir, bestellungen die nicht, baby,
        kleinkind, keine heizung, kein strom|warmwasser, daten .. weg|verschwunden,
        heute noch, bis morgen, morgen früh, abgabe .. morgen|heute, polizei, anzeige,
        strafanzeige, operation, systemabst*,

        ehemalig* mitarbeiter .. zugriff|zugang, morgen geht|ist|läuft .. miete|ab,
        gibt sich .. aus, eingesperrt, aufzug .. steckt|fest,
        konzert|flug|hochzeit|prüfung .. heute|morgen,
        nicht in meine wohnung|mein haus|mein auto,

        datensätze .. weg|verloren|gelöscht, fremde anmeldung, anmeldung aus
        """,
    28: """
        komme nicht .. rein|konto|an|weiter, kann mich nicht,
        doppelt .. abgebucht|berechnet|belastet|bezahlt, geld .. verschwunden|weg|fehlt,
        karte .. gestohlen|verloren, gesperrt, ausgesperrt,

        komplett kein|ausgefallen|weg, kein internet|telefon|netz|empfang,
        nicht mehr arbeiten|anmelden|einloggen,
        kann nicht .. arbeiten|anmelden|einloggen|zugreifen,
        zweimal .. abgebucht|berechnet|belastet, nicht anmelden|einloggen,
        niemand .. arbeiten|anmelden, lässt sich nicht absenden
        """,
    20: """
        dringend*, dringlich*, eilig*, eilt, sofort*, umgehend*, unverzüglich*,
        schnellstmöglich*, so schnell wie möglich, so bald wie möglich, baldmöglichst,
        asap, höchste priorität, hohe priorität, erheblich*, ernst*, massiv*, doppelt,
        komme nicht .. rein|konto|an, nicht erhalten .. geld|erstattung,
        immer noch kein* geld|erstattung, betriebsabläufe*, geschäftsabläufe*,
        arbeitsablauf*, arbeitsabläufe*, behinder*, beeinträchtig*, unterbrech*, abstürz*,
        unsere kunden, unser team,

        dritte mal, dritten mal, seit wochen|monaten, wochen auf sich,
        seit zwei|drei|vier wochen|monaten, noch immer,

        zieht weiter, fünf|vier|drei|mehrere mails|briefe|anrufe, kein einziges mal
        """,
    13: """
        morgen, heute, muss .. arbeiten, von zu hause arbeiten, vor ort,
        mehrere kollegen|nutzer|mitarbeiter, bricht .. ab, bricht ständig, seit gestern,
        angeblich, stürzt .. ab,

        alle paar stunden|minuten|tage, verliert
        """,
    9: """
        fehler*, *fehler, problem*, *problem*, funktioniert .. nicht, nicht möglich,
        kaputt, defekt*, falsch*, unstimmig*, fehlt, fehlen*, verzöger*, verspät*,
        langsam, leider, trotz*, immer noch, schon wieder, wieder,
        seit # tagen|wochen|monaten|stunden, seit tagen|wochen|monaten,
        # tage|wochen|tagen, beschwerde*, reklamation*, schwierigkeit*, beschädigt,
        verloren, störung*, keine antwort|reaktion|rückmeldung,

        nicht angekommen, nichts angekommen, kommt nicht, lässt sich nicht, lädt nicht,
        bricht ab, nicht mehr, geht nicht, aufgerissen, abgelaufen, vergessen, zu hoch,
        so hoch, warum, wichtig*, sicherheit,

        noch der alte|mein, delle, kratzer, flackert, klemmt, nur noch, kalt
        """,
    5: """
        möchten|möchte|wollen|will|würde .. verschieben|ändern|stornieren|bestellen,
        möchten|möchte|wollen|will|würde .. umtauschen|zurückgeben|kündigen|wechseln,
        bitte .. aufnehmen|hinzufügen|ändern|löschen|verschieben|senden|schicken,
        bitte nehmen|fügen|ändern|schicken|senden|stornieren sie
        """,
    4: """
        bitte anpassen|ändern|korrigieren|löschen|verschieben,
        bitte stornieren|kündigen|einrichten|zusenden|prüfen, hiermit kündige,
        ich benötige, hat sich geändert, wie melde ich
        """,
    -11: """
        wie kann ich|man, wie lange, wie viel, wie funktioniert, gibt es, kann ich,
        könnten sie mir, können sie mir,
        könnten sie .. senden|bereitstellen|erklären|erläutern|mitteilen, ich möchte,
        ich würde gerne|gern, hätte gerne|gern, brauche hilfe bei,
        was ist|sind|kostet|bedeutet, wo finde|kann|ist,
        bitte um .. information*|auskunft,

        wie stelle|richte|ändere|bekomme|lange|viel ich, bis wann, haben sie, bieten sie,
        liefern sie, kann man, muss ich, darf ich, ist es möglich, in raten zahlen, frage,
        ^ wann, ^ welche*, ^ wie, ^ wo, ^ was, ^ kann, ^ darf, ^ haben, ^ gibt, ^ ist,
        ^ sind, ^ bieten
        """,
    -25: """
        erkundigen, informationen über|zu|zum|zur|bezüglich|für,
        mehr erfahren|informationen|über, weitere informationen|details, interess*,
        frage zu|zum|zur, fragen zu, würde gerne wissen, möchte wissen|erfahren, auskunft,
        auskünfte, details zu|zum|zur|über, bewährte* praktiken|verfahren, best practices,
        empfehl*, vorschlag*, vorschläge*, anregung*, verbesserung*, optimier*,
        strategie*, *strategie*, feedback, einblick*, dokumentation*, richtlinie*,
        markenwachstum*, einführung, dienstleistungen,

        wäre schön|toll|super|hilfreich, schön wenn, würde mir wünschen,
        nur interessehalber, neugierig
        """,
    -35: """
        nicht dringend, nicht eilig, eilt nicht, keine eile, hat zeit, nur eine frage,
        nur so, zur info, vielen dank für ihre|die|den|das schnelle|gute|tolle|großartige,
        danke für die|den|das|ihre schnelle|gute|tolle, toll*, super*, großartig*,
        ausgezeichnet*, hervorragend*, begeistert, lob, sehr zufrieden, weiter so,
        hat sich erledigt, schon gelöst, wieder in ordnung, klappt jetzt,
        funktioniert jetzt|wieder,

        läuft wieder, alles läuft, geht wieder, klappt wieder, hat geklappt,
        danke für die schnelle|tolle, vielen dank für die schnelle|nette, bei gelegenheit,
        wenn sie zeit haben, problem gelöst, wieder alles
        """,
}
