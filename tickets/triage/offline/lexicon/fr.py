"""French. The notation is explained in `lexicon/__init__.py`."""

STOPWORDS = """
le la les des une un et est je vous nous ne pas que qui dans pour sur avec mon ma mes notre nos
votre vos ce cette ces il elle au aux du en par plus mais ou si bonjour merci suis avons avez depuis
être sont été comment pourquoi quand très bien cher chère ai ont fait sans j l d n qu c
"""

NEGATIONS = "pas ne n jamais aucun aucune sans ni rien non guère nullement"

CATEGORY = {
    "billing": {
        6: """
        rembours*, factur*, prélev*
        """,
        4: """
        débit*, payé deux|double fois, facturé deux|double|trop,
        double prélèvement|facturation|paiement|débit, trop perçu, surfactur*, frais, virement*,
        avoir sur, note de crédit, paiement .. non autorisé|erroné|double, montant*, tva,
        prix .. augment*|erroné, augmentation .. prix|tarif*, échéancier, impayé*,
        mise en demeure, rib, iban, mandat sepa, crédité, taux de change, distributeur, espèces,
        retrait*, découvert, cotisation*, reçu .. paiement|fiscal,
        divergence* .. facture|facturation, argent
        """,
        3: """
        paiement*, payer, payé*, paie, règlement, régler la|ma|une facture, tarif*, coût*, prix,
        carte bancaire|bleue|crédit, compte bancaire, banque, euros, abonnement*, renouvellement*,
        code promo*, réduction*, remise*, bon d achat, chèque*, devis, carte cadeau, compensation,
        indemnis*, dédommag*, taxe*, impôt*, mensualité*, salaire, paypal, transaction*, dépense*
        """,
        2: "contrat*, budget*, solde, essai gratuit, offre, forfait*, financ*",
    },
    "technical": {
        5: """
        paiement .. échoué|refusé|échoue|rejeté, page de paiement .. erreur|bloqu*|charge,
        virement .. échoué|refusé|rejeté
        """,
        4: """
        ne fonctionne|marche .. pas|plus, fonctionne|marche pas|plus, ne fonctionnent pas|plus,
        ne marchent pas|plus,
        ne charge|démarre|répond|ouvre|affiche|connecte|synchronise|imprime .. pas|plus,
        ne s ouvre|allume|affiche .. pas|plus,
        ne se connecte|charge|lance|synchronise .. pas|plus, cessé de fonctionner|marcher,
        arrêté de fonctionner, message* d erreur, code* d erreur,
        erreur* .. serveur|système|application|site|connexion|technique|lors, erreur #, plant*,
        plante, bug, bugs, bogue*, gèle, figé*, bloque au démarrage, écran noir|bleu|blanc|figé,
        panne*, en panne, hors service, hors ligne, coupure*, interruption*, indisponib*,
        inaccessible*, déconnexion*, déconnecte*,
        problème* de connexion|connectivité|réseau|synchronisation|performance,
        problème* de déploiement|compatibilité|affichage|serveur|logiciel|intégration,
        problème* technique*, difficulté* technique*, dysfonctionn*, défaillan*,
        incident technique, wifi, wi fi, internet .. lent|coupé|marche, lenteur*, lent, lente,
        ralenti*, latence, imprimante*, scanner*, routeur*, box, modem, serveur*,
        base* de données, réseau*, pare feu, vpn, bluetooth, install*, désinstall*, réinstall*,
        configur*, mise* à jour, mettre à jour .. logiciel|application|pilote*|système, pilote*,
        compatib*, incompatib*, synchronis*, intégration*, api, apis, redémarr*, surchauffe*,
        surcharge*, perte* de données, violation* de données|sécurité, faille*, cyberattaque*,
        piratage .. serveur|système|site, logiciel* malveillant*, virus, rançongiciel, ransomware,
        accès non autorisé*, tentative* d accès, incident* de sécurité, sauvegard*, restaur*,
        fuite* de données, déploie*, déploiement*, chiffrement
        """,
        3: """
        erreur*, échoue*, échec*, échoué*, bloqué* .. page|écran|chargement, cassé*, défectueu*,
        defaut, application*, appli, logiciel*, site .. web|internet|bloqué, site, ordinateur*,
        portable, pc, mac, tablette, téléphone .. marche|cassé|bloqué, appareil*, dispositif*,
        matériel*, écran*, clavier, souris, casque, caméra, micro, haut parleur*, batterie*,
        chargeur*, fichier*, téléverse*, télécharg*, navigateur*, windows, android, linux, nuage,
        cloud, aws, azure, docker, saas, plateforme*, tableau* de bord, système*, plugin*,
        module*, version*, connexion .. internet|wifi|réseau|perdue|lente|instable, instab*,
        perturb*, technique*, technicien*, signal, outlook, excel, jira, performance*,
        sécurité .. réseau|système*
        """,
        2: "problème*, difficulté*, souci*",
        1: """
        résoudre, résolution, données, outil*, numérique*, affecte*, impact*
        """,
    },
    "account": {
        6: """
        mot* de passe, me connecter, identifiant*, piraté*
        """,
        5: """
        compte .. bloqué|piraté|suspendu|supprim*|fermer|désactiv*|verrouillé|clôtur*,
        fermer|supprimer|clôturer|désactiver|créer|ouvrir .. compte,
        mot* de passe .. oublié|réinitialis*|changer|modifier, oublié .. mot de passe|identifiant,
        réinitialiser .. mot de passe,
        changer|modifier .. adresse|nom|email|e mail|mail|coordonnées|numéro|téléphone,
        carte .. volée|perdue|bloquée, vérif* .. identité, usurpation .. identité
        """,
        4: """
        se connecter .. compte, connecter à mon|notre compte, connexion à mon|notre compte,
        authentifi*, double facteur, code de vérification|confirmation|activation|sécurité,
        lien d activation, inscription, m inscrire, inscrire, mon compte, profil*,
        données personnelles, informations personnelles, mes données, mes coordonnées,
        mes informations, rgpd, droit* d accès, droits administrateur, autorisation*, permission*,
        accès à .. compte|dossier|boîte|espace, demande d accès, utilisateur*, nouvel utilisateur,
        déménag*, changement d adresse|de nom, changement de coordonnées, pièce d identité,
        identité, passeport, pirater, hameçonnage, phishing, activité suspecte,
        connexion suspecte, débloquer, déverrouill*, verrouillé*, désinscri*, sso, pin, code pin
        """,
        2: "compte*, accès, accéder, adresse e mail|mail|email, membre*, connexion",
    },
    "general": {
        5: """
        suivre|suivi .. commande|colis|livraison, annuler|modifier .. commande|réservation|vol,
        où est ma|mon commande|colis, commande .. arrivée|reçue|livrée|retard,
        colis .. perdu|reçu|arrivé|retard
        """,
        4: """
        livr*, livraison*, colis, expédi*, commande, commandes, commandé*,
        retour* .. article|produit|commande, échange*, retourner, en stock, rupture de stock,
        disponib*, horaires, heures d ouverture, magasin*, boutique*, agence*,
        parler à|avec .. conseiller|quelqu|humain|agent,
        service client .. horaires|désagréable|mauvais|numéro, réclamation*, plainte*, avis,
        suggestion*, remarque*, newsletter, publicité*, marketing, campagne*, stratégie*,
        croissance .. marque, marque*, référencement, brochure*, catalogue*, garantie*,
        rendez vous, voyage*, vol, vols, bagage*, hôtel, réserv*, événement*, billet*,
        partenariat*, emploi, recrut*, candidature*, stage
        """,
        2: """
        demande d information*, demande de renseignement*, demande générale,
        information* sur|concernant|relative*|détaillée*|supplémentaire*|complémentaire*,
        renseignement*, en savoir plus, plus d informations|de détails, détails sur|concernant,
        question* sur|concernant|générale*, je voudrais savoir|connaître,
        j aimerais savoir|connaître|obtenir, souhaite* savoir|obtenir|connaître, renseigner,
        intéress*, conseil*, consultation*, formation*, meilleures pratiques, bonnes pratiques,
        recommand*, merci pour votre|vos|la|le|l, quels outils|sont, quelles sont, proposer,
        propose*, proposition*, quand .. arrive|sera|livré, combien de temps|coûte, article*,
        taille, couleur, annul*
        """,
        1: """
        question*, information*, aide, demande*, besoin, merci, assistance, support,
        est ce que vous, est il possible, proposez vous, avez vous, y a t il,
        pouvez vous m expliquer|indiquer|dire|fournir,
        pourriez vous .. fournir|indiquer|expliquer|préciser|envoyer, service*, produit*, guide*,
        documentation*, directive*, amélior*, optimis*, investissement*, aperçu*, croissance,
        fonctionnalité* .. produit, idée*, expliqu*, précis*, entreprise*, client*, expansion
        """,
    },
}

