"""German words of money: invoices, payments, refunds, fees, prices, banking."""

PATTERNS = {
    6: """
        erstatt*, rückerstatt*, geld zurück, abgebucht,
        doppelt abgebucht|berechnet|belastet|bezahlt, rechnung*,
        zu viel berechnet|bezahlt|abgebucht
        """,
    5: """
        zweimal|doppelt|mehrfach abgebucht|berechnet|belastet|bezahlt|eingezogen,
        zu hoch|viel .. rechnung|abbuchung, rechnung .. falsch|hoch|fehlt|bezahlt|kopie,
        zurück überwiesen|überweisen|erstattet|zahlen, zurücküberweis*, mein geld,
        geld .. zurück|weg|fehlt|verschwunden,

        zieht weiter|immer, buchen weiter|immer ab, bucht weiter|immer|noch,
        ziehen weiter|immer, weiterhin abgebucht|eingezogen,
        trotz kündigung .. abgebucht|bezahlt|gezahlt|rechnung,
        versicherung .. nicht abgeschlossen|bestellt|gewollt, nicht auf dem|meinem konto
        """,
    4: """
        abrechnung*, *rechnungs*, *abrechnung*, *erstattung*, zurückerstattet,
        zurück überwiesen, gutschrift*,
        doppelt abgebucht|berechnet|belastet|bezahlt|abgezogen|gebucht, abbuchung*,
        *abbuchung*, lastschrift*, *lastschrift*, überweisung*, überwiesen,
        zahlungsproblem*, zahlungsabwicklung, zahlungsbestätigung*,
        zuviel berechnet|bezahlt|abgebucht, mahngebühr*, inkasso, gebühr*, *gebühr*,
        kreditkarte .. belastet, konto .. belastet, belastet worden, preiserhöhung*,
        kostenaufstellung, rechnungsbetrag, betrag, beträge, kostenlos*, mehrwertsteuer,
        mwst, umsatzsteuer, ust, nachzahlung*, guthaben, kaution, wechselkurs*, bargeld,
        geldautomat*, abgehoben, falsch berechnet, unstimmigkeit* .. rechnung|abrechnung,
        in rechnung gestellt, sepa, storno*, quittung*, zahlungsbeleg*,

        einzugsermächtigung, zahlungserinnerung, zahlungsart*, zahlungsmethode*,
        zahlungsmittel, zahlungsziel, zahlungseingang, zahlungsweise, ratenzahlung*,
        in raten, raten zahlen, abschlag*, *abschlag, abschläge, jahresabrechnung,
        nebenkosten, stromrechnung, nachforder*, rückzahlung*, rückbuchung*,
        zurückgebucht, rückvergüt*, vergütung*, umsatzsteuer*, steuernummer,
        steuerbescheid, grundsteuer, kfz steuer, bußgeld*, strafzettel, knöllchen,
        beitrag*, *beitrag, beiträge, prämie*, selbstbeteiligung, versicherungsprämie,
        kredit*, darlehen, hypothek*, zinsen, *zinsen, zinssatz, dispo, dispokredit*,
        dispozins*, überzieh*, überzogen, kontostand, saldo, dauerauftrag,
        auslandsüberweisung, echtzeitüberweisung, empfänger .. geld|überweisung,
        nicht gutgeschrieben, gutgeschrieben, bargeldabheb*, abhebung*, zu wenig geld,
        studiengebühr*, semesterbeitrag, stipendium, bafög, entschädigung, schadenersatz,
        schadensersatz, ausgleichszahlung, kulanz, pfand, preisänderung, preisunterschied,
        teurer, zu teuer, gutscheincode, rabattcode, aktionscode, versandkosten,
        zollgebühr*, roaminggebühr*, roamingkosten, mahnbescheid, skonto, buchhaltung,
        kreditor, gehaltsabrechnung, spesen*, reisekosten*, testabo,
        abo .. verlänger*|bezahl*|abgebucht,

        eingezogen, einzug .. betrag, zieht .. ein, lohn, gehalt, miete, fahrpreis,
        fahrtkosten, fahrgeld, trinkgeld, parkgebühr*, maut, zusatzkosten, aufpreis,
        preiserhöhung, preis .. falsch|höher|gestiegen|erhöht, spende*, dividende*, depot,
        ordergebühr*, courtage, pfändung, mahnung*, zahlungsverzug, stundung,
        zahlungsaufschub, kindergeld, rente, elterngeld, erstattungsbetrag, auslagen,
        kilometergeld, berechnet
        """,
    3: """
        zahlung*, zahlungs*, *zahlung, *zahlungen, bezahl*, zahlen, gezahlt, kosten,
        kostet, geld, euro, paypal, kreditkarte*, ec karte, bankverbindung, iban,
        gutschein*, rabatt*, *rabatt, abonnement*, abo, abos, *abonnement*,
        verlängerung .. abo|abonnement|vertrag, fällig*, vertragslaufzeit, budget*,
        ratenzahlung, preis*, *preise, kontoauszug*, transaktion*, buchung auf,

        rechnungsadresse, finanzamt, *kosten, karte belastet, belastet, bankkonto, bank,
        sparkonto, girokonto, tarif, tarife, honorar, anzahlung, restbetrag, überwies*
        """,
    2: """
        probemonat, testphase, finanz*,

        angebot*, vertragsverlängerung, prepaid, raten
        """,
}
