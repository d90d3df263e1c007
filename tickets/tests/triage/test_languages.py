"""The language of a text: named if it is one of the desk's and clear, and no other taken for it."""

import tomllib
from collections import Counter

import pytest

from tickets.triage import engine
from tickets.triage.offline.examples.reader import load_examples
from tickets.triage.offline.languages import COMMON_WORDS
from tickets.triage.offline.lexicon.compiled import load_lexicon
from tickets.triage.offline.tokens import fold
from tickets.vocabulary import Language

OWN = {
    "en": [
        "My card was charged twice for one order.",
        "I can't log in since yesterday",
        "Why is my bill so high this month?",
        "the app crashes when I open the camera",
        "Ciao team, the export to PDF is broken again since the last update.",
        "The invoice of Società Il Ponte di Milano is missing from my account",
    ],
    "de": [
        "Ich komme nicht mehr in mein Konto.",
        "Warum wurde zweimal abgebucht?",
        "Der Drucker im zweiten Stock druckt nicht mehr",
        "Können Sie mir bitte die Rechnung schicken?",
    ],
    "fr": [
        "Je ne peux plus me connecter depuis hier.",
        "Vous m'avez débité deux fois le même montant",
        "l'imprimante du deuxième étage ne marche plus",
        "Bonjour, comment changer l'adresse de livraison ?",
    ],
    "es": [
        "No puedo entrar en mi cuenta desde ayer.",
        "Me han cobrado dos veces la misma factura",
        "¿Dónde está mi pedido?",
        "no me llega el codigo de verificacion al movil",
    ],
    "pt": [
        "Não consigo entrar na minha conta.",
        "Fui cobrado duas vezes pela mesma compra",
        "A impressora do segundo andar não imprime",
        "nao recebi o codigo de verificacao no celular",
    ],
}
FOREIGN = {
    "Italian": [
        "Mi avete addebitato due volte lo stesso importo, vorrei il rimborso.",
        "Le mie fatture non si aprono più, il file è vuoto",
        "Il corriere ha lasciato il pacco dal vicino senza avvisare",
        "Da ieri sera il sito dà errore 500 e non possiamo lavorare",
        "il codice sconto non viene accettato",
        "non funziona",
    ],
    "Romanian": [
        "Mi-ați luat de două ori banii pentru același abonament, vă rog să îmi returnați suma.",
        "Nu ma pot conecta la contul meu",
        "De ce a crescut prețul la abonament?",
    ],
    "Catalan": [
        "M'heu cobrat dues vegades la mateixa factura, vull que em torneu els diners.",
        "La impressora de la segona planta no imprimeix",
    ],
    "Galician": [
        "Non podo entrar na miña conta dende onte.",
        "Cobráronme dúas veces a mesma factura e quero unha devolución.",
    ],
    "Dutch": [
        "Jullie hebben twee keer hetzelfde bedrag afgeschreven, ik wil mijn geld terug.",
        "De deur gaat niet meer dicht, kunnen jullie komen kijken?",
        "Hoe kan ik in de app de taal instellen?",
    ],
    "Afrikaans": ["Die faktuur is verkeerd en ek wil my geld terug hê."],
    "Swedish": ["Ni har dragit samma belopp två gånger, jag vill ha pengarna tillbaka."],
    "Danish": ["I har trukket det samme beløb to gange, jeg vil gerne have pengene igen."],
    "Norwegian": ["Dere har trukket samme beløp to ganger, jeg vil ha pengene tilbake."],
    "Icelandic": ["Hvernig get ég breytt lykilorðinu mínu?"],
    "Polish": [
        "Dzień dobry, nie mogę się zalogować do mojego konta w aplikacji.",
        "Strona nie działa",
    ],
    "Czech": ["Strhli jste mi dvakrát stejnou částku, prosím o vrácení peněz."],
    "Slovak": ["Faktúra za marec mi stále neprišla, kde ju nájdem?"],
    "Slovenian": ["Od včeraj se ne morem prijaviti v svoj račun."],
    "Croatian": ["Zašto mi je dva puta naplaćen isti iznos?"],
    "Lithuanian": ["Nuo vakar negaliu prisijungti prie savo paskyros."],
    "Latvian": ["Kopš vakardienas nevaru pieslēgties savam kontam."],
    "Finnish": ["Sama summa veloitettiin kaksi kertaa, haluan rahat takaisin."],
    "Estonian": ["Ma ei saa eilsest saadik oma kontole sisse logida."],
    "Hungarian": ["Tegnap óta nem tudok bejelentkezni a fiókomba.", "Nem működik a nyomtató."],
    "Turkish": ["Bu sayfa neden açılmıyor?"],  # noqa: RUF001
    "Albanian": ["Nuk mund të hyj në llogarinë time që dje."],
    "Basque": ["Faktura bera bi aldiz kobratu didazue."],
    "Welsh": ["Dwi ddim yn gallu mewngofnodi i fy nghyfrif ers ddoe."],
    "Irish": ["Ní féidir liom logáil isteach i mo chuntas ó inné."],
    "Indonesian": ["Kenapa email dari bank belum ada?"],
    "Tagalog": ["Hindi ako makapasok sa account ko mula kahapon."],
    "Swahili": ["Siwezi kuingia kwenye akaunti yangu tangu jana."],
    "Vietnamese": ["Tôi không thể đăng nhập vào tài khoản của mình từ hôm qua."],
    "Hindi": ["main apne account mein login nahi kar pa raha"],
    "Russian": ["При открытии страницы появляется «The server is not available»"],
    "Japanese": ["開くと「The file is not available」と出ます"],
    "Chinese": ["登录时显示 the password is not correct，怎么办"],  # noqa: RUF001
    "none in particular": [
        *("", "Printer", "login", "factura", "parking permit", "PDF export", "no", "error 502"),
        *("ERR_CONNECTION_RESET 0x80070005", "Netflix Premium", "Onde está a factura?"),
    ],
}


@pytest.mark.parametrize(
    ("language", "text"), [(language, text) for language, texts in OWN.items() for text in texts]
)
def test_the_desks_languages_are_named(language, text):
    assert engine.language_of(text) == language


@pytest.mark.parametrize(
    ("language", "text"),
    [(language, text) for language, texts in FOREIGN.items() for text in texts],
)
def test_no_other_is_taken_for_one_of_them(language, text):
    assert engine.language_of(text) is None, language


def test_the_language_of_example_tickets_is_named_or_left_open():
    """Most of them are a few words, which are often none of the common ones."""
    answers = Counter()
    for example in load_examples():
        is_own = example.language in Language
        answer = engine.language_of(example.text)
        answers[is_own, answer is not None, answer == (example.language if is_own else None)] += 1
    right, left_open, wrong = (
        answers[True, is_named, is_right]
        for is_named, is_right in [(True, True), (False, False), (True, False)]
    )
    assert right > 0.75 * (right + left_open + wrong)
    assert wrong < 0.005 * (right + left_open + wrong)
    assert answers[False, True, False] == 0


def test_the_file_has_each_word_of_a_language_once():
    lists = tomllib.loads(COMMON_WORDS.read_text(encoding="utf-8"))
    assert set(lists) >= set(Language.values)
    for language, listed in lists.items():
        folded = Counter(fold(word) for word in listed)
        assert max(folded.values()) == 1, language
        assert all(word.isalpha() for word in folded), language
        known = {word for word, names in load_lexicon().stopwords.items() if language in names}
        assert not known & folded.keys(), language
