"""French words of all the rest: orders, travel, appointments, service, feedback."""

PATTERNS = {
    5: """
        suivre|suivi .. commande|colis|livraison,
        annuler|modifier .. commande|réservation|vol, où est ma|mon commande|colis,
        commande .. arrivée|reçue|livrée|retard, colis .. perdu|reçu|arrivé|retard,

        rien reçu, pas reçu .. colis|commande|article|livraison, n est pas arrivé*,
        jamais arrivé*|reçu|livré, noté livré, livrez vous,
        mauvais modèle|article|produit|taille, mauvaise taille|couleur,
        étiquette* de retour, valise*, correspondance, vol .. annulé|retard|raté,
        dégât* des eaux, sinistre*, déclar* .. sinistre|accident, accident,
        relevé* de compteur, compteur .. relevé, déménagement, emménag*, résili*,
        résiliation, rendez vous .. reporter|annuler|déplacer, reporter,
        passeport .. renouveler|demande, permis, état civil, mairie, poubelle*,
        éclairage public, ordonnance, technicien .. venu|passe|rendez|absent,
        personne n est venu|passé, raccrocher, raccroché, rappel*,
        besoin .. ordinateur|écran|casque|souris|clavier, nouvel ordinateur|écran,
        nouveau casque|portable|clavier, réserver .. salle, salle de réunion, congé*,
        badge visiteur, place de parking,

        cabossé*, rayé*, rayure*, ébréché*, froid* .. plat|pizza|frites|repas, renversé*,
        pièce* de rechange, filtre* de rechange, oublié .. taxi|train|bus|avion|chambre,
        laissé .. taxi|train|bus|avion|chambre, soirée magnifique|réussie, organisateur*,
        mes compliments, voiture de location .. conduire|deux, aucun retour, sans retour,
        traitez .. clients, propriétaire, bailleur, chantier,
        bruit .. voisin*|chantier|nuit, attestation, visite .. appartement, encore libre,
        chauffeur .. annulé|venu|désagréable,

        visite* guidée*, mes remerciements, remerciez, transmettez mes,
        décaler .. livraison|rendez|commande, décaler la|le|ma|mon, bus .. passé|venu,
        semaine prochaine
        """,
    4: """
        livr*, livraison*, colis, expédi*, commande, commandes, commandé*,
        retour* .. article|produit|commande, échange*, retourner, en stock,
        rupture de stock, disponib*, horaires, heures d ouverture, magasin*, boutique*,
        agence*, parler à|avec .. conseiller|quelqu|humain|agent,
        service client .. horaires|désagréable|mauvais|numéro, réclamation*, plainte*,
        avis, suggestion*, remarque*, newsletter, publicité*, marketing, campagne*,
        stratégie*, croissance .. marque, marque*, référencement, brochure*, catalogue*,
        garantie*, rendez vous, voyage*, vol, vols, bagage*, hôtel, réserv*, événement*,
        billet*, partenariat*, emploi, recrut*, candidature*, stage,

        ferme, ouvre .. agence|magasin|samedi|dimanche, ouvert .. samedi|dimanche, fermé,
        à quelle heure, heure* d attente, attente, conseiller, impoli*, malpoli*,
        ce serait bien|super|pratique|utile, serait bien|super|pratique|utile,
        j aimerais bien, bravo, félicitations, échanger, remplacement, relevé de notes,
        inscription .. cours|examen, bibliothèque, semestre, cours de|du|en,
        petit déjeuner, chambre*, chien, fauteuil roulant, palette*, transporteur*,
        douane*, ramassage, annuler .. abonnement|contrat, formation, portabilité, animal,
        formation .. inscri*|proposez,

        voiture de location, taxi, course, trajet, concert, festival, théâtre, musée,
        casier, cantine, chaise, gardien, vaccin*, vote, voter, élection*,
        acte de naissance, professeur*, devoirs, logement, qualité, goût, périmé*,
        allerg*, végan, fleurs, tissu, couture, fermeture éclair, couvercle
        """,
    2: """
        demande d information*, demande de renseignement*, demande générale,
        information* sur|concernant|relative*|détaillée*|supplémentaire*|complémentaire*,
        renseignement*, en savoir plus, plus d informations|de détails,
        détails sur|concernant, question* sur|concernant|générale*,
        je voudrais savoir|connaître, j aimerais savoir|connaître|obtenir,
        souhaite* savoir|obtenir|connaître, renseigner, intéress*, conseil*,
        consultation*, formation*, meilleures pratiques, bonnes pratiques, recommand*,
        merci pour votre|vos|la|le|l, quels outils|sont, quelles sont, proposer, propose*,
        proposition*, quand .. arrive|sera|livré, combien de temps|coûte, article*,
        taille, couleur, annul*
        """,
    1: """
        question*, information*, aide, demande*, besoin, merci, assistance, support,
        est ce que vous, est il possible, proposez vous, avez vous, y a t il,
        pouvez vous m expliquer|indiquer|dire|fournir,
        pourriez vous .. fournir|indiquer|expliquer|préciser|envoyer, service*, produit*,
        guide*, documentation*, directive*, amélior*, optimis*, investissement*, aperçu*,
        croissance, fonctionnalité* .. produit, idée*, expliqu*, précis*, entreprise*,
        client*, expansion,

        service client
        """,
}
