"""French words of money: invoices, payments, refunds, fees, prices, banking."""

PATTERNS = {
    6: """
        rembours*, factur*, prélev*
        """,
    5: """
        débité* deux|double|trop|sans, deux fois .. commande|facture|montant,
        prélevé* deux|sans|trop, facture .. erreur|trop|élevée|fausse|copie,
        jamais|pas remboursé*, mon argent,

        continue* de|à me|nous prendre|prélever|débiter|facturer,
        continue* à .. prélevé|débité|facturé, m a compté|facturé|débité|prélevé,
        m avez compté|facturé|débité|prélevé, assurance que .. pas|refusé*,
        pas sur mon compte
        """,
    4: """
        débit*, payé deux|double fois, facturé deux|double|trop,
        double prélèvement|facturation|paiement|débit, trop perçu, surfactur*, frais,
        virement*, avoir sur, note de crédit, paiement .. non autorisé|erroné|double,
        montant*, tva, prix .. augment*|erroné, augmentation .. prix|tarif*, échéancier,
        impayé*, mise en demeure, rib, mandat sepa, crédité, taux de change, distributeur,
        espèces, retrait*, découvert, cotisation*, reçu .. paiement|fiscal,
        divergence* .. facture|facturation, argent,

        moyen* de paiement, mode* de paiement, mensualité*, en plusieurs fois,
        paiement .. fois, prélèvement .. non|jamais|sans, autorisé .. prélèvement,
        carte .. refusée|rejetée|débitée, virement .. étranger|pas|reçu|retard, crédit*,
        emprunt*, prêt, prêt immobilier, taux, intérêts, agios, solde .. compte,
        relevé* de compte, amende*, impôts, taxe foncière, frais de scolarité, bourse,
        échéance*, majoration, pénalité*, prime*, franchise, mutuelle, indemnité*,
        consommation .. facture, augmenté, augmentation, trop cher, plus cher,
        code de réduction, carte cadeau, frais de port|livraison|dossier|retard,
        frais de douane, caution, acompte, arrhes, note de frais, bulletin de paie,
        comptabilité, reçu fiscal, justificatif de paiement,
        abonnement .. débité|payé|renouvelé, dépassement, hors forfait, itinérance,

        prix de la course, course .. prix|euros, péage, supplément*, surcoût, don, dons,
        dividende*, courtage, salaire .. pas|retard, paie .. pas, loyer, allocation*,
        retraite .. versée|versement, versement*, versé*, note .. payée|salée,
        geste commercial, délai de paiement, relance, huissier, surendettement,
        remboursement de frais, kilométrique*
        """,
    3: """
        paiement*, payer, payé*, paie, règlement, régler la|ma|une facture, tarif*, coût*,
        prix, carte bancaire|bleue|crédit, compte bancaire, euros, renouvellement*,
        code promo*, réduction*, remise*, bon d achat, chèque*, devis, compensation,
        indemnis*, dédommag*, taxe*, impôt*, salaire, paypal, transaction*, dépense*,

        cher, chère pour, promo, promotion*, banque, bancaire*, iban, livret, retirer
        """,
    2: """
        budget*, solde, essai gratuit, forfait*, financ*,

        abonnement*, offre, contrat*, coûte
        """,
}
