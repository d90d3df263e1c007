"""French words of urgency, in points on a scale of 0 to 100."""

PATTERNS = {
    50: """
        pour tous|tout le monde, panne générale|totale|complète|majeure,
        violation* de données|sécurité, fuite* de données, perte* de données,
        cyberattaque*, ransomware, rançongiciel, logiciel malveillant,
        accès non autorisé*, tentative* d accès, incident* de sécurité,
        piratage .. serveur|système|site,
        tous|toutes .. utilisateurs|clients|employés|collègues|salariés,
        toute l entreprise|équipe|équipe est, tout le service|monde|bureau|site|réseau,
        plus personne, personne ne peut, production arrêtée, à l arrêt,
        totalement bloqué*, complètement bloqué*|indisponible*|hors,
        données .. patients|médicales .. risque|compromis*|exposé*,
        plusieurs produits|appareils|systèmes .. affect*|panne|touch*, urgence vitale,
        incendie, danger*, temps d arrêt,

        toute l usine|entreprise|équipe|agence|rue,
        toute la société|ville|production|boutique,
        tous les magasins|sites|postes|serveurs, plus aucun poste|client|utilisateur,
        aucun poste|client|utilisateur .. peut|connecte, odeur de gaz, sent le gaz,
        rançon,

        tous les sites|postes|bureaux|magasins, depuis tous, aucun site|bureau|magasin,
        # personnes|clients|utilisateurs|salariés .. attendent|bloqués|bloquées,
        données clients .. volées|copiées|publiées,

        # agents|médecins|chauffeurs|élèves|patients|personnes .. peuvent|attendent|bloqués,
        tout le centre|cabinet|lycée|magasin, centre d appels .. panne,
        visibles .. public|tous,

        totalement|complètement|entièrement .. coupé*|arrêté*|panne|hors|bloqué*|inaccessible*,
        coupure|panne|arrêt .. total|totale|complet|complète|générale,
        machines|caisses|lignes|terminaux|chaînes .. arrêtées|arrêtés|arrêt|panne|hors,
        tous les|toutes les .. écrans|caisses .. panne|noirs|hors|arrêt,
        tous les|toutes les .. téléphones|terminaux|systèmes .. panne|noirs|hors|arrêt,
        usine|clinique|hôpital|école|magasin|entrepôt|agence .. arrêt|paralysé*|hors|bloqué*,
        personne .. peut|travailler|connecter, données clients .. ligne|publiques|volées,
        plus rien ne|fonctionne, toutes nos|les sauvegardes|données .. perdues|effacées
        """,
    32: """
        critique*, grave*, gravement, sévère*, fraud*, escroqu*, volé*, vol de, piraté*,
        non autorisé*, usurpation, hameçonnage, pas effectué|autorisé,
        n ai jamais effectué|autorisé|fait, panne*, avocat, tribunal, justice,
        délai .. demain|aujourd, date limite, avant demain|vendredi|lundi, avant ce soir,
        perte* de revenus|chiffre|clients, ne peux|pouvons .. plus|pas travailler,
        interruption* .. service*,

        à mon nom, on a piraté, quelqu un a changé|accédé|utilisé, jamais autorisé,
        porter plainte, avant ce soir|midi|demain, ce soir, bébé, nourrisson,
        pas de chauffage, plus d électricité|chauffage, données .. disparu|perdues,
        dernier délai, avant .. minuit, police, rendre mon,

        ancien salarié|employé .. accès, se fait passer, enfermé*,
        ascenseur .. bloqué|panne, ce soir .. concert|spectacle, loyer .. demain,
        entrer chez moi
        """,
    28: """
        n arrive pas|plus .. connecter|accéder, arrive pas|plus à,
        impossible de .. connecter|accéder|payer, double prélèvement|débit|paiement,
        argent .. disparu|manquant, bloqué, bloquée, carte .. volée|perdue,

        plus d internet, plus de téléphone|connexion, impossible de me|se connecter,
        me connecter .. impossible, impossible de travailler, deux fois
        """,
    20: """
        urgent*, urgence*, urgemment, immédiat*, dès que possible, au plus vite,
        le plus rapidement possible, tout de suite, sans délai, prioritaire,
        priorité .. haute|élevée, significati*, sérieu*, majeur*, bloqué*, double,
        argent .. disparu|manquant|perdu, pas reçu .. argent|remboursement|paiement,
        toujours pas .. remboursé|reçu, mon compte .. bloqué|suspendu,
        impossible .. connecter|accéder, plante, plantage*, nos clients, notre équipe,
        flux de travail, opération*, perturb*, entrave*, affecte gravement,

        toujours pas .. remboursé|livré|reçu, troisième fois,
        depuis un|deux|trois|quatre mois|semaines, une heure d attente,

        continue* de|à me, quatre|cinq|trois|plusieurs mails|courriers|appels,
        aucun retour
        """,
    13: """
        en télétravail, ce matin, demain, aujourd hui,
        plusieurs collègues|clients|utilisateurs, depuis hier, dès que, sans cesse,

        toutes les deux|trois|cinq heures|minutes, perd
        """,
    9: """
        erreur*, problème*, panne, ne fonctionne .. pas|plus, ne marche .. pas|plus,
        impossible, cassé*, défectueu*, faux, fausse, incorrect*, manque*, manquant*,
        retard*, lent*, malheureusement, malgré, toujours pas, encore,
        depuis # jours|semaines|mois|heures, depuis des|plusieurs jours|semaines|mois,
        # jours|semaines|mois|fois, plainte*, réclamation*, difficulté*, échec*, échoue*,
        perdu*, endommagé*, pas de réponse, aucune réponse, souci*,

        n est pas arrivé*, rien reçu, jamais reçu|arrivé, n arrive pas|jamais|plus,
        refusée, refusé, inconnu, oublié, ne reçois pas, rame, expiré, pourquoi, augmenté,
        mauvais modèle, coupure, important*, rapidement,

        porte encore|toujours, cabossé*, rayé*, reste en, froid*, alors que
        """,
    5: """
        voudrions|souhaitons|aimerions décaler|modifier|annuler|commander,
        voudrais|souhaite|veux décaler|modifier|annuler|commander,
        voudrions|souhaitons|aimerions retourner|échanger|changer|ajouter,
        voudrais|souhaite|veux retourner|échanger|changer|ajouter,
        pouvez vous ajouter|annuler|modifier|changer|supprimer|envoyer,
        merci d ajouter|annuler|envoyer, a expiré
        """,
    4: """
        merci de donner|supprimer|modifier|envoyer|corriger|annuler,
        je souhaite|veux|voudrais résilier|annuler|changer|modifier,
        je souhaite|veux|voudrais supprimer|reporter|retourner|échanger|clôturer,
        pourriez vous me renvoyer, supprimez, j ai changé, besoin d un, comment faire,
        veuillez
        """,
    -11: """
        comment puis je, comment puis|peut|on, combien, quel*, quelle*, est il possible,
        pouvez vous m expliquer|indiquer|dire|fournir,
        pourriez vous .. fournir|indiquer|expliquer|préciser|envoyer, je voudrais,
        j aimerais, je souhaite*, où puis|est|trouver, avez vous, proposez vous,

        comment configurer|changer|installer|activer, quels sont, à quelle heure,
        livrez vous, faites vous, acceptez vous, puis je, est ce que, peut on, y a t il,
        question, ^ quand, ^ où, ^ comment, ^ qui, ^ combien, ^ est ce, ^ y a
        """,
    -25: """
        information* sur|concernant|relative*|détaillée*|supplémentaire*|complémentaire*,
        renseign*, en savoir plus, plus d informations|de détails, détails sur|concernant,
        question* sur|concernant, voudrais savoir, aimerais savoir|connaître,
        souhaite* savoir|connaître, intéress*, curieu*, meilleures pratiques,
        bonnes pratiques, recommand*, suggestion*, suggère, amélior*, optimis*,
        stratégie*, documentation*, conseil*, aperçu*,
        demande d information*|de renseignement*,

        ce serait bien|super|pratique|utile, serait bien|super|pratique|utile,
        simple curiosité
        """,
    -35: """
        pas urgent*, pas pressé*, rien d urgent, sans urgence, pas d urgence,
        quand vous aurez|pourrez, prenez votre temps, simple question, juste une question,
        pour information,
        merci pour votre|la|le|l|vos rapidité|excellent*|super|réactivité|travail|service,
        merci beaucoup pour|de, excellent*, formidable*, génial*, super, bravo,
        félicitations, parfait*, ravi*, très satisfait*, très content*, problème résolu,
        est résolu, fonctionne à nouveau|maintenant, continuez ainsi,

        fonctionne à nouveau, tout fonctionne|marche, merci beaucoup, merci pour tout,
        c est réglé|résolu, quand vous pourrez
        """,
}
