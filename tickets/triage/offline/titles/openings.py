"""What stands before the matter of a text: greetings, courtesies, and how people begin.

Patterns for English, German, French, Spanish and Portuguese. Every quantifier has a limit, so
hostile text takes no more than linear time.
"""

from __future__ import annotations

import re

from .lines import any_of

_ADDRESSEES = (
    r"(?:all|team|there|everyone|everybody|guys|folks|support|customer|service|care|desk|help"
    r"|helpdesk"
    r"|it|hr|sir|madam|sirs|madame|ma'?am|or|and|the|of|dear|again|friends?|colleagues?|agent"
    r"|staff"
    r"|zusammen|liebes?r?|herr|herrn|frau|damen|herren|und|an|das|alle|kolleg(?:en|innen|\*innen)"
    r"|kundenservice|kundendienst|kundenbetreuung|support-?team|it-?team|geehrte[rn]?|mein[e]?"
    r"|[aà]|tou(?:s|tes)|l'[eé]quipe|[eé]quipe|service|client|monsieur|messieurs|mesdames|et"
    r"|le|la"
    r"|cher|ch[eè]res?|chers"
    r"|equipo|soporte|atenci[oó]n|al|de|del|cliente|se[nñ]or(?:es|a|as)?|sr|sra|y|a|todos|todas"
    r"|estimad[oa]s?|buen[oa]s?"
    r"|equipe|time|suporte|apoio|atendimento|ao|do|da|senhor(?:es|a|as)?|e|pessoal|galera|caros?"
    r"|caras?"
    r"|prezad[oa]s?|dr|mr|mrs|ms|prof)"
)
# A name: a capital, but no word that begins a sentence.
_NAME = (
    r"(?!(?:I|I'\w{1,3}|My|We|Our|The|This|It|Is|A|An|On|In|After|Since|When|Please|Can|Could"
    r"|How"
    r"|Why|What|Where|Your|You|There|Ich|Mein|Meine|Wir|Unser|Unsere|Der|Die|Das|Es|Seit|Bitte|Kann"
    r"|Wie|Warum|Was|Je|J'\w{1,20}|Mon|Ma|Mes|Nous|Notre|Le|La|Les|Un|Une|Depuis|Mi|Mis|No|El"
    r"|Los"
    r"|Las|Una|Desde|Por|Tengo|Meu|Minha|Eu|N[aã]o|O|Os|As|Um|Uma|Desde|Estou)\b)"
    r"[A-ZÀ-ÖØ-Þ][\w'.&/-]{0,40}"
)
_WHOM = rf"(?:\s{{1,3}}(?:(?i:{_ADDRESSEES})\b(?:-\w{{1,20}}){{0,2}}[.]?|{_NAME})){{0,7}}"
_GREETING = re.compile(
    r"[\s¡¿\"'(*_]{0,5}(?i:(?:(?:very )?(?:good|happy) (?:morning|afternoon|evening|day)|hi+"
    r"|hello|hey+|hiya|howdy"
    r"|greetings|(?:customer )?(?:support|service|care)|team|dear|to whom (?:it"
    r"|this) may concern|to whoever it may concern|sirs?|gents"
    r"|hallo|hi|sehr geehrte[rs]?|sehr verehrte[rs]?|guten (?:tag|morgen|abend)|moin(?: moin)?"
    r"|liebe[rs]?|servus|gr[uü][sß]{1,2} (?:gott|dich|euch|sie)|werte[rs]?|mahlzeit"
    r"|bonjour|bonsoir|salut|coucou|madame|monsieur|mesdames|messieurs|ch[eè]re?s?"
    r"|hola|buenos? (?:d[ií]as?)|buenas?(?: (?:tardes?|noches?))?|estimad[oa]s?(?:/[oa]s?)?"
    r"|querid[oa]s?|apreciad[oa]s?|muy (?:buenas|se[nñ]or(?:es)? m[ií]os?)"
    r"|ol[aá]|oi|bom dia|boa (?:tarde|noite)|prezad[oa]s?(?:\([oa]s?\))?|car[oa]s?"
    r"|ilustr[ií]ssim[oa]s?))"
    rf"\b{_WHOM}\s{{0,3}}([,!.:;\u2013\u2014-]{{1,3}}|$|\s)\s{{0,5}}"
)
# With these an address of some words follows, up to a comma or the end of the line.
_SALUTATION = re.compile(
    r"\s{0,5}(?:dear|sehr (?:geehrte|verehrte)[rs]?|liebe[rs]?|werte[rs]?|ch[eè]re?s?|estimad[oa]s?"
    r"|querid[oa]s?|apreciad[oa]s?|prezad[oa]s?|car[oa]s?|ilustr[ií]ssim[oa]s?)"
    r"(?:\s{1,3}[^\s,:;!?]{1,40}){1,12}?\s{0,2}(?:[,:;!]|[\u2013\u2014-]\s)\s{0,5}"
    r"|\s{0,5}(?:dear|sehr geehrte[rs]?|ch[eè]re?s?|estimad[oa]s?|prezad[oa]s?|car[oa]s?)"
    r"(?:\s{1,3}[^\s,:;!?.]{1,40}){0,6}\.?$"
    # The same after any greeting, if nothing else is on its line.
    r"|\s{0,5}(?:hi|hello|hallo|guten tag|bonjour|hola|buen[oa]s \w{3,6}|ol[aá]|bo[am] \w{3,5})"
    r"(?:\s{1,3}[^\s,:;!?]{1,40}){0,10}[,:]$",
    re.IGNORECASE,
)
# These greet without a comma as well.
_BARE = re.compile(
    r"[\s¡¿\"'(*_]{0,5}(?:dear (?:sirs?|madam)(?:(?: or | and |/)(?:sirs?|madam))?"
    r"|(?:hi+|hello|hey+|hiya|good (?:morning|afternoon|evening)|hallo|moin|servus|guten (?:tag"
    r"|morgen|abend)"
    r"|bonjour|bonsoir|salut|hola|buenos d[ií]as|buenas (?:tardes|noches)|ol[aá]|oi|bom dia"
    r"|boa (?:tarde|noite))"
    r"(?: (?:team|there|all|everyone|everybody|guys|folks|zusammen|[aà] tous|equipo|equipe"
    r"|pessoal|gente))?)"
    r"\s{1,3}(?=[^\s,!.:;\u2013\u2014-])(?!(?i:team|there|all|everyone|everybody|guys|folks|zusammen"
    r"|equipo|equipe"
    r"|pessoal|support|dear|madame|monsieur|herr|frau|mr|mrs|ms)\b)(?=(?-i:[a-z¿¡])|I\b|I')",
    re.IGNORECASE,
)
# Said before the matter, or instead of it.
_COURTESY = any_of(
    r"(?:i |we )?(?:do )?(?:hope|trust) (?:that )?(?:this|you|all|everything|your)\b.{0,120}$",
    r"hope (?:this|you|all).{0,120}$",
    r"how (?:are|r) (?:you|u)\b.{0,30}$",
    r"(?:my name is|i am"
    r"|i'm) (?-i:[A-Z])\w{1,30}(?: (?-i:[A-Z])[\w'-]{1,30}){0,3}(?:,? (?:from|with"
    r"|at) .{0,60})?[.!]?$",
    r"(?:thanks?|thank you|many thanks|thx|cheers)\b.{0,60}$",
    r"(?:please |can (?:you|someone|anyone|somebody) |could (?:you|someone) |i |we |pls |kindly )?"
    r"(?:please )?(?:need |want |require )?(?:some |your |urgent )?"
    r"(?:help|assist|assistance|support)(?: me| us| please| needed| required| asap| urgently"
    r"| with this"
    r"| with this issue| out| here| with something| with a problem)*[.!?]*$",
    r"(?:urgent|important|asap|fyi|attention|question|problem|issue|bug|error|help|hilfe"
    r"|dringend|frage"
    r"|wichtig|aide|urgence|question|probl[eè]me|ayuda|urgente|pregunta|problema|ajuda|socorro"
    r"|d[uú]vida)"
    r"[.!?:]*$",
    r"(?:please )?(?:see|find|read|check) (?:the )?(?:below|attached|attachment|screenshot"
    r"|following"
    r"|e-?mail below|message below|error below|log below)\b.{0,40}$",
    r"(?:below|attached|here) (?:is|are) (?:the|my|a|an) .{0,30}$",
    r"(?:i|we) (?:have|'ve got|got|get|am getting|are getting) (?:a|an|the|this|one|some) "
    r"(?:\w{1,12} )?(?:question|problem|issue|error|query|concern|errors|problems)"
    r"(?: that i need help with| here| today| now)?[.!?:]*$",
    r"(?:this is )?what (?:happens|happened|i (?:get|got|see|saw))[.!?:]*$",
    r"(?:an?|the|ein(?:en)?|une?|um|uma) (?:problem|issue|question|incident|frage|anliegen"
    r"|probl[eè]me"
    r"|problema|pregunta|incidente|d[uú]vida)[.!?:]*$",
    r"ich hoffe,? .{0,100}$",
    r"wie geht(?:'?s| es).{0,40}$",
    r"(?:mein name ist|ich hei[sß]{1,2}e"
    r"|ich bin) (?-i:[A-ZÄÖÜ])\w{1,30}(?: (?-i:[A-ZÄÖÜ])[\w-]{1,30}){0,3}[.,!]?$",
    r"(?:vielen dank|danke|besten dank)\b.{0,60}$",
    r"(?:bitte |k[oö]nnen sie (?:mir )?(?:bitte )?|ich (?:brauche|ben[oö]tige) (?:ihre "
    r"|dringend )?)"
    r"(?:um )?(?:hilfe|helfen|hilft|unterst[uü]tzung|helft mir|helfen sie mir)\b.{0,20}$",
    r"ich habe (?:ein|eine|folgende[sn]?|das|die) (?:\w{1,12} )?(?:frage|problem|anliegen"
    r"|fehler)[.!?:]*$",
    r"(?:siehe|s\.) (?:unten|anhang|anlage|screenshot)\b.{0,20}$|(?:anbei|z\. ?k\.).{0,30}$",
    r"(?:j'esp[eè]re|nous esp[eé]rons) que\b.{0,120}$",
    r"comment (?:allez[- ]vous|vas[- ]tu|[cç]a va).{0,30}$",
    r"(?:je m'appelle|je suis"
    r"|mon nom est) (?-i:[A-ZÀ-Ý])\w{1,30}(?: (?-i:[A-ZÀ-Ý])[\w-]{1,30}){0,3}[.,!]?$",
    r"(?:merci|merci beaucoup|merci d'avance)\b.{0,60}$",
    r"(?:pouvez[- ]vous|pourriez[- ]vous|j'ai besoin d'?e?|besoin d'|merci de) ?(?:m')?"
    r"(?:votre )?(?:aider?|aide|assistance)\b.{0,30}$",
    r"j'ai (?:une|un|le) (?:petite? |gros )?(?:question|probl[eè]me|souci)[.!?:]*$",
    r"(?:voir|veuillez trouver) (?:ci-dessous|ci-joint|en pi[eè]ce jointe).{0,30}$",
    r"espero que\b.{0,120}$",
    r"(?:c[oó]mo (?:est[aá](?:n|s)?|le va|va todo)|como (?:vai|est[aá]|v[aã]o)|tudo bem)\b.{0,40}$",
    r"(?:me llamo|mi nombre es|soy|meu nome [eé]|chamo-me|me chamo|sou (?:o|a)) "
    r"(?-i:[A-ZÀ-Ý])\w{1,30}(?: (?-i:[A-ZÀ-Ý])[\w-]{1,30}){0,3}[.,!]?$",
    r"(?:muchas gracias|gracias|muito obrigad[oa]|obrigad[oa])\b.{0,60}$",
    r"(?:(?:me )?(?:pueden?|podr[ií]an?|podeis) (?:ayudar(?:me)?|ayudarnos)|necesito (?:su "
    r"|de su )?ayuda"
    r"|(?:podem?|poderiam?) (?:me )?ajudar|preciso de (?:sua )?ajuda)\b.{0,30}$",
    r"(?:tengo|tenho) (?:una?|el|este|um|uma) (?:\w{1,12} )?(?:pregunta|problema|duda|consulta"
    r"|d[uú]vida"
    r"|quest[aã]o)[.!?:]*$",
    r"(?:ver|vea|veja|segue) (?:abajo|m[aá]s abajo|adjunto|abaixo|anexo|em anexo).{0,30}$",
)
# Stands before the matter in its sentence. What follows is the matter.
_LEAD_IN = re.compile(
    r"(?i:(?:(?:i|we)(?: am| are|'m|'re)? (?:writing|reaching out|contacting|e-?mailing)"
    r"(?: (?:to )?(?:you|your (?:team|support)))?(?: (?:today|again|urgently))?(?: to| because"
    r"| as| since| regarding"
    r"| about| concerning| with regard to| in regards? to)"
    r"(?: (?:formally |urgently |kindly |sincerely )?(?:report(?: that)?|inform you(?: that| of"
    r"| about)?"
    r"|let you know(?: that| about)?|notify you(?: that| of| about)?|tell you(?: that)?"
    r"|bring to your attention(?: that)?|(?:draw|call) (?:your )?attention to|discuss|share"
    r"|inquire(?: about| whether| if| into)?|enquire(?: about| whether| if)?"
    r"|request|ask(?: for| about| whether| if| you)?|seek|raise|express(?: my)?|address"
    r"|follow up on|highlight"
    r"|understand|learn(?: more)? about|gather|obtain))?"
    r"|(?:i|we)(?: would|'d) (?:really |also )?(?:like|love|appreciate it if you could) (?:to )?"
    r"(?:report(?: that)?|inform you(?: that)?|let you know(?: that)?|inquire(?: about)?"
    r"|know(?: more)?"
    r"(?: about| whether| if)?|request|ask(?: for| about| whether| if| you)?"
    r"|bring to your attention(?: that)?"
    r"|seek|explore|understand|learn(?: more)? about|find out)"
    r"|(?:i|we) (?:just )?want(?:ed)? to (?:let you know(?: that)?|report(?: that)?"
    r"|inform you(?: that)?"
    r"|ask(?: about| whether| if| you)?|know(?: whether| if)?)"
    r"|please be (?:advised|informed|aware) that|just to let you know(?: that)?"
    r"|(?:i|we) (?:am|are) (?:interested in (?:learning (?:more )?about|understanding)"
    r"|seeking (?:information|guidance|assistance|advice)(?: on| about| regarding| with| for)?)"
    r"|(?:can|could|would) you (?:please |kindly )?(?:tell|explain to) me|please (?:can|could) you"
    r"|ich (?:m[oö]chte mich an sie wenden|schreibe|kontaktiere|melde mich"
    r"|wende mich)(?: an)?(?: sie| ihnen| euch)?,? (?:weil|da|um|wegen)"
    r"(?: sie (?:[uü]ber|auf))?"
    r"|ich (?:m[oö]chte|wollte|w[uü]rde gerne?)(?: sie| ihnen| euch| mich)? ?(?:gerne?|hiermit"
    r"|dringend)? ?"
    r"(?:anmelden|mitteilen|melden|informieren|darauf hinweisen|dar[uü]ber informieren|wissen"
    r"|fragen|erfahren),?"
    r"(?: dass| ob)?"
    r"|hiermit (?:m[oö]chte ich|melde ich"
    r"|teile ich ihnen mit)(?: ihnen)?(?: mitteilen)?,?(?: dass)?"
    r"|je (?:vous [eé]cris|vous contacte|me permets de vous (?:[eé]crire|contacter))"
    r"(?: aujourd'hui)?,? (?:pour|afin de?|car|parce que|au sujet|concernant|[aà] propos)"
    r"(?: (?:vous )?(?:signaler|informer|demander|faire part|solliciter|aborder|discuter|exprimer"
    r"|me renseigner|attirer votre attention|porter [aà] votre attention))?"
    r"(?: (?:(?:ma|notre|nos|mes) (?:pr[eé]occupation|inqui[eé]tude)s?))?"
    r"(?: (?:que|qu'|d'|de|du|des|si|sur|concernant|[aà] propos de))?"
    r"|je (?:souhaite(?:rais)?|voudrais|tiens [aà]|d[eé]sire) (?:vous )?(?:signaler|informer"
    r"|demander|savoir"
    r"|obtenir|faire part)(?: (?:que|qu'|de|du|si))?"
    r"|(?:le|les|os|te|estoy|me estoy)? ?(?:comunicando|escribo|escribi[eé]ndoles?|escribiendo"
    r"|contacto|me dirijo|me pongo en contacto)"
    r"(?: a (?:usted(?:es)?|vosotros))?(?: con (?:usted(?:es)?|vosotros))?,? (?:para|porque"
    r"|ya que|debido a|por)"
    r"(?: (?:informar(?:les?)?|reportar|comunicar(?:les?)?|solicitar|consultar|preguntar|pedir"
    r"|destacar|presentar(?: formalmente)?"
    r"|expresar(?: (?:mis?|nuestras?) preocupaci(?:[oó]n|ones) (?:con respecto a|sobre|por))?"
    r"|llamar su atenci[oó]n sobre|notificar(?:les?)?|buscar))?"
    r"(?: (?:que|de que|sobre|si|mi))?"
    r"|(?:me gustar[ií]a|quisiera|quer[ií]a|deseo) (?:informar(?:les?)?|reportar|solicitar"
    r"|consultar|preguntar"
    r"|saber|obtener|pedir)(?: (?:que|de que|sobre|si))?"
    r"|(?:estou )?(?:escrev(?:o|endo)|entr(?:o|ando) em contato|venho(?: por meio deste)?)"
    r"(?: a voc[eê]s?| com voc[eê]s?)?,? (?:para|porque|pois|devido a|por)?"
    r"(?: ?(?:informar|relatar|comunicar|solicitar|reportar|perguntar|pedir"
    r"|expressar(?: (?:minha|nossa)s? preocupa[cç](?:[aã]o|[oõ]es) (?:em rela[cç][aã]o a|com"
    r"|sobre))?"
    r"|trazer [aà] sua aten[cç][aã]o(?: imediata)?|chamar (?:a )?sua aten[cç][aã]o para|buscar"
    r"|notificar))?(?: (?:que|sobre|se))?"
    r"|(?:gostaria|queria|quero) (?:de )?(?:informar|relatar|comunicar|solicitar|reportar"
    r"|perguntar|saber|pedir"
    r"|obter)(?: (?:que|sobre|se))?"
    r")(?:[\s,]{1,3}|(?<=')))"
)
# What is left at the end of "ich schreibe, um ein Problem zu melden".
_LEFT_OVER = re.compile(
    r"\s(?:zu (?:melden|informieren|äußern|berichten|erfragen|bitten|besprechen|klären)"
    r"|anzufordern|mitzuteilen"
    r"|anzufragen|nachzufragen|anzusprechen)(?=[,.]|$)"
)
_INTERJECTION = re.compile(
    r"(?i:(?:so|well|ok(?:ay)?|um+|please|pls|kindly|also|basically|hilfe|help|bitte|also|ayuda"
    r"|ajuda"
    r"|urgent(?:e)?|dringend|sorry|excuse me|por favor|s'il vous pla[iî]t"
    r"|unfortunately|leider|malheureusement|lamentablemente|desafortunadamente|infelizmente)"
    r"\s{0,2}[,!:.…-]{1,3}\s{1,3})"
)
_INTRODUCTION = re.compile(
    r"(?i:(?:my name is|mein name ist|je m'appelle|mi nombre es|me llamo|meu nome [eé]|chamo-me)"
    r"(?: [^\s,]{1,40}){1,4}?,? (?:and|und|et|y|e)"
    r" (?=(?:i|i'm|ich|je|j'\w{1,20}|me|le|les|estoy|escribo|estou|escrevo|gostaria)\b))"
)
_MENTION = re.compile(r"(?:[@#]\w{1,40}[,:]?\s{1,3}){1,5}")
_BULLET = re.compile(r"(?:[-*•·#>]{1,6}|\d{1,2}[.)])\s{1,4}|\*{1,2}(?=\S)")
_LABEL = re.compile(
    r"(?i:(?:issue|problem|description|summary|question|bug|bug report|problembeschreibung"
    r"|beschreibung"
    r"|fehler|frage|probl[eè]me|description du probl[eè]me|problema|descripci[oó]n|descri[cç][aã]o)"
    r"\s{0,2}[:\u2013-]\s{1,4})(?=\S)"
)
_OPENINGS = (_INTRODUCTION, _MENTION, _BULLET, _LABEL, _INTERJECTION, _LEAD_IN)


