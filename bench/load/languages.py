"""The languages that tickets are written in: their common words, and the sounds of their rare ones.

Words follow Zipf's law, as in any language: the word of rank n is about n times rarer than the
first one. The common words stand here; the thousands of rare ones are put together from syllables,
so that the search documents have as many different words as those of a real desk.
"""

# ruff: noqa: RUF001  (letters of other scripts that look like Latin ones)

from __future__ import annotations

import functools
import itertools
import random
from dataclasses import dataclass

RARE_WORDS = 9_000  # of each language with spaces
# Words that benchmarks search for. No other text has them, see `tickets.py` for how often they
# stand where.
RARE = "chargeback"
COMMON = "delivery"
OLD = "faxmodem"
APART = ("android", "iphone")
IN_REPLIES = "workaround"
PLANTED = frozenset({RARE, COMMON, OLD, *APART, IN_REPLIES})


@dataclass(frozen=True)
class Language:
    """`share` is the part of the tickets; `desk` is the desk's language for it, see Language."""

    code: str
    desk: str
    share: float
    common: str  # separated by spaces, commonest first
    onsets: str  # separated by spaces, "-" for none
    vowels: str
    codas: str
    space: str = " "
    stop: str = ". "


LANGUAGES = (
    Language(
        *("en", "en", 0.52),
        "the to i and a my of is it in for not that have this on you we with can be but your was"
        " are as please when after account our no from can’t order email invoice an or would app"
        " page password error time get sign since help payment still working customer again if"
        " been has which screen so today what they don’t same user access number date file update"
        " subscription charged website team tried message button open phone address browser card"
        " refund login changed send support problem export plan version report details month"
        " yesterday two there thank hello company install settings cancel download link system"
        " reset data wrong missing printer network café urgent server attached screenshot",
        "b br c ch cl d dr f fl g gr h j k l m n p pl pr qu r s sh sl st str t th tr v w",
        "a e i o u ai ea ee oa ou",
        "- - n r l s t nd rt ck m p st ll ng",
    ),
    Language(
        *("de", "de", 0.14),
        "die der und ich nicht ist das zu in ein mit es auf für von wir mein bitte eine den kann im"
        " habe sich wird auch noch dem sie bei wenn nach aber haben wurde seit Rechnung Konto keine"
        " mehr Bestellung Passwort Kunden Rückerstattung funktioniert Fehlermeldung danke heute"
        " gestern Straße möchte können über wieder Seite Zahlung Lieferanschrift Anmeldung Vertrag"
        " kündigen geändert außerdem größer Gerät Zugriff Benutzer Datei öffnen prüfen fehlt falsch"
        " Überweisung Beleg Büro während müssen Hilfe dringend",
        "b br d dr f g gr h k kl l m n p pf pr r s sch schl sp st t tr v w z zw",
        "a e i o u ei au ie ä ö ü eu",
        "- n r l s t ng ch ck rt st nd tz ung er en",
    ),
    Language(
        *("fr", "fr", 0.10),
        "de la le et je à les ne pas est un une des pour que mon il en du sur nous avec ce dans"
        " vous qui mais plus se au ma compte facture commande problème merci bonjour mot passe"
        " depuis impossible erreur remboursement paiement déjà après créer été reçu café adresse"
        " page connexion votre notre toujours aujourd’hui hier l’application j’ai n’ai télécharger"
        " modifier abonnement résilier délai numéro client français nécessaire élevé où",
        "b bl br c ch d dr f fl g gr j l m n p pl pr qu r s t tr v",
        "a e i o u ou oi é è au eu ai",
        "- - - n r l s t x nt que tion ment",
    ),
    Language(
        *("es", "es", 0.07),
        "de la que el en y no mi a los se un por una con para las es del lo me al como está desde"
        " pero más ya cuenta factura pedido contraseña gracias hola problema error pago puedo"
        " cuando reembolso después también página aplicación número año mañana ayer señor correo"
        " dirección suscripción cancelar acceso todavía según cómo qué información",
        "b br c ch d f g gr h j l ll m n ñ p pl pr qu r s t tr v",
        "a e i o u ie ue á é í ó",
        "- - - n r l s ción dad do ra",
    ),
    Language(
        *("pt", "pt", 0.04),
        "de a o que e não do da em um para com uma os no se na por mais as dos como mas foi ao meu"
        " minha conta fatura pedido senha obrigado olá problema erro pagamento reembolso está já"
        " depois página aplicação número também cancelar acesso ainda endereço assinatura ontem"
        " informação você até coração",
        "b br c ch d f g gr l lh m n nh p pr qu r s t tr v",
        "a e i o u ã é ê ó ei ou",
        "- - - r l s m ção dade do ra",
    ),
    Language(
        *("tr", "en", 0.03),
        "bir ve bu için ile de da çok daha ne olarak hesap fatura şifre sipariş ödeme hata lütfen"
        " merhaba teşekkürler ısparta istanbul değil sonra önce gün iade yardım uygulama giriş"
        " kullanıcı çalışmıyor yanlış adres şirket",
        "b c ç d f g h k l m n p r s ş t v y z",
        "a e ı i o ö u ü",
        "- n r l k m t lar ler dır sız lık",
    ),
    Language(
        *("ru", "en", 0.025),
        "и в не на я что с у меня по это как мой за из но к от для после счёт заказ пароль оплата"
        " ошибка возврат здравствуйте спасибо пожалуйста почему аккаунт приложение вход письмо"
        " адрес подписка вчера сегодня ещё нужно работает доставка",
        "б в г д ж з к л м н п пр р с ст т тр ф х ц ч ш",
        "а е и о у ы я ё ю",
        "- н р л с т к м ть ние ский ость",
    ),
    Language(
        *("ar", "en", 0.015),
        "في من على لا أن هذا إلى مع عن حساب فاتورة طلب كلمة المرور الدفع خطأ شكرا مرحبا مشكلة"
        " استرداد تطبيق بريد عنوان اشتراك إلغاء أمس اليوم أحتاج مساعدة الْفَاتُورَةُ مُشْكِلَة",
        "ب ت ج ح خ د ر ز س ش ص ط ع ف ق ك ل م ن ه و ي",
        "ا و ي ـ",
        "- - ن ر ل ة ات ين",
    ),
    Language(
        *("ko", "en", 0.015),
        "계정 주문 결제 환불 비밀번호 오류 문제 안녕하세요 감사합니다 로그인 앱에서 안"
        " 됩니다 어제 오늘 이메일 주소 구독 취소 확인 부탁드립니다 영수증 그리고 하지만",
        "가 나 다 라 마 바 사 아 자 차 카 타 파 하 서 이 고 문",
        "구 기 니 도 리 무 보 수 오 주 지 해 정 신 인",
        "- 를 은 는 에 의 로",
    ),
    Language(
        *("ja", "en", 0.025),
        "の は を が に で と も した です ます 注文 払い戻し 請求書 パスワード ログイン エラー"
        " できません お願いします 昨日 今日 アカウント 届きません 支払い 返金 確認 メール 住所 解約"
        " 変更 アプリ 画面",
        "会 社 品 電 話 番 号 登 録 利 用 者 情 報 設 定 更 新 日 時 間 方 法 問 題",
        "送 受 取 消 開 始 終 了 入 力 表 示 印 刷 失 敗 成 功 追 加 削 除 保 存",
        "- - る い た 中 後 前",
        space="",
        stop="。",
    ),
    Language(
        *("zh", "en", 0.02),
        "的 我 了 不 是 在 要 你们 请 退款 订单 发票 密码 登录 账户 错误 无法 谢谢 您好 昨天 今天"
        " 付款 邮件 地址 取消 订阅 应用 问题 修改 已经 还是 没有 收到",
        "系 统 网 站 页 面 手 机 电 话 客 服 公 司 产 品 数 据 文 件 用 户 信 息 软",
        "更 新 下 载 安 装 设 置 保 存 删 除 打 开 关 闭 发 送 接 检 查 支 持 帮 助",
        "- - 中 后 前 了 过",
        space="",
        stop="。",
    ),
    Language(
        *("th", "en", 0.01),
        "ที่ และ ไม่ ได้ ของ ใน มี การ จะ ให้ บัญชี คำสั่งซื้อ ใบแจ้งหนี้ รหัสผ่าน คืนเงิน ปัญหา"
        " ขอบคุณ สวัสดี ชำระเงิน อีเมล เมื่อวาน วันนี้ ช่วย ด้วย",
        "กา ขา คน งาน จอ ชา ดี ตา ทาง นา บาน ปี ผู้ พา มา ยา รา ลา วัน สาม หา",
        "กร ขน คม งด จน ชม ดน ตน ทน นม บท ปน ผล พบ มด ยก รบ ลด",
        "- - ะ า",
        space="",
        stop=" ",
    ),
)


@dataclass(frozen=True)
class Vocabulary:
    """The entries of a language, commonest first, and the sums of their frequencies."""

    language: Language
    entries: list[str]
    cumulative: list[float]

    def draw(self, rng: random.Random, count: int) -> list[str]:
        return rng.choices(self.entries, cum_weights=self.cumulative, k=count)


@functools.cache
def vocabulary(language: Language) -> Vocabulary:
    rng = random.Random(f"words of {language.code}")
    entries = dict.fromkeys(language.common.split())
    onsets, vowels, codas = (
        [part.replace("-", "") for part in text.split()]
        for text in (language.onsets, language.vowels, language.codas)
    )
    limit = len(entries) + (RARE_WORDS if language.space else RARE_WORDS // 6)
    while len(entries) < limit:
        syllables = (
            rng.choice(onsets) + rng.choice(vowels) + rng.choice(codas)
            for _ in range(rng.choice((1, 1, 2, 2, 2, 3)))
        )
        word = "".join(syllables)
        if len(word) > 2 and word not in PLANTED:
            entries.setdefault(word)
    frequencies = (1 / (rank + 2.7) for rank in range(len(entries)))
    return Vocabulary(language, list(entries), list(itertools.accumulate(frequencies)))
