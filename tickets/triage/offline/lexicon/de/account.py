"""German words of sign-in, identity, profile data, permissions, closing, misuse."""

PATTERNS = {
    6: """
        passwort*, kennwort*, anmelden, login*, gehackt,

        kennwort, einloggen, mich .. anmelden|einloggen, nicht anmelden|einloggen,
        konto .. gehackt|übernommen
        """,
    5: """
        konto .. gesperrt|gehackt|gelöscht|löschen,
        konto .. schließen|sperren|entsperren|kündigen|deaktiv*,
        passwort .. zurücksetz*|vergessen|ändern|geändert|falsch,
        kennwort .. zurücksetz*|vergessen|ändern, benutzerkonto*, kundenkonto*,
        nutzerkonto*, karte .. gestohlen|verloren|sperren,
        adresse .. ändern|geändert|aktualisieren, e mail adresse .. ändern|geändert,
        telefonnummer .. ändern|geändert, identität .. bestätig*|nachweis*|gestohlen,

        anschrift .. geändert|ändern|neu*, adresse .. hat|geändert,
        name .. geändert|falsch|ändern, nachname*, geheiratet, heirat,
        geburtsdatum .. falsch|ändern, e mail .. zurücksetzen|ändern|geändert,
        handynummer .. ändern|geändert|alt*, zugriffsrechte,
        zugriff .. verweigert|einrichten|benötig*, zugang .. gesperrt|einrichten|benötig*,
        keine berechtigung, keinen zugriff|zugang,
        benutzer .. anlegen|deaktivieren|sperren, leserechte, schreibrechte, lesezugriff,
        schreibzugriff, freigabe .. ordner|laufwerk, benutzerkonto .. löschen|anlegen,
        konto .. löschen|eröffnen|verifizieren, löschen sie mein*,
        account .. löschen|gesperrt|gehackt, tan verfahren, tan, tans, pushtan, photo tan,
        freischalten, freigeschaltet, freischaltcode, verifizierungscode,
        code .. kommt|erhalten|sms|alte*, authenticator, authentifizier*, postident,
        videoident, ausgeschieden|verlassen .. mitarbeiter, austritt .. mitarbeiter,
        in meinem namen, auf meinen namen, fremde person,
        jemand .. konto|zugriff|eingeloggt, vollmacht, gemeinschaftskonto, kontoinhaber*,
        inhaberwechsel, passkey, benutzer unbekannt|existiert, profilbild, spitzname,
        anzeigename, einladung .. abgelaufen|link, einladungslink,

        dieselben ordner|rechte|zugriffe|berechtigungen,
        gleichen ordner|rechte|zugriffe|berechtigungen, wechselt in|zu|zur|nach,
        abteilung gewechselt|wechselt, mädchenname, geburtsname, alter name,
        alte nummer|adresse|handynummer|rufnummer,
        noch der alte|mein alter|mein mädchenname, falsches profil|konto,
        gefälscht* profil|konto, meine bilder|fotos, gibt sich .. aus, ausgegeben als,
        ehemalig* mitarbeiter|kollege*, noch zugriff|zugang, gesichtserkennung,
        ausweis .. abgelehnt|erkannt|hochladen, altersprüfung, wer .. sehen, sichtbar für,
        privat .. profil, mitbenutzer, mehrere konten, doppeltes konto,

        in die gruppe, zur gruppe, aus der gruppe, in den verteiler, verteilerliste,
        gruppe .. aufnehmen|hinzufügen, hinzufügen .. gruppe|team|projekt|verteiler,
        link zum aktivieren|freischalten|anmelden, aktivieren mein*,
        konto .. aktivieren|abgelaufen|sperre, kontos aktiv*, gleichen rechte,
        selben rechte, wiederherstellungs*
        """,
    4: """
        passwörter, anmeldung*, eingeloggt, log in, logge, anmeldedaten, zugangsdaten,
        zugangscode, benutzername*, ausgesperrt, gesperrt, sperrung, entsperr*,
        freischalt*, zwei faktor*, 2fa, pin, verifizier*, verifikation*, identität*,
        ausweis*, legitimation*, registrier*, konto erstellen|anlegen|eröffnen, konto,
        konten, *konto, profil*, persönliche daten|angaben, meine daten, datenschutz,
        dsgvo, daten löschen, stammdaten, umgezogen, neue adresse, namensänderung,
        berechtigung*, *berechtigung*, zugriffsrecht*,
        zugriff auf .. ordner|laufwerk|postfach|konto, zugang zu|zum|auf, rechte,
        adminrechte, administratorrechte,
        benutzer .. anlegen|hinzufügen|löschen|entfernen,
        mitgliedschaft* .. kündigen|beenden, hacker, kompromittiert, fremdzugriff,
        gestohlen*, diebstahl, aktivierungscode*, aktivierungslink, bestätigungsmail,
        bestätigungscode, sicherheitsfrage*,

        zurücksetzen .. mail|link|passwort, session abgelaufen, abgemeldet, abmelden,
        zugangskarte, kundendaten, datenlöschung, auskunft .. daten, neue telefonnummer,
        eintritt .. mitarbeiter, neuer mitarbeiter .. konto|zugang
        """,
    3: """
        zugriff auf|für
        """,
    2: """
        benutzer*, nutzer, mitglied*, adresse, account, accounts,

        zugang*, zugriff*, kundennummer
        """,
}
