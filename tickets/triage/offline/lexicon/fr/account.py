"""French words of sign-in, identity, profile data, permissions, closing, misuse."""

PATTERNS = {
    6: """
        mot* de passe, me connecter, identifiant*, piraté*,

        oublié .. mot, mot de passe .. oublié|expiré|refusé|marche,
        mon compte .. piraté|bloqué
        """,
    5: """
        compte .. bloqué|piraté|suspendu|supprim*|fermer|désactiv*|verrouillé|clôtur*,
        fermer|supprimer|clôturer|désactiver|créer|ouvrir .. compte,
        mot* de passe .. oublié|réinitialis*|changer|modifier,
        oublié .. mot de passe|identifiant, réinitialiser .. mot de passe,
        changer|modifier .. adresse|nom|email|e mail|mail|coordonnées|numéro|téléphone,
        carte .. volée|perdue|bloquée, vérif* .. identité, usurpation .. identité,

        identifiant .. inconnu|oublié|perdu|refusé, réinitialis*,
        changé d adresse|de nom|de numéro|de téléphone, nouvelle adresse,
        adresse .. changé|changer|modifier,
        mettre à jour .. profil|coordonnées|adresse|informations,
        mise à jour .. profil|coordonnées|adresse, droits en|de lecture|écriture,
        donner les droits, donner .. accès, droit* d accès,
        accès .. refusé|dossier|partagé|lecteur, pas accès|autorisation, pas les droits,
        plus accès, supprim* .. compte|données, suppression de|du compte|données,
        clôture* .. compte, code de vérification, code .. sms|arrive,
        double authentification, validation .. identité, carte d identité,
        quelqu un .. compte|connecté|changé, à mon nom, usurp*, titulaire, compte joint,
        procuration, ouvrir .. compte, créer .. compte, départ .. salarié|collaborateur,
        arrivée .. salarié|collaborateur .. compte, invitation .. expirée, pseudo,
        photo de profil, nom .. mal|erreur,

        mêmes dossiers|droits|accès, change* de service|poste|équipe, nom de jeune fille,
        ancien nom|numéro, ancienne adresse, porte encore|toujours, faux profil|compte,
        mes photos, se fait passer|passe pour,
        ancien salarié|employé|collaborateur|collègue, a encore|toujours accès,
        reconnaissance faciale, pièce .. refusée|rejetée, qui peut voir, visible par,
        compte en double,

        au groupe, du groupe, dans le groupe, liste de diffusion,
        ajouter .. groupe|équipe|projet|liste, activer .. compte,
        lien pour activer|réinitialiser, lien .. expiré, mêmes droits,
        adresse de récupération
        """,
    4: """
        se connecter .. compte, connecter à mon|notre compte,
        connexion à mon|notre compte, authentifi*, double facteur,
        code de vérification|confirmation|activation|sécurité, lien d activation,
        inscription, m inscrire, inscrire, mon compte, profil*, données personnelles,
        informations personnelles, mes données, mes coordonnées, mes informations, rgpd,
        droits administrateur, autorisation*, permission*,
        accès à .. compte|dossier|boîte|espace, demande d accès, utilisateur*,
        nouvel utilisateur, déménag*, changement d adresse|de nom,
        changement de coordonnées, pièce d identité, identité, passeport, pirater,
        hameçonnage, phishing, activité suspecte, connexion suspecte, débloquer,
        déverrouill*, verrouillé*, désinscri*, sso, pin, code pin,

        connexion impossible, session expirée, déconnecté de mon,
        nouveau collaborateur .. accès|compte, compte utilisateur
        """,
    2: """
        compte*, accès, accéder, adresse e mail|mail|email, membre*, connexion
        """,
}
