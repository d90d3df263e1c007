"""German words of feeling."""

PATTERNS = {
    "angry": {
        4: """
            unverschämt*, frechheit, sauerei, skandal*, wütend, stinksauer, sauer,
            empört, betrüger*, abzocke, abgezockt, verarscht, scheiße, scheiss*, mist,
            lächerlich, inakzeptabel, nicht hinnehmbar, unfassbar, katastrophe,
            katastrophal, anwalt, rechtliche schritte, verbraucherzentrale,
            nie wieder, saftladen, idioten, unmöglich .. service|zustand, zumutung,
            reicht mir, schnauze voll, unterirdisch, schlechtester, schlimmste*,
            verklage*, anzeige erstatten,

            unverschämtheit, das ist betrug, ich erwarte eine, schalte .. anwalt,
            eine schande, schande, unglaublich, wucher, abzocker, verarsche, anzeige
            """,
    },
    "frustrated": {
        3: """
            frustr*, enttäusch*, ärger*, genervt, nervt, nervig, unzufrieden,
            verärgert, nicht zufrieden, nicht glücklich,
            schlechter service|support|kundenservice, schlechte erfahrung,
            unfreundlich, immer noch nicht|kein*|keine, schon wieder,
            zum wiederholten mal*, wiederholt,
            mehrfach .. versucht|gemeldet|angerufen|geschrieben|kontaktiert, mehrmals,
            zum dritten|vierten|zweiten mal, seit wochen|monaten|tagen,
            keine antwort|reaktion|rückmeldung, niemand .. antwortet|hilft|meldet,
            warteschleife, zeitverschwendung, vergeblich, unzuverlässig, unbrauchbar,
            nutzlos, geduld, ständig, dauernd, nicht akzeptabel, ignoriert,
            versprochen,

            angeblich, noch immer, zum dritten, auf sich warten, meldet sich niemand,
            keiner meldet, wie lange noch, das kann nicht sein, schon das dritte,
            komplett kein, sofort .. ab seit,
            seit zwei|drei|vier|fünf wochen|monaten|tagen, falsche ware, aufgerissen,

            alle paar stunden|minuten|tage, kein einziges mal,
            obwohl ich .. gekündigt|bezahlt, zieht weiter, kam nichts zurück
            """,
        1: """
            leider, wieder, endlich, langsam, schlecht*, problem*, kaputt, immer noch
            """,
    },
    "calm": {
        3: """
            vielen dank für ihre|die|den|das schnelle|gute|tolle|großartige,
            danke für die|den|das|ihre|eure schnelle|gute|tolle|super,
            herzlichen dank für die|den|das, toll*, super*, großartig*, wunderbar*,
            ausgezeichnet*, hervorragend*, fantastisch*, klasse, perfekt, begeistert,
            lob, sehr zufrieden, zufrieden mit, weiter so, freut mich,
            freue mich sehr, prima, spitze, hat geholfen, gut gemacht,
            liebe eure|ihre|diese,

            läuft wieder, vielen dank für die, nette*, freundlich*, geht wieder,
            top service,

            gelungen*, danke an alle, kompliment
            """,
    },
}
