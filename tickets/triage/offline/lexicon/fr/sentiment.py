"""French words of feeling."""

PATTERNS = {
    "angry": {
        4: """
            scandale*, honte, furieu*, en colère, inadmissible*, inacceptable*,
            arnaque*, voleur*, escroc*, ridicule, marre, ras le bol, n importe quoi,
            merde, nul, nulle, foutage, incompétent*, lamentable*, avocat,
            porter plainte, tribunal, plus jamais, pire, catastroph*, scandaleu*,
            foutez, idiots, imbécile*, outré*, exaspér*, intolérable*, se moque*,

            scandaleux, honteux, lamentable, raccrocher au nez, voleurs, foutre,
            intenable, c est du vol, une honte, inadmissible, se foutent, mensonge*
            """,
    },
    "frustrated": {
        3: """
            frustr*, déçu*, déception, décevant*, mécontent*, insatisf*, agacé*,
            énerv*, pas content*, pas satisfait*, mauvais service,
            mauvaise expérience, toujours pas, toujours aucun*, encore une fois,
            à plusieurs reprises, plusieurs fois, deuxième fois,
            depuis des semaines|mois|jours, depuis plusieurs semaines|mois|jours,
            sans réponse, aucune réponse, pas de réponse, personne ne répond|m aide,
            perte de temps, perdre .. temps, en vain, patience, inutile*,
            incompréhensible*, ignoré*, promis, sans cesse, désagréable*, injuste*,
            trompeu*,

            rien reçu, jours .. intenable,
            depuis deux|trois|quatre|six mois|semaines|jours, attente, troisième fois,
            trop long, j en ai assez, assez d, plus d internet depuis, rame,
            plante dès, personne ne,

            toutes les deux|trois|cinq heures|minutes, alors que j|je, aucun retour,
            continue* de me
            """,
        1: """
            malheureusement, encore, lent*, mauvais*, problème*, retard*, enfin
            """,
    },
    "calm": {
        3: """
            merci pour votre|la|le|l|vos rapidité|excellent*|super|réactivité|travail|service,
            merci beaucoup pour, mille mercis, un grand merci, excellent*,
            formidable*, génial*, super, bravo, félicitations, parfait*, ravi*,
            très satisfait*, très content*, satisfait* de, magnifique*, impeccable*,
            merveill*, j adore, adore, bon travail, continuez ainsi, impressionn*,

            merci beaucoup, merci infiniment, merci mille fois, fonctionne à nouveau,

            soirée magnifique|réussie, mes compliments, merci aux|à tous
            """,
    },
}