def without_greeting(line: str) -> str:
    """Return the line without the greetings at its beginning."""
    for _ in range(3):
        matter = _without_one_greeting(line)
        if matter == line:
            break
        line = matter
    return line


def _without_one_greeting(line: str) -> str:
    if salutation := _SALUTATION.match(line):
        return line[salutation.end() :]
    # "Team" and "Madame" begin sentences as well, so these need a comma.
    match = _GREETING.match(line)
    if match and (match[1].strip() or match.end() == len(line)):
        return line[match.end() :]
    bare = _BARE.match(line)
    return line[bare.end() :] if bare else line


def is_courtesy(sentence: str) -> bool:
    """Return whether a sentence says nothing about the matter."""
    return _COURTESY.match(sentence) is not None


def without_opening(sentence: str) -> str:
    """Return the matter of a sentence: "I am writing to report that it burns" says "it burns"."""
    for _ in range(4):
        before = sentence
        for pattern in _OPENINGS:
            matter = pattern.sub("", sentence, count=1) if pattern.match(sentence) else sentence
            if pattern is _LEAD_IN and matter != sentence:
                matter = _LEFT_OVER.sub("", matter, count=1)
            sentence = matter if any(map(str.isalnum, matter)) else sentence
        if sentence == before:
            break
    return sentence