URGENCY = {
    50: """
        pour tous|tout le monde, panne générale|totale|complète|majeure,
        violation* de données|sécurité, fuite* de données, perte* de données, cyberattaque*,
        ransomware, rançongiciel, logiciel malveillant, accès non autorisé*, tentative* d accès,
        incident* de sécurité, piratage .. serveur|système|site,
        tous|toutes .. utilisateurs|clients|employés|collègues|salariés,
        toute l entreprise|équipe|équipe est, tout le service|monde|bureau|site|réseau,
        plus personne, personne ne peut, production arrêtée, à l arrêt, totalement bloqué*,
        complètement bloqué*|indisponible*|hors,
        données .. patients|médicales .. risque|compromis*|exposé*,
        plusieurs produits|appareils|systèmes .. affect*|panne|touch*, urgence vitale, incendie,
        danger*, temps d arrêt
        """,
    32: """
        critique*, grave*, gravement, sévère*, fraud*, escroqu*, volé*, vol de, piraté*,
        non autorisé*, usurpation, hameçonnage, pas effectué|autorisé,
        n ai jamais effectué|autorisé|fait, panne*, avocat, tribunal, justice,
        délai .. demain|aujourd, date limite, échéance*, avant demain|vendredi|lundi,
        avant ce soir, perte* de revenus|chiffre|clients, ne peux|pouvons .. plus|pas travailler,
        interruption* .. service*
        """,
    28: """
        n arrive pas|plus .. connecter|accéder, arrive pas|plus à,
        impossible de .. connecter|accéder|payer, deux fois, double prélèvement|débit|paiement,
        argent .. disparu|manquant, bloqué, bloquée, carte .. volée|perdue
        """,
    20: """
        urgent*, urgence*, urgemment, immédiat*, dès que possible, au plus vite,
        le plus rapidement possible, rapidement, tout de suite, sans délai, prioritaire,
        priorité .. haute|élevée, important*, significati*, sérieu*, majeur*, bloqué*, deux fois,
        double, argent .. disparu|manquant|perdu, pas reçu .. argent|remboursement|paiement,
        toujours pas .. remboursé|reçu, mon compte .. bloqué|suspendu,
        impossible .. connecter|accéder, plante, plantage*, nos clients, notre équipe,
        flux de travail, opération*, perturb*, entrave*, affecte gravement
        """,
    9: """
        erreur*, problème*, panne, ne fonctionne .. pas|plus, ne marche .. pas|plus, impossible,
        cassé*, défectueu*, faux, fausse, incorrect*, manque*, manquant*, retard*, lent*,
        malheureusement, malgré, toujours pas, encore, depuis # jours|semaines|mois|heures,
        depuis des|plusieurs jours|semaines|mois, # jours|semaines|mois|fois, plainte*,
        réclamation*, difficulté*, échec*, échoue*, perdu*, endommagé*, pas de réponse,
        aucune réponse, souci*
        """,
    -11: """
        comment puis je, comment faire, comment puis|peut|on, combien, quel*, quelle*,
        est il possible, puis je, peut on, pouvez vous m expliquer|indiquer|dire|fournir,
        pourriez vous .. fournir|indiquer|expliquer|préciser|envoyer, je voudrais, j aimerais,
        je souhaite*, où puis|est|trouver, quand, avez vous, proposez vous
        """,
    -25: """
        information* sur|concernant|relative*|détaillée*|supplémentaire*|complémentaire*,
        renseign*, en savoir plus, plus d informations|de détails, détails sur|concernant,
        question* sur|concernant, voudrais savoir, aimerais savoir|connaître,
        souhaite* savoir|connaître, intéress*, curieu*, meilleures pratiques, bonnes pratiques,
        recommand*, suggestion*, suggère, amélior*, optimis*, stratégie*, documentation*,
        conseil*, aperçu*, demande d information*|de renseignement*
        """,
    -35: """
        pas urgent*, pas pressé*, rien d urgent, sans urgence, pas d urgence,
        quand vous aurez|pourrez, prenez votre temps, simple question, juste une question,
        pour information,
        merci pour votre|la|le|l|vos rapidité|excellent*|super|réactivité|travail|service,
        merci beaucoup pour|de, excellent*, formidable*, génial*, super, bravo, félicitations,
        parfait*, ravi*, très satisfait*, très content*, problème résolu, est résolu,
        fonctionne à nouveau|maintenant, continuez ainsi
        """,
}

