# ruff: noqa: RUF001  (languages other than English have letters that look like ours)
"""What mail programs write around quotes and below messages, in the languages they speak."""

from __future__ import annotations

import re

# The verb in "On Monday, Kim wrote:".
WROTE = (
    *("wrote", "writes", "schrieb", "schreef", "a écrit", "escribió", "escribio", "escreveu"),
    *(
        "ha scritto",
        "geschreven",
        "skrev",
        "napisał",
        "napisała",
        "napisał(a)",
        "napsal",
        "napsal(a)",
    ),
    *("написал", "написал(а)", "написала", "пише", "писал", "kirjoitti", "yazdı", "írta"),
    *("a scris", "έγραψε", "va escriure", "napísal", "je napisal", "je napisao", "rašė"),
    *(
        "写道",
        "寫道",
        "のメール",
        "さんは書きました",
        "작성",
        "님이",
        "đã viết",
        "menulis",
        "כתב",
        "كتب",
    ),
)
# What such a line begins with.
START = (
    *("on", "am", "le", "el", "em", "il", "op", "den", "dnia", "w dniu", "dne", "dňa", "ke", "pe"),
    *("в", "date", "tarihinde", "στις", "vào", "pada", "at", "ср", "fra", "from", "von", "de"),
)
# The labels of the headers that Outlook and others repeat above a quoted message.
FROM = (
    *("from", "von", "de", "da", "van", "från", "fra", "от", "від", "od", "lähettäjä", "kimden"),
    *("feladó", "de la", "remitente", "mittente", "από", "发件人", "寄件者", "差出人", "보낸 사람"),
    *("보낸사람", "expéditeur", "remetente", "gönderen", "nadawca", "saatja", "من", "מאת"),
)
SENT = (
    *("sent", "date", "gesendet", "datum", "envoyé", "enviado", "enviada em", "fecha", "data"),
    *("inviato", "verzonden", "skickat", "sendt", "dato", "отправлено", "дата", "wysłano"),
    *("odesláno", "lähetetty", "gönderilen", "gönderme", "elküldve", "trimis", "发送时间", "日期"),
    *(
        "送信日時",
        "보낸 날짜",
        "message du",
        "date d'envoi",
        "enviado el",
        "le",
        "päivämäärä",
        "enviada",
    ),
    *("dátum", "tarih", "ημερομηνία", "日付", "날짜", "sendt dato", "dat", "kl"),
)
TO = (
    *("to", "an", "à", "a", "para", "aan", "till", "til", "кому", "do", "komu", "vastaanottaja"),
    *(
        "kime",
        "címzett",
        "către",
        "收件人",
        "宛先",
        "받는 사람",
        "destinataire",
        "destinatario",
        "προς",
    ),
)
SUBJECT = (
    *("subject", "betreff", "objet", "sujet", "asunto", "assunto", "oggetto", "onderwerp", "ämne"),
    *(
        "emne",
        "тема",
        "temat",
        "předmět",
        "aihe",
        "konu",
        "tárgy",
        "subiect",
        "主题",
        "主旨",
        "件名",
    ),
    *("제목", "predmet", "θέμα", "re"),
)
COPY = ("cc", "kopie", "copie", "copie à", "kopia", "kopi", "копия", "reply-to", "antwort an")
LABELS = {
    label: kind
    for kind, labels in (
        ("copy", COPY),
        ("subject", SUBJECT),
        ("to", TO),
        ("sent", SENT),
        ("from", FROM),
    )
    for label in labels
}

# Lines after which everything is quoted.
ORIGINAL = (
    *("original message", "original-nachricht", "ursprüngliche nachricht", "originalnachricht"),
    *("message d'origine", "message original", "message transféré", "mensaje original"),
    *("mensagem original", "mensagem encaminhada", "mensaje reenviado", "messaggio originale"),
    *(
        "messaggio inoltrato",
        "oorspronkelijk bericht",
        "doorgestuurd bericht",
        "wiadomość oryginalna",
    ),
    *(
        "ursprungligt meddelande",
        "originalmeddelande",
        "oprindelig meddelelse",
        "opprinnelig melding",
    ),
    *("исходное сообщение", "пересылаемое сообщение", "původní zpráva", "alkuperäinen viesti"),
    *("özgün ileti", "原始邮件", "原始郵件", "元のメッセージ", "원본 메시지", "forwarded message"),
    *(
        "weitergeleitete nachricht",
        "reply message",
        "reply above this line",
        "original appointment",
    ),
    *("oryginalna wiadomość", "eredeti üzenet", "vidarebefordrat meddelande", "replied message"),
)
FORWARDED = (
    *(
        "begin forwarded message",
        "anfang der weitergeleiteten nachricht",
        "début du message réexpédié",
    ),
    *(
        "début du message transféré",
        "inicio del mensaje reenviado",
        "início da mensagem reencaminhada",
    ),
    *("inizio messaggio inoltrato", "begin doorgestuurd bericht", "vidarebefordrat brev"),
)

# What phones write below a message: how it begins, and a word for the device or the program.
# Without the second it may be a sentence ("Sent from our warehouse on Monday").
SENT_FROM = (
    *("sent from", "sent via", "sent with", "get", "gesendet von", "gesendet mit", "gesendet über"),
    *(
        "von meinem",
        "envoyé de",
        "envoyé depuis",
        "envoyé à partir",
        "envoyé avec",
        "enviado desde",
    ),
    *("enviado do", "enviado de", "enviado a partir", "enviado com", "enviado con", "inviato da"),
    *("inviato dal", "inviato con", "verzonden vanaf", "verzonden met", "verstuurd vanaf"),
    *("skickat från", "sendt fra", "sendt med", "lähetetty", "отправлено с", "отправлено из"),
    *("wysłane z", "wysłano z", "odesláno z", "odoslané z", "trimis de pe", "obtenir", "obtener"),
    *("scarica", "download", "hent", "hämta", "outlook für", "发自我的", "iphoneから送信"),
)
DEVICES = (
    *(
        "iphone",
        "ipad",
        "ipod",
        "android",
        "samsung",
        "galaxy",
        "huawei",
        "xiaomi",
        "nokia",
        "sony",
    ),
    *("pixel", "motorola", "blackberry", "windows", "outlook", "yahoo", "gmail", "proton", "spark"),
    *("mail", "phone", "smartphone", "tablet", "mobile", "mobil", "móvil", "handy", "téléphone"),
    *("telefon", "telefono", "teléfono", "telemóvel", "device", "thunderbird", "mailbird", "gmx"),
    *("my", "mein", "mon", "meu", "mijn", "min", "moj", "送信", "我的"),
)


def any_of(phrases: tuple[str, ...]) -> str:
    """Return a pattern for any of the words; the longest one wins."""
    return "|".join(re.escape(word) for word in sorted(phrases, key=len, reverse=True))
