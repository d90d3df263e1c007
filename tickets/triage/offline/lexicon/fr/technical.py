"""French words of what does not work, and how to configure it."""

PATTERNS = {
    5: """
        paiement .. échoué|refusé|échoue|rejeté, page de paiement .. erreur|bloqu*|charge,
        virement .. échoué|refusé|rejeté,

        plus d internet|électricité|chauffage|réseau|connexion, coupure de courant,
        odeur de gaz, sent le gaz, pas de chauffage|eau chaude,

        injoignable, ne répond à rien, depuis la mise à jour, après la mise à jour,
        depuis la migration
        """,
    4: """
        ne fonctionne|marche .. pas|plus, fonctionne|marche pas|plus,
        ne fonctionnent pas|plus, ne marchent pas|plus,
        ne charge|démarre|répond|ouvre|affiche|connecte|synchronise|imprime .. pas|plus,
        ne s ouvre|allume|affiche .. pas|plus,
        ne se connecte|charge|lance|synchronise .. pas|plus, cessé de fonctionner|marcher,
        arrêté de fonctionner, message* d erreur, code* d erreur,
        erreur* .. serveur|système|application|site|connexion|technique|lors, plant*,
        plante, bug, bugs, bogue*, gèle, figé*, bloque au démarrage,
        écran noir|bleu|blanc|figé, panne*, hors service, hors ligne, coupure*,
        interruption*, indisponib*, inaccessible*, déconnexion*, déconnecte*,
        problème* de connexion|connectivité|réseau|synchronisation|performance,
        problème* de déploiement|compatibilité|affichage|serveur|logiciel|intégration,
        problème* technique*, difficulté* technique*, dysfonctionn*, défaillan*,
        incident technique, wifi, wi fi, internet .. lent|coupé|marche, lenteur*, lent,
        lente, ralenti*, latence, imprimante*, scanner*, routeur*, box, modem, serveur*,
        base* de données, réseau*, pare feu, vpn, bluetooth, install*, désinstall*,
        réinstall*, configur*, mise* à jour,
        mettre à jour .. logiciel|application|pilote*|système, pilote*, compatib*,
        incompatib*, synchronis*, intégration*, api, apis, redémarr*, surchauffe*,
        surcharge*, perte* de données, violation* de données|sécurité, faille*,
        cyberattaque*, piratage .. serveur|système|site, logiciel* malveillant*, virus,
        rançongiciel, ransomware, accès non autorisé*, tentative* d accès,
        incident* de sécurité, sauvegard*, restaur*, fuite* de données, déploie*,
        déploiement*, chiffrement,

        plus de connexion|réseau|signal|son|image,
        pas de connexion|réseau|signal|son|image|internet, page blanche,
        écran .. noir|blanc|figé, rame, rament, ne répond|réagit plus|pas, erreur #,
        affiche une erreur, message .. erreur, erreur quand|lors|au,
        impossible de|d ouvrir|télécharger|imprimer|installer,
        impossible de|d charger|envoyer|valider|enregistrer|afficher, dépôt .. échoue,
        échoue, comment configurer|installer|paramétrer|activer|connecter, paramètr*,
        réglage*, messagerie, boîte mail .. pleine|marche, absence .. message,
        l appli .. plante|marche|bloque|ouvre|ferme, se ferme .. seule|seul, se bloque,
        ça bloque, ne s affiche|imprime|charge|lance|ouvre|allume pas|plus, n imprime,
        ne fonctionne, ne marche, fonctionne mal, dysfonctionnement, se déconnecte,
        déconnecte, bourrage papier, station d accueil, vidéoprojecteur,
        casque .. marche|fonctionne|détecté, micro .. marche|fonctionne, clé usb,
        lecteur réseau, disque .. plein, certificat .. expiré, nom de domaine, dns,
        hébergement, wordpress, fibre, débit, téléphonie, ligne .. coupée|morte, 4g, 5g,
        caisse .. marche|panne, sous titres, saccade*, mise en veille, écran bleu,
        machine virtuelle, fichiers .. chiffrés|disparu|corrompus,
        données .. disparu|perdues, disparu,

        perd* .. wifi|connexion|signal|réseau, serveur de fichiers, thermostat*, sonnette,
        caméra .. hors|noire|marche, lampe .. connecte*|marche, domotique, objet connecté,
        clignote*, grésille*, bourdonne*, vibre, fuit, coince*, coincé*,
        s éteint .. seul|seule, s éteint, se coupe, se ferme, se fige,
        reste en|sur|bloqué|bloquée, en double, flou, pixelisé*, décalage horaire,
        mauvais fuseau|ordre|format, formule, macro*, graphique* .. vide|charge,
        carte .. charge|figée, code qr, code barre*, panier .. vide|marche,
        bouton .. marche|fonctionne|grisé, écran tactile, code retour, traitement de nuit,
        tâche planifiée, réplication, requête .. lente|erreur, clé api,
        composant manquant,

        chauffe*, surchauffe, ventilateur*, fait .. bruit, bruit bizarre|étrange,
        en panne, mails .. reviennent|livrés|partent, dossiers .. visibles|publics
        """,
    3: """
        erreur*, échoue*, échec*, échoué*, bloqué* .. page|écran|chargement, cassé*,
        défectueu*, defaut, application*, appli, logiciel*, site .. web|internet|bloqué,
        site, ordinateur*, portable, pc, mac, tablette, téléphone .. marche|cassé|bloqué,
        appareil*, dispositif*, matériel*, écran*, clavier, souris, casque, caméra, micro,
        haut parleur*, batterie*, chargeur*, fichier*, téléverse*, télécharg*,
        navigateur*, windows, android, linux, nuage, cloud, aws, azure, docker, saas,
        plateforme*, tableau* de bord, système*, plugin*, module*, version*,
        connexion .. internet|wifi|réseau|perdue|lente|instable, instab*, perturb*,
        technique*, technicien*, signal, outlook, excel, jira, performance*,
        sécurité .. réseau|système*,

        formulaire .. erreur|marche|envoi, poste* .. réseau|connecte,
        courriel .. envoyer|reçois, charge pas
        """,
    2: """
        problème*, difficulté*, souci*,

        télécommande, télé, télévision, console, manette, montre, écouteurs, enceinte*,
        page*, menu, fenêtre, calendrier, agenda
        """,
    1: """
        résoudre, résolution, données, outil*, numérique*, affecte*, impact*
        """,
}