SENTIMENT = {
    "angry": {
        4: """
        scandale*, honte, honteux, furieu*, en colère, inadmissible*, inacceptable*, arnaque*,
        voleur*, escroc*, ridicule, marre, ras le bol, n importe quoi, merde, nul, nulle, foutage,
        incompétent*, lamentable*, avocat, porter plainte, tribunal, plus jamais, pire,
        catastroph*, scandaleu*, foutez, idiots, imbécile*, outré*, exaspér*, intolérable*,
        se moque*
        """,
    },
    "frustrated": {
        3: """
        frustr*, déçu*, déception, décevant*, mécontent*, insatisf*, agacé*, énerv*, pas content*,
        pas satisfait*, mauvais service, mauvaise expérience, toujours pas, toujours aucun*,
        encore une fois, à plusieurs reprises, plusieurs fois, troisième fois, deuxième fois,
        depuis des semaines|mois|jours, depuis plusieurs semaines|mois|jours, sans réponse,
        aucune réponse, pas de réponse, personne ne répond|m aide, perte de temps,
        perdre .. temps, en vain, patience, inutile*, incompréhensible*, ignoré*, promis,
        sans cesse, désagréable*, injuste*, trompeu*
        """,
        1: "malheureusement, encore, lent*, mauvais*, problème*, retard*, enfin",
    },
    "calm": {
        3: """
        merci pour votre|la|le|l|vos rapidité|excellent*|super|réactivité|travail|service,
        merci beaucoup pour, mille mercis, un grand merci, excellent*, formidable*, génial*,
        super, bravo, félicitations, parfait*, ravi*, très satisfait*, très content*,
        satisfait* de, magnifique*, impeccable*, merveill*, j adore, adore, bon travail,
        continuez ainsi, impressionn*
        """,
    },
}
