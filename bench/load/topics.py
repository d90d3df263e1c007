"""What tickets are about: phrases for each category, by language. Triage finds them in the text."""

# ruff: noqa: RUF001  (letters of other scripts that look like Latin ones)

from __future__ import annotations

BILLING = {
    "en": ("charged twice", "invoice is wrong", "need a refund", "card was declined"),
    "de": ("doppelt abgebucht", "Rechnung ist falsch", "Rückerstattung bitte", "Karte abgelehnt"),
    "fr": ("facturé deux fois", "facture incorrecte", "demande de remboursement", "carte refusée"),
    "es": ("cobrado dos veces", "factura incorrecta", "quiero un reembolso", "tarjeta rechazada"),
    "pt": ("cobrado duas vezes", "fatura errada", "quero um reembolso", "cartão recusado"),
    "tr": ("iki kez ücret alındı", "fatura yanlış", "iade istiyorum", "kart reddedildi"),
    "ru": ("списали дважды", "неверный счёт", "нужен возврат", "карта отклонена"),
    "ar": ("تم الخصم مرتين", "الفاتورة خاطئة", "أريد استرداد المبلغ", "تم رفض البطاقة"),
    "ko": ("두 번 결제되었습니다", "청구서가 잘못되었습니다", "환불 요청", "카드 거절"),
    "ja": (
        "二重に請求されました",
        "請求書が間違っています",
        "注文の払い戻し",
        "カードが拒否されました",
    ),
    "zh": ("重复扣款", "发票有误", "我要退款", "信用卡被拒"),
    "th": ("ถูกเก็บเงินสองครั้ง", "ใบแจ้งหนี้ผิด", "ขอคืนเงิน", "บัตรถูกปฏิเสธ"),
}
TECHNICAL = {
    "en": ("app crashes on start", "error 500 on export", "page does not load", "can’t print"),
    "de": ("App stürzt ab", "Fehler 500 beim Export", "Seite lädt nicht", "Drucker geht nicht"),
    "fr": ("l’application plante", "erreur 500", "problème de chargement", "impossible d’imprimer"),
    "es": ("la aplicación se cierra", "error 500", "la página no carga", "no puedo imprimir"),
    "pt": ("o aplicativo fecha", "erro 500", "a página não carrega", "não consigo imprimir"),
    "tr": ("uygulama çöküyor", "hata 500", "sayfa açılmıyor", "yazdıramıyorum"),
    "ru": ("приложение вылетает", "ошибка 500", "страница не грузится", "не печатает"),
    "ar": ("التطبيق يتوقف", "خطأ 500", "الصفحة لا تفتح", "لا أستطيع الطباعة"),
    "ko": ("앱이 종료됩니다", "오류 500", "페이지가 열리지 않습니다", "인쇄가 안 됩니다"),
    "ja": ("アプリが落ちます", "エラー500", "ページが開きません", "印刷できません"),
    "zh": ("应用闪退", "错误500", "页面打不开", "无法打印"),
    "th": ("แอปเด้ง", "ข้อผิดพลาด 500", "หน้าเว็บไม่โหลด", "พิมพ์ไม่ได้"),
}
ACCOUNT = {
    "en": ("cannot sign in", "password reset link expired", "change my email", "account is locked"),
    "de": ("Anmeldung geht nicht", "Passwort vergessen", "E-Mail ändern", "Konto gesperrt"),
    "fr": ("connexion impossible", "mot de passe oublié", "changer d’adresse", "compte bloqué"),
    "es": ("no puedo entrar", "contraseña olvidada", "cambiar mi correo", "cuenta bloqueada"),
    "pt": ("não consigo entrar", "senha esquecida", "mudar meu email", "conta bloqueada"),
    "tr": ("giriş yapamıyorum", "şifremi unuttum", "adresimi değiştir", "hesap kilitli"),
    "ru": ("не могу войти", "забыл пароль", "сменить почту", "аккаунт заблокирован"),
    "ar": ("لا أستطيع الدخول", "نسيت كلمة المرور", "تغيير البريد", "الحساب مقفل"),
    "ko": ("로그인이 안 됩니다", "비밀번호 분실", "이메일 변경", "계정 잠김"),
    "ja": ("ログインできません", "パスワードを忘れました", "メールの変更", "アカウントがロック"),
    "zh": ("无法登录", "忘记密码", "修改邮箱", "账户被锁"),
    "th": ("เข้าสู่ระบบไม่ได้", "ลืมรหัสผ่าน", "เปลี่ยนอีเมล", "บัญชีถูกล็อก"),
}
GENERAL = {
    "en": ("opening hours", "question about plans", "feedback on the café", "how does it work"),
    "de": ("Öffnungszeiten", "Frage zum Tarif", "Lob für das Café", "wie geht das"),
    "fr": ("horaires d’ouverture", "question sur l’offre", "avis sur le café", "comment faire"),
    "es": ("horario de apertura", "pregunta sobre planes", "opinión", "cómo funciona"),
    "pt": ("horário de funcionamento", "dúvida sobre planos", "opinião", "como funciona"),
    "tr": ("çalışma saatleri", "planlar hakkında soru", "öneri", "nasıl çalışıyor"),
    "ru": ("часы работы", "вопрос о тарифах", "отзыв", "как это работает"),
    "ar": ("ساعات العمل", "سؤال عن الخطط", "اقتراح", "كيف يعمل"),
    "ko": ("영업 시간", "요금제 문의", "의견", "사용 방법"),
    "ja": ("営業時間", "プランについて", "ご意見", "使い方"),
    "zh": ("营业时间", "套餐咨询", "意见反馈", "如何使用"),
    "th": ("เวลาทำการ", "สอบถามแพ็กเกจ", "ข้อเสนอแนะ", "ใช้งานอย่างไร"),
}
TOPICS = {"billing": BILLING, "technical": TECHNICAL, "account": ACCOUNT, "general": GENERAL}
